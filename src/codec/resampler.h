/* SPDX-License-Identifier: Apache-2.0 */
/* resampler.h: from one sample rate to another. */
#ifndef CODEC_RESAMPLER_H
#define CODEC_RESAMPLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct resampler;

/* Whether there is one in this program. */
bool resampler_is_built(void);

/*
 * One between rates in Hz, the greater a multiple of the smaller. It allocates, and so does _free,
 * so it is made in advance; the others do not. 0, -ENOTSUP (not built) or -ENOMEM.
 */
int resampler_new(struct resampler **ret_resampler, uint32_t from, uint32_t to);
void resampler_free(struct resampler *resampler);

/* Forgets what it has heard. */
void resampler_reset(struct resampler *resampler);

/* `count` samples in, a multiple of 10; count * to / from samples out, which is returned. The sound
 * comes 3 ms later. */
size_t resampler_run(
	struct resampler *resampler, const int16_t *samples, size_t count, int16_t *ret_samples);

#endif
