/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_rtcp.c: a datagram as RTCP: every view lies within it. */
#include "fuzz.h"
#include "rtp/rtcp.h"
#include "rtp/round_trip.h"

static void check_report(const struct rtcp_packet *packet, struct round_trip *trip)
{
	struct rtcp_report report;
	if (rtcp_report_parse(packet, &report) < 0)
		return;
	MUST(report.blocks + (size_t)report.block_count * RTCP_BLOCK_SIZE <=
		packet->body + packet->body_length);
	if (report.is_sender)
		round_trip_sent(trip, report.ntp, 1000000000);
	for (unsigned i = 0; i < report.block_count; i++) {
		struct rtcp_block block;
		rtcp_block_parse(&report, i, &block);
		MUST(block.lost >= -0x800000 && block.lost <= 0x7fffff);
		if (round_trip_quoted(trip, &block, 3000000000))
			MUST(trip->last_us > 0 && trip->last_us <= 2000000);
	}
}

static void check_others(const struct rtcp_packet *packet)
{
	struct rtcp_app app;
	uint32_t ssrc;
	if (rtcp_app_parse(packet, &app) == 0)
		MUST(app.data + app.data_length == packet->body + packet->body_length);
	for (unsigned i = 0; i < packet->count; i++)
		if (rtcp_bye_source(packet, i, &ssrc))
			MUST((i + 1) * 4 <= packet->body_length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct round_trip trip = {0};
	struct rtcp_walk walk;
	struct rtcp_packet packet;
	const uint8_t *end = data;
	rtcp_walk_begin(&walk, data, size);
	while (rtcp_walk_next(&walk, &packet)) {
		MUST(packet.body == end + RTCP_HEADER_SIZE);
		MUST(packet.body + packet.body_length <= data + size);
		MUST(packet.type >= 192 && packet.type <= 223 && packet.count < 32);
		check_report(&packet, &trip);
		check_others(&packet);
		end = walk.at;
	}
	MUST(walk.is_bad || end == data + size);
	MUST(rtcp_is_valid(data, size) == (size > 0 && !walk.is_bad));
	return 0;
}
