/* SPDX-License-Identifier: Apache-2.0 */
/* test_voice_keys.c: buttons that are in the sound: speaking up, un-mute, the bits of radios. */
#include "sound/ed137.h"
#include "unit/media/group_harness.h"

static struct leg legs[4];

static void start_with(unsigned trigger, unsigned count)
{
	default_settings();
	settings.keepalive = MEDIA_KEEPALIVE_NONE;
	start_group();
	for (unsigned i = 0; i < count; i++) {
		leg_take(&legs[i], i + 1, false);
		legs[i].said.triggers = (uint16_t)(MEDIA_TRIGGERS_DEFAULT | 1 << trigger);
		legs[i].said.is_radio = trigger == MEDIA_TRIGGER_ED137;
		legs[i].said.radio_id = (uint8_t)(10 + i);
		leg_set(&legs[i]);
	}
}

static void finish_with(unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		leg_close(&legs[i]);
	finish();
}

static void frame(void)
{
	settle();
	fake_clock_advance(&clock_here, 20);
	turn();
}

/* 20 ms of mu-law, loud or silent, which bear a number. */
static void puts_out(struct leg *leg, uint8_t code, uint8_t number)
{
	uint8_t bytes[12 + 160];
	write_rtp(&leg->phone, bytes, "");
	for (unsigned i = 0; i < 160; i++)
		bytes[12 + i] = (uint8_t)(i / 8 % 2 ? code : code | 0x80);
	bytes[12 + 159] = number;
	send_bytes(&leg->phone, 0, leg->lease.port, bytes, sizeof(bytes));
}

static void says(struct leg *leg, bool is_loud, uint8_t number)
{
	puts_out(leg, is_loud ? 0x10 : 0xff, number);
	frame();
}

/* About -30 dBov: voice, but no louder than an echo. */
static void says_softly(struct leg *leg, uint8_t number)
{
	puts_out(leg, 0x50, number);
}

static void hears(struct leg *leg, uint8_t number)
{
	ck_assert_msg(leg_hears(leg), "%u is not heard", number);
	ck_assert_uint_eq(leg->length, 12 + 160);
	ck_assert_uint_eq(leg->bytes[12 + 159], number);
}

START_TEST(who_speaks_up_is_heard_from_the_first_syllable_on)
{
	start_with(MEDIA_TRIGGER_VOX, 2);
	for (unsigned i = 0; i < 50; i++)
		says(&legs[0], false, 0xff);
	ck_assert_uint_eq(read_group().talker_count, 0);
	says(&legs[0], true, 1);
	says(&legs[0], true, 2);
	says(&legs[0], true, 3);
	ck_assert_uint_eq(read_group().talker_count, 1);
	ck_assert_uint_eq(read_group().talkers[0].trigger, MEDIA_TRIGGER_VOX);
	/* the breath before is heard, too */
	do
		ck_assert(leg_hears(&legs[1]));
	while (legs[1].bytes[12 + 159] == 0xff);
	ck_assert_uint_eq(legs[1].bytes[12 + 159], 1);
	hears(&legs[1], 2);
	hears(&legs[1], 3);
	for (unsigned i = 0; i < 30; i++)
		says(&legs[0], false, 0xff);
	ck_assert_uint_eq(read_group().talker_count, 1);
	for (unsigned i = 0; i < 15; i++)
		says(&legs[0], false, 0xff);
	ck_assert_uint_eq(read_group().talker_count, 0);
	ck_assert_uint_eq(spurts[0].end, MEDIA_SPURT_RELEASED);
	finish_with(2);
}
END_TEST

/* It must begin again once the floor is free. */
START_TEST(speech_while_another_talks_does_not_count)
{
	start_with(MEDIA_TRIGGER_VOX, 2);
	leg_presses(&legs[1], STAR);
	for (unsigned i = 0; i < 20; i++)
		says(&legs[0], true, 1);
	ck_assert_uint_eq(read_group().talkers[0].tag, 102);
	ck_assert_uint_eq(read_group().waiting_count, 0);
	leg_presses(&legs[1], HASH);
	for (unsigned i = 0; i < 20; i++)
		says(&legs[0], true, 1);
	ck_assert_uint_eq(read_group().talker_count, 0);
	for (unsigned i = 0; i < 50; i++)
		says(&legs[0], false, 1);
	for (unsigned i = 0; i < 4; i++)
		says(&legs[0], true, 1);
	ck_assert_uint_eq(read_group().talkers[0].tag, 101);
	finish_with(2);
}
END_TEST

/* A place that is free may be taken by voice, and who is heard need not shout the other one down.
 */
START_TEST(two_speak_up_where_two_may_talk)
{
	default_settings();
	settings.keepalive = MEDIA_KEEPALIVE_NONE;
	settings.talkers = 2;
	start_group();
	for (unsigned i = 0; i < 3; i++) {
		leg_take(&legs[i], i + 1, false);
		legs[i].said.triggers |= 1 << MEDIA_TRIGGER_VOX;
		leg_set(&legs[i]);
	}
	for (unsigned i = 0; i < 5; i++) {
		says_softly(&legs[0], 1);
		frame();
	}
	ck_assert_uint_eq(read_group().talker_count, 1);
	for (unsigned i = 0; i < 60; i++) {
		says_softly(&legs[0], 1);
		says_softly(&legs[2], 3); /* an echo */
		says(&legs[1], true, 2);
	}
	ck_assert_uint_eq(read_group().talker_count, 2);
	ck_assert_uint_eq(read_group().talkers[0].tag, 101);
	ck_assert_uint_eq(read_group().talkers[1].tag, 102);
	/* the first one falls silent, and gives its place back */
	for (unsigned i = 0; i < 60; i++) {
		says(&legs[0], false, 1);
		says_softly(&legs[1], 2);
	}
	ck_assert_uint_eq(read_group().talker_count, 1);
	ck_assert_uint_eq(read_group().talkers[0].tag, 102);
	ck_assert_uint_eq(spurts[0].end, MEDIA_SPURT_RELEASED);
	finish_with(3);
}
END_TEST

/* Its loudspeaker brings the talk back into its microphone: that is no speech. */
START_TEST(who_comes_in_while_another_talks_is_guarded)
{
	start_with(MEDIA_TRIGGER_VOX, 1);
	leg_join(&legs[1], 2);
	leg_presses(&legs[1], STAR);
	for (unsigned i = 2; i < 4; i++) {
		leg_take(&legs[i], i + 1, false);
		legs[i].said.triggers |= 1 << MEDIA_TRIGGER_VOX;
		leg_set(&legs[i]);
	}
	for (unsigned i = 0; i < 10; i++) {
		leg_speaks(&legs[1], "talk");
		says_softly(&legs[0], 1);
		says(&legs[2], true, 3);
	}
	ck_assert_uint_eq(read_group().denied, 0);
	/* nor after a reload */
	media_group_set(media, 0, here.group, &settings);
	settle();
	for (unsigned i = 0; i < 10; i++) {
		leg_speaks(&legs[1], "talk");
		says_softly(&legs[0], 1);
		says(&legs[2], true, 3);
	}
	ck_assert_uint_eq(read_group().denied, 0);
	ck_assert_uint_eq(read_group().talkers[0].tag, 102);
	finish_with(4);
}
END_TEST

START_TEST(a_reload_while_one_speaks_changes_nothing)
{
	start_with(MEDIA_TRIGGER_VOX, 2);
	for (unsigned i = 0; i < 5; i++)
		says(&legs[0], true, 1);
	ck_assert_uint_eq(read_group().talker_count, 1);
	settings.vox_hang_ms = 400;
	media_group_set(media, 0, here.group, &settings);
	settle();
	for (unsigned i = 0; i < 18; i++)
		says(&legs[0], false, 1);
	ck_assert_uint_eq(read_group().talker_count, 1);
	for (unsigned i = 0; i < 5; i++)
		says(&legs[0], false, 1);
	ck_assert_uint_eq(read_group().talker_count, 0);
	finish_with(2);
}
END_TEST

START_TEST(muted_again_is_released)
{
	start_with(MEDIA_TRIGGER_MUTE, 2);
	for (unsigned i = 0; i < 5; i++)
		says(&legs[0], true, 1);
	ck_assert_uint_eq(read_group().talker_count, 1);
	for (unsigned i = 0; i < 20; i++)
		frame();
	ck_assert_uint_eq(read_group().talker_count, 0);
	finish_with(2);
}
END_TEST

static void radio_says(struct leg *leg, enum ed137_ptt ptt, uint8_t number)
{
	uint8_t bytes[12 + ED137_SIZE + 160];
	struct ed137 say = {.ptt = ptt, .id = leg->said.radio_id};
	write_rtp(&leg->phone, bytes, "");
	bytes[0] |= 0x10;
	ck_assert_uint_eq(ed137_write(&say, bytes + 12), ED137_SIZE);
	memset(bytes + 12 + ED137_SIZE, number, 160);
	send_bytes(&leg->phone, 0, leg->lease.port, bytes, sizeof(bytes));
	frame();
}

static struct ed137 radio_hears(struct leg *leg, uint8_t number)
{
	struct rtp_packet packet;
	struct ed137 bits;
	ck_assert_msg(leg_hears(leg), "%u is not heard", number);
	ck_assert_int_gt(rtp_packet_parse(leg->bytes, leg->length, &packet), 0);
	ck_assert(ed137_read(&packet, &bits));
	ck_assert_uint_eq(packet.payload_length, 160);
	ck_assert_uint_eq(packet.payload[0], number);
	return bits;
}

START_TEST(the_bit_of_a_radio_is_its_button)
{
	start_with(MEDIA_TRIGGER_ED137, 2);
	radio_says(&legs[0], ED137_PTT_OFF, 1);
	ck_assert_uint_eq(read_group().talker_count, 0);
	leg_drain(&legs[1]);
	radio_says(&legs[0], ED137_PTT_NORMAL, 2);
	ck_assert_uint_eq(read_group().talkers[0].tag, 101);
	/* from the packet on that bears the bit */
	radio_hears(&legs[1], 2);
	radio_says(&legs[0], ED137_PTT_NORMAL, 3);
	struct ed137 bits = radio_hears(&legs[1], 3);
	ck_assert(bits.squelch);
	ck_assert_uint_eq(bits.ptt, ED137_PTT_OFF);
	ck_assert_uint_eq(bits.id, 11);
	radio_says(&legs[0], ED137_PTT_OFF, 4);
	ck_assert_uint_eq(read_group().talker_count, 0);
	ck_assert_uint_eq(spurts[0].clipped, 0);
	finish_with(2);
}
END_TEST

START_TEST(a_bit_that_stays_set_gets_its_turn)
{
	start_with(MEDIA_TRIGGER_ED137, 2);
	radio_says(&legs[0], ED137_PTT_NORMAL, 1);
	radio_says(&legs[1], ED137_PTT_NORMAL, 1);
	ck_assert_uint_eq(read_group().waiting_count, 1);
	radio_says(&legs[0], ED137_PTT_OFF, 1);
	ck_assert_uint_eq(read_group().talkers[0].tag, 102);
	finish_with(2);
}
END_TEST

/* Whoever is pre-empted and keeps the button down waits for the floor; whoever had it for too long
 * must let go first. */
START_TEST(a_bit_that_stays_set_waits_when_it_is_preempted)
{
	start_with(MEDIA_TRIGGER_ED137, 2);
	settings.max_talk_ms = 1000;
	media_group_set(media, 0, here.group, &settings);
	settle();
	radio_says(&legs[0], ED137_PTT_NORMAL, 1);
	radio_says(&legs[1], ED137_PTT_EMERGENCY, 1);
	ck_assert_uint_eq(read_group().talkers[0].tag, 102);
	ck_assert_uint_eq(spurts[0].end, MEDIA_SPURT_PREEMPTED);
	radio_says(&legs[0], ED137_PTT_NORMAL, 1);
	ck_assert_uint_eq(read_group().waiting_count, 1);
	leg_drain(&legs[0]);
	radio_says(&legs[1], ED137_PTT_OFF, 1);
	ck_assert_uint_eq(read_group().talkers[0].tag, 101);
	/* what it said while it waited is not heard now */
	leg_drain(&legs[1]);
	radio_says(&legs[0], ED137_PTT_NORMAL, 2);
	radio_hears(&legs[1], 2);
	for (unsigned i = 0; i < 60; i++)
		radio_says(&legs[0], ED137_PTT_NORMAL, 3);
	ck_assert_uint_eq(read_group().talker_count, 0);
	ck_assert_uint_eq(spurts[2].end, MEDIA_SPURT_TIME_OVER);
	radio_says(&legs[0], ED137_PTT_OFF, 1);
	radio_says(&legs[0], ED137_PTT_NORMAL, 1);
	ck_assert_uint_eq(read_group().talker_count, 1);
	/* one that lets go while it is stopped does not wait */
	radio_says(&legs[1], ED137_PTT_EMERGENCY, 1);
	radio_says(&legs[0], ED137_PTT_OFF, 1);
	ck_assert_uint_eq(read_group().waiting_count, 0);
	finish_with(2);
}
END_TEST

/* Its bits say that it is there, held down or not: without them for as long as was agreed it is
 * not, which is before T1. */
START_TEST(a_radio_that_dies_lets_go)
{
	start_with(MEDIA_TRIGGER_ED137, 3);
	legs[1].said.radio_period_ms = 100;
	legs[1].said.radio_multiplier = 5;
	leg_set(&legs[1]);
	radio_says(&legs[0], ED137_PTT_NORMAL, 1);
	radio_says(&legs[1], ED137_PTT_NORMAL, 1);
	radio_says(&legs[2], ED137_PTT_NORMAL, 1);
	ck_assert_uint_eq(read_group().waiting_count, 2);
	for (unsigned i = 0; i < 8; i++) {
		radio_says(&legs[0], ED137_PTT_NORMAL, 1);
		frame();
	}
	ck_assert_uint_eq(read_group().waiting_count, 2);
	for (unsigned i = 0; i < 10; i++) {
		radio_says(&legs[0], ED137_PTT_NORMAL, 1);
		radio_says(&legs[2], ED137_PTT_NORMAL, 1);
	}
	/* 500 ms: who waits does not any more */
	ck_assert_uint_eq(read_group().waiting_count, 1);
	ck_assert_uint_eq(read_group().talkers[0].tag, 101);
	for (unsigned i = 0; i < 98; i++)
		frame();
	ck_assert_uint_eq(read_group().talkers[0].tag, 101);
	for (unsigned i = 0; i < 6; i++)
		radio_says(&legs[2], ED137_PTT_NORMAL, 1);
	/* 2 s: it talked with the floor that the next one has now */
	ck_assert_uint_eq(read_group().talkers[0].tag, 103);
	ck_assert_uint_eq(spurts[0].end, MEDIA_SPURT_MEDIA_ENDED);
	/* it comes back with its button down */
	radio_says(&legs[0], ED137_PTT_NORMAL, 1);
	ck_assert_uint_eq(read_group().waiting_count, 1);
	finish_with(3);
}
END_TEST

/* Type 3 is never less than type 1 of the same radio; type 5 is a test. */
START_TEST(kinds_of_a_radios_button)
{
	start_with(MEDIA_TRIGGER_ED137, 3);
	settings.preempt = MEDIA_PREEMPT_PRIORITY;
	media_group_set(media, 0, here.group, &settings);
	legs[0].said.priority = 250;
	legs[1].said.priority = 220;
	legs[2].said.priority = 100;
	for (unsigned i = 0; i < 3; i++)
		leg_set(&legs[i]);
	radio_says(&legs[2], ED137_PTT_TEST, 1);
	ck_assert_uint_eq(read_group().talker_count, 0);
	radio_says(&legs[2], ED137_PTT_PRIORITY, 1);
	ck_assert_uint_eq(read_group().talkers[0].priority, 100);
	radio_says(&legs[1], ED137_PTT_NORMAL, 1);
	ck_assert_uint_eq(read_group().talkers[0].priority, 220);
	radio_says(&legs[0], ED137_PTT_PRIORITY, 1);
	ck_assert_uint_eq(read_group().talkers[0].tag, 101);
	ck_assert_uint_eq(read_group().talkers[0].priority, 250);
	radio_says(&legs[1], ED137_PTT_NORMAL, 1);
	/* from pressed to tested it is let go */
	radio_says(&legs[0], ED137_PTT_TEST, 1);
	ck_assert_uint_eq(read_group().talkers[0].tag, 102);
	finish_with(3);
}
END_TEST

START_TEST(a_radio_is_kept_alive_by_bits)
{
	start_with(MEDIA_TRIGGER_ED137, 1);
	radio_says(&legs[0], ED137_PTT_OFF, 1);
	leg_drain(&legs[0]);
	for (unsigned i = 0; i < 50; i++)
		frame();
	ck_assert_uint_eq(leg_drain(&legs[0]), 5);
	ck_assert_uint_eq(legs[0].type, ED137_KEEPALIVE_TYPE);
	ck_assert_uint_eq(legs[0].length, 12 + ED137_SIZE);
	finish_with(1);
}
END_TEST

TEST_MAIN("voice_keys", who_speaks_up_is_heard_from_the_first_syllable_on,
	speech_while_another_talks_does_not_count, two_speak_up_where_two_may_talk,
	who_comes_in_while_another_talks_is_guarded, a_reload_while_one_speaks_changes_nothing,
	muted_again_is_released, the_bit_of_a_radio_is_its_button,
	a_bit_that_stays_set_gets_its_turn, a_bit_that_stays_set_waits_when_it_is_preempted,
	a_radio_that_dies_lets_go, kinds_of_a_radios_button, a_radio_is_kept_alive_by_bits)
