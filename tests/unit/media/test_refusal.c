/* SPDX-License-Identifier: Apache-2.0 */
/* test_refusal.c: who begins to speak without having the floor is told so, and nobody else is. */
#include "unit/media/group_harness.h"

static struct leg legs[3];

/* Bytes of PCMU, the louder ones first. */
#define VOICE       0x90
#define ENGINE      0xdb /* loud enough for a voice */
#define ENGINE_IDLE 0xe0
#define ROOM        0xe8
#define NOTHING     0xff

static void setup(void)
{
	default_settings();
	settings.keepalive = MEDIA_KEEPALIVE_NONE;
	settings.has_tones = settings.has_refuse_tone = true;
	start_group();
	legs_join(legs, 3);
}

/* `ms` of that sound from one leg, and of silence from the others. */
static void sounds(struct leg *leg, int byte, unsigned ms)
{
	char frame[161] = {0}, nothing[161] = {0};
	memset(frame, byte, 160);
	memset(nothing, NOTHING, 160);
	for (unsigned gone = 0; gone < ms; gone += 20) {
		for (unsigned i = 0; i < ARRAY_LENGTH(legs); i++)
			speak(&legs[i].phone, legs[i].lease.port,
				&legs[i] == leg ? frame : nothing);
		fake_clock_advance(&clock_here, 20);
		settle();
	}
}

static uint64_t told_now(void)
{
	return count(METRIC_group_speech_refused);
}

START_TEST(who_speaks_up_is_told_once)
{
	setup();
	for (unsigned i = 0; i < 3; i++) {
		sounds(NULL, 0, 5000);
		leg_drain(&legs[i]);
		sounds(&legs[i], VOICE, 2000);
		ck_assert_uint_eq(told_now(), i + 1);
		ck_assert_uint_ge(leg_drain(&legs[i]), 5); /* the tone */
		for (unsigned n = 0; n < 3; n++)
			ck_assert_uint_eq(leg_drain(&legs[n]), 0);
	}
	finish_group(legs, 3);
}
END_TEST

START_TEST(who_goes_on_is_not_told_at_each_sentence)
{
	setup();
	sounds(NULL, 0, 1000);
	for (unsigned i = 0; i < 4; i++) {
		sounds(&legs[2], VOICE, 200);
		sounds(NULL, 0, 1000);
	}
	ck_assert_uint_eq(told_now(), 1);
	sounds(NULL, 0, 5000);
	sounds(&legs[2], VOICE, 200);
	ck_assert_uint_eq(told_now(), 2);
	finish_group(legs, 3);
}
END_TEST

START_TEST(a_room_is_no_voice)
{
	setup();
	sounds(&legs[2], ROOM, 5000);
	sounds(NULL, 0, 1000);
	sounds(&legs[2], ROOM, 2000);
	for (unsigned i = 0; i < 20; i++) { /* a cough, a key */
		sounds(&legs[2], VOICE, 60);
		sounds(NULL, 0, 400);
	}
	ck_assert_uint_eq(told_now(), 0);
	/* what is loud all the time is background, too: told at first, if at all */
	sounds(&legs[2], VOICE, 30000);
	for (unsigned i = 0; i < 5; i++)
		sounds(&legs[2], VOICE, 6000);
	ck_assert_uint_le(told_now(), 1);
	/* an engine that is louder now and then */
	sounds(&legs[1], ENGINE, 10000);
	uint64_t before = told_now();
	for (unsigned i = 0; i < 5; i++) {
		sounds(&legs[1], ENGINE_IDLE, 1000);
		sounds(&legs[1], ENGINE, 1000);
	}
	ck_assert_uint_eq(told_now(), before);
	finish_group(legs, 3);
}
END_TEST

START_TEST(an_echo_is_no_voice)
{
	setup();
	sounds(NULL, 0, 1000);
	leg_presses(&legs[0], STAR);
	for (unsigned i = 0; i < 50;
		i++) { /* both loud: a talker, and what a loudspeaker gives back */
		char frame[161] = {0};
		memset(frame, VOICE, 160);
		speak(&legs[0].phone, legs[0].lease.port, frame);
		sounds(&legs[2], VOICE, 20);
	}
	leg_presses(&legs[0], HASH);
	sounds(&legs[2], VOICE, 300);
	sounds(&legs[1], VOICE, 300); /* a room that rings */
	ck_assert_uint_eq(told_now(), 0);
	/* nor is what he goes on to say who has let go */
	leg_presses(&legs[1], STAR);
	sounds(&legs[1], VOICE, 400);
	leg_presses(&legs[1], HASH);
	sounds(&legs[1], VOICE, 400);
	ck_assert_uint_eq(told_now(), 0);
	/* later all of them are told */
	sounds(NULL, 0, 3000);
	sounds(&legs[1], VOICE, 400);
	sounds(&legs[2], VOICE, 400);
	ck_assert_uint_eq(told_now(), 2);
	finish_group(legs, 3);
}
END_TEST

START_TEST(by_default_nobody_is_told)
{
	setup();
	settings.has_refuse_tone = false;
	media_group_set(media, 0, here.group, &settings);
	pass(1200);
	sounds(NULL, 0, 1000);
	sounds(&legs[2], VOICE, 2000);
	ck_assert_uint_eq(told_now(), 0);
	/* a reload changes that for those who are in, and muffled */
	settings.has_refuse_tone = true;
	media_group_set(media, 0, here.group, &settings);
	sounds(NULL, 0, 3000);
	sounds(&legs[2], VOICE, 400);
	ck_assert_uint_eq(told_now(), 1);
	finish_group(legs, 3);
}
END_TEST

TEST_MAIN("refusal", who_speaks_up_is_told_once, who_goes_on_is_not_told_at_each_sentence,
	a_room_is_no_voice, an_echo_is_no_voice, by_default_nobody_is_told)
