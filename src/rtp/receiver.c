/* SPDX-License-Identifier: Apache-2.0 */
/* receiver.c: what is counted of the RTP packets that one end sends: loss, order, jitter (RFC 3550
 * A.1, A.3, A.8). */
#include "rtp/receiver.h"

#include "rtp/receiver_step.h"

enum rtp_arrival rtp_receiver_packet(
	struct rtp_receiver *receiver, const uint8_t *header, uint32_t length, uint64_t now_ns)
{
	return rtp_receiver_step(receiver, header, length, now_ns);
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
	receiver->lost_before += rtp_receiver_lost_now(receiver);
	receiver->is_heard = false;
}

uint64_t rtp_receiver_lost(const struct rtp_receiver *receiver)
{
	return (uint64_t)receiver->lost_before + rtp_receiver_lost_now(receiver);
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
