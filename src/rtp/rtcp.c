/* SPDX-License-Identifier: Apache-2.0 */
/* rtcp.c: the RTCP packets of a datagram, seen in place (RFC 3550 §6). */
#include "rtp/rtcp.h"

#include <errno.h>
#include <string.h>

#include "rtp/bytes.h"
#include "rtp/demux.h"

#define VERSION     2
#define PADDING_BIT 0x20
#define COUNT_MASK  0x1f
#define SENDER_SIZE 24 /* SSRC and sender info */
#define SSRC_SIZE   4

void rtcp_walk_begin(struct rtcp_walk *walk, const void *bytes, size_t length)
{
	*walk = (struct rtcp_walk){.at = bytes, .left = length};
}

/* The length of the packet that begins the rest, header included; 0 when there is none. */
static size_t packet_length(const struct rtcp_walk *walk)
{
	const uint8_t *at = walk->at;
	if (walk->left < RTCP_HEADER_SIZE || at[0] >> 6 != VERSION)
		return 0;
	if (at[1] < RTCP_TYPE_FIRST || at[1] > RTCP_TYPE_LAST)
		return 0;
	size_t length = ((size_t)bytes_u16(at + 2) + 1) * 4;
	return length <= walk->left ? length : 0;
}

/* Padding is at the end of the last packet only (§6.4.1), a multiple of four. */
static bool padding_of(const struct rtcp_walk *walk, size_t length, size_t *ret_padding)
{
	size_t padding = 0;
	if (walk->at[0] & PADDING_BIT) {
		padding = walk->at[length - 1];
		if (length != walk->left || padding == 0 || padding % 4 != 0 ||
			padding > length - RTCP_HEADER_SIZE)
			return false;
	}
	*ret_padding = padding;
	return true;
}

bool rtcp_walk_next(struct rtcp_walk *walk, struct rtcp_packet *ret_packet)
{
	size_t padding;
	if (walk->left == 0)
		return false;
	size_t length = packet_length(walk);
	if (length == 0 || !padding_of(walk, length, &padding)) {
		walk->is_bad = true;
		walk->left = 0;
		return false;
	}
	*ret_packet = (struct rtcp_packet){
		.type = walk->at[1],
		.count = walk->at[0] & COUNT_MASK,
		.body = walk->at + RTCP_HEADER_SIZE,
		.body_length = length - RTCP_HEADER_SIZE - padding,
	};
	walk->at += length;
	walk->left -= length;
	return true;
}

bool rtcp_is_valid(const void *bytes, size_t length)
{
	struct rtcp_walk walk;
	struct rtcp_packet packet;
	rtcp_walk_begin(&walk, bytes, length);
	while (rtcp_walk_next(&walk, &packet))
		continue;
	return length > 0 && !walk.is_bad;
}

int rtcp_report_parse(const struct rtcp_packet *packet, struct rtcp_report *ret_report)
{
	const uint8_t *at = packet->body;
	if (packet->type != RTCP_SR && packet->type != RTCP_RR)
		return -EBADMSG;
	size_t head = packet->type == RTCP_SR ? SENDER_SIZE : SSRC_SIZE;
	if (packet->body_length < head + (size_t)packet->count * RTCP_BLOCK_SIZE)
		return -EBADMSG;
	struct rtcp_report report = {
		.ssrc = bytes_u32(at),
		.is_sender = packet->type == RTCP_SR,
		.blocks = at + head,
		.block_count = packet->count,
	};
	if (report.is_sender) {
		report.ntp = bytes_u64(at + 4);
		report.rtp_timestamp = bytes_u32(at + 12);
		report.packets = bytes_u32(at + 16);
		report.octets = bytes_u32(at + 20);
	}
	*ret_report = report;
	return 0;
}

void rtcp_block_parse(const struct rtcp_report *report, unsigned index, struct rtcp_block *ret)
{
	const uint8_t *at = report->blocks + (size_t)index * RTCP_BLOCK_SIZE;
	uint32_t lost = bytes_u24(at + 5);
	*ret = (struct rtcp_block){
		.ssrc = bytes_u32(at),
		.fraction_lost = at[4],
		.lost = lost & 0x800000 ? (int32_t)lost - 0x1000000 : (int32_t)lost,
		.highest = bytes_u32(at + 8),
		.jitter = bytes_u32(at + 12),
		.last_sr = bytes_u32(at + 16),
		.since_last_sr = bytes_u32(at + 20),
	};
}

int rtcp_app_parse(const struct rtcp_packet *packet, struct rtcp_app *ret_app)
{
	if (packet->type != RTCP_APP || packet->body_length < 8)
		return -EBADMSG;
	*ret_app = (struct rtcp_app){
		.subtype = packet->count,
		.ssrc = bytes_u32(packet->body),
		.data = packet->body + 8,
		.data_length = packet->body_length - 8,
	};
	memcpy(ret_app->name, packet->body + 4, sizeof(ret_app->name));
	return 0;
}

bool rtcp_bye_source(const struct rtcp_packet *packet, unsigned index, uint32_t *ret_ssrc)
{
	if (packet->type != RTCP_BYE || index >= packet->count ||
		packet->body_length < ((size_t)index + 1) * SSRC_SIZE)
		return false;
	*ret_ssrc = bytes_u32(packet->body + (size_t)index * SSRC_SIZE);
	return true;
}
