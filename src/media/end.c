/* SPDX-License-Identifier: Apache-2.0 */
/* end.c: judges, counts and sends the packets of one leg of one stream. */
#include "media/end.h"

#include <string.h>

#include "base/metrics.h"
#include "media/relay.h"
#include "rtp/bytes.h"
#include "rtp/packet.h"
#include "rtp/rtcp.h"

#define NS_PER_MS UINT64_C(1000000)

/* What a phone may have said into a mapping that its NAT had dropped: a minute. */
#define UNHEARD_MAX 3000

void end_init(struct stream_end *end, struct port_pair *pair, uint8_t index)
{
	memset(end, 0, sizeof(*end));
	end->rtcp.is_rtcp = true;
	end->index = index;
	end->pair = pair;
	for (unsigned i = 0; i < COMPONENTS; i++) {
		end->fds[i] = pair->sockets[i].fd;
		pair->sockets[i].end = end;
	}
}

void end_done(struct stream_end *end)
{
	for (unsigned i = 0; i < COMPONENTS; i++)
		end->pair->sockets[i].end = NULL;
}

static struct media_address rtcp_address(const struct media_end *description)
{
	struct media_address address = description->rtcp;
	if (!media_address_is_sendable(&address)) {
		address = description->rtp;
		if (!media_address_is_none(&address))
			media_address_set_port(
				&address, (uint16_t)(media_address_port(&description->rtp) + 1));
	}
	return address;
}

static void describe_formats(struct stream_end *end, const struct media_end *description)
{
	end->payload_types[0] = description->payload_types[0];
	end->payload_types[1] = description->payload_types[1];
	end->has_types = end->payload_types[0] || end->payload_types[1];
	end->format_count = MIN(description->format_count, MEDIA_FORMATS_MAX);
	memcpy(end->formats, description->formats, end->format_count * sizeof(end->formats[0]));
	/* numbers may mean something else now: look again at the next packet */
	end->is_rated = false;
}

/* Who announced nothing that anybody could send to is sent to when it was heard. */
static bool is_silenced(const struct media_end *description)
{
	if (description->is_blind && media_address_is_none(&description->rtp))
		return false;
	return !media_address_is_sendable(&description->rtp);
}

bool end_describe(struct stream_end *end, const struct media_end *description, uint64_t now_ms)
{
	if (end->offer == description->offer)
		return false;
	end->offer = description->offer;
	end->is_mux = description->is_mux;
	end->is_secure = description->is_secure;
	end->is_silenced = is_silenced(description);
	end->source = description->source;
	end->has_source = !media_address_is_none(&end->source);
	describe_formats(end, description);
	if (end->is_silenced)
		return true;
	if (!end->offered_ms)
		end->offered_ms = now_ms;
	struct latch_offer offer = {.announced = description->rtp,
		.host = description->signalling,
		.is_blind = description->is_blind,
		.is_public = description->is_public};
	latch_offer(&end->rtp, &offer, now_ms);
	offer.announced = rtcp_address(description);
	latch_offer(&end->rtcp, &offer, now_ms);
	return true;
}

/* Where its packets are counted. */
static struct rtp_receiver *counts_of(struct stream_end *end)
{
	return UNLIKELY(end->flow != NULL) ? &end->flow->receiver : &end->receiver;
}

/* The clock of a payload type, when it is another one than that of the packet before. */
static void choose_rate(struct stream_end *end, uint8_t type)
{
	uint32_t rate = quality_rate_of(type);
	uint8_t codec = (uint8_t)quality_codec_of(type);
	bool is_known = rate != 0;
	for (unsigned i = 0; i < end->format_count; i++)
		if (end->formats[i].payload_type == type) {
			rate = end->formats[i].rate;
			codec = end->formats[i].codec ? end->formats[i].codec : codec;
			is_known = true;
		}
	rtp_receiver_rate(counts_of(end), is_known ? rate : 8000);
	if (rate)
		end->codec = codec;
	end->is_rated = true;
}

/* What the kernel forwards and what comes up is one source's, and together in one count. */
static bool is_over_rate(struct stream_end *end, uint64_t now_ns, uint32_t most)
{
	struct fastpath_flow *flow = end->flow;
	if (UNLIKELY(flow != NULL))
		return fastpath_is_over_rate(&flow->rate_window, &flow->rate_count, now_ns, most);
	return fastpath_is_over_rate(&end->rate_window, &end->rate_count, now_ns, most);
}

static unsigned drop(enum metric_id why)
{
	metrics_add(why, 1);
	return 0;
}

static unsigned drop_third(struct stream_end *end)
{
	end->dropped_third++;
	return drop(METRIC_media_dropped_third);
}

/* It passed: the first one is told. */
static unsigned heard(struct stream_end *end, uint64_t now_ms)
{
	end->heard_ms = now_ms;
	if (LIKELY(end->is_heard))
		return 0;
	end->is_heard = true;
	end->first_ms = now_ms;
	return END_HEARD;
}

/* Whether nobody but the source can have sent it: nobody else knows its SSRC (32 bits by chance,
 * RFC 3550 §8) and how far its numbers are, unless he is on the way. While its old port is heard
 * there are two, and nobody has moved: that, too, has to be seen. */
static bool goes_on(const struct stream_end *end, const struct latch_packet *seen, uint64_t now_ms)
{
	const struct rtp_receiver *receiver = &end->receiver;
	uint16_t ahead = (uint16_t)(seen->sequence - receiver->highest);
	bool is_next = !receiver->is_heard || (ahead > 0 && ahead <= UNHEARD_MAX);
	return end->hides_ssrc && !end->is_muffled && receiver->packets &&
	       seen->ssrc == receiver->ssrc && is_next &&
	       now_ms - MAX(end->heard_ms, end->whole_ms) >= LATCH_QUIET_MS;
}

/* Not of the locked source: what the latch says of it. */
static unsigned judge_rtp(
	struct stream_end *end, const struct media_packet *packet, uint64_t now_ms)
{
	struct latch_packet seen = {.from = &packet->from,
		.ssrc = bytes_u32(packet->bytes + 8),
		.sequence = bytes_u16(packet->bytes + 2),
		.is_negotiated = end_negotiated(end, packet->bytes[1] & 0x7f)};
	seen.goes_on = goes_on(end, &seen, now_ms);
	/* who was here before this session is heard only where its SDP or signalling leads to it */
	if (port_pair_is_ghost(end->pair, &packet->from, now_ms))
		seen.is_negotiated = false;
	unsigned verdict = latch_packet(&end->rtp, &seen, now_ms);
	if (verdict & LATCH_TELL) {
		latch_follow(&end->rtcp, &end->rtp, now_ms);
		metrics_add(METRIC_media_locked, 1);
	}
	return verdict;
}

static unsigned receive_rtp(
	struct relay *relay, struct stream_end *end, struct media_packet *packet, uint64_t now_ns)
{
	uint64_t now_ms = now_ns / NS_PER_MS;
	unsigned verdict = LATCH_PASS;
	if (UNLIKELY(packet->length < RTP_HEADER_SIZE || packet->component != COMPONENT_RTP ||
		     end->is_control))
		return drop(METRIC_media_dropped_not_rtp);
	if (UNLIKELY(!latch_is_source(&end->rtp, &packet->from)))
		verdict = judge_rtp(end, packet, now_ms);
	if (UNLIKELY(!(verdict & LATCH_PASS)))
		return drop_third(end);
	if (UNLIKELY(is_over_rate(end, now_ns, relay->packet_rate)))
		return drop(METRIC_media_dropped_rate);
	uint8_t type = packet->bytes[1] & 0x7f;
	struct rtp_receiver *receiver = counts_of(end);
	if (UNLIKELY(type != receiver->payload_type || !end->is_rated))
		choose_rate(end, type);
	if (LIKELY(!end->is_muffled))
		rtp_receiver_packet(receiver, packet->bytes, packet->length, now_ns);
	unsigned events = heard(end, now_ms) | (verdict & LATCH_TELL ? END_LOCKED : 0);
	end->deliver(relay, end, packet);
	return events;
}

/* What an end says about what it receives, and the reports that its peer will quote. */
static void read_rtcp(struct stream_end *end, const struct media_packet *packet, uint64_t now_ns)
{
	struct rtcp_walk walk;
	struct rtcp_packet part;
	struct rtcp_report report;
	rtcp_walk_begin(&walk, packet->bytes, packet->length);
	while (rtcp_walk_next(&walk, &part)) {
		if (rtcp_report_parse(&part, &report) < 0)
			continue;
		if (report.is_sender && end->peer)
			round_trip_sent(&end->peer->round_trip, report.ntp, now_ns);
		for (unsigned i = 0; i < report.block_count; i++) {
			struct rtcp_block block;
			rtcp_block_parse(&report, i, &block);
			round_trip_quoted(&end->round_trip, &block, now_ns);
			end->remote_lost = block.lost;
			end->remote_fraction = block.fraction_lost;
			end->remote_jitter = block.jitter;
			end->has_remote = true;
		}
	}
}

/* Encrypted RTCP shows its first header and source only (RFC 3711 §3.4). */
static bool is_rtcp(const struct stream_end *end, const struct media_packet *packet)
{
	if (end->is_secure)
		return packet->length >= 8 && packet->bytes[0] >> 6 == RTP_VERSION;
	return rtcp_is_valid(packet->bytes, packet->length);
}

/* Whether it comes from where it may; LATCH_TELL when that was learned from it. */
static unsigned judge_rtcp(
	struct stream_end *end, const struct media_packet *packet, uint64_t now_ms)
{
	struct latch_packet seen = {.from = &packet->from, .is_negotiated = true};
	if (packet->component == COMPONENT_RTCP)
		return latch_packet(&end->rtcp, &seen, now_ms) & LATCH_PASS;
	if (end->is_control)
		return latch_packet(&end->rtp, &seen, now_ms);
	return latch_admits(&end->rtp, &packet->from) ? LATCH_PASS : 0;
}

static unsigned receive_rtcp(
	struct relay *relay, struct stream_end *end, struct media_packet *packet, uint64_t now_ns)
{
	uint64_t now_ms = now_ns / NS_PER_MS;
	if (!is_rtcp(end, packet))
		return drop(METRIC_media_dropped_not_rtp);
	unsigned verdict = judge_rtcp(end, packet, now_ms);
	if (!(verdict & LATCH_PASS))
		return drop_third(end);
	if (is_over_rate(end, now_ns, relay->packet_rate))
		return drop(METRIC_media_dropped_rate);
	if (!end->is_secure)
		read_rtcp(end, packet, now_ns);
	unsigned events = end->is_control ? heard(end, now_ms) : 0;
	end->heard_ms = now_ms;
	end->deliver(relay, end, packet);
	return events | (verdict & LATCH_TELL ? END_LOCKED : 0);
}

/* STUN, DTLS, ZRTP: between those who know each other, and nothing is learned from it. */
static unsigned receive_other(
	struct relay *relay, struct stream_end *end, struct media_packet *packet, uint64_t now_ns)
{
	const struct latch *latch = packet->component == COMPONENT_RTP ? &end->rtp : &end->rtcp;
	if (packet->kind == RTP_KIND_OTHER)
		return drop(METRIC_media_dropped_not_rtp);
	if (!latch_admits(latch, &packet->from))
		return drop_third(end);
	if (is_over_rate(end, now_ns, relay->packet_rate))
		return drop(METRIC_media_dropped_rate);
	end->deliver(relay, end, packet);
	return 0;
}

unsigned end_receive(
	struct relay *relay, struct stream_end *end, struct media_packet *packet, uint64_t now_ns)
{
	packet->kind = rtp_kind_of(packet->bytes, packet->length);
	if (LIKELY(packet->kind == RTP_KIND_RTP))
		return receive_rtp(relay, end, packet, now_ns);
	if (packet->kind == RTP_KIND_RTCP)
		return receive_rtcp(relay, end, packet, now_ns);
	return receive_other(relay, end, packet, now_ns);
}

/* On a host with several addresses. */
static ssize_t send_by(int fd, const struct media_address *source, const void *bytes,
	uint32_t length, const struct media_address *target)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	} control;
	struct iovec piece = {.iov_base = (void *)bytes, .iov_len = length};
	struct msghdr message = {.msg_name = (void *)&target->any,
		.msg_namelen = media_address_length(target),
		.msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = &control};
	if (source->family == AF_INET) {
		struct in_pktinfo info = {.ipi_spec_dst = source->v4.sin_addr};
		control.header = (struct cmsghdr){CMSG_LEN(sizeof(info)), IPPROTO_IP, IP_PKTINFO};
		memcpy(CMSG_DATA(&control.header), &info, sizeof(info));
		message.msg_controllen = CMSG_SPACE(sizeof(info));
	} else {
		struct in6_pktinfo info = {.ipi6_addr = source->v6.sin6_addr};
		control.header =
			(struct cmsghdr){CMSG_LEN(sizeof(info)), IPPROTO_IPV6, IPV6_PKTINFO};
		memcpy(CMSG_DATA(&control.header), &info, sizeof(info));
		message.msg_controllen = CMSG_SPACE(sizeof(info));
	}
	return sendmsg(fd, &message, 0);
}

void end_send(struct stream_end *end, const void *bytes, uint32_t length, bool as_rtcp)
{
	bool on_rtcp = as_rtcp && !end->is_mux;
	const struct media_address *target = on_rtcp ? &end->rtcp.target : &end->rtp.target;
	if (UNLIKELY(media_address_is_none(target) || end->is_silenced)) {
		metrics_add(METRIC_media_dropped_no_target, 1);
		return;
	}
	int fd = end->fds[on_rtcp];
	ssize_t sent = end->has_source ? send_by(fd, &end->source, bytes, length, target)
				       : sendto(fd, bytes, length, 0, &target->any,
						 media_address_length(target));
	if (UNLIKELY(sent < 0)) {
		metrics_add(METRIC_media_send_errors, 1);
		return;
	}
	if (as_rtcp)
		metrics_add(METRIC_media_forwarded, 1);
	else
		end_count(end, length);
}

void end_count(struct stream_end *end, uint32_t length)
{
	metrics_add(METRIC_media_forwarded, 1);
	end->sent++;
	end->sent_bytes += length;
}

void end_uncount(struct stream_end *end, uint32_t length)
{
	metrics_sub(METRIC_media_forwarded, 1);
	end->sent--;
	end->sent_bytes -= length;
}

const struct media_address *end_leaves_from(const struct relay *relay, const struct stream_end *end)
{
	const struct media_address *bound = &relay->stock.locals[end->pair->local].address;
	if (end->has_source)
		return &end->source;
	return media_address_is_any(bound) ? NULL : bound;
}

uint32_t end_priority(const struct stream_end *end)
{
	int priority = 0;
	socklen_t length = sizeof(priority);
	getsockopt(end->fds[COMPONENT_RTP], SOL_SOCKET, SO_PRIORITY, &priority, &length);
	return (uint32_t)MAX(priority, 0);
}

void end_report(const struct stream_end *end, uint64_t added_ms, uint64_t now_ms,
	struct media_end_report *ret)
{
	const struct rtp_receiver *receiver = &end->receiver;
	*ret = (struct media_end_report){
		.packets = receiver->packets,
		.bytes = receiver->bytes,
		.sent = end->sent,
		.sent_bytes = end->sent_bytes,
		.dropped_third = end->dropped_third,
		.first_ms = end->is_heard ? end->first_ms - end->offered_ms : UINT64_MAX,
		.silent_ms = now_ms - MIN(MAX(end->heard_ms, added_ms), now_ms),
		.expected = (uint32_t)rtp_receiver_expected(receiver),
		.lost = (uint32_t)rtp_receiver_lost(receiver),
		.reordered = receiver->reordered,
		.duplicates = receiver->duplicates,
		.restarts = receiver->jumps,
		.jitter_us = rtp_receiver_jitter_us(receiver),
		.round_trip_us = end->round_trip.last_us,
		.remote_lost = end->remote_lost,
		.remote_jitter = end->remote_jitter,
		.remote_fraction = end->remote_fraction,
		.has_remote = end->has_remote,
		.payload_type = receiver->payload_type,
		.latch = end->rtp.state,
		.ssrc = receiver->ssrc,
		.source = end->rtp.source,
		.target = end->rtp.target,
	};
}
