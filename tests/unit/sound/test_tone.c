/* SPDX-License-Identifier: Apache-2.0 */
/* test_tone.c: what members are told, heard through each codec as built. */
#include "sound/tone.h"

#include "base/macros.h"
#include "codec/g711.h"
#include "lib/testing.h"
#include "lib/tone.h"

static struct tones tones;

static void make(void)
{
	struct codec_encoder *encoder = malloc(codec_encoder_size());
	ck_assert_int_eq(tones_make(&tones, encoder), 0);
	free(encoder);
}

/* What a phone plays. */
struct phone {
	struct codec_decoder *decoder;
	enum codec_id codec;
	uint32_t rate;
};

static void phone_play(struct phone *phone, const uint8_t *payload, size_t length, int16_t *ret)
{
	int16_t samples[CODEC_SAMPLES_MAX];
	ck_assert_int_eq(
		codec_decode(phone->decoder, payload, length, samples), (int)phone->rate / 50);
	memcpy(ret, samples, phone->rate / 50 * sizeof(*ret));
}

static void for_each_codec(void (*run)(struct phone *phone))
{
	make();
	for (unsigned i = CODEC_NONE + 1; i < CODEC_COUNT; i++) {
		struct phone phone = {malloc(codec_decoder_size()), (enum codec_id)i, 8000};
		if (i == CODEC_G722 || i == CODEC_OPUS)
			phone.rate = 16000;
		if (codec_decoder_init(phone.decoder, phone.codec, phone.rate) == 0)
			run(&phone);
		free(phone.decoder);
	}
}

static unsigned tone_play(struct phone *phone, enum tone tone, int16_t *ret)
{
	const uint8_t *payload;
	size_t length;
	unsigned frame = 0;
	codec_decoder_init(phone->decoder, phone->codec, phone->rate);
	for (; tone_payload(&tones, tone, phone->codec, frame, &payload, &length); frame++)
		phone_play(phone, payload, length, ret + frame * phone->rate / 50);
	ck_assert_uint_le(frame, TONE_FRAMES);
	return frame * TONE_FRAME_MS;
}

/* The loudest 40 ms of the tone at `hertz`. */
static double loudest(const int16_t *samples, unsigned ms, double hertz, uint32_t rate)
{
	double most = 0;
	for (unsigned at = 0; at + 40 <= ms; at += 5) {
		double found = tone_amplitude(samples + at * (rate / 1000), rate / 25, hertz, rate);
		most = MAX(most, found);
	}
	return most;
}

/* How often the tone begins: how often it gets loud after it was soft. */
static unsigned beeps(const int16_t *samples, unsigned ms, uint32_t rate)
{
	unsigned count = 0;
	bool is_loud = false;
	for (unsigned at = 0; at + 10 <= ms; at += 10) {
		double level = tone_level(samples + at * (rate / 1000), rate / 100);
		if (!is_loud && level > 5000)
			count++;
		is_loud = is_loud ? level > 1500 : level > 5000;
	}
	return count;
}

static void sounds_right(struct phone *phone)
{
	static const struct {
		enum tone tone;
		unsigned hertz[2], beeps, ms_most;
	} rows[] = {
		{TONE_GRANTED, {1000, 1000}, 1, 140},
		{TONE_DENIED, {350, 350}, 2, 400},
		{TONE_QUEUED, {600, 900}, 2, 300},
		{TONE_REVOKED, {700, 700}, 3, 400},
		{TONE_NEARLY_OVER, {1600, 1600}, 1, 80},
		{TONE_ROGER, {1200, 800}, 1, 160},
	};
	ck_assert_uint_eq(ARRAY_LENGTH(rows), TONE_COUNT);
	for (unsigned i = 0; i < ARRAY_LENGTH(rows); i++) {
		static int16_t samples[TONE_MS_MAX * 16];
		unsigned ms = tone_play(phone, rows[i].tone, samples);
		const char *name = codec_row(phone->codec)->name.at;
		ck_assert_uint_le(ms, rows[i].ms_most);
		unsigned found = beeps(samples, ms, phone->rate);
		ck_assert_msg(found == rows[i].beeps, "%s, %u: %u beeps", name, i, found);
		for (unsigned j = 0; j < 2; j++) {
			double level = loudest(samples, ms, rows[i].hertz[j], phone->rate);
			/* -12 dBFS, over 40 ms of which a little swells and fades */
			ck_assert_msg(level > 6000 && level < 9000, "%s, %u: %f at %u Hz", name, i,
				level, rows[i].hertz[j]);
		}
	}
}

START_TEST(tones_are_told_apart)
{
	for_each_codec(sounds_right);
}
END_TEST

static void is_silent(struct phone *phone)
{
	const uint8_t *payload;
	size_t length;
	int16_t samples[320];
	ck_assert(tone_silence(&tones, phone->codec, &payload, &length));
	for (unsigned i = 0; i < 100; i++) {
		phone_play(phone, payload, length, samples);
		double level = tone_level(samples, phone->rate / 50);
		ck_assert_msg(
			level <= 16, "%s, %u: %f", codec_row(phone->codec)->name.at, i, level);
	}
	ck_assert_uint_le(length, 160);
}

START_TEST(silence_is_silent_however_often_it_is_said)
{
	for_each_codec(is_silent);
}
END_TEST

static void is_quiet(struct phone *phone)
{
	const uint8_t *payload;
	size_t length;
	int16_t samples[320];
	double sum = 0;
	for (unsigned i = 0; i < 200; i++) {
		ck_assert(tone_noise(&tones, phone->codec, i, &payload, &length));
		phone_play(phone, payload, length, samples);
		double level = tone_level(samples, phone->rate / 50);
		ck_assert_double_le(level, 300); /* -40 dBFS */
		sum += level;
	}
	ck_assert_double_ge(sum / 200, 10);
}

START_TEST(noise_is_heard_and_quiet)
{
	for_each_codec(is_quiet);
}
END_TEST

START_TEST(g711_says_silence_as_its_zero)
{
	const uint8_t *payload;
	size_t length;
	make();
	ck_assert(tone_silence(&tones, CODEC_PCMU, &payload, &length));
	ck_assert_uint_eq(length, 160);
	ck_assert_uint_eq(payload[0], 0xff);
	ck_assert(tone_silence(&tones, CODEC_PCMA, &payload, &length));
	ck_assert_uint_eq(payload[159], 0xd5);
	ck_assert(!tone_silence(&tones, CODEC_NONE, &payload, &length));
	ck_assert(!tone_noise(&tones, CODEC_NONE, 3, &payload, &length));
	ck_assert(!tone_payload(&tones, TONE_GRANTED, CODEC_NONE, 0, &payload, &length));
	ck_assert(!tone_payload(&tones, TONE_GRANTED, CODEC_PCMU, UINT32_MAX, &payload, &length));
}
END_TEST

START_TEST(samples_are_there_for_a_mix)
{
	make();
	for (unsigned i = 0; i < TONE_COUNT; i++) {
		unsigned frames = tones.frames[i];
		const int16_t *narrow = tone_samples(&tones, (enum tone)i, 8000, 1);
		const int16_t *wide = tone_samples(&tones, (enum tone)i, 16000, 1);
		ck_assert(tone_samples(&tones, (enum tone)i, 8000, frames) == NULL);
		/* one beep at both rates */
		ck_assert_double_eq_tol(tone_level(narrow, 160), tone_level(wide, 320), 100);
		const int16_t *last = tone_samples(&tones, (enum tone)i, 16000, frames - 1);
		ck_assert_double_eq(tone_level(last, 320), 0);
	}
}
END_TEST

/* Talk of one loud value in `codec`, with a frame of the tone in it. */
static void hear_over(enum codec_id codec, const int16_t *expand, uint8_t talk)
{
	uint8_t payload[160], both[160];
	const int16_t *beep = tone_samples(&tones, TONE_GRANTED, 8000, 1);
	memset(payload, talk, sizeof(payload));
	ck_assert(tone_over_talk(&tones, TONE_GRANTED, codec, 1, payload, sizeof(payload), both));
	for (unsigned i = 0; i < 160; i++) {
		int sum = expand[talk] + beep[i];
		ck_assert_int_le(abs(expand[both[i]] - MAX(MIN(sum, INT16_MAX), INT16_MIN)), 1024);
	}
}

START_TEST(a_tone_is_heard_over_talk)
{
	uint8_t payload[160] = {0}, both[160];
	make();
	for (unsigned talk = 0; talk < 256; talk++) {
		hear_over(CODEC_PCMU, g711_from_ulaw, (uint8_t)talk);
		hear_over(CODEC_PCMA, g711_from_alaw, (uint8_t)talk);
	}
	unsigned frames = tones.frames[TONE_GRANTED];
	ck_assert(!tone_over_talk(&tones, TONE_GRANTED, CODEC_PCMU, frames, payload, 160, both));
	ck_assert(!tone_over_talk(&tones, TONE_GRANTED, CODEC_PCMU, 0, payload, 80, both));
	ck_assert(!tone_over_talk(&tones, TONE_GRANTED, CODEC_G722, 0, payload, 160, both));
	ck_assert(!tone_over_talk(&tones, TONE_GRANTED, CODEC_OPUS, 0, payload, 160, both));
}
END_TEST

TEST_MAIN("tone", a_tone_is_heard_over_talk, tones_are_told_apart,
	silence_is_silent_however_often_it_is_said, noise_is_heard_and_quiet,
	g711_says_silence_as_its_zero, samples_are_there_for_a_mix)
