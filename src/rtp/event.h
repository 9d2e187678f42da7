/* SPDX-License-Identifier: Apache-2.0 */
/* event.h: a telephone event, such as a DTMF key, in the payload of an RTP packet (RFC 4733 §2.3).
 */
#ifndef RTP_EVENT_H
#define RTP_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RTP_EVENT_SIZE 4

/* Events 0 to 15 are the DTMF keys 0-9 * # A-D (§3.2). */
#define RTP_EVENT_STAR  10
#define RTP_EVENT_HASH  11
#define RTP_EVENT_KEYS  16
#define RTP_EVENT_FLASH 16

struct rtp_event {
	uint8_t number;
	bool end;          /* the key was let go; sent three times (§2.5.1.4) */
	uint8_t volume;    /* -dBm0, 0 to 63 */
	uint16_t duration; /* so far, in time stamp units; more of one event than fits comes in
			      segments (§2.5.1.3) */
};

/* The first event of a payload: RTP_EVENT_SIZE, or -EBADMSG when it is too short. What follows it
 * belongs to later events (§2.5.1.5); events of one packet begin where the one before ends. */
int rtp_event_parse(const void *payload, size_t length, struct rtp_event *ret_event);

/* '0' to '9', '*', '#', 'A' to 'D'; NUL when it is no key. */
char rtp_event_key(uint8_t number);

#endif
