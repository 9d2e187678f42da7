/* SPDX-License-Identifier: Apache-2.0 */
/* ladder.c: between the sample rates of mixes: 8, 16 and 48 kHz, step by step. */
#include "codec/ladder.h"

#include <string.h>

#define LOW    8000
#define MIDDLE 16000

static size_t up(struct ladder *ladder, uint32_t from, uint32_t to, const int16_t *samples,
	size_t count, int16_t *ret_samples)
{
	int16_t middle[THIRDBAND_SAMPLES_MAX];
	if (from == LOW && to == MIDDLE) {
		halfband_up(&ladder->half, samples, count, ret_samples);
		return 2 * count;
	}
	if (from == LOW) {
		halfband_up(&ladder->half, samples, count, middle);
		samples = middle;
		count *= 2;
	}
	thirdband_up(&ladder->third, samples, count, ret_samples);
	return 3 * count;
}

static size_t down(struct ladder *ladder, uint32_t from, uint32_t to, const int16_t *samples,
	size_t count, int16_t *ret_samples)
{
	int16_t middle[THIRDBAND_SAMPLES_MAX];
	if (from == MIDDLE) {
		halfband_down(&ladder->half, samples, count, ret_samples);
		return count / 2;
	}
	if (to == MIDDLE) {
		thirdband_down(&ladder->third, samples, count, ret_samples);
		return count / 3;
	}
	thirdband_down(&ladder->third, samples, count, middle);
	halfband_down(&ladder->half, middle, count / 3, ret_samples);
	return count / 6;
}

size_t ladder_climb(struct ladder *ladder, uint32_t from, uint32_t to, const int16_t *samples,
	size_t count, int16_t *ret_samples)
{
	if (from < to)
		return up(ladder, from, to, samples, count, ret_samples);
	if (from > to)
		return down(ladder, from, to, samples, count, ret_samples);
	memcpy(ret_samples, samples, count * sizeof(*samples));
	return count;
}
