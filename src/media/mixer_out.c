/* SPDX-License-Identifier: Apache-2.0 */
/* mixer_out.c: what is mixed in one codec, for all who do not speak. */
#include "media/mixer_out.h"

#include "base/macros.h"
#include "base/metrics.h"
#include "media/group.h"
#include "sound/jitter.h"

int mixer_out_begin(struct mixer_out *out, enum codec_id codec, uint32_t rate,
	const struct codec_settings *settings)
{
	if (out->is_begun && codec_settings_are_same(settings, &out->settings))
		return 0;
	int error = codec_encoder_init(out->encoder, codec, rate, settings);
	if (error)
		return error;
	if (!out->is_begun)
		out->down = (struct ladder){0};
	out->settings = *settings;
	out->is_begun = true;
	return 0;
}

size_t mixer_encode(struct codec_encoder *encoder, enum codec_id codec,
	const struct mixer_rates *rates, struct ladder *down, const int16_t *samples,
	uint8_t *ret_payload)
{
	int16_t low[JITTER_FRAME_MAX];
	size_t count = rates->mix / 1000 * GROUP_FRAME_MS;
	if (rates->codec != rates->mix) {
		count = ladder_climb(down, rates->mix, rates->codec, samples, count, low);
		samples = low;
	}
	if (codec == CODEC_OPUS)
		codec_encoder_narrow(encoder, MIN(rates->band, rates->codec));
	int made = codec_encode(encoder, samples, count, ret_payload);
	metrics_add(METRIC_media_transcoded, made > 0);
	return made > 0 ? (size_t)made : 0;
}
