/* SPDX-License-Identifier: Apache-2.0 */
/* repack.c: a talker's packet that is longer than a listener takes, as several. */
#include "media/repack.h"

#include <string.h>

#include "base/metrics.h"
#include "media/fanout.h"
#include "media/relay.h"
#include "sound/opus_packet.h"

/* Of G.711 and of G.722, whose clock counts bytes. */
#define PART_BYTES (8 * GROUP_FRAME_MS)
#define OPUS_MS    48
#define OPUS_PART  (OPUS_MS * GROUP_FRAME_MS)

void repack_describe(struct member *member)
{
	uint32_t ms = member->said->audio.coding.packet_ms_most;
	member->ticks_most = UINT32_MAX;
	if (ms > 0 && member->codec != CODEC_NONE)
		member->ticks_most = ms * (codec_row((enum codec_id)member->codec)->clock / 1000);
}

uint32_t repack_ticks(unsigned codec, const uint8_t *payload, size_t length)
{
	return codec == CODEC_OPUS ? opus_packet_ticks(payload, length) : (uint32_t)length;
}

static void send_bytes(struct group *group, struct member *member,
	const struct splice_packet *piece, const uint8_t *payload)
{
	uint32_t length = piece->payload_length;
	unsigned parts = (length + PART_BYTES - 1) / PART_BYTES;
	for (unsigned part = 0; part < parts; part++) {
		struct splice_packet cut = splice_part(piece, PART_BYTES, parts, part);
		struct fanout_frame frame;
		cut.payload_length = MIN(length - part * PART_BYTES, PART_BYTES);
		cut.ticks = cut.payload_length;
		frame.length = cut.payload_length;
		memcpy(frame.bytes + RTP_HEADER_SIZE, payload + part * PART_BYTES, frame.length);
		fanout_piece_to(group, member, &cut, &frame);
	}
}

static void blend_bytes(struct group *group, struct member *member,
	const struct splice_packet *piece, struct overlay_talk *talk)
{
	struct splice_packet blended = *piece;
	uint8_t payload[CODEC_FRAME_BYTES_MAX];
	blended.payload_length = (uint32_t)overlay_blend(group, member, talk, payload);
	send_bytes(group, member, &blended, payload);
}

/* Each part with its own piece of the tone. */
static void blend_opus(struct group *group, struct member *member,
	const struct splice_packet *piece, const struct overlay_talk *talk)
{
	unsigned parts = ((unsigned)talk->count + OPUS_PART - 1) / OPUS_PART;
	for (unsigned part = 0; part < parts; part++) {
		struct splice_packet cut = splice_part(piece, OPUS_PART, parts, part);
		struct overlay_talk said = *talk;
		struct fanout_frame frame;
		said.from = (int)(part * OPUS_PART);
		said.count = MIN(talk->count - said.from, OPUS_PART);
		frame.length = overlay_blend(group, member, &said, frame.bytes + RTP_HEADER_SIZE);
		if (frame.length == 0)
			return;
		cut.ticks = (uint32_t)said.count;
		cut.payload_length = (uint32_t)frame.length;
		fanout_piece_to(group, member, &cut, &frame);
	}
}

/* Better too long than nothing. */
static void send_whole(struct group *group, struct member *member,
	const struct splice_packet *piece, const struct overlay_talk *talk)
{
	struct fanout_frame frame = {.length = talk->length};
	if (talk->length > CODEC_FRAME_BYTES_MAX) {
		metrics_add(METRIC_media_dropped_too_big, 1);
		return;
	}
	memcpy(frame.bytes + RTP_HEADER_SIZE, talk->payload, frame.length);
	fanout_piece_to(group, member, piece, &frame);
}

static void send_opus(struct group *group, struct member *member, const struct splice_packet *piece,
	struct overlay_talk *talk)
{
	const struct overlay_part *made;
	unsigned parts = overlay_cut(group, talk, &made);
	for (unsigned part = 0; part < parts; part++) {
		struct splice_packet cut = splice_part(piece, OPUS_PART, parts, part);
		struct fanout_frame frame = {.length = made[part].length};
		cut.ticks = (uint32_t)MIN(talk->count - (int)(part * OPUS_PART), OPUS_PART);
		cut.payload_length = (uint32_t)frame.length;
		memcpy(frame.bytes + RTP_HEADER_SIZE, made[part].payload, frame.length);
		fanout_piece_to(group, member, &cut, &frame);
	}
	if (parts == 0)
		send_whole(group, member, piece, talk);
}

void repack_forward(struct group *group, struct member *member, const struct splice_packet *piece,
	struct overlay_talk *talk)
{
	bool is_tone = overlay_is_due(group, member, talk);
	if (talk->codec != CODEC_OPUS && !is_tone)
		send_bytes(group, member, piece, talk->payload);
	else if (talk->codec != CODEC_OPUS)
		blend_bytes(group, member, piece, talk);
	else if (is_tone && talk->count > 0)
		blend_opus(group, member, piece, talk);
	else
		send_opus(group, member, piece, talk);
}
