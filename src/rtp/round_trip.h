/* SPDX-License-Identifier: Apache-2.0 */
/* round_trip.h: how long a packet takes to a far end and back, from the sender's reports passed to
 * it. */
#ifndef RTP_ROUND_TRIP_H
#define RTP_ROUND_TRIP_H

#include <stdbool.h>
#include <stdint.h>

#include "rtp/rtcp.h"

#define ROUND_TRIP_REPORTS 4

/*
 * Who stands in the middle passes A's sender's reports to B and B's receiver's reports to A. B
 * quotes the report it got last and says how long ago that was (RFC 3550 §6.4.1): the time between
 * our passing the one and receiving the other, less that, is the way from us to B and back.
 * Owner: one thread. Zeroed memory has seen nothing.
 */
struct round_trip {
	struct {
		uint64_t sent_ns;
		uint32_t middle; /* of the report's NTP time, as it is quoted; 0 = unused */
	} reports[ROUND_TRIP_REPORTS];
	uint8_t next;     /* the slot to be used next, the oldest */
	uint32_t last_us; /* the latest measure; 0 = none yet */
};

/* A sender's report went out to the far end. */
void round_trip_sent(struct round_trip *trip, uint64_t ntp, uint64_t now_ns);

/* The far end reports on what it receives. True when that gave a new measure. Quotes of reports
 * that we do not know, or delays longer than the time that passed, give none. */
bool round_trip_quoted(struct round_trip *trip, const struct rtcp_block *block, uint64_t now_ns);

#endif
