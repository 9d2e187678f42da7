/* SPDX-License-Identifier: Apache-2.0 */
/* receiver.c: what is counted of the RTP packets that one end sends: loss, order, jitter (RFC 3550
 * A.1, A.3, A.8). */
#include "rtp/receiver.h"

#include "base/macros.h"
#include "rtp/bytes.h"

/* RFC 3550 A.1: a gap this large is a restart, a packet this late is not of our time. */
#define MAX_DROPOUT  3000
#define MAX_MISORDER 100
#define SEEN_BITS    64
#define NO_SEQUENCE  UINT32_C(0x10000)

static uint32_t extended_highest(const struct rtp_receiver *receiver)
{
	return receiver->cycles + receiver->highest;
}

static uint32_t expected_now(const struct rtp_receiver *receiver)
{
	return receiver->is_heard ? extended_highest(receiver) - receiver->first + 1 : 0;
}

/* A late packet may be older than the first: then there are more than were expected. */
static uint32_t lost_now(const struct rtp_receiver *receiver)
{
	uint32_t expected = expected_now(receiver);
	return expected > receiver->since ? expected - receiver->since : 0;
}

static void begin(struct rtp_receiver *receiver, uint32_t ssrc, uint16_t sequence, uint64_t now_ns)
{
	receiver->lost_before += lost_now(receiver);
	receiver->jumps += receiver->is_heard;
	receiver->ssrc = ssrc;
	receiver->highest = sequence;
	receiver->cycles = 0;
	receiver->first = sequence;
	receiver->wanted = NO_SEQUENCE;
	receiver->seen = 1;
	receiver->since = 1;
	receiver->start_ns = now_ns;
	receiver->is_heard = true;
	receiver->has_transit = false;
}

static enum rtp_arrival forward(struct rtp_receiver *receiver, uint16_t sequence, uint16_t step)
{
	if (sequence < receiver->highest)
		receiver->cycles += 0x10000;
	receiver->highest = sequence;
	receiver->seen = step < SEEN_BITS ? receiver->seen << step | 1 : 1;
	receiver->since++;
	return RTP_ARRIVAL_NEXT;
}

/* What is further back than our memory counts as late, not as a duplicate. */
static enum rtp_arrival behind(struct rtp_receiver *receiver, uint16_t back)
{
	uint64_t bit = back < SEEN_BITS ? UINT64_C(1) << back : 0;
	if (receiver->seen & bit) {
		receiver->duplicates++;
		return RTP_ARRIVAL_DUPLICATE;
	}
	receiver->seen |= bit;
	receiver->since++;
	receiver->reordered++;
	return RTP_ARRIVAL_LATE;
}

static enum rtp_arrival place(
	struct rtp_receiver *receiver, uint32_t ssrc, uint16_t sequence, uint64_t now_ns)
{
	uint16_t step = (uint16_t)(sequence - receiver->highest);
	uint16_t back = (uint16_t)(receiver->highest - sequence);
	if (!receiver->is_heard || ssrc != receiver->ssrc) {
		begin(receiver, ssrc, sequence, now_ns);
		return RTP_ARRIVAL_RESTART;
	}
	if (step > 0 && step < MAX_DROPOUT)
		return forward(receiver, sequence, step);
	if (back < MAX_MISORDER)
		return behind(receiver, back);
	/* two in a row over there: the source has restarted; one alone is a stray */
	if (sequence == receiver->wanted) {
		begin(receiver, ssrc, sequence, now_ns);
		return RTP_ARRIVAL_RESTART;
	}
	receiver->wanted = (uint16_t)(sequence + 1);
	return RTP_ARRIVAL_JUMP;
}

static void measure_jitter(struct rtp_receiver *receiver, uint32_t timestamp, uint64_t now_ns)
{
	/* microseconds since the start: a week of 90 kHz fits into 64 bits */
	uint64_t arrival = (now_ns - receiver->start_ns) / 1000 * receiver->rate / 1000000;
	uint32_t transit = (uint32_t)arrival - timestamp;
	uint32_t ahead = transit - receiver->transit;
	uint32_t distance = MIN(ahead, 0 - ahead); /* |D|, round the circle the short way */
	bool is_first = !receiver->has_transit;
	receiver->transit = transit;
	receiver->has_transit = true;
	/* more than a second is no jitter, but time stamps that were set anew */
	if (is_first || distance > receiver->rate)
		return;
	/* A.8: J += (|D| - J) / 16, in sixteenths and rounded */
	receiver->jitter16 += distance - ((receiver->jitter16 + 8) >> 4);
}

enum rtp_arrival rtp_receiver_packet(
	struct rtp_receiver *receiver, const uint8_t *header, uint32_t length, uint64_t now_ns)
{
	enum rtp_arrival arrival =
		place(receiver, bytes_u32(header + 8), bytes_u16(header + 2), now_ns);
	receiver->packets++;
	receiver->bytes += length;
	receiver->payload_type = header[1] & 0x7f;
	if (receiver->rate && arrival != RTP_ARRIVAL_JUMP && arrival != RTP_ARRIVAL_DUPLICATE)
		measure_jitter(receiver, bytes_u32(header + 4), now_ns);
	return arrival;
}

void rtp_receiver_rate(struct rtp_receiver *receiver, uint32_t rate)
{
	receiver->rate = rate;
	if (rate == 0 || rate == receiver->unit)
		return;
	if (receiver->unit)
		receiver->jitter16 =
			(uint32_t)((uint64_t)receiver->jitter16 * rate / receiver->unit);
	receiver->has_transit = false; /* it is in the old unit */
	receiver->unit = rate;
}

void rtp_receiver_rest(struct rtp_receiver *receiver)
{
	receiver->lost_before += lost_now(receiver);
	receiver->is_heard = false;
}

uint64_t rtp_receiver_lost(const struct rtp_receiver *receiver)
{
	return (uint64_t)receiver->lost_before + lost_now(receiver);
}

/* What came once, and what did not come. */
uint64_t rtp_receiver_expected(const struct rtp_receiver *receiver)
{
	return (uint64_t)receiver->packets - receiver->duplicates + rtp_receiver_lost(receiver);
}

uint32_t rtp_receiver_jitter_us(const struct rtp_receiver *receiver)
{
	if (receiver->unit == 0)
		return 0;
	return (uint32_t)((uint64_t)(receiver->jitter16 >> 4) * 1000000 / receiver->unit);
}
