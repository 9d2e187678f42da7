/* SPDX-License-Identifier: Apache-2.0 */
/* halfband.c: twice the sample rate, or half of it. */
#include "codec/halfband.h"

#include <string.h>

/* A sinc under a Kaiser window (beta 6), 47 taps: the odd ones of one side, in Q14 and
 * twice as large, so that both sides together make 1; the even ones are zero. */
static const int16_t taps[HALFBAND_TAPS] = {
	10377, -3318, 1830, -1150, 750, -489, 311, -189, 107, -55, 24, -6};

static int16_t saturate(int32_t value)
{
	if (value > INT16_MAX)
		return INT16_MAX;
	return value < INT16_MIN ? INT16_MIN : (int16_t)value;
}

/* The sample half way between at[0] and at[step]. */
static int32_t between(const int16_t *at, ptrdiff_t step)
{
	int32_t sum = 1 << 13;
	for (ptrdiff_t i = 0; i < HALFBAND_TAPS; i++)
		sum += taps[i] * (at[-i * step] + at[(i + 1) * step]);
	return sum >> 14;
}

void halfband_up(
	struct halfband *halfband, const int16_t *samples, size_t count, int16_t *ret_samples)
{
	enum { KEPT = 2 * HALFBAND_TAPS - 1 };
	int16_t line[KEPT + HALFBAND_SAMPLES_MAX];
	memcpy(line, halfband->history, KEPT * sizeof(line[0]));
	memcpy(line + KEPT, samples, count * sizeof(line[0]));
	for (size_t i = 0; i < count; i++) {
		const int16_t *at = line + i + HALFBAND_TAPS - 1;
		ret_samples[2 * i] = at[0];
		ret_samples[2 * i + 1] = saturate(between(at, 1));
	}
	memcpy(halfband->history, line + count, KEPT * sizeof(line[0]));
}

void halfband_down(
	struct halfband *halfband, const int16_t *samples, size_t count, int16_t *ret_samples)
{
	/* as many before and behind the middle as the odd taps reach */
	enum { KEPT = 4 * HALFBAND_TAPS - 2, MIDDLE = 2 * HALFBAND_TAPS - 1 };
	int16_t line[KEPT + HALFBAND_SAMPLES_MAX];
	memcpy(line, halfband->history, KEPT * sizeof(line[0]));
	memcpy(line + KEPT, samples, count * sizeof(line[0]));
	for (size_t i = 0; i < count; i += 2) {
		const int16_t *middle = line + i + MIDDLE;
		int32_t odd = between(middle - 1, 2);
		ret_samples[i / 2] = saturate((middle[0] + odd + 1) >> 1);
	}
	memcpy(halfband->history, line + count, KEPT * sizeof(line[0]));
}
