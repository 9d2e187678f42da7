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

/* One beep at each rate, and silence behind it. */
START_TEST(samples_are_there_for_a_mix)
{
	static const uint32_t rates[] = {8000, 16000, 48000};
	static const int16_t nothing[960];
	make();
	for (unsigned i = 0; i < TONE_COUNT; i++) {
		int16_t samples[3][960], last[960];
		unsigned ms = tone_ms(&tones, (enum tone)i);
		for (unsigned j = 0; j < 3; j++) {
			size_t count = rates[j] / 50;
			tone_add(&tones, (enum tone)i, 20, rates[j], nothing, count, samples[j]);
			ck_assert_double_eq_tol(
				tone_level(samples[j], count), tone_level(samples[0], 160), 100);
			tone_add(&tones, (enum tone)i, ms - 20, rates[j], nothing, count, last);
			ck_assert_double_eq(tone_level(last, count), 0);
		}
	}
}
END_TEST

/* In whatever pieces it is said, it is one tone, and where it is over there is talk. */
START_TEST(a_tone_goes_on_from_packet_to_packet)
{
	static int16_t talk[480 * 48], whole[480 * 48], pieces[480 * 48];
	make();
	for (unsigned i = 0; i < 480 * 48; i++)
		talk[i] = (int16_t)(i % 2000 - 1000);
	tone_add(&tones, TONE_REVOKED, 0, 48000, talk, 480 * 48, whole);
	for (unsigned ms = 0; ms < 480; ms += 30)
		tone_add(
			&tones, TONE_REVOKED, ms, 48000, talk + ms * 48, 30 * 48, pieces + ms * 48);
	ck_assert_mem_eq(whole, pieces, sizeof(whole));
	size_t end = tone_ms(&tones, TONE_REVOKED) * 48;
	ck_assert_mem_eq(whole + end, talk + end, sizeof(whole) - end * sizeof(talk[0]));
	ck_assert_mem_ne(whole, talk, end);
}
END_TEST

/* Talk of one loud value in `codec`, with 20 ms of the tone in it. */
static void hear_over(enum codec_id codec, const int16_t *expand, uint8_t talk)
{
	static const int16_t nothing[160];
	uint8_t payload[160], both[160];
	int16_t beep[160];
	tone_add(&tones, TONE_GRANTED, 20, 8000, nothing, 160, beep);
	memset(payload, talk, sizeof(payload));
	tone_add_g711(&tones, TONE_GRANTED, 20, codec, payload, sizeof(payload), both);
	for (unsigned i = 0; i < 160; i++) {
		int sum = expand[talk] + beep[i];
		ck_assert_int_le(abs(expand[both[i]] - MAX(MIN(sum, INT16_MAX), INT16_MIN)), 1024);
	}
	unsigned over = tone_ms(&tones, TONE_GRANTED);
	tone_add_g711(&tones, TONE_GRANTED, over, codec, payload, sizeof(payload), both);
	ck_assert_mem_eq(both, payload, sizeof(both));
}

START_TEST(a_tone_is_heard_over_talk)
{
	make();
	for (unsigned talk = 0; talk < 256; talk++) {
		hear_over(CODEC_PCMU, g711_from_ulaw, (uint8_t)talk);
		hear_over(CODEC_PCMA, g711_from_alaw, (uint8_t)talk);
	}
}
END_TEST

TEST_MAIN("tone", a_tone_is_heard_over_talk, a_tone_goes_on_from_packet_to_packet,
	tones_are_told_apart, silence_is_silent_however_often_it_is_said, noise_is_heard_and_quiet,
	g711_says_silence_as_its_zero, samples_are_there_for_a_mix)
