/* SPDX-License-Identifier: Apache-2.0 */
/* test_participant.c: the rules towards one member (TS 24.380 §6.3.5), those that are often
 * forgotten among them: a script each. */
#include "lib/floor_stage.h"
#include "lib/testing.h"

/* An open microphone is told, once per T8 while packets come, and never heard. */
START_TEST(media_without_the_floor)
{
	stage_begin(NULL);
	stage_join_all("ab", &stage_client);
	ck_assert(!stage_send('b'));
	SAID("b<revoke(3)");
	stage_talk("b", 990);
	NOTHING_SAID;
	stage_talk("b", 20);
	SAID("b<revoke(3)");
	stage_talk("b", 2000);
	SAID("b<revoke(3) b<revoke(3)");
	ck_assert_uint_gt(stage_member('b')->dropped, 100);
	/* it stops: nothing more is said, and the state is left */
	stage_wait(5000);
	NOTHING_SAID;
	ck_assert_uint_eq(stage_member('b')->state, FLOOR_MEMBER_LISTENS);
	ck_assert_uint_eq(stage.floor.intrusions, 1);
	HEARD("");
}
END_TEST

START_TEST(media_while_another_talks)
{
	stage_begin(NULL);
	stage_join_all("abc", &stage_client);
	stage_ask('a', &stage_packet);
	stage_forget();
	stage_talk("ab", 500);
	SAID("b<revoke(3)");
	HEARD("a");
	/* its request is heard all the same, then a Revoke is not owed before its T8 */
	stage_ask('b', &stage_packet);
	SAID("b<place(1) b~queued");
	stage_talk("ab", 480);
	NOTHING_SAID;
	stage_talk("ab", 500);
	SAID("b<revoke(3)");
	ck_assert_uint_eq(stage_member('b')->state, FLOOR_MEMBER_WAITS);
	stage_release('b');
	SAID("b<taken(a)");
	/* one that was quiet before it asked */
	stage_ask('c', &stage_packet);
	stage_forget();
	stage_talk("ac", 980);
	SAID("c<revoke(3)");
	stage_talk("ac", 100);
	SAID("c<revoke(3)");
}
END_TEST

/* A phone sends all the time: it is not told, only not heard. */
START_TEST(media_of_a_phone)
{
	stage_begin(NULL);
	stage_join_all("ab", &stage_phone);
	stage_talk("ab", 2000);
	NOTHING_SAID;
	ck_assert_uint_eq(stage_member('b')->dropped, 100);
	ck_assert_uint_eq(floor_deadline(&stage.floor), FLOOR_NEVER);
	stage_ask('b', &stage_key);
	ck_assert(stage_send('b'));
	ck_assert(!stage_send('a'));
}
END_TEST

/* What was sent before the release may be read after it. */
START_TEST(stragglers)
{
	stage_begin(NULL);
	stage_join_all("ab", &stage_client);
	stage_ask('a', &stage_packet);
	stage_send('a');
	stage_release('a');
	stage_forget();
	stage_talk("a", 100);
	NOTHING_SAID;
	HEARD("");
	stage_send('a');
	SAID("a<revoke(3)");
}
END_TEST

START_TEST(release_of_who_waits)
{
	stage_begin(NULL);
	stage_join_all("abc", &stage_client);
	stage_ask('a', &stage_packet);
	stage_ask('b', &stage_packet);
	stage_ask('c', &stage_packet);
	stage_forget();
	stage_release('b');
	SAID("b<taken(a) c<place(1)");
	stage_release('a');
	SAID("-a(released) a~roger +c c<granted(30,5) c~granted *<taken(c)");
}
END_TEST

START_TEST(release_when_idle)
{
	stage_begin(NULL);
	stage_join_all("ab", &stage_client);
	uint16_t sequence = stage.floor.sequence;
	stage_release('b');
	SAID("b<idle");
	ck_assert_uint_eq(stage.floor.sequence, sequence + 1);
	stage_ask('a', &stage_packet);
	stage_forget();
	stage_release('b');
	SAID("b<taken(a)");
}
END_TEST

START_TEST(late_joiner)
{
	stage_begin(NULL);
	stage_join_all("ab", &stage_client);
	stage_join('c', &stage_client);
	SAID("c<idle");
	stage_ask('a', &stage_packet);
	stage_forget();
	stage_join('d', &stage_client);
	SAID("d<taken(a)");
}
END_TEST

START_TEST(position_request)
{
	stage_begin(NULL);
	stage_join_all("abc", &stage_client);
	floor_ask_position(&stage.floor, stage_member('b'));
	SAID("b<place(254)");
	stage_ask('a', &stage_packet);
	stage_ask('b', &stage_packet);
	stage_ask('c', &stage_packet);
	stage_forget();
	floor_ask_position(&stage.floor, stage_member('c'));
	SAID("c<place(2)");
	floor_ask_position(&stage.floor, stage_member('a'));
	SAID("a<place(254)");
	stage_ask('c', &stage_packet); /* a request again is a question for it */
	SAID("c<place(2)");
}
END_TEST

/* Of a place that a position cannot say: 255. */
START_TEST(far_back_in_the_queue)
{
	static struct floor_member many[260];
	struct floor_settings settings = floor_settings_default;
	settings.queue = 300;
	stage_begin(&settings);
	stage_join_all("ab", &stage_phone);
	stage_ask('a', &stage_key);
	memset(many, 0, sizeof(many));
	for (unsigned i = 0; i < ARRAY_LENGTH(many); i++) {
		floor_join(&stage.floor, &many[i], &stage_phone, stage_now());
		floor_request(&stage.floor, &many[i], &stage_key, stage_now());
		stage_tick();
	}
	stage_forget();
	stage_ask_with('b', &stage_key, 4);
	SAID("b<place(255) b~queued");
	ck_assert_uint_eq(many[252].place_told, 253);
	ck_assert_uint_eq(many[253].place_told, FLOOR_POSITION_UNKNOWN);
	ck_assert_uint_eq(floor_place(&stage.floor, stage_member('b')), 261);
}
END_TEST

/* T20: who was granted out of the queue may not be at the button. */
START_TEST(granted_out_of_the_queue)
{
	stage_begin(NULL);
	stage_join_all("abc", &stage_client);
	stage_ask('a', &stage_packet);
	stage_ask('b', &stage_packet);
	stage_release('a');
	stage_forget();
	stage_wait(3999);
	SAID("b<granted(30,5) b<granted(30,5)"); /* C20 counts the first */
	stage_wait(1);
	SAID("-b(silent) b~revoked *<idle");
	stage_ask('a', &stage_packet);
	stage_ask('b', &stage_packet);
	stage_release('a');
	stage_forget();
	stage_wait(1999);
	SAID("b<granted(30,5)"); /* counted anew */
	stage_wait(1);
	SAID("b<granted(30,5)");
	stage_release('b');
	stage_ask('a', &stage_packet);
	stage_ask('b', &stage_packet);
	stage_release('a');
	stage_wait(500);
	stage_forget();
	stage_talk("b", 3000); /* its first packet ends T20 */
	NOTHING_SAID;
	/* who was granted at once was at the button */
	stage_release('b');
	stage_ask('c', &stage_packet);
	stage_forget();
	stage_wait(3900);
	NOTHING_SAID;
}
END_TEST

START_TEST(a_phone_is_not_granted_again)
{
	stage_begin(NULL);
	stage_join_all("ab", &stage_phone);
	stage_ask('a', &stage_key);
	stage_ask('b', &stage_key);
	stage_release('a');
	stage_forget();
	stage_wait(3999);
	NOTHING_SAID;
}
END_TEST

/* In each talk, and only where T2 is longer than the warning. */
START_TEST(nearly_over)
{
	struct floor_settings settings = floor_settings_default;
	settings.max_talk_ms = 6000;
	stage_begin(&settings);
	stage_join_all("ab", &stage_phone);
	for (int talk = 0; talk < 2; talk++) {
		stage_ask('a', &stage_key);
		stage_forget();
		stage_talk("a", 1000);
		SAID("a~nearly");
		stage_release('a');
	}
	settings.max_talk_ms = 3000;
	floor_set(&stage.floor, &settings, stage_now());
	stage_ask('a', &stage_key);
	stage_forget();
	stage_talk("a", 2980);
	NOTHING_SAID;
}
END_TEST

/* A Duration of T2's value would make the client cut itself. */
START_TEST(duration_of_who_is_exempt)
{
	stage_begin(NULL);
	stage_join_all("ab", &stage_client);
	stage_ask('a', &stage_emergency);
	SAID("+a a<granted(65535,5,e) a~granted *<taken(a,e)");
	stage_talk("a", 120000);
	NOTHING_SAID;
	HEARD("a");
	/* the emergency is over: T2 counts from here */
	floor_emergency_set(&stage.floor, false, stage_now());
	SAID("a<granted(30,5) *<taken(a)");
	stage_talk("a", 29980);
	SAID("a~nearly");
	stage_talk("a", 20);
	SAID("a<revoke(2)");
}
END_TEST

START_TEST(no_limit_at_all)
{
	struct floor_settings settings = floor_settings_default;
	settings.max_talk_ms = 0;
	stage_begin(&settings);
	stage_join_all("ab", &stage_client);
	stage_ask('a', &stage_packet);
	SAID("+a a<granted(65535,5) a~granted *<taken(a)");
	stage_talk("a", 100000);
	NOTHING_SAID;
	stage_wait(4000);
	SAID("-a(silent) a~revoked *<idle");
}
END_TEST

static uint16_t last_indicator;

static void keep_indicator(
	struct floor *floor, struct floor_member *member, const struct floor_saying *saying)
{
	last_indicator = saying->indicator;
}

/* The indicator tells the kind of the call, not the rank of a member. */
START_TEST(indicator_of_the_call)
{
	struct floor_settings settings = floor_settings_default;
	stage_begin(&settings);
	struct floor_hooks hooks = *stage.floor.hooks;
	hooks.say = keep_indicator;
	stage.floor.hooks = &hooks;
	stage_join_all("ab", &stage_client);
	ck_assert_uint_eq(last_indicator, 0x8400);
	stage_ask_with('a', &stage_packet, 255);
	ck_assert_uint_eq(last_indicator, 0x8400);
	/* an emergency is the group's, also for a member that has none */
	floor_emergency_set(&stage.floor, true, stage_now());
	stage_release('b');
	ck_assert_uint_eq(last_indicator, 0x1400);
	floor_emergency_set(&stage.floor, false, stage_now());
	stage_release('b');
	ck_assert_uint_eq(last_indicator, 0x8400);
	settings.queue = 0;
	settings.talkers = 2;
	settings.is_broadcast = true;
	floor_set(&stage.floor, &settings, stage_now());
	stage_release('b');
	ck_assert_uint_eq(last_indicator, 0x4080);
}
END_TEST

/* Imminent peril is shown while that talker talks, and takes nothing from anybody. */
START_TEST(imminent_peril)
{
	struct floor_ask peril = stage_packet;
	peril.is_peril = true;
	stage_begin(NULL);
	stage_join_all("ab", &stage_client);
	stage_ask('a', &stage_packet);
	stage_forget();
	stage_ask('b', &peril);
	SAID("b<place(1) b~queued");
	stage_release('a');
	SAID("-a(released) a~roger +b b<granted(30,5,p) b~granted *<taken(b,p)");
	stage_release('b');
	stage_ask('a', &stage_packet);
	SAID("-b(released) b~roger *<idle +a a<granted(30,5) a~granted *<taken(a)");
}
END_TEST

/* ---- buttons ---- */

START_TEST(a_second_press_gives_back)
{
	stage_begin(NULL);
	stage_join_all("ab", &stage_phone);
	stage_ask('a', &stage_key);
	stage_ask('b', &stage_key);
	stage_forget();
	stage_ask('b', &stage_key);
	SAID("b<taken(a)");
	stage_ask('a', &stage_key);
	SAID("-a(released) a~roger *<idle");
	/* although he could ask with more by now */
	struct floor_terms higher = stage_phone;
	stage_ask('a', &stage_key);
	stage_forget();
	higher.priority++;
	floor_member_set(&stage.floor, stage_member('a'), &higher, stage_now());
	stage_ask('a', &stage_key);
	SAID("-a(released) a~roger *<idle");
	floor_member_set(&stage.floor, stage_member('a'), &stage_phone, stage_now());
	/* twice in one tick: asked, and given back */
	floor_request(&stage.floor, stage_member('a'), &stage_key, stage_now());
	floor_request(&stage.floor, stage_member('a'), &stage_key, stage_now());
	stage_tick();
	SAID("a<idle");
	/* of a reserved floor it asks again */
	struct floor_settings settings = floor_settings_default;
	settings.hang_ms = 1000;
	floor_set(&stage.floor, &settings, stage_now());
	stage_ask('a', &stage_key);
	stage_ask('a', &stage_key);
	stage_forget();
	stage_ask('a', &stage_key);
	SAID("+a a<granted(30,5) a~granted *<taken(a)");
}
END_TEST

/* Voice neither queues nor pre-empts, whatever its rank. */
START_TEST(voice_only_takes_what_is_free)
{
	struct floor_settings settings = floor_settings_default;
	struct floor_ask loud = stage_voice;
	settings.preempt = FLOOR_PREEMPT_PRIORITY;
	loud.is_emergency = true;
	stage_begin(&settings);
	stage_join_all("ab", &stage_phone);
	stage_ask_with('a', &stage_key, 1);
	stage_forget();
	stage_ask('b', &loud);
	SAID("b<deny(1) b~denied *<taken(a,e)");
	stage_release('a');
	stage_forget();
	stage_ask('b', &stage_voice);
	SAID("+b b<granted(30,5,e) b~granted *<taken(b,e)"); /* as the other one declared it */
	stage_ask('b', &stage_voice);                        /* goes on talking */
	stage_forget();
	stage_release('b');
	ck_assert_uint_eq(stage_member('b')->trigger, stage_voice.trigger);
	SAID("-b(released) b~roger *<idle");
}
END_TEST

/* The lower of what is asked and the cap; nothing asked: the cap. */
START_TEST(priority_is_capped)
{
	stage_begin(NULL);
	stage_join_all("ab", &stage_client);
	stage_ask_with('a', &stage_packet, 200);
	SAID("+a a<granted(30,5) a~granted *<taken(a)");
	stage_release('a');
	stage_ask_with('a', &stage_packet, 3);
	ck_assert_uint_eq(stage_member('a')->priority, 3);
	stage_release('a');
	stage_ask_with('a', &stage_packet, 0);
	ck_assert_uint_eq(stage_member('a')->priority, 0);
	stage_release('a');
	stage_ask('a', &stage_packet);
	ck_assert_uint_eq(stage_member('a')->priority, 5);
}
END_TEST

/* A higher rank asked while talking counts from then on; a higher one while waiting is new. */
START_TEST(rank_is_raised)
{
	struct floor_settings settings = floor_settings_default;
	settings.preempt = FLOOR_PREEMPT_PRIORITY;
	stage_begin(&settings);
	stage_join_all("abc", &stage_client);
	stage_ask_with('a', &stage_packet, 2);
	stage_ask_with('b', &stage_packet, 1);
	stage_ask_with('c', &stage_packet, 1);
	stage_forget();
	stage_ask_with('c', &stage_packet, 2); /* before b, not before a */
	SAID("c<place(1) c~queued b<place(2)");
	stage_ask_with('a', &stage_packet, 4);
	SAID("a<granted(30,4)");
	stage_ask_with('b', &stage_packet, 4);
	SAID("b<place(1) b~queued c<place(2)");
	stage_ask_with('b', &stage_packet, 5);
	SAID("a<revoke(4) b<place(1) b~queued");
	ck_assert_uint_eq(stage_member('b')->state, FLOOR_MEMBER_NEXT);
}
END_TEST

START_TEST(only_who_may_declares_an_emergency)
{
	struct floor_terms may_not = stage_client;
	may_not.may_declare_emergency = false;
	stage_begin(NULL);
	stage_join_all("a", &stage_client);
	stage_join_all("b", &may_not);
	stage_ask('a', &stage_packet);
	stage_forget();
	stage_ask('b', &stage_emergency);
	SAID("b<place(1) b~queued");
	ck_assert(!stage.floor.is_emergency);
	stage_ask('a', &stage_emergency); /* while it talks */
	SAID("a<granted(65535,5,e) *<taken(a,e)");
	ck_assert(stage.floor.is_emergency);
	/* its spurt goes on under the button that began it */
	ck_assert_uint_eq(stage_member('a')->trigger, stage_packet.trigger);
}
END_TEST

/* When it is over those who waited by it wait by their priority. */
START_TEST(an_emergency_is_over)
{
	struct floor_settings settings = floor_settings_default;
	settings.preempt = FLOOR_PREEMPT_NEVER;
	stage_begin(&settings);
	stage_join_all("abc", &stage_client);
	stage_ask('a', &stage_packet);
	stage_ask('b', &stage_packet);
	struct floor_ask low = stage_emergency;
	low.has_priority = true;
	low.priority = 1;
	stage_forget();
	stage_ask('c', &low);
	SAID("c<place(1) c~queued b<place(2) *<taken(a,e)");
	ck_assert_uint_eq(floor_place(&stage.floor, stage_member('c')), 1);
	floor_emergency_set(&stage.floor, false, stage_now());
	SAID("a<granted(30,5) *<taken(a) b<place(1) c<place(2)");
}
END_TEST

/* Other terms during the call. */
START_TEST(terms_change)
{
	struct floor_terms listens = stage_client;
	listens.is_listen_only = true;
	stage_begin(NULL);
	stage_join_all("abc", &stage_client);
	stage_ask('a', &stage_packet);
	stage_ask('b', &stage_packet);
	stage_forget();
	floor_member_set(&stage.floor, stage_member('b'), &listens, stage_now());
	SAID("b<deny(5) b~denied");
	floor_member_set(&stage.floor, stage_member('a'), &listens, stage_now());
	SAID("a<revoke(3) -a(settings) a~revoked *<idle");
	stage_send('a');
	stage_wait(200);
	stage_forget();
	floor_member_set(&stage.floor, stage_member('a'), &stage_phone, stage_now());
	ck_assert_uint_eq(stage_member('a')->state, FLOOR_MEMBER_LISTENS);
	stage_talk("a", 2000);
	NOTHING_SAID;
}
END_TEST

START_TEST(changes_are_told_once)
{
	stage_begin(NULL);
	stage_join_all("abc", &stage_client);
	unsigned before = stage.changes;
	stage_ask('a', &stage_packet);
	ck_assert_uint_eq(stage.changes, before + 1);
	stage_talk("a", 1000);
	ck_assert_uint_eq(stage.changes, before + 1);
	stage_ask('b', &stage_packet);
	ck_assert_uint_eq(stage.changes, before + 2);
	stage_release('a'); /* one stops, another begins */
	ck_assert_uint_eq(stage.changes, before + 3);
}
END_TEST

TEST_MAIN("participant", media_without_the_floor, media_while_another_talks, media_of_a_phone,
	stragglers, release_of_who_waits, release_when_idle, late_joiner, position_request,
	far_back_in_the_queue, granted_out_of_the_queue, a_phone_is_not_granted_again, nearly_over,
	duration_of_who_is_exempt, no_limit_at_all, indicator_of_the_call, imminent_peril,
	a_second_press_gives_back, voice_only_takes_what_is_free, priority_is_capped,
	rank_is_raised, only_who_may_declares_an_emergency, an_emergency_is_over, terms_change,
	changes_are_told_once)
