/* SPDX-License-Identifier: Apache-2.0 */
/* test_channels.c: floor packets of MCPTT members on the ports of their own. */
#include "floor/floor.h"
#include "rtp/floor_message.h"
#include "unit/media/group_harness.h"

static struct leg legs[4];

static void setup(void)
{
	default_settings();
	settings.keepalive = MEDIA_KEEPALIVE_NONE;
	start_group();
}

static void join_with_channel(struct leg *leg, uint64_t owner)
{
	leg_take(leg, owner, true);
	leg_set(leg);
}

static void say(struct leg *leg, struct floor_message message)
{
	uint8_t bytes[FLOOR_MESSAGE_MAX];
	size_t length = floor_message_write(&message, bytes, sizeof(bytes));
	ck_assert_uint_gt(length, 0);
	send_bytes(&leg->floor, 0, leg->lease.floor_port, bytes, length);
	settle();
}

/* The next floor packet that a member gets must be of this type. */
static struct floor_message gets_message(struct leg *leg, uint8_t type)
{
	static uint8_t bytes[FLOOR_MESSAGE_MAX];
	struct media_address from;
	struct floor_message message;
	size_t length = receive(&leg->floor, 0, bytes, sizeof(bytes), &from);
	ck_assert_msg(length > 0, "nothing came where %u was expected", type);
	ck_assert(floor_message_is_datagram(bytes, length));
	ck_assert_int_eq(floor_message_parse(bytes, length, &message), (int)length);
	ck_assert_uint_eq(message.type, type);
	ck_assert_uint_eq(media_address_port(&from), leg->lease.floor_port);
	return message;
}

START_TEST(a_member_is_told_that_the_floor_is_idle)
{
	setup();
	join_with_channel(&legs[0], 1);
	struct floor_message idle = gets_message(&legs[0], FLOOR_MESSAGE_IDLE);
	ck_assert(floor_message_has(&idle, FLOOR_FIELD_SEQUENCE));
	leg_close(&legs[0]);
	finish();
}
END_TEST

START_TEST(a_request_is_granted_and_others_are_told)
{
	setup();
	join_with_channel(&legs[0], 1);
	join_with_channel(&legs[1], 2);
	leg_join(&legs[2], 3);
	gets_message(&legs[0], FLOOR_MESSAGE_IDLE);
	gets_message(&legs[1], FLOOR_MESSAGE_IDLE);
	say(&legs[0], (struct floor_message){.type = FLOOR_MESSAGE_REQUEST});
	struct floor_message granted = gets_message(&legs[0], FLOOR_MESSAGE_GRANTED);
	ck_assert_uint_eq(granted.numbers[FLOOR_FIELD_DURATION], 30);
	ck_assert_uint_eq(granted.numbers[FLOOR_FIELD_PRIORITY], 5);
	ck_assert(floor_message_has(&granted, FLOOR_FIELD_AUDIO_SSRC));
	struct floor_message taken = gets_message(&legs[1], FLOOR_MESSAGE_TAKEN);
	ck_assert_uint_eq(taken.texts[FLOOR_FIELD_PARTY].length, strlen("sip:u1@example.test"));
	ck_assert_uint_eq(taken.numbers[FLOOR_FIELD_PERMISSION], 1);
	leg_speaks(&legs[0], "hello");
	leg_must_hear(&legs[1], "hello");
	leg_must_hear(&legs[2], "hello");
	ck_assert_uint_eq(taken.audio_ssrc, legs[1].ssrc);
	say(&legs[0], (struct floor_message){.type = FLOOR_MESSAGE_RELEASE});
	gets_message(&legs[0], FLOOR_MESSAGE_IDLE);
	gets_message(&legs[1], FLOOR_MESSAGE_IDLE);
	for (unsigned i = 0; i < 3; i++)
		leg_close(&legs[i]);
	finish();
}
END_TEST

START_TEST(who_asks_second_waits)
{
	setup();
	for (unsigned i = 0; i < 3; i++)
		join_with_channel(&legs[i], i + 1);
	for (unsigned i = 0; i < 3; i++)
		gets_message(&legs[i], FLOOR_MESSAGE_IDLE);
	say(&legs[0], (struct floor_message){.type = FLOOR_MESSAGE_REQUEST});
	gets_message(&legs[0], FLOOR_MESSAGE_GRANTED);
	gets_message(&legs[1], FLOOR_MESSAGE_TAKEN);
	say(&legs[1], (struct floor_message){.type = FLOOR_MESSAGE_REQUEST});
	struct floor_message position = gets_message(&legs[1], FLOOR_MESSAGE_POSITION);
	ck_assert_uint_eq(position.numbers[FLOOR_FIELD_QUEUE_INFO], 1);
	ck_assert_uint_eq(read_group().waiting_count, 1);
	ck_assert_uint_eq(read_group().waiting[0].tag, 102);
	say(&legs[0], (struct floor_message){.type = FLOOR_MESSAGE_RELEASE});
	gets_message(&legs[1], FLOOR_MESSAGE_GRANTED);
	for (unsigned i = 0; i < 3; i++)
		leg_close(&legs[i]);
	finish();
}
END_TEST

START_TEST(what_asks_for_an_ack_gets_one)
{
	setup();
	join_with_channel(&legs[0], 1);
	gets_message(&legs[0], FLOOR_MESSAGE_IDLE);
	say(&legs[0], (struct floor_message){.type = FLOOR_MESSAGE_RELEASE, .wants_ack = true});
	struct floor_message ack = gets_message(&legs[0], FLOOR_MESSAGE_ACK);
	ck_assert_uint_eq(ack.numbers[FLOOR_FIELD_ACKED], FLOOR_MESSAGE_RELEASE);
	gets_message(&legs[0], FLOOR_MESSAGE_IDLE);
	leg_close(&legs[0]);
	finish();
}
END_TEST

START_TEST(two_messages_in_one_datagram)
{
	setup();
	uint8_t bytes[2 * FLOOR_MESSAGE_MAX];
	struct floor_message ask = {.type = FLOOR_MESSAGE_REQUEST};
	struct floor_message where = {.type = FLOOR_MESSAGE_POSITION_REQUEST};
	join_with_channel(&legs[0], 1);
	join_with_channel(&legs[1], 2);
	gets_message(&legs[0], FLOOR_MESSAGE_IDLE);
	gets_message(&legs[1], FLOOR_MESSAGE_IDLE);
	size_t length = floor_message_write(&where, bytes, sizeof(bytes));
	length += floor_message_write(&ask, bytes + length, sizeof(bytes) - length);
	send_bytes(&legs[0].floor, 0, legs[0].lease.floor_port, bytes, length);
	settle();
	struct floor_message position = gets_message(&legs[0], FLOOR_MESSAGE_POSITION);
	ck_assert_uint_eq(position.numbers[FLOOR_FIELD_QUEUE_INFO], 254);
	gets_message(&legs[0], FLOOR_MESSAGE_GRANTED);
	leg_close(&legs[0]);
	leg_close(&legs[1]);
	finish();
}
END_TEST

/* `count` times the same message, in one datagram. */
static void say_often(struct leg *leg, struct floor_message message, unsigned count)
{
	uint8_t bytes[4000];
	size_t length = 0;
	for (unsigned i = 0; i < count; i++)
		length += floor_message_write(&message, bytes + length, sizeof(bytes) - length);
	send_bytes(&leg->floor, 0, leg->lease.floor_port, bytes, length);
	settle();
}

/* A datagram has room for hundreds; each is answered. */
START_TEST(a_flood_of_messages_is_not_answered)
{
	struct floor_message release = {.type = FLOOR_MESSAGE_RELEASE, .wants_ack = true};
	setup();
	join_with_channel(&legs[0], 1);
	uint64_t sent = count(METRIC_group_floor_sent);
	say_often(&legs[0], release, 300);
	ck_assert_uint_eq(count(METRIC_group_floor_received), 8);
	ck_assert_uint_eq(count(METRIC_group_floor_sent) - sent, 16);
	until_counted(METRIC_group_floor_refused, 1);
	/* nor is a flood of datagrams */
	for (unsigned i = 0; i < 200; i++)
		say_often(&legs[0], release, 1);
	uint64_t received = count(METRIC_group_floor_received);
	ck_assert_uint_ge(received, 40);
	ck_assert_uint_le(received, 45);
	ck_assert_uint_ge(count(METRIC_group_floor_refused), 150);
	/* later it is listened to again */
	pass(1000);
	say_often(&legs[0], release, 1);
	ck_assert_uint_eq(count(METRIC_group_floor_received), received + 1);
	leg_close(&legs[0]);
	finish();
}
END_TEST

START_TEST(a_message_that_ends_too_early_is_counted)
{
	static const uint8_t bad[] = {
		0x80, 204, 0, 3, 1, 1, 1, 1, 'M', 'C', 'P', 'T', 0, 255, 5, 0};
	setup();
	join_with_channel(&legs[0], 1);
	send_bytes(&legs[0].floor, 0, legs[0].lease.floor_port, bad, sizeof(bad));
	until_counted(METRIC_group_floor_dropped, 1);
	ck_assert_uint_eq(read_member(&legs[0]).floor_dropped, 1);
	leg_close(&legs[0]);
	finish();
}
END_TEST

/* Each grant and its end are told to all. */
START_TEST(who_asks_too_often_is_denied)
{
	static struct floor_message message;
	unsigned granted = 0, denied = 0;
	setup();
	join_with_channel(&legs[0], 1);
	leg_join(&legs[1], 2);
	pass(2000);
	for (unsigned i = 0; i < 15; i++) {
		say(&legs[0], (struct floor_message){.type = FLOOR_MESSAGE_REQUEST});
		say(&legs[0], (struct floor_message){.type = FLOOR_MESSAGE_RELEASE});
	}
	uint8_t bytes[FLOOR_MESSAGE_MAX];
	size_t length;
	while ((length = take_waiting(&legs[0].floor, bytes, sizeof(bytes)))) {
		ck_assert_int_gt(floor_message_parse(bytes, length, &message), 0);
		granted += message.type == FLOOR_MESSAGE_GRANTED;
		if (message.type != FLOOR_MESSAGE_DENY)
			continue;
		denied++;
		ck_assert_uint_eq(message.numbers[FLOOR_FIELD_CAUSE], FLOOR_DENY_RETRY_AFTER);
	}
	ck_assert_uint_eq(granted, 10);
	ck_assert_uint_eq(denied, 5);
	ck_assert_uint_eq(count(METRIC_group_requests_refused), 5);
	ck_assert_uint_eq(count(METRIC_group_spurts), 10);
	/* a moment later it may again, and who talks is not told Deny */
	pass(400);
	for (unsigned i = 0; i < 5; i++)
		say(&legs[0], (struct floor_message){.type = FLOOR_MESSAGE_REQUEST});
	ck_assert_uint_eq(read_group().talker_count, 1);
	ck_assert_uint_eq(count(METRIC_group_denied), 5);
	ck_assert_uint_gt(count(METRIC_group_requests_refused), 5);
	leg_close(&legs[0]);
	leg_close(&legs[1]);
	finish();
}
END_TEST

/* In an even beat, far more often than is read: what is asked for is given back, too. */
START_TEST(who_asks_and_lets_go_in_a_beat_does_not_keep_the_floor)
{
	setup();
	join_with_channel(&legs[0], 1);
	leg_join(&legs[1], 2);
	pass(2000);
	uint64_t before = 0;
	for (unsigned i = 0; i < 400; i++) {
		if (i == 200)
			before = count(METRIC_group_spurts);
		say(&legs[0], (struct floor_message){.type = FLOOR_MESSAGE_REQUEST});
		say(&legs[0], (struct floor_message){.type = FLOOR_MESSAGE_RELEASE});
		pass(10);
	}
	ck_assert_uint_gt(count(METRIC_group_floor_refused), 0);
	ck_assert_uint_ge(count(METRIC_group_spurts), before + 8);
	leg_close(&legs[0]);
	leg_close(&legs[1]);
	finish();
}
END_TEST

START_TEST(strangers_and_garbage_are_dropped_and_counted)
{
	setup();
	struct phone stranger = phone_open("127.0.0.9");
	uint8_t bytes[FLOOR_MESSAGE_MAX];
	struct floor_message ask = {.type = FLOOR_MESSAGE_REQUEST};
	size_t length = floor_message_write(&ask, bytes, sizeof(bytes));
	join_with_channel(&legs[0], 1);
	gets_message(&legs[0], FLOOR_MESSAGE_IDLE);
	send_bytes(&stranger, 0, legs[0].lease.floor_port, bytes, length);
	until_counted(METRIC_media_dropped_third, 1);
	/* a receiver's report is no floor packet */
	static const uint8_t other[] = {0x80, 201, 0, 1, 1, 2, 3, 4};
	send_bytes(&legs[0].floor, 0, legs[0].lease.floor_port, other, sizeof(other));
	until_counted(METRIC_group_floor_dropped, 1);
	ck_assert_uint_eq(read_group().talker_count, 0);
	struct media_member_report report = read_member(&legs[0]);
	ck_assert_uint_eq(report.floor_dropped, 2);
	ck_assert_uint_eq(report.floor_packets, 0);
	ck_assert(is_quiet(&legs[0].floor));
	phone_close(&stranger);
	leg_close(&legs[0]);
	finish();
}
END_TEST

/* Behind NAT its packets come from another port of the host that its SIP comes from. */
START_TEST(a_channel_behind_nat_is_found)
{
	setup();
	leg_take(&legs[0], 1, true);
	legs[0].said.floor.rtp = address_of("10.0.0.1", 4000);
	legs[0].said.floor.is_blind = true;
	leg_set(&legs[0]);
	leg_join(&legs[1], 2);
	say(&legs[0], (struct floor_message){.type = FLOOR_MESSAGE_REQUEST});
	gets_message(&legs[0], FLOOR_MESSAGE_GRANTED);
	ck_assert(member_told[1] & MEDIA_TOLD_LOCKED_1);
	leg_close(&legs[0]);
	leg_close(&legs[1]);
	finish();
}
END_TEST

START_TEST(an_implicit_request_is_granted)
{
	setup();
	leg_join(&legs[1], 2);
	leg_take(&legs[0], 1, true);
	legs[0].said.terms.is_request = true;
	leg_set(&legs[0]);
	ck_assert_uint_eq(read_group().talkers[0].tag, 101);
	leg_close(&legs[0]);
	leg_close(&legs[1]);
	finish();
}
END_TEST

/* An open microphone is not silence: it is answered by Revoke, once a second. */
START_TEST(an_open_microphone_is_revoked)
{
	setup();
	join_with_channel(&legs[0], 1);
	gets_message(&legs[0], FLOOR_MESSAGE_IDLE);
	leg_speaks(&legs[0], "on air?");
	until_counted(METRIC_media_dropped_ungranted, 1);
	struct floor_message revoke = gets_message(&legs[0], FLOOR_MESSAGE_REVOKE);
	ck_assert_uint_eq(revoke.numbers[FLOOR_FIELD_CAUSE], 3);
	for (unsigned i = 0; i < 10; i++)
		leg_speaks(&legs[0], "on air?");
	until_counted(METRIC_media_dropped_ungranted, 11);
	ck_assert(is_quiet(&legs[0].floor));
	pass(1000);
	leg_speaks(&legs[0], "on air?");
	settle();
	gets_message(&legs[0], FLOOR_MESSAGE_REVOKE);
	leg_close(&legs[0]);
	finish();
}
END_TEST

/* A client whose service is switched off goes on as a phone: it hears tones, and no Revoke. */
START_TEST(floor_packets_may_be_given_up_and_taken_up_again)
{
	setup();
	join_with_channel(&legs[0], 1);
	gets_message(&legs[0], FLOOR_MESSAGE_IDLE);
	struct media_floor_end floor = legs[0].said.floor;
	legs[0].said.floor = (struct media_floor_end){0};
	leg_set(&legs[0]);
	leg_join(&legs[1], 2);
	leg_presses(&legs[1], STAR);
	ck_assert(is_quiet(&legs[0].floor));
	ck_assert_uint_eq(read_group().talkers[0].tag, 102);
	say(&legs[0], (struct floor_message){.type = FLOOR_MESSAGE_REQUEST});
	ck_assert_uint_eq(read_group().waiting_count, 0);
	leg_presses(&legs[0], STAR);
	ck_assert_uint_eq(read_group().waiting_count, 1);
	leg_presses(&legs[0], STAR);
	/* where it comes back it is told who talks */
	legs[0].said.floor = floor;
	leg_set(&legs[0]);
	gets_message(&legs[0], FLOOR_MESSAGE_TAKEN);
	leg_presses(&legs[1], STAR);
	gets_message(&legs[0], FLOOR_MESSAGE_IDLE);
	leg_close(&legs[0]);
	leg_close(&legs[1]);
	finish();
}
END_TEST

START_TEST(no_floor_packets_where_they_are_no_trigger)
{
	setup();
	leg_take(&legs[0], 1, true);
	legs[0].said.triggers = 1 << MEDIA_TRIGGER_DTMF;
	leg_set(&legs[0]);
	say(&legs[0], (struct floor_message){.type = FLOOR_MESSAGE_REQUEST});
	until_counted(METRIC_group_floor_dropped, 1);
	ck_assert_uint_eq(read_group().talker_count, 0);
	leg_close(&legs[0]);
	finish();
}
END_TEST

TEST_MAIN("channels", a_member_is_told_that_the_floor_is_idle,
	a_request_is_granted_and_others_are_told, who_asks_second_waits,
	what_asks_for_an_ack_gets_one, two_messages_in_one_datagram,
	a_flood_of_messages_is_not_answered, a_message_that_ends_too_early_is_counted,
	who_asks_too_often_is_denied, who_asks_and_lets_go_in_a_beat_does_not_keep_the_floor,
	strangers_and_garbage_are_dropped_and_counted, a_channel_behind_nat_is_found,
	an_implicit_request_is_granted, an_open_microphone_is_revoked,
	floor_packets_may_be_given_up_and_taken_up_again,
	no_floor_packets_where_they_are_no_trigger)
