/* SPDX-License-Identifier: Apache-2.0 */
/* halfband.h: twice the sample rate, or half of it, without a library and without allocating. */
#ifndef CODEC_HALFBAND_H
#define CODEC_HALFBAND_H

#include <stddef.h>
#include <stdint.h>

#define HALFBAND_TAPS    12 /* on each side of the middle, beside the zeros */
#define HALFBAND_HISTORY (4 * HALFBAND_TAPS)

/*
 * Between 8 and 16 kHz: flat to 3.4 kHz within 0.1 dB, 45 dB down from 4.6 kHz on. The sound comes
 * 1.5 ms later. Owner: one thread. Zeroed memory has heard nothing; one for each stream and way.
 */
struct halfband {
	int16_t history[HALFBAND_HISTORY];
};

/* `count` samples in, at most HALFBAND_SAMPLES_MAX; twice, or half as many (`count` even), out. */
#define HALFBAND_SAMPLES_MAX 960
void halfband_up(
	struct halfband *halfband, const int16_t *samples, size_t count, int16_t *ret_samples);
void halfband_down(
	struct halfband *halfband, const int16_t *samples, size_t count, int16_t *ret_samples);

#endif
