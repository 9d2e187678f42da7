/* SPDX-License-Identifier: Apache-2.0 */
/* report.h: how a session went: per end packets, loss, jitter, round trip, a guess at how it
 * sounded. */
#ifndef MEDIA_REPORT_H
#define MEDIA_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "media/address.h"

/* So many are holds, transfers, a phone that was restarted; more of them than one in so many
 * packets are something else. */
#define MEDIA_RESTARTS_MAX      4
#define MEDIA_PACKETS_A_RESTART 100

/* Of one end. "From" it is what it sent to us, "to" it what we sent there. */
struct media_end_report {
	uint64_t packets, bytes;   /* RTP from it, that passed */
	uint64_t sent, sent_bytes; /* RTP to it */
	uint64_t dropped_third; /* of all that came to its ports from addresses it does not own */
	uint64_t
		first_ms; /* from its first offer or answer to its first packet; UINT64_MAX: none */
	uint64_t silent_ms;      /* since its last packet, or since the session began */
	uint32_t expected, lost; /* from it */
	uint32_t reordered, duplicates;
	uint32_t restarts;       /* new SSRCs and jumps of the sequence number */
	uint32_t jitter_us;      /* from it (RFC 3550 §6.4.1) */
	uint32_t round_trip_us;  /* from us to it and back, by RTCP; 0: not known */
	int32_t remote_lost;     /* to it, as its RTCP says, all in all */
	uint32_t remote_jitter;  /* likewise, in time stamp units */
	uint8_t remote_fraction; /* likewise, of 256, in its last interval */
	uint8_t has_remote;      /* it sent a report about what it receives */
	uint8_t payload_type;    /* last from it */
	uint8_t latch;           /* enum latch_state of RTP */
	uint32_t ssrc;           /* last from it */
	uint16_t score_from; /* mean opinion score of what comes from it, times 100; 0: not heard */
	uint16_t score_to;   /* of what goes to it, as its RTCP lets us guess; 0: not known */
	uint32_t late;       /* from it, dropped because a later packet had been transcoded */
	uint32_t concealed_ms;       /* made up where packets from it were lost; only transcoded */
	struct media_address source; /* that its RTP comes from; none: not locked */
	struct media_address target; /* that its RTP goes to; none: nowhere */
};

/* Several sources speak by turns (a repair stream, a bundle, simulcast), or one that begins anew
 * all the time: of what is lost and of its jitter nothing is known, for each turn is a beginning.
 */
static inline bool media_end_is_mixed(const struct media_end_report *end)
{
	return end->restarts > MEDIA_RESTARTS_MAX &&
	       (uint64_t)end->restarts * MEDIA_PACKETS_A_RESTART > end->packets;
}

struct media_report {
	uint64_t session; /* media_id */
	uint64_t age_ms;  /* since it was described first */
	uint32_t thread;
	uint16_t is_silent;
	uint8_t is_transcoded;
	uint8_t missing; /* ends that media.timeout has gone by without, while both talk: a bit each
			  */
	struct media_end_report ends[2];
};

#endif
