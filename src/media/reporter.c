/* SPDX-License-Identifier: Apache-2.0 */
/* reporter.c: the RTCP of ours to an end whose stream ends here. */
#include "media/reporter.h"

#include "base/macros.h"
#include "base/random.h"

/* 5 s on average, from half to one and a half. */
#define REPORT_MS_LEAST  2500
#define REPORT_MS_SPREAD 5000

static uint64_t next_report(uint64_t now_ms)
{
	return now_ms + REPORT_MS_LEAST + random_below(REPORT_MS_SPREAD);
}

void reporter_begin(struct reporter *reporter, uint64_t now_ms)
{
	*reporter = (struct reporter){.due_ms = next_report(now_ms)};
}

/* The last sender's report of an end is quoted in ours (§6.4.1). */
void reporter_hear(struct reporter *reporter, const struct media_packet *packet, uint64_t now_ns)
{
	struct rtcp_walk walk;
	struct rtcp_packet part;
	struct rtcp_report report;
	rtcp_walk_begin(&walk, packet->bytes, packet->length);
	while (rtcp_walk_next(&walk, &part)) {
		if (rtcp_report_parse(&part, &report) < 0 || !report.is_sender)
			continue;
		reporter->last_sr = rtcp_ntp_middle(report.ntp);
		reporter->last_sr_ns = now_ns;
	}
}

bool reporter_is_due(struct reporter *reporter, uint64_t now_ms)
{
	if (now_ms < reporter->due_ms)
		return false;
	reporter->due_ms = next_report(now_ms);
	return true;
}

/* Nanoseconds as an NTP time of 32.32 bits. */
static uint64_t ntp_of(uint64_t ns)
{
	return ns / 1000000000 << 32 | (ns % 1000000000 << 32) / 1000000000;
}

/* What we hear of an end, and what it was at the last report. */
static struct rtcp_block block_of(
	struct reporter *reporter, const struct rtp_receiver *receiver, uint64_t now_ns)
{
	uint64_t expected = rtp_receiver_expected(receiver), lost = rtp_receiver_lost(receiver);
	uint64_t new_expected = expected - reporter->expected;
	/* what came late after all may make it less than it was */
	uint64_t new_lost = lost > reporter->lost ? lost - reporter->lost : 0;
	reporter->expected = expected;
	reporter->lost = lost;
	return (struct rtcp_block){
		.ssrc = receiver->ssrc,
		.fraction_lost =
			(uint8_t)(new_expected ? MIN(new_lost * 256 / new_expected, 255) : 0),
		.lost = (int32_t)MIN(lost, INT32_MAX),
		.highest = receiver->cycles + receiver->highest,
		.jitter = receiver->jitter16 / 16,
		.last_sr = reporter->last_sr,
		.since_last_sr = reporter->last_sr
					 ? rtcp_ntp_middle(ntp_of(now_ns - reporter->last_sr_ns))
					 : 0,
	};
}

void reporter_send(struct reporter *reporter, struct stream_end *end,
	const struct reporter_stream *stream, uint64_t now_ns)
{
	uint8_t bytes[RTCP_WRITTEN_MAX];
	struct rtcp_block block;
	struct rtcp_statement statement = {
		.ssrc = stream->ssrc,
		.is_sender = stream->packets > 0 && stream->packets != reporter->sent,
		.ntp = ntp_of(now_ns),
		.rtp_timestamp = stream->timestamp,
		.packets = stream->packets,
		.octets = stream->octets,
		.cname = stream->cname,
		.is_bye = stream->is_bye,
	};
	if (end->receiver.packets > 0) {
		block = block_of(reporter, &end->receiver, now_ns);
		statement.block = &block;
	}
	reporter->sent = stream->packets;
	if (statement.is_sender)
		round_trip_sent(&end->round_trip, statement.ntp, now_ns);
	end_send(end, bytes, (uint32_t)rtcp_write(&statement, bytes), true);
}
