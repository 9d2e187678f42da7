/* SPDX-License-Identifier: Apache-2.0 */
/* test_codec.c: each codec as built: tones through it, sizes of packets, losses, garbage. */
#include <errno.h>

#include "base/macros.h"
#include "codec/codec.h"
#include "lib/guard_page.h"
#include "lib/testing.h"
#include "lib/tone.h"

static const struct codec_settings plain;

/* A coder pair at one rate, in memory that is exactly as large as it must be. */
struct coders {
	enum codec_id codec;
	uint32_t rate;
	struct codec_decoder *decoder;
	struct codec_encoder *encoder;
};

static struct coders coders_new(
	enum codec_id codec, uint32_t rate, const struct codec_settings *settings)
{
	struct coders coders = {
		codec, rate, malloc(codec_decoder_size()), malloc(codec_encoder_size())};
	ck_assert(coders.decoder && coders.encoder);
	ck_assert_int_eq(codec_decoder_init(coders.decoder, codec, rate), 0);
	ck_assert_int_eq(codec_encoder_init(coders.encoder, codec, rate, settings), 0);
	return coders;
}

static void coders_free(struct coders *coders)
{
	free(coders->decoder);
	free(coders->encoder);
}

/* Calls `run` for each codec as built at each of its rates. */
static void for_each(void (*run)(enum codec_id codec, uint32_t rate))
{
	static const uint32_t rates[] = {8000, 16000, 48000};
	for (unsigned codec = CODEC_NONE + 1; codec < CODEC_COUNT; codec++)
		for (unsigned i = 0; i < ARRAY_LENGTH(rates); i++) {
			struct codec_decoder *decoder = malloc(codec_decoder_size());
			if (codec_decoder_init(decoder, (enum codec_id)codec, rates[i]) == 0)
				run((enum codec_id)codec, rates[i]);
			free(decoder);
		}
}

/* 400 ms of a tone, in packets of `ms`; the second half of what comes out. */
static void say(struct coders *coders, double hertz, unsigned ms, int16_t *ret_half)
{
	int16_t in[CODEC_SAMPLES_MAX], out[CODEC_SAMPLES_MAX];
	uint8_t payload[CODEC_FRAME_BYTES_MAX];
	size_t frame = coders->rate / 1000 * ms, total = coders->rate / 1000 * 480;
	for (size_t at = 0; at < total; at += frame) {
		tone_make(in, frame, at, hertz, coders->rate, 8000);
		int length = codec_encode(coders->encoder, in, frame, payload);
		ck_assert_int_gt(length, 0);
		ck_assert_int_le(length, CODEC_FRAME_BYTES_MAX);
		ck_assert_int_eq(
			codec_decode(coders->decoder, payload, (size_t)length, out), (int)frame);
		if (at >= total / 2)
			memcpy(ret_half + (at - total / 2), out, frame * sizeof(*out));
	}
}

static void keeps_a_tone(enum codec_id codec, uint32_t rate)
{
	static const double tones[] = {400, 1000, 2500};
	int16_t half[48 * 240];
	for (unsigned i = 0; i < ARRAY_LENGTH(tones); i++) {
		struct coders coders = coders_new(codec, rate, &plain);
		say(&coders, tones[i], 20, half);
		size_t count = rate / 1000 * 240;
		double found = tone_amplitude(half, count, tones[i], rate);
		ck_assert_msg(found > 7000 && found < 9000, "%s at %u: %f Hz has %f",
			codec_row(codec)->name.at, rate, tones[i], found);
		/* and hardly anything else is there */
		ck_assert_double_le(tone_level(half, count), found * 1.06);
		coders_free(&coders);
	}
}

START_TEST(a_tone_keeps_frequency_and_level)
{
	for_each(keeps_a_tone);
}
END_TEST

static void makes_all_lengths(enum codec_id codec, uint32_t rate)
{
	int16_t half[48 * 240];
	for (unsigned wanted = 10; wanted <= 60; wanted += 10) {
		unsigned ms = codec_packet_ms(codec, wanted);
		struct coders coders = coders_new(codec, rate, &plain);
		ck_assert_uint_le(ms, wanted);
		if (240 % ms == 0)
			say(&coders, 1000, ms, half);
		coders_free(&coders);
	}
}

START_TEST(packets_have_the_time_that_is_asked_for)
{
	for_each(makes_all_lengths);
	ck_assert_uint_eq(codec_packet_ms(CODEC_PCMU, 0), 20);
	ck_assert_uint_eq(codec_packet_ms(CODEC_PCMU, 30), 30);
	ck_assert_uint_eq(codec_packet_ms(CODEC_PCMU, 5), 10);
	ck_assert_uint_eq(codec_packet_ms(CODEC_PCMA, 200), 60);
	if (codec_is_built(CODEC_OPUS)) {
		ck_assert_uint_eq(codec_packet_ms(CODEC_OPUS, 30), 20);
		ck_assert_uint_eq(codec_packet_ms(CODEC_OPUS, 40), 40);
		ck_assert_uint_eq(codec_packet_ms(CODEC_OPUS, 200), 60);
		ck_assert_uint_eq(codec_packet_ms(CODEC_OPUS, 3), 10);
	}
}
END_TEST

static void says_as_much_as_was_lost(enum codec_id codec, uint32_t rate)
{
	int16_t half[48 * 240], made[CODEC_SAMPLES_MAX];
	static const unsigned tenths[] = {25, 100, 200, 600, 1200};
	for (unsigned i = 0; i < ARRAY_LENGTH(tenths); i++) {
		struct coders coders = coders_new(codec, rate, &plain);
		size_t count = rate / 1000 * tenths[i] / 10;
		say(&coders, 400, 20, half);
		ck_assert_int_eq(codec_conceal(coders.decoder, NULL, 0, count, made), (int)count);
		/* the first of it sounds as before */
		if (tenths[i] <= 200)
			ck_assert_double_ge(tone_level(made, count), 3000);
		coders_free(&coders);
	}
}

START_TEST(a_loss_is_filled)
{
	for_each(says_as_much_as_was_lost);
}
END_TEST

/* With redundancy the lost packet lies in the next one: what was lost is known, not guessed. */
START_TEST(opus_finds_the_lost_packet_in_the_next)
{
	static const struct codec_settings settings = {.has_fec = true};
	int16_t in[160], out[CODEC_SAMPLES_MAX];
	uint8_t payload[50][CODEC_FRAME_BYTES_MAX];
	int length[50];
	if (!codec_is_built(CODEC_OPUS))
		return;
	struct coders coders = coders_new(CODEC_OPUS, 8000, &settings);
	for (unsigned i = 0; i < 50; i++) {
		/* packet 30, which is lost, has a tone that is nowhere else */
		tone_make(in, 160, 160 * i, i < 30 ? 400 : i == 30 ? 1000 : 2500, 8000, 8000);
		length[i] = codec_encode(coders.encoder, in, 160, payload[i]);
		ck_assert_int_gt(length[i], 0);
	}
	for (unsigned i = 0; i < 30; i++)
		codec_decode(coders.decoder, payload[i], (size_t)length[i], out);
	ck_assert_int_eq(
		codec_conceal(coders.decoder, payload[31], (size_t)length[31], 160, out), 160);
	ck_assert_double_ge(tone_amplitude(out + 80, 80, 1000, 8000), 4000);
	/* the next one itself is not heard yet */
	ck_assert_double_le(tone_amplitude(out, 160, 2500, 8000), 500);
	coders_free(&coders);
}
END_TEST

/* Whatever bytes: samples or a refusal, and no byte beyond the payload is read. */
static void bears_garbage(enum codec_id codec, uint32_t rate)
{
	struct coders coders = coders_new(codec, rate, &plain);
	uint8_t garbage[1300];
	int16_t out[CODEC_SAMPLES_MAX];
	uint32_t seed = 1;
	for (unsigned n = 0; n < 3000; n++) {
		size_t length = n < 200 ? n : n % 1300;
		for (size_t i = 0; i < length; i++)
			garbage[i] = (uint8_t)((seed = seed * 1664525 + 1013904223) >> 24);
		const char *bytes = guard_page_put(garbage, length);
		int count = codec_decode(coders.decoder, bytes, length, out);
		ck_assert(count == -EBADMSG ||
			  (count > 0 && count <= (int)(rate / 1000 * CODEC_PACKET_MS_MAX)));
		if (n % 7 == 0)
			codec_conceal(coders.decoder, bytes, length, rate / 50, out);
	}
	coders_free(&coders);
}

START_TEST(garbage_does_no_harm)
{
	for_each(bears_garbage);
}
END_TEST

START_TEST(too_long_and_empty_are_refused)
{
	int16_t out[CODEC_SAMPLES_MAX];
	uint8_t bytes[1200] = {0};
	struct coders coders = coders_new(CODEC_PCMU, 8000, &plain);
	ck_assert_int_eq(codec_decode(coders.decoder, bytes, 0, out), -EBADMSG);
	ck_assert_int_eq(codec_decode(coders.decoder, bytes, 960, out), 960);
	ck_assert_int_eq(codec_decode(coders.decoder, bytes, 961, out), -EBADMSG);
	ck_assert_int_eq(codec_encode(coders.encoder, out, 0, bytes), -EINVAL);
	ck_assert_int_eq(codec_encode(coders.encoder, out, 481, bytes), -EINVAL);
	ck_assert_int_eq(codec_decoder_init(coders.decoder, CODEC_PCMU, 16000), -EINVAL);
	ck_assert_int_eq(codec_decoder_init(coders.decoder, CODEC_NONE, 8000), -ENOTSUP);
	coders_free(&coders);
}
END_TEST

START_TEST(codecs_are_found_by_their_rtpmap)
{
	ck_assert_int_eq(codec_find(PV_SPAN("pcmu"), 8000, 0), CODEC_PCMU);
	ck_assert_int_eq(codec_find(PV_SPAN("PCMA"), 8000, 1), CODEC_PCMA);
	ck_assert_int_eq(codec_find(PV_SPAN("G722"), 8000, 1), CODEC_G722);
	ck_assert_int_eq(codec_find(PV_SPAN("OPUS"), 48000, 2), CODEC_OPUS);
	ck_assert_int_eq(codec_find(PV_SPAN("opus"), 48000, 1), CODEC_NONE);
	ck_assert_int_eq(codec_find(PV_SPAN("G722"), 16000, 1), CODEC_NONE);
	ck_assert_int_eq(codec_find(PV_SPAN("PCMU"), 16000, 1), CODEC_NONE);
	ck_assert_int_eq(codec_find(PV_SPAN("G729"), 8000, 1), CODEC_NONE);
}
END_TEST

START_TEST(rates_meet_without_a_resampler_where_they_can)
{
	ck_assert_uint_eq(codec_rate_beside(CODEC_OPUS, CODEC_PCMU), 8000);
	ck_assert_uint_eq(codec_rate_beside(CODEC_OPUS, CODEC_G722), 16000);
	ck_assert_uint_eq(codec_rate_beside(CODEC_PCMU, CODEC_OPUS), 8000);
	ck_assert_uint_eq(codec_rate_beside(CODEC_G722, CODEC_OPUS), 16000);
	ck_assert_uint_eq(codec_rate_beside(CODEC_G722, CODEC_PCMA), 16000);
	ck_assert_uint_eq(codec_rate_beside(CODEC_PCMA, CODEC_G722), 8000);
	ck_assert(codec_is_joined(CODEC_PCMU, CODEC_PCMA));
	ck_assert(!codec_is_joined(CODEC_PCMU, CODEC_NONE));
	ck_assert(codec_is_joined(CODEC_PCMU, CODEC_OPUS) == codec_is_built(CODEC_OPUS));
}
END_TEST

START_TEST(settings_come_from_fmtp)
{
	struct codec_settings settings;
	codec_settings_read(CODEC_PCMU, PV_SPAN("useinbandfec=1"), &settings);
	ck_assert(!settings.has_fec);
	if (!codec_is_built(CODEC_OPUS))
		return;
	codec_settings_read(CODEC_OPUS,
		PV_SPAN("maxplaybackrate=16000; useinbandfec=1;maxaveragebitrate = 12000 ; cbr=1"),
		&settings);
	ck_assert(settings.has_fec && settings.is_constant);
	ck_assert_uint_eq(settings.bitrate, 12000);
	codec_settings_read(
		CODEC_OPUS, PV_SPAN(";;useinbandfec=;=1;maxaveragebitrate=x;cbr"), &settings);
	ck_assert(!settings.has_fec && !settings.is_constant);
	ck_assert_uint_eq(settings.bitrate, 0);
}
END_TEST

/* Of what is said of rates the next of ours that holds it; nonsense is nothing. */
START_TEST(rates_come_from_fmtp)
{
	static const struct {
		struct pv_span fmtp;
		uint32_t playback, capture;
	} rows[] = {
		{PV_SPAN_INIT(""), 48000, 48000},
		{PV_SPAN_INIT("maxplaybackrate=16000"), 16000, 48000},
		{PV_SPAN_INIT("sprop-maxcapturerate=8000;maxplaybackrate=48000"), 48000, 8000},
		{PV_SPAN_INIT("maxplaybackrate=12000; sprop-maxcapturerate=24000"), 16000, 48000},
		{PV_SPAN_INIT("maxplaybackrate=0;sprop-maxcapturerate=7999"), 48000, 48000},
		{PV_SPAN_INIT("maxplaybackrate=192000"), 48000, 48000},
	};
	for (unsigned i = 0; i < ARRAY_LENGTH(rows) && codec_is_built(CODEC_OPUS); i++) {
		struct codec_settings settings;
		codec_settings_read(CODEC_OPUS, rows[i].fmtp, &settings);
		ck_assert_uint_eq(codec_playback_rate(CODEC_OPUS, &settings), rows[i].playback);
		ck_assert_uint_eq(codec_capture_rate(CODEC_OPUS, &settings), rows[i].capture);
	}
	ck_assert_uint_eq(codec_playback_rate(CODEC_PCMA, &plain), 8000);
	ck_assert_uint_eq(codec_capture_rate(CODEC_G722, &plain), 16000);
}
END_TEST

/* How much of a tone of 12 kHz passes from Opus to Opus. */
static double of_twelve(const struct codec_settings *settings, uint32_t band)
{
	static int16_t half[48 * 240];
	struct coders coders = coders_new(CODEC_OPUS, 48000, settings);
	codec_encoder_narrow(coders.encoder, band);
	say(&coders, 12000, 20, half);
	double found = tone_amplitude(half, 48 * 240, 12000, 48000);
	coders_free(&coders);
	return found;
}

START_TEST(opus_says_what_is_there_and_can_be_played)
{
	static const struct codec_settings narrow = {.playback_rate = 16000};
	if (!codec_is_built(CODEC_OPUS))
		return;
	ck_assert_double_gt(of_twelve(&plain, 48000), 6000);
	ck_assert_double_lt(of_twelve(&plain, 16000), 500);
	ck_assert_double_lt(of_twelve(&narrow, 48000), 500);
}
END_TEST

/* 8 kbit/s of sound must not take more than that, by and large. */
START_TEST(opus_keeps_to_a_bitrate)
{
	static const struct codec_settings settings = {.bitrate = 8000, .is_constant = true};
	int16_t in[160];
	uint8_t payload[CODEC_FRAME_BYTES_MAX];
	if (!codec_is_built(CODEC_OPUS))
		return;
	struct coders coders = coders_new(CODEC_OPUS, 8000, &settings);
	for (unsigned i = 0; i < 50; i++) {
		tone_make(in, 160, 160 * i, 300 + 40 * i, 8000, 8000);
		ck_assert_int_eq(codec_encode(coders.encoder, in, 160, payload), 20);
	}
	coders_free(&coders);
}
END_TEST

/* The amplitude of a tone, 20 ms by 20 ms, at who plays 400 ms of one encoder and then of another
 * one; the second follows what a decoder has heard of the last 100 ms, or nothing. */
static void change_encoder(enum codec_id codec, bool follows, double ret_amplitudes[5])
{
	static const struct codec_settings brief = {.is_brief = true};
	uint32_t rate = codec_row(codec)->rate;
	struct coders first = coders_new(codec, rate, &plain);
	struct coders second = coders_new(codec, rate, &brief);
	int16_t in[960], out[CODEC_SAMPLES_MAX];
	uint8_t payload[CODEC_FRAME_BYTES_MAX];
	size_t frame = rate / 50;
	for (unsigned n = 0; n < 25; n++) {
		struct codec_encoder *encoder = n < 20 ? first.encoder : second.encoder;
		tone_make(in, frame, n * frame, 400, rate, 8000);
		int length = codec_encode(encoder, in, frame, payload);
		ck_assert_int_eq(codec_decode(first.decoder, payload, (size_t)length, out), frame);
		if (n >= 20)
			ret_amplitudes[n - 20] = tone_amplitude(out, frame, 400, rate);
		if (n < 15 || n >= 20)
			continue;
		codec_decode(second.decoder, payload, (size_t)length, out);
		if (follows && n == 19)
			codec_encoder_follow(second.encoder, second.decoder, out, frame);
	}
	coders_free(&first);
	coders_free(&second);
}

START_TEST(an_encoder_goes_on_where_another_one_was)
{
	for (unsigned codec = CODEC_NONE + 1; codec < CODEC_COUNT; codec++) {
		double heard[5];
		if (!codec_is_built((enum codec_id)codec))
			continue;
		change_encoder((enum codec_id)codec, true, heard);
		for (unsigned i = 0; i < 5; i++)
			/* Opus fades from one mode into another */
			ck_assert_msg(heard[i] > (codec == CODEC_OPUS && i == 0 ? 4500 : 7000) &&
					      heard[i] < 9000,
				"%s, %u: %f", codec_row((enum codec_id)codec)->name.at, i,
				heard[i]);
	}
	if (!codec_is_built(CODEC_G722))
		return;
	/* its step sizes would not fit */
	double alone[5];
	change_encoder(CODEC_G722, false, alone);
	ck_assert(alone[0] < 7000 || alone[0] > 9000);
}
END_TEST

TEST_MAIN("codec", an_encoder_goes_on_where_another_one_was, a_tone_keeps_frequency_and_level,
	packets_have_the_time_that_is_asked_for, a_loss_is_filled,
	opus_finds_the_lost_packet_in_the_next, garbage_does_no_harm,
	too_long_and_empty_are_refused, codecs_are_found_by_their_rtpmap,
	rates_meet_without_a_resampler_where_they_can, settings_come_from_fmtp,
	rates_come_from_fmtp, opus_says_what_is_there_and_can_be_played, opus_keeps_to_a_bitrate)
