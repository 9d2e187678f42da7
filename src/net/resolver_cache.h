/* SPDX-License-Identifier: Apache-2.0 */
/* resolver_cache.h: what names led to, for as long as their records say. */
#ifndef NET_RESOLVER_CACHE_H
#define NET_RESOLVER_CACHE_H

#include "base/siphash.h"
#include "net/resolver_order.h"

#define RESOLVER_NAME     256 /* a domain name and its NUL (RFC 1035 §2.3.4) */
#define RESOLVER_CACHE    512
#define RESOLVER_TTL_MAX  3600
#define RESOLVER_TTL_NONE 5 /* seconds for which a name that led nowhere is not asked again */

/* What was asked: the name in lower case. */
struct resolver_key {
	char name[RESOLVER_NAME];
	uint16_t port;
	uint8_t transport; /* PV_TRANSPORT_OTHER: left open */
};

struct resolver_answer {
	uint64_t until_ms;
	unsigned count; /* 0: it leads nowhere */
	struct resolver_target targets[RESOLVE_TARGETS];
};

/* Owner: the worker. A place each for some names; a new one takes the place of the old. */
struct resolver_cache {
	struct siphash_key hash_key;
	struct {
		struct resolver_key key;
		struct resolver_answer answer;
	} entries[RESOLVER_CACHE];
};

/* False when the name is empty or too long, or holds a NUL. */
bool resolver_key_init(
	struct resolver_key *key, struct pv_span name, uint16_t port, enum pv_transport transport);

/* NULL when nothing is known any more. */
const struct resolver_answer *resolver_cache_find(
	const struct resolver_cache *cache, const struct resolver_key *key, uint64_t now_ms);

/* Keeps `answer` for `ttl` seconds, at most RESOLVER_TTL_MAX. */
void resolver_cache_put(struct resolver_cache *cache, const struct resolver_key *key,
	const struct resolver_answer *answer, uint32_t ttl, uint64_t now_ms);

#endif
