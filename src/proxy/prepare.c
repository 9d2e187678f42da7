/* SPDX-License-Identifier: Apache-2.0 */
/* prepare.c — route information preprocessing (RFC 3261 §16.4): our own Route values go, what is
 * left tells the way. */
#include "proxy/private.h"

bool proxy_is_us(const struct proxy *proxy, const struct pv_uri *uri)
{
	return aor_leads_here(proxy->at.domains, uri);
}

/* Names of ours, and addresses, also those that the host has had only since we started. */
bool proxy_is_our_route(const struct proxy *proxy, const struct pv_uri *uri)
{
	struct net_address address;
	return proxy_is_us(proxy, uri) || (net_address_parse(uri->host, uri->port, &address) &&
						  net_is_local(proxy->at.net, &address));
}

/* Takes leading Route values off while they are ours (§16.4, last but one paragraph). */
static void take_own_routes(struct proxy *proxy, struct incoming *incoming)
{
	struct pv_values walk;
	struct pv_span value;
	pv_values_begin(&walk, incoming->message, PV_HEADER_ROUTE);
	while (pv_values_next(&walk, &value)) {
		struct pv_address route;
		struct pv_uri uri;
		if (pv_address_parse(value, &route) < 0 || pv_uri_parse(route.uri, &uri) < 0) {
			incoming->refusal = 400;
			incoming->refusal_phrase = "Bad Route";
			return;
		}
		if (!proxy_is_our_route(proxy, &uri)) {
			incoming->next_route = value;
			incoming->next_route_is_strict = !uri.lr;
			return;
		}
		dialog_token_read(proxy, incoming, &uri);
		incoming->routes_gone++;
	}
}

/* §16.4, first paragraph: a strict router put the URI of our Record-Route into the Request-URI;
 * the real one is the last Route value. */
static void undo_strict_router(struct proxy *proxy, struct incoming *incoming)
{
	const struct pv_message *m = incoming->message;
	if (!incoming->uri.has_user || !proxy_is_our_route(proxy, &incoming->uri) ||
		!pv_message_has(m, PV_HEADER_ROUTE))
		return;
	if (!dialog_token_read(proxy, incoming, &incoming->uri))
		return;
	struct pv_values walk;
	struct pv_span value, last = {NULL, 0};
	pv_values_begin(&walk, m, PV_HEADER_ROUTE);
	while (pv_values_next(&walk, &value))
		last = value;
	struct pv_address route;
	struct pv_uri uri;
	if (!last.at || pv_address_parse(last, &route) < 0 || pv_uri_parse(route.uri, &uri) < 0)
		return;
	incoming->request_uri = route.uri;
	incoming->uri = uri;
	incoming->last_route = last;
	if (incoming->next_route.at == last.at)
		incoming->next_route = (struct pv_span){NULL, 0};
}

static enum incoming_kind kind_of(const struct proxy *proxy, const struct incoming *incoming)
{
	if (incoming->uri.scheme == PV_SCHEME_TEL)
		return incoming->in_dialog ? INCOMING_DIALOG : INCOMING_USER;
	/* §16.5: a maddr that is not ours makes the Request-URI the only target */
	if (!incoming->uri.maddr.length && proxy_is_us(proxy, &incoming->uri))
		return incoming->uri.has_user ? INCOMING_USER : INCOMING_SERVER;
	return incoming->in_dialog ? INCOMING_DIALOG : INCOMING_ELSEWHERE;
}

void proxy_prepare(struct proxy *proxy, struct incoming *incoming, const struct pv_message *message,
	const struct path *from)
{
	/* everything in front of the targets */
	memset(incoming, 0, offsetof(struct incoming, targets));
	incoming->message = message;
	incoming->from = from;
	incoming->request_uri = pv_message_span(message, message->request_uri);
	if (pv_uri_parse(incoming->request_uri, &incoming->uri) < 0) {
		incoming->refusal = 400;
		incoming->refusal_phrase = "Bad Request-URI";
		incoming->kind = INCOMING_ELSEWHERE;
		return;
	}
	take_own_routes(proxy, incoming);
	undo_strict_router(proxy, incoming);
	proxy_strip_maddr(proxy, incoming);
	incoming->in_dialog = dialog_is_kept(proxy, incoming);
	incoming->kind = kind_of(proxy, incoming);
}
