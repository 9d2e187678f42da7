/* SPDX-License-Identifier: Apache-2.0 */
/* validate.c — request validation (RFC 3261 §16.3), but for authorization, which is admit.c. */
#include "proxy/private.h"

/* §16.3 item 2: schemes that we can route. sips: needs TLS on every hop and is never sent over UDP,
 * and there is no TLS here. */
static bool scheme_is_known(const struct pv_uri *uri)
{
	return uri->scheme == PV_SCHEME_SIP || uri->scheme == PV_SCHEME_TEL;
}

/*
 * What loop detection must see change when the request is not looping (RFC 3261 §16.6 step 8, RFC
 * 5393 §4.2.1): everything that decides where it goes, and who it is. Cut where it is very long:
 * two requests are told apart by the Call-ID, which comes first.
 */
uint32_t proxy_loop_hash(const struct proxy *proxy, const struct incoming *incoming)
{
	const struct pv_message *m = incoming->message;
	const struct pv_span parts[] = {
		m->call_id, m->from_tag, m->to_tag, incoming->request_uri, incoming->next_route};
	char text[512];
	struct pv_writer w;
	pv_writer_init(&w, text, sizeof(text));
	pv_put_bytes(&w, &m->cseq, sizeof(m->cseq));
	for (size_t i = 0; i < ARRAY_LENGTH(parts); i++) {
		size_t room = (size_t)(w.end - w.at);
		pv_put_bytes(&w, parts[i].at, MIN(parts[i].length, room));
		pv_put_char(&w, '\0');
	}
	return (uint32_t)siphash13(proxy->at.route_key, w.start, pv_writer_length(&w));
}

/* The branch of a Via if it is ours. The first one has been read with the message. */
static bool read_own_branch(const struct proxy *proxy, const struct pv_message *m,
	struct pv_span value, bool is_first, struct branch *ret)
{
	struct pv_via other;
	if (is_first)
		return branch_read(proxy->at.branch_key, m->via.branch, ret);
	return pv_via_parse(value, &other) == 0 &&
	       branch_read(proxy->at.branch_key, other.branch, ret);
}

/* §16.3 item 4 with RFC 5393: a Via of ours that carries the same hash is the same request come
 * back unchanged; with another one, a spiral. */
static bool is_loop(const struct proxy *proxy, struct incoming *incoming)
{
	struct pv_values walk;
	struct pv_span value;
	pv_values_begin(&walk, incoming->message, PV_HEADER_VIA);
	for (bool is_first = true; pv_values_next(&walk, &value); is_first = false) {
		struct branch branch;
		if (!read_own_branch(proxy, incoming->message, value, is_first, &branch))
			continue;
		incoming->is_spiral = true;
		if (branch.loop == proxy_loop_hash(proxy, incoming))
			return true;
	}
	return false;
}

/* §16.3 item 5: no extension is known that a proxy would have to understand. */
static void refuse_proxy_require(struct proxy *proxy, const struct incoming *incoming)
{
	char text[512];
	struct pv_writer w;
	struct pv_values walk;
	struct pv_span value;
	bool first = true;
	pv_writer_init(&w, text, sizeof(text) - 2);
	pv_put_text(&w, "Unsupported: ");
	pv_values_begin(&walk, incoming->message, PV_HEADER_PROXY_REQUIRE);
	while (pv_values_next(&walk, &value)) {
		char *before = w.at;
		if (!first)
			pv_put_text(&w, ", ");
		pv_put(&w, value);
		if (w.overflow) {
			w.at = before;
			break;
		}
		first = false;
	}
	w.overflow = false;
	w.end += 2;
	pv_put_text(&w, "\r\n");
	proxy_reply(proxy, NULL, incoming->message, incoming->from, 420, PV_SPAN(""),
		pv_writer_span(&w));
}

static bool refuse(
	struct proxy *proxy, const struct incoming *incoming, unsigned status, const char *phrase)
{
	proxy_reply(proxy, NULL, incoming->message, incoming->from, status, pv_span_of(phrase),
		PV_SPAN(""));
	return false;
}

bool proxy_validate(struct proxy *proxy, struct incoming *incoming)
{
	const struct pv_message *m = incoming->message;
	if (incoming->refusal)
		return refuse(
			proxy, incoming, (unsigned)incoming->refusal, incoming->refusal_phrase);
	if (!scheme_is_known(&incoming->uri))
		return refuse(proxy, incoming, 416, NULL);
	if (m->max_forwards == 0)
		return refuse(proxy, incoming, 483, NULL);
	if (is_loop(proxy, incoming)) {
		metrics_add(METRIC_proxy_loops, 1);
		return refuse(proxy, incoming, 482, NULL);
	}
	if (pv_message_has(m, PV_HEADER_PROXY_REQUIRE)) {
		refuse_proxy_require(proxy, incoming);
		return false;
	}
	return true;
}
