/* SPDX-License-Identifier: Apache-2.0 */
/* test_keepalive.c: what a member of a group gets while nobody talks: silence, tones, reports. */
#include <signal.h>
#include <sys/time.h>

#include "rtp/rtcp.h"
#include "unit/media/group_harness.h"

#define LATE_FRAMES 12

static struct leg legs[4];

/* 20 ms, a round: the pass of a relay thread. */
static void frame(void)
{
	fake_clock_advance(&clock_here, 20);
	turn();
}

static void frames(unsigned count)
{
	while (count-- > 0)
		frame();
}

static bool is_silence(const struct leg *leg)
{
	for (size_t i = 12; i < leg->length; i++)
		if (leg->bytes[i] != 0xff)
			return false;
	return leg->length == 12 + 160;
}

START_TEST(silence_comes_each_20_ms)
{
	default_settings();
	start_group();
	legs_join(legs, 2);
	frame();
	leg_drain(&legs[0]);
	ck_assert(is_silence(&legs[0]));
	for (unsigned i = 0; i < 50; i++) {
		uint16_t sequence = legs[0].sequence;
		uint32_t timestamp = legs[0].timestamp, ssrc = legs[0].ssrc;
		frame();
		ck_assert_uint_eq(leg_drain(&legs[0]), 1);
		ck_assert(is_silence(&legs[0]));
		ck_assert_uint_eq(legs[0].sequence, (uint16_t)(sequence + 1));
		ck_assert_uint_eq(legs[0].timestamp, timestamp + 160);
		ck_assert_uint_eq(legs[0].ssrc, ssrc);
	}
	leg_close(&legs[0]);
	leg_close(&legs[1]);
	finish();
}
END_TEST

/* Who hears a talker gets nothing between his packets; the talker himself goes on hearing silence.
 */
START_TEST(silence_makes_way_for_talk)
{
	default_settings();
	start_group();
	legs_join(legs, 2);
	frame();
	leg_presses(&legs[0], STAR);
	leg_drain(&legs[0]);
	leg_drain(&legs[1]);
	leg_speaks(&legs[0], "a");
	leg_must_hear(&legs[1], "a");
	for (unsigned i = 0; i < 20; i++) {
		frame();
		leg_speaks(&legs[0], "b");
		leg_must_hear(&legs[1], "b");
		ck_assert(is_quiet(&legs[1].phone));
	}
	ck_assert_uint_ge(leg_drain(&legs[0]), 20);
	ck_assert(is_silence(&legs[0]));
	leg_presses(&legs[0], HASH);
	frames(10);
	ck_assert_uint_ge(leg_drain(&legs[1]), 5);
	ck_assert(is_silence(&legs[1]));
	leg_close(&legs[0]);
	leg_close(&legs[1]);
	finish();
}
END_TEST

/* A signal ends the relay thread's waiting, and before it goes on all this has been said: so it is
 * with a thread that was stopped, or had to let others run. */
static void say_much(int number)
{
	fake_clock_advance(&clock_here, LATE_FRAMES * 20);
	for (unsigned i = 0; i < LATE_FRAMES; i++)
		leg_speaks(&legs[0], "b");
}

static void wait_until_signal(void)
{
	struct sigaction action = {.sa_handler = say_much}, before;
	struct itimerval soon = {.it_value.tv_usec = 5000};
	sigaction(SIGALRM, &action, &before);
	setitimer(ITIMER_REAL, &soon, NULL);
	media_run_once(media, 0, 100);
	sigaction(SIGALRM, &before, NULL);
}

/* Nor when the thread could not run: what was said meanwhile is heard in one piece. */
START_TEST(silence_makes_way_for_talk_that_waits)
{
	default_settings();
	start_group();
	legs_join(legs, 2);
	frame();
	leg_presses(&legs[0], STAR);
	leg_speaks(&legs[0], "a");
	leg_drain(&legs[1]);
	uint16_t sequence = legs[1].sequence;
	uint32_t timestamp = legs[1].timestamp;
	wait_until_signal();
	for (unsigned i = 1; i <= LATE_FRAMES; i++) {
		leg_must_hear(&legs[1], "b");
		ck_assert_uint_eq(legs[1].sequence, (uint16_t)(sequence + i));
		ck_assert_uint_eq(legs[1].timestamp, timestamp + i * 160);
		ck_assert(!legs[1].marker);
	}
	finish_group(legs, 2);
}
END_TEST

START_TEST(none_is_none)
{
	default_settings();
	settings.keepalive = MEDIA_KEEPALIVE_NONE;
	start_group();
	legs_join(legs, 1);
	pass(1000);
	ck_assert_uint_eq(leg_drain(&legs[0]), 0);
	leg_close(&legs[0]);
	finish();
}
END_TEST

START_TEST(comfort_noise_comes_once_a_second)
{
	default_settings();
	settings.keepalive = MEDIA_KEEPALIVE_COMFORT;
	start_group();
	leg_take(&legs[0], 1, false);
	legs[0].said.audio.coding.gets.noise = 13;
	leg_set(&legs[0]);
	leg_join(&legs[1], 2);
	frames(150);
	unsigned got = leg_drain(&legs[0]);
	ck_assert_uint_ge(got, 3);
	ck_assert_uint_le(got, 4);
	ck_assert_uint_eq(legs[0].type, 13);
	ck_assert_uint_eq(legs[0].length, 13);
	/* who has no number for it gets silence */
	ck_assert_uint_ge(leg_drain(&legs[1]), 100);
	leg_close(&legs[0]);
	leg_close(&legs[1]);
	finish();
}
END_TEST

/* Granted is heard by the talker alone; denied by who asked in vain, instead of the talk. */
START_TEST(tones_go_to_one_leg)
{
	default_settings();
	settings.keepalive = MEDIA_KEEPALIVE_NONE;
	settings.has_tones = true;
	settings.queue = 0;
	start_group();
	legs_join(legs, 3);
	leg_presses(&legs[0], STAR);
	frame();
	ck_assert_uint_eq(leg_drain(&legs[0]), 1);
	ck_assert_uint_eq(legs[0].length, 12 + 160);
	ck_assert(!is_silence(&legs[0]));
	ck_assert_uint_eq(leg_drain(&legs[1]) + leg_drain(&legs[2]), 0);
	leg_presses(&legs[1], STAR);
	ck_assert_uint_eq(count(METRIC_group_denied), 1);
	frame();
	ck_assert_uint_eq(leg_drain(&legs[1]), 1);
	leg_speaks(&legs[0], "meanwhile");
	leg_must_hear(&legs[2], "meanwhile");
	ck_assert(is_quiet(&legs[1].phone));
	frames(50);
	leg_drain(&legs[1]);
	leg_speaks(&legs[0], "behind");
	leg_must_hear(&legs[1], "behind");
	for (unsigned i = 0; i < 3; i++)
		leg_close(&legs[i]);
	finish();
}
END_TEST

/* What a leg on hold would have heard is over when it comes back. */
START_TEST(tones_do_not_wait_for_the_end_of_a_hold)
{
	default_settings();
	settings.keepalive = MEDIA_KEEPALIVE_NONE;
	settings.has_tones = true;
	settings.queue = 0;
	start_group();
	legs_join(legs, 2);
	leg_presses(&legs[0], STAR);
	leg_presses(&legs[1], STAR);
	frame();
	ck_assert_uint_eq(leg_drain(&legs[1]), 1);
	for (unsigned i = 0; i < 2; i++) {
		legs[1].said.receives = false;
		leg_set(&legs[1]);
		if (i == 1)
			leg_presses(&legs[1], STAR);
		legs[1].said.receives = true;
		leg_set(&legs[1]);
		frame();
		ck_assert_uint_eq(leg_drain(&legs[1]), 0);
	}
	ck_assert_uint_eq(count(METRIC_group_denied), 2);
	leg_speaks(&legs[0], "behind");
	leg_must_hear(&legs[1], "behind");
	for (unsigned i = 0; i < 2; i++)
		leg_close(&legs[i]);
	finish();
}
END_TEST

/* A sender's report and the end's name, under the SSRC of the stream. */
START_TEST(reports_of_ours_come)
{
	default_settings();
	start_group();
	legs_join(legs, 1);
	leg_speaks(&legs[0], "I send, too");
	until_counted(METRIC_media_dropped_ungranted, 1);
	for (unsigned i = 0; i < 4; i++) {
		frames(100);
		ck_assert_uint_ge(leg_drain(&legs[0]), 90);
	}
	uint8_t bytes[512];
	ssize_t length = recv(legs[0].phone.fds[1], bytes, sizeof(bytes), MSG_DONTWAIT);
	ck_assert_int_gt(length, 0);
	struct rtcp_walk walk;
	struct rtcp_packet part;
	struct rtcp_report report;
	struct rtcp_block block;
	rtcp_walk_begin(&walk, bytes, (size_t)length);
	ck_assert(rtcp_walk_next(&walk, &part));
	ck_assert_int_eq(rtcp_report_parse(&part, &report), 0);
	ck_assert(report.is_sender);
	ck_assert_uint_eq(report.ssrc, legs[0].ssrc);
	ck_assert_uint_eq(report.block_count, 1);
	rtcp_block_parse(&report, 0, &block);
	ck_assert_uint_eq(block.ssrc, legs[0].phone.ssrc);
	ck_assert(rtcp_walk_next(&walk, &part));
	ck_assert_uint_eq(part.type, RTCP_SDES);
	leg_close(&legs[0]);
	finish();
}
END_TEST

/* Whose leg ends is told that our stream to it is over, whoever ends it. */
START_TEST(the_last_report_says_bye)
{
	default_settings();
	start_group();
	legs_join(legs, 2);
	frames(5);
	ck_assert_uint_ge(leg_drain(&legs[0]), 3);
	media_member_drop(media, 0, legs[0].lease.member);
	settle();
	media_group_close(media, 0, here.group);
	settle();
	if (spread()) { /* a leg elsewhere outlives its group until its worker drops it */
		media_member_drop(media, 0, legs[1].lease.member);
		settle();
	}
	for (unsigned i = 0; i < 2; i++) {
		uint8_t bytes[512];
		struct rtcp_walk walk;
		struct rtcp_packet part;
		uint32_t ssrc = 0;
		ssize_t length = recv(legs[i].phone.fds[1], bytes, sizeof(bytes), MSG_DONTWAIT);
		ck_assert_int_gt(length, 0);
		leg_drain(&legs[i]);
		rtcp_walk_begin(&walk, bytes, (size_t)length);
		while (rtcp_walk_next(&walk, &part))
			if (part.type == RTCP_BYE)
				ck_assert(rtcp_bye_source(&part, 0, &ssrc));
		ck_assert_uint_eq(ssrc, legs[i].ssrc);
	}
	phone_close(&legs[0].phone);
	leg_close(&legs[1]);
	finish();
}
END_TEST

TEST_MAIN("keepalive", silence_comes_each_20_ms, silence_makes_way_for_talk,
	silence_makes_way_for_talk_that_waits, none_is_none, comfort_noise_comes_once_a_second,
	tones_go_to_one_leg, tones_do_not_wait_for_the_end_of_a_hold, reports_of_ours_come,
	the_last_report_says_bye)
