/* SPDX-License-Identifier: Apache-2.0 */
/* test_level.c: how loud packets are, said by the sender or measured. */
#include "sound/level.h"

#include "base/macros.h"
#include "lib/guard_page.h"
#include "lib/testing.h"
#include "lib/tone.h"

START_TEST(samples_have_their_level)
{
	int16_t samples[320];
	/* a sine has 3 dB less than the square wave that is 0 dBov */
	static const struct {
		double amplitude;
		unsigned level;
	} rows[] = {{32767, 3}, {8231, 15}, {3277, 23}, {327, 43}, {33, 63}, {10, 73}};
	for (unsigned i = 0; i < ARRAY_LENGTH(rows); i++)
		for (size_t count = 160; count <= 320; count += 160) {
			tone_make(samples, count, 0, 400, 8000, rows[i].amplitude);
			ck_assert_int_le(
				abs((int)level_of_samples(samples, count) - (int)rows[i].level),
				rows[i].amplitude < 50 ? 2 : 0);
		}
	for (unsigned i = 0; i < 320; i++)
		samples[i] = i & 1 ? INT16_MIN : INT16_MAX;
	ck_assert_uint_eq(level_of_samples(samples, 320), 0);
	memset(samples, 0, sizeof(samples));
	ck_assert_uint_eq(level_of_samples(samples, 320), LEVEL_SILENCE);
	ck_assert_uint_eq(level_of_samples(samples, 0), LEVEL_SILENCE);
}
END_TEST

static struct level level_coded(enum codec_id codec, double amplitude)
{
	static const struct codec_settings plain;
	struct codec_encoder *encoder = malloc(codec_encoder_size());
	int16_t samples[160];
	uint8_t payload[CODEC_FRAME_BYTES_MAX];
	ck_assert_int_eq(codec_encoder_init(encoder, codec, 8000, &plain), 0);
	tone_make(samples, 160, 0, 440, 8000, amplitude);
	int length = codec_encode(encoder, samples, 160, payload);
	free(encoder);
	struct rtp_packet packet = {
		.payload = (const uint8_t *)guard_page_put(payload, (size_t)length),
		.payload_length = (size_t)length};
	return level_of_packet(&packet, codec, 0);
}

START_TEST(g711_is_measured_without_a_decoder)
{
	for (unsigned codec = CODEC_PCMU; codec <= CODEC_PCMA; codec++) {
		struct level level = level_coded((enum codec_id)codec, 8231);
		ck_assert_int_eq(level.from, LEVEL_ENERGY);
		ck_assert_uint_ge(level.level, 14);
		ck_assert_uint_le(level.level, 16);
		ck_assert_uint_ge(level_coded((enum codec_id)codec, 0).level, 70);
	}
	/* nothing at all */
	struct rtp_packet packet = {.payload_length = 0};
	ck_assert_uint_eq(level_of_packet(&packet, CODEC_PCMU, 0).level, LEVEL_SILENCE);
	ck_assert_int_eq(level_of_packet(&packet, CODEC_G722, 0).from, LEVEL_UNKNOWN);
	ck_assert_int_eq(level_of_packet(&packet, CODEC_OPUS, 0).from, LEVEL_UNKNOWN);
}
END_TEST

START_TEST(the_sender_is_believed)
{
	struct rtp_packet packet = {.has_extension = true,
		.extension_profile = 0xbede,
		.extension = (const uint8_t *)"\x10\x85\0\0",
		.extension_length = 4,
		.payload = (const uint8_t *)"\xff\xff",
		.payload_length = 2};
	struct level level = level_of_packet(&packet, CODEC_PCMU, 1);
	ck_assert_int_eq(level.from, LEVEL_EXTENSION);
	ck_assert_uint_eq(level.level, 5);
	ck_assert(level.is_voice);
	/* two-byte form, no voice */
	packet.extension_profile = 0x1000;
	packet.extension = (const uint8_t *)"\x02\x01\x7f\0";
	level = level_of_packet(&packet, CODEC_G722, 2);
	ck_assert_int_eq(level.from, LEVEL_EXTENSION);
	ck_assert_uint_eq(level.level, 127);
	ck_assert(!level.is_voice);
	/* not negotiated, or another number */
	ck_assert_int_eq(level_of_packet(&packet, CODEC_PCMU, 0).from, LEVEL_ENERGY);
	ck_assert_int_eq(level_of_packet(&packet, CODEC_PCMU, 3).from, LEVEL_ENERGY);
}
END_TEST

/* Speech-like sound, then silence, through the encoder of libopus. */
START_TEST(opus_says_it_itself)
{
	static const struct codec_settings plain;
	if (!codec_is_built(CODEC_OPUS))
		return;
	struct codec_encoder *encoder = malloc(codec_encoder_size());
	uint8_t payload[CODEC_FRAME_BYTES_MAX];
	int16_t samples[320];
	unsigned voice = 0, silence = 0;
	uint32_t seed = 1;
	ck_assert_int_eq(codec_encoder_init(encoder, CODEC_OPUS, 16000, &plain), 0);
	for (unsigned i = 0; i < 200; i++) {
		for (unsigned j = 0; j < 320; j++) {
			seed = seed * 1664525 + 1013904223;
			/* syllables: a steady buzz is taken for noise after a while */
			int pulse = i % 12 < 6 && (i * 320 + j) % 133 < 8 ? 9000 : 0;
			samples[j] = (int16_t)(i < 100 ? pulse + (int)(seed >> 23) - 256 : 0);
		}
		struct rtp_packet packet = {.payload = payload};
		packet.payload_length = (size_t)codec_encode(encoder, samples, 320, payload);
		struct level level = level_of_packet(&packet, CODEC_OPUS, 0);
		voice += i < 100 && i % 12 < 6 && level.is_voice && level.level < 38;
		silence += i >= 150 && level.from == LEVEL_CODER && level.level == LEVEL_SILENCE;
	}
	free(encoder);
	ck_assert_uint_ge(voice, 45); /* of 52 */
	ck_assert_uint_eq(silence, 50);
}
END_TEST

TEST_MAIN("level", samples_have_their_level, g711_is_measured_without_a_decoder,
	the_sender_is_believed, opus_says_it_itself)
