/* SPDX-License-Identifier: Apache-2.0 */
/* speech_write.c — our descriptions: an answer, an offer, what was said last. */
#include "app/ptt/private.h"
#include "sound/ed137.h"

#define EVENTS_TYPE      101
#define EVENTS_TYPE_WIDE 110
#define NOISE_TYPE       13
#define OPUS_TYPE        111
#define LEVEL_NUMBER     1 /* of the header extension, in our offers */

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
	put_number(
		w, "a=R2S-KeepAlivePeriod:", ed137_period_ms(leg->speech.agreed.radio_period_ms));
	put_number(w, "a=R2S-KeepAliveMultiplier:",
		ed137_multiplier(leg->speech.agreed.radio_multiplier));
	put_number(w, "a=ptt-id:", leg->report.radio_id);
}

/* RFC 6464. */
static void put_level(struct pv_writer *w, unsigned number)
{
	pv_put_text(w, "a=extmap:");
	pv_put_u64(w, number);
	pv_put_text(w, " " SPEECH_LEVEL_URN "\r\n");
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
	put_number(w, "a=ptime:",
		SPEECH_PACKET_MS); /* what is mixed is made so, whatever the far end likes */
	if (agreed->level_extension)
		put_level(w, agreed->level_extension);
	if (agreed->is_radio)
		put_radio(w, leg);
	if (agreed->audio.is_mux)
		pv_put_text(w, "a=rtcp-mux\r\n");
	pv_sdp_build_direction(w, pv_sdp_direction_reverse(m->direction));
}

static void put_floor_terms(
	struct pv_writer *w, const struct ptt_leg *leg, const struct media_floor_terms *terms)
{
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

static void put_floor(struct pv_writer *w, const struct ptt_leg *leg)
{
	put_floor_terms(w, leg, &leg->speech.agreed.terms);
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

void speech_put_answer(struct ptt *p, const struct ptt_leg *leg, struct pv_writer *w)
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

/* What is there for it is offered: places in the queue, and his priority. */
static void put_floor_offer(struct pv_writer *w, const struct ptt_leg *leg)
{
	const struct media_floor_terms terms = {
		.may_queue = leg->group->config.queue > 0, .priority = leg->priority};
	put_floor_terms(w, leg, &terms);
}

void speech_put_offer(struct pv_writer *w, const struct ptt_leg *leg)
{
	const struct ptt_group_config *config = &leg->group->config;
	uint8_t types[PTT_CODECS_MAX + 3];
	unsigned count = 0;
	bool has_opus = false, has_noise = false;
	put_session(w, &leg->speech);
	for (unsigned i = 0; i < config->codec_count; i++) {
		enum codec_id codec = (enum codec_id)config->codecs[i];
		if (!codec_is_built(codec))
			continue;
		has_opus |= codec == CODEC_OPUS;
		has_noise |= codec_row(codec)->clock == 8000;
		types[count++] = codec == CODEC_OPUS ? OPUS_TYPE : codec_row(codec)->payload_type;
	}
	if (has_noise)
		types[count++] = NOISE_TYPE;
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
	if (has_noise)
		pv_sdp_build_rtpmap(w, NOISE_TYPE, PV_SPAN("CN"), 8000, 1);
	put_events(w, EVENTS_TYPE, 8000);
	if (has_opus)
		put_events(w, EVENTS_TYPE_WIDE, 48000);
	put_number(w, "a=ptime:", SPEECH_PACKET_MS);
	if (leg->membership.triggers & (PTT_TRIGGER_VOX | PTT_TRIGGER_MUTE))
		put_level(w, LEVEL_NUMBER);
	pv_sdp_build_direction(w, PV_SDP_SENDRECV);
	if (leg->lease.floor_port)
		put_floor_offer(w, leg);
}

/* An m-line of ours with what belongs to it, in both directions. */
static void put_section_again(struct pv_writer *w, struct pv_span section)
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
void speech_put_again(struct pv_writer *w, const struct ptt_leg *leg)
{
	const struct ptt_speech *speech = &leg->speech;
	struct pv_span rest = {speech->bytes->bytes, speech->bytes->length};
	const char *media = memmem(rest.at, rest.length, "\r\nm=", 4);
	put_session(w, speech);
	for (unsigned i = 0; media; i++) {
		rest = pv_span_from(media + 2, pv_span_end(rest));
		media = memmem(rest.at, rest.length, "\r\nm=", 4);
		if (i != speech->floor_line)
			put_section_again(w, media ? pv_span_from(rest.at, media + 2) : rest);
		else if (speech_may_have_floor(leg))
			put_floor(w, leg);
		else
			pv_put_text(w, "m=application 0 udp MCPTT\r\n");
	}
}
