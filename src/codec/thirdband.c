/* SPDX-License-Identifier: Apache-2.0 */
/* thirdband.c: three times the sample rate, or a third of it. */
#include "codec/thirdband.h"

#include <string.h>

#include "base/macros.h"

/* Samples before the one that is reckoned, and behind it. */
#define KEPT (2 * THIRDBAND_TAPS - 1)
/* So many at a time, a number that the compiler knows: they stay in vector registers. */
#define STEP 16

/* A sinc under a Kaiser window (beta 6), 71 taps in Q14: those of one side that are a third of a
 * sample from whole ones, and those that are two thirds; the rest is zero. Three times as large as
 * they would be, so that both kinds together make 1. */
static const int16_t near[THIRDBAND_TAPS] = {
	13525, -3275, 1744, -1093, 722, -480, 315, -200, 120, -67, 33, -13};
static const int16_t far[THIRDBAND_TAPS] = {
	6720, -2571, 1478, -949, 630, -419, 272, -170, 100, -54, 25, -9};

static int16_t saturate(int32_t value)
{
	return (int16_t)MAX(MIN(value, INT16_MAX), INT16_MIN);
}

static inline void add_taps(int32_t *restrict sums, const int16_t *restrict at, unsigned count,
	const int16_t *left, const int16_t *right)
{
	for (ptrdiff_t tap = 0; tap < THIRDBAND_TAPS; tap++)
		for (unsigned i = 0; i < count; i++)
			sums[i] +=
				left[tap] * at[(ptrdiff_t)i - tap] + right[tap] * at[i + 1 + tap];
}

/* What lies between at[i] and at[i + 1], for each i; nearer to the side of `near`. */
static void between(const int16_t *at, size_t count, const int16_t *left, const int16_t *right,
	int32_t *ret_sums)
{
	for (size_t done = 0; done < count; done += STEP) {
		int32_t sums[STEP];
		for (unsigned i = 0; i < STEP; i++)
			sums[i] = 1 << 13;
		if (count - done >= STEP)
			add_taps(sums, at + done, STEP, left, right);
		else
			add_taps(sums, at + done, (unsigned)(count - done), left, right);
		for (unsigned i = 0; i < STEP && done + i < count; i++)
			ret_sums[done + i] = sums[i] >> 14;
	}
}

void thirdband_up(
	struct thirdband *thirdband, const int16_t *samples, size_t count, int16_t *ret_samples)
{
	int16_t line[KEPT + THIRDBAND_SAMPLES_MAX];
	int32_t first[THIRDBAND_SAMPLES_MAX], second[THIRDBAND_SAMPLES_MAX];
	const int16_t *at = line + THIRDBAND_TAPS - 1;
	memcpy(line, thirdband->history, KEPT * sizeof(line[0]));
	memcpy(line + KEPT, samples, count * sizeof(line[0]));
	between(at, count, near, far, first);
	between(at, count, far, near, second);
	for (size_t i = 0; i < count; i++) {
		ret_samples[3 * i] = at[i];
		ret_samples[3 * i + 1] = saturate(first[i]);
		ret_samples[3 * i + 2] = saturate(second[i]);
	}
	memcpy(thirdband->history, line + count, KEPT * sizeof(line[0]));
}

void thirdband_down(
	struct thirdband *thirdband, const int16_t *samples, size_t count, int16_t *ret_samples)
{
	/* three streams of a third of the samples each: the middles, those before and behind */
	enum { THIRD = KEPT + THIRDBAND_SAMPLES_MAX };
	int16_t middle[THIRD], behind[THIRD], before[THIRD];
	int32_t left[THIRDBAND_SAMPLES_MAX], right[THIRDBAND_SAMPLES_MAX];
	int16_t *history = thirdband->history;
	size_t third = count / 3;
	memcpy(middle, history, KEPT * sizeof(middle[0]));
	memcpy(behind, history + KEPT, KEPT * sizeof(middle[0]));
	memcpy(before, history + 2 * KEPT, KEPT * sizeof(middle[0]));
	for (size_t i = 0; i < third; i++) {
		middle[KEPT + i] = samples[3 * i];
		behind[KEPT + i] = samples[3 * i + 1];
		before[KEPT + i] = samples[3 * i + 2];
	}
	between(before + THIRDBAND_TAPS - 1, third, near, far, left);
	between(behind + THIRDBAND_TAPS - 1, third, far, near, right);
	for (size_t i = 0; i < third; i++)
		ret_samples[i] = saturate((middle[THIRDBAND_TAPS + i] + left[i] + right[i]) / 3);
	memcpy(history, middle + third, KEPT * sizeof(middle[0]));
	memcpy(history + KEPT, behind + third, KEPT * sizeof(middle[0]));
	memcpy(history + 2 * KEPT, before + third, KEPT * sizeof(middle[0]));
}
