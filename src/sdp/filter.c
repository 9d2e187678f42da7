/* SPDX-License-Identifier: Apache-2.0 */
/* filter.c — which formats of an m-line stay when only some codecs may be used, and in which order.
 */
#include "sdp/private.h"

/* Key presses, no codec (RFC 4733): they go along with whatever is left. */
static bool is_event(const struct pv_sdp_format *format)
{
	return pv_span_equal_nocase(format->encoding, PV_SPAN("telephone-event"));
}

static void keep(struct sdp_filter *filter, unsigned index)
{
	filter->order[filter->count++] = (uint8_t)index;
	filter->removed[filter->formats.list[index].payload_type & 127] = false;
}

static bool is_picked(const struct pv_sdp_media_change *change, const struct pv_sdp_format *format)
{
	unsigned type = (unsigned)format->payload_type;
	return format->payload_type >= 0 &&
	       (!change->pick || change->picked[type / 64] >> type % 64 & 1);
}

/* In the order of `codecs`, or as they come; events are none. */
static void keep_codecs(const struct pv_sdp_media_change *change, struct sdp_filter *ret)
{
	const struct pv_sdp_formats *formats = &ret->formats;
	bool taken[PV_SDP_FORMATS_MAX] = {false};
	for (unsigned codec = 0; codec < change->codec_count; codec++)
		for (unsigned i = 0; i < formats->count; i++) {
			const struct pv_sdp_format *format = &formats->list[i];
			if (taken[i] || !is_picked(change, format) || is_event(format) ||
				!pv_span_equal_nocase(format->encoding, change->codecs[codec]))
				continue;
			taken[i] = true;
			keep(ret, i);
		}
}

/* What is no payload type has no codec's name, and is removed with the others. */
bool sdp_filter_make(const struct pv_sdp_media *media, const struct pv_sdp_media_change *change,
	struct sdp_filter *ret)
{
	struct pv_sdp_formats *formats = &ret->formats;
	bool found = change->added_count > 0;
	pv_sdp_formats_read(media, formats);
	memset(ret->removed, 0, sizeof(ret->removed));
	ret->count = 0;
	for (unsigned i = 0; i < formats->count; i++)
		if (formats->list[i].payload_type >= 0)
			ret->removed[formats->list[i].payload_type] = true;
	keep_codecs(change, ret);
	found |= ret->count > 0;
	for (unsigned i = 0; i < formats->count; i++) {
		bool is_codec = !is_event(&formats->list[i]);
		if (!is_picked(change, &formats->list[i]) || (is_codec && change->codec_count))
			continue;
		found |= is_codec;
		keep(ret, i);
	}
	return found;
}
