/* SPDX-License-Identifier: Apache-2.0 */
/* test_spread.c: a group whose legs are on two relay threads: who is where, what passes between the
 * threads, what is lost when too much does. What a group does is tested again in the same way by
 * the other programs of this folder, run with MEDIA_TEST_SPREAD. */
#include <errno.h>

#include "media/trunk.h"
#include "rtp/floor_message.h"
#include "unit/media/group_harness.h"

#define OWN   0 /* relay thread of the group */
#define OTHER 1

static struct leg legs[8];

static void setup_with(unsigned threads, uint32_t budget)
{
	struct media_group_user user = {.member_told = on_member_told,
		.member_ended = on_member_ended,
		.answered = on_answered,
		.group_told = on_group_told,
		.group_ended = on_group_ended,
		.spurt = on_spurt};
	default_settings();
	settings.keepalive = MEDIA_KEEPALIVE_NONE;
	prepare(1);
	config.threads = threads;
	config.group_budget = budget;
	open_media();
	forget_told();
	media_set_group_user(media, 0, &user);
	ck_assert_int_eq(media_group_open(media, 0, &settings, 7, &here), 0);
	ck_assert_uint_eq(here.thread, OWN);
	settle();
}

static void setup(void)
{
	setup_with(2, 2);
}

/* ---- who is where ---- */

START_TEST(who_comes_after_the_budget_is_on_another_thread)
{
	static const unsigned threads[5] = {OWN, OWN, OTHER, OTHER, OTHER};
	setup();
	legs_join(legs, 5);
	for (unsigned i = 0; i < 5; i++)
		ck_assert_uint_eq(legs[i].lease.thread, threads[i]);
	ck_assert_uint_eq(read_group().members, 5);
	ck_assert_uint_eq(count(METRIC_group_members), 5);
	ck_assert_uint_eq(count(METRIC_groups_open), 1);
	ck_assert_uint_eq(read_member(&legs[4]).thread, OTHER);
	ck_assert_uint_eq(read_member(&legs[4]).tag, 105);
	finish_group(legs, 5);
}
END_TEST

START_TEST(a_place_that_is_given_back_is_taken_again)
{
	setup();
	legs_join(legs, 3);
	leg_close(&legs[0]);
	leg_join(&legs[0], 1);
	ck_assert_uint_eq(legs[0].lease.thread, OWN);
	/* who was elsewhere had none of them */
	leg_close(&legs[2]);
	leg_join(&legs[2], 3);
	ck_assert_uint_eq(legs[2].lease.thread, OTHER);
	finish_group(legs, 3);
}
END_TEST

START_TEST(with_one_thread_all_are_there)
{
	setup_with(1, 1);
	legs_join(legs, 3);
	leg_presses(&legs[2], STAR);
	leg_speaks(&legs[2], "hello");
	leg_must_hear(&legs[0], "hello");
	ck_assert_uint_eq(legs[2].lease.thread, OWN);
	ck_assert_uint_eq(count(METRIC_group_passed), 0);
	finish_group(legs, 3);
}
END_TEST

/* Rather late on a thread that is busy than not at all. */
START_TEST(without_ports_elsewhere_the_own_thread_serves)
{
	static struct media_member_lease taken[64];
	unsigned elsewhere = 0, own = 0, taken_count = 0;
	setup();
	/* no round in between: the rings are not filled again */
	for (; taken_count < 24; taken_count++) {
		ck_assert_int_eq(media_join(media, 0, &here, 0, false, 9, &taken[taken_count]), 0);
		own += taken[taken_count].thread == OWN;
		elsewhere += taken[taken_count].thread == OTHER;
	}
	ck_assert_uint_eq(elsewhere, config.stock);
	ck_assert_uint_eq(own, 24 - config.stock);
	for (unsigned i = 0; i < taken_count; i++)
		media_member_drop(media, 0, taken[i].member);
	settle();
	ck_assert_uint_eq(member_ended[9], 24);
	finish();
}
END_TEST

START_TEST(a_leg_elsewhere_may_be_dropped_before_it_is_described)
{
	setup();
	legs_join(legs, 2);
	leg_take(&legs[2], 3, true);
	ck_assert_uint_eq(legs[2].lease.thread, OTHER);
	leg_close(&legs[2]);
	ck_assert_uint_eq(member_ended[3], 1);
	ck_assert_uint_eq(read_group().members, 2);
	finish_group(legs, 2);
}
END_TEST

/* ---- who hears what ---- */

START_TEST(a_packet_passes_once_to_each_thread)
{
	setup();
	legs_join(legs, 6);
	leg_presses(&legs[0], STAR);
	uint64_t before = count(METRIC_group_passed);
	leg_speaks(&legs[0], "one copy");
	for (unsigned i = 1; i < 6; i++)
		leg_must_hear(&legs[i], "one copy");
	ck_assert_uint_eq(count(METRIC_group_passed) - before, 1);
	ck_assert(is_quiet(&legs[0].phone));
	finish_group(legs, 6);
}
END_TEST

START_TEST(who_is_elsewhere_presses_and_is_heard_by_all_others)
{
	setup();
	legs_join(legs, 5);
	leg_presses(&legs[4], STAR);
	ck_assert_uint_eq(read_group().talker_count, 1);
	ck_assert_uint_eq(read_group().talkers[0].tag, 105);
	for (unsigned n = 0; n < 3; n++) {
		leg_speaks(&legs[4], "from elsewhere");
		for (unsigned i = 0; i < 4; i++)
			leg_must_hear(&legs[i], "from elsewhere");
	}
	ck_assert(is_quiet(&legs[4].phone));
	leg_presses(&legs[4], HASH);
	ck_assert_uint_eq(spurt_count, 1);
	ck_assert_uint_eq(spurts[0].packets, 3 + 4);
	ck_assert_uint_eq(spurts[0].lost, 0);
	/* and the stream of each goes on with a talker of the group's own thread */
	leg_presses(&legs[0], STAR);
	leg_speaks(&legs[0], "from here");
	leg_must_hear(&legs[1], "from here");
	leg_must_hear(&legs[3], "from here");
	leg_must_hear(&legs[4], "from here");
	finish_group(legs, 5);
}
END_TEST

/* Where a packet is lost on its way to us, the listeners' gap and the record say so. */
START_TEST(what_is_lost_on_its_way_to_us_is_a_gap)
{
	setup();
	legs_join(legs, 4);
	leg_presses(&legs[3], STAR);
	leg_speaks(&legs[3], "before");
	leg_must_hear(&legs[2], "before");
	uint16_t sequence = legs[2].sequence;
	legs[3].phone.sequence++;
	legs[3].phone.timestamp += 160;
	leg_speaks(&legs[3], "behind");
	ck_assert(leg_hears(&legs[2]));
	ck_assert_uint_eq(legs[2].sequence, (uint16_t)(sequence + 2));
	leg_button(&legs[3], MEDIA_BUTTON_RELEASE, 1);
	ck_assert_uint_eq(spurts[0].lost, 1);
	finish_group(legs, 4);
}
END_TEST

START_TEST(without_the_floor_nothing_passes)
{
	setup();
	legs_join(legs, 3);
	uint64_t before = count(METRIC_group_passed);
	leg_speaks(&legs[2], "listen to me");
	until_counted(METRIC_media_dropped_ungranted, 1);
	ck_assert_uint_eq(count(METRIC_group_passed), before);
	ck_assert_uint_eq(read_member(&legs[2]).ungranted, 1);
	ck_assert_uint_eq(read_member(&legs[2]).audio.packets, 1);
	finish_group(legs, 3);
}
END_TEST

START_TEST(a_press_by_sip_is_answered)
{
	setup();
	legs_join(legs, 4);
	leg_button(&legs[3], MEDIA_BUTTON_REQUEST, 41);
	ck_assert_uint_eq(answer_count[4], 1);
	ck_assert_uint_eq(answers[4].number, 41);
	ck_assert_uint_eq(answers[4].outcome, MEDIA_OUTCOME_GRANTED);
	leg_button(&legs[2], MEDIA_BUTTON_REQUEST, 42);
	ck_assert_uint_eq(answers[3].outcome, MEDIA_OUTCOME_QUEUED);
	ck_assert_uint_eq(read_member(&legs[2]).position, 1);
	finish_group(legs, 4);
}
END_TEST

/* ---- leave, close ---- */

START_TEST(a_talker_elsewhere_that_leaves_ends_its_spurt)
{
	setup();
	legs_join(legs, 4);
	leg_presses(&legs[3], STAR);
	leg_speaks(&legs[3], "I must g");
	leg_must_hear(&legs[2], "I must g");
	leg_close(&legs[3]);
	ck_assert_uint_eq(read_group().talker_count, 0);
	ck_assert_uint_eq(spurts[0].end, MEDIA_SPURT_LEFT);
	ck_assert_uint_eq(member_ended[4], 1);
	ck_assert_uint_eq(last_member.audio.packets, 1 + 4);
	ck_assert_uint_eq(last_member.thread, OTHER);
	finish_group(legs, 3);
}
END_TEST

START_TEST(a_closed_group_is_closed_everywhere)
{
	setup();
	legs_join(legs, 5);
	leg_presses(&legs[4], STAR);
	media_group_close(media, 0, here.group);
	settle();
	ck_assert_uint_eq(group_ended, 1);
	for (unsigned i = 1; i <= 5; i++)
		ck_assert(member_told[i] & MEDIA_TOLD_CLOSED);
	leg_speaks(&legs[4], "is anybody there");
	settle();
	for (unsigned i = 0; i < 4; i++)
		ck_assert(is_quiet(&legs[i].phone));
	for (unsigned i = 0; i < 5; i++)
		leg_close(&legs[i]);
	for (unsigned i = 1; i <= 5; i++)
		ck_assert_uint_eq(member_ended[i], 1);
	/* nothing is left on either thread */
	for (unsigned thread = 0; thread < 2; thread++) {
		struct media_status status;
		pass(100);
		media_status(media, thread, &status);
		ck_assert_uint_eq(status.sessions, 0);
		ck_assert_uint_eq(status.pairs_used, 0);
	}
	finish();
}
END_TEST

/* The owner learns that a leg is there, whichever thread is turned first; presses wait for it. */
START_TEST(whoever_is_quicker_the_member_joins)
{
	struct media_press press = {
		.button = MEDIA_BUTTON_REQUEST, .trigger = MEDIA_TRIGGER_MESSAGE, .number = 5};
	setup();
	legs_join(legs, 2);
	leg_take(&legs[2], 3, false);
	media_member_set(media, 0, legs[2].lease.member, &legs[2].said);
	ck_assert_int_eq(media_member_press(media, 0, legs[2].lease.member, &press), 0);
	for (unsigned i = 0; i < 3; i++)
		media_run_once(media, OWN, 0);
	ck_assert_uint_eq(read_group().members, 2);
	media_run_once(media, OTHER, 0);
	settle();
	ck_assert_uint_eq(read_group().members, 3);
	ck_assert_uint_eq(answers[3].outcome, MEDIA_OUTCOME_GRANTED);
	leg_take(&legs[3], 4, false);
	media_member_set(media, 0, legs[3].lease.member, &legs[3].said);
	media_run_once(media, OTHER, 0);
	media_run_once(media, OWN, 0);
	ck_assert_uint_eq(read_group().members, 4);
	finish_group(legs, 4);
}
END_TEST

/* ---- a thread that does not keep up ---- */

/* The other thread is held up while one talks for long: what finds no room is lost and counted, and
 * when the thread is back it goes on with what came last. */
START_TEST(what_finds_no_room_is_counted)
{
	setup();
	legs_join(legs, 4);
	leg_presses(&legs[0], STAR);
	uint64_t passed = count(METRIC_group_passed);
	for (unsigned i = 0; i < TRUNK_ITEMS + 10; i++) {
		/* no faster than it may come */
		fake_clock_advance(&clock_here, 2);
		speak(&legs[0].phone, legs[0].lease.port, "too much");
		for (unsigned n = 0;
			n < PATIENCE &&
			count(METRIC_group_passed) + count(METRIC_group_passed_lost) <= passed + i;
			n++)
			media_run_once(media, OWN, 1);
	}
	ck_assert_uint_eq(count(METRIC_group_passed) - passed, TRUNK_ITEMS);
	ck_assert_uint_eq(count(METRIC_group_passed_lost), 10);
	ck_assert_uint_ge(leg_drain(&legs[1]), 1);
	leg_drain(&legs[2]);
	settle();
	leg_drain(&legs[2]);
	/* the gate is not among what can be lost */
	leg_button(&legs[3], MEDIA_BUTTON_GRANT, 1);
	leg_speaks(&legs[3], "again");
	legs[2].length = 0;
	leg_must_hear(&legs[2], "again");
	finish_group(legs, 4);
}
END_TEST

/* A word to a leg may be lost; whether it is heard is not a word. */
START_TEST(a_gate_opens_though_nothing_can_be_said)
{
	setup();
	legs_join(legs, 4);
	leg_presses(&legs[0], STAR);
	uint64_t passed = count(METRIC_group_passed);
	for (unsigned i = 0; i < TRUNK_ITEMS; i++) {
		fake_clock_advance(&clock_here, 2);
		speak(&legs[0].phone, legs[0].lease.port, "too much");
		for (unsigned n = 0; n < PATIENCE && count(METRIC_group_passed) <= passed + i; n++)
			media_run_once(media, OWN, 1);
	}
	struct media_press press = {
		.button = MEDIA_BUTTON_GRANT, .trigger = MEDIA_TRIGGER_API, .number = 1};
	ck_assert_int_eq(media_member_press(media, 0, legs[3].lease.member, &press), 0);
	media_run_once(media, OWN, 0);
	ck_assert_uint_ge(count(METRIC_group_passed_lost), 1);
	settle();
	leg_drain(&legs[1]);
	leg_speaks(&legs[3], "heard");
	legs[1].length = 0;
	leg_must_hear(&legs[1], "heard");
	finish_group(legs, 4);
}
END_TEST

/* Longer than what passes between threads: lost there, heard here. */
START_TEST(what_is_too_long_is_counted)
{
	static char word[1480 + 200];
	static uint8_t bytes[sizeof(word) + 12];
	setup();
	legs_join(legs, 3);
	leg_presses(&legs[0], STAR);
	memset(word, 'a', sizeof(word) - 1);
	send_bytes(&legs[0].phone, 0, legs[0].lease.port, bytes,
		write_rtp(&legs[0].phone, bytes, word));
	until_counted(METRIC_group_passed_lost, 1);
	ck_assert(is_quiet(&legs[2].phone));
	finish_group(legs, 3);
}
END_TEST

TEST_MAIN("spread", who_comes_after_the_budget_is_on_another_thread,
	a_place_that_is_given_back_is_taken_again, with_one_thread_all_are_there,
	without_ports_elsewhere_the_own_thread_serves,
	a_leg_elsewhere_may_be_dropped_before_it_is_described, a_packet_passes_once_to_each_thread,
	who_is_elsewhere_presses_and_is_heard_by_all_others, what_is_lost_on_its_way_to_us_is_a_gap,
	without_the_floor_nothing_passes, a_press_by_sip_is_answered,
	a_talker_elsewhere_that_leaves_ends_its_spurt, a_closed_group_is_closed_everywhere,
	whoever_is_quicker_the_member_joins, what_finds_no_room_is_counted,
	a_gate_opens_though_nothing_can_be_said, what_is_too_long_is_counted)
