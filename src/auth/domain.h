/* SPDX-License-Identifier: Apache-2.0 */
/* domain.h — which hosts and ports are ours: the configured domains and the addresses listened on.
 */
#ifndef AUTH_DOMAIN_H
#define AUTH_DOMAIN_H

#include <stdbool.h>
#include <stdint.h>

#include <portavoz/span.h>
#include "net/address.h"

struct domains_config {
	const struct pv_span *names; /* the first one is the realm; may be none */
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

/* Is the IP of `address` one of ours? `domains` is untyped to serve as a callback
 * (aor_domains.is_local). */
bool domain_is_local(const void *domains, const struct net_address *address);

/* The realm of all challenges: the first domain in lower case, else the first numeric address. */
struct pv_span domains_realm(const struct domains *domains);

#endif
