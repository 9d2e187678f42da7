/* SPDX-License-Identifier: Apache-2.0 */
/* text.c — MESSAGE to a group, and of a group: a text for everybody, or a word (word.c). */
#include "app/ptt/private.h"

#include "base/random.h"

/* ---- a MESSAGE of our own to a member ---- */

struct saying {
	struct pv_span from; /* URI, or empty: the group's */
	struct pv_span display;
	struct pv_span type, text;
};

static struct pv_span put_party(struct pv_writer *w, struct pv_span display, struct pv_span uri)
{
	char *start = w->at;
	if (display.length) {
		pv_put(w, display);
		pv_put_char(w, ' ');
	}
	pv_put_char(w, '<');
	pv_put(w, uri);
	pv_put_char(w, '>');
	return pv_span_from(start, w->at);
}

/* The texts of a MESSAGE to the leg's phone, outside of its dialog. */
static bool address(struct ptt *p, const struct ptt_leg *leg, const struct saying *saying,
	struct ptt_request *request)
{
	char text[2048], call_id[DIALOG_CALL_ID_LENGTH];
	struct pv_writer w;
	struct dialog_texts of_leg = dialog_texts(&leg->dialog), texts = {0};
	pv_writer_init(&w, text, sizeof(text));
	char *group = w.at;
	ptt_put_uri(&w, leg->group->config.name, domains_realm(p->at.domains));
	struct pv_span group_uri = pv_span_from(group, w.at);
	texts.local =
		put_party(&w, saying->display, saying->from.length ? saying->from : group_uri);
	char *tag = w.at;
	pv_put_text(&w, ";tag=");
	pv_put_hex(&w, random_u64(), 16);
	texts.local = pv_span_from(texts.local.at, w.at);
	texts.local_tag = w.overflow ? PV_SPAN("") : pv_span_from(tag + 5, w.at);
	texts.remote = put_party(&w, PV_SPAN(""), buffer_text(leg->who, leg->report.uri));
	texts.call_id = dialog_call_id(p->at.worker, call_id);
	texts.target = of_leg.target;
	texts.routes = of_leg.routes;
	request->dialog.has_path = leg->dialog.has_path;
	request->dialog.path = leg->dialog.path;
	return !w.overflow && dialog_store(ptt_buffers(p), &request->dialog, &texts) == 0;
}

static bool say(struct ptt *p, struct ptt_leg *leg, const struct saying *saying)
{
	struct ptt_request *request =
		leg->group ? request_new(p, PTT_REQUEST_ALONE, 0, PV_METHOD_MESSAGE) : NULL;
	if (!request)
		return false;
	request->body = buffer_take(ptt_buffers(p), saying->text.length + saying->type.length);
	if (!request->body || !address(p, leg, saying, request)) {
		request_free(p, request);
		return false;
	}
	/* the type lies behind the text */
	char *bytes = request->body->bytes;
	memcpy(bytes, saying->text.at, saying->text.length);
	memcpy(bytes + saying->text.length, saying->type.at, saying->type.length);
	request->body->length = (uint32_t)saying->text.length;
	request->type = (struct pv_span){bytes + saying->text.length, saying->type.length};
	request->group = saying->from.length ? leg->group->id : 0;
	request_start(p, request);
	return true;
}

void text_say(struct ptt *p, struct ptt_leg *leg, struct pv_span text)
{
	const struct saying saying = {
		.display = PV_SPAN(""), .type = PV_SPAN("text/plain"), .text = text};
	(void)say(p, leg, &saying);
}

/* ---- a note at the leg ---- */

static void pass_on(struct ptt *p, struct ptt_leg *leg, const struct ptt_note *of)
{
	struct saying saying = {.from = buffer_text(of->text, of->from),
		.display = buffer_text(of->text, of->display),
		.type = buffer_text(of->text, of->type),
		.text = buffer_text(of->text, of->body)};
	if (of->is_anonymous) {
		saying.from = PV_SPAN("sip:anonymous@anonymous.invalid");
		saying.display = PV_SPAN("\"Anonymous\"");
	}
	(void)say(p, leg, &saying);
}

static bool wants_warnings(const struct ptt_leg *leg)
{
	return !leg->refuses_text && !leg->report.has_floor_channel;
}

static void note_at_leg(struct ptt *p, struct errand *errand)
{
	struct ptt_note *note = container_of(errand, struct ptt_note, errand);
	struct ptt_leg *leg = ptt_leg_get(p, note->leg);
	if (leg && !leg->has_let_go && note->of)
		pass_on(p, leg, note->of);
	else if (leg && !leg->has_let_go && !(note->is_warning && !wants_warnings(leg)))
		text_say(p, leg, buffer_text(note->text, note->body));
	errand_return(errand);
}

/* ---- at the roster ---- */

static void text_settle(struct ptt_note *of)
{
	if (!of->copies && !of->is_held)
		errand_return(&of->errand);
}

static void note_done(struct ptt *p, struct errand *errand)
{
	struct ptt_note *note = container_of(errand, struct ptt_note, errand);
	struct ptt_note *of = note->of;
	note_free(p, note);
	if (!of)
		return;
	of->copies--;
	text_settle(of);
}

static void tell(
	struct ptt *p, const struct ptt_member *member, struct pv_span text, bool is_warning)
{
	struct ptt_note *note = note_new(p, PTT_NOTE_SAYING);
	struct buffer *bytes = note ? buffer_take(ptt_buffers(p), text.length) : NULL;
	if (!bytes) {
		if (note)
			note_free(p, note);
		return;
	}
	memcpy(bytes->bytes, text.at, text.length);
	bytes->length = (uint32_t)text.length;
	note->text = bytes;
	note->body = (struct pv_ref){0, (uint16_t)text.length};
	note->leg = member->leg;
	note->is_warning = is_warning;
	errand_send(p, &note->errand, member->at->at.worker->index, note_at_leg, note_done);
}

void member_say(struct ptt *p, const struct ptt_member *member, struct pv_span text)
{
	tell(p, member, text, false);
}

void member_warn(struct ptt *p, const struct ptt_member *member, struct pv_span text)
{
	tell(p, member, text, true);
}

static void copy_to(struct ptt *p, const struct ptt_member *member, struct ptt_note *of)
{
	struct ptt_note *note = note_new(p, PTT_NOTE_TEXT);
	if (!note)
		return; /* counted: this one misses it */
	note->leg = member->leg;
	note->of = of;
	of->copies++;
	errand_send(p, &note->errand, member->at->at.worker->index, note_at_leg, note_done);
}

/* Which of his phones he wrote on is not told: one that wants to be nobody is enough. */
static bool is_anonymous(struct ptt *p, const struct ptt_room *room, uint64_t name)
{
	for (struct ptt_member *m = NULL; (m = room_member(p, room, name, m));)
		if (m->is_anonymous)
			return true;
	return false;
}

static void at_roster(struct ptt *p, struct errand *errand)
{
	struct ptt_note *of = container_of(errand, struct ptt_note, errand);
	struct ptt_room *room = room_find(p, of->group);
	uint64_t name = ptt_name_hash(p, buffer_text(of->text, of->name));
	struct ptt_member *member = room ? room_newest(p, room, name) : NULL;
	of->status = member ? 200 : 403;
	of->is_held = true;
	if (member && of->word) {
		if (!word_take(p, room, member, of))
			of->status = 503;
	} else if (member) {
		metrics_add(METRIC_ptt_texts, 1);
		of->is_anonymous |= is_anonymous(p, room, name);
		LIST_EACH(link, &room->members)
		{
			const struct ptt_member *to = container_of(link, struct ptt_member, link);
			if (to->name != name && !to->is_ending)
				copy_to(p, to, of);
		}
	}
	of->is_held = false;
	text_settle(of);
}

/* ---- where it came in ---- */

static void answer_message(struct ptt *p, struct errand *errand)
{
	struct ptt_note *note = container_of(errand, struct ptt_note, errand);
	struct transaction *server = transaction_get(p->at.transactions, note->server);
	struct pv_message *m = &p->scratch;
	struct pv_span whole = buffer_text(note->text, note->whole);
	if (server && pv_message_parse(m, whole.at, whole.length, true) > 0) {
		if (note->status == 503)
			ptt_reply_busy(p, server, m, &note->source);
		else
			ptt_reply(p, server, m, &note->source, note->status);
	}
	note_free(p, note);
}

static struct pv_ref keep(struct pv_writer *w, struct pv_span text)
{
	struct pv_ref ref = {(uint16_t)pv_writer_length(w), (uint16_t)text.length};
	pv_put(w, text);
	return ref;
}

/* The message as it came, and behind it who wrote it. */
static bool keep_message(
	struct ptt *p, struct ptt_note *note, const struct pv_message *m, struct pv_span name)
{
	struct pv_writer w;
	struct pv_span domain = domains_realm(p->at.domains);
	size_t room = m->length + 4 * name.length + domain.length + m->from.display.length + 16;
	note->text = room < UINT16_MAX ? buffer_take(ptt_buffers(p), room) : NULL;
	if (!note->text)
		return false;
	pv_writer_init(&w, note->text->bytes, buffer_capacity(note->text));
	note->whole = keep(&w, (struct pv_span){m->bytes, m->length});
	note->body = m->body;
	struct pv_span type = pv_message_value(m, PV_HEADER_CONTENT_TYPE);
	note->type =
		type.length ? (struct pv_ref){(uint16_t)(type.at - m->bytes), (uint16_t)type.length}
			    : keep(&w, PV_SPAN("text/plain"));
	note->name = keep(&w, name);
	note->display = keep(&w, m->from.display);
	note->from.at = (uint16_t)pv_writer_length(&w);
	ptt_put_uri(&w, name, domain);
	note->from.length = (uint16_t)(pv_writer_length(&w) - note->from.at);
	note->text->length = (uint32_t)pv_writer_length(&w);
	return !w.overflow;
}

static bool is_of(struct pv_span type, const char *prefix)
{
	return pv_span_starts_with_nocase(type, pv_span_of(prefix));
}

/* What we pass on has the group as its Contact: it has come round. */
bool text_admit(struct ptt *p, struct incoming *incoming)
{
	static const char mark[] = ";isfocus";
	struct pv_span contact = pv_message_value(incoming->message, PV_HEADER_CONTACT);
	if (contact.length && memmem(contact.at, contact.length, mark, sizeof(mark) - 1)) {
		ptt_reply(p, NULL, incoming->message, incoming->from, 482);
		return false;
	}
	return ptt_check_required(p, incoming);
}

/* Text goes on as it came, and without the encoding that a header would have told of. A
 * message/cpim (RFC 3862) says itself who wrote it: nobody can vouch for that. False: it was
 * refused. */
static bool check_body(struct ptt *p, const struct incoming *incoming, struct transaction *server)
{
	const struct pv_message *m = incoming->message;
	struct pv_span type = pv_message_value(m, PV_HEADER_CONTENT_TYPE);
	struct pv_span encoding = pv_message_value(m, PV_HEADER_CONTENT_ENCODING);
	struct pv_span extra = PV_SPAN("");
	if (type.length && !is_of(type, "text/"))
		extra = PV_SPAN("Accept: text/plain\r\n");
	else if (encoding.length && !pv_span_equal_nocase(encoding, PV_SPAN("identity")))
		extra = PV_SPAN("Accept-Encoding: identity\r\n");
	if (extra.length)
		proxy_reply(p->at.proxy, server, m, incoming->from, 415, PV_SPAN(""), extra);
	return !extra.length;
}

void text_request_of(struct ptt *p, struct incoming *incoming, struct transaction *server,
	const struct ptt_group *group, struct pv_span name)
{
	const struct pv_message *m = incoming->message;
	struct pv_span type = pv_message_value(m, PV_HEADER_CONTENT_TYPE);
	struct ptt_membership membership;
	if (is_of(type, "application/im-iscomposing")) {
		ptt_reply(p, server, m, incoming->from, 200); /* who types is no news */
		return;
	}
	if (!check_body(p, incoming, server))
		return;
	struct ptt_note *note = note_new(p, PTT_NOTE_MESSAGE);
	if (!note || !keep_message(p, note, m, name)) {
		if (note)
			note_free(p, note);
		ptt_reply_busy(p, server, m, incoming->from);
		return;
	}
	bool is_button = ptt_group_has(group, name, &membership) &&
			 (membership.triggers & PTT_TRIGGER_MESSAGE);
	note->word = (uint8_t)(is_button ? word_of(pv_message_span(m, m->body)) : 0);
	note->group = group->id;
	note->server = transaction_handle(p->at.transactions, server);
	note->source = *incoming->from;
	note->cseq = m->cseq;
	note->is_anonymous = ptt_wants_privacy(m);
	note->received_ns = p->at.worker->now_ns;
	errand_send(p, &note->errand, ptt_home(p, group->id), at_roster, answer_message);
}
