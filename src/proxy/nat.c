/* SPDX-License-Identifier: Apache-2.0 */
/* nat.c — does a phone sit behind a NAT, so that only its own hole leads to it? */
#include "proxy/nat.h"

static uint16_t port_or_default(uint16_t port)
{
	return port ? port : 5060;
}

static bool is_stream(const struct path *path)
{
	return path->transport != PV_TRANSPORT_UDP;
}

/* The sender believes to be somewhere else than we see it: its Via's sent-by is not the source. A
 * port counts where it asked for answers to its source port (RFC 3581); a connection's port says
 * nothing. */
static bool via_differs(const struct pv_message *request, const struct path *from)
{
	const struct pv_via *via = &request->via;
	struct net_address sent_by;
	if (!net_address_parse(via->host, port_or_default(via->port), &sent_by))
		return false;
	if (!net_address_same_ip(&sent_by, &from->peer))
		return true;
	return !is_stream(from) && via->has_rport && sent_by.port != from->peer.port;
}

/* Contact and Via name one place: it is the sender itself that is to be reached, not somebody else.
 */
static bool is_the_senders_own(const struct pv_message *request, const struct pv_uri *contact)
{
	return pv_span_equal_nocase(contact->host, request->via.host);
}

static bool ends_with_invalid(struct pv_span host)
{
	static const struct pv_span suffix = PV_SPAN_INIT(".invalid");
	return host.length >= suffix.length &&
	       pv_span_equal_nocase(pv_span_skip(host, host.length - suffix.length), suffix);
}

/* The Contact has the source's IP and, over UDP, another port. */
static bool port_was_changed(const struct pv_message *request, const struct pv_uri *contact)
{
	const struct pv_via *via = &request->via;
	return via->has_rport && port_or_default(contact->port) == port_or_default(via->port) &&
	       is_the_senders_own(request, contact);
}

bool is_behind_nat(
	const struct pv_message *request, const struct path *from, const struct pv_uri *contact)
{
	struct net_address address;
	if (!net_address_parse(contact->host, port_or_default(contact->port), &address))
		return ends_with_invalid(contact->host) || is_the_senders_own(request, contact);
	if (net_address_same_ip(&address, &from->peer)) {
		if (is_stream(from) || address.port == from->peer.port)
			return via_differs(request, from);
		return port_was_changed(request, contact);
	}
	/* a private address that it does not send from: of another interface, or of the far side of
	 * a NAT. It may lead anywhere from here, so it is not believed. */
	if (net_address_is_private(&address))
		return true;
	return is_the_senders_own(request, contact);
}
