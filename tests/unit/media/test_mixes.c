/* SPDX-License-Identifier: Apache-2.0 */
/* test_mixes.c: conferences, several talkers, groups of several codecs: who hears which tone. */
#include <math.h>

#include "codec/codec.h"
#include "unit/media/group_harness.h"

static struct leg legs[6];

/* What a phone says: a tone in its codec. */
struct voice_of {
	double hertz;
	enum codec_id codec;
	uint32_t rate;
	double at;
	_Alignas(16) char encoder[65536], decoder[65536];
	double ear; /* energy, and that at four frequencies */
	double sines[4], cosines[4];
	uint32_t heard;
};
static struct voice_of voices[6];
static const double tones[4] = {400, 700, 1000, 1900};

static void give_voice(unsigned i, double hertz, enum codec_id codec)
{
	static const struct codec_settings defaults;
	struct voice_of *voice = &voices[i];
	memset(voice, 0, sizeof(*voice));
	voice->hertz = hertz;
	voice->codec = codec;
	voice->rate = codec == CODEC_OPUS ? 16000 : codec_row(codec)->rate;
	ck_assert_int_eq(codec_encoder_init((struct codec_encoder *)voice->encoder, codec,
				 voice->rate, &defaults),
		0);
	ck_assert_int_eq(
		codec_decoder_init((struct codec_decoder *)voice->decoder, codec, voice->rate), 0);
}

static void join_with(unsigned i, double hertz, enum codec_id codec)
{
	leg_take(&legs[i], i + 1, false);
	give_voice(i, hertz, codec);
	uint8_t type = codec == CODEC_OPUS ? 111 : codec_row(codec)->payload_type;
	legs[i].said.audio.coding.codec = (uint8_t)codec;
	legs[i].said.audio.coding.sends.voice = legs[i].said.audio.coding.gets.voice = type;
	legs[i].phone.payload_type = type;
	leg_set(&legs[i]);
}

/* 20 ms of its tone, `volume` of full scale; 0: silence. */
static void says(unsigned i, double volume)
{
	struct voice_of *voice = &voices[i];
	int16_t samples[320];
	uint8_t bytes[12 + CODEC_FRAME_BYTES_MAX];
	uint32_t count = voice->rate / 50;
	for (uint32_t n = 0; n < count; n++, voice->at++)
		samples[n] = (int16_t)(volume * 32767 *
				       sin(2 * M_PI * voice->hertz * voice->at / voice->rate));
	int length =
		codec_encode((struct codec_encoder *)voice->encoder, samples, count, bytes + 12);
	ck_assert_int_gt(length, 0);
	write_rtp(&legs[i].phone, bytes, "");
	legs[i].phone.timestamp += codec_row(voice->codec)->clock / 50 - 160;
	send_bytes(&legs[i].phone, 0, legs[i].lease.port, bytes, 12 + (size_t)length);
}

static void listen_to(struct voice_of *voice, const uint8_t *payload, size_t length)
{
	int16_t samples[CODEC_SAMPLES_MAX];
	int count = codec_decode((struct codec_decoder *)voice->decoder, payload, length, samples);
	ck_assert_int_gt(count, 0);
	for (int n = 0; n < count; n++, voice->heard++)
		for (unsigned i = 0; i < 4; i++) {
			double angle = 2 * M_PI * tones[i] * voice->heard / voice->rate;
			voice->sines[i] += samples[n] * sin(angle);
			voice->cosines[i] += samples[n] * cos(angle);
		}
}

/* All that has come to a phone. */
static void hears_out(unsigned i)
{
	uint8_t bytes[1500];
	for (;;) {
		ssize_t length = recv(legs[i].phone.fds[0], bytes, sizeof(bytes), MSG_DONTWAIT);
		if (length < 12)
			return;
		listen_to(&voices[i], bytes + 12, (size_t)length - 12);
	}
}

static void frame(unsigned count)
{
	fake_clock_advance(&clock_here, 10);
	for (unsigned n = 0; n < 4; n++)
		turn();
	fake_clock_advance(&clock_here, 10);
	turn();
	for (unsigned i = 0; i < count; i++)
		hears_out(i);
}

static void forget_heard(void)
{
	for (unsigned i = 0; i < 6; i++) {
		memset(voices[i].sines, 0, sizeof(voices[i].sines));
		memset(voices[i].cosines, 0, sizeof(voices[i].cosines));
		voices[i].heard = 0;
	}
}

/* Amplitude of a tone that a phone has heard, of full scale. */
static double amount(unsigned i, unsigned tone)
{
	const struct voice_of *voice = &voices[i];
	if (voice->heard == 0)
		return 0;
	return 2 * hypot(voice->sines[tone], voice->cosines[tone]) / voice->heard / 32767;
}

static void must_hear(unsigned i, unsigned tone, double volume)
{
	ck_assert_msg(
		amount(i, tone) > 0.7 * volume, "%u hears %g of tone %u", i, amount(i, tone), tone);
}

static void must_not_hear(unsigned i, unsigned tone)
{
	ck_assert_msg(amount(i, tone) < 0.01, "%u hears %g of tone %u", i, amount(i, tone), tone);
}

static void open_conference(unsigned talkers)
{
	default_settings();
	settings.floor = MEDIA_FLOOR_OPEN;
	settings.talkers = (uint8_t)talkers;
	start_group();
}

static void close_all(unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		leg_close(&legs[i]);
	finish();
}

START_TEST(one_of_a_conference_is_forwarded)
{
	open_conference(8);
	for (unsigned i = 0; i < 3; i++)
		join_with(i, tones[i], CODEC_PCMU);
	for (unsigned n = 0; n < 25; n++) {
		says(0, 0.1);
		says(1, 0);
		says(2, 0);
		frame(3);
	}
	must_hear(1, 0, 0.1);
	must_hear(2, 0, 0.1);
	must_not_hear(0, 0);
	ck_assert_uint_eq(count(METRIC_media_transcoded), 0);
	ck_assert_uint_eq(read_group().talker_count, 1);
	ck_assert_uint_eq(read_group().talkers[0].tag, 101);
	for (unsigned n = 0; n < 60; n++) {
		says(0, 0);
		frame(3);
	}
	ck_assert_uint_eq(read_group().talker_count, 0);
	ck_assert_uint_eq(spurt_count, 1);
	/* what the kernel threw away is counted once a second */
	ck_assert_uint_eq(read_member(&legs[1]).ungranted, 25);
	ck_assert_uint_eq(read_member(&legs[2]).ungranted, 25);
	close_all(3);
}
END_TEST

START_TEST(three_of_a_conference_are_mixed)
{
	open_conference(8);
	for (unsigned i = 0; i < 4; i++)
		join_with(i, tones[i], CODEC_PCMU);
	for (unsigned n = 0; n < 100; n++) {
		if (n == 20)
			forget_heard();
		for (unsigned i = 0; i < 3; i++)
			says(i, 0.1);
		says(3, 0);
		frame(4);
	}
	for (unsigned i = 0; i < 4; i++)
		for (unsigned tone = 0; tone < 3; tone++)
			if (tone == i)
				must_not_hear(i, tone);
			else
				must_hear(i, tone, 0.1);
	ck_assert_uint_eq(read_group().talker_count, 3);
	close_all(4);
}
END_TEST

START_TEST(the_loudest_are_heard)
{
	open_conference(1);
	for (unsigned i = 0; i < 3; i++)
		join_with(i, tones[i], CODEC_PCMU);
	for (unsigned n = 0; n < 50; n++) {
		says(0, 0.1);
		says(1, 0.08);
		frame(3);
	}
	must_hear(2, 0, 0.1);
	must_not_hear(2, 1);
	forget_heard();
	for (unsigned n = 0; n < 50; n++) {
		says(0, 0.05);
		says(1, 0.8);
		frame(3);
	}
	must_hear(2, 1, 0.5);
	ck_assert_uint_eq(read_group().talkers[0].tag, 102);
	close_all(3);
}
END_TEST

/* A reload lets fewer speak at once: the loudest goes on. */
START_TEST(fewer_are_heard_after_a_reload)
{
	open_conference(8);
	for (unsigned i = 0; i < 4; i++)
		join_with(i, tones[i], CODEC_PCMU);
	for (unsigned n = 0; n < 50; n++) {
		for (unsigned i = 0; i < 3; i++)
			says(i, i == 1 ? 0.4 : 0.05);
		frame(4);
	}
	ck_assert_uint_eq(read_group().talker_count, 3);
	settings.talkers = 1;
	media_group_set(media, 0, here.group, &settings);
	settle();
	ck_assert_uint_eq(read_group().talker_count, 1);
	ck_assert_uint_eq(read_group().talkers[0].tag, 102);
	close_all(4);
}
END_TEST

START_TEST(who_is_muted_is_not_heard)
{
	open_conference(8);
	for (unsigned i = 0; i < 2; i++)
		join_with(i, tones[i], CODEC_PCMU);
	legs[0].said.is_muted = true;
	leg_set(&legs[0]);
	for (unsigned n = 0; n < 25; n++) {
		says(0, 0.3);
		frame(2);
	}
	must_not_hear(1, 0);
	close_all(2);
}
END_TEST

/* One talks by each codec, all others hear the tone in theirs. */
START_TEST(all_codecs_hear_all_codecs)
{
	static const enum codec_id codecs[] = {CODEC_PCMU, CODEC_PCMA, CODEC_G722, CODEC_OPUS};
	unsigned built = 0;
	default_settings();
	start_group();
	for (unsigned i = 0; i < 4; i++)
		if (codec_is_built(codecs[i])) {
			join_with(built, tones[built], codecs[i]);
			built++;
		}
	for (unsigned talker = 0; talker < built; talker++) {
		leg_button(&legs[talker], MEDIA_BUTTON_REQUEST, 1);
		for (unsigned n = 0; n < 100; n++) {
			if (n == 20)
				forget_heard();
			says(talker, 0.2);
			frame(built);
		}
		for (unsigned i = 0; i < built; i++)
			if (i == talker)
				must_not_hear(i, talker);
			else
				must_hear(i, talker, 0.2);
		leg_button(&legs[talker], MEDIA_BUTTON_RELEASE, 2);
		for (unsigned n = 0; n < 60; n++)
			frame(built);
	}
	close_all(built);
}
END_TEST

START_TEST(two_may_have_the_floor)
{
	default_settings();
	settings.talkers = 2;
	start_group();
	for (unsigned i = 0; i < 4; i++)
		join_with(i, tones[i], i % 2 ? CODEC_PCMA : CODEC_PCMU);
	leg_button(&legs[0], MEDIA_BUTTON_REQUEST, 1);
	leg_button(&legs[1], MEDIA_BUTTON_REQUEST, 2);
	ck_assert_uint_eq(read_group().talker_count, 2);
	for (unsigned n = 0; n < 100; n++) {
		if (n == 20)
			forget_heard();
		for (unsigned i = 0; i < 3; i++)
			says(i, 0.1);
		frame(4);
	}
	for (unsigned i = 2; i < 4; i++) {
		must_hear(i, 0, 0.1);
		must_hear(i, 1, 0.1);
		must_not_hear(i, 2);
	}
	must_hear(0, 1, 0.1);
	must_not_hear(0, 0);
	must_hear(1, 0, 0.1);
	must_not_hear(1, 1);
	close_all(4);
}
END_TEST

/* Who has the floor and says nothing yet hears the others like those who only listen. */
START_TEST(who_may_talk_and_does_not_hears_the_others)
{
	default_settings();
	settings.talkers = 4;
	start_group();
	for (unsigned i = 0; i < 4; i++)
		join_with(i, tones[i], i == 3 ? CODEC_PCMA : CODEC_PCMU);
	for (unsigned i = 0; i < 4; i++)
		leg_button(&legs[i], MEDIA_BUTTON_REQUEST, i + 1);
	ck_assert_uint_eq(read_group().talker_count, 4);
	for (unsigned n = 0; n < 100; n++) {
		if (n == 20)
			forget_heard();
		for (unsigned i = 0; i < 2; i++)
			says(i, 0.1);
		frame(4);
	}
	for (unsigned i = 2; i < 4; i++) {
		must_hear(i, 0, 0.1);
		must_hear(i, 1, 0.1);
	}
	close_all(4);
}
END_TEST

/* What tells nothing of its level is listened to. */
START_TEST(open_microphones_of_all_codecs_are_told_from_speech)
{
	static const enum codec_id codecs[] = {CODEC_PCMU, CODEC_G722, CODEC_OPUS};
	unsigned built = 0;
	open_conference(8);
	for (unsigned i = 0; i < 3; i++)
		if (codec_is_built(codecs[i])) {
			join_with(built, tones[built], codecs[i]);
			built++;
		}
	for (unsigned n = 0; n < 30; n++) {
		for (unsigned i = 0; i < built; i++)
			says(i, i == n / 10 ? 0.2 : 0);
		frame(built);
	}
	/* each hangs on for a while */
	ck_assert_uint_eq(read_group().talker_count, built);
	for (unsigned n = 0; n < 60; n++) {
		for (unsigned i = 0; i < built; i++)
			says(i, 0);
		frame(built);
	}
	ck_assert_uint_eq(read_group().talker_count, 0);
	ck_assert_uint_eq(spurt_count, built);
	close_all(built);
}
END_TEST

/* One of two who hear Opus wants a constant and low rate: both get that, for they share the
 * packets. */
START_TEST(what_is_shared_suits_all)
{
	size_t first = 0;
	/* a leg on another thread is not asked: what crosses is encoded once */
	if (!codec_is_built(CODEC_OPUS) || spread())
		return;
	default_settings();
	start_group();
	join_with(0, 400, CODEC_PCMU);
	join_with(1, 700, CODEC_OPUS);
	leg_take(&legs[2], 3, false);
	legs[2].said.audio.coding.settings =
		(struct codec_settings){.bitrate = 12000, .is_constant = true};
	give_voice(2, 1000, CODEC_OPUS);
	legs[2].said.audio.coding.codec = CODEC_OPUS;
	legs[2].said.audio.coding.sends.voice = legs[2].said.audio.coding.gets.voice = 111;
	leg_set(&legs[2]);
	leg_presses(&legs[0], STAR);
	for (unsigned n = 0; n < 30; n++) {
		says(0, 0.02 * n); /* other sound, other packets */
		fake_clock_advance(&clock_here, 20);
		turn();
		for (unsigned i = 1; i < 3; i++) {
			if (n < 5) /* silence that was on its way */
				leg_drain(&legs[i]);
			else if (leg_hears(&legs[i]) && !first)
				first = legs[i].length;
			if (n >= 5)
				ck_assert_uint_eq(legs[i].length, first);
		}
	}
	ck_assert_uint_eq(first, 12 + 12000 / 8 / 50);
	close_all(3);
}
END_TEST

/* Frames of a tone of amplitude 0.2 that a phone has heard, louder or softer ones in proportion. */
static double frames_of(unsigned i, unsigned tone)
{
	return amount(i, tone) * voices[i].heard / 0.2 / (voices[i].rate / 50.0);
}

static void must_hear_frames(unsigned i, unsigned tone, double least, double most)
{
	double frames = frames_of(i, tone);
	ck_assert_msg(frames >= least && frames <= most, "%u hears %g frames of tone %u", i, frames,
		tone);
}

/* One talks; three frames wait for those of other codecs when he ends, and are not lost. */
static void talks_and_lets_go(unsigned members)
{
	leg_button(&legs[0], MEDIA_BUTTON_REQUEST, 1);
	for (unsigned n = 0; n < 50; n++) {
		says(0, n < 46 ? 0.2 : 0);
		frame(members);
	}
	forget_heard();
	for (unsigned n = 0; n < 3; n++)
		says(0, 0.2);
	settle();
	leg_button(&legs[0], MEDIA_BUTTON_RELEASE, 2);
}

START_TEST(the_end_of_the_last_word_is_heard)
{
	default_settings();
	start_group();
	for (unsigned i = 0; i < 4; i++)
		join_with(i, tones[i], i < 2 ? CODEC_PCMU : CODEC_PCMA);
	talks_and_lets_go(4);
	/* what he says then is heard by nobody */
	voices[0].hertz = tones[3];
	for (unsigned n = 0; n < 30; n++) {
		says(0, 0.2);
		frame(4);
	}
	for (unsigned i = 0; i < 4; i++)
		must_not_hear(i, 3);
	must_not_hear(0, 0);
	/* forwarded to one, and said to the others */
	must_hear_frames(1, 0, 2.7, 3.3);
	must_hear_frames(2, 0, 2.5, 3.3);
	must_hear_frames(3, 0, 2.5, 3.3);
	close_all(4);
}
END_TEST

/* Another one has the floor at once, and is heard together with what was left. */
START_TEST(the_end_of_the_last_word_is_heard_beside_the_next)
{
	default_settings();
	start_group();
	for (unsigned i = 0; i < 4; i++)
		join_with(i, tones[i], i < 2 ? CODEC_PCMU : CODEC_PCMA);
	leg_button(&legs[0], MEDIA_BUTTON_REQUEST, 1);
	leg_button(&legs[2], MEDIA_BUTTON_REQUEST, 1);
	talks_and_lets_go(4);
	ck_assert_uint_eq(read_group().talkers[0].tag, 103);
	for (unsigned n = 0; n < 30; n++) {
		says(2, 0.2);
		frame(4);
	}
	must_not_hear(0, 0);
	must_hear_frames(1, 0, 2.7, 3.3);
	must_hear_frames(2, 0, 2.5, 3.3);
	must_hear_frames(3, 0, 2.5, 3.3);
	must_not_hear(2, 2);
	must_hear_frames(0, 2, 26, 31);
	must_hear_frames(1, 2, 26, 31);
	must_hear_frames(3, 2, 26, 31);
	close_all(4);
}
END_TEST

/* He says it and is gone. */
START_TEST(the_last_word_of_one_who_leaves_is_heard)
{
	default_settings();
	start_group();
	for (unsigned i = 0; i < 4; i++)
		join_with(i, tones[i], i < 2 ? CODEC_PCMU : CODEC_PCMA);
	talks_and_lets_go(4);
	leg_close(&legs[0]);
	for (unsigned n = 0; n < 30; n++) {
		for (unsigned k = 0; k < 2; k++) {
			fake_clock_advance(&clock_here, 10);
			settle();
		}
		for (unsigned i = 1; i < 4; i++)
			hears_out(i);
	}
	must_hear_frames(1, 0, 2.7, 3.3);
	must_hear_frames(2, 0, 2.5, 3.3);
	for (unsigned i = 1; i < 4; i++)
		leg_close(&legs[i]);
	finish();
}
END_TEST

/* Two at once, and both end at once: nobody hears himself. */
START_TEST(the_last_words_of_two_are_heard)
{
	default_settings();
	settings.talkers = 2;
	start_group();
	for (unsigned i = 0; i < 4; i++)
		join_with(i, tones[i], i % 2 ? CODEC_PCMA : CODEC_PCMU);
	leg_button(&legs[0], MEDIA_BUTTON_REQUEST, 1);
	leg_button(&legs[1], MEDIA_BUTTON_REQUEST, 2);
	for (unsigned n = 0; n < 50; n++) {
		says(0, n < 46 ? 0.2 : 0);
		says(1, n < 46 ? 0.2 : 0);
		frame(4);
	}
	forget_heard();
	for (unsigned n = 0; n < 3; n++) {
		says(0, 0.2);
		says(1, 0.2);
	}
	settle();
	leg_button(&legs[0], MEDIA_BUTTON_RELEASE, 3);
	leg_button(&legs[1], MEDIA_BUTTON_RELEASE, 4);
	for (unsigned n = 0; n < 30; n++)
		frame(4);
	must_not_hear(0, 0);
	must_not_hear(1, 1);
	must_hear_frames(0, 1, 2.5, 3.5);
	must_hear_frames(1, 0, 2.5, 3.5);
	for (unsigned i = 2; i < 4; i++) {
		must_hear_frames(i, 0, 2.5, 3.5);
		must_hear_frames(i, 1, 2.5, 3.5);
	}
	close_all(4);
}
END_TEST

TEST_MAIN("mixes", one_of_a_conference_is_forwarded, three_of_a_conference_are_mixed,
	the_loudest_are_heard, who_is_muted_is_not_heard, fewer_are_heard_after_a_reload,
	all_codecs_hear_all_codecs, two_may_have_the_floor,
	who_may_talk_and_does_not_hears_the_others,
	open_microphones_of_all_codecs_are_told_from_speech, the_end_of_the_last_word_is_heard,
	the_end_of_the_last_word_is_heard_beside_the_next, the_last_word_of_one_who_leaves_is_heard,
	the_last_words_of_two_are_heard, what_is_shared_suits_all)
