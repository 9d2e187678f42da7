/* SPDX-License-Identifier: Apache-2.0 */
/* test_floor.c: settings that change during a call, what a dispatcher may do, and what is harmless:
 * a script each. */
#include "floor/floor.h"

#include <errno.h>

#include "lib/floor_rules.h"
#include "lib/floor_stage.h"
#include "lib/testing.h"
#include "rtp/floor_message.h"

/* ---- settings ---- */

START_TEST(fewer_talkers)
{
	struct floor_settings settings = floor_settings_default;
	settings.talkers = 3;
	stage_begin(&settings);
	stage_join_all("abcd", &stage_client);
	stage_ask_with('a', &stage_packet, 1);
	stage_ask('b', &stage_packet);
	stage_ask('c', &stage_packet);
	stage_ask('d', &stage_packet);
	stage_forget();
	settings.talkers = 1;
	floor_set(&stage.floor, &settings, stage_now());
	/* at once, whoever it is: never more than so many are heard */
	HEARD("b");
	ck_assert_ptr_nonnull(strstr(stage.said, "a<revoke(255) -a(settings) a~revoked"));
	ck_assert_ptr_nonnull(strstr(stage.said, "c<revoke(255) -c(settings) c~revoked"));
	ck_assert_ptr_nonnull(strstr(stage.said, "*<taken(b)"));
	ck_assert_uint_eq(floor_place(&stage.floor, stage_member('d')), 1);
}
END_TEST

START_TEST(fewer_talkers_while_they_are_stopped)
{
	struct floor_settings settings = floor_settings_default;
	settings.talkers = 2;
	stage_begin(&settings);
	stage_join_all("abcd", &stage_client);
	stage_ask('a', &stage_packet);
	stage_ask('b', &stage_packet);
	stage_ask('c', &stage_emergency);
	stage_ask('d', &stage_emergency);
	ck_assert_uint_eq(stage.floor.next_count, 2);
	stage_forget();
	settings.talkers = 1;
	floor_set(&stage.floor, &settings, stage_now());
	HEARD("a");
	ck_assert_uint_eq(stage.floor.next_count, 1);
	ck_assert_uint_eq(stage.floor.queue_count, 1);
	ck_assert_ptr_null(floor_broken(&stage.floor));
}
END_TEST

START_TEST(more_talkers)
{
	struct floor_settings settings = floor_settings_default;
	stage_begin(&settings);
	stage_join_all("abc", &stage_phone);
	stage_ask('a', &stage_key);
	stage_ask('b', &stage_key);
	stage_ask('c', &stage_key);
	stage_forget();
	settings.talkers = 2;
	floor_set(&stage.floor, &settings, stage_now());
	SAID("+b b<granted(30,5,m) b~granted *<taken(b,m) c<place(1)");
	HEARD("ab");
}
END_TEST

START_TEST(fewer_places)
{
	struct floor_settings settings = floor_settings_default;
	stage_begin(&settings);
	stage_join_all("abcd", &stage_phone);
	for (char name = 'a'; name <= 'd'; name++)
		stage_ask(name, &stage_key);
	stage_forget();
	settings.queue = 1;
	floor_set(&stage.floor, &settings, stage_now());
	SAID("d<deny(7) d~denied c<deny(7) c~denied *<taken(a)");
}
END_TEST

START_TEST(a_group_becomes_broadcast)
{
	struct floor_settings settings = floor_settings_default;
	stage_begin(&settings);
	stage_join_all("abc", &stage_client);
	stage_ask('b', &stage_packet);
	stage_ask('a', &stage_packet);
	stage_ask('c', &stage_packet);
	stage_forget();
	settings.is_broadcast = true;
	floor_set(&stage.floor, &settings, stage_now());
	ck_assert_ptr_nonnull(strstr(stage.said, "c<deny(5) c~denied b<revoke(3) -b(settings) "
						 "b~revoked +a a<granted(30,5,b) a~granted "
						 "*<taken(a,b)-"));
	HEARD("a");
}
END_TEST

/* Whom a dispatcher has muted keeps the right, and it does not pass to one. */
START_TEST(the_right_to_broadcast_passes_over_the_muted)
{
	struct floor_settings settings = floor_settings_default;
	settings.is_broadcast = true;
	stage_begin(&settings);
	stage_join_all("abc", &stage_client);
	floor_mute(&stage.floor, stage_member('a'), true, stage_now());
	ck_assert_ptr_eq(stage.floor.originator, stage_member('a'));
	floor_mute(&stage.floor, stage_member('b'), true, stage_now());
	floor_leave(&stage.floor, stage_member('a'), stage_now());
	ck_assert_ptr_eq(stage.floor.originator, stage_member('c'));
	/* rather one who may again than nobody */
	floor_leave(&stage.floor, stage_member('c'), stage_now());
	ck_assert_ptr_eq(stage.floor.originator, stage_member('b'));
}
END_TEST

START_TEST(what_was_missed_is_said_again)
{
	stage_begin(&floor_settings_default);
	stage_join_all("abc", &stage_client);
	stage_ask('a', &stage_packet);
	stage_ask('b', &stage_packet);
	stage_forget();
	for (const char *name = "abc"; *name; name++)
		floor_say_again(&stage.floor, stage_member(*name), stage_now());
	ck_assert_ptr_nonnull(strstr(stage.said, "a<granted"));
	ck_assert_ptr_nonnull(strstr(stage.said, "b<place(1"));
	ck_assert_ptr_nonnull(strstr(stage.said, "c<taken(a)"));
	floor_revoke(&stage.floor, stage_member('a'), stage_now());
	stage_forget();
	floor_say_again(&stage.floor, stage_member('a'), stage_now());
	ck_assert_ptr_nonnull(strstr(stage.said, "a<revoke(255)"));
	/* what was refused outside changes nothing */
	stage_forget();
	floor_deny(&stage.floor, stage_member('c'), FLOOR_DENY_RETRY_AFTER, true);
	floor_deny(&stage.floor, stage_member('c'), FLOOR_DENY_RETRY_AFTER, false);
	SAID("c<deny(4) c~denied c<deny(4)");
	floor_say_again(&stage.floor, stage_member('a'), stage_now());
	ck_assert_ptr_nonnull(strstr(stage.said, "a<revoke(255)"));
	ck_assert_ptr_null(floor_broken(&stage.floor));
}
END_TEST

START_TEST(longer_talks)
{
	struct floor_settings settings = floor_settings_default;
	stage_begin(&settings);
	stage_join_all("ab", &stage_phone);
	stage_ask('a', &stage_key);
	stage_talk("a", 20000);
	settings.max_talk_ms = 60000;
	floor_set(&stage.floor, &settings, stage_now());
	stage_forget();
	stage_talk("a", 30000);
	NOTHING_SAID;
	settings.max_talk_ms = 10000; /* long over */
	floor_set(&stage.floor, &settings, stage_now());
	stage_tick();
	HEARD("");
}
END_TEST

START_TEST(settings_that_would_never_end)
{
	struct floor_settings settings = {0};
	stage_begin(&settings);
	ck_assert_uint_eq(stage.floor.settings.talkers, 1);
	stage_join_all("ab", &stage_client);
	stage_ask('a', &stage_packet);
	stage_forget();
	stage_wait(4000);
	SAID("-a(silent) a~revoked *<idle");
	stage_talk("a", 2000);
	stage_wait(2000);
	ck_assert_uint_eq(stage_member('a')->state, FLOOR_MEMBER_LISTENS);
}
END_TEST

START_TEST(idle_timeout_is_set_later)
{
	struct floor_settings settings = floor_settings_default;
	stage_begin(&settings);
	stage_join_all("ab", &stage_phone);
	stage_wait(10000);
	settings.inactive_ms = 30000;
	floor_set(&stage.floor, &settings, stage_now());
	stage_wait(19999); /* since it was opened */
	NOTHING_SAID;
	stage_wait(1);
	SAID("!inactive");
}
END_TEST

/* ---- a dispatcher ---- */

START_TEST(granted_by_a_dispatcher)
{
	stage_begin(NULL);
	stage_join_all("abc", &stage_phone);
	ck_assert_int_eq(floor_grant(&stage.floor, stage_member('a'), 9, stage_now()), 0);
	SAID("+a a<granted(30,5) a~granted *<taken(a)");
	ck_assert_uint_eq(stage_member('a')->trigger, 9);
	ck_assert_int_eq(floor_grant(&stage.floor, stage_member('a'), 9, stage_now()), 0);
	SAID("a<granted(30,5)");
	stage_ask('c', &stage_key);
	stage_forget();
	/* takes it from a talker of any rank, before the queue */
	ck_assert_int_eq(floor_grant(&stage.floor, stage_member('b'), 9, stage_now()), 0);
	SAID("a<revoke(4) -a(granted-away) a~revoked +b b<granted(30,5) b~granted *<taken(b)");
	/* out of the queue */
	ck_assert_int_eq(floor_grant(&stage.floor, stage_member('c'), 9, stage_now()), 0);
	SAID("b<revoke(4) -b(granted-away) b~revoked +c c<granted(30,5) c~granted *<taken(c)");
}
END_TEST

START_TEST(granted_while_one_must_stop)
{
	struct floor_terms listens = stage_client;
	listens.is_listen_only = true;
	stage_begin(NULL);
	stage_join_all("abc", &stage_client);
	stage_join_all("d", &listens);
	stage_ask('a', &stage_emergency);
	stage_forget();
	ck_assert_int_eq(floor_grant(&stage.floor, stage_member('b'), 9, stage_now()), 0);
	SAID("a<revoke(4) b<place(1) b~queued");
	ck_assert_int_eq(floor_grant(&stage.floor, stage_member('a'), 9, stage_now()), -EBUSY);
	ck_assert_int_eq(floor_grant(&stage.floor, stage_member('b'), 9, stage_now()), 0);
	NOTHING_SAID;
	ck_assert_int_eq(floor_grant(&stage.floor, stage_member('c'), 9, stage_now()), 0);
	SAID("c<place(1) c~queued b<place(2)");
	ck_assert_int_eq(floor_grant(&stage.floor, stage_member('d'), 9, stage_now()), -EPERM);
	ck_assert_int_eq(floor_grant(&stage.floor, stage_member('e'), 9, stage_now()), -ENOENT);
	stage_release('a');
	SAID("-a(granted-away) +c c<granted(30,5,e) c~granted *<taken(c,e) b<place(1)");
}
END_TEST

START_TEST(revoked_by_a_dispatcher)
{
	struct floor_settings settings = floor_settings_default;
	settings.hang_ms = 5000;
	stage_begin(&settings);
	stage_join_all("a", &stage_phone);
	stage_join_all("bc", &stage_client);
	stage_ask('a', &stage_key);
	stage_ask('b', &stage_packet);
	stage_forget();
	ck_assert_int_eq(floor_revoke(&stage.floor, stage_member('b'), stage_now()), 0);
	SAID("b<deny(255) b~denied");
	ck_assert_int_eq(floor_revoke(&stage.floor, stage_member('b'), stage_now()), -EALREADY);
	ck_assert_int_eq(floor_revoke(&stage.floor, stage_member('a'), stage_now()), 0);
	SAID("a<revoke(255) -a(revoked) a~revoked *<idle");
	stage_ask('b', &stage_packet);
	stage_forget();
	ck_assert_int_eq(floor_revoke(&stage.floor, stage_member('b'), stage_now()), 0);
	SAID("b<revoke(255)");
	ck_assert_int_eq(floor_revoke(&stage.floor, stage_member('b'), stage_now()), 0);
	NOTHING_SAID;
	stage_release('b'); /* no hang time for it */
	SAID("-b(revoked) *<idle");
	/* a reservation */
	stage_ask('a', &stage_key);
	stage_release('a');
	stage_forget();
	ck_assert_int_eq(floor_revoke(&stage.floor, stage_member('a'), stage_now()), 0);
	SAID("*<idle");
}
END_TEST

START_TEST(muted_by_a_dispatcher)
{
	stage_begin(NULL);
	stage_join_all("abc", &stage_client);
	stage_ask('a', &stage_packet);
	stage_ask('b', &stage_packet);
	stage_forget();
	floor_mute(&stage.floor, stage_member('b'), true, stage_now());
	SAID("b<deny(5) b~denied");
	floor_mute(&stage.floor, stage_member('a'), true, stage_now());
	SAID("a<revoke(3) -a(muted) a~revoked *<idle"); /* at once */
	stage_ask('a', &stage_emergency);
	SAID("a<deny(5) a~denied");
	ck_assert_int_eq(floor_grant(&stage.floor, stage_member('a'), 9, stage_now()), -EPERM);
	floor_mute(&stage.floor, stage_member('a'), false, stage_now());
	stage_ask('a', &stage_packet);
	SAID("+a a<granted(30,5) a~granted *<taken(a)");
}
END_TEST

START_TEST(emergency_by_a_dispatcher)
{
	stage_begin(NULL);
	stage_join_all("ab", &stage_client);
	stage_ask('a', &stage_packet);
	stage_forget();
	floor_emergency_set(&stage.floor, true, stage_now());
	SAID("a<granted(30,5,e) *<taken(a,e)");
	floor_emergency_set(&stage.floor, true, stage_now());
	NOTHING_SAID;
	stage_talk("a", 1000);
	stage_release('a');
	stage_forget();
	/* the group's state outlives the talker */
	stage_ask('b', &stage_packet);
	SAID("+b b<granted(30,5,e) b~granted *<taken(b,e)");
	floor_emergency_set(&stage.floor, false, stage_now());
	SAID("b<granted(30,5) *<taken(b)");
}
END_TEST

/* ---- what is harmless ---- */

START_TEST(who_is_not_in_the_group)
{
	stage_begin(NULL);
	struct floor_member *member = stage_member('a');
	floor_request(&stage.floor, member, &stage_key, stage_now());
	floor_release(&stage.floor, member, stage_now());
	floor_ask_position(&stage.floor, member);
	floor_mute(&stage.floor, member, true, stage_now());
	floor_member_set(&stage.floor, member, &stage_phone, stage_now());
	floor_leave(&stage.floor, member, stage_now());
	ck_assert_int_eq(floor_revoke(&stage.floor, member, stage_now()), -EALREADY);
	ck_assert(!floor_media(&stage.floor, member, stage_now()));
	ck_assert_ptr_null(floor_talker(&stage.floor));
	stage_join('a', &stage_phone);
	stage_join('a', &stage_client); /* twice: the first counts */
	ck_assert_uint_eq(stage.floor.member_count, 1);
	ck_assert(!member->is_muted);
	SAID("a<idle");
}
END_TEST

/* 500 members: what is said to all is said once. */
START_TEST(five_hundred_members)
{
	static struct floor_member many[500];
	stage_begin(NULL);
	memset(many, 0, sizeof(many));
	stage_join_all("ab", &stage_phone);
	for (unsigned i = 0; i < ARRAY_LENGTH(many); i++)
		floor_join(&stage.floor, &many[i], &stage_phone, stage_now());
	stage_forget();
	stage_ask('a', &stage_key);
	SAID("+a a<granted(30,5) a~granted *<taken(a)");
	for (unsigned i = 0; i < ARRAY_LENGTH(many); i++)
		ck_assert(!floor_media(&stage.floor, &many[i], stage_now()));
	NOTHING_SAID;
}
END_TEST

/* The words and causes are those of the wire, so that none needs a translation. */
START_TEST(words_are_those_of_the_messages)
{
	ck_assert_int_eq((int)FLOOR_GRANTED, (int)FLOOR_MESSAGE_GRANTED);
	ck_assert_int_eq((int)FLOOR_TAKEN, (int)FLOOR_MESSAGE_TAKEN);
	ck_assert_int_eq((int)FLOOR_DENY, (int)FLOOR_MESSAGE_DENY);
	ck_assert_int_eq((int)FLOOR_IDLE, (int)FLOOR_MESSAGE_IDLE);
	ck_assert_int_eq((int)FLOOR_REVOKE, (int)FLOOR_MESSAGE_REVOKE);
	ck_assert_int_eq((int)FLOOR_POSITION, (int)FLOOR_MESSAGE_POSITION);
}
END_TEST

TEST_MAIN("floor", fewer_talkers, fewer_talkers_while_they_are_stopped, more_talkers, fewer_places,
	a_group_becomes_broadcast, the_right_to_broadcast_passes_over_the_muted,
	what_was_missed_is_said_again, longer_talks, settings_that_would_never_end,
	idle_timeout_is_set_later, granted_by_a_dispatcher, granted_while_one_must_stop,
	revoked_by_a_dispatcher, muted_by_a_dispatcher, emergency_by_a_dispatcher,
	who_is_not_in_the_group, five_hundred_members, words_are_those_of_the_messages)
