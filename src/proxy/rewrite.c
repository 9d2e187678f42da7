/* SPDX-License-Identifier: Apache-2.0 */
/* rewrite.c — a request as it goes out (RFC 3261 §16.6 items 2 to 8), written once. */
#include "proxy/private.h"

#include <errno.h>
#include <portavoz/digest.h>

#define VIA_ROOM 120 /* what a Via or Record-Route of ours usually takes */

/* Everything that the edits point at. Lives on the stack of proxy_rewrite. */
struct pieces {
	char via[VIA_ROOM + NET_ADDRESS_TEXT];
	struct transaction_via_text fixup;
	char received[NET_ADDRESS_TEXT + 16];
	char rport[16];
	char content_length[CONTENT_LENGTH_LINE];
	char max_forwards[24];
	char record_route[2 * (ROUTE_TOKEN_MAX + 320)];
	char routes[REGISTRY_TEXT + 512];
};

static void put_sip_uri(struct pv_writer *w, struct pv_span token, struct pv_span sent_by,
	enum pv_transport transport)
{
	pv_put_text(w, "Record-Route: <sip:");
	pv_put(w, token);
	pv_put_char(w, '@');
	pv_put(w, sent_by);
	pv_put(w, pv_transport_parameter(transport));
	pv_put_text(w, ";lr>\r\n");
}

/* §16.6 item 4. Two values where the ends speak by different transports or families, so that each
 * end sees an address of its own kind. Our newest value stands first. */
static struct pv_span record_route(struct proxy *proxy, const struct rewrite *rewrite,
	struct pv_span outside, struct pieces *p)
{
	char text[ROUTE_TOKEN_MAX];
	struct pv_writer token, w;
	struct path back = *rewrite->incoming->from;
	struct pv_span inside;
	pv_writer_init(&token, text, sizeof(text));
	dialog_token_write(proxy, rewrite, &token);
	pv_writer_init(&w, p->record_route, sizeof(p->record_route));
	put_sip_uri(&w, pv_writer_span(&token), outside, rewrite->to->transport);
	bool differs = back.transport != rewrite->to->transport ||
		       back.peer.family != rewrite->to->peer.family ||
		       back.listener != rewrite->to->listener;
	if (differs && net_local(proxy->at.net, &back, &inside) == 0 &&
		!(pv_span_equal(inside, outside) && back.transport == rewrite->to->transport))
		put_sip_uri(&w, pv_writer_span(&token), inside, back.transport);
	return pv_writer_span(&w);
}

static struct pv_span via(struct proxy *proxy, const struct rewrite *rewrite,
	struct transaction *client, struct pv_span sent_by, struct pieces *p)
{
	struct pv_writer w;
	pv_writer_init(&w, p->via, sizeof(p->via));
	transaction_put_via(proxy->at.transactions, client,
		proxy_loop_hash(proxy, rewrite->incoming), rewrite->to->transport, sent_by, &w);
	return pv_writer_span(&w);
}

static uint16_t offset_of(const struct pv_message *m, const char *at)
{
	return (uint16_t)(at - m->bytes);
}

/* §18.2.1 and RFC 3581 §4: the previous hop's Via learns where its request came from. */
static void complete_via(struct patch *patch, const struct incoming *incoming, struct pieces *p)
{
	const struct pv_message *m = incoming->message;
	struct pv_span received, rport;
	struct pv_writer w;
	transaction_via_fixup(m, incoming->from, &p->fixup, &received, &rport);
	if (rport.length) {
		pv_writer_init(&w, p->rport, sizeof(p->rport));
		if (!m->via.rport.length)
			pv_put_char(&w, '=');
		pv_put(&w, rport);
		patch_replace(patch,
			(struct pv_ref){
				offset_of(m, m->via.rport.at), (uint16_t)m->via.rport.length},
			pv_writer_span(&w));
	}
	if (!received.length)
		return;
	if (m->via.received.length) {
		patch_replace(patch,
			(struct pv_ref){
				offset_of(m, m->via.received.at), (uint16_t)m->via.received.length},
			received);
		return;
	}
	pv_writer_init(&w, p->received, sizeof(p->received));
	pv_put_text(&w, ";received=");
	pv_put(&w, received);
	patch_insert(
		patch, offset_of(m, m->via.whole.at + m->via.whole.length), pv_writer_span(&w));
}

static void count_down(struct patch *patch, const struct pv_message *m, struct pieces *p)
{
	struct pv_writer w;
	pv_writer_init(&w, p->max_forwards, sizeof(p->max_forwards));
	if (m->max_forwards < 0) {
		pv_put_text(&w, "Max-Forwards: 70\r\n");
		patch_insert(patch, m->head_end, pv_writer_span(&w));
		return;
	}
	pv_put_u64(&w, (uint64_t)m->max_forwards - 1);
	patch_replace(patch, m->fields[m->first[PV_HEADER_MAX_FORWARDS]].value, pv_writer_span(&w));
}

/* Takes off the Route values that were ours, and the one that a strict router had put last. */
static void remove_routes(struct patch *patch, const struct incoming *incoming, bool remove_next)
{
	struct pv_values walk;
	struct pv_span value;
	unsigned at = 0;
	pv_values_begin(&walk, incoming->message, PV_HEADER_ROUTE);
	while (pv_values_next(&walk, &value)) {
		bool is_last_one = incoming->last_route.at == value.at;
		bool is_next = remove_next && incoming->next_route.at == value.at;
		if (at++ < incoming->routes_gone || is_last_one || is_next)
			patch_remove_value(patch, walk.field, value);
	}
}

static struct pv_span route_uri(struct pv_span value, bool *ret_strict)
{
	struct pv_address address;
	struct pv_uri uri;
	*ret_strict = false;
	if (pv_address_parse(value, &address) < 0 || pv_uri_parse(address.uri, &uri) < 0)
		return (struct pv_span){NULL, 0};
	*ret_strict = !uri.lr;
	return address.uri;
}

/* What a list is from its next value on. */
static struct pv_span without_comma(struct pv_span rest)
{
	struct pv_span behind = rest, next;
	if (!pv_list_next(&behind, &next))
		return (struct pv_span){NULL, 0};
	return pv_span_from(next.at, pv_span_end(rest));
}

/*
 * §16.6 item 6. The Route set of the copy is: Path of the binding, then what is left of the
 * request's own. When its first value is a strict router, that becomes the Request-URI and the
 * target goes to the end.
 */
static struct pv_span route(struct patch *patch, const struct rewrite *rewrite, struct pieces *p)
{
	const struct incoming *incoming = rewrite->incoming;
	struct pv_span rest = rewrite->routes, first = incoming->next_route, uri = rewrite->uri,
		       head;
	bool from_path = pv_list_next(&rest, &head), strict = false;
	if (from_path)
		first = head;
	if (first.length)
		head = route_uri(first, &strict);
	remove_routes(patch, incoming, strict && !from_path);
	struct pv_writer w;
	pv_writer_init(&w, p->routes, sizeof(p->routes));
	struct pv_span before = from_path && strict ? without_comma(rest) : rewrite->routes;
	if (before.length) {
		pv_put_text(&w, "Route: ");
		pv_put(&w, before);
		pv_put_text(&w, "\r\n");
		patch_insert(
			patch, patch_place(patch->message, PV_HEADER_ROUTE), pv_writer_span(&w));
	}
	if (!strict)
		return uri;
	char *start = w.at;
	pv_put_text(&w, "Route: <");
	pv_put(&w, uri);
	pv_put_text(&w, ">\r\n");
	patch_insert(patch, patch->message->head_end, pv_span_from(start, w.at));
	patch->overflow |= w.overflow;
	return head;
}

bool proxy_is_own_credentials(const struct proxy *proxy, struct pv_span value)
{
	struct pv_credentials credentials;
	return pv_credentials_parse(value, &credentials) == 0 &&
	       pv_span_equal(credentials.realm, domains_realm(proxy->at.domains));
}

/* Credentials for us are not the next hop's to see (§22.3). */
static void remove_own_credentials(struct proxy *proxy, struct patch *patch)
{
	const struct pv_message *m = patch->message;
	for (uint16_t i = m->first[PV_HEADER_PROXY_AUTHORIZATION]; i != PV_NO_FIELD;
		i = m->fields[i].next)
		if (proxy_is_own_credentials(proxy, pv_message_span(m, m->fields[i].value)))
			patch_remove_line(patch, i);
}

void proxy_add_content_length(struct patch *patch, char line[CONTENT_LENGTH_LINE])
{
	const struct pv_message *m = patch->message;
	struct pv_writer w;
	if (pv_message_has(m, PV_HEADER_CONTENT_LENGTH))
		return;
	pv_writer_init(&w, line, CONTENT_LENGTH_LINE);
	pv_put_text(&w, "Content-Length: ");
	pv_put_u64(&w, m->body.length);
	pv_put_text(&w, "\r\n");
	patch_insert(patch, m->head_end, pv_writer_span(&w));
}

struct buffer *proxy_rewrite(struct proxy *proxy, const struct rewrite *rewrite,
	struct transaction *client, int *ret_error)
{
	const struct incoming *incoming = rewrite->incoming;
	const struct pv_message *m = incoming->message;
	struct buffer_pool *pool = &proxy->at.worker->buffers;
	struct pv_span sent_by;
	struct pieces p;
	struct patch patch;
	*ret_error = net_local(proxy->at.net, rewrite->to, &sent_by);
	if (*ret_error < 0)
		return NULL;
	patch_init(&patch, m);
	struct pv_span uri = route(&patch, rewrite, &p);
	if (!pv_span_equal(uri, pv_message_span(m, m->request_uri)))
		patch_replace(&patch, m->request_uri, uri);
	count_down(&patch, m, &p);
	complete_via(&patch, incoming, &p);
	remove_own_credentials(proxy, &patch);
	proxy_remove_asserted(&patch);
	bool is_changed = rewrite->media && rewrite->media->verdict == CALL_MEDIA_CHANGED;
	if (is_changed)
		call_media_patch(rewrite->media, &patch, p.content_length);
	/* asked before the Via is written, for that names the transport */
	if (net_prefer_stream(proxy->at.net, rewrite->to,
		    patch_length(&patch) + VIA_ROOM + (rewrite->record_route ? VIA_ROOM : 0)))
		*ret_error = net_local(proxy->at.net, rewrite->to, &sent_by);
	if (*ret_error < 0)
		return NULL;
	if (rewrite->to->transport != PV_TRANSPORT_UDP && !is_changed)
		proxy_add_content_length(&patch, p.content_length);
	if (rewrite->record_route)
		patch_insert(&patch, patch_place(m, PV_HEADER_RECORD_ROUTE),
			record_route(proxy, rewrite, sent_by, &p));
	patch_insert(
		&patch, patch_place(m, PV_HEADER_VIA), via(proxy, rewrite, client, sent_by, &p));
	struct buffer *bytes = buffer_take(pool, patch_length(&patch));
	struct pv_writer w;
	*ret_error = -ENOBUFS;
	if (!bytes)
		return NULL;
	pv_writer_init(&w, bytes->bytes, buffer_capacity(bytes));
	if (patch_write(&patch, &w) < 0 || pv_writer_length(&w) > PV_MESSAGE_MAX) {
		buffer_unref(pool, bytes);
		return NULL;
	}
	bytes->length = (uint32_t)pv_writer_length(&w);
	return bytes;
}
