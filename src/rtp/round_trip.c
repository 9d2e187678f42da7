/* SPDX-License-Identifier: Apache-2.0 */
/* round_trip.c: how long a packet takes to a far end and back, from the sender's reports passed to
 * it. */
#include "rtp/round_trip.h"

#include "base/macros.h"

/* Longer than this is a clock that jumped or a quote that was made up. */
#define LONGEST_US UINT64_C(60000000)

void round_trip_sent(struct round_trip *trip, uint64_t ntp, uint64_t now_ns)
{
	uint32_t middle = rtcp_ntp_middle(ntp);
	/* 0 means "none" where it is quoted */
	if (middle == 0)
		return;
	trip->reports[trip->next].sent_ns = now_ns;
	trip->reports[trip->next].middle = middle;
	trip->next = (uint8_t)((trip->next + 1) % ROUND_TRIP_REPORTS);
}

static bool measure(
	struct round_trip *trip, uint64_t sent_ns, uint32_t since_last_sr, uint64_t now_ns)
{
	uint64_t passed_us = (now_ns - sent_ns) / 1000;
	uint64_t held_us = (uint64_t)since_last_sr * 1000000 >> 16;
	/* its clock may run a little faster than ours: a millisecond is forgiven */
	if (held_us > passed_us + 1000 || passed_us - MIN(held_us, passed_us) > LONGEST_US)
		return false;
	trip->last_us = (uint32_t)MAX(passed_us - MIN(held_us, passed_us), 1);
	return true;
}

bool round_trip_quoted(struct round_trip *trip, const struct rtcp_block *block, uint64_t now_ns)
{
	if (block->last_sr == 0)
		return false;
	for (unsigned i = 0; i < ROUND_TRIP_REPORTS; i++)
		if (trip->reports[i].middle == block->last_sr)
			return measure(
				trip, trip->reports[i].sent_ns, block->since_last_sr, now_ns);
	return false;
}
