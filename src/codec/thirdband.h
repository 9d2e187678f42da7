/* SPDX-License-Identifier: Apache-2.0 */
/* thirdband.h: three times the sample rate, or a third of it, without a library and without
 * allocating. */
#ifndef CODEC_THIRDBAND_H
#define CODEC_THIRDBAND_H

#include <stddef.h>
#include <stdint.h>

#define THIRDBAND_TAPS    12 /* of each kind on each side of the middle, beside the zeros */
#define THIRDBAND_HISTORY (6 * THIRDBAND_TAPS)

/*
 * Between 16 and 48 kHz: flat to 6.9 kHz within 0.1 dB, 45 dB down from 9.3 kHz on. The sound comes
 * 0.75 ms later. Owner: one thread. Zeroed memory has heard nothing; one for each stream and way.
 */
struct thirdband {
	int16_t history[THIRDBAND_HISTORY];
};

/* `count` samples in; three times as many out, of at most THIRDBAND_SAMPLES_MAX in. */
#define THIRDBAND_SAMPLES_MAX 320
void thirdband_up(
	struct thirdband *thirdband, const int16_t *samples, size_t count, int16_t *ret_samples);
/* `count` samples in, a multiple of three and at most 3 * THIRDBAND_SAMPLES_MAX; a third out. */
void thirdband_down(
	struct thirdband *thirdband, const int16_t *samples, size_t count, int16_t *ret_samples);

#endif
