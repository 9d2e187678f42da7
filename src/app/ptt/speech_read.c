/* SPDX-License-Identifier: Apache-2.0 */
/* speech_read.c — what an m-line says: its codec and what goes with it, a floor channel's terms, a
 * radio. */
#include "app/ptt/speech.h"

bool speech_is_audio(const struct pv_sdp_media *media)
{
	return media->kind == PV_SDP_AUDIO && media->is_rtp && !media->is_secure &&
	       !pv_sdp_is_rejected(media);
}

bool speech_is_encrypted(const struct pv_sdp_media *media)
{
	return media->kind == PV_SDP_AUDIO && media->is_secure && !pv_sdp_is_rejected(media);
}

bool speech_is_floor(const struct pv_sdp_media *media)
{
	return media->kind == PV_SDP_APPLICATION && !pv_sdp_is_rejected(media) &&
	       pv_span_equal_nocase(media->proto, PV_SPAN("udp")) &&
	       pv_span_equal_nocase(media->formats, PV_SPAN("MCPTT"));
}

/* The codec of the group's that comes first, among those of an m-line. */
static bool choose_codec(const struct ptt_group *group, const struct pv_sdp_formats *formats,
	enum codec_id *ret_codec, unsigned *ret_index)
{
	for (unsigned k = 0; k < group->config.codec_count; k++)
		for (unsigned i = 0; i < formats->count; i++) {
			const struct pv_sdp_format *format = &formats->list[i];
			enum codec_id codec = codec_find(format->encoding, format->clock_rate,
				MIN(format->channels, UINT8_MAX));
			if (format->payload_type < 0 || codec != group->config.codecs[k] ||
				!codec_is_built(codec))
				continue;
			*ret_codec = codec;
			*ret_index = i;
			return true;
		}
	return false;
}

/* The format of that name whose clock is that of the codec; for events any other will do, phones
 * mix clocks here. -1: none. */
static int find_companion(
	const struct pv_sdp_formats *formats, struct pv_span name, uint32_t clock, bool any_clock)
{
	int other = -1;
	for (unsigned i = 0; i < formats->count; i++) {
		const struct pv_sdp_format *format = &formats->list[i];
		if (format->payload_type < 0 || !pv_span_equal_nocase(format->encoding, name))
			continue;
		if (format->clock_rate == clock)
			return (int)i;
		if (other < 0 && any_clock)
			other = (int)i;
	}
	return other;
}

bool speech_takes_packets(const struct pv_sdp_media *media)
{
	return !media->maxptime || media->maxptime >= SPEECH_PACKET_MS;
}

static uint8_t packet_ms(enum codec_id codec, const struct pv_sdp_media *media)
{
	unsigned wanted = media->ptime ? media->ptime : SPEECH_PACKET_MS;
	if (media->maxptime && media->maxptime < wanted)
		wanted = media->maxptime;
	return (uint8_t)codec_packet_ms(codec, wanted);
}

/* The value of the line "a=NAME:..." of an m-line that `fits` it; empty: there is none. */
static struct pv_span attribute(struct pv_span section, struct pv_span name, struct pv_span holds)
{
	while (section.length) {
		const char *end = pv_span_find(section, '\n');
		struct pv_span line = pv_span_trim(end ? pv_span_from(section.at, end) : section);
		section = end ? pv_span_from(end + 1, pv_span_end(section))
			      : (struct pv_span){NULL, 0};
		if (!pv_span_starts_with(line, PV_SPAN("a=")) || line.length < name.length + 3 ||
			line.at[name.length + 2] != ':')
			continue;
		struct pv_span value = pv_span_skip(line, name.length + 3);
		struct pv_span key = {line.at + 2, name.length};
		if (pv_span_equal_nocase(key, name) &&
			(!holds.length || memmem(value.at, value.length, holds.at, holds.length)))
			return value;
	}
	return (struct pv_span){NULL, 0};
}

/* The number that a value begins with, as far as it matters; 0: there is none. */
static uint16_t number_in(struct pv_span value)
{
	unsigned number = 0;
	for (size_t i = 0; i < value.length && pv_is_digit(value.at[i]) && number < 6000; i++)
		number = 10 * number + (unsigned)(value.at[i] - '0');
	return (uint16_t)number;
}

/* RFC 8285 §5: the one-byte form has numbers up to 14. */
uint8_t speech_level_read(const struct pv_sdp_media *media)
{
	uint16_t number =
		number_in(attribute(media->section, PV_SPAN("extmap"), PV_SPAN(SPEECH_LEVEL_URN)));
	return number <= 14 ? (uint8_t)number : 0;
}

uint16_t speech_radio_number(const struct pv_sdp_media *media, struct pv_span name)
{
	return number_in(attribute(media->section, name, PV_SPAN("")));
}

bool speech_is_radio(const struct pv_sdp_media *media)
{
	struct pv_span type = attribute(media->section, PV_SPAN("type"), PV_SPAN(""));
	return pv_span_starts_with_nocase(type, PV_SPAN("radio")) ||
	       attribute(media->section, PV_SPAN("rtphe"), PV_SPAN("1")).length;
}

uint8_t speech_radio_type(const struct pv_sdp_media *media)
{
	struct pv_sdp_formats formats;
	pv_sdp_formats_read(media, &formats);
	int at = find_companion(&formats, PV_SPAN("R2S"), 8000, false);
	return at < 0 ? 0 : (uint8_t)formats.list[at].payload_type;
}

bool speech_codec_read(
	const struct ptt_group *group, const struct pv_sdp_media *media, struct media_coding *ret)
{
	struct pv_sdp_formats formats;
	enum codec_id codec;
	unsigned voice;
	pv_sdp_formats_read(media, &formats);
	if (!choose_codec(group, &formats, &codec, &voice))
		return false;
	*ret = (struct media_coding){.codec = (uint8_t)codec,
		.packet_ms = packet_ms(codec, media),
		.packet_ms_most = (uint8_t)MIN(media->maxptime, UINT8_MAX)};
	codec_settings_read(codec, formats.list[voice].fmtp, &ret->settings);
	ret->gets.voice = (uint8_t)formats.list[voice].payload_type;
	uint32_t clock = codec_row(codec)->clock;
	int events = find_companion(&formats, PV_SPAN("telephone-event"), clock, true);
	int noise = find_companion(&formats, PV_SPAN("CN"), clock, false);
	if (events >= 0) {
		ret->gets.events = (uint8_t)formats.list[events].payload_type;
		ret->event_rate = formats.list[events].clock_rate;
	}
	if (noise >= 0)
		ret->gets.noise = (uint8_t)formats.list[noise].payload_type;
	ret->sends = ret->gets;
	return true;
}

/* a=fmtp:MCPTT mc_queueing;mc_priority=5;mc_granted;mc_implicit_request */
static bool has_term(struct pv_span terms, struct pv_span name, uint32_t *ret_value)
{
	while (terms.length) {
		const char *end = pv_span_find(terms, ';');
		struct pv_span term = pv_span_trim(end ? pv_span_from(terms.at, end) : terms);
		terms = end ? pv_span_from(end + 1, pv_span_end(terms)) : (struct pv_span){NULL, 0};
		const char *equals = pv_span_find(term, '=');
		struct pv_span key = pv_span_trim(equals ? pv_span_from(term.at, equals) : term);
		if (!pv_span_equal_nocase(key, name))
			continue;
		if (ret_value && equals &&
			!pv_number_parse(pv_span_trim(pv_span_from(equals + 1, pv_span_end(term))),
				ret_value))
			*ret_value = 0;
		return true;
	}
	return false;
}

void speech_terms_read(const struct pv_sdp_media *media, uint8_t cap, struct media_floor_terms *ret)
{
	struct pv_span value = attribute(media->section, PV_SPAN("fmtp"), PV_SPAN("mc_"));
	uint32_t priority = 0;
	value = pv_span_starts_with_nocase(value, PV_SPAN("MCPTT"))
			? pv_span_trim(pv_span_skip(value, 5))
			: (struct pv_span){NULL, 0};
	has_term(value, PV_SPAN("mc_priority"), &priority);
	*ret = (struct media_floor_terms){
		.may_queue = has_term(value, PV_SPAN("mc_queueing"), NULL),
		.wants_granted = has_term(value, PV_SPAN("mc_granted"), NULL),
		.is_request = has_term(value, PV_SPAN("mc_implicit_request"), NULL),
		.priority = (uint8_t)MIN(priority, (uint32_t)cap),
	};
}
