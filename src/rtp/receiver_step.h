/* SPDX-License-Identifier: Apache-2.0 */
/* receiver_step.h: how one packet changes what is counted (RFC 3550 A.1, A.3, A.8). Compiled twice:
 * into receiver.c, and into the kernel's program that counts what it forwards. So integers only, no
 * loop, no call. */
#ifndef RTP_RECEIVER_STEP_H
#define RTP_RECEIVER_STEP_H

#include "rtp/bytes.h"
#include "rtp/receiver.h"

/* RFC 3550 A.1: a gap this large is a restart, a packet this late is not of our time. */
#define RTP_RECEIVER_DROPOUT     3000
#define RTP_RECEIVER_MISORDER    100
#define RTP_RECEIVER_SEEN_BITS   64
#define RTP_RECEIVER_NO_SEQUENCE UINT32_C(0x10000)

static inline uint32_t rtp_receiver_extended_highest(const struct rtp_receiver *receiver)
{
	return receiver->cycles + receiver->highest;
}

static inline uint32_t rtp_receiver_expected_now(const struct rtp_receiver *receiver)
{
	return receiver->is_heard ? rtp_receiver_extended_highest(receiver) - receiver->first + 1
				  : 0;
}

/* A late packet may be older than the first: then there are more than were expected. */
static inline uint32_t rtp_receiver_lost_now(const struct rtp_receiver *receiver)
{
	uint32_t expected = rtp_receiver_expected_now(receiver);
	return expected > receiver->since ? expected - receiver->since : 0;
}

static inline void rtp_receiver_begin(
	struct rtp_receiver *receiver, uint32_t ssrc, uint16_t sequence, uint64_t now_ns)
{
	receiver->lost_before += rtp_receiver_lost_now(receiver);
	receiver->jumps += receiver->is_heard;
	receiver->ssrc = ssrc;
	receiver->highest = sequence;
	receiver->cycles = 0;
	receiver->first = sequence;
	receiver->wanted = RTP_RECEIVER_NO_SEQUENCE;
	receiver->seen = 1;
	receiver->since = 1;
	receiver->start_ns = now_ns;
	receiver->is_heard = true;
	receiver->has_transit = false;
}

static inline enum rtp_arrival rtp_receiver_ahead(
	struct rtp_receiver *receiver, uint16_t sequence, uint16_t step)
{
	if (sequence < receiver->highest)
		receiver->cycles += 0x10000;
	receiver->highest = sequence;
	receiver->seen = step < RTP_RECEIVER_SEEN_BITS ? receiver->seen << step | 1 : 1;
	receiver->since++;
	return RTP_ARRIVAL_NEXT;
}

/* What is further back than our memory counts as late, not as a duplicate. */
static inline enum rtp_arrival rtp_receiver_behind(struct rtp_receiver *receiver, uint16_t back)
{
	uint64_t bit = back < RTP_RECEIVER_SEEN_BITS ? UINT64_C(1) << back : 0;
	if (receiver->seen & bit) {
		receiver->duplicates++;
		return RTP_ARRIVAL_DUPLICATE;
	}
	receiver->seen |= bit;
	receiver->since++;
	receiver->reordered++;
	return RTP_ARRIVAL_LATE;
}

static inline enum rtp_arrival rtp_receiver_place(
	struct rtp_receiver *receiver, uint32_t ssrc, uint16_t sequence, uint64_t now_ns)
{
	uint16_t step = (uint16_t)(sequence - receiver->highest);
	uint16_t back = (uint16_t)(receiver->highest - sequence);
	if (!receiver->is_heard || ssrc != receiver->ssrc) {
		rtp_receiver_begin(receiver, ssrc, sequence, now_ns);
		return RTP_ARRIVAL_RESTART;
	}
	if (step > 0 && step < RTP_RECEIVER_DROPOUT)
		return rtp_receiver_ahead(receiver, sequence, step);
	if (back < RTP_RECEIVER_MISORDER)
		return rtp_receiver_behind(receiver, back);
	/* two in a row over there: the source has restarted; one alone is a stray */
	if (sequence == receiver->wanted) {
		rtp_receiver_begin(receiver, ssrc, sequence, now_ns);
		return RTP_ARRIVAL_RESTART;
	}
	receiver->wanted = (uint16_t)(sequence + 1);
	return RTP_ARRIVAL_JUMP;
}

static inline void rtp_receiver_measure_jitter(
	struct rtp_receiver *receiver, uint32_t timestamp, uint64_t now_ns)
{
	/* microseconds since the start: a week of 90 kHz fits into 64 bits */
	uint64_t arrival = (now_ns - receiver->start_ns) / 1000 * receiver->rate / 1000000;
	uint32_t transit = (uint32_t)arrival - timestamp;
	uint32_t ahead = transit - receiver->transit;
	uint32_t distance =
		ahead < 0 - ahead ? ahead : 0 - ahead; /* |D|, round the circle the short way */
	bool is_first = !receiver->has_transit;
	receiver->transit = transit;
	receiver->has_transit = true;
	/* more than a second is no jitter, but time stamps that were set anew */
	if (is_first || distance > receiver->rate)
		return;
	/* A.8: J += (|D| - J) / 16, in sixteenths and rounded */
	receiver->jitter16 += distance - ((receiver->jitter16 + 8) >> 4);
}

/* A packet of another payload type than the stream's: an event (without a clock) or comfort noise.
 */
static inline enum rtp_arrival rtp_receiver_count(struct rtp_receiver *receiver,
	const uint8_t *header, uint32_t length, bool has_clock, uint64_t now_ns)
{
	enum rtp_arrival arrival =
		rtp_receiver_place(receiver, bytes_u32(header + 8), bytes_u16(header + 2), now_ns);
	receiver->packets++;
	receiver->bytes += length;
	if (has_clock && arrival != RTP_ARRIVAL_JUMP && arrival != RTP_ARRIVAL_DUPLICATE)
		rtp_receiver_measure_jitter(receiver, bytes_u32(header + 4), now_ns);
	return arrival;
}

/* What rtp_receiver_packet does. */
static inline enum rtp_arrival rtp_receiver_step(
	struct rtp_receiver *receiver, const uint8_t *header, uint32_t length, uint64_t now_ns)
{
	receiver->payload_type = header[1] & 0x7f;
	return rtp_receiver_count(receiver, header, length, receiver->rate != 0, now_ns);
}

#endif
