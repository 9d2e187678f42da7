/* SPDX-License-Identifier: Apache-2.0 */
/* resolver.c: the part of RFC 3263 that needs no question: what the URI itself says. */
#include "net/resolver.h"

#include <errno.h>

#include "base/macros.h"

static const struct {
	struct pv_span name;
	enum pv_transport transport;
} transports[] = {
	{PV_SPAN_INIT("udp"), PV_TRANSPORT_UDP},
	{PV_SPAN_INIT("tcp"), PV_TRANSPORT_TCP},
};

int resolver_transport(const struct pv_uri *uri, enum pv_transport *ret)
{
	if (uri->scheme == PV_SCHEME_SIPS)
		return -EPROTONOSUPPORT;
	if (uri->transport.length == 0) {
		*ret = PV_TRANSPORT_OTHER;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_LENGTH(transports); i++)
		if (pv_span_equal_nocase(uri->transport, transports[i].name)) {
			*ret = transports[i].transport;
			return 0;
		}
	return -EPROTONOSUPPORT;
}

struct pv_span resolver_target(const struct pv_uri *uri)
{
	return uri->maddr.length > 0 ? uri->maddr : uri->host;
}

int resolver_numeric(const struct pv_uri *uri, struct resolve *resolve)
{
	enum pv_transport transport;
	int error = resolver_transport(uri, &transport);
	if (error)
		return error;
	/* RFC 3263 §4.1, §4.2: a numeric host is asked for by UDP unless the URI says otherwise, at
	 * the port it names or the default one */
	bool is_open = transport == PV_TRANSPORT_OTHER;
	struct path path = {.transport = is_open ? PV_TRANSPORT_UDP : (uint8_t)transport,
		.listener = NET_ANY_LISTENER,
		.tcp_if_large = is_open};
	if (!net_address_parse(resolver_target(uri), uri->port ? uri->port : 5060, &path.peer))
		return 0;
	resolve->targets[0] = path;
	resolve->count = 1;
	return 1;
}
