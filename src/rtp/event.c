/* SPDX-License-Identifier: Apache-2.0 */
/* event.c: a telephone event, such as a DTMF key, in the payload of an RTP packet (RFC 4733 §2.3).
 */
#include "rtp/event.h"

#include <errno.h>

#include "rtp/bytes.h"

#define END_BIT     0x80
#define VOLUME_MASK 0x3f

int rtp_event_parse(const void *payload, size_t length, struct rtp_event *ret_event)
{
	const uint8_t *at = payload;
	if (length < RTP_EVENT_SIZE)
		return -EBADMSG;
	*ret_event = (struct rtp_event){
		.number = at[0],
		.end = at[1] & END_BIT,
		.volume = at[1] & VOLUME_MASK,
		.duration = bytes_u16(at + 2),
	};
	return RTP_EVENT_SIZE;
}

char rtp_event_key(uint8_t number)
{
	static const char keys[] = "0123456789*#ABCD";
	return number < RTP_EVENT_KEYS ? keys[number] : '\0';
}
