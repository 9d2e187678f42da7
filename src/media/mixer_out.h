/* SPDX-License-Identifier: Apache-2.0 */
/* mixer_out.h: what is mixed in one codec, for all who do not speak. */
#ifndef MEDIA_MIXER_OUT_H
#define MEDIA_MIXER_OUT_H

#include "codec/codec.h"
#include "codec/ladder.h"

/* Owner: the relay thread. Lifetime: its mixer's; begins with the first listener of its codec. */
struct mixer_out {
	bool is_begun;
	struct codec_settings settings; /* that it is encoded with */
	struct ladder down;
	struct codec_encoder *encoder;
};

/* Begins it at `rate`, or begins it anew when other listeners came. 0, or the coder's error. */
int mixer_out_begin(struct mixer_out *out, enum codec_id codec, uint32_t rate,
	const struct codec_settings *settings);

/* Where sound comes from and goes to: samples a second of the mix and of the codec, and what is in
 * use of it (codec_encoder_narrow). */
struct mixer_rates {
	uint32_t mix, codec, band;
};

/* The payload of 20 ms of a mix in a codec; 0: it could not be made. */
size_t mixer_encode(struct codec_encoder *encoder, enum codec_id codec,
	const struct mixer_rates *rates, struct ladder *down, const int16_t *samples,
	uint8_t *ret_payload);

#endif
