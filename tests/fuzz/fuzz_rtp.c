/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_rtp.c: a datagram as RTP, and then as a stream of headers for the statistics. */
#include "fuzz.h"
#include "rtp/demux.h"
#include "rtp/event.h"
#include "rtp/packet.h"
#include "rtp/receiver.h"

static void one_packet(const uint8_t *data, size_t size)
{
	struct rtp_packet packet;
	int header = rtp_packet_parse(data, size, &packet);
	MUST(header < 0 || (size_t)header <= size);
	if (header < 0)
		return;
	MUST(rtp_kind_of(data, size) == RTP_KIND_RTP || rtp_kind_of(data, size) == RTP_KIND_RTCP);
	MUST(packet.payload == data + header);
	MUST(packet.payload_length <= size - (size_t)header);
	MUST(RTP_HEADER_SIZE + 4u * packet.csrc_count <= (size_t)header);
	if (packet.has_extension)
		MUST(packet.extension + packet.extension_length == packet.payload);
	struct rtp_event event;
	int taken = rtp_event_parse(packet.payload, packet.payload_length, &event);
	MUST((taken == RTP_EVENT_SIZE) == (packet.payload_length >= RTP_EVENT_SIZE));
}

/* Headers of 12 bytes each; byte 0 says how much later it came. */
static void a_stream(const uint8_t *data, size_t size)
{
	struct rtp_receiver receiver = {0};
	uint64_t now_ns = 0, packets = 0;
	for (size_t at = 0; at + RTP_HEADER_SIZE <= size; at += RTP_HEADER_SIZE) {
		now_ns += data[at] * UINT64_C(1000000);
		rtp_receiver_rate(&receiver, data[at] & 1 ? 8000 : 90000);
		rtp_receiver_packet(&receiver, data + at, 12, now_ns);
		packets++;
		MUST(receiver.packets == packets && receiver.bytes == packets * 12);
		MUST(receiver.duplicates + receiver.reordered < packets);
		MUST(rtp_receiver_expected(&receiver) ==
			packets - receiver.duplicates + rtp_receiver_lost(&receiver));
		/* no single step loses more than a dropout */
		MUST(rtp_receiver_lost(&receiver) <= packets * 3000);
		MUST(rtp_receiver_jitter_us(&receiver) <= 1000000 * UINT64_C(12));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	one_packet(data, size);
	a_stream(data, size);
	return 0;
}
