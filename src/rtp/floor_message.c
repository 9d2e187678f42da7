/* SPDX-License-Identifier: Apache-2.0 */
/* floor_message.c: floor control messages, RTCP APP packets named "MCPT" (TS 24.380 §8.2). */
#include "rtp/floor_message.h"

#include <errno.h>
#include <string.h>

#include <portavoz/writer.h>

#include "base/macros.h"
#include "rtp/bytes.h"
#include "rtp/rtcp.h"

#define HEADER_SIZE  12 /* V P subtype, type, length; SSRC; name */
#define VERSION      2
#define PADDING_BIT  0x20
#define SUBTYPE_MASK 0x1f
#define ACK_BIT      0x10 /* of a subtype: acknowledgement wanted */
#define TYPE_MASK    0x0f
#define TEXT_MAX     255

static const char name[4] = {'M', 'C', 'P', 'T'};

/* What a field's value looks like. */
enum kind { NO_FIELD, U8, U16, CAUSE, QUEUE, SSRC, BYTES, KIND_COUNT };

/* A shorter value is not read; of a longer one the rest is passed over. */
static const uint8_t least[KIND_COUNT] = {
	[U8] = 1, [U16] = 2, [CAUSE] = 2, [QUEUE] = 2, [SSRC] = 4};

static const uint8_t kinds[FLOOR_FIELD_COUNT] = {
#define ROW(name, number, kind) [number] = kind,
	FLOOR_FIELDS(ROW)
#undef ROW
};

static const uint8_t order[] = {
#define ROW(name, number, kind) number,
	FLOOR_FIELDS(ROW)
#undef ROW
};

/* Release 13.0 counted the fields from 102 on and left 107 out. */
#define OLD_FIRST 102
#define OLD_GAP   107
#define OLD_LAST  116

/* The types that have a form with the ack bit (table 8.2.2-1). */
#define ACKABLE                                                                               \
	(1U << FLOOR_MESSAGE_GRANTED | 1U << FLOOR_MESSAGE_TAKEN | 1U << FLOOR_MESSAGE_DENY | \
		1U << FLOOR_MESSAGE_RELEASE | 1U << FLOOR_MESSAGE_IDLE |                      \
		1U << FLOOR_MESSAGE_POSITION | 1U << FLOOR_MESSAGE_MEDIA_FLOW |               \
		1U << FLOOR_MESSAGE_QUEUED)

static unsigned field_of(uint8_t id)
{
	if (id < OLD_FIRST)
		return id;
	if (id == OLD_GAP || id > OLD_LAST)
		return FLOOR_FIELD_COUNT;
	return (unsigned)id - OLD_FIRST - (id > OLD_GAP);
}

static void read_value(
	struct floor_message *message, unsigned field, const uint8_t *value, uint8_t length)
{
	const char *text = (const char *)value;
	switch ((enum kind)kinds[field]) {
	case U8:
		message->numbers[field] = value[0];
		break;
	case U16:
		message->numbers[field] = bytes_u16(value);
		break;
	case CAUSE:
		message->numbers[field] = bytes_u16(value);
		message->texts[field] = pv_span_from(text + 2, text + length);
		break;
	case QUEUE:
		message->numbers[field] = value[0];
		message->queue_priority = value[1];
		break;
	case SSRC:
		message->audio_ssrc = bytes_u32(value);
		break;
	case BYTES:
		message->texts[field] = pv_span_from(text, text + length);
		break;
	case NO_FIELD:
	case KIND_COUNT:
		break;
	}
	message->has |= 1U << field;
}

/* ID, LEN, value, zeros up to a multiple of four of it all (§8.2.3.1). */
static int read_fields(struct floor_message *message, const uint8_t *at, size_t left)
{
	while (left > 0) {
		uint8_t length = at[1];
		size_t whole = ROUND_UP((size_t)length + 2, 4);
		unsigned field = field_of(at[0]);
		if (whole > left)
			return -EBADMSG;
		if (field < FLOOR_FIELD_COUNT && length >= least[kinds[field]])
			read_value(message, field, at + 2, length);
		at += whole;
		left -= whole;
	}
	/* some leave the ack bit in the type that they acknowledge */
	message->numbers[FLOOR_FIELD_ACKED] &= TYPE_MASK;
	return 0;
}

/* The size of the message that these bytes begin with; 0 when none does. */
static size_t size_of(const uint8_t *bytes, size_t length)
{
	if (length < HEADER_SIZE || bytes[0] >> 6 != VERSION || bytes[0] & PADDING_BIT ||
		bytes[1] != RTCP_APP || memcmp(bytes + 8, name, sizeof(name)) != 0)
		return 0;
	size_t size = ((size_t)bytes_u16(bytes + 2) + 1) * 4;
	return size >= HEADER_SIZE && size <= length ? size : 0;
}

bool floor_message_is_datagram(const void *bytes, size_t length)
{
	const uint8_t *at = bytes;
	size_t left = length;
	for (size_t size; left > 0; at += size, left -= size)
		if ((size = size_of(at, left)) == 0)
			return false;
	return length > 0;
}

static bool asks_for_ack(unsigned subtype)
{
	return subtype & ACK_BIT && ACKABLE >> (subtype & TYPE_MASK) & 1;
}

enum floor_message_type floor_message_type_of(const void *bytes)
{
	unsigned subtype = *(const uint8_t *)bytes & SUBTYPE_MASK;
	return asks_for_ack(subtype) ? subtype & TYPE_MASK : subtype;
}

int floor_message_parse(const void *bytes, size_t length, struct floor_message *ret_message)
{
	const uint8_t *at = bytes;
	size_t size = size_of(at, length);
	if (size == 0)
		return -EBADMSG;
	struct floor_message message = {.type = (uint8_t)floor_message_type_of(at),
		.wants_ack = asks_for_ack(at[0] & SUBTYPE_MASK),
		.ssrc = bytes_u32(at + 4)};
	int failed = read_fields(&message, at + HEADER_SIZE, size - HEADER_SIZE);
	if (failed)
		return failed;
	*ret_message = message;
	return (int)size;
}

bool floor_message_is_known(const struct floor_message *message)
{
	return message->type <= FLOOR_MESSAGE_ACK && message->type != FLOOR_MESSAGE_REVOKE_REQUEST;
}

/* Room for a field of `length` bytes, its padding zeroed; where its value goes, or NULL. */
static uint8_t *put_field(struct pv_writer *writer, unsigned field, size_t length)
{
	size_t whole = ROUND_UP(length + 2, 4);
	if (length > TEXT_MAX)
		writer->overflow = true;
	uint8_t *to = (uint8_t *)pv_writer_take(writer, whole);
	if (!to)
		return NULL;
	memset(to, 0, whole);
	to[0] = (uint8_t)field;
	to[1] = (uint8_t)length;
	return to + 2;
}

static size_t length_of(const struct floor_message *message, unsigned field)
{
	static const uint8_t lengths[KIND_COUNT] = {
		[U8] = 2, [U16] = 2, [CAUSE] = 2, [QUEUE] = 2, [SSRC] = 6};
	unsigned kind = kinds[field];
	size_t text = kind == CAUSE || kind == BYTES ? message->texts[field].length : 0;
	return lengths[kind] + text;
}

static void put_text(uint8_t *to, struct pv_span text)
{
	if (text.length)
		memcpy(to, text.at, text.length);
}

static void write_field(
	struct pv_writer *writer, const struct floor_message *message, unsigned field)
{
	uint8_t *to = put_field(writer, field, length_of(message, field));
	if (!to)
		return;
	switch ((enum kind)kinds[field]) {
	case U8:
		to[0] = (uint8_t)message->numbers[field];
		break;
	case U16:
		bytes_put_u16(to, message->numbers[field]);
		break;
	case CAUSE:
		bytes_put_u16(to, message->numbers[field]);
		put_text(to + 2, message->texts[field]);
		break;
	case QUEUE:
		to[0] = (uint8_t)message->numbers[field];
		to[1] = message->queue_priority;
		break;
	case SSRC:
		bytes_put_u32(to, message->audio_ssrc);
		break;
	case BYTES:
		put_text(to, message->texts[field]);
		break;
	case NO_FIELD:
	case KIND_COUNT:
		break;
	}
}

size_t floor_message_write(const struct floor_message *message, void *ret_bytes, size_t room)
{
	struct pv_writer writer;
	pv_writer_init(&writer, ret_bytes, room);
	uint8_t *head = (uint8_t *)pv_writer_take(&writer, HEADER_SIZE);
	for (size_t i = 0; i < ARRAY_LENGTH(order); i++)
		if (floor_message_has(message, order[i]))
			write_field(&writer, message, order[i]);
	if (writer.overflow)
		return 0;
	size_t length = pv_writer_length(&writer);
	head[0] = (uint8_t)(VERSION << 6 | message->type | (message->wants_ack ? ACK_BIT : 0));
	head[1] = RTCP_APP;
	bytes_put_u16(head + 2, (uint16_t)(length / 4 - 1));
	bytes_put_u32(head + 4, message->ssrc);
	memcpy(head + 8, name, sizeof(name));
	return length;
}

struct floor_message floor_message_ack(
	const struct floor_message *of, uint32_t ssrc, uint16_t source)
{
	struct floor_message ack = {.type = FLOOR_MESSAGE_ACK, .ssrc = ssrc};
	floor_message_put(&ack, FLOOR_FIELD_SOURCE, source);
	floor_message_put(&ack, FLOOR_FIELD_ACKED, of->type);
	return ack;
}
