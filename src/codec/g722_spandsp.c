/* SPDX-License-Identifier: Apache-2.0 */
/* g722_spandsp.c: G.722 at 64 kbit/s by spandsp (ITU-T G.722, RFC 3551 §4.5.2). */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <spandsp/telephony.h>
#include <spandsp/g722.h>
/* for the size of its states, which lie in our memory */
#include <spandsp/private/g722.h>

#include "codec/driver.h"

#define BITRATE 64000

static size_t decoder_size(void)
{
	return sizeof(g722_decode_state_t);
}

static size_t encoder_size(void)
{
	return sizeof(g722_encode_state_t);
}

static int decoder_init(void *state, uint32_t rate)
{
	return g722_decode_init(state, BITRATE, 0) ? 0 : -EINVAL;
}

static int encoder_init(void *state, uint32_t rate, const struct codec_settings *settings)
{
	return g722_encode_init(state, BITRATE, 0) ? 0 : -EINVAL;
}

/* Predictors and step sizes of both bands: an encoder adapts its own by what it sends, and a
 * decoder by what it gets, so that they are the same. */
static void follow(void *encoder, const void *decoder)
{
	g722_encode_state_t *from_here = encoder;
	const g722_decode_state_t *until_here = decoder;
	memcpy(from_here->band, until_here->band, sizeof(from_here->band));
}

/* Two samples a byte. */
static int decode(
	void *state, const uint8_t *payload, size_t length, int16_t *ret_samples, size_t room)
{
	if (length > room / 2)
		return -EBADMSG;
	return g722_decode(state, ret_samples, payload, (int)length);
}

static int encode(
	void *state, const int16_t *samples, size_t count, uint8_t *ret_payload, size_t room)
{
	return g722_encode(state, ret_payload, samples, (int)count);
}

const struct codec_driver codec_g722 = {.decoder_size = decoder_size,
	.encoder_size = encoder_size,
	.decoder_init = decoder_init,
	.encoder_init = encoder_init,
	.follow = follow,
	.decode = decode,
	.encode = encode,
	.rates = {16000}};
