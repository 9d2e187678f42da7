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

/* Whether the offer that is answered was extended: then it is in calls->written. */
static bool read_extended(struct calls *calls, const struct extended_offer *extended)
{
	return extended && extended->text &&
	       pv_sdp_parse(&calls->written, extended->text->bytes, extended->text->length) > 0;
}

/* What is added to an offer, or taken back from an answer. 0 or a verdict. */
static int code(struct calls *calls, const struct call_media *media,
	const struct write_order *order, struct pv_sdp_change *change,
	struct description_written *ret)
{
	bool may_extend = order->is_offer && media->ways.may_transcode;
	bool is_extended = !order->is_offer && read_extended(calls, order->extended);
	for (unsigned i = 0; i < calls->sdp.media_count; i++) {
		if (!media->streams[i])
			continue;
		if (may_extend)
			coding_extend(calls, i, change);
		if (may_extend && change->media[i].added_count) {
			ret->added[i] = (uint8_t)change->media[i].added_count;
			ret->is_extended = true;
		}
		if (!is_extended || i >= calls->written.media_count || !order->extended->added[i])
			continue;
		const struct coding_order coding = {i, order->extended->added[i], order->from};
		int verdict = coding_answer(calls, &coding, &change->media[i], ret->codings[i]);
		if (verdict < 0 && !order->is_repeated)
			return verdict;
	}
	return 0;
}

/* Our address, as the other side is told it. */
static struct pv_sdp_address shown_to(
	const struct call_media *media, const struct write_order *order)
{
	const struct call_place *place = &media->places[call_other(order->from)];
	return pv_sdp_address_of((struct pv_span){place->text, place->length}, place->is_ipv6);
}

static void lead_through(const struct call_media *media, const struct write_order *order,
	const struct pv_sdp *sdp, struct pv_sdp_change *change)
{
	enum call_side to = call_other(order->from);
	struct pv_sdp_address shown = shown_to(media, order);
	for (unsigned i = 0; i < sdp->media_count; i++) {
		const struct call_stream *stream = media->streams[i];
		if (order->offer)
			mend_direction(order->offer, i, &sdp->media[i], &change->media[i]);
		if (!stream || pv_sdp_is_rejected(&sdp->media[i]) || !sdp->media[i].is_rtp)
			continue;
		change->origin = shown;
		change->media[i].address = shown;
		change->media[i].port = stream->lease.port[to];
	}
}

int description_write(struct calls *calls, const struct call_media *media,
	const struct write_order *order, struct description_written *ret)
{
	const struct pv_sdp *sdp = &calls->sdp;
	struct pv_sdp_change change = {.origin = {.family = PV_SDP_NO_ADDRESS}};
	struct pv_writer w;
	memset(ret, 0, sizeof(*ret));
	if (hides_origin(calls, media))
		change.origin = change.unused = shown_to(media, order);
	lead_through(media, order, sdp, &change);
	if (order->is_offer && calls->settings.codec_count)
		filter(calls, sdp, &change);
	int verdict = code(calls, media, order, &change, ret);
	if (verdict < 0)
		return verdict;
	pv_writer_init(&w, calls->scratch, sizeof(calls->scratch));
	verdict = pv_sdp_rewrite(sdp, &change, &w);
	if (verdict < 0)
		return verdict;
	if (w.overflow)
		return -PV_SDP_TOO_LARGE;
	ret->sdp = pv_writer_span(&w);
	return 0;
}
