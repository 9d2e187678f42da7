/* SPDX-License-Identifier: Apache-2.0 */
/* mix.c: several voices as one: the sum of all, and for each of them the sum without itself. */
#include "sound/mix.h"

#include <string.h>

#include "base/macros.h"

/* Who was chosen is heard four times as loud when the next choice is made: 6 dB. */
#define CHOSEN_BONUS 4
/* Of the mean of 20 ms this much goes on; halved in five frames. */
#define SMOOTH_KEPT  223
#define SMOOTH_WHOLE 256

/*
 * Each loop runs MIX_STEP times, a number that the compiler knows, over memory that does not
 * overlap: so it becomes a few vector instructions at any level of optimization that vectorizes at
 * all, without a scalar rest and without a look at the pointers.
 */
static inline int16_t saturate(int32_t value)
{
	value = MIN(value, INT16_MAX);
	return (int16_t)MAX(value, INT16_MIN);
}

static inline void add_step(int32_t *restrict sum, const int16_t *restrict samples)
{
	for (unsigned i = 0; i < MIX_STEP; i++)
		sum[i] += samples[i];
}

static inline void all_step(int16_t *restrict to, const int32_t *restrict sum)
{
	for (unsigned i = 0; i < MIX_STEP; i++)
		to[i] = saturate(sum[i]);
}

static inline void without_step(
	int16_t *restrict to, const int32_t *restrict sum, const int16_t *restrict own)
{
	for (unsigned i = 0; i < MIX_STEP; i++)
		to[i] = saturate(sum[i] - own[i]);
}

/* A sixteenth of the squares' sum, so that it fits. */
static inline uint32_t power_step(const int16_t *samples)
{
	uint32_t sum = 0;
	for (unsigned i = 0; i < MIX_STEP; i++)
		sum += (uint32_t)(samples[i] * samples[i]) / MIX_STEP;
	return sum;
}

void mix_clear(struct mix *mix, size_t count)
{
	mix->count = (uint32_t)MIN(count, MIX_SAMPLES_MAX);
	memset(mix->sum, 0, mix->count * sizeof(mix->sum[0]));
}

void mix_add(struct mix *mix, const int16_t *samples)
{
	for (uint32_t at = 0; at < mix->count; at += MIX_STEP)
		add_step(mix->sum + at, samples + at);
}

void mix_all(const struct mix *mix, int16_t *ret_samples)
{
	for (uint32_t at = 0; at < mix->count; at += MIX_STEP)
		all_step(ret_samples + at, mix->sum + at);
}

void mix_without(const struct mix *mix, const int16_t *own, int16_t *ret_samples)
{
	for (uint32_t at = 0; at < mix->count; at += MIX_STEP)
		without_step(ret_samples + at, mix->sum + at, own + at);
}

uint32_t mix_power(const int16_t *samples, size_t count)
{
	uint64_t sum = 0;
	size_t at = 0;
	for (; at + MIX_STEP <= count; at += MIX_STEP)
		sum += power_step(samples + at);
	sum *= MIX_STEP;
	for (; at < count; at++)
		sum += (uint32_t)(samples[at] * samples[at]);
	return (uint32_t)(sum / count);
}

uint32_t mix_smooth(uint32_t before, uint32_t power)
{
	uint32_t kept = (uint32_t)((uint64_t)before * SMOOTH_KEPT / SMOOTH_WHOLE);
	return MAX(kept, power);
}

void mix_choice_begin(struct mix_choice *choice, unsigned most)
{
	choice->count = 0;
	choice->most = MAX(1, MIN(most, MIX_CHOSEN_MAX));
}

void mix_choice_offer(struct mix_choice *choice, void *who, uint32_t power, bool was_chosen)
{
	if (power == 0)
		return;
	if (was_chosen)
		power = power < UINT32_MAX / CHOSEN_BONUS ? power * CHOSEN_BONUS : UINT32_MAX;
	if (choice->count == choice->most) {
		if (power <= choice->chosen[choice->count - 1].power)
			return;
		choice->count--;
	}
	unsigned place = choice->count++;
	for (; place > 0 && choice->chosen[place - 1].power < power; place--)
		choice->chosen[place] = choice->chosen[place - 1];
	choice->chosen[place] = (struct mix_chosen){who, power};
}
