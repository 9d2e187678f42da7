/* SPDX-License-Identifier: Apache-2.0 */
/* floor_message.h: floor control messages, RTCP APP packets named "MCPT" (TS 24.380 §8.2). */
#ifndef RTP_FLOOR_MESSAGE_H
#define RTP_FLOOR_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <portavoz/span.h>

/* §8.2.2, table 8.2.2-1. Others are parsed as far as their fields are known, and to be ignored. */
#define FLOOR_MESSAGES(ROW)                                         \
	ROW(REQUEST, 0)                                             \
	ROW(GRANTED, 1)                                             \
	ROW(TAKEN, 2)                                               \
	ROW(DENY, 3)                                                \
	ROW(RELEASE, 4)                                             \
	ROW(IDLE, 5)                                                \
	ROW(REVOKE, 6)                                              \
	ROW(REVOKE_REQUEST, 7)   /* Rel-19; ignored */              \
	ROW(POSITION_REQUEST, 8) /* Floor Queue Position Request */ \
	ROW(POSITION, 9)         /* Floor Queue Position Info */    \
	ROW(ACK, 10)                                                \
	ROW(MEDIA_FLOW, 11)    /* Rel-17; ignored */                \
	ROW(QUEUED, 14)        /* two meanings; ignored */          \
	ROW(RELEASE_MULTI, 15) /* Rel-15; ignored */

enum floor_message_type {
#define ROW(name, number) FLOOR_MESSAGE_##name = number,
	FLOOR_MESSAGES(ROW)
#undef ROW
};

/* §8.2.3, table 8.2.3.1-2, in the order in which they are written. ROW(name, number, kind). */
#define FLOOR_FIELDS(ROW)             \
	ROW(DURATION, 1, U16)         \
	ROW(PRIORITY, 0, U8)          \
	ROW(CAUSE, 2, CAUSE)          \
	ROW(QUEUE_INFO, 3, QUEUE)     \
	ROW(PARTY, 4, BYTES)          \
	ROW(PERMISSION, 5, U16)       \
	ROW(USER, 6, BYTES)           \
	ROW(QUEUE_SIZE, 7, U16)       \
	ROW(SEQUENCE, 8, U16)         \
	ROW(QUEUED_USER, 9, BYTES)    \
	ROW(SOURCE, 10, U16)          \
	ROW(TRACK, 11, BYTES)         \
	ROW(ACKED, 12, U8)            \
	ROW(INDICATOR, 13, U16)       \
	ROW(AUDIO_SSRC, 14, SSRC)     \
	ROW(GRANTED_USERS, 15, BYTES) \
	ROW(SSRCS, 16, BYTES)         \
	ROW(ALIAS, 17, BYTES)         \
	ROW(ALIASES, 18, BYTES)       \
	ROW(LOCATION, 19, BYTES)      \
	ROW(LOCATIONS, 20, BYTES)     \
	ROW(QUEUED_PURPOSE, 21, U16)  \
	ROW(QUEUED_USERS, 22, BYTES)  \
	ROW(RESPONSE_STATE, 23, U16)  \
	ROW(MEDIA_FLOW, 24, U16)      \
	ROW(TALKER, 25, BYTES)

enum floor_field {
#define ROW(name, number, kind) FLOOR_FIELD_##name = number,
	FLOOR_FIELDS(ROW)
#undef ROW
		FLOOR_FIELD_COUNT = 26,
};

#define FLOOR_HAS(name) (1U << FLOOR_FIELD_##name)

/* Source (§8.2.3.12). */
#define FLOOR_SOURCE_PARTICIPANT 0
#define FLOOR_SOURCE_CONTROLLING 2

/* Where the SSRC of its sender stands, in the first message of a datagram. */
#define FLOOR_MESSAGE_SSRC_AT 4

/* Whatever a server of one group sends: Taken with the longest identity. */
#define FLOOR_MESSAGE_MAX 320

/* One message. Spans point into what was parsed, or to what is to be written (255 bytes each). */
struct floor_message {
	uint8_t type;   /* enum floor_message_type, or one that we do not know */
	bool wants_ack; /* the top bit of the subtype, where the type has one */
	uint32_t ssrc;  /* of the sender: not to be believed */
	uint32_t has;   /* FLOOR_HAS bits: which of the following are there */
	uint16_t numbers[FLOOR_FIELD_COUNT]; /* of U8 and U16; CAUSE; QUEUE_INFO: the position */
	uint8_t queue_priority;              /* of QUEUE_INFO */
	uint32_t audio_ssrc;                 /* of AUDIO_SSRC */
	struct pv_span texts[FLOOR_FIELD_COUNT]; /* of BYTES; of CAUSE the phrase, may be empty */
};

/* Is a datagram floor control and nothing else: one or more whole APP packets "MCPT" without
 * padding, no other RTCP (§8.2.1)? Others are to be dropped. */
bool floor_message_is_datagram(const void *bytes, size_t length);

/* The type of the message that begins with these bytes, at least one; of no message: any. */
enum floor_message_type floor_message_type_of(const void *bytes);

/* The first message of these bytes: how many it took (call again for the rest), or -EBADMSG.
 * Unknown fields are passed over, as are fields of a length that theirs cannot have; of a field
 * that comes twice the last counts. The field numbers 102 to 116 of release 13.0 are understood. */
int floor_message_parse(const void *bytes, size_t length, struct floor_message *ret_message);

/* Does a server have to act on this type? */
bool floor_message_is_known(const struct floor_message *message);

/* The bytes of a message: its length, or 0 when it does not fit into `room`, or a text is longer
 * than its length byte can say. */
size_t floor_message_write(const struct floor_message *message, void *ret_bytes, size_t room);

/* What answers a message with `wants_ack`: Floor Ack, the ack bit of the type it names cleared
 * (§8.2.3.14). */
struct floor_message floor_message_ack(
	const struct floor_message *of, uint32_t ssrc, uint16_t source);

/* Sets a number, and the bit that says that it is there. */
static inline void floor_message_put(
	struct floor_message *message, enum floor_field field, uint16_t value)
{
	message->has |= 1U << field;
	message->numbers[field] = value;
}

static inline bool floor_message_has(const struct floor_message *message, enum floor_field field)
{
	return message->has >> field & 1;
}

#endif
