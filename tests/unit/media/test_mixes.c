/* SPDX-License-Identifier: Apache-2.0 */
/* test_mixes.c: conferences, several talkers, groups of several codecs: who hears which tone. */
#include "media/mixer.h"
#include "media/relay.h"
#include "unit/media/mix_harness.h"

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

static uint32_t mix_rate(void)
{
	struct group *open = group_find(&media->relays[here.thread], here.group);
	return open && open->mixer ? open->mixer->rate : 0;
}

/* Who speaks Opus hears all of the band of who speaks Opus; the others what theirs has room for. */
START_TEST(full_band_passes_from_opus_to_opus)
{
	/* what is lost is to be lost behind the phones */
	static const struct codec_settings music = {.is_brief = true};
	if (!codec_is_built(CODEC_OPUS))
		return;
	open_conference(8);
	join_with(0, 400, CODEC_OPUS);
	/* a voice that is nothing but high is none to Opus */
	voices[0].also = 12000;
	join_with(1, 700, CODEC_OPUS);
	join_with(2, 1000, CODEC_OPUS);
	join_with(3, 1900, CODEC_PCMU);
	for (unsigned i = 0; i < 2; i++)
		ck_assert_int_eq(codec_encoder_init((struct codec_encoder *)voices[i].encoder,
					 CODEC_OPUS, 48000, &music),
			0);
	for (unsigned n = 0; n < 100; n++) {
		if (n == 20)
			forget_heard();
		for (unsigned i = 0; i < 2; i++)
			says(i, 0.1);
		says(2, 0);
		says(3, n < 10 ? 0 : 0.1);
		frame(4);
	}
	ck_assert_uint_eq(mix_rate(), 48000);
	for (unsigned i = 1; i < 3; i++)
		must_hear(i, 4, 0.1);
	must_hear(0, 1, 0.1);
	must_hear(0, 3, 0.1);
	must_not_hear(0, 4);
	must_hear(3, 1, 0.1);
	must_not_hear(3, 4);
	close_all(4);
}
END_TEST

static void join_saying(unsigned i, uint32_t playback, uint32_t capture)
{
	leg_take(&legs[i], i + 1, false);
	legs[i].said.audio.coding.settings =
		(struct codec_settings){.playback_rate = playback, .capture_rate = capture};
	give_voice(i, tones[i], CODEC_OPUS);
	legs[i].said.audio.coding.codec = CODEC_OPUS;
	legs[i].said.audio.coding.sends.voice = legs[i].said.audio.coding.gets.voice = 111;
	legs[i].phone.payload_type = 111;
	leg_set(&legs[i]);
}

static void all_talk(unsigned count)
{
	for (unsigned n = 0; n < 10; n++) {
		for (unsigned i = 0; i < count; i++)
			says(i, 0.1);
		frame(count);
	}
}

/* As high as the best of those who are there can use, by what they say of themselves. */
START_TEST(the_rate_is_that_of_the_best)
{
	open_conference(8);
	join_with(0, 400, CODEC_PCMU);
	join_with(1, 700, CODEC_PCMA);
	all_talk(2);
	ck_assert_uint_eq(mix_rate(), 8000);
	if (codec_is_built(CODEC_OPUS)) {
		join_saying(2, 8000, 8000);
		all_talk(3);
		ck_assert_uint_eq(mix_rate(), 8000);
		join_saying(3, 16000, 12000);
		all_talk(4);
		ck_assert_uint_eq(mix_rate(), 16000);
		join_saying(4, 0, 16000);
		all_talk(5);
		ck_assert_uint_eq(mix_rate(), 48000);
		leg_close(&legs[4]);
		all_talk(4);
		ck_assert_uint_eq(mix_rate(), 16000);
		legs[3].said.audio.coding.settings.capture_rate = 48000;
		leg_set(&legs[3]);
		all_talk(4);
		ck_assert_uint_eq(mix_rate(), 48000);
		leg_close(&legs[3]);
		leg_close(&legs[2]);
	}
	all_talk(2);
	ck_assert_uint_eq(mix_rate(), 8000);
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
	if (!codec_is_built(CODEC_OPUS))
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
	the_last_words_of_two_are_heard, full_band_passes_from_opus_to_opus,
	the_rate_is_that_of_the_best, what_is_shared_suits_all)
