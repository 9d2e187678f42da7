/* SPDX-License-Identifier: Apache-2.0 */
/* conceal.h: what may have been said in samples that were lost, from those before them. */
#ifndef CODEC_CONCEAL_H
#define CODEC_CONCEAL_H

#include <stddef.h>
#include <stdint.h>

/* Three periods of the lowest voice at 16 kHz. */
#define CONCEAL_SAMPLES 720

/*
 * Much as ITU-T G.711 Appendix I has it: the last period of the voice is repeated, softer with each
 * 10 ms and silent after 60; where the stream goes on, the two are blended, so that nothing clicks.
 * Nothing is delayed for it. Owner: its decoder.
 */
struct conceal {
	uint32_t rate;
	uint32_t period; /* samples that are repeated; 0: nothing is lost just now */
	uint32_t place;  /* within the period, of the next sample */
	uint32_t lost;   /* samples made since the stream broke */
	int16_t history[CONCEAL_SAMPLES]; /* heard last, the newest at the end */
};

void conceal_init(struct conceal *conceal, uint32_t rate);

/* These were heard. After a loss the first of them are changed: blended into what was made up. */
void conceal_heard(struct conceal *conceal, int16_t *samples, size_t count);

/* Makes up `count` samples. */
void conceal_lost(struct conceal *conceal, int16_t *ret_samples, size_t count);

#endif
