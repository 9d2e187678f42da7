/* SPDX-License-Identifier: Apache-2.0 */
/* test_groups.c: groups and members come and go; who has the floor is heard by all others. */
#include <errno.h>

#include "media/relay.h"
#include "unit/media/group_harness.h"

static struct leg legs[8];

static void setup(void)
{
	default_settings();
	settings.keepalive = MEDIA_KEEPALIVE_NONE;
	start_group();
}

static void close_legs(unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		leg_close(&legs[i]);
}

/* ---- lives ---- */

START_TEST(a_group_opens_and_closes)
{
	setup();
	struct media_group_report report = read_group();
	ck_assert_uint_eq(report.group, here.group);
	ck_assert_uint_eq(report.members, 0);
	ck_assert_uint_eq(count(METRIC_groups_open), 1);
	media_group_close(media, 0, here.group);
	media_group_close(media, 0, here.group);
	settle();
	ck_assert_uint_eq(group_ended, 1);
	ck_assert_uint_eq(count(METRIC_groups_open), 0);
	ck_assert_int_eq(media_read_group(media, here.group, &report), 0);
	finish();
}
END_TEST

/* It is said what is missing: the leases here, while ports lie ready. */
START_TEST(a_full_worker_is_told_from_missing_ports)
{
	static struct media_member_lease taken[8];
	struct media_group_lease second;
	default_settings();
	prepare(1);
	config.sessions_max = 3;
	open_media();
	unsigned joined = 0;
	ck_assert_int_eq(media_group_open(media, 0, &settings, 7, &here), 0);
	while (joined < ARRAY_LENGTH(taken) &&
		media_join(media, 0, &here, 0, false, 9, &taken[joined]) == 0)
		joined++;
	ck_assert_uint_lt(joined, ARRAY_LENGTH(taken));
	ck_assert_uint_eq(count(METRIC_group_leases_exhausted), 1);
	ck_assert_int_eq(media_group_open(media, 0, &settings, 8, &second), -ENOBUFS);
	ck_assert_uint_eq(count(METRIC_group_leases_exhausted), 2);
	ck_assert_uint_eq(count(METRIC_media_ports_exhausted), 0);
	finish();
}
END_TEST

START_TEST(members_come_and_go)
{
	setup();
	legs_join(legs, 3);
	ck_assert(group_told & MEDIA_GROUP_TOLD_MEMBERS);
	ck_assert_uint_eq(read_group().members, 3);
	leg_close(&legs[1]);
	ck_assert_uint_eq(read_group().members, 2);
	ck_assert_uint_eq(member_ended[2], 1);
	ck_assert_uint_eq(last_member.tag, 102);
	media_member_drop(media, 0, legs[1].lease.member);
	settle();
	ck_assert_uint_eq(member_ended[2], 1);
	leg_close(&legs[0]);
	leg_close(&legs[2]);
	ck_assert_uint_eq(count(METRIC_group_members), 0);
	finish();
}
END_TEST

/* Never described: the ports go back all the same. */
START_TEST(a_leg_may_be_dropped_before_it_is_described)
{
	setup();
	leg_take(&legs[0], 1, true);
	leg_close(&legs[0]);
	ck_assert_uint_eq(member_ended[1], 1);
	ck_assert_uint_eq(read_group().members, 0);
	finish();
}
END_TEST

START_TEST(members_of_a_closed_group_are_told)
{
	setup();
	legs_join(legs, 2);
	media_group_close(media, 0, here.group);
	settle();
	ck_assert(member_told[1] & MEDIA_TOLD_CLOSED);
	ck_assert(member_told[2] & MEDIA_TOLD_CLOSED);
	leg_speaks(&legs[0], "hello?");
	settle();
	leg_set(&legs[0]);
	leg_close(&legs[0]);
	leg_close(&legs[1]);
	ck_assert_uint_eq(member_ended[1] + member_ended[2], 2);
	finish();
}
END_TEST

START_TEST(who_joins_a_closed_group_is_told)
{
	setup();
	media_group_close(media, 0, here.group);
	settle();
	leg_join(&legs[0], 1);
	ck_assert(member_told[1] & MEDIA_TOLD_CLOSED);
	leg_close(&legs[0]);
	finish();
}
END_TEST

START_TEST(two_legs_have_four_ports_where_asked)
{
	setup();
	leg_take(&legs[0], 1, true);
	leg_take(&legs[1], 2, false);
	ck_assert_uint_ne(legs[0].lease.port, legs[0].lease.floor_port);
	ck_assert_uint_eq(legs[1].lease.floor_port, 0);
	ck_assert_uint_ne(legs[0].lease.floor_port, 0);
	close_legs(2);
	finish();
}
END_TEST

/* ---- the gate ---- */

START_TEST(nobody_is_heard_without_the_floor)
{
	setup();
	legs_join(legs, 3);
	for (unsigned i = 0; i < 3; i++)
		leg_speaks(&legs[i], "listen to me");
	until_counted(METRIC_media_dropped_ungranted, 3);
	for (unsigned i = 0; i < 3; i++)
		ck_assert(is_quiet(&legs[i].phone));
	ck_assert_uint_eq(read_member(&legs[0]).ungranted, 1);
	ck_assert_uint_eq(read_member(&legs[0]).audio.packets, 1);
	close_legs(3);
	finish();
}
END_TEST

START_TEST(a_key_opens_the_gate)
{
	setup();
	legs_join(legs, 3);
	leg_presses(&legs[0], STAR);
	ck_assert(group_told & MEDIA_GROUP_TOLD_FLOOR);
	ck_assert_uint_eq(read_group().talker_count, 1);
	ck_assert_uint_eq(read_group().talkers[0].tag, 101);
	leg_speaks(&legs[0], "one");
	for (unsigned i = 1; i < 3; i++) {
		leg_must_hear(&legs[i], "one");
		ck_assert(legs[i].marker);
	}
	leg_speaks(&legs[0], "two");
	for (unsigned i = 1; i < 3; i++) {
		leg_must_hear(&legs[i], "two");
		ck_assert(!legs[i].marker);
	}
	ck_assert_uint_ne(legs[1].ssrc, legs[2].ssrc);
	ck_assert(is_quiet(&legs[0].phone));
	leg_presses(&legs[0], HASH);
	leg_speaks(&legs[0], "three");
	until_counted(METRIC_media_dropped_ungranted, 1);
	ck_assert(is_quiet(&legs[1].phone));
	ck_assert_uint_eq(spurt_count, 1);
	ck_assert_uint_eq(spurts[0].tag, 101);
	ck_assert_uint_eq(spurts[0].end, MEDIA_SPURT_RELEASED);
	ck_assert_uint_eq(spurts[0].trigger, MEDIA_TRIGGER_DTMF);
	close_legs(3);
	finish();
}
END_TEST

START_TEST(a_stream_goes_on_over_talkers)
{
	setup();
	legs_join(legs, 3);
	for (unsigned round = 0; round < 4; round++) {
		struct leg *talker = &legs[round % 2];
		leg_presses(talker, STAR);
		leg_speaks(talker, "first");
		leg_must_hear(&legs[2], "first");
		ck_assert(legs[2].marker);
		leg_speaks(talker, "next");
		leg_must_hear(&legs[2], "next");
		ck_assert(!legs[2].marker);
		leg_presses(talker, HASH);
		pass(40 * round);
	}
	ck_assert_uint_eq(spurt_count, 4);
	close_legs(3);
	finish();
}
END_TEST

START_TEST(the_same_key_again_gives_back)
{
	setup();
	legs_join(legs, 2);
	leg_presses(&legs[0], STAR);
	ck_assert_uint_eq(read_group().talker_count, 1);
	pass(500);
	leg_presses(&legs[0], STAR);
	ck_assert_uint_eq(read_group().talker_count, 0);
	close_legs(2);
	finish();
}
END_TEST

START_TEST(keys_are_not_passed_on)
{
	setup();
	legs_join(legs, 2);
	leg_presses(&legs[0], STAR);
	leg_speaks(&legs[0], "before");
	leg_must_hear(&legs[1], "before");
	leg_presses(&legs[0], 5);
	leg_speaks(&legs[0], "behind");
	leg_must_hear(&legs[1], "behind"); /* its number is the next one */
	close_legs(2);
	finish();
}
END_TEST

/* Comfort noise, and whatever was not agreed on, has numbers of the talker's stream. */
START_TEST(what_is_no_sound_is_no_gap)
{
	setup();
	legs_join(legs, 3);
	leg_presses(&legs[0], STAR);
	leg_speaks(&legs[0], "one");
	leg_must_hear(&legs[1], "one");
	legs[0].phone.payload_type = 13;
	leg_speaks(&legs[0], "n");
	legs[0].phone.payload_type = 77;
	leg_speaks(&legs[0], "x");
	legs[0].phone.payload_type = 0;
	leg_speaks(&legs[0], "two");
	leg_must_hear(&legs[1], "two");
	finish_group(legs, 3);
}
END_TEST

/* A talker's packet costs a send for each listener. */
START_TEST(nobody_talks_faster_than_time)
{
	static const char second[] = "a hundred and sixty bytes would be twenty milliseconds";
	setup();
	legs_join(legs, 2);
	leg_presses(&legs[0], STAR);
	unsigned heard = leg_drain(&legs[1]);
	for (unsigned i = 0; i < 100; i++) {
		for (unsigned n = 0; n < 20; n++)
			speak(&legs[0].phone, legs[0].lease.port, second);
		pass(20);
		heard += leg_drain(&legs[1]);
	}
	/* two seconds, and one that may come at once; these are 6 ms long */
	ck_assert_uint_ge(heard, 2900 / 6);
	ck_assert_uint_le(heard, 3100 / 6);
	ck_assert_uint_ge(count(METRIC_media_dropped_rate), 2000 - 3100 / 6);
	finish_group(legs, 2);
}
END_TEST

/* One in the middle of losing the floor has not got it. */
START_TEST(who_is_being_stopped_is_told_so)
{
	setup();
	leg_take(&legs[0], 1, true);
	leg_set(&legs[0]);
	leg_join(&legs[1], 2);
	leg_button(&legs[0], MEDIA_BUTTON_REQUEST, 1);
	leg_speaks(&legs[0], "talk");
	leg_button(&legs[0], MEDIA_BUTTON_REVOKE, 2);
	leg_button(&legs[0], MEDIA_BUTTON_REQUEST, 3);
	ck_assert_uint_eq(answers[1].number, 3);
	ck_assert_uint_eq(answers[1].outcome, MEDIA_OUTCOME_REVOKED);
	leg_button(&legs[0], MEDIA_BUTTON_GRANT, 4);
	ck_assert_uint_eq(answers[1].number, 4);
	ck_assert_uint_ne(answers[1].outcome, MEDIA_OUTCOME_GRANTED);
	finish_group(legs, 2);
}
END_TEST

START_TEST(a_late_joiner_hears_the_next_packet)
{
	setup();
	legs_join(legs, 2);
	leg_presses(&legs[0], STAR);
	leg_speaks(&legs[0], "one");
	leg_must_hear(&legs[1], "one");
	leg_join(&legs[2], 3);
	leg_speaks(&legs[0], "two");
	leg_must_hear(&legs[2], "two");
	ck_assert(legs[2].marker);
	close_legs(3);
	finish();
}
END_TEST

START_TEST(a_lost_packet_stays_a_gap)
{
	setup();
	legs_join(legs, 2);
	leg_presses(&legs[0], STAR);
	leg_speaks(&legs[0], "one");
	leg_must_hear(&legs[1], "one");
	uint16_t before = legs[1].sequence;
	legs[0].phone.sequence++;
	legs[0].phone.timestamp += 160;
	leg_speaks(&legs[0], "three");
	ck_assert(leg_hears(&legs[1]));
	ck_assert_uint_eq(legs[1].sequence, (uint16_t)(before + 2));
	close_legs(2);
	finish();
}
END_TEST

START_TEST(who_is_on_hold_hears_nothing)
{
	setup();
	legs_join(legs, 3);
	legs[1].said.receives = false;
	leg_set(&legs[1]);
	leg_presses(&legs[0], STAR);
	leg_speaks(&legs[0], "one");
	leg_must_hear(&legs[2], "one");
	ck_assert(is_quiet(&legs[1].phone));
	legs[1].said.receives = true;
	leg_set(&legs[1]);
	leg_speaks(&legs[0], "two");
	leg_must_hear(&legs[1], "two");
	/* what it missed on hold is not missing in its stream */
	legs[1].said.receives = false;
	leg_set(&legs[1]);
	leg_speaks(&legs[0], "three");
	leg_must_hear(&legs[2], "two");
	leg_must_hear(&legs[2], "three");
	legs[1].said.receives = true;
	leg_set(&legs[1]);
	leg_speaks(&legs[0], "four");
	leg_must_hear(&legs[1], "four");
	close_legs(3);
	finish();
}
END_TEST

START_TEST(a_talker_that_leaves_ends_its_spurt)
{
	setup();
	legs_join(legs, 2);
	leg_presses(&legs[0], STAR);
	leg_speaks(&legs[0], "one");
	leg_must_hear(&legs[1], "one");
	leg_close(&legs[0]);
	ck_assert_uint_eq(read_group().talker_count, 0);
	ck_assert_uint_eq(spurt_count, 1);
	ck_assert_uint_eq(spurts[0].end, MEDIA_SPURT_LEFT);
	ck_assert_uint_eq(spurts[0].packets, 1 + 3); /* the ends of its key are some, too */
	leg_close(&legs[1]);
	finish();
}
END_TEST

START_TEST(a_closed_group_ends_its_spurts)
{
	setup();
	legs_join(legs, 3);
	leg_presses(&legs[0], STAR);
	leg_presses(&legs[1], STAR); /* and waits: it is not his turn now */
	media_group_close(media, 0, here.group);
	settle();
	ck_assert_uint_eq(spurt_count, 1);
	ck_assert_uint_eq(spurts[0].end, MEDIA_SPURT_CLOSED);
	for (unsigned i = 1; i <= 3; i++)
		ck_assert(member_told[i] & MEDIA_TOLD_CLOSED);
	close_legs(3);
	finish();
}
END_TEST

/* ---- presses by SIP ---- */

START_TEST(a_press_is_answered)
{
	setup();
	legs_join(legs, 2);
	leg_button(&legs[0], MEDIA_BUTTON_REQUEST, 41);
	ck_assert_uint_eq(answer_count[1], 1);
	ck_assert_uint_eq(answers[1].number, 41);
	ck_assert_uint_eq(answers[1].outcome, MEDIA_OUTCOME_GRANTED);
	leg_button(&legs[1], MEDIA_BUTTON_ASK, 42);
	ck_assert_uint_eq(answers[2].number, 42);
	ck_assert_uint_eq(answers[2].talker_tag, 101);
	ck_assert_str_eq(answers[2].talker, "sip:u1@example.test");
	leg_button(&legs[0], MEDIA_BUTTON_RELEASE, 43);
	ck_assert_uint_eq(answers[1].number, 43);
	ck_assert_uint_eq(answers[1].outcome, MEDIA_OUTCOME_RELEASED);
	close_legs(2);
	finish();
}
END_TEST

/* Who waits by MESSAGE cannot see that he does not any more. */
START_TEST(who_is_taken_out_of_the_queue_is_told)
{
	setup();
	legs_join(legs, 2);
	leg_button(&legs[0], MEDIA_BUTTON_REQUEST, 1);
	leg_button(&legs[1], MEDIA_BUTTON_REQUEST, 2);
	ck_assert_uint_eq(answers[2].outcome, MEDIA_OUTCOME_QUEUED);
	legs[1].said.is_muted = true;
	leg_set(&legs[1]);
	ck_assert_uint_eq(read_group().waiting_count, 0);
	ck_assert_uint_eq(answer_count[2], 2);
	ck_assert_uint_eq(answers[2].number, 0);
	ck_assert_uint_eq(answers[2].outcome, MEDIA_OUTCOME_DENIED);
	ck_assert_uint_eq(answers[2].cause, 5);
	close_legs(2);
	finish();
}
END_TEST

START_TEST(a_button_that_does_not_count_is_answered)
{
	setup();
	legs_join(legs, 1);
	legs[0].said.triggers = 1 << MEDIA_TRIGGER_DTMF;
	leg_set(&legs[0]);
	leg_button(&legs[0], MEDIA_BUTTON_REQUEST, 1);
	ck_assert_uint_eq(answers[1].outcome, MEDIA_OUTCOME_IGNORED);
	ck_assert_uint_eq(read_group().talker_count, 0);
	close_legs(1);
	finish();
}
END_TEST

/* Its triggers are the member's. What the dispatcher does to the floor is not pressed by a member.
 */
START_TEST(an_order_counts_whatever_the_member_may_press)
{
	setup();
	legs_join(legs, 2);
	legs[0].said.triggers = legs[1].said.triggers = 1 << MEDIA_TRIGGER_DTMF;
	leg_set(&legs[0]);
	leg_set(&legs[1]);
	leg_presses(&legs[0], STAR);
	ck_assert_uint_eq(read_group().talker_count, 1);
	leg_button(&legs[1], MEDIA_BUTTON_REVOKE, 1);
	ck_assert_uint_eq(answers[2].outcome, MEDIA_OUTCOME_IGNORED);
	ck_assert_uint_eq(answers[2].talker_tag, 101);
	leg_button(&legs[1], MEDIA_BUTTON_DECLARE, 2);
	ck_assert(read_group().is_emergency);
	leg_button(&legs[1], MEDIA_BUTTON_CLEAR, 3);
	ck_assert(!read_group().is_emergency);
	leg_button(&legs[0], MEDIA_BUTTON_REVOKE, 4);
	ck_assert_uint_ne(answers[1].outcome, MEDIA_OUTCOME_IGNORED);
	ck_assert_uint_eq(answers[1].talker_tag, 0);
	ck_assert_uint_eq(read_group().talker_count, 0);
	close_legs(2);
	finish();
}
END_TEST

START_TEST(a_key_by_two_ways_counts_once)
{
	struct media_press info = {
		.button = MEDIA_BUTTON_KEY, .trigger = MEDIA_TRIGGER_INFO, .key = '*', .number = 9};
	setup();
	legs_join(legs, 1);
	leg_presses(&legs[0], STAR);
	ck_assert_int_eq(media_member_press(media, 0, legs[0].lease.member, &info), 0);
	settle();
	ck_assert_uint_eq(read_group().talker_count, 1);
	close_legs(1);
	finish();
}
END_TEST

/* Words of one member that come together: what was decided is said to each. */
START_TEST(each_word_has_its_answer)
{
	struct media_press ask = {
		.button = MEDIA_BUTTON_REQUEST, .trigger = MEDIA_TRIGGER_MESSAGE, .number = 5};
	struct media_press who = {
		.button = MEDIA_BUTTON_ASK, .trigger = MEDIA_TRIGGER_MESSAGE, .number = 6};
	setup();
	legs_join(legs, 2);
	ck_assert_int_eq(media_member_press(media, 0, legs[0].lease.member, &ask), 0);
	ck_assert_int_eq(media_member_press(media, 0, legs[0].lease.member, &who), 0);
	settle();
	ck_assert_uint_eq(answer_count[1], 2);
	ck_assert_uint_eq(answers[1].number, 6);
	ck_assert_uint_eq(answers[1].outcome, MEDIA_OUTCOME_GRANTED);
	ck_assert_uint_eq(answers[1].talker_tag, 101);
	/* what is refused at once is no answer to the next word */
	legs[1].said.may_talk = false;
	leg_set(&legs[1]);
	ask.button = MEDIA_BUTTON_GRANT;
	ck_assert_int_eq(media_member_press(media, 0, legs[1].lease.member, &ask), 0);
	ck_assert_int_eq(media_member_press(media, 0, legs[1].lease.member, &who), 0);
	settle();
	ck_assert_uint_eq(answer_count[2], 2);
	ck_assert_uint_eq(answers[2].outcome, MEDIA_OUTCOME_RELEASED);
	/* as many as may wait */
	while (media_member_press(media, 0, legs[0].lease.member, &who) == 0)
		who.number++;
	ck_assert_uint_gt(who.number, 10);
	settle();
	ck_assert_uint_eq(answer_count[1], 2 + who.number - 6);
	close_legs(2);
	finish();
}
END_TEST

/* A worker that presses faster than the relay thread hears is refused. */
START_TEST(presses_have_a_bound)
{
	struct media_press press = {.button = MEDIA_BUTTON_ASK, .trigger = MEDIA_TRIGGER_API};
	unsigned taken = 0;
	setup();
	legs_join(legs, 1);
	while (media_member_press(media, 0, legs[0].lease.member, &press) == 0)
		ck_assert_uint_lt(taken++, 100);
	ck_assert_int_eq(media_member_press(media, 0, legs[0].lease.member, &press), -EAGAIN);
	ck_assert_uint_eq(count(METRIC_group_presses_refused), 2);
	settle();
	ck_assert_int_eq(media_member_press(media, 0, legs[0].lease.member, &press), 0);
	close_legs(1);
	finish();
}
END_TEST

START_TEST(a_press_may_come_before_the_description)
{
	struct media_press press = {
		.button = MEDIA_BUTTON_REQUEST, .trigger = MEDIA_TRIGGER_MESSAGE, .number = 5};
	setup();
	leg_take(&legs[0], 1, false);
	ck_assert_int_eq(media_member_press(media, 0, legs[0].lease.member, &press), 0);
	settle();
	ck_assert_uint_eq(answer_count[1], 0);
	leg_set(&legs[0]);
	ck_assert_uint_eq(answers[1].outcome, MEDIA_OUTCOME_GRANTED);
	close_legs(1);
	finish();
}
END_TEST

/* ---- addresses ---- */

START_TEST(a_member_behind_nat_is_found)
{
	setup();
	leg_take(&legs[0], 1, false);
	legs[0].said.audio.rtp = address_of("10.0.0.1", 4000);
	legs[0].said.audio.is_blind = true;
	leg_set(&legs[0]);
	leg_join(&legs[1], 2);
	leg_presses(&legs[1], STAR);
	leg_speaks(&legs[1], "lost");
	until_counted(METRIC_media_dropped_no_target, 1);
	leg_speaks(&legs[0], "here");
	leg_speaks(&legs[0], "I am");
	until_counted(METRIC_media_locked, 2);
	leg_speaks(&legs[1], "found");
	leg_must_hear(&legs[0], "found");
	ck_assert(member_told[1] & MEDIA_TOLD_LOCKED_0);
	ck_assert(member_told[1] & MEDIA_TOLD_HEARD_0);
	close_legs(2);
	finish();
}
END_TEST

START_TEST(a_stranger_does_not_speak_for_a_talker)
{
	setup();
	struct phone stranger = phone_open("127.0.0.9");
	legs_join(legs, 2);
	leg_presses(&legs[0], STAR);
	speak(&stranger, legs[0].lease.port, "me too");
	until_counted(METRIC_media_dropped_third, 1);
	ck_assert(is_quiet(&legs[1].phone));
	phone_close(&stranger);
	close_legs(2);
	finish();
}
END_TEST

START_TEST(a_silent_leg_is_told)
{
	setup();
	legs_join(legs, 1);
	pass(60000);
	pass(1100);
	ck_assert(member_told[1] & MEDIA_TOLD_SILENT);
	ck_assert(!(member_told[1] & MEDIA_TOLD_AGAIN));
	leg_speaks(&legs[0], "still here");
	until_counted(METRIC_media_dropped_ungranted, 1);
	pass(1100);
	ck_assert(member_told[1] & MEDIA_TOLD_AGAIN);
	close_legs(1);
	finish();
}
END_TEST

/* ---- sound that the kernel throws away ---- */

START_TEST(who_is_not_heard_is_muffled)
{
	setup();
	legs_join(legs, 2);
	leg_speaks(&legs[0], "one");
	until_counted(METRIC_media_dropped_ungranted, 1);
	pass(1100);
	uint64_t before = read_member(&legs[0]).audio.packets;
	legs[0].phone.sequence = 1;
	for (unsigned i = 1; i < 64; i++)
		leg_speaks(&legs[0], "in vain");
	settle();
	ck_assert_uint_eq(count(METRIC_media_dropped_ungranted), 1);
	struct media_member_report report = read_member(&legs[0]);
	ck_assert_uint_eq(count(METRIC_media_dropped_ungranted), 64);
	ck_assert_uint_eq(report.ungranted, 64);
	ck_assert_uint_eq(report.audio.packets, before);
	ck_assert_uint_eq(report.audio.lost, 0);
	/* the 64th passes, and says that somebody is there */
	leg_speaks(&legs[0], "alive");
	until_counted(METRIC_media_dropped_ungranted, 65);
	report = read_member(&legs[0]);
	ck_assert_uint_lt(report.audio.silent_ms, 2000);
	ck_assert_uint_eq(report.audio.lost, 0);
	close_legs(2);
	finish();
}
END_TEST

/* The socket of a leg's audio. */
static int fd_of(const struct leg *leg)
{
	struct stock *stock = &media->relays[0].stock;
	for (uint32_t i = 0; i < stock->pairs.touched; i++) {
		struct port_pair *pair = stock_pair(stock, i);
		if (slab_is_taken(pair) && pair->port == leg->lease.port)
			return pair->sockets[COMPONENT_RTP].fd;
	}
	ck_abort_msg("no port %u", leg->lease.port);
	return -1;
}

/* Where the kernel refuses, each packet comes, is counted and goes nowhere; it is asked once. */
START_TEST(who_cannot_be_muffled_is_dropped_by_us)
{
	int on = 1;
	if (spread()) /* each thread finds out for itself, and this counts packets of both */
		return;
	setup();
	legs_join(legs, 2);
	ck_assert_int_eq(
		setsockopt(fd_of(&legs[0]), SOL_SOCKET, SO_LOCK_FILTER, &on, sizeof(on)), 0);
	leg_speaks(&legs[0], "one");
	until_counted(METRIC_media_dropped_ungranted, 1);
	pass(1100);
	ck_assert(media->relays[0].cannot_muffle);
	uint64_t before = read_member(&legs[0]).audio.packets;
	for (unsigned i = 0; i < 10; i++)
		leg_speaks(&legs[0], "in vain");
	until_counted(METRIC_media_dropped_ungranted, 11);
	ck_assert_uint_eq(read_member(&legs[0]).audio.packets, before + 10);
	leg_speaks(&legs[1], "in vain, too");
	until_counted(METRIC_media_dropped_ungranted, 12);
	pass(1100);
	leg_speaks(&legs[1], "still");
	until_counted(METRIC_media_dropped_ungranted, 13);
	leg_presses(&legs[0], STAR);
	leg_speaks(&legs[0], "first");
	leg_must_hear(&legs[1], "first");
	close_legs(2);
	finish();
}
END_TEST

/* Opus in a pause: a packet each 400 ms, whatever their numbers are, and no RTCP. */
START_TEST(who_sends_little_does_not_look_silent)
{
	setup();
	legs_join(legs, 2);
	for (unsigned i = 0; i < 75; i++) {
		leg_speaks(&legs[0], "noise");
		pass(400);
		if (i % 10 == 9)
			ck_assert_uint_lt(read_member(&legs[0]).audio.silent_ms, 6000);
	}
	ck_assert(!read_member(&legs[0]).is_silent);
	ck_assert_uint_eq(member_told[1] & MEDIA_TOLD_SILENT, 0);
	/* and most of it is thrown away all the same */
	ck_assert_uint_lt(read_member(&legs[0]).audio.packets, 45);
	close_legs(2);
	finish();
}
END_TEST

START_TEST(who_was_muffled_is_heard_from_the_first_packet_on)
{
	setup();
	legs_join(legs, 2);
	leg_speaks(&legs[0], "one");
	until_counted(METRIC_media_dropped_ungranted, 1);
	pass(1100);
	legs[0].phone.sequence = 1;
	leg_speaks(&legs[0], "in vain");
	leg_presses(&legs[0], STAR);
	leg_speaks(&legs[0], "first");
	leg_must_hear(&legs[1], "first");
	leg_speaks(&legs[0], "second");
	leg_must_hear(&legs[1], "second");
	ck_assert_uint_eq(read_member(&legs[0]).audio.lost, 0);
	/* it pressed, and nothing that it said then was lost */
	leg_presses(&legs[0], HASH);
	ck_assert_uint_eq(spurts[0].clipped, 0);
	close_legs(2);
	finish();
}
END_TEST

/* A phone that moves while it is muffled: its new address is seen. */
START_TEST(who_is_muffled_may_move)
{
	setup();
	legs_join(legs, 2);
	leg_speaks(&legs[0], "one");
	until_counted(METRIC_media_dropped_ungranted, 1);
	pass(1100);
	struct phone moved = phone_open("127.0.0.2");
	legs[0].said.audio.offer++;
	legs[0].said.audio.rtp = moved.address;
	leg_set(&legs[0]);
	pass(1100);
	speak(&moved, legs[0].lease.port, "here now");
	until_counted(METRIC_media_locked, 2);
	leg_presses(&legs[1], STAR);
	leg_speaks(&legs[1], "hello there");
	struct phone old = legs[0].phone;
	legs[0].phone = moved;
	leg_must_hear(&legs[0], "hello there");
	phone_close(&old);
	close_legs(2);
	finish();
}
END_TEST

/* ---- what a reload and an emergency change ---- */

START_TEST(a_group_becomes_a_conference_and_a_group_again)
{
	setup();
	legs_join(legs, 2);
	leg_presses(&legs[0], STAR);
	settings.floor = MEDIA_FLOOR_OPEN;
	media_group_set(media, 0, here.group, &settings);
	settle();
	ck_assert_uint_eq(read_group().talker_count, 0);
	ck_assert_uint_eq(spurts[0].end, MEDIA_SPURT_LEFT);
	leg_speaks(&legs[1], "no floor is needed now");
	leg_must_hear(&legs[0], "no floor is needed now");
	ck_assert_uint_eq(read_group().talkers[0].tag, 102);
	settings.floor = MEDIA_FLOOR_PTT;
	media_group_set(media, 0, here.group, &settings);
	settle();
	ck_assert_uint_eq(read_group().talker_count, 0);
	leg_presses(&legs[0], HASH);
	pass(500);
	leg_presses(&legs[0], STAR);
	ck_assert_uint_eq(read_group().talkers[0].tag, 101);
	close_legs(2);
	finish();
}
END_TEST

/* What the kernel threw away in the group is listened to in the conference. */
START_TEST(who_was_muffled_is_heard_in_the_conference)
{
	setup();
	legs_join(legs, 2);
	leg_speaks(&legs[0], "one");
	until_counted(METRIC_media_dropped_ungranted, 1);
	pass(1100);
	settings.floor = MEDIA_FLOOR_OPEN;
	media_group_set(media, 0, here.group, &settings);
	settle();
	pass(1100);
	legs[0].phone.sequence = 1;
	leg_speaks(&legs[0], "is anybody there");
	leg_must_hear(&legs[1], "is anybody there");
	close_legs(2);
	finish();
}
END_TEST

START_TEST(an_emergency_is_shown_until_it_is_cleared)
{
	setup();
	legs_join(legs, 2);
	leg_presses(&legs[0], STAR);
	leg_button(&legs[1], MEDIA_BUTTON_EMERGENCY, 1);
	ck_assert_uint_eq(answers[2].outcome, MEDIA_OUTCOME_GRANTED);
	ck_assert_uint_eq(read_group().talkers[0].tag, 102);
	ck_assert(read_group().is_emergency);
	ck_assert_uint_eq(read_group().emergency_tag, 102);
	ck_assert_uint_eq(spurts[0].end, MEDIA_SPURT_PREEMPTED);
	leg_button(&legs[1], MEDIA_BUTTON_RELEASE, 2);
	ck_assert(read_group().is_emergency);
	leg_button(&legs[0], MEDIA_BUTTON_CLEAR, 3);
	ck_assert(!read_group().is_emergency);
	ck_assert_uint_eq(read_group().emergency_tag, 0);
	close_legs(2);
	finish();
}
END_TEST

START_TEST(a_held_key_is_released_by_its_end)
{
	setup();
	legs_join(legs, 2);
	for (uint16_t n = 1; n <= 50; n++) {
		leg_sends_event(&legs[0], STAR, (uint16_t)(n * 160), false);
		fake_clock_advance(&clock_here, 20);
		turn();
	}
	ck_assert_uint_eq(read_group().talker_count, 1);
	leg_sends_event(&legs[0], STAR, 51 * 160, true);
	ck_assert_uint_eq(read_group().talker_count, 0);
	/* the same with an end that is lost */
	legs[0].phone.timestamp += 51 * 160;
	pass(1000);
	for (uint16_t n = 1; n <= 50; n++) {
		leg_sends_event(&legs[0], STAR, (uint16_t)(n * 160), false);
		fake_clock_advance(&clock_here, 20);
		turn();
	}
	ck_assert_uint_eq(read_group().talker_count, 1);
	for (unsigned n = 0; n < 20; n++) {
		fake_clock_advance(&clock_here, 20);
		turn();
	}
	ck_assert_uint_eq(read_group().talker_count, 0);
	close_legs(2);
	finish();
}
END_TEST

START_TEST(the_dispatcher_grants_revokes_and_mutes)
{
	setup();
	legs_join(legs, 2);
	leg_button(&legs[0], MEDIA_BUTTON_REQUEST, 1);
	leg_button(&legs[1], MEDIA_BUTTON_GRANT, 2);
	ck_assert_uint_eq(read_group().talkers[0].tag, 102);
	leg_button(&legs[1], MEDIA_BUTTON_REVOKE, 3);
	ck_assert_uint_eq(read_group().talker_count, 0);
	leg_button(&legs[0], MEDIA_BUTTON_REQUEST, 4);
	legs[0].said.is_muted = true;
	leg_set(&legs[0]);
	ck_assert_uint_eq(read_group().talker_count, 0);
	leg_button(&legs[0], MEDIA_BUTTON_REQUEST, 5);
	ck_assert_uint_eq(answers[1].outcome, MEDIA_OUTCOME_DENIED);
	ck_assert_uint_eq(answers[1].cause, 5);
	close_legs(2);
	finish();
}
END_TEST

TEST_MAIN("groups", a_full_worker_is_told_from_missing_ports, a_group_opens_and_closes,
	members_come_and_go, a_leg_may_be_dropped_before_it_is_described,
	members_of_a_closed_group_are_told, who_joins_a_closed_group_is_told,
	two_legs_have_four_ports_where_asked, nobody_is_heard_without_the_floor,
	a_key_opens_the_gate, a_stream_goes_on_over_talkers, the_same_key_again_gives_back,
	keys_are_not_passed_on, what_is_no_sound_is_no_gap, nobody_talks_faster_than_time,
	who_is_being_stopped_is_told_so, a_late_joiner_hears_the_next_packet,
	a_lost_packet_stays_a_gap, who_is_on_hold_hears_nothing,
	a_talker_that_leaves_ends_its_spurt, a_closed_group_ends_its_spurts, a_press_is_answered,
	who_is_taken_out_of_the_queue_is_told, a_button_that_does_not_count_is_answered,
	an_order_counts_whatever_the_member_may_press, a_key_by_two_ways_counts_once,
	each_word_has_its_answer, presses_have_a_bound, a_press_may_come_before_the_description,
	a_member_behind_nat_is_found, a_stranger_does_not_speak_for_a_talker, a_silent_leg_is_told,
	who_is_not_heard_is_muffled, who_cannot_be_muffled_is_dropped_by_us,
	who_sends_little_does_not_look_silent, who_was_muffled_is_heard_from_the_first_packet_on,
	who_is_muffled_may_move, a_group_becomes_a_conference_and_a_group_again,
	who_was_muffled_is_heard_in_the_conference, an_emergency_is_shown_until_it_is_cleared,
	a_held_key_is_released_by_its_end, the_dispatcher_grants_revokes_and_mutes)
