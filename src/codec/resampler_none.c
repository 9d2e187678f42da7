/* SPDX-License-Identifier: Apache-2.0 */
/* resampler_none.c: in place of a resampler where speexdsp is not built in. */
#include <errno.h>

#include "codec/resampler.h"

bool resampler_is_built(void)
{
	return false;
}

int resampler_new(struct resampler **ret_resampler, uint32_t from, uint32_t to)
{
	return -ENOTSUP;
}

void resampler_free(struct resampler *resampler) {}

void resampler_reset(struct resampler *resampler) {}

size_t resampler_run(
	struct resampler *resampler, const int16_t *samples, size_t count, int16_t *ret_samples)
{
	return 0;
}
