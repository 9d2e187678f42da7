/* SPDX-License-Identifier: Apache-2.0 */
/* format.c — the formats of an m-line with their rtpmap and fmtp lines, and those that RFC 3551 §6
 * numbers for ever. */
#include "sdp/private.h"

/* clang-format off */
static const struct pv_sdp_static_format statics[128] = {
	[0]  = {PV_SPAN_INIT("PCMU"),  8000, 1},
	[3]  = {PV_SPAN_INIT("GSM"),   8000, 1},
	[4]  = {PV_SPAN_INIT("G723"),  8000, 1},
	[5]  = {PV_SPAN_INIT("DVI4"),  8000, 1},
	[6]  = {PV_SPAN_INIT("DVI4"),  16000, 1},
	[7]  = {PV_SPAN_INIT("LPC"),   8000, 1},
	[8]  = {PV_SPAN_INIT("PCMA"),  8000, 1},
	[9]  = {PV_SPAN_INIT("G722"),  8000, 1}, /* 16 kHz; the clock is an old mistake (§4.5.2) */
	[10] = {PV_SPAN_INIT("L16"),   44100, 2},
	[11] = {PV_SPAN_INIT("L16"),   44100, 1},
	[12] = {PV_SPAN_INIT("QCELP"), 8000, 1},
	[13] = {PV_SPAN_INIT("CN"),    8000, 1},
	[14] = {PV_SPAN_INIT("MPA"),   90000, 1},
	[15] = {PV_SPAN_INIT("G728"),  8000, 1},
	[16] = {PV_SPAN_INIT("DVI4"),  11025, 1},
	[17] = {PV_SPAN_INIT("DVI4"),  22050, 1},
	[18] = {PV_SPAN_INIT("G729"),  8000, 1},
	[25] = {PV_SPAN_INIT("CelB"),  90000, 1},
	[26] = {PV_SPAN_INIT("JPEG"),  90000, 1},
	[28] = {PV_SPAN_INIT("nv"),    90000, 1},
	[31] = {PV_SPAN_INIT("H261"),  90000, 1},
	[32] = {PV_SPAN_INIT("MPV"),   90000, 1},
	[33] = {PV_SPAN_INIT("MP2T"),  90000, 1},
	[34] = {PV_SPAN_INIT("H263"),  90000, 1},
};
/* clang-format on */

#define NOWHERE 0xff

/* Where the formats of an m-line are, so that each line finds its own at once. */
struct places {
	uint8_t of[128]; /* by payload type: index of the first in the list, or NOWHERE */
	bool texts;      /* some are no payload types */
};

const struct pv_sdp_static_format *pv_sdp_static_format(int payload_type)
{
	return &statics[payload_type >= 0 && payload_type < 128 ? payload_type : 127];
}

static void read_list(
	const struct pv_sdp_media *media, struct pv_sdp_formats *ret, struct places *places)
{
	struct pv_span rest = media->formats;
	memset(places->of, NOWHERE, sizeof(places->of));
	places->texts = false;
	ret->count = 0;
	while (rest.length && ret->count < PV_SDP_FORMATS_MAX) {
		struct pv_sdp_format *format = &ret->list[ret->count];
		uint32_t number;
		*format = (struct pv_sdp_format){
			.text = sdp_word(&rest), .payload_type = -1, .channels = 1};
		if (!media->is_rtp || !sdp_number(format->text, 127, &number)) {
			places->texts = true;
		} else {
			format->payload_type = (int)number;
			if (places->of[number] == NOWHERE)
				places->of[number] = (uint8_t)ret->count;
		}
		ret->count++;
	}
}

static struct pv_sdp_format *find(const struct pv_sdp_media *media, struct pv_sdp_formats *formats,
	const struct places *places, struct pv_span text)
{
	uint32_t number;
	if (media->is_rtp && sdp_number(text, 127, &number))
		return places->of[number] == NOWHERE ? NULL : &formats->list[places->of[number]];
	for (unsigned i = 0; places->texts && i < formats->count; i++)
		if (pv_span_equal(formats->list[i].text, text))
			return &formats->list[i];
	return NULL;
}

/* "opus/48000/2". What cannot be read leaves the format without a name. */
static void read_map(struct pv_sdp_format *format, struct pv_span text)
{
	const char *end = pv_span_end(text), *slash = pv_span_find(text, '/');
	uint32_t rate, channels = 1;
	if (format->has_rtpmap || !slash || slash == text.at)
		return;
	struct pv_span rest = pv_span_from(slash + 1, end);
	const char *second = pv_span_find(rest, '/');
	if (!pv_span_to_u32(pv_span_from(rest.at, second ? second : end), &rate))
		return;
	if (second && !sdp_number(pv_span_from(second + 1, end), UINT16_MAX, &channels))
		channels = 1; /* video formats have no such parameter, and some write others */
	format->has_rtpmap = true;
	format->encoding = pv_span_from(text.at, slash);
	format->clock_rate = rate;
	format->channels = (uint16_t)(channels ? channels : 1);
}

static void read_lines(
	const struct pv_sdp_media *media, struct pv_sdp_formats *ret, const struct places *places)
{
	struct pv_span rest = media->section;
	struct sdp_attribute attribute;
	struct sdp_line line;
	while (sdp_line_next(&rest, &line)) {
		if (line.type != 'a')
			continue;
		sdp_attribute_read(line.value, &attribute);
		if (attribute.id != SDP_RTPMAP && attribute.id != SDP_FMTP)
			continue;
		struct pv_span value = attribute.value;
		struct pv_sdp_format *format = find(media, ret, places, sdp_word(&value));
		if (format && attribute.id == SDP_RTPMAP)
			read_map(format, value);
		else if (format && !format->fmtp.length)
			format->fmtp = value;
	}
}

/* What no line said: RFC 3551 says it, or another of the same number did. */
static void complete(struct pv_sdp_formats *formats, const struct places *places)
{
	for (unsigned i = 0; i < formats->count; i++) {
		struct pv_sdp_format *format = &formats->list[i];
		if (format->payload_type < 0)
			continue;
		if (places->of[format->payload_type] != i) {
			*format = formats->list[places->of[format->payload_type]];
			continue;
		}
		const struct pv_sdp_static_format *row = &statics[format->payload_type];
		if (format->has_rtpmap || !row->encoding.length)
			continue;
		format->encoding = row->encoding;
		format->clock_rate = row->clock_rate;
		format->channels = row->channels;
	}
}

void pv_sdp_formats_read(const struct pv_sdp_media *media, struct pv_sdp_formats *ret)
{
	struct places places;
	read_list(media, ret, &places);
	read_lines(media, ret, &places);
	complete(ret, &places);
}
