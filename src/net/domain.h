/* SPDX-License-Identifier: Apache-2.0 */
/* domain.h — which hosts and ports are ours, and the domains that they stand for: the configured
 * domains and the addresses listened on.
 */
#ifndef NET_DOMAIN_H
#define NET_DOMAIN_H

#include <stdbool.h>
#include <stdint.h>

#include <portavoz/span.h>
#include "net/address.h"

struct domains_config {
	const struct pv_span *names; /* the first one is the realm; may be none; none twice */
	uint32_t name_count;
	/* What we listen on; "any" addresses stand for every address of this machine. Further own
	 * addresses (a public one) have port 0. */
	const struct net_address *listen;
	uint32_t listen_count;
};

/* Owner: main. Immutable after domains_new; any thread may ask. */
struct domains;

/* 0, -ENOMEM, or -errno when the machine's addresses cannot be listed. Copies what it keeps. */
int domains_new(const struct domains_config *config, struct domains **ret);
void domains_free(struct domains *domains);

/*
 * Is `host` (a name in any case, with or without the final dot, or a numeric address, IPv6 with or
 * without brackets) ours, and `port` too? Port 0 means that none was given. No allocation.
 */
bool domain_is_ours(const struct domains *domains, struct pv_span host, uint16_t port);

/* The same where a URI says where to send, not who somebody is: a numeric address without a port
 * means `default_port` (RFC 3261 §19.1.2, RFC 3263 §4.2), which may be another program's. A name,
 * or an address that was configured as a domain, may lead here by any of our ports. */
bool domain_leads_here(
	const struct domains *domains, struct pv_span host, uint16_t port, uint16_t default_port);

/* The domain that such a host stands for, in lower case and without the final dot: itself, or for
 * the addresses that we listen on the first one. Empty when it is not ours. */
struct pv_span domain_of(const struct domains *domains, struct pv_span host, uint16_t port);

/* The first domain in lower case, else the first numeric address: the realm of all challenges. */
struct pv_span domains_realm(const struct domains *domains);

/* All domains in the order of the configuration; where there are none, the realm alone. */
uint32_t domains_count(const struct domains *domains);
struct pv_span domains_name(const struct domains *domains, uint32_t index);

#endif
