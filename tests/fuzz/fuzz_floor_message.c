/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_floor_message.c: a datagram as floor control: what is parsed lies within it, and written
 * again it is the same message. */
#include "fuzz.h"
#include "rtp/floor_message.h"

#define ROOM 8192

static void must_be_same(const struct floor_message *a, const struct floor_message *b)
{
	MUST(a->type == b->type && a->wants_ack == b->wants_ack);
	MUST(a->ssrc == b->ssrc && a->has == b->has);
	MUST(a->queue_priority == b->queue_priority && a->audio_ssrc == b->audio_ssrc);
	for (unsigned i = 0; i < FLOOR_FIELD_COUNT; i++) {
		MUST(a->numbers[i] == b->numbers[i]);
		MUST(pv_span_equal(a->texts[i], b->texts[i]));
	}
}

static void check(const struct floor_message *message, struct pv_span whole)
{
	static uint8_t bytes[ROOM], twice[ROOM];
	struct floor_message again;
	for (unsigned i = 0; i < FLOOR_FIELD_COUNT; i++)
		must_be_within(message->texts[i], whole);
	size_t length = floor_message_write(message, bytes, sizeof(bytes));
	MUST(length >= 12 && length % 4 == 0);
	MUST(floor_message_is_datagram(bytes, length));
	MUST(floor_message_parse(bytes, length, &again) == (int)length);
	must_be_same(message, &again);
	MUST(floor_message_write(&again, twice, sizeof(twice)) == length);
	MUST(memcmp(bytes, twice, length) == 0);
	MUST(floor_message_write(message, twice, length - 1) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *at = data, *end = data + size;
	bool is_datagram = floor_message_is_datagram(data, size);
	struct floor_message message;
	for (int took; at < end; at += took) {
		took = floor_message_parse(at, (size_t)(end - at), &message);
		if (took < 0)
			break;
		MUST(took >= 12 && took <= end - at);
		check(&message, pv_span_from((const char *)at, (const char *)at + took));
		if (message.wants_ack) {
			struct floor_message ack = floor_message_ack(&message, 1, 2);
			MUST(ack.type == FLOOR_MESSAGE_ACK && !ack.wants_ack);
			MUST(ack.numbers[FLOOR_FIELD_ACKED] == message.type);
		}
	}
	MUST(!(at == end && size > 0) || is_datagram);
	return 0;
}
