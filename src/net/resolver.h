/* SPDX-License-Identifier: Apache-2.0 */
/* resolver.h: the part of RFC 3263 that needs no question: what the URI itself says. */
#ifndef NET_RESOLVER_H
#define NET_RESOLVER_H

#include "net/net.h"

/* The transport that a URI asks for: its parameter, else PV_TRANSPORT_OTHER (left open). 0, or
 * -EPROTONOSUPPORT for sips and for what is not built. */
int resolver_transport(const struct pv_uri *uri, enum pv_transport *ret);

/* Where to look: maddr, else the host (RFC 3261 §18.1.1, RFC 3263 §4). */
struct pv_span resolver_target(const struct pv_uri *uri);

/* 1 when the target is a numeric address, which is then targets[0]; 0 when it is a name; -errno. */
int resolver_numeric(const struct pv_uri *uri, struct resolve *resolve);

#endif
