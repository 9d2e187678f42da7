/* SPDX-License-Identifier: Apache-2.0 */
/* outline.c — what is remembered of an offer: kinds, protocols, directions, hashes of formats. */
#include "sdp/outline.h"

static uint16_t fold(uint32_t hash)
{
	return (uint16_t)(hash ^ hash >> 16);
}

uint16_t outline_kind(const struct pv_sdp_media *media)
{
	return fold(pv_span_hash_nocase(media->kind_text));
}

bool outline_comparable(const struct pv_sdp_media *media)
{
	static const struct pv_span sctp = PV_SPAN_INIT("SCTP");
	struct pv_span rest = media->proto;
	for (; rest.length >= sctp.length; rest = pv_span_skip(rest, 1))
		if (pv_span_starts_with_nocase(rest, sctp))
			return false;
	return media->format_count > 0;
}

uint16_t outline_codec(const struct pv_sdp_format *format)
{
	uint32_t hash =
		pv_span_hash_nocase(format->encoding.length ? format->encoding : format->text);
	if (!format->encoding.length)
		return fold(hash);
	hash = (hash ^ format->clock_rate) * 16777619u;
	return fold((hash ^ format->channels) * 16777619u);
}

uint16_t outline_number(const struct pv_sdp_format *format)
{
	return fold(pv_span_hash_nocase(format->text));
}

/* The hashes of one m-line, while there is room. */
struct room {
	uint16_t *at;
	unsigned count, size;
};

static bool add(struct room *room, uint16_t hash)
{
	for (unsigned i = 0; i < room->count; i++)
		if (room->at[i] == hash)
			return true;
	if (room->count == room->size)
		return false;
	room->at[room->count++] = hash;
	return true;
}

static void add_formats(
	const struct pv_sdp_media *media, struct room *room, struct pv_sdp_outline_media *ret)
{
	struct pv_sdp_formats formats;
	pv_sdp_formats_read(media, &formats);
	for (unsigned i = 0; i < formats.count; i++) {
		const struct pv_sdp_format *format = &formats.list[i];
		bool added = add(room, outline_codec(format));
		/* An answer that leaves out the rtpmap means the number of the offer. */
		if (added && format->has_rtpmap)
			added = add(room, outline_number(format));
		if (!added) {
			ret->any_format = true;
			room->count = 0;
			return;
		}
	}
}

void pv_sdp_outline_of(const struct pv_sdp *sdp, struct pv_sdp_outline *ret)
{
	struct room room = {.at = ret->formats, .size = PV_SDP_OUTLINE_FORMATS};
	memset(ret, 0, sizeof(*ret));
	ret->media_count = sdp->media_count;
	for (unsigned i = 0; i < sdp->media_count; i++) {
		const struct pv_sdp_media *media = &sdp->media[i];
		struct pv_sdp_outline_media *outline = &ret->media[i];
		outline->kind = outline_kind(media);
		outline->proto = sdp_proto_group(media->proto);
		outline->direction = (uint8_t)media->written;
		outline->rejected = pv_sdp_is_rejected(media);
		outline->any_format = !outline_comparable(media);
		if (outline->rejected || outline->any_format)
			continue;
		add_formats(media, &room, outline);
		outline->format_count = (uint8_t)room.count;
		room.at += room.count;
		room.size -= room.count;
		room.count = 0;
	}
}
