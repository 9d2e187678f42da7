/* SPDX-License-Identifier: Apache-2.0 */
/* speech.c — session descriptions of a member's leg: its offer answered, ours made, and what media
 * are told of both (RFC 3264). */
#include "app/ptt/private.h"

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

/* ---- the judgement ---- */

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

/* The audio of p->sdp that can be answered in this group, and how. 0 or a verdict of sdp.h. */
static int choose_audio(struct ptt *p, const struct ptt_leg *leg, uint8_t *ret_line,
	struct media_coding *ret_coding)
{
	uint8_t line = find_line(&p->sdp, leg->speech.audio_line, speech_is_audio);
	if (line == PTT_NO_LINE &&
		find_line(&p->sdp, PTT_NO_LINE, speech_is_encrypted) != PTT_NO_LINE)
		return -PV_SDP_ENCRYPTED;
	if (!leg->group || line == PTT_NO_LINE ||
		!speech_codec_read(leg->group, &p->sdp.media[line], ret_coding))
		return -PV_SDP_NO_CODEC;
	if (!speech_takes_packets(&p->sdp.media[line]))
		return -PV_SDP_SHORT_PACKETS;
	*ret_line = line;
	return 0;
}

int speech_judge(struct ptt *p, const struct ptt_leg *leg)
{
	struct media_coding coding;
	uint8_t line;
	return choose_audio(p, leg, &line, &coding);
}

bool speech_may_have_floor(const struct ptt_leg *leg)
{
	return leg->group && !leg->group->config.is_open &&
	       (leg->membership.triggers & PTT_TRIGGER_RTCP);
}

bool speech_wants_floor(struct ptt *p, const struct ptt_leg *leg)
{
	return speech_may_have_floor(leg) &&
	       find_line(&p->sdp, leg->speech.floor_line, speech_is_floor) != PTT_NO_LINE;
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
	agreed->level_extension = speech_level_read(h->audio);
	agreed->is_radio =
		(leg->membership.triggers & PTT_TRIGGER_ED137) && speech_is_radio(h->audio);
	speech->radio_type = agreed->is_radio ? speech_radio_type(h->audio) : 0;
	agreed->radio_period_ms = speech_radio_number(h->audio, PV_SPAN("R2S-KeepAlivePeriod"));
	agreed->radio_multiplier = (uint8_t)MIN(
		speech_radio_number(h->audio, PV_SPAN("R2S-KeepAliveMultiplier")), UINT8_MAX);
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

/* ---- what we said last ---- */

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

/* ---- their offer, our answer ---- */

static int write_answer(struct ptt *p, struct ptt_leg *leg)
{
	struct ptt_speech *speech = &leg->speech;
	struct pv_writer w;
	for (unsigned again = 0; again < 2; again++) {
		pv_writer_init(&w, p->text, sizeof(p->text));
		speech_put_answer(p, leg, &w);
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
	uint8_t line;
	int verdict = choose_audio(p, leg, &line, &h.coding);
	if (verdict)
		return verdict;
	speech->audio_line = line;
	speech->floor_line = leg->lease.floor_port && speech_may_have_floor(leg)
				     ? find_line(&p->sdp, speech->floor_line, speech_is_floor)
				     : PTT_NO_LINE;
	speech->is_forwarded = description_is_forwarded(offer);
	h.audio = &p->sdp.media[line];
	h.floor = speech->floor_line != PTT_NO_LINE ? &p->sdp.media[speech->floor_line] : NULL;
	hear(p, leg, &h);
	return 0;
}

int speech_ask(struct ptt *p, struct ptt_leg *leg, const struct pv_message *offer,
	const struct path *source)
{
	struct media_floor_terms terms;
	uint8_t line = speech_may_have_floor(leg) ? find_line(&p->sdp, PTT_NO_LINE, speech_is_floor)
						  : PTT_NO_LINE;
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

/* ---- our offer, their answer ---- */

static int offer_again(struct ptt *p, struct ptt_leg *leg)
{
	struct ptt_speech *speech = &leg->speech;
	struct pv_writer w;
	for (unsigned again = 0; again < 2; again++) {
		pv_writer_init(&w, p->text, sizeof(p->text));
		speech_put_again(&w, leg);
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
	speech_put_offer(&w, leg);
	speech->audio_line = 0;
	if (leg->lease.floor_port)
		speech->floor_line = 1;
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
	if (!leg->group || !speech_is_audio(&p->sdp.media[line]) ||
		!speech_codec_read(leg->group, &p->sdp.media[line], &h.coding))
		return -PV_SDP_ANSWER_FORMAT;
	if (!speech_takes_packets(&p->sdp.media[line]))
		return -PV_SDP_SHORT_PACKETS;
	size_t mark = arena_mark(&p->at.worker->scratch);
	find_numbers(p, leg, line, &h.coding);
	arena_rewind(&p->at.worker->scratch, mark);
	/* a proxy that has no Record-Route of its own is in the way all the same */
	speech->is_forwarded |= description_is_forwarded(answer);
	h.audio = &p->sdp.media[line];
	if (speech_may_have_floor(leg) && speech->floor_line < p->sdp.media_count &&
		speech_is_floor(&p->sdp.media[speech->floor_line]))
		h.floor = &p->sdp.media[speech->floor_line];
	hear(p, leg, &h);
	if (leg->is_called_out) /* an answer asks for nothing that was not offered */
		speech->agreed.terms.is_request = speech->agreed.terms.wants_granted = false;
	ptt_leg_set_media(p, leg);
	return 0;
}
