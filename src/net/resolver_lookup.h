/* SPDX-License-Identifier: Apache-2.0 */
/* resolver_lookup.h: one name on its way through NAPTR, SRV and addresses (RFC 3263 §4). */
#ifndef NET_RESOLVER_LOOKUP_H
#define NET_RESOLVER_LOOKUP_H

#include "net/resolver_cache.h"

#define LOOKUP_SERVICES 4
#define LOOKUP_HOSTS    8

/* Knows nothing of sockets: it is told what the records say and says what to ask next, so that its
 * rules are tested without a network. */
enum lookup_question { LOOKUP_NAPTR, LOOKUP_SRV, LOOKUP_ADDRESSES, LOOKUP_FINISHED };

/* A name whose SRV records are wanted. */
struct lookup_service {
	char name[RESOLVER_NAME];
	uint8_t transport;
	uint16_t order, preference; /* NAPTR's */
};

/* A name whose addresses are wanted. */
struct lookup_host {
	char name[RESOLVER_NAME];
	uint8_t transport;
	uint16_t port;
	uint16_t weight;
	uint32_t rank;
};

struct lookup {
	struct resolver_key key;
	enum lookup_question question; /* what to ask now */
	uint8_t transports;            /* bit per enum pv_transport: those that we can use */
	unsigned service_count, service_at;
	struct lookup_service services[LOOKUP_SERVICES];
	unsigned host_count, host_at;
	struct lookup_host hosts[LOOKUP_HOSTS];
	uint32_t ttl; /* the shortest of all records so far, seconds */
	struct resolver_answer answer;
};

/* `transports` are those that we listen on. False when the URI's is none of them. */
bool lookup_begin(struct lookup *lookup, const struct resolver_key *key, uint8_t transports);

/* The name that the present question is about. */
const char *lookup_name(const struct lookup *lookup);

/* What came: each record by one of these, then lookup_next, which moves to the next question (with
 * no record before it, the answer was empty). */
void lookup_add_naptr(struct lookup *lookup, uint16_t order, uint16_t preference,
	struct pv_span flags, struct pv_span service, struct pv_span replacement);
void lookup_add_srv(struct lookup *lookup, uint16_t priority, uint16_t weight, uint16_t port,
	struct pv_span target);
void lookup_add_address(struct lookup *lookup, const struct net_address *address);
void lookup_note_ttl(struct lookup *lookup, uint32_t ttl);
void lookup_next(struct lookup *lookup);

#endif
