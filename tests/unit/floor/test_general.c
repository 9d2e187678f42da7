/* SPDX-License-Identifier: Apache-2.0 */
/* test_general.c: the rules of the group's machine (TS 24.380 §6.3.4), one talker: a script each.
 */
#include "lib/floor_stage.h"
#include "lib/testing.h"

START_TEST(the_first_opens_it)
{
	stage_begin(NULL);
	ck_assert_uint_eq(stage.floor.state, FLOOR_STATE_STOPPED);
	stage_join('a', &stage_client);
	SAID("a<idle");
	ck_assert_uint_eq(stage.floor.state, FLOOR_STATE_FREE);
	floor_leave(&stage.floor, stage_member('a'), stage_now());
	ck_assert_uint_eq(stage.floor.state, FLOOR_STATE_STOPPED);
	ck_assert_uint_eq(floor_deadline(&stage.floor), FLOOR_NEVER);
}
END_TEST

/* Granted to the talker, Taken to all others; the gate opens first. */
START_TEST(idle_and_request)
{
	stage_begin(NULL);
	stage_join_all("abc", &stage_client);
	stage_ask('b', &stage_packet);
	SAID("+b b<granted(30,5) b~granted *<taken(b)");
	HEARD("b");
	ck_assert(stage_send('b'));
	ck_assert(!stage_send('a'));
}
END_TEST

START_TEST(only_one_participant)
{
	stage_begin(NULL);
	stage_join_all("a", &stage_client);
	stage_ask('a', &stage_packet);
	SAID("a<deny(3) a~denied");
	ck_assert_uint_eq(stage.floor.denied, 1);
	/* the other one has left: no reason to end a talk spurt */
	stage_join_all("b", &stage_client);
	stage_ask('a', &stage_packet);
	stage_send('a');
	floor_leave(&stage.floor, stage_member('b'), stage_now());
	HEARD("a");
}
END_TEST

START_TEST(a_phone_alone_is_granted)
{
	stage_begin(NULL);
	stage_join_all("a", &stage_phone);
	stage_ask('a', &stage_key);
	SAID("+a a<granted(30,5) a~granted *<taken(a)");
}
END_TEST

START_TEST(receive_only)
{
	struct floor_terms listens = stage_client;
	listens.is_listen_only = true;
	stage_begin(NULL);
	stage_join_all("a", &stage_client);
	stage_join('b', &listens);
	SAID("b<idle-");
	stage_ask('b', &stage_packet);
	SAID("b<deny(5) b~denied");
	stage_ask('b', &stage_emergency);
	SAID("b<deny(5) b~denied");
	ck_assert(!stage.floor.is_emergency);
}
END_TEST

START_TEST(request_of_the_talker_itself)
{
	stage_begin(NULL);
	stage_join_all("ab", &stage_client);
	stage_ask('a', &stage_packet);
	stage_wait(1500);
	stage_forget();
	stage_ask('a', &stage_packet); /* T2 does not run before the first packet */
	SAID("a<granted(30,5)");
	stage_talk("a", 3900);
	stage_ask('a', &stage_packet); /* 26.1 s: rounded down */
	SAID("a<granted(26,5)");
}
END_TEST

START_TEST(request_of_another_is_queued)
{
	stage_begin(NULL);
	stage_join_all("abcd", &stage_client);
	stage_ask('a', &stage_packet);
	stage_forget();
	stage_ask('b', &stage_packet);
	SAID("b<place(1) b~queued");
	stage_ask_with('c', &stage_packet, 2);
	SAID("c<place(2) c~queued");
	stage_ask_with('d', &stage_packet, 4); /* by priority, then arrival */
	SAID("d<place(2) d~queued c<place(3)");
	stage_release('a');
	SAID("-a(released) a~roger +b b<granted(30,5) b~granted *<taken(b) d<place(1) c<place(2)");
}
END_TEST

START_TEST(no_queueing)
{
	struct floor_terms terms = stage_client;
	struct floor_settings settings = floor_settings_default;
	terms.can_queue = false;
	stage_begin(NULL);
	stage_join_all("a", &stage_client);
	stage_join_all("b", &terms);
	stage_ask('a', &stage_packet);
	stage_forget();
	stage_ask('b', &stage_packet); /* mc_queueing was not negotiated */
	SAID("b<deny(1) b~denied");
	settings.queue = 0;
	stage_begin(&settings);
	stage_join_all("ab", &stage_client);
	stage_ask('a', &stage_packet);
	stage_forget();
	stage_ask('b', &stage_packet);
	SAID("b<deny(1) b~denied");
}
END_TEST

START_TEST(queue_full)
{
	struct floor_settings settings = floor_settings_default;
	settings.queue = 2;
	stage_begin(&settings);
	stage_join_all("abcd", &stage_phone);
	stage_ask('a', &stage_key);
	stage_ask('b', &stage_key);
	stage_ask('c', &stage_key);
	stage_forget();
	stage_ask('d', &stage_key);
	SAID("d<deny(7) d~denied");
}
END_TEST

/* Eight places, and each gets its turn. */
START_TEST(a_queue_of_eight_less_one)
{
	stage_begin(NULL);
	stage_join_all("abcdefgh", &stage_phone);
	for (char name = 'a'; name <= 'h'; name++)
		stage_ask(name, &stage_key);
	for (char name = 'a'; name <= 'h'; name++) {
		char wanted[2] = {name, 0};
		HEARD(wanted);
		stage_talk(wanted, 200);
		stage_release(name);
	}
	HEARD("");
	ck_assert_uint_eq(stage.floor.state, FLOOR_STATE_FREE);
}
END_TEST

START_TEST(release_of_the_talker)
{
	stage_begin(NULL);
	stage_join_all("ab", &stage_client);
	stage_ask('a', &stage_packet);
	stage_send('a');
	stage_forget();
	stage_release('a');
	SAID("-a(released) a~roger *<idle");
	ck_assert_uint_eq(stage.floor.state, FLOOR_STATE_FREE);
	ck_assert(!stage_send('a'));
}
END_TEST

/* Who is in the queue is granted without an Idle between. */
START_TEST(entering_idle_takes_the_head_of_the_queue_first)
{
	stage_begin(NULL);
	stage_join_all("abc", &stage_client);
	stage_ask('a', &stage_packet);
	stage_ask('b', &stage_packet);
	stage_forget();
	stage_release('a');
	SAID("-a(released) a~roger +b b<granted(30,5) b~granted *<taken(b)");
}
END_TEST

START_TEST(end_of_rtp_ends_the_spurt_without_revoke)
{
	stage_begin(NULL);
	stage_join_all("ab", &stage_client);
	stage_ask('a', &stage_packet);
	stage_talk("a", 1000);
	stage_forget();
	stage_wait(3970);
	NOTHING_SAID;
	stage_wait(20);
	SAID("-a(silent) a~revoked *<idle");
}
END_TEST

START_TEST(who_is_granted_and_never_talks)
{
	stage_begin(NULL);
	stage_join_all("ab", &stage_phone);
	stage_ask('a', &stage_key);
	stage_forget();
	stage_wait(3999);
	NOTHING_SAID;
	stage_wait(1);
	SAID("-a(silent) a~revoked *<idle");
}
END_TEST

START_TEST(too_long_with_floor_packets)
{
	stage_begin(NULL);
	stage_join_all("ab", &stage_client);
	stage_ask('a', &stage_packet);
	stage_wait(2000); /* T2 counts from the first packet, not from the grant */
	stage_forget();
	stage_talk("a", 24999);
	NOTHING_SAID;
	stage_talk("a", 1);
	SAID("a~nearly");
	stage_talk("a", 4999);
	NOTHING_SAID;
	stage_talk("a", 1);
	SAID("a<revoke(2)");
	ck_assert_uint_eq(stage.floor.state, FLOOR_STATE_REVOKING);
	HEARD("a"); /* still forwarded */
	ck_assert(stage_send('a'));
	stage_talk("a", 2999); /* T8 repeats it */
	SAID("a<revoke(2) a<revoke(2)");
	stage_talk("a", 1); /* T3 */
	SAID("-a(max-talk) a~revoked *<idle");
	HEARD("");
}
END_TEST

START_TEST(too_long_without)
{
	stage_begin(NULL);
	stage_join_all("ab", &stage_phone);
	stage_ask('a', &stage_key);
	stage_talk("a", 29999);
	stage_forget();
	stage_talk("a", 1);
	SAID("a<revoke(2) -a(max-talk) a~revoked *<idle");
}
END_TEST

START_TEST(revoked_and_released)
{
	stage_begin(NULL);
	stage_join_all("abc", &stage_client);
	stage_ask('a', &stage_packet);
	stage_talk("a", 30000);
	stage_ask('b', &stage_packet); /* pending revoke: queued */
	ck_assert_uint_eq(stage_member('b')->state, FLOOR_MEMBER_WAITS);
	stage_forget();
	stage_ask('a', &stage_key); /* a key that gives back what it has */
	SAID("-a(max-talk) +b b<granted(30,5) b~granted *<taken(b)");
	ck_assert_uint_eq(stage_member('a')->trigger, stage_packet.trigger);
}
END_TEST

START_TEST(revoked_asks_again_and_releases)
{
	stage_begin(NULL);
	stage_join_all("abc", &stage_client);
	stage_ask('a', &stage_packet);
	stage_talk("a", 30000);
	stage_forget();
	stage_ask_with('a', &stage_voice, 1); /* discarded */
	NOTHING_SAID;
	ck_assert_uint_eq(stage_member('a')->trigger, stage_packet.trigger);
	ck_assert_uint_eq(stage_member('a')->priority, 5);
	stage_ask('b', &stage_packet);
	stage_forget();
	stage_release('a');
	SAID("-a(max-talk) +b b<granted(30,5) b~granted *<taken(b)");
}
END_TEST

/* T1 ends a pending revoke, too, and T3 bounds it although packets come. */
START_TEST(revoked_and_silent)
{
	struct floor_settings settings = floor_settings_default;
	settings.grace_ms = 10000;
	settings.revoke_again_ms = 2500;
	stage_begin(&settings);
	stage_join_all("ab", &stage_client);
	stage_ask('a', &stage_packet);
	stage_talk("a", 30000);
	stage_forget();
	stage_wait(3979);
	SAID("a<revoke(2)");
	stage_wait(1);
	SAID("-a(max-talk) a~revoked *<idle");
}
END_TEST

START_TEST(preempted_with_floor_packets)
{
	struct floor_settings settings = floor_settings_default;
	settings.preempt = FLOOR_PREEMPT_PRIORITY;
	stage_begin(&settings);
	stage_join_all("abcd", &stage_client);
	stage_ask_with('a', &stage_packet, 2);
	stage_talk("a", 100);
	stage_ask_with('d', &stage_packet, 2); /* equal: queued */
	stage_forget();
	stage_ask_with('b', &stage_packet, 3);
	SAID("a<revoke(4) b<place(1) b~queued d<place(2)"); /* the front of the queue */
	ck_assert_uint_eq(stage.floor.state, FLOOR_STATE_REVOKING);
	HEARD("a");
	stage_release('a');
	SAID("-a(preempted) +b b<granted(30,3) b~granted *<taken(b) d<place(1)");
	ck_assert_uint_eq(stage.floor.preempted, 1);
}
END_TEST

START_TEST(preempted_without)
{
	stage_begin(NULL);
	stage_join_all("ab", &stage_phone);
	stage_ask('a', &stage_key);
	stage_talk("a", 100);
	stage_forget();
	stage_ask('b', &stage_emergency);
	SAID("a<revoke(4) -a(preempted) a~revoked +b b<granted(65535,5,e) b~granted *<taken(b,e)");
	HEARD("b");
}
END_TEST

/* Audio cut-in: no grace for anybody. */
START_TEST(cut_in)
{
	struct floor_settings settings = floor_settings_default;
	settings.grace_ms = 0;
	settings.queue = 0;
	settings.preempt = FLOOR_PREEMPT_PRIORITY;
	stage_begin(&settings);
	stage_join_all("ab", &stage_client);
	stage_ask_with('a', &stage_packet, 1);
	stage_forget();
	stage_ask('b', &stage_packet);
	SAID("a<revoke(4) -a(preempted) a~revoked +b b<granted(30,5) b~granted *<taken(b)");
}
END_TEST

START_TEST(idle_is_said_again)
{
	struct floor_settings settings = floor_settings_default;
	settings.idle_again_ms = 1000;
	settings.idle_most = 3;
	stage_begin(&settings);
	stage_join_all("ab", &stage_client);
	stage_ask('a', &stage_packet);
	stage_release('a');
	SAID("+a a<granted(30,5) a~granted *<taken(a) -a(released) a~roger *<idle");
	stage_wait(60000); /* C7 counts the first */
	SAID("*<idle *<idle");
	stage_ask('a', &stage_packet);
	stage_release('a');
	stage_forget();
	stage_wait(1500);
	SAID("*<idle");
	stage_ask('b', &stage_packet); /* stops T7 */
	stage_forget();
	stage_talk("b", 5000);
	NOTHING_SAID;
}
END_TEST

START_TEST(nobody_talks_for_long)
{
	struct floor_settings settings = floor_settings_default;
	settings.inactive_ms = 30000;
	stage_begin(&settings);
	stage_join_all("ab", &stage_phone);
	stage_wait(29999);
	NOTHING_SAID;
	stage_wait(1);
	SAID("!inactive");
	stage_wait(30000);
	SAID("!inactive");
	stage_ask('a', &stage_key); /* stops T4 */
	stage_forget();
	stage_talk("a", 29000);
	SAID("a~nearly");
	stage_release('a');
	SAID("-a(released) a~roger *<idle");
	stage_wait(29999); /* from the release */
	NOTHING_SAID;
	stage_wait(1);
	SAID("!inactive");
	/* and not from the end of the hang time */
	settings.hang_ms = 2000;
	floor_set(&stage.floor, &settings, stage_now());
	stage_ask('a', &stage_key);
	stage_talk("a", 100);
	stage_release('a');
	stage_wait(2000);
	stage_forget();
	stage_wait(27999);
	NOTHING_SAID;
	stage_wait(1);
	SAID("!inactive");
}
END_TEST

/* Two in one tick: who wins does not depend on whose packet was read first. */
START_TEST(two_at_once)
{
	for (int turn = 0; turn < 2; turn++) {
		stage_begin(NULL);
		stage_join_all("ab", &stage_phone);
		floor_request(
			&stage.floor, stage_member(turn ? 'a' : 'b'), &stage_key, stage_now());
		floor_request(
			&stage.floor, stage_member(turn ? 'b' : 'a'), &stage_key, stage_now());
		stage_tick();
		SAID("+a a<granted(30,5) a~granted *<taken(a) b<place(1) b~queued");
	}
	struct floor_ask low = stage_key;
	low.has_priority = true;
	low.priority = 4;
	for (int turn = 0; turn < 2; turn++) {
		stage_begin(NULL);
		stage_join_all("ab", &stage_phone);
		floor_request(&stage.floor, stage_member(turn ? 'a' : 'b'),
			turn ? &low : &stage_key, stage_now());
		floor_request(&stage.floor, stage_member(turn ? 'b' : 'a'),
			turn ? &stage_key : &low, stage_now());
		stage_tick();
		SAID("+b b<granted(30,5) b~granted *<taken(b) a<place(1) a~queued");
	}
}
END_TEST

START_TEST(broadcast)
{
	struct floor_settings settings = floor_settings_default;
	struct floor_terms listens = stage_client;
	settings.is_broadcast = true;
	listens.is_listen_only = true;
	stage_begin(&settings);
	stage_join('c', &listens);
	stage_join('a', &stage_client); /* the first who may talk opens it */
	stage_join('b', &stage_client);
	stage_join('d', &stage_client);
	SAID("c<idle- a<idle b<idle- d<idle-");
	stage_ask('b', &stage_packet);
	SAID("b<deny(5) b~denied");
	stage_ask('a', &stage_packet);
	SAID("+a a<granted(30,5,b) a~granted *<taken(a,b)-"); /* permission 0 */
	floor_say_status(&stage.floor, stage_member('b'));
	SAID("b<taken(a,b)-");
	/* the longest joined of those who may talk inherits */
	floor_leave(&stage.floor, stage_member('a'), stage_now());
	SAID("-a(left) *<idle-");
	stage_ask('d', &stage_packet);
	SAID("d<deny(5) d~denied");
	stage_ask('b', &stage_packet);
	SAID("+b b<granted(30,5,b) b~granted *<taken(b,b)-");
	stage_join('a', &stage_client);
	SAID("a<taken(b,b)-");
	stage_release('b');
	stage_forget();
	stage_ask('a', &stage_packet); /* who comes again comes last */
	SAID("a<deny(5) a~denied");
}
END_TEST

START_TEST(hang_time)
{
	struct floor_settings settings = floor_settings_default;
	settings.hang_ms = 2000;
	stage_begin(&settings);
	stage_join_all("abc", &stage_client);
	stage_ask('a', &stage_packet);
	stage_talk("a", 100);
	stage_forget();
	stage_release('a');
	SAID("-a(released) a~roger a<idle");
	HEARD("");
	stage_ask('b', &stage_packet);
	SAID("b<place(1) b~queued");
	stage_ask('a', &stage_packet); /* its own */
	SAID("+a a<granted(30,5) a~granted *<taken(a)");
	stage_talk("a", 100);
	stage_release('a');
	stage_release('a'); /* a lost Idle heals */
	SAID("-a(released) a~roger a<idle a<idle");
	stage_wait(1999);
	NOTHING_SAID;
	stage_wait(1);
	SAID("+b b<granted(30,5) b~granted *<taken(b)");
	stage_talk("b", 100);
	stage_release('b');
	stage_forget();
	stage_ask('c', &stage_emergency); /* takes a reserved floor at once */
	SAID("+c c<granted(65535,5,e) c~granted *<taken(c,e)");
	stage_release('c');
	stage_forget();
	stage_wait(2000);
	SAID("*<idle");
}
END_TEST

START_TEST(the_talker_leaves)
{
	stage_begin(NULL);
	stage_join_all("abc", &stage_client);
	stage_ask('a', &stage_packet);
	stage_ask('b', &stage_packet);
	stage_forget();
	floor_leave(&stage.floor, stage_member('a'), stage_now());
	SAID("-a(left) +b b<granted(30,5) b~granted *<taken(b)");
	ck_assert(!floor_media(&stage.floor, stage_member('a'), stage_now()));
	floor_leave(&stage.floor, stage_member('a'), stage_now());
	NOTHING_SAID;
	floor_leave(&stage.floor, stage_member('b'), stage_now());
	SAID("-b(left) *<idle");
}
END_TEST

START_TEST(sequence_numbers_wrap)
{
	stage_begin(NULL);
	stage_join_all("ab", &stage_client);
	stage.floor.sequence = 65535;
	stage_release('a');
	ck_assert_uint_eq(stage.floor.sequence, 0);
}
END_TEST

TEST_MAIN("general", the_first_opens_it, idle_and_request, only_one_participant,
	a_phone_alone_is_granted, receive_only, request_of_the_talker_itself,
	request_of_another_is_queued, no_queueing, queue_full, a_queue_of_eight_less_one,
	release_of_the_talker, entering_idle_takes_the_head_of_the_queue_first,
	end_of_rtp_ends_the_spurt_without_revoke, who_is_granted_and_never_talks,
	too_long_with_floor_packets, too_long_without, revoked_and_released,
	revoked_asks_again_and_releases, revoked_and_silent, preempted_with_floor_packets,
	preempted_without, cut_in, idle_is_said_again, nobody_talks_for_long, two_at_once,
	broadcast, hang_time, the_talker_leaves, sequence_numbers_wrap)
