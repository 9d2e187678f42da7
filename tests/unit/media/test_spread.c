/* SPDX-License-Identifier: Apache-2.0 */
/* test_spread.c: a group whose legs are on two relay threads: who is where, what passes between the
 * threads, what is lost when too much does. What a group does is tested again in the same way by
 * the other programs of this folder, run with MEDIA_TEST_SPREAD. */
#include <errno.h>

#include "media/relay.h"
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

/* As much waits as may, all of it for nobody. */
static void fill_the_trunk(void)
{
	struct relay *own = &media->relays[OWN];
	struct trunk_item *item;
	while ((item = trunk_item(own, OTHER, TRUNK_TONE, 0))) {
		item->member = 0;
		trunk_send(own, OTHER);
	}
}

/* How the other thread is told of a press while it is held up. */
static void press_here(struct leg *leg, enum media_button button, uint32_t number)
{
	struct media_press press = {
		.button = (uint8_t)button, .trigger = MEDIA_TRIGGER_API, .number = number};
	ck_assert_int_eq(media_member_press(media, 0, leg->lease.member, &press), 0);
	media_run_once(media, OWN, 0);
}

static uint8_t floor_word(struct leg *leg, struct floor_message *ret_message)
{
	static uint8_t bytes[FLOOR_MESSAGE_MAX];
	size_t length = take_waiting(&leg->floor, bytes, sizeof(bytes));
	if (length == 0)
		return 0xff;
	ck_assert_int_eq(floor_message_parse(bytes, length, ret_message), (int)length);
	return ret_message->type;
}

static void no_words(struct leg *leg)
{
	struct floor_message message;
	while (floor_word(leg, &message) != 0xff)
		continue;
}

static void join_with_channels(unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		leg_take(&legs[i], i + 1, true);
		leg_set(&legs[i]);
	}
	for (unsigned i = 0; i < count; i++)
		no_words(&legs[i]);
}

/* Who talks is one item, however many are to know. */
START_TEST(a_status_passes_once_to_each_thread)
{
	struct floor_message message;
	setup();
	join_with_channels(7);
	legs[5].said.is_muted = true;
	leg_set(&legs[5]);
	uint64_t passed = count(METRIC_group_passed);
	leg_button(&legs[0], MEDIA_BUTTON_REQUEST, 1);
	ck_assert_uint_eq(count(METRIC_group_passed) - passed, 1);
	uint32_t sequence = 0, ssrc = 0;
	for (unsigned i = 1; i < 7; i++) {
		ck_assert_uint_eq(floor_word(&legs[i], &message), FLOOR_MESSAGE_TAKEN);
		ck_assert_uint_eq(message.numbers[FLOOR_FIELD_PERMISSION], i != 5);
		ck_assert_uint_eq(
			message.texts[FLOOR_FIELD_PARTY].length, strlen(legs[0].identity));
		ck_assert(i == 1 || message.numbers[FLOOR_FIELD_SEQUENCE] == sequence);
		ck_assert_uint_ne(message.ssrc, ssrc);
		sequence = message.numbers[FLOOR_FIELD_SEQUENCE];
		ssrc = message.ssrc;
	}
	/* with the SSRC that the leg hears, and its channel's own in all that is said to it */
	leg_speaks(&legs[0], "hello");
	leg_must_hear(&legs[6], "hello");
	ck_assert_uint_eq(message.audio_ssrc, legs[6].ssrc);
	leg_button(&legs[6], MEDIA_BUTTON_REQUEST, 2);
	ck_assert_uint_eq(floor_word(&legs[6], &message), FLOOR_MESSAGE_POSITION);
	ck_assert_uint_eq(message.ssrc, ssrc);
	/* who has the floor elsewhere is not told that it is taken */
	leg_button(&legs[0], MEDIA_BUTTON_RELEASE, 3);
	ck_assert_uint_eq(floor_word(&legs[6], &message), FLOOR_MESSAGE_GRANTED);
	ck_assert_uint_eq(floor_word(&legs[6], &message), 0xff);
	ck_assert_uint_eq(floor_word(&legs[4], &message), FLOOR_MESSAGE_TAKEN);
	finish_group(legs, 7);
}
END_TEST

START_TEST(only_the_originator_may_ask_in_a_broadcast_elsewhere)
{
	struct floor_message message;
	setup();
	join_with_channels(4);
	legs[0].said.may_talk = legs[1].said.may_talk = false;
	leg_set(&legs[0]);
	leg_set(&legs[1]);
	settings.is_broadcast = true;
	media_group_set(media, 0, here.group, &settings);
	settle();
	for (unsigned i = 0; i < 4; i++)
		no_words(&legs[i]);
	leg_button(&legs[2], MEDIA_BUTTON_REQUEST, 1);
	ck_assert_uint_eq(floor_word(&legs[2], &message), FLOOR_MESSAGE_GRANTED);
	ck_assert_uint_eq(floor_word(&legs[3], &message), FLOOR_MESSAGE_TAKEN);
	ck_assert_uint_eq(message.numbers[FLOOR_FIELD_PERMISSION], 0);
	leg_button(&legs[2], MEDIA_BUTTON_RELEASE, 2);
	finish_group(legs, 4);
}
END_TEST

/* What the floor says finds no room: it is said at the next frame, as it is then. */
START_TEST(what_the_floor_says_is_owed)
{
	struct floor_message message;
	setup();
	join_with_channels(4);
	leg_presses(&legs[0], STAR);
	no_words(&legs[2]);
	no_words(&legs[3]);
	fill_the_trunk();
	press_here(&legs[3], MEDIA_BUTTON_GRANT, 1);
	ck_assert_uint_ge(count(METRIC_group_passed_lost), 1);
	settle();
	pass(40);
	ck_assert_uint_eq(floor_word(&legs[3], &message), FLOOR_MESSAGE_POSITION);
	leg_drain(&legs[0]);
	/* the one that must stop has its grace; then the other one has it */
	leg_button(&legs[0], MEDIA_BUTTON_RELEASE, 2);
	no_words(&legs[2]);
	no_words(&legs[3]);
	finish_group(legs, 4);
}
END_TEST

START_TEST(who_talks_is_known_though_the_trunk_was_full)
{
	struct floor_message message;
	setup();
	join_with_channels(4);
	leg_join(&legs[4], 5);
	leg_presses(&legs[0], STAR);
	for (unsigned i = 0; i < 4; i++)
		no_words(&legs[i]);
	fill_the_trunk();
	press_here(&legs[0], MEDIA_BUTTON_RELEASE, 1);
	settle();
	pass(40);
	ck_assert_uint_eq(floor_word(&legs[1], &message), FLOOR_MESSAGE_IDLE);
	ck_assert_uint_eq(floor_word(&legs[2], &message), FLOOR_MESSAGE_IDLE);
	ck_assert_uint_eq(floor_word(&legs[3], &message), FLOOR_MESSAGE_IDLE);
	ck_assert_uint_eq(floor_word(&legs[3], &message), 0xff);
	finish_group(legs, 5);
}
END_TEST

/* The kernel drops what a muffled leg says, so it does not look at its gate by itself. */
START_TEST(a_muffled_leg_is_heard_though_the_word_of_it_was_lost)
{
	setup();
	legs_join(legs, 4);
	leg_speaks(&legs[3], "nobody hears it");
	for (unsigned i = 0; i < 25; i++) {
		leg_speaks(&legs[3], "nobody hears it");
		pass(100);
	}
	leg_presses(&legs[0], STAR);
	uint64_t dropped = count(METRIC_media_dropped_ungranted);
	leg_speaks(&legs[3], "muffled");
	ck_assert_uint_eq(count(METRIC_media_dropped_ungranted), dropped);
	fill_the_trunk();
	press_here(&legs[3], MEDIA_BUTTON_GRANT, 1);
	ck_assert_uint_eq(read_group().talkers[0].tag, 104);
	settle();
	leg_drain(&legs[1]);
	fake_clock_advance(&clock_here, 20);
	settle();
	legs[3].phone.sequence = 2001; /* not the one of 64 that passes */
	leg_speaks(&legs[3], "heard");
	legs[1].length = 0;
	leg_must_hear(&legs[1], "heard");
	finish_group(legs, 4);
}
END_TEST

/* Floods of listeners do not take the talker's packets with them. */
START_TEST(a_talker_elsewhere_has_room)
{
	setup();
	legs_join(legs, 4);
	leg_presses(&legs[3], STAR);
	leg_speaks(&legs[3], "one");
	leg_must_hear(&legs[1], "one");
	uint64_t lost = count(METRIC_group_passed_lost), passed = count(METRIC_group_passed);
	for (unsigned i = 0; i < TRUNK_ITEMS; i++) {
		uint8_t bytes[64];
		legs[2].phone.payload_type = EVENTS;
		send_bytes(&legs[2].phone, 0, legs[2].lease.port, bytes,
			write_rtp(&legs[2].phone, bytes, "...."));
		for (unsigned n = 0; n < PATIENCE &&
				     count(METRIC_group_passed) + count(METRIC_group_passed_lost) <=
					     passed + lost + i;
			n++)
			media_run_once(media, OTHER, 1);
	}
	ck_assert_uint_eq(count(METRIC_group_passed_lost) - lost, TRUNK_KEPT);
	speak(&legs[3].phone, legs[3].lease.port, "two");
	media_run_once(media, OTHER, 1);
	settle();
	leg_must_hear(&legs[1], "two");
	finish_group(legs, 4);
}
END_TEST

/* Sound is passed on while it is waited for, and no longer. */
START_TEST(a_key_that_gives_back_is_not_waited_for)
{
	setup();
	legs_join(legs, 4);
	for (unsigned i = 0; i < 2; i++) {
		leg_presses(&legs[3], STAR);
		ck_assert_uint_eq(read_group().talker_count, 1);
		leg_presses(&legs[3], i ? STAR : HASH);
		ck_assert_uint_eq(read_group().talker_count, 0);
		uint64_t passed = count(METRIC_group_passed);
		uint64_t dropped = count(METRIC_media_dropped_ungranted);
		leg_speaks(&legs[3], "nobody waits");
		pass(1100); /* the kernel's are counted once a second */
		ck_assert_uint_eq(count(METRIC_group_passed), passed);
		ck_assert_uint_eq(count(METRIC_media_dropped_ungranted), dropped + 1);
	}
	/* nor is a grant that cannot be, or a press that is taken back at once */
	legs[3].said.is_muted = true;
	leg_set(&legs[3]);
	leg_button(&legs[3], MEDIA_BUTTON_GRANT, 1);
	uint64_t passed = count(METRIC_group_passed);
	leg_speaks(&legs[3], "nobody waits");
	ck_assert_uint_eq(count(METRIC_group_passed), passed);
	finish_group(legs, 4);
}
END_TEST

START_TEST(what_legs_elsewhere_say_in_vain_is_counted_in_the_group)
{
	setup();
	legs_join(legs, 4);
	for (unsigned i = 0; i < 4; i++)
		leg_speaks(&legs[i], "in vain");
	pass(2200);
	ck_assert_uint_eq(read_group().ungranted, 4);
	leg_speaks(&legs[3], "in vain");
	pass(1100);
	leg_close(&legs[3]);
	ck_assert_uint_eq(read_group().ungranted, 5);
	finish_group(legs, 3);
}
END_TEST

START_TEST(any_thread_that_has_ports_serves)
{
	static struct media_member_lease taken[64];
	unsigned threads[3] = {0};
	setup_with(3, 1);
	/* no round in between: the rings are not filled again. One has less to do, and no ports */
	atomic_fetch_add(&media->relays[2].load, 100);
	for (unsigned i = 0; i < 36; i++) {
		ck_assert_int_eq(media_join(media, 0, &here, 0, false, 9, &taken[i]), 0);
		threads[taken[i].thread]++;
	}
	ck_assert_uint_eq(threads[1], config.stock);
	ck_assert_uint_eq(threads[2], config.stock);
	atomic_fetch_sub(&media->relays[2].load, 100);
	settle();
	finish();
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
	a_gate_opens_though_nothing_can_be_said, a_status_passes_once_to_each_thread,
	only_the_originator_may_ask_in_a_broadcast_elsewhere, what_the_floor_says_is_owed,
	who_talks_is_known_though_the_trunk_was_full,
	a_muffled_leg_is_heard_though_the_word_of_it_was_lost, a_talker_elsewhere_has_room,
	a_key_that_gives_back_is_not_waited_for,
	what_legs_elsewhere_say_in_vain_is_counted_in_the_group, any_thread_that_has_ports_serves,
	what_is_too_long_is_counted)
