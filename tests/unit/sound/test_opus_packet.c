/* SPDX-License-Identifier: Apache-2.0 */
/* test_opus_packet.c: length and activity of Opus packets without a decoder. */
#include "sound/opus_packet.h"

#include "base/macros.h"
#include "codec/codec.h"
#include "lib/guard_page.h"
#include "lib/testing.h"
#include "lib/tone.h"

static const void *at(const char *bytes, size_t length)
{
	return guard_page_put(bytes, length);
}

START_TEST(packets_last_as_rfc_6716_says)
{
	static const struct {
		const char *bytes;
		size_t length;
		uint32_t ticks;
	} rows[] = {
		{"\x00", 1, 480},  /* SILK narrow, 10 ms */
		{"\x08", 1, 960},  /* 20 ms */
		{"\x18", 1, 2880}, /* 60 ms */
		{"\x78", 1, 960},  /* hybrid, 20 ms */
		{"\x80", 1, 120},  /* CELT, 2.5 ms */
		{"\xf9", 1, 1920}, /* two frames of 20 ms */
		{"\xfa\x01\0", 3, 1920},
		{"\xfb\x06", 2, 5760}, /* six */
		{"\xfb\x07", 2, 0},    /* seven are too long */
		{"\xfb\x00", 2, 0},    /* none */
		{"\xfb", 1, 0},
		{"", 0, 0},
	};
	for (unsigned i = 0; i < ARRAY_LENGTH(rows); i++)
		ck_assert_uint_eq(
			opus_packet_ticks(at(rows[i].bytes, rows[i].length), rows[i].length),
			rows[i].ticks);
}
END_TEST

START_TEST(activity_is_in_the_first_bits)
{
	static const struct {
		const char *bytes;
		size_t length;
		enum opus_activity activity;
	} rows[] = {
		{"\x08\x80\0", 3, OPUS_ACTIVITY_VOICE},
		{"\x08\x7f\xff", 3, OPUS_ACTIVITY_NONE},
		{"\x08\x80", 2, OPUS_ACTIVITY_NONE}, /* DTX */
		{"\x08", 1, OPUS_ACTIVITY_NONE},
		{"\x18\x20\0", 3, OPUS_ACTIVITY_VOICE}, /* the third of 60 ms */
		{"\x18\x1f\xff", 3, OPUS_ACTIVITY_NONE},
		{"\x10\x40\0", 3, OPUS_ACTIVITY_VOICE},
		{"\x78\x80\0", 3, OPUS_ACTIVITY_VOICE},   /* hybrid */
		{"\xf8\x80\0", 3, OPUS_ACTIVITY_UNKNOWN}, /* CELT */
		{"\x09\x80\0", 3, OPUS_ACTIVITY_VOICE},
		{"\x0a\x01\x80\0", 4, OPUS_ACTIVITY_VOICE},
		{"\x0a\xff\x01\x80", 4, OPUS_ACTIVITY_VOICE},
		{"\x0b\x02\x80\0", 4, OPUS_ACTIVITY_VOICE},
		{"\x0b\x82\x01\x80\0", 5, OPUS_ACTIVITY_VOICE},
		{"\x0b\xc2\x01\x01\x7f\xff\0", 7, OPUS_ACTIVITY_NONE},
		/* what does not fit */
		{"\x0b\xc2\xff", 3, OPUS_ACTIVITY_UNKNOWN},
		{"\x0b\x86\x01", 3, OPUS_ACTIVITY_UNKNOWN},
		{"\x0b\x00\x01", 3, OPUS_ACTIVITY_UNKNOWN},
		{"\x0a\xff\x01", 3, OPUS_ACTIVITY_UNKNOWN},
		{"", 0, OPUS_ACTIVITY_UNKNOWN},
	};
	for (unsigned i = 0; i < ARRAY_LENGTH(rows); i++) {
		enum opus_activity found =
			opus_packet_activity(at(rows[i].bytes, rows[i].length), rows[i].length);
		ck_assert_msg(found == rows[i].activity, "%u: %d", i, found);
	}
}
END_TEST

START_TEST(any_bytes_are_safe)
{
	uint8_t bytes[40];
	uint32_t seed = 1;
	for (unsigned n = 0; n < 20000; n++) {
		size_t length = n % sizeof(bytes);
		for (size_t i = 0; i < length; i++)
			bytes[i] = (uint8_t)((seed = seed * 1664525 + 1013904223) >> 24);
		const char *there = guard_page_put(bytes, length);
		ck_assert_uint_le(opus_packet_ticks(there, length), 5760);
		opus_packet_activity(there, length);
	}
}
END_TEST

/* What libopus makes lasts as long as it decodes to. */
START_TEST(libopus_agrees)
{
	static const struct codec_settings plain;
	static const unsigned times[] = {10, 20, 40, 60};
	if (!codec_is_built(CODEC_OPUS))
		return;
	struct codec_encoder *encoder = malloc(codec_encoder_size());
	for (unsigned i = 0; i < ARRAY_LENGTH(times); i++) {
		int16_t samples[CODEC_SAMPLES_MAX];
		uint8_t payload[CODEC_FRAME_BYTES_MAX];
		size_t frame = 16 * times[i];
		codec_encoder_init(encoder, CODEC_OPUS, 16000, &plain);
		tone_make(samples, frame, 0, 300, 16000, 8000);
		int length = codec_encode(encoder, samples, frame, payload);
		ck_assert_uint_eq(opus_packet_ticks(payload, (size_t)length), 48 * times[i]);
	}
	free(encoder);
}
END_TEST

TEST_MAIN("opus_packet", packets_last_as_rfc_6716_says, activity_is_in_the_first_bits,
	any_bytes_are_safe, libopus_agrees)
