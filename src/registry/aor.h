/* SPDX-License-Identifier: Apache-2.0 */
/* aor.h — which URIs are ours, and the one canonical spelling of an address-of-record. */
#ifndef REGISTRY_AOR_H
#define REGISTRY_AOR_H

#include <portavoz/span.h>
#include <portavoz/uri.h>
#include <portavoz/writer.h>
#include "net/address.h"

#define AOR_DOMAINS 32
#define AOR_PORTS   32

/* Owner: the daemon. Constant while workers run. Hosts compare without case; a port that we listen
 * on is ours and is no part of the address; the addresses that we listen on stand for the first
 * domain, or for themselves where there is none. */
struct aor_domains {
	struct pv_span name[AOR_DOMAINS]; /* in lower case */
	unsigned count;
	uint16_t port[AOR_PORTS]; /* that we listen on; 5060 and 5061 only where we do */
	unsigned port_count;
	/* Is this address one that we listen on? NULL: none is. */
	bool (*is_local)(const void *context, const struct net_address *address);
	const void *context;
};

enum aor_verdict {
	AOR_OURS,
	AOR_FOREIGN,   /* another host, port or scheme */
	AOR_NO_USER,   /* our host itself */
	AOR_MALFORMED, /* an escape in the user part that is none, or stands for a control
			  character; too long */
};

/* Is the host of `uri` (sip or sips) ours? ret_domain (may be NULL): the domain that it stands for.
 */
bool aor_is_ours(
	const struct aor_domains *domains, const struct pv_uri *uri, struct pv_span *ret_domain);

/* Writes "user@domain": the user part unescaped, the domain in lower case, no port. */
enum aor_verdict aor_write(
	const struct aor_domains *domains, const struct pv_uri *uri, struct pv_writer *w);

#endif
