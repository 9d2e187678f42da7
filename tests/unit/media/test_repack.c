/* SPDX-License-Identifier: Apache-2.0 */
/* test_repack.c: packets that are too long for one listener: it gets them in pieces, others whole.
 */
#include "media/repack.h"

#include "unit/media/mix_harness.h"

/* alice talks, bob takes no packet of more than so many ms, carol takes any. */
enum { ALICE, BOB, CAROL, LEGS };
/* Places of `tones`: hers, and the two of "you wait". */
enum { HERS = 3, LOW = 5, HIGH = 6 };

static const enum codec_id codecs[] = {CODEC_PCMU, CODEC_PCMA, CODEC_G722, CODEC_OPUS};

static void start_with(enum codec_id codec, unsigned most_ms)
{
	default_settings();
	settings.has_tones = true;
	start_group();
	for (unsigned i = 0; i < LEGS; i++)
		join_with(i, tones[HERS], codec);
	legs[BOB].said.audio.coding.packet_ms_most = (uint8_t)most_ms;
	leg_set(&legs[BOB]);
	leg_button(&legs[ALICE], MEDIA_BUTTON_REQUEST, 1);
}

static void forget_streams(void)
{
	forget_heard();
	for (unsigned i = 0; i < ARRAY_LENGTH(voices); i++)
		voices[i].packets = voices[i].breaks = voices[i].leaps = 0;
}

/* `ms` of her tone in one packet, which may be lost; and the time that it takes. */
static void talk_ms(unsigned ms, bool is_lost)
{
	struct voice_of *voice = &voices[ALICE];
	int16_t samples[CODEC_SAMPLES_MAX];
	uint8_t bytes[12 + CODEC_FRAME_BYTES_MAX];
	uint32_t count = voice->rate / 1000 * ms;
	for (uint32_t n = 0; n < count; n++, voice->at++)
		samples[n] = (int16_t)(0.1 * 32767 *
				       sin(2 * M_PI * voice->hertz * voice->at / voice->rate));
	int length =
		codec_encode((struct codec_encoder *)voice->encoder, samples, count, bytes + 12);
	ck_assert_int_gt(length, 0);
	memcpy(said_last, bytes + 12, (size_t)length);
	said_length = (size_t)length;
	write_rtp(&legs[ALICE].phone, bytes, "");
	legs[ALICE].phone.timestamp += codec_row(voice->codec)->clock / 1000 * ms - 160;
	if (!is_lost)
		send_bytes(
			&legs[ALICE].phone, 0, legs[ALICE].lease.port, bytes, 12 + (size_t)length);
	for (unsigned at = 0; at < ms; at += 20)
		frame(LEGS);
}

static bool has_fixed_rate(enum codec_id codec)
{
	return codec != CODEC_OPUS;
}

static double share(unsigned i, unsigned tone)
{
	return voices[i].heard ? voices[i].loud[tone] / voices[i].heard : 0;
}

static void must_get(unsigned i, unsigned tone, double least, double most)
{
	double found = share(i, tone);
	ck_assert_msg(found >= least && found <= most, "%u gets %g of tone %u in codec %u", i,
		found, tone, voices[i].codec);
}

/* Each piece is 20 ms behind the one before it, by number and by time. */
static void must_be_pieces(unsigned packets)
{
	ck_assert_uint_eq(voices[BOB].packets, packets);
	ck_assert_uint_eq(voices[BOB].breaks, 0);
	ck_assert_uint_eq(voices[BOB].leaps, 0);
	if (has_fixed_rate(voices[BOB].codec))
		ck_assert_uint_eq(voices[BOB].last_length, 160);
}

static void hears_pieces(enum codec_id codec, unsigned ms, unsigned most_ms)
{
	start_with(codec, most_ms);
	talk_ms(ms, false); /* coders get used to it */
	forget_streams();
	for (unsigned n = 0; n < 20; n++)
		talk_ms(ms, false);
	must_be_pieces(20 * ms / 20);
	must_get(BOB, HERS, 0.08, 0.12);
	/* the others get what was said */
	ck_assert_uint_eq(voices[CAROL].packets, 20);
	ck_assert_uint_eq(voices[CAROL].breaks, 0);
	ck_assert_uint_eq(voices[CAROL].last_length, said_length);
	ck_assert_mem_eq(voices[CAROL].last, said_last, said_length);
	/* and so does who can take it */
	forget_streams();
	for (unsigned n = 0; n < 10; n++)
		talk_ms(20, false);
	must_be_pieces(10);
	ck_assert_uint_eq(voices[BOB].last_length, said_length);
	ck_assert_mem_eq(voices[BOB].last, said_last, said_length);
	ck_assert_uint_eq(voices[CAROL].packets, 10);
	finish_group(legs, LEGS);
}

START_TEST(who_takes_none_as_long_gets_pieces)
{
	for (unsigned i = 0; i < ARRAY_LENGTH(codecs); i++) {
		if (!codec_is_built(codecs[i]))
			continue;
		hears_pieces(codecs[i], 40, 20);
		hears_pieces(codecs[i], 60, 20);
		hears_pieces(codecs[i], 60, 50);
	}
}
END_TEST

START_TEST(who_takes_them_gets_them_whole)
{
	start_with(CODEC_PCMU, 60);
	talk_ms(60, false);
	forget_streams();
	for (unsigned n = 0; n < 10; n++)
		talk_ms(60, false);
	ck_assert_uint_eq(voices[BOB].packets, 10);
	ck_assert_uint_eq(voices[BOB].last_length, 480);
	finish_group(legs, LEGS);
}
END_TEST

/* The length changes in the middle of a talk: one stream all the same. */
START_TEST(lengths_may_change)
{
	for (unsigned i = 0; i < ARRAY_LENGTH(codecs); i++) {
		if (!codec_is_built(codecs[i]))
			continue;
		start_with(codecs[i], 20);
		talk_ms(20, false);
		forget_streams();
		for (unsigned n = 0; n < 30; n++)
			talk_ms(n % 3 == 0 ? 60 : n % 3 == 1 ? 20 : 40, false);
		must_be_pieces(60);
		finish_group(legs, LEGS);
	}
}
END_TEST

/* A packet that is lost takes the numbers of its pieces with it. */
START_TEST(what_is_lost_is_a_gap_of_as_many)
{
	start_with(CODEC_PCMU, 20);
	talk_ms(40, false);
	uint16_t sequence = voices[BOB].sequence;
	uint32_t timestamp = voices[BOB].timestamp;
	talk_ms(40, true);
	talk_ms(40, false);
	ck_assert_uint_eq((uint16_t)(voices[BOB].sequence - sequence), 4);
	ck_assert_uint_eq(voices[BOB].timestamp - timestamp, 640);
	finish_group(legs, LEGS);
}
END_TEST

/* "You wait" is heard over them, and is as long as it should. */
START_TEST(a_tone_is_in_the_pieces)
{
	for (unsigned i = 0; i < ARRAY_LENGTH(codecs); i++) {
		if (!codec_is_built(codecs[i]))
			continue;
		start_with(codecs[i], 20);
		for (unsigned n = 0; n < 7; n++)
			talk_ms(60, false);
		forget_streams();
		leg_button(&legs[BOB], MEDIA_BUTTON_REQUEST, 1);
		for (unsigned n = 0; n < 6; n++)
			talk_ms(60, false);
		must_be_pieces(18);
		must_get(BOB, HERS, 0.08, 0.12);
		must_get(BOB, LOW, 0.05, 0.09);
		must_get(BOB, HIGH, 0.05, 0.09);
		must_get(CAROL, LOW, 0, 0.02);
		ck_assert_uint_eq(count(METRIC_group_tones_alone), 0);
		forget_streams();
		for (unsigned n = 0; n < 6; n++)
			talk_ms(60, false);
		must_be_pieces(18);
		must_get(BOB, LOW, 0, 0.02);
		finish_group(legs, LEGS);
	}
}
END_TEST

TEST_MAIN("repack", who_takes_none_as_long_gets_pieces, who_takes_them_gets_them_whole,
	lengths_may_change, what_is_lost_is_a_gap_of_as_many, a_tone_is_in_the_pieces)
