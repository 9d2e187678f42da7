/* SPDX-License-Identifier: Apache-2.0 */
/* speech.c — session descriptions of a member's leg: its offer answered, ours made, and what media
 * are told of both (RFC 3264, TS 24.380 §12 for the floor channel). */
#include "app/ptt/private.h"
#include "app/ptt/speech.h"
#include "sound/ed137.h"

#define LEVEL_URN "urn:ietf:params:rtp-hdrext:ssrc-audio-level"

/* A body that need not be understood (RFC 3261 §20.11), or one of several: of those we take the
 * description and leave the rest. */
static bool may_be_ignored(const struct pv_message *m)
{
	struct pv_span disposition = pv_message_value(m, PV_HEADER_CONTENT_DISPOSITION);
	struct pv_span type = pv_message_value(m, PV_HEADER_CONTENT_TYPE), handling;
	const char *semicolon = pv_span_find(disposition, ';');
	struct pv_span params = semicolon ? pv_span_from(semicolon, pv_span_end(disposition))
					  : (struct pv_span){NULL, 0};
	return pv_span_starts_with_nocase(type, PV_SPAN("multipart/")) ||
	       (pv_params_find(params, PV_SPAN("handling"), &handling) &&
		       pv_span_equal_nocase(handling, PV_SPAN("optional")));
}

enum ptt_sdp_verdict speech_find(struct ptt *p, const struct pv_message *m, int *ret_error)
{
	struct pv_span sdp;
	*ret_error = 0;
	if (!m->body.length)
		return PTT_SDP_NONE;
	int found = pv_sdp_body_find(pv_message_value(m, PV_HEADER_CONTENT_TYPE),
		pv_message_value(m, PV_HEADER_CONTENT_DISPOSITION), pv_message_span(m, m->body),
		&sdp);
	if (found > 0)
		found = pv_sdp_parse(&p->sdp, sdp.at, sdp.length);
	if (found == 0 && !may_be_ignored(m))
		found = PTT_SDP_OTHER_TYPE;
	if (found < 0)
		*ret_error = found;
	return found < 0 ? PTT_SDP_BAD : found ? PTT_SDP_THERE : PTT_SDP_NONE;
}

/* ---- what an m-line offers ---- */

static bool is_audio(const struct pv_sdp_media *media)
{
	return media->kind == PV_SDP_AUDIO && media->is_rtp && !media->is_secure &&
	       !pv_sdp_is_rejected(media);
}

static bool is_floor(const struct pv_sdp_media *media)
{
	return media->kind == PV_SDP_APPLICATION && !pv_sdp_is_rejected(media) &&
	       pv_span_equal_nocase(media->proto, PV_SPAN("udp")) &&
	       pv_span_equal_nocase(media->formats, PV_SPAN("MCPTT"));
}

/* A later offer has its streams where the first had them (RFC 3264 §8). */
static uint8_t find_line(
	const struct pv_sdp *sdp, uint8_t known, bool (*fits)(const struct pv_sdp_media *media))
{
	if (known < sdp->media_count && fits(&sdp->media[known]))
		return known;
	for (uint8_t i = 0; i < sdp->media_count; i++)
		if (fits(&sdp->media[i]))
			return i;
	return PTT_NO_LINE;
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

/* What is forwarded, mixed or made at start is packets of 20 ms; who says that he cannot take those
 * is not sent them. */
#define PACKET_MS 20
static bool takes_packets(const struct pv_sdp_media *media)
{
	return !media->maxptime || media->maxptime >= PACKET_MS;
}

static uint8_t packet_ms(enum codec_id codec, const struct pv_sdp_media *media)
{
	unsigned wanted = media->ptime ? media->ptime : PACKET_MS;
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

/* RFC 6464 §4, RFC 8285 §5: the one-byte form has numbers up to 14. */
static uint8_t level_extension(const struct pv_sdp_media *media)
{
	struct pv_span value = attribute(media->section, PV_SPAN("extmap"), PV_SPAN(LEVEL_URN));
	unsigned number = 0;
	for (size_t i = 0; i < value.length && pv_is_digit(value.at[i]) && number < 256; i++)
		number = 10 * number + (unsigned)(value.at[i] - '0');
	return number <= 14 ? (uint8_t)number : 0;
}

static bool is_radio(const struct pv_sdp_media *media)
{
	struct pv_span type = attribute(media->section, PV_SPAN("type"), PV_SPAN(""));
	return pv_span_starts_with_nocase(type, PV_SPAN("radio")) ||
	       attribute(media->section, PV_SPAN("rtphe"), PV_SPAN("1")).length;
}

/* Of a radio's keep-alive, 0: none. */
static uint8_t radio_type(const struct pv_sdp_media *media)
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
	*ret = (struct media_coding){.codec = (uint8_t)codec, .packet_ms = packet_ms(codec, media)};
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

/* ---- the judgement ---- */

int speech_judge(struct ptt *p, const struct ptt_leg *leg)
{
	struct media_coding coding;
	uint8_t line = find_line(&p->sdp, leg->speech.audio_line, is_audio);
	if (!leg->group || line == PTT_NO_LINE ||
		!speech_codec_read(leg->group, &p->sdp.media[line], &coding))
		return -PV_SDP_NO_CODEC;
	return takes_packets(&p->sdp.media[line]) ? 0 : -PV_SDP_SHORT_PACKETS;
}

static bool may_have_floor(const struct ptt_leg *leg)
{
	return leg->group && !leg->group->config.is_open &&
	       (leg->membership.triggers & PTT_TRIGGER_RTCP);
}

bool speech_wants_floor(struct ptt *p, const struct ptt_leg *leg)
{
	return may_have_floor(leg) &&
	       find_line(&p->sdp, leg->speech.floor_line, is_floor) != PTT_NO_LINE;
}

/* ---- what media are told ---- */

static void add_type(struct media_end *end, uint8_t type, uint32_t rate)
{
	uint64_t bit = UINT64_C(1) << type % 64;
	if (end->payload_types[type / 64] & bit)
		return;
	end->payload_types[type / 64] |= bit;
	if (rate && end->format_count < MEDIA_FORMATS_MAX)
		end->formats[end->format_count++] =
			(struct media_format){.rate = rate, .payload_type = type};
}

/* A number that differs opens the latch: each exchange has one. */
static void describe_end(struct media_end *ret, const struct stream_end *heard,
	const struct call_place *place, uint32_t offer)
{
	*ret = heard->described;
	ret->offer = offer + 1;
	ret->source = place->source;
	ret->is_mux = heard->rtcp_mux;
	memcpy(ret->payload_types, heard->payload_types, sizeof(ret->payload_types));
	ret->format_count = heard->format_count;
	memcpy(ret->formats, heard->formats, sizeof(ret->formats));
}

static bool is_forwarded(const struct pv_message *m)
{
	struct pv_values walk;
	struct pv_span value;
	pv_values_begin(&walk, m, PV_HEADER_VIA);
	return m->is_request && pv_values_next(&walk, &value) && pv_values_next(&walk, &value);
}

/* What is heard of them in p->sdp, for media. */
struct hearing {
	const struct pv_sdp_media *audio, *floor; /* floor: NULL, there is none */
	struct media_coding coding;
	const struct path *source;
};

/* What is not there is not promised: a queue, the floor for one who only listens. */
static void agree_terms(
	const struct ptt_leg *leg, const struct pv_sdp_media *media, struct media_floor_terms *ret)
{
	bool may_talk = leg->report.may_talk && !leg->membership.listen_only;
	speech_terms_read(media, leg->priority, ret);
	ret->may_queue = ret->may_queue && leg->group->config.queue;
	ret->is_request = ret->is_request && may_talk;
}

static void hear(struct ptt *p, struct ptt_leg *leg, const struct hearing *h)
{
	struct ptt_speech *speech = &leg->speech;
	struct media_member_description *agreed = &speech->agreed;
	const struct description_from from = {&h->source->peer, speech->is_forwarded};
	struct stream_end end;
	stream_end_read(h->audio, &from, speech->place.is_ipv6, &end);
	describe_end(&agreed->audio, &end, &speech->place, agreed->audio.offer);
	agreed->audio.coding = h->coding;
	add_type(&agreed->audio, h->coding.sends.voice,
		codec_row((enum codec_id)h->coding.codec)->clock);
	if (h->coding.sends.events)
		add_type(&agreed->audio, h->coding.sends.events, 0);
	if (h->coding.sends.noise)
		add_type(&agreed->audio, h->coding.sends.noise, 0);
	agreed->sends = h->audio->direction & PV_SDP_SENDONLY;
	agreed->receives = h->audio->direction & PV_SDP_RECVONLY;
	agreed->level_extension = level_extension(h->audio);
	agreed->is_radio = (leg->membership.triggers & PTT_TRIGGER_ED137) && is_radio(h->audio);
	speech->radio_type = agreed->is_radio ? radio_type(h->audio) : 0;
	if (speech->radio_type)
		add_type(&agreed->audio, speech->radio_type, 0);
	if (!h->floor) {
		memset(&agreed->floor, 0, sizeof(agreed->floor));
		return;
	}
	stream_end_read(h->floor, &from, speech->place.is_ipv6, &end);
	agreed->floor = (struct media_floor_end){.offer = agreed->floor.offer + 1,
		.is_blind = end.described.is_blind,
		.rtp = end.described.rtp,
		.signalling = end.described.signalling,
		.source = speech->place.source};
	agree_terms(leg, h->floor, &agreed->terms);
}

/* ---- our answer ---- */

static void put_format(struct pv_writer *w, enum codec_id codec, uint8_t type)
{
	const struct codec_row *row = codec_row(codec);
	pv_sdp_build_rtpmap(w, type, row->name, row->clock, row->channels);
	if (codec == CODEC_OPUS)
		pv_sdp_build_fmtp(w, type, PV_SPAN("useinbandfec=1"));
}

static void put_events(struct pv_writer *w, uint8_t type, uint32_t rate)
{
	pv_sdp_build_rtpmap(w, type, PV_SPAN("telephone-event"), rate, 1);
	pv_sdp_build_fmtp(w, type, PV_SPAN("0-16"));
}

static void put_number(struct pv_writer *w, const char *name, uint32_t number)
{
	pv_put_text(w, name);
	pv_put_u64(w, number);
	pv_put_text(w, "\r\n");
}

/* What the far end said of itself, as far as it is for us to say (ED-137). */
static void put_radio(struct pv_writer *w, const struct ptt_leg *leg)
{
	if (leg->speech.radio_type)
		pv_sdp_build_rtpmap(w, leg->speech.radio_type, PV_SPAN("R2S"), 8000, 1);
	pv_put_text(w, "a=type:Radio-TxRx\r\na=txrxmode:TxRx\r\na=rtphe:1\r\n");
	put_number(w, "a=R2S-KeepAlivePeriod:", ED137_PERIOD_MS);
	put_number(w, "a=R2S-KeepAliveMultiplier:", ED137_MULTIPLIER);
	put_number(w, "a=ptt-id:", leg->report.radio_id);
}

static void put_audio(struct pv_writer *w, const struct ptt_leg *leg, const struct pv_sdp_media *m)
{
	const struct media_member_description *agreed = &leg->speech.agreed;
	const struct media_coding *coding = &agreed->audio.coding;
	enum codec_id codec = (enum codec_id)coding->codec;
	uint8_t types[4] = {coding->sends.voice};
	unsigned count = 1;
	if (coding->sends.noise)
		types[count++] = coding->sends.noise;
	if (coding->sends.events)
		types[count++] = coding->sends.events;
	if (leg->speech.radio_type)
		types[count++] = leg->speech.radio_type;
	pv_sdp_build_media(w, PV_SPAN("audio"), leg->lease.port, m->proto, types, count);
	put_format(w, codec, coding->sends.voice);
	if (coding->sends.noise)
		pv_sdp_build_rtpmap(
			w, coding->sends.noise, PV_SPAN("CN"), codec_row(codec)->clock, 1);
	if (coding->sends.events)
		put_events(w, coding->sends.events, coding->event_rate);
	put_number(w, "a=ptime:", PACKET_MS);
	if (agreed->level_extension) {
		pv_put_text(w, "a=extmap:");
		pv_put_u64(w, agreed->level_extension);
		pv_put_text(w, " " LEVEL_URN "\r\n");
	}
	if (agreed->is_radio)
		put_radio(w, leg);
	if (agreed->audio.is_mux)
		pv_put_text(w, "a=rtcp-mux\r\n");
	pv_sdp_build_direction(w, pv_sdp_direction_reverse(m->direction));
}

static void put_floor(struct pv_writer *w, const struct ptt_leg *leg)
{
	const struct media_floor_terms *terms = &leg->speech.agreed.terms;
	pv_put_text(w, "m=application ");
	pv_put_u64(w, leg->lease.floor_port);
	pv_put_text(w, " udp MCPTT\r\n");
	if (!terms->may_queue && !terms->priority && !terms->is_request)
		return;
	const char *between = "";
	pv_put_text(w, "a=fmtp:MCPTT ");
	if (terms->may_queue) {
		pv_put_text(w, "mc_queueing");
		between = ";";
	}
	if (terms->priority) {
		pv_put_text(w, between);
		pv_put_text(w, "mc_priority=");
		pv_put_u64(w, terms->priority);
		between = ";";
	}
	if (terms->is_request) {
		pv_put_text(w, between);
		pv_put_text(w, "mc_implicit_request");
		between = ";";
	}
	if (leg->speech.is_granted) {
		pv_put_text(w, between);
		pv_put_text(w, "mc_granted");
	}
	pv_put_text(w, "\r\n");
}

static void put_session(struct pv_writer *w, const struct ptt_speech *speech)
{
	const struct call_place *place = &speech->place;
	const struct pv_sdp_session session = {.username = PV_SPAN("portavoz"),
		.id = speech->id,
		.version = speech->version,
		.address = pv_sdp_address_of(
			(struct pv_span){place->text, place->length}, place->is_ipv6)};
	pv_sdp_build_session(w, &session);
}

static void put_answer(struct ptt *p, const struct ptt_leg *leg, struct pv_writer *w)
{
	const struct ptt_speech *speech = &leg->speech;
	put_session(w, speech);
	for (unsigned i = 0; i < p->sdp.media_count; i++)
		if (i == speech->audio_line)
			put_audio(w, leg, &p->sdp.media[i]);
		else if (i == speech->floor_line)
			put_floor(w, leg);
		else
			pv_sdp_build_rejected(w, &p->sdp.media[i]);
}

/* What we said last, but for the version, is said again: then the version stays (RFC 3264 §8). */
static bool is_same(const struct ptt_speech *speech, struct pv_span text)
{
	return speech->bytes && speech->bytes->length == text.length &&
	       memcmp(speech->bytes->bytes, text.at, text.length) == 0;
}

static int keep(struct ptt *p, struct ptt_speech *speech, struct pv_span text)
{
	struct buffer *bytes = buffer_take(ptt_buffers(p), text.length);
	if (!bytes)
		return PTT_SDP_NO_ROOM;
	memcpy(bytes->bytes, text.at, text.length);
	bytes->length = (uint32_t)text.length;
	ptt_drop(p, &speech->bytes);
	speech->bytes = bytes;
	return 0;
}

static int write_answer(struct ptt *p, struct ptt_leg *leg)
{
	struct ptt_speech *speech = &leg->speech;
	struct pv_writer w;
	for (unsigned again = 0; again < 2; again++) {
		pv_writer_init(&w, p->text, sizeof(p->text));
		put_answer(p, leg, &w);
		if (w.overflow)
			return PTT_SDP_NO_ROOM;
		if (!speech->bytes || is_same(speech, pv_writer_span(&w)))
			break;
		speech->version += !again;
	}
	return is_same(speech, pv_writer_span(&w)) ? 0 : keep(p, speech, pv_writer_span(&w));
}

/* What p->sdp, their offer, says, for our answer and for media. 0 or a verdict. */
static int take_offer(struct ptt *p, struct ptt_leg *leg, const struct pv_message *offer,
	const struct path *source)
{
	struct ptt_speech *speech = &leg->speech;
	struct hearing h = {.source = source};
	uint8_t line = find_line(&p->sdp, speech->audio_line, is_audio);
	if (!leg->group || line == PTT_NO_LINE ||
		!speech_codec_read(leg->group, &p->sdp.media[line], &h.coding))
		return -PV_SDP_NO_CODEC;
	if (!takes_packets(&p->sdp.media[line]))
		return -PV_SDP_SHORT_PACKETS;
	speech->audio_line = line;
	speech->floor_line = leg->lease.floor_port && may_have_floor(leg)
				     ? find_line(&p->sdp, speech->floor_line, is_floor)
				     : PTT_NO_LINE;
	speech->is_forwarded = is_forwarded(offer);
	h.audio = &p->sdp.media[line];
	h.floor = speech->floor_line != PTT_NO_LINE ? &p->sdp.media[speech->floor_line] : NULL;
	hear(p, leg, &h);
	return 0;
}

int speech_ask(struct ptt *p, struct ptt_leg *leg, const struct pv_message *offer,
	const struct path *source)
{
	struct media_floor_terms terms;
	uint8_t line =
		may_have_floor(leg) ? find_line(&p->sdp, PTT_NO_LINE, is_floor) : PTT_NO_LINE;
	if (line == PTT_NO_LINE)
		return 0;
	agree_terms(leg, &p->sdp.media[line], &terms);
	if (!terms.is_request || !terms.wants_granted)
		return 0;
	int error = take_offer(p, leg, offer, source);
	if (error)
		return error;
	leg->speech.is_asking = true;
	ptt_leg_set_media(p, leg);
	return 1;
}

int speech_answer(struct ptt *p, struct ptt_leg *leg, const struct pv_message *offer,
	const struct path *source)
{
	struct ptt_speech *speech = &leg->speech;
	const struct ptt_speech before = *speech;
	int error = before.is_asking ? 0 : take_offer(p, leg, offer, source);
	if (error)
		return error;
	if (write_answer(p, leg)) {
		*speech = before;
		return PTT_SDP_NO_ROOM;
	}
	if (!before.is_asking)
		ptt_leg_set_media(p, leg);
	speech->is_asking = speech->is_granted = false; /* once is enough */
	return 0;
}

/* ---- our offer ---- */

#define EVENTS_TYPE      101
#define EVENTS_TYPE_WIDE 110
#define NOISE_TYPE       13
#define OPUS_TYPE        111

static void put_offered(struct pv_writer *w, const struct ptt_leg *leg)
{
	const struct ptt_group_config *config = &leg->group->config;
	uint8_t types[PTT_CODECS_MAX + 2];
	unsigned count = 0;
	bool has_opus = false;
	for (unsigned i = 0; i < config->codec_count; i++) {
		enum codec_id codec = (enum codec_id)config->codecs[i];
		if (!codec_is_built(codec))
			continue;
		has_opus |= codec == CODEC_OPUS;
		types[count++] = codec == CODEC_OPUS ? OPUS_TYPE : codec_row(codec)->payload_type;
	}
	types[count++] = EVENTS_TYPE;
	if (has_opus)
		types[count++] = EVENTS_TYPE_WIDE;
	pv_sdp_build_media(w, PV_SPAN("audio"), leg->lease.port, PV_SPAN("RTP/AVP"), types, count);
	for (unsigned i = 0; i < config->codec_count; i++) {
		enum codec_id codec = (enum codec_id)config->codecs[i];
		if (codec_is_built(codec))
			put_format(w, codec,
				codec == CODEC_OPUS ? OPUS_TYPE : codec_row(codec)->payload_type);
	}
	put_events(w, EVENTS_TYPE, 8000);
	if (has_opus)
		put_events(w, EVENTS_TYPE_WIDE, 48000);
	put_number(w, "a=ptime:", PACKET_MS);
	pv_sdp_build_direction(w, PV_SDP_SENDRECV);
}

/* An m-line of ours with what belongs to it, in both directions. */
static void put_section_once_more(struct pv_writer *w, struct pv_span section)
{
	static const struct pv_span narrow[] = {
		PV_SPAN_INIT("a=sendonly"), PV_SPAN_INIT("a=recvonly"), PV_SPAN_INIT("a=inactive")};
	while (section.length) {
		const char *end = pv_span_find(section, '\n');
		struct pv_span line = end ? pv_span_from(section.at, end + 1) : section;
		bool is_narrow = false;
		for (size_t i = 0; i < ARRAY_LENGTH(narrow); i++)
			is_narrow |= pv_span_equal(pv_span_trim(line), narrow[i]);
		if (is_narrow)
			pv_sdp_build_direction(w, PV_SDP_SENDRECV);
		else
			pv_put(w, line);
		section = pv_span_skip(section, line.length);
	}
}

/* What was agreed on, but in both directions: as if it were a new call (RFC 3261 §14.2), so that
 * who holds comes back by an INVITE without an offer. A reload may have taken the floor away, then
 * its stream has port 0 (RFC 3264 §8.2), or may have brought it back. */
static void put_once_more(struct pv_writer *w, const struct ptt_leg *leg)
{
	const struct ptt_speech *speech = &leg->speech;
	struct pv_span rest = {speech->bytes->bytes, speech->bytes->length};
	const char *media = memmem(rest.at, rest.length, "\r\nm=", 4);
	put_session(w, speech);
	for (unsigned i = 0; media; i++) {
		rest = pv_span_from(media + 2, pv_span_end(rest));
		media = memmem(rest.at, rest.length, "\r\nm=", 4);
		if (i != speech->floor_line)
			put_section_once_more(w, media ? pv_span_from(rest.at, media + 2) : rest);
		else if (may_have_floor(leg))
			put_floor(w, leg);
		else
			pv_put_text(w, "m=application 0 udp MCPTT\r\n");
	}
}

static int offer_again(struct ptt *p, struct ptt_leg *leg)
{
	struct ptt_speech *speech = &leg->speech;
	struct pv_writer w;
	for (unsigned again = 0; again < 2; again++) {
		pv_writer_init(&w, p->text, sizeof(p->text));
		put_once_more(&w, leg);
		if (w.overflow)
			return PTT_SDP_NO_ROOM;
		if (is_same(speech, pv_writer_span(&w)))
			return 0;
		speech->version += !again;
	}
	return keep(p, speech, pv_writer_span(&w));
}

int speech_offer(struct ptt *p, struct ptt_leg *leg)
{
	struct ptt_speech *speech = &leg->speech;
	struct pv_writer w;
	if (speech->bytes)
		return offer_again(p, leg);
	if (!leg->group)
		return PTT_SDP_NO_ROOM;
	pv_writer_init(&w, p->text, sizeof(p->text));
	put_session(&w, speech);
	put_offered(&w, leg);
	speech->audio_line = 0;
	return w.overflow ? PTT_SDP_NO_ROOM : keep(p, speech, pv_writer_span(&w));
}

/* The number under which we offered what they chose: theirs, where we offered no such format. */
static uint8_t number_offered(
	const struct pv_sdp_formats *ours, const struct pv_sdp_format *chosen, uint8_t number)
{
	for (unsigned i = 0; i < ours->count; i++)
		if (pv_span_equal_nocase(ours->list[i].encoding, chosen->encoding) &&
			ours->list[i].clock_rate == chosen->clock_rate)
			return (uint8_t)ours->list[i].payload_type;
	return number;
}

static uint8_t number_of(
	const struct pv_sdp_formats *ours, const struct pv_sdp_formats *theirs, uint8_t number)
{
	for (unsigned i = 0; number && i < theirs->count; i++)
		if (theirs->list[i].payload_type == number)
			return number_offered(ours, &theirs->list[i], number);
	return number;
}

/* `sends` are the numbers of our offer, which p->sdp answers. */
static void find_numbers(
	struct ptt *p, const struct ptt_leg *leg, uint8_t line, struct media_coding *coding)
{
	struct pv_sdp_formats ours, theirs;
	struct pv_sdp *offered =
		(struct pv_sdp *)arena_take(&p->at.worker->scratch, sizeof(*offered));
	const struct buffer *bytes = leg->speech.bytes;
	pv_sdp_formats_read(&p->sdp.media[line], &theirs);
	if (!offered || pv_sdp_parse(offered, bytes->bytes, bytes->length) <= 0 ||
		line >= offered->media_count)
		return;
	pv_sdp_formats_read(&offered->media[line], &ours);
	coding->sends.voice = number_of(&ours, &theirs, coding->gets.voice);
	coding->sends.events = number_of(&ours, &theirs, coding->gets.events);
	coding->sends.noise = number_of(&ours, &theirs, coding->gets.noise);
}

int speech_accept(struct ptt *p, struct ptt_leg *leg, const struct pv_message *answer,
	const struct path *source)
{
	struct ptt_speech *speech = &leg->speech;
	struct hearing h = {.source = source};
	uint8_t line = speech->audio_line;
	speech->offering = PTT_NO_OFFER;
	if (line >= p->sdp.media_count)
		return -PV_SDP_ANSWER_COUNT;
	if (!leg->group || !is_audio(&p->sdp.media[line]) ||
		!speech_codec_read(leg->group, &p->sdp.media[line], &h.coding))
		return -PV_SDP_ANSWER_FORMAT;
	if (!takes_packets(&p->sdp.media[line]))
		return -PV_SDP_SHORT_PACKETS;
	size_t mark = arena_mark(&p->at.worker->scratch);
	find_numbers(p, leg, line, &h.coding);
	arena_rewind(&p->at.worker->scratch, mark);
	speech->is_forwarded = is_forwarded(answer);
	h.audio = &p->sdp.media[line];
	if (may_have_floor(leg) && speech->floor_line < p->sdp.media_count &&
		is_floor(&p->sdp.media[speech->floor_line]))
		h.floor = &p->sdp.media[speech->floor_line];
	hear(p, leg, &h);
	ptt_leg_set_media(p, leg);
	return 0;
}
