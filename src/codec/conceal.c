/* SPDX-License-Identifier: Apache-2.0 */
/* conceal.c: what may have been said in samples that were lost, from those before them. */
#include "codec/conceal.h"

#include <stdlib.h>
#include <string.h>

#include "base/macros.h"

/* In samples per 8000: the pitch of voices, 66 to 400 Hz, and the stretch that is compared. */
#define PERIOD_LEAST 20
#define PERIOD_MOST  120
#define COMPARED     160
/* In ms. */
#define FULL_MS  10
#define FADE_MS  50
#define BLEND_MS 4

void conceal_init(struct conceal *conceal, uint32_t rate)
{
	memset(conceal, 0, sizeof(*conceal));
	conceal->rate = rate;
}

/* How much the end of the history differs from what was `lag` samples before it. Every second
 * sample tells enough. */
static uint32_t difference(const int16_t *end, size_t compared, size_t lag)
{
	uint32_t sum = 0;
	for (size_t i = 1; i <= compared; i += 2)
		sum += (uint32_t)abs(end[-(ptrdiff_t)i] - end[-(ptrdiff_t)(i + lag)]);
	return sum;
}

static uint32_t find_period(const struct conceal *conceal)
{
	const int16_t *end = conceal->history + CONCEAL_SAMPLES;
	uint32_t scale = conceal->rate / 8000, least = UINT32_MAX;
	uint32_t period = PERIOD_MOST * scale;
	for (uint32_t lag = PERIOD_LEAST * scale; lag <= PERIOD_MOST * scale; lag++) {
		uint32_t found = difference(end, COMPARED * scale, lag);
		if (found < least) {
			least = found;
			period = lag;
		}
	}
	return period;
}

/* The volume `lost` samples after the break, of 256. */
static int32_t volume_at(const struct conceal *conceal, uint32_t lost)
{
	uint32_t full = conceal->rate / 1000 * FULL_MS, fade = conceal->rate / 1000 * FADE_MS;
	if (lost < full)
		return 256;
	return lost < full + fade ? (int32_t)(256 * (full + fade - lost) / fade) : 0;
}

static int16_t make_up(struct conceal *conceal)
{
	const int16_t *period = conceal->history + CONCEAL_SAMPLES - conceal->period;
	int32_t sample = period[conceal->place] * volume_at(conceal, conceal->lost) / 256;
	conceal->place = conceal->place + 1 < conceal->period ? conceal->place + 1 : 0;
	conceal->lost++;
	return (int16_t)sample;
}

void conceal_lost(struct conceal *conceal, int16_t *ret_samples, size_t count)
{
	if (!conceal->period) {
		conceal->period = find_period(conceal);
		conceal->place = conceal->lost = 0;
	}
	for (size_t i = 0; i < count; i++)
		ret_samples[i] = make_up(conceal);
}

static void blend(struct conceal *conceal, int16_t *samples, size_t count)
{
	int32_t length = (int32_t)MIN(conceal->rate / 1000 * BLEND_MS, count);
	for (int32_t i = 0; i < length; i++)
		samples[i] = (int16_t)((samples[i] * i + make_up(conceal) * (length - i)) / length);
}

static void remember(struct conceal *conceal, const int16_t *samples, size_t count)
{
	if (count >= CONCEAL_SAMPLES) {
		samples += count - CONCEAL_SAMPLES;
		count = CONCEAL_SAMPLES;
	}
	memmove(conceal->history, conceal->history + count,
		(CONCEAL_SAMPLES - count) * sizeof(*samples));
	memcpy(conceal->history + CONCEAL_SAMPLES - count, samples, count * sizeof(*samples));
}

void conceal_heard(struct conceal *conceal, int16_t *samples, size_t count)
{
	if (conceal->period) {
		blend(conceal, samples, count);
		conceal->period = 0;
	}
	remember(conceal, samples, count);
}
