/* SPDX-License-Identifier: Apache-2.0 */
/* test_decide.c: several talkers at once, and who of them must stop for whom: a script each. */
#include "lib/floor_stage.h"
#include "lib/testing.h"

static struct floor_settings of_talkers(uint16_t talkers)
{
	struct floor_settings settings = floor_settings_default;
	settings.talkers = talkers;
	settings.preempt = FLOOR_PREEMPT_PRIORITY;
	return settings;
}

START_TEST(two_talk_and_a_third_waits)
{
	struct floor_settings settings = of_talkers(2);
	stage_begin(&settings);
	stage_join_all("abcd", &stage_client);
	stage_ask('a', &stage_packet);
	SAID("+a a<granted(30,5,m) a~granted *<taken(a,m)");
	ck_assert_uint_eq(stage.floor.state, FLOOR_STATE_SHARED);
	stage_ask('b', &stage_packet);
	SAID("+b b<granted(30,5,m) b~granted *<taken(b,m)");
	ck_assert_uint_eq(stage.floor.state, FLOOR_STATE_FULL);
	HEARD("ab");
	stage_ask('c', &stage_packet);
	SAID("c<place(1) c~queued");
	/* the latest talker goes, the queue follows */
	stage_release('b');
	SAID("-b(released) b~roger +c c<granted(30,5,m) c~granted *<taken(c,m)");
	/* then nobody waits: those who listen are told who still talks, as is who released */
	stage_release('c');
	SAID("-c(released) c~roger *<taken(a,m)");
	ck_assert_uint_eq(stage.floor.state, FLOOR_STATE_SHARED);
	stage_release('a');
	SAID("-a(released) a~roger *<idle");
}
END_TEST

/* Who cannot queue waits only until the talker has stopped, and is told of no place. */
START_TEST(who_cannot_queue_is_told_of_no_place)
{
	struct floor_settings settings = of_talkers(1);
	struct floor_terms high = stage_client;
	high.priority = 9;
	high.can_queue = false;
	stage_begin(&settings);
	stage_join_all("ac", &stage_client);
	stage_join('b', &high);
	stage_ask('a', &stage_packet);
	stage_talk("a", 100);
	stage_forget();
	stage_ask('b', &stage_packet);
	SAID("a<revoke(4) b<place(1,unsaid) b~queued");
	stage_release('a');
	SAID("-a(preempted) +b b<granted(30,9) b~granted *<taken(b)");
}
END_TEST

/* T1, T2 and T20 are each talker's own. */
START_TEST(timers_of_each_talker)
{
	struct floor_settings settings = of_talkers(2);
	settings.warning_ms = 0;
	stage_begin(&settings);
	stage_join_all("abc", &stage_client);
	stage_ask('a', &stage_packet);
	stage_talk("a", 20000);
	stage_ask('b', &stage_packet);
	stage_talk("ab", 3000);
	stage_forget();
	stage_talk("a", 4000); /* b is silent */
	SAID("-b(silent) b~revoked *<taken(a,m)");
	stage_ask('b', &stage_packet);
	stage_forget();
	stage_talk("ab", 3020);
	SAID("a<revoke(2)"); /* a has had its 30 s, b goes on */
	ck_assert_uint_eq(stage.floor.state, FLOOR_STATE_REVOKING);
	stage_talk("ab", 2980);
	SAID("a<revoke(2) a<revoke(2) -a(max-talk) a~revoked *<taken(b,m)");
	HEARD("b");
}
END_TEST

/* The lowest priority, then the latest granted. */
START_TEST(who_must_stop)
{
	struct floor_settings settings = of_talkers(3);
	struct floor_terms high = stage_phone;
	high.priority = 9;
	stage_begin(&settings);
	stage_join_all("abc", &stage_phone);
	stage_join_all("defg", &high);
	stage_ask_with('a', &stage_key, 4);
	stage_ask_with('b', &stage_key, 3);
	stage_ask_with('c', &stage_key, 3);
	stage_forget();
	stage_ask_with('d', &stage_key, 3); /* outranks nobody */
	SAID("d<place(1) d~queued");
	stage_release('d');
	stage_forget();
	stage_ask('d', &stage_key);
	SAID("c<revoke(4) -c(preempted) c~revoked +d d<granted(30,9,m) d~granted *<taken(d,m)");
	stage_ask('e', &stage_key);
	SAID("b<revoke(4) -b(preempted) b~revoked +e e<granted(30,9,m) e~granted *<taken(e,m)");
	stage_ask('f', &stage_key);
	SAID("a<revoke(4) -a(preempted) a~revoked +f f<granted(30,9,m) f~granted *<taken(f,m)");
	stage_ask('g', &stage_key);
	SAID("g<place(1) g~queued");
	HEARD("def");
}
END_TEST

/* Each who is stopped gives way to one; a third outranks the lowest of those who are next. */
START_TEST(next_in_line)
{
	struct floor_settings settings = of_talkers(2);
	struct floor_terms high = stage_client;
	high.priority = 9;
	stage_begin(&settings);
	stage_join_all("ab", &stage_client);
	stage_join_all("cdef", &high);
	stage_ask('a', &stage_packet);
	stage_ask('b', &stage_packet);
	stage_forget();
	stage_ask_with('c', &stage_packet, 6);
	SAID("b<revoke(4) c<place(1) c~queued");
	stage_ask_with('d', &stage_packet, 7);
	SAID("a<revoke(4) d<place(1) d~queued c<place(2)");
	stage_ask_with('e', &stage_packet, 6);
	SAID("e<place(3) e~queued");
	stage_ask_with('f', &stage_packet, 8); /* c gives way */
	SAID("f<place(1) f~queued d<place(2) c<place(3) e<place(4)");
}
END_TEST

/* A talker who was stopped by T2 is followed by the queue; who outranks it comes first, and nobody
 * else is stopped for that. */
START_TEST(a_place_that_comes_free_is_enough)
{
	struct floor_settings settings = of_talkers(2);
	struct floor_terms high = stage_client;
	high.priority = 9;
	stage_begin(&settings);
	stage_join_all("abc", &stage_client);
	stage_join_all("d", &high);
	stage_ask('a', &stage_packet);
	stage_talk("a", 1000);
	stage_ask('b', &stage_packet);
	stage_ask('c', &stage_packet);
	stage_talk("ab", 29000);
	stage_forget();
	stage_ask('d', &stage_packet);
	SAID("d<place(1) d~queued c<place(2)");
	ck_assert_uint_eq(stage_member('b')->state, FLOOR_MEMBER_PERMITTED);
	stage_release('a');
	SAID("-a(max-talk) +d d<granted(30,9,m) d~granted *<taken(d,m) c<place(1)");
	HEARD("bd");
}
END_TEST

/* Who was next and gives up leaves the talker stopped and the place to the queue. */
START_TEST(who_is_next_gives_up)
{
	struct floor_settings settings = of_talkers(1);
	struct floor_terms high = stage_client;
	high.priority = 9;
	stage_begin(&settings);
	stage_join_all("ab", &stage_client);
	stage_join_all("cd", &high);
	stage_ask('a', &stage_packet);
	stage_ask('b', &stage_packet);
	stage_ask('c', &stage_packet);
	stage_talk("a", 100);
	stage_forget();
	stage_release('c');
	SAID("c<taken(a) b<place(1)");
	stage_ask('d', &stage_packet); /* nobody need be stopped */
	SAID("d<place(1) d~queued b<place(2)");
	floor_leave(&stage.floor, stage_member('d'), stage_now());
	SAID("b<place(1)");
	stage_talk("a", 2900);
	SAID("a<revoke(4) a<revoke(4) -a(preempted) a~revoked +b b<granted(30,5) b~granted "
	     "*<taken(b)");
}
END_TEST

START_TEST(policies)
{
	struct floor_settings settings = of_talkers(1);
	struct floor_terms high = stage_phone;
	high.priority = 9;
	settings.preempt = FLOOR_PREEMPT_NEVER;
	stage_begin(&settings);
	stage_join_all("ab", &stage_phone);
	stage_join_all("c", &high);
	stage_ask('a', &stage_key);
	stage_forget();
	stage_ask('c', &stage_emergency);
	SAID("c<place(1) c~queued *<taken(a,e)");
	settings.preempt = FLOOR_PREEMPT_EMERGENCY;
	stage_begin(&settings);
	stage_join_all("ab", &stage_phone);
	stage_join_all("cd", &high);
	stage_ask('a', &stage_key);
	stage_forget();
	stage_ask('c', &stage_key);
	SAID("c<place(1) c~queued");
	stage_ask('b', &stage_emergency);
	SAID("a<revoke(4) -a(preempted) a~revoked +b b<granted(65535,5,e) b~granted *<taken(b,e)");
	stage_ask('d', &stage_emergency); /* the floor of an emergency is not taken by another */
	SAID("d<place(1) d~queued c<place(2)");
	settings.preempt = FLOOR_PREEMPT_PRIORITY;
	floor_set(&stage.floor, &settings, stage_now());
	stage_forget();
	stage_release('d');
	stage_forget();
	stage_ask('d', &stage_emergency); /* but by a higher one, where priority counts */
	SAID("b<revoke(4) -b(preempted) b~revoked +d d<granted(65535,9,e) d~granted *<taken(d,e)");
}
END_TEST

/* A client and a phone talk: the phone is cut at once, the client has its time. */
START_TEST(clients_and_phones_in_one_group)
{
	struct floor_settings settings = of_talkers(1);
	struct floor_terms high = stage_client;
	high.priority = 9;
	stage_begin(&settings);
	stage_join_all("a", &stage_phone);
	stage_join_all("b", &high);
	high.priority = 10;
	stage_join_all("c", &high);
	stage_ask('a', &stage_key);
	stage_forget();
	stage_ask('b', &stage_packet);
	SAID("a<revoke(4) -a(preempted) a~revoked +b b<granted(30,9) b~granted *<taken(b)");
	stage_ask('c', &stage_packet);
	SAID("b<revoke(4) c<place(1) c~queued");
	HEARD("b");
}
END_TEST

START_TEST(an_emergency_in_the_same_tick_wins)
{
	for (int turn = 0; turn < 2; turn++) {
		stage_begin(NULL);
		stage_join_all("ab", &stage_phone);
		for (int i = 0; i < 2; i++) {
			bool first = (i == 0) == (turn == 0);
			floor_request(&stage.floor, stage_member(first ? 'a' : 'b'),
				first ? &stage_key : &stage_emergency, stage_now());
		}
		stage_tick();
		SAID("+b b<granted(65535,5,e) b~granted *<taken(b,e) a<place(1) a~queued");
	}
}
END_TEST

/* Hang time holds one of several places. */
START_TEST(a_reserved_place_of_two)
{
	struct floor_settings settings = of_talkers(2);
	struct floor_terms high = stage_client;
	high.priority = 9;
	settings.hang_ms = 1000;
	stage_begin(&settings);
	stage_join_all("abc", &stage_client);
	stage_join_all("d", &high);
	stage_ask('a', &stage_packet);
	stage_ask('b', &stage_packet);
	stage_talk("ab", 100);
	stage_forget();
	stage_release('b');
	SAID("-b(released) b~roger b<taken(a,m)");
	stage_ask('c', &stage_packet);
	SAID("c<place(1) c~queued");
	stage_ask('d', &stage_packet); /* the reserved place goes before a talker's */
	SAID("+d d<granted(30,9,m) d~granted *<taken(d,m)");
	HEARD("ad");
}
END_TEST

TEST_MAIN("decide", two_talk_and_a_third_waits, who_cannot_queue_is_told_of_no_place,
	timers_of_each_talker, who_must_stop, next_in_line, a_place_that_comes_free_is_enough,
	who_is_next_gives_up, policies, clients_and_phones_in_one_group,
	an_emergency_in_the_same_tick_wins, a_reserved_place_of_two)
