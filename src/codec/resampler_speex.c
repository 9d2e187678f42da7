/* SPDX-License-Identifier: Apache-2.0 */
/* resampler_speex.c: from one sample rate to another by speexdsp. */
#include <errno.h>
#include <speex/speex_resampler.h>

#include "codec/resampler.h"

/* Of speexdsp's 0 to 10: that for voice over networks, a filter of 48 samples. */
#define QUALITY 3

/* Its state is behind speexdsp's own type. */
static SpeexResamplerState *state_of(struct resampler *resampler)
{
	return (SpeexResamplerState *)resampler;
}

bool resampler_is_built(void)
{
	return true;
}

int resampler_new(struct resampler **ret_resampler, uint32_t from, uint32_t to)
{
	int error;
	SpeexResamplerState *state = speex_resampler_init(1, from, to, QUALITY, &error);
	if (!state)
		return -ENOMEM;
	*ret_resampler = (struct resampler *)state;
	return 0;
}

void resampler_free(struct resampler *resampler)
{
	if (resampler)
		speex_resampler_destroy(state_of(resampler));
}

void resampler_reset(struct resampler *resampler)
{
	speex_resampler_reset_mem(state_of(resampler));
}

size_t resampler_run(
	struct resampler *resampler, const int16_t *samples, size_t count, int16_t *ret_samples)
{
	spx_uint32_t from, to, in = (spx_uint32_t)count;
	speex_resampler_get_rate(state_of(resampler), &from, &to);
	spx_uint32_t out = (spx_uint32_t)(count * to / from);
	speex_resampler_process_int(state_of(resampler), 0, samples, &in, ret_samples, &out);
	return out;
}
