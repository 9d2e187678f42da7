/* SPDX-License-Identifier: Apache-2.0 */
/* ladder.h: between the sample rates of mixes: 8, 16 and 48 kHz, step by step. */
#ifndef CODEC_LADDER_H
#define CODEC_LADDER_H

#include "codec/halfband.h"
#include "codec/thirdband.h"

/* At most 20 ms at once. */
#define LADDER_SAMPLES_MAX (3 * THIRDBAND_SAMPLES_MAX)

/* Owner: one thread. Zeroed memory has heard nothing; one for each stream and way. */
struct ladder {
	struct halfband half;
	struct thirdband third;
};

/*
 * `count` samples at `from` Hz in, 20 ms at most and whole milliseconds; how many at `to` Hz come
 * out, which is returned. Each rate is 8000, 16000 or 48000; the same rate is a copy. `ret_samples`
 * has room for as many, and is not where `samples` are.
 */
size_t ladder_climb(struct ladder *ladder, uint32_t from, uint32_t to, const int16_t *samples,
	size_t count, int16_t *ret_samples);

#endif
