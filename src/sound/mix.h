/* SPDX-License-Identifier: Apache-2.0 */
/* mix.h: several voices as one: the sum of all, and for each of them the sum without itself. */
#ifndef SOUND_MIX_H
#define SOUND_MIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 20 ms at 48 kHz. Counts of samples are multiples of MIX_STEP: 20 ms at 8 kHz are ten steps. */
#define MIX_SAMPLES_MAX 960
#define MIX_STEP        16

/* Sums cannot overflow before 65,536 voices. Owner: the relay thread. Need not be kept. */
struct mix {
	_Alignas(64) int32_t sum[MIX_SAMPLES_MAX];
	uint32_t count; /* samples */
};

/* Silence of `count` samples. */
void mix_clear(struct mix *mix, size_t count);

void mix_add(struct mix *mix, const int16_t *samples);

/* The sum, saturated; without the voice `own`, which was added before. */
void mix_all(const struct mix *mix, int16_t *ret_samples);
void mix_without(const struct mix *mix, const int16_t *own, int16_t *ret_samples);

/* The mean of the squares: 0 to 2^30. `count` is not 0 and at most MIX_SAMPLES_MAX. */
uint32_t mix_power(const int16_t *samples, size_t count);

/*
 * The loudest of many, for an open conference: begin, offer each, read `chosen`. Who was chosen
 * before stays unless another is twice as loud in amplitude (6 dB), so that the mix does not
 * flutter.
 */
#define MIX_CHOSEN_MAX 32

struct mix_choice {
	struct mix_chosen {
		void *who;
		uint32_t power;   /* with the bonus of those who were chosen before */
	} chosen[MIX_CHOSEN_MAX]; /* the loudest first; of equals who was offered first */
	unsigned count;
	unsigned most;
};

/* At most `most` (1 to MIX_CHOSEN_MAX) are chosen. */
void mix_choice_begin(struct mix_choice *choice, unsigned most);

/* One who says something; who is silent (power 0) is not chosen. */
void mix_choice_offer(struct mix_choice *choice, void *who, uint32_t power, bool was_chosen);

/* Power as it is offered: at once up, slowly down (half in 100 ms of 20 ms frames). */
uint32_t mix_smooth(uint32_t before, uint32_t power);

#endif
