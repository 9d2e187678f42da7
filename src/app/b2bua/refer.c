/* SPDX-License-Identifier: Apache-2.0 */
/* refer.c — what requests of a transfer say of one leg, as the other may hear it: the dialog that
 * is to be replaced (RFC 3891), and the number of the REFER that a NOTIFY is about (RFC 3515
 * §2.4.6). */
#include "app/b2bua/private.h"

/* ---- Refer-To: <sip:carol@example.test?Replaces=...> ---- */

static bool find_replaces(const struct pv_message *refer, struct pv_span *ret_escaped)
{
	struct pv_address address;
	struct pv_uri uri;
	if (pv_address_parse(pv_message_value(refer, PV_HEADER_REFER_TO), &address) < 0 ||
		pv_uri_parse(address.uri, &uri) < 0)
		return false;
	const char *at = uri.headers.at, *end = uri.headers.length ? pv_span_end(uri.headers) : at;
	while (at < end) {
		struct pv_span rest = pv_span_from(++at, end); /* behind '?' or '&' */
		const char *next = pv_span_find(rest, '&');
		struct pv_span header = pv_span_from(at, next ? next : end);
		const char *equals = pv_span_find(header, '=');
		at = pv_span_end(header);
		if (!equals ||
			!pv_span_equal_nocase(pv_span_from(header.at, equals), PV_SPAN("Replaces")))
			continue;
		*ret_escaped = pv_span_from(equals + 1, at);
		return true;
	}
	return false;
}

bool refer_read(const struct pv_message *refer, char text[REFER_NAME_ROOM], struct replaces *ret)
{
	struct pv_span escaped;
	struct pv_writer w;
	pv_writer_init(&w, text, REFER_NAME_ROOM);
	return find_replaces(refer, &escaped) && pv_uri_user_canonical(escaped, &w) &&
	       !w.overflow && replaces_parse(pv_writer_span(&w), ret);
}

bool refer_admit(struct b2bua *b, const struct incoming *incoming)
{
	char text[REFER_NAME_ROOM];
	struct replaces replaces;
	if (b->answer || incoming->message->method != PV_METHOD_REFER ||
		!refer_read(incoming->message, text, &replaces))
		return true;
	int home = replaces_home(b, &replaces);
	if (!replaces_is_elsewhere(b, home))
		return true;
	if (!replaces_ask(b, incoming, (unsigned)home))
		proxy_reply_busy(b->at.proxy, NULL, incoming->message, incoming->from);
	return false;
}

/* RFC 3261 §25.1: what may stand in a header of a URI. */
static void put_escaped(struct pv_writer *w, struct pv_span text)
{
	for (size_t i = 0; i < text.length; i++) {
		unsigned char c = (unsigned char)text.at[i];
		bool is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
				(c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_';
		if (is_plain) {
			pv_put_char(w, (char)c);
			continue;
		}
		pv_put_char(w, '%');
		pv_put_hex(w, c, 2);
	}
}

/* A dialog of ours that is over has no name that the other leg might hear. Its own tag, thrice,
 * names none, and will be answered 481 as well. */
static void put_nobody(struct pv_writer *w, const struct leg *to)
{
	struct pv_span tag = dialog_texts(&to->dialog).local_tag;
	pv_put(w, tag);
	pv_put_text(w, "%3bto-tag%3d");
	pv_put(w, tag);
	pv_put_text(w, "%3bfrom-tag%3d");
	pv_put(w, tag);
}

/* The one who refers names the dialog as he knows it. Who is referred gets the name that the phone
 * at its other end knows, by which that phone, or we, will find it. */
static bool swap_replaces(struct b2bua *b, const struct leg *from, const struct leg *to,
	const struct pv_message *refer, struct refer_swap *ret)
{
	char text[REFER_NAME_ROOM];
	struct replaces replaces;
	struct pv_writer w;
	struct replaced *replaced = &b->replaced;
	if (!refer_read(refer, text, &replaces) || !find_replaces(refer, &ret->old))
		return false;
	int home = replaces_home(b, &replaces);
	if (home < 0)
		return false; /* it is none of ours */
	if (replaces_is_elsewhere(b, home) && b->answer)
		*replaced = b->answer->replaced;
	else
		replaces_look_up(b, &replaces, replaced);
	pv_writer_init(&w, ret->text, sizeof(ret->text));
	if (replaced->is_there)
		put_escaped(&w, replaced_text(replaced, replaced->name));
	if (!replaced->is_there || w.overflow) {
		pv_writer_init(&w, ret->text, sizeof(ret->text));
		put_nobody(&w, to);
	}
	ret->now = pv_writer_span(&w);
	return true;
}

/* ---- Event: refer;id=93809823 ---- */

static bool find_event_id(const struct pv_message *m, struct pv_span *ret_id, uint32_t *ret_number)
{
	struct pv_span event = pv_message_value_named(m, PV_SPAN("Event"));
	if (!event.length)
		event = pv_message_value_named(m, PV_SPAN("o"));
	const char *semicolon = pv_span_find(event, ';');
	if (!semicolon || !pv_span_equal_nocase(pv_span_trim(pv_span_from(event.at, semicolon)),
				  PV_SPAN("refer")))
		return false;
	struct pv_span params = pv_span_from(semicolon, pv_span_end(event));
	return pv_params_find(params, PV_SPAN("id"), ret_id) && pv_span_to_u32(*ret_id, ret_number);
}

static bool swap_id(struct pv_span id, uint32_t number, struct refer_swap *ret)
{
	struct pv_writer w;
	pv_writer_init(&w, ret->text, sizeof(ret->text));
	pv_put_u64(&w, number);
	ret->old = id;
	ret->now = pv_writer_span(&w);
	return true;
}

/* Who was referred counts as our REFER to it was numbered. */
static bool swap_notified(struct b2bua *b, const struct leg *from, const struct leg *to,
	const struct pv_message *notify, struct refer_swap *ret)
{
	struct pv_span id;
	uint32_t number;
	if (!find_event_id(notify, &id, &number))
		return false;
	for (unsigned i = 0; i < LEG_REFERS; i++)
		if (from->refers[i].sent && from->refers[i].sent == number)
			return swap_id(id, from->refers[i].asked, ret);
	return false;
}

/* Who refers, and wants the subscription for longer, or no more, counts as its own was. */
static bool swap_subscribed(struct b2bua *b, const struct leg *from, const struct leg *to,
	const struct pv_message *subscribe, struct refer_swap *ret)
{
	struct pv_span id;
	uint32_t number;
	if (!find_event_id(subscribe, &id, &number))
		return false;
	for (unsigned i = 0; i < LEG_REFERS; i++)
		if (to->refers[i].sent && to->refers[i].asked == number)
			return swap_id(id, to->refers[i].sent, ret);
	return false;
}

/* ---- what became of a REFER ---- */

void refer_note(struct leg *to, uint32_t asked, uint32_t sent)
{
	unsigned i = to->refer_next++ % LEG_REFERS;
	to->refers[i].asked = asked;
	to->refers[i].sent = sent;
	to->refers[i].is_owed = true;
}

/* RFC 4488 §4: who refers may want to hear nothing, and who is referred agrees. */
static bool has_no_subscription(const struct pv_message *response)
{
	return pv_span_starts_with_nocase(
		pv_message_value_named(response, PV_SPAN("Refer-Sub")), PV_SPAN("false"));
}

void refer_answered(
	struct leg *to, uint32_t asked, unsigned status, const struct pv_message *response)
{
	bool is_taken = status < 300 && response && !has_no_subscription(response);
	for (unsigned i = 0; i < LEG_REFERS; i++)
		if (to->refers[i].asked == asked)
			to->refers[i].is_owed &= is_taken;
}

/* Without an id it is of the first REFER (RFC 3515 §2.4.6): of the oldest that waits. */
void refer_notified(struct leg *from, const struct pv_message *notify)
{
	struct pv_span state = pv_message_value(notify, PV_HEADER_SUBSCRIPTION_STATE), id;
	uint32_t number;
	if (!pv_span_starts_with_nocase(state, PV_SPAN("terminated")))
		return;
	bool has_id = find_event_id(notify, &id, &number);
	for (unsigned k = 0; k < LEG_REFERS; k++) {
		unsigned i = (from->refer_next + k) % LEG_REFERS;
		if (!from->refers[i].is_owed || (has_id && from->refers[i].sent != number))
			continue;
		from->refers[i].is_owed = false;
		return;
	}
}

bool refer_is_owed(const struct leg *leg)
{
	bool is_owed = false;
	for (unsigned i = 0; i < LEG_REFERS; i++)
		is_owed |= leg->refers[i].is_owed;
	return is_owed;
}

/* ---- which requests ---- */

static const struct {
	enum pv_method method;
	bool (*swap)(struct b2bua *b, const struct leg *from, const struct leg *to,
		const struct pv_message *request, struct refer_swap *ret);
} table[] = {
	{PV_METHOD_REFER, swap_replaces},
	{PV_METHOD_NOTIFY, swap_notified},
	{PV_METHOD_SUBSCRIBE, swap_subscribed},
};

bool refer_find_swap(struct b2bua *b, const struct leg *from, const struct leg *to,
	const struct pv_message *request, struct refer_swap *ret)
{
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++)
		if (table[i].method == request->method)
			return table[i].swap(b, from, to, request, ret);
	return false;
}
