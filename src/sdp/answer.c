/* SPDX-License-Identifier: Apache-2.0 */
/* answer.c — whether an answer is one that the offer allows (RFC 3264 §6, §8). */
#include "sdp/outline.h"

static bool has_hash(const uint16_t *hashes, unsigned count, uint16_t hash)
{
	for (unsigned i = 0; i < count; i++)
		if (hashes[i] == hash)
			return true;
	return false;
}

/* `hashes`: those of the offer's m-line. */
static bool has_format(const struct pv_sdp_outline_media *offered, const uint16_t *hashes,
	const struct pv_sdp_media *media)
{
	struct pv_sdp_formats formats;
	if (offered->any_format || !outline_comparable(media))
		return true;
	pv_sdp_formats_read(media, &formats);
	for (unsigned i = 0; i < formats.count; i++)
		if (has_hash(hashes, offered->format_count, outline_codec(&formats.list[i])))
			return true;
	return false;
}

static int check_media(const struct pv_sdp_outline_media *offered, const uint16_t *hashes,
	const struct pv_sdp_media *media)
{
	if (outline_kind(media) != offered->kind)
		return -PV_SDP_ANSWER_KIND;
	if (pv_sdp_is_rejected(media))
		return 0;
	if (offered->rejected)
		return -PV_SDP_ANSWER_REVIVED;
	if (sdp_proto_group(media->proto) != offered->proto)
		return -PV_SDP_ANSWER_PROTO;
	return has_format(offered, hashes, media) ? 0 : -PV_SDP_ANSWER_FORMAT;
}

static bool direction_is_allowed(
	const struct pv_sdp_outline_media *offered, const struct pv_sdp_media *media)
{
	enum pv_sdp_direction offer = (enum pv_sdp_direction)offered->direction;
	return pv_sdp_is_rejected(media) ||
	       pv_sdp_direction_answer(offer, media->direction) == media->direction;
}

int pv_sdp_answer_check(const struct pv_sdp_outline *offer, const struct pv_sdp *answer)
{
	const uint16_t *hashes = offer->formats;
	if (answer->media_count != offer->media_count)
		return -PV_SDP_ANSWER_COUNT;
	for (unsigned i = 0; i < answer->media_count; i++) {
		int verdict = check_media(&offer->media[i], hashes, &answer->media[i]);
		if (verdict)
			return verdict;
		hashes += offer->media[i].format_count;
	}
	for (unsigned i = 0; i < answer->media_count; i++)
		if (!direction_is_allowed(&offer->media[i], &answer->media[i]))
			return -PV_SDP_ANSWER_DIRECTION;
	return 0;
}

int pv_sdp_offer_check(const struct pv_sdp_outline *last, const struct pv_sdp *offer)
{
	return offer->media_count < last->media_count ? -PV_SDP_OFFER_SHRUNK : 0;
}
