/* SPDX-License-Identifier: Apache-2.0 */
/* receiver.h: what is counted of the RTP packets that one end sends: loss, order, jitter. */
#ifndef RTP_RECEIVER_H
#define RTP_RECEIVER_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Owner: the thread that receives. Zeroed memory is a receiver that has heard nothing. It outlives
 * its sources: when the SSRC changes or the sequence numbers jump, what was counted so far is kept
 * and counting begins anew at the packet that jumped. A packet in order touches the first 64 bytes
 * and nothing else.
 */
struct rtp_receiver {
	uint32_t ssrc;
	uint16_t highest; /* sequence number */
	uint8_t payload_type;
	bool is_heard : 1;
	bool has_transit : 1; /* `transit` is of this source and in today's unit */
	uint32_t cycles;      /* wraps of the sequence number, times 65536 */
	uint32_t rate;        /* of the time stamps in Hz; 0: no jitter is measured now */
	uint64_t seen;        /* bit i: highest - i came */
	uint64_t start_ns;    /* arrival that transit times are relative to */
	uint32_t transit;     /* of the last packet, time stamp units (RFC 3550 A.8) */
	uint32_t jitter16;    /* 16 times the jitter, time stamp units */
	uint32_t since;       /* packets since counting began, duplicates left out */
	uint32_t packets;     /* all, duplicates too */
	uint64_t bytes;       /* of all packets, RTP header included */
	uint32_t first;       /* extended sequence number that counting began with */
	uint32_t wanted;      /* after a jump: the next number, if the source really goes on there;
				 else a number that cannot come */
	uint32_t unit;        /* the last rate that was not 0: that of `transit` and `jitter16` */
	uint32_t lost_before; /* before counting began anew */
	uint32_t reordered;   /* came behind a later one */
	uint32_t duplicates;
	uint32_t jumps; /* times that counting began anew: a new SSRC or a jump */
};

/* What a packet turned out to be. */
enum rtp_arrival {
	RTP_ARRIVAL_NEXT,      /* the one after the highest, or some after it */
	RTP_ARRIVAL_LATE,      /* of those behind the highest, for the first time */
	RTP_ARRIVAL_DUPLICATE, /* again */
	RTP_ARRIVAL_JUMP,      /* far away; the next one tells whether the source is there now */
	RTP_ARRIVAL_RESTART,   /* counting began, or began anew */
};

/* Counts one packet whose first twelve bytes are at `header`. `length` in bytes. Sets payload_type;
 * a caller who sees it change sets the rate with rtp_receiver_rate before the call. */
enum rtp_arrival rtp_receiver_packet(
	struct rtp_receiver *receiver, const uint8_t *header, uint32_t length, uint64_t now_ns);

/* From now on time stamps count at `rate` Hz; 0 measures none, as with telephone-event, whose time
 * stamps stand still (RFC 4733 §2.5.1.2). The jitter so far is kept, in seconds. */
void rtp_receiver_rate(struct rtp_receiver *receiver, uint32_t rate);

/* Some of what follows is not counted: what came is kept, and counting goes on at the next packet
 * that is, whatever its number. */
void rtp_receiver_rest(struct rtp_receiver *receiver);

/* Packets that should have come, all sources together, and those of them that did not. Negative
 * losses cannot be: duplicates are not counted. */
uint64_t rtp_receiver_expected(const struct rtp_receiver *receiver);
uint64_t rtp_receiver_lost(const struct rtp_receiver *receiver);

/* Microseconds; 0 while no rate is known. */
uint32_t rtp_receiver_jitter_us(const struct rtp_receiver *receiver);

#endif
