/* SPDX-License-Identifier: Apache-2.0 */
/* maddr.c — a maddr that is ours has done its work and goes (RFC 3261 §16.4, second paragraph). */
#include "proxy/private.h"

static bool is_param(struct pv_span name, const char *text)
{
	return pv_span_equal_nocase(name, pv_span_of(text));
}

/* Is the host that maddr names, at the port of the URI, ours? */
static bool is_ours(const struct proxy *proxy, const struct pv_uri *uri)
{
	struct pv_uri by_maddr = *uri;
	struct net_address address;
	bool numeric = net_address_parse(uri->maddr, 0, &address);
	by_maddr.host = uri->maddr;
	by_maddr.host_is_ipv4 = numeric && address.family == NET_IPV4;
	by_maddr.host_is_ipv6 = numeric && address.family == NET_IPV6;
	return proxy_is_us(proxy, &by_maddr);
}

/* The port that the sender wrote to, as the outside sees it. */
static unsigned port_of(struct proxy *proxy, const struct path *from)
{
	struct path path = *from;
	struct pv_span own;
	unsigned port = 0;
	if (net_local(proxy->at.net, &path, &own) < 0)
		return 0;
	const char *at = memrchr(own.at, ':', own.length);
	for (at = at ? at + 1 : pv_span_end(own); at < pv_span_end(own); at++)
		port = port * 10 + (unsigned)(*at - '0');
	return port;
}

/* Did the request come by the port and transport that the URI names? What it does not name is no
 * contradiction: for a name it is DNS that says, for an address our phones leave it out. One that
 * came by another is forwarded to ourselves, as it asks. */
static bool came_so(struct proxy *proxy, const struct incoming *incoming)
{
	const struct pv_uri *uri = &incoming->uri;
	struct pv_span transport = pv_transport_text(incoming->from->transport);
	return (!uri->transport.length || pv_span_equal_nocase(uri->transport, transport)) &&
	       (!uri->port || uri->port == port_of(proxy, incoming->from));
}

static bool stays(const struct pv_uri *uri, struct pv_span name)
{
	bool default_transport = pv_span_equal_nocase(uri->transport, PV_SPAN("udp"));
	return !is_param(name, "maddr") && (default_transport || !is_param(name, "transport"));
}

/* `param` begins with its ';'. */
static struct pv_span name_of(struct pv_span param)
{
	const char *equals = memchr(param.at, '=', param.length);
	return pv_span_from(param.at + 1, equals ? equals : pv_span_end(param));
}

/* The URI without maddr and without a port or transport that is not the default. */
static void write_stripped(const struct pv_uri *uri, struct pv_writer *w)
{
	const char *at = uri->params.at, *end = pv_span_end(uri->params);
	const char *host_end = pv_span_end(uri->host) + uri->host_is_ipv6; /* its ']' */
	pv_put(w, pv_span_from(uri->whole.at, uri->port == 5060 ? at : host_end));
	while (at < end) {
		const char *next = memchr(at + 1, ';', (size_t)(end - at - 1));
		struct pv_span param = pv_span_from(at, next ? next : end);
		if (stays(uri, name_of(param)))
			pv_put(w, param);
		at = pv_span_end(param);
	}
	pv_put(w, uri->headers);
}

void proxy_strip_maddr(struct proxy *proxy, struct incoming *incoming)
{
	struct pv_writer w;
	if (!incoming->uri.maddr.length || !is_ours(proxy, &incoming->uri) ||
		!came_so(proxy, incoming))
		return;
	pv_writer_init(&w, incoming->stripped, sizeof(incoming->stripped));
	write_stripped(&incoming->uri, &w);
	if (w.overflow || pv_uri_parse(pv_writer_span(&w), &incoming->uri) < 0) {
		incoming->refusal = 414;
		incoming->refusal_phrase = NULL;
		return;
	}
	incoming->request_uri = pv_writer_span(&w);
}
