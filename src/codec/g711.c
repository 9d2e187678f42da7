/* SPDX-License-Identifier: Apache-2.0 */
/* g711.c: PCMU and PCMA (ITU-T G.711, RFC 3551 §4.5.14). */
#include "codec/g711.h"

#include <errno.h>

#include "base/macros.h"
#include "codec/driver.h"

/*
 * A code is sign, segment, place in the segment; on the line it is inverted, all of its bits
 * (µ-law) or every other one (A-law). What the macros say is an expression of the code alone, so
 * the compiler makes the tables.
 */
#define ULAW_BIAS         0x84 /* 33 of 14 bits */
#define ULAW_SEGMENT(c)   (~(c) >> 4 & 7)
#define ULAW_MAGNITUDE(c) ((((~(c)&0xf) << 3 | ULAW_BIAS) << ULAW_SEGMENT(c)) - ULAW_BIAS)
#define ULAW(c)           ((c)&0x80 ? ULAW_MAGNITUDE(c) : -ULAW_MAGNITUDE(c))

#define ALAW_MASK       0x55
#define ALAW_PLACE(c)   ((((c) ^ ALAW_MASK) & 0xf) << 4)
#define ALAW_SEGMENT(c) (((c) ^ ALAW_MASK) >> 4 & 7)
#define ALAW_MAGNITUDE(c)                                                                   \
	(ALAW_SEGMENT(c) ? (ALAW_PLACE(c) + 0x108) << (ALAW_SEGMENT(c) - !!ALAW_SEGMENT(c)) \
			 : ALAW_PLACE(c) + 8)
#define ALAW(c) ((c)&0x80 ? ALAW_MAGNITUDE(c) : -ALAW_MAGNITUDE(c))

#define ROW4(law, c)  law(c), law((c) + 1), law((c) + 2), law((c) + 3)
#define ROW16(law, c) ROW4(law, c), ROW4(law, (c) + 4), ROW4(law, (c) + 8), ROW4(law, (c) + 12)
#define ROW64(law, c) \
	ROW16(law, c), ROW16(law, (c) + 16), ROW16(law, (c) + 32), ROW16(law, (c) + 48)
#define TABLE(law) ROW64(law, 0), ROW64(law, 64), ROW64(law, 128), ROW64(law, 192)

const int16_t g711_from_ulaw[256] = {TABLE(ULAW)};
const int16_t g711_from_alaw[256] = {TABLE(ALAW)};

#define ULAW_CLIP 32635 /* 8159 of 14 bits, with the bias still 15 bits */

/* The place of the highest bit that is set; `value` is not 0. */
static int top_bit(unsigned value)
{
	return 31 - __builtin_clz(value);
}

uint8_t g711_to_ulaw(int16_t sample)
{
	int magnitude = sample < 0 ? -(int)sample : sample;
	unsigned biased = (unsigned)MIN(magnitude, ULAW_CLIP) + ULAW_BIAS;
	int segment = top_bit(biased) - 7;
	unsigned place = biased >> (segment + 3) & 0xf;
	return (uint8_t)((sample < 0 ? 0x7f : 0xff) ^ ((unsigned)segment << 4 | place));
}

uint8_t g711_to_alaw(int16_t sample)
{
	/* of negative ones the one's complement, so that -1 lies in the lowest step */
	unsigned magnitude = (unsigned)(sample < 0 ? ~(int)sample : sample);
	int segment = magnitude < 0x100 ? 0 : top_bit(magnitude) - 7;
	unsigned place = magnitude >> (segment ? segment + 3 : 4) & 0xf;
	return (uint8_t)((sample < 0 ? 0x00 : 0x80) ^ ((unsigned)segment << 4 | place) ^ ALAW_MASK);
}

static size_t no_size(void)
{
	return 0;
}

static int decoder_init(void *state, uint32_t rate)
{
	return 0;
}

static int encoder_init(void *state, uint32_t rate, const struct codec_settings *settings)
{
	return 0;
}

static int decode(const int16_t *table, const uint8_t *payload, size_t length, int16_t *ret_samples,
	size_t room)
{
	if (length > room)
		return -EBADMSG;
	for (size_t i = 0; i < length; i++)
		ret_samples[i] = table[payload[i]];
	return (int)length;
}

static int decode_ulaw(
	void *state, const uint8_t *payload, size_t length, int16_t *ret_samples, size_t room)
{
	return decode(g711_from_ulaw, payload, length, ret_samples, room);
}

static int decode_alaw(
	void *state, const uint8_t *payload, size_t length, int16_t *ret_samples, size_t room)
{
	return decode(g711_from_alaw, payload, length, ret_samples, room);
}

static int encode_ulaw(
	void *state, const int16_t *samples, size_t count, uint8_t *ret_payload, size_t room)
{
	for (size_t i = 0; i < count; i++)
		ret_payload[i] = g711_to_ulaw(samples[i]);
	return (int)count;
}

static int encode_alaw(
	void *state, const int16_t *samples, size_t count, uint8_t *ret_payload, size_t room)
{
	for (size_t i = 0; i < count; i++)
		ret_payload[i] = g711_to_alaw(samples[i]);
	return (int)count;
}

const struct codec_driver codec_pcmu = {.decoder_size = no_size,
	.encoder_size = no_size,
	.decoder_init = decoder_init,
	.encoder_init = encoder_init,
	.decode = decode_ulaw,
	.encode = encode_ulaw,
	.rates = {8000}};

const struct codec_driver codec_pcma = {.decoder_size = no_size,
	.encoder_size = no_size,
	.decoder_init = decoder_init,
	.encoder_init = encoder_init,
	.decode = decode_alaw,
	.encode = encode_alaw,
	.rates = {8000}};
