/* SPDX-License-Identifier: Apache-2.0 */
/* write.c: a description as the other side gets it: our address and ports, the codecs that may
 * pass, directions that were offered. */
#include "call/private.h"

static bool is_event(struct pv_span encoding)
{
	return pv_span_equal_nocase(encoding, PV_SPAN("telephone-event"));
}

/* Whether a codec is left of an m-line. */
static bool has_codec(const struct calls_settings *settings, const struct pv_sdp_media *media)
{
	struct pv_sdp_formats formats;
	pv_sdp_formats_read(media, &formats);
	for (unsigned i = 0; i < formats.count; i++)
		for (unsigned k = 0; k < settings->codec_count; k++)
			if (!is_event(formats.list[i].encoding) &&
				pv_span_equal_nocase(formats.list[i].encoding, settings->codecs[k]))
				return true;
	return false;
}

/* Of several streams one without a codec is refused alone; when none has one, the whole offer is.
 */
static void filter(
	const struct calls *calls, const struct pv_sdp *sdp, struct pv_sdp_change *change)
{
	const struct calls_settings *settings = &calls->settings;
	bool left[PV_SDP_MEDIA_MAX] = {false}, any = false;
	for (unsigned i = 0; i < sdp->media_count; i++) {
		left[i] = !sdp->media[i].is_rtp || pv_sdp_is_rejected(&sdp->media[i]) ||
			  has_codec(settings, &sdp->media[i]);
		any |= left[i] && !pv_sdp_is_rejected(&sdp->media[i]);
	}
	for (unsigned i = 0; i < sdp->media_count; i++) {
		if (!left[i] && any) {
			change->media[i].reject = true;
			continue;
		}
		change->media[i].codecs = settings->codecs;
		change->media[i].codec_count = settings->codec_count;
	}
}

static void mend_direction(const struct pv_sdp_outline *offer, unsigned index,
	const struct pv_sdp_media *answer, struct pv_sdp_media_change *change)
{
	if (index >= offer->media_count || pv_sdp_is_rejected(answer))
		return;
	enum pv_sdp_direction may = pv_sdp_direction_answer(
		(enum pv_sdp_direction)offer->media[index].direction, answer->direction);
	if (may == answer->direction)
		return;
	change->set_direction = true;
	change->direction = may;
}

static bool hides_origin(struct calls *calls, const struct call_media *media)
{
	const struct call *call = slab_get(&calls->calls, media->call);
	return call && call->owner->hides_origin;
}

int description_write(struct calls *calls, const struct call_media *media,
	const struct write_order *order, struct pv_span *ret)
{
	const struct pv_sdp *sdp = &calls->sdp;
	enum call_side to = call_other(order->from);
	const struct call_place *place = &media->places[to];
	struct pv_sdp_address shown =
		pv_sdp_address_of((struct pv_span){place->text, place->length}, place->is_ipv6);
	struct pv_sdp_change change = {.origin = {.family = PV_SDP_NO_ADDRESS}};
	if (hides_origin(calls, media))
		change.origin = shown;
	for (unsigned i = 0; i < sdp->media_count; i++) {
		const struct call_stream *stream = media->streams[i];
		if (order->offer)
			mend_direction(order->offer, i, &sdp->media[i], &change.media[i]);
		if (!stream || pv_sdp_is_rejected(&sdp->media[i]) || !sdp->media[i].is_rtp)
			continue;
		change.origin = shown;
		change.media[i].address = shown;
		change.media[i].port = stream->lease.port[to];
	}
	if (order->is_offer && calls->settings.codec_count)
		filter(calls, sdp, &change);
	struct pv_writer w;
	pv_writer_init(&w, calls->scratch, sizeof(calls->scratch));
	int verdict = pv_sdp_rewrite(sdp, &change, &w);
	if (verdict < 0)
		return verdict;
	if (w.overflow)
		return -PV_SDP_TOO_LARGE;
	*ret = pv_writer_span(&w);
	return 0;
}
