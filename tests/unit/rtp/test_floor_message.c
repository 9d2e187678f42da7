/* SPDX-License-Identifier: Apache-2.0 */
/* test_floor_message.c: floor control messages byte for byte, both ways, and every cut of them
 * before a guard page. */
#include "rtp/floor_message.h"

#include <errno.h>
#include <string.h>

#include "base/macros.h"
#include "lib/guard_page.h"
#include "lib/testing.h"

#define CLIENT 0x11111111
#define SERVER 0x5e5e5e5e

static size_t unhex(const char *hex, uint8_t *ret)
{
	size_t length = strlen(hex) / 2;
	for (size_t i = 0; i < length; i++) {
		char digits[3] = {hex[2 * i], hex[2 * i + 1], 0};
		ret[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
	return length;
}

/* Messages that tshark 4.0 decodes without a word; its names for them are checked by the test
 * floor_tshark. */
struct vector {
	const char *hex;
	uint8_t type;
	bool wants_ack;
	uint32_t ssrc, has;
	struct {
		uint8_t field;
		uint16_t value;
	} numbers[4];
	uint32_t audio_ssrc;
	uint8_t queue_priority;
	const char *party, *phrase;
};

#define MESSAGE(type, from)  FLOOR_MESSAGE_##type, false, from
#define WITH_ACK(type, from) FLOOR_MESSAGE_##type, true, from
#define NUMBER(name, value)               \
	{                                 \
		FLOOR_FIELD_##name, value \
	}

/* clang-format off */
static const struct vector vectors[] = {
	{"80cc0004111111114d435054000205000d028000", MESSAGE(REQUEST, CLIENT),
		FLOOR_HAS(PRIORITY) | FLOOR_HAS(INDICATOR), {NUMBER(PRIORITY, 5), NUMBER(INDICATOR, 0x8000)}},
	{"91cc00075e5e5e5e4d4350540102001e000205000d0284000e06a00000010000", WITH_ACK(GRANTED, SERVER),
		FLOOR_HAS(DURATION) | FLOOR_HAS(PRIORITY) | FLOOR_HAS(INDICATOR) | FLOOR_HAS(AUDIO_SSRC),
		{NUMBER(DURATION, 30), NUMBER(PRIORITY, 5), NUMBER(INDICATOR, 0x8400)}, 0xa0000001},
	{"8acc0004111111114d4350540a0200000c020100", MESSAGE(ACK, CLIENT),
		FLOOR_HAS(SOURCE) | FLOOR_HAS(ACKED), {NUMBER(SOURCE, 0), NUMBER(ACKED, FLOOR_MESSAGE_GRANTED)}},
	{"82cc000d5e5e5e5e4d43505404157369703a616c696365406578616d706c652e6f7267"
		"0005020001080200070d0284000e06a00000010000", MESSAGE(TAKEN, SERVER),
		FLOOR_HAS(PARTY) | FLOOR_HAS(PERMISSION) | FLOOR_HAS(SEQUENCE) | FLOOR_HAS(INDICATOR) |
		FLOOR_HAS(AUDIO_SSRC), {NUMBER(PERMISSION, 1), NUMBER(SEQUENCE, 7), NUMBER(INDICATOR, 0x8400)},
		0xa0000001, 0, "sip:alice@example.org"},
	{"83cc00055e5e5e5e4d43505402060001627573790d028000", MESSAGE(DENY, SERVER),
		FLOOR_HAS(CAUSE) | FLOOR_HAS(INDICATOR), {NUMBER(CAUSE, 1), NUMBER(INDICATOR, 0x8000)}, 0, 0,
		NULL, "busy"},
	{"84cc0003111111114d4350540d028000", MESSAGE(RELEASE, CLIENT),
		FLOOR_HAS(INDICATOR), {NUMBER(INDICATOR, 0x8000)}},
	{"85cc00045e5e5e5e4d435054080200080d028400", MESSAGE(IDLE, SERVER),
		FLOOR_HAS(SEQUENCE) | FLOOR_HAS(INDICATOR), {NUMBER(SEQUENCE, 8), NUMBER(INDICATOR, 0x8400)}},
	{"86cc00045e5e5e5e4d435054020200040d021000", MESSAGE(REVOKE, SERVER),
		FLOOR_HAS(CAUSE) | FLOOR_HAS(INDICATOR), {NUMBER(CAUSE, 4), NUMBER(INDICATOR, 0x1000)}},
	{"88cc0002111111114d435054", MESSAGE(POSITION_REQUEST, CLIENT), 0, {{0}}},
	{"89cc00045e5e5e5e4d435054030202050d028400", MESSAGE(POSITION, SERVER),
		FLOOR_HAS(QUEUE_INFO) | FLOOR_HAS(INDICATOR), {NUMBER(QUEUE_INFO, 2), NUMBER(INDICATOR, 0x8400)}, 0, 5},
	{"89cc00045e5e5e5e4d4350540302fe000d028400", MESSAGE(POSITION, SERVER),
		FLOOR_HAS(QUEUE_INFO) | FLOOR_HAS(INDICATOR), {NUMBER(QUEUE_INFO, 254), NUMBER(INDICATOR, 0x8400)}},
};
/* clang-format on */

static void text_must_be(struct pv_span text, const char *wanted)
{
	ck_assert(pv_span_equal(text, pv_span_of(wanted)));
}

START_TEST(vectors_are_understood)
{
	for (size_t i = 0; i < ARRAY_LENGTH(vectors); i++) {
		const struct vector *vector = &vectors[i];
		struct floor_message message;
		uint8_t bytes[128];
		size_t length = unhex(vector->hex, bytes);
		const char *put = guard_page_put(bytes, length);
		ck_assert(floor_message_is_datagram(put, length));
		ck_assert_int_eq(floor_message_parse(put, length, &message), (int)length);
		ck_assert(floor_message_is_known(&message));
		ck_assert_uint_eq(message.type, vector->type);
		ck_assert(message.wants_ack == vector->wants_ack);
		ck_assert_uint_eq(message.ssrc, vector->ssrc);
		ck_assert_uint_eq(message.has, vector->has);
		ck_assert_uint_eq(message.audio_ssrc, vector->audio_ssrc);
		ck_assert_uint_eq(message.queue_priority, vector->queue_priority);
		text_must_be(message.texts[FLOOR_FIELD_PARTY], vector->party);
		text_must_be(message.texts[FLOOR_FIELD_CAUSE], vector->phrase);
		for (size_t n = 0; n < ARRAY_LENGTH(vector->numbers); n++)
			if (vector->numbers[n].field || vector->numbers[n].value)
				ck_assert_uint_eq(message.numbers[vector->numbers[n].field],
					vector->numbers[n].value);
	}
}
END_TEST

START_TEST(vectors_are_written)
{
	for (size_t i = 0; i < ARRAY_LENGTH(vectors); i++) {
		const struct vector *vector = &vectors[i];
		struct floor_message message = {.type = vector->type,
			.wants_ack = vector->wants_ack,
			.ssrc = vector->ssrc,
			.has = vector->has,
			.audio_ssrc = vector->audio_ssrc,
			.queue_priority = vector->queue_priority};
		uint8_t wanted[128], bytes[FLOOR_MESSAGE_MAX];
		size_t length = unhex(vector->hex, wanted);
		for (size_t n = 0; n < ARRAY_LENGTH(vector->numbers); n++)
			message.numbers[vector->numbers[n].field] |= vector->numbers[n].value;
		message.texts[FLOOR_FIELD_PARTY] = pv_span_of(vector->party);
		message.texts[FLOOR_FIELD_CAUSE] = pv_span_of(vector->phrase);
		ck_assert_uint_eq(floor_message_write(&message, bytes, sizeof(bytes)), length);
		ck_assert_mem_eq(bytes, wanted, length);
		for (size_t room = 0; room < length; room++)
			ck_assert_uint_eq(floor_message_write(&message, bytes, room), 0);
		ck_assert_uint_eq(floor_message_write(&message, bytes, length), length);
	}
}
END_TEST

START_TEST(several_in_one_datagram)
{
	uint8_t bytes[1024];
	size_t length = 0, count = 0;
	for (size_t i = 0; i < ARRAY_LENGTH(vectors); i++)
		length += unhex(vectors[i].hex, bytes + length);
	const char *at = guard_page_put(bytes, length);
	ck_assert(floor_message_is_datagram(at, length));
	for (int took; length > 0; at += took, length -= (size_t)took) {
		struct floor_message message;
		took = floor_message_parse(at, length, &message);
		ck_assert_int_gt(took, 0);
		ck_assert_uint_eq(message.type, vectors[count++].type);
	}
	ck_assert_uint_eq(count, ARRAY_LENGTH(vectors));
}
END_TEST

/* Parses what `hex` says, which must be good. */
static struct floor_message parsed(const char *hex)
{
	static uint8_t bytes[512]; /* the message points into it */
	struct floor_message message;
	size_t length = unhex(hex, bytes);
	ck_assert_int_eq(floor_message_parse(bytes, length, &message), (int)length);
	return message;
}

START_TEST(only_floor_control_is)
{
	static const char *const others[] = {
		"",
		"80c90001"
		"11111111", /* RR */
		"80c90001"
		"11111111"
		"84cc0003111111114d4350540d028000", /* compound */
		"84cc0003111111114d4350540d028000"
		"80c90001"
		"11111111",                         /* compound */
		"84cc0003111111114d4350530d028000", /* "MCPS" */
		"84cc0003111111114d435043"
		"0d028000",                         /* "MCPC" */
		"a4cc0003111111114d43505400000004", /* padding */
		"44cc0003111111114d4350540d028000", /* version 1 */
		"84cc0001111111114d4350540d028000", /* shorter than its head */
		"84cc0004111111114d4350540d028000", /* cut */
		"84cc0003111111114d4350540d028000"
		"84", /* rest */
	};
	for (size_t i = 0; i < ARRAY_LENGTH(others); i++) {
		uint8_t bytes[64];
		size_t length = unhex(others[i], bytes);
		ck_assert_msg(!floor_message_is_datagram(guard_page_put(bytes, length), length),
			"%s", others[i]);
	}
}
END_TEST

START_TEST(unknown_fields_are_passed_over)
{
	/* field 99 of 3 bytes, priority, field 26 of none, field 107 of 2, field 255 of 6 */
	struct floor_message message = parsed("80cc0009111111114d435054"
					      "6303414243000000"
					      "00020500"
					      "1a000000"
					      "6b020001"
					      "ff06010203040506");
	ck_assert_uint_eq(message.has, FLOOR_HAS(PRIORITY));
	ck_assert_uint_eq(message.numbers[FLOOR_FIELD_PRIORITY], 5);
}
END_TEST

START_TEST(unknown_types_are_said_to_be)
{
	static const struct {
		const char *hex;
		uint8_t type;
		bool is_known, wants_ack;
	} types[] = {
		{"87cc0002111111114d435054", FLOOR_MESSAGE_REVOKE_REQUEST, false, false},
		{"8bcc0002111111114d435054", FLOOR_MESSAGE_MEDIA_FLOW, false, false},
		{"9bcc0002111111114d435054", FLOOR_MESSAGE_MEDIA_FLOW, false, true},
		{"8ccc0002111111114d435054", 12, false, false},
		{"8dcc0002111111114d435054", 13, false, false},
		{"9ecc0002111111114d435054", FLOOR_MESSAGE_QUEUED, false, true},
		{"8fcc0002111111114d435054", FLOOR_MESSAGE_RELEASE_MULTI, false, false},
		/* the ack bit where the type has no such form */
		{"90cc0002111111114d435054", 16, false, false},
		{"96cc0002111111114d435054", 22, false, false},
		{"98cc0002111111114d435054", 24, false, false},
		{"9acc0002111111114d435054", 26, false, false},
		{"94cc0002111111114d435054", FLOOR_MESSAGE_RELEASE, true, true},
	};
	for (size_t i = 0; i < ARRAY_LENGTH(types); i++) {
		struct floor_message message = parsed(types[i].hex);
		ck_assert_uint_eq(message.type, types[i].type);
		ck_assert(floor_message_is_known(&message) == types[i].is_known);
		ck_assert(message.wants_ack == types[i].wants_ack);
	}
}
END_TEST

START_TEST(the_first_release_numbered_otherwise)
{
	/* 102 priority, 103 duration, 104 cause, 105 queue info, 106 party, 108 permission, 109
	 * user, 110 queue size, 111 sequence, 112 queued user, 113 source, 114 track, 115 acked,
	 * 116 indicator */
	struct floor_message message = parsed("80cc0010111111114d435054"
					      "66020500"
					      "67020006"
					      "68020007"
					      "69020809"
					      "6a026162"
					      "6c020001"
					      "6d026364"
					      "6e02000a"
					      "6f02000b"
					      "70026566"
					      "71020002"
					      "72020001"
					      "73020300"
					      "74028000");
	ck_assert_uint_eq(message.has, (1U << 14) - 1);
	ck_assert_uint_eq(message.numbers[FLOOR_FIELD_PRIORITY], 5);
	ck_assert_uint_eq(message.numbers[FLOOR_FIELD_DURATION], 6);
	ck_assert_uint_eq(message.numbers[FLOOR_FIELD_CAUSE], 7);
	ck_assert_uint_eq(message.numbers[FLOOR_FIELD_QUEUE_INFO], 8);
	ck_assert_uint_eq(message.queue_priority, 9);
	text_must_be(message.texts[FLOOR_FIELD_PARTY], "ab");
	ck_assert_uint_eq(message.numbers[FLOOR_FIELD_PERMISSION], 1);
	text_must_be(message.texts[FLOOR_FIELD_USER], "cd");
	ck_assert_uint_eq(message.numbers[FLOOR_FIELD_QUEUE_SIZE], 10);
	ck_assert_uint_eq(message.numbers[FLOOR_FIELD_SEQUENCE], 11);
	text_must_be(message.texts[FLOOR_FIELD_QUEUED_USER], "ef");
	ck_assert_uint_eq(message.numbers[FLOOR_FIELD_SOURCE], 2);
	ck_assert_uint_eq(message.numbers[FLOOR_FIELD_ACKED], FLOOR_MESSAGE_DENY);
	ck_assert_uint_eq(message.numbers[FLOOR_FIELD_INDICATOR], 0x8000);
	/* and is not written so */
	uint8_t bytes[FLOOR_MESSAGE_MAX];
	ck_assert_uint_gt(floor_message_write(&message, bytes, sizeof(bytes)), 0);
	ck_assert_uint_eq(bytes[12], FLOOR_FIELD_DURATION);
}
END_TEST

START_TEST(values_of_a_wrong_length)
{
	/* a priority of none, a duration of 1, a cause of 1, an SSRC of 3: not read; a priority of
	 * 1 and an SSRC of 4 are */
	struct floor_message message = parsed("80cc0007111111114d435054"
					      "00000000"
					      "01010500"
					      "02010500"
					      "0e030102"
					      "03000000");
	ck_assert_uint_eq(message.has, 0);
	message = parsed("80cc0005111111114d435054"
			 "00010700"
			 "0e04010203040000");
	ck_assert_uint_eq(message.has, FLOOR_HAS(PRIORITY) | FLOOR_HAS(AUDIO_SSRC));
	ck_assert_uint_eq(message.numbers[FLOOR_FIELD_PRIORITY], 7);
	ck_assert_uint_eq(message.audio_ssrc, 0x01020304);
	/* a value that goes on behind the message's end */
	uint8_t bytes[32];
	size_t length = unhex("84cc0003111111114d4350540d038000", bytes);
	ck_assert_int_eq(floor_message_parse(bytes, length, &message), -EBADMSG);
}
END_TEST

/* RTCP pads a field as a whole: of every length of an identity the next field begins at a multiple
 * of four, with zeros before it. */
START_TEST(every_length_of_a_text)
{
	static char text[256];
	memset(text, 'a', sizeof(text));
	for (size_t length = 0; length <= sizeof(text); length++) {
		struct floor_message message = {.type = FLOOR_MESSAGE_TAKEN}, again;
		uint8_t bytes[FLOOR_MESSAGE_MAX];
		message.has = FLOOR_HAS(PARTY);
		message.texts[FLOOR_FIELD_PARTY] = pv_span_from(text, text + length);
		floor_message_put(&message, FLOOR_FIELD_SEQUENCE, 0x1234);
		size_t size = floor_message_write(&message, bytes, sizeof(bytes));
		ck_assert_uint_eq(size, length <= 255 ? 12 + (length + 5) / 4 * 4 + 4 : 0);
		if (!size)
			continue;
		for (size_t i = 14 + length; i < size - 4; i++)
			ck_assert_uint_eq(bytes[i], 0);
		ck_assert_int_eq(floor_message_parse(bytes, size, &again), (int)size);
		ck_assert(pv_span_equal(
			again.texts[FLOOR_FIELD_PARTY], message.texts[FLOOR_FIELD_PARTY]));
		ck_assert_uint_eq(again.numbers[FLOOR_FIELD_SEQUENCE], 0x1234);
	}
}
END_TEST

START_TEST(a_phrase_that_is_too_long_is_refused)
{
	static char text[254];
	struct floor_message message = {.type = FLOOR_MESSAGE_DENY, .has = FLOOR_HAS(CAUSE)};
	uint8_t bytes[FLOOR_MESSAGE_MAX];
	message.texts[FLOOR_FIELD_CAUSE] = pv_span_from(text, text + 253);
	ck_assert_uint_eq(floor_message_write(&message, bytes, sizeof(bytes)), 12 + 260);
	message.texts[FLOOR_FIELD_CAUSE].length++;
	ck_assert_uint_eq(floor_message_write(&message, bytes, sizeof(bytes)), 0);
}
END_TEST

/* Message Type in an Ack is without the ack bit; one that has it is understood. */
START_TEST(an_ack_names_the_type_alone)
{
	struct floor_message granted = parsed(vectors[1].hex);
	ck_assert(granted.wants_ack);
	struct floor_message ack = floor_message_ack(&granted, CLIENT, FLOOR_SOURCE_PARTICIPANT);
	uint8_t bytes[FLOOR_MESSAGE_MAX], wanted[64];
	size_t length = unhex(vectors[2].hex, wanted);
	ck_assert_uint_eq(floor_message_write(&ack, bytes, sizeof(bytes)), length);
	ck_assert_mem_eq(bytes, wanted, length);
	struct floor_message lax = parsed("8acc0004111111114d4350540a0200000c021100");
	ck_assert_uint_eq(lax.numbers[FLOOR_FIELD_ACKED], FLOOR_MESSAGE_GRANTED);
}
END_TEST

START_TEST(no_cut_is_a_message_or_reads_on)
{
	for (size_t i = 0; i < ARRAY_LENGTH(vectors); i++) {
		uint8_t bytes[128];
		size_t whole = unhex(vectors[i].hex, bytes);
		for (size_t length = 0; length < whole; length++) {
			struct floor_message message = {.type = 31};
			const char *put = guard_page_put(bytes, length);
			ck_assert_int_eq(floor_message_parse(put, length, &message), -EBADMSG);
			ck_assert_uint_eq(message.type, 31); /* untouched */
			ck_assert(!floor_message_is_datagram(put, length));
		}
	}
}
END_TEST

START_TEST(every_byte_may_lie)
{
	for (size_t i = 0; i < ARRAY_LENGTH(vectors); i++) {
		uint8_t bytes[128];
		size_t length = unhex(vectors[i].hex, bytes);
		for (size_t at = 0; at < length; at++)
			for (unsigned value = 0; value < 256; value++) {
				uint8_t was = bytes[at];
				struct floor_message message;
				bytes[at] = (uint8_t)value;
				const char *put = guard_page_put(bytes, length);
				int took = floor_message_parse(put, length, &message);
				ck_assert(took == -EBADMSG || (took >= 12 && took <= (int)length));
				for (unsigned f = 0; took > 0 && f < FLOOR_FIELD_COUNT; f++)
					if (message.texts[f].length)
						ck_assert(pv_span_end(message.texts[f]) <=
							  put + took);
				bytes[at] = was;
			}
	}
}
END_TEST

TEST_MAIN("floor_message", vectors_are_understood, vectors_are_written, several_in_one_datagram,
	only_floor_control_is, unknown_fields_are_passed_over, unknown_types_are_said_to_be,
	the_first_release_numbered_otherwise, values_of_a_wrong_length, every_length_of_a_text,
	a_phrase_that_is_too_long_is_refused, an_ack_names_the_type_alone,
	no_cut_is_a_message_or_reads_on, every_byte_may_lie)
