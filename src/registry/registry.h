/* SPDX-License-Identifier: Apache-2.0 */
/* registry.h — the location service: bindings of addresses-of-record, read by any worker without a
 * lock. */
#ifndef REGISTRY_REGISTRY_H
#define REGISTRY_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>

#include <portavoz/span.h>
#include "base/clock.h"
#include "net/net.h"

struct registry;

struct registry_config {
	uint32_t capacity;     /* registrar.capacity: addresses-of-record */
	uint32_t max_contacts; /* bindings per address-of-record, at most REGISTRY_CONTACTS */
	uint32_t shards;       /* one per worker */
};

/* An address-of-record key is "user@domain" canonical: user unescaped, domain in lower case, no
 * port. */

#define REGISTRY_CONTACTS 32   /* most that one lookup gives */
#define REGISTRY_TEXT     4096 /* most bytes of text of one binding */
#define REGISTRY_TEXT_ALL ((size_t)REGISTRY_CONTACTS * REGISTRY_TEXT)
#define REGISTRY_KEY      320 /* most bytes of an address-of-record key */

/* A binding as a reader or writer sees it. Spans point into the caller's memory. */
struct registry_binding {
	struct pv_span contact;    /* URI without <> */
	struct pv_span params;     /* Contact header parameters worth keeping for answers:
				      +sip.instance, reg-id, others (not expires, not q) */
	struct pv_span path;       /* Path values joined by commas, or empty */
	struct pv_span instance;   /* +sip.instance without quotes and <>, or empty */
	struct pv_span user_agent; /* may be empty; for `portavozctl registrations` */
	uint64_t call_id;          /* keyed hash of the Call-ID */
	uint32_t cseq;
	uint32_t reg_id;      /* 0 = none */
	uint16_t q;           /* thousandths; 1000 when not given */
	uint64_t expires_ms;  /* on the registry's clock */
	struct path received; /* where the REGISTER came from: the phone's own hole */
	bool behind_nat;      /* source differs from Contact/Via: route by `received` */
	bool lost;            /* its flow ended: no target any more (RFC 5626 §5.3.1) */
	uint8_t group; /* filled by lookups: the flows of one instance share it, others have their
			  own */
};

int registry_new(
	struct registry **ret, const struct registry_config *config, const struct clock *clock);
void registry_free(struct registry *registry);

/*
 * Copies the live bindings of `aor`, best q first, newest first among equals, into `ret` and their
 * text into `text` (size bytes; REGISTRY_TEXT_ALL is always enough). Of more than `max` the newest
 * are copied, whatever their q: who wants the best asks for all. No lock, except after a
 * bounded number of failed reads (counted). Returns the count, 0 when there is none, -ENOBUFS when
 * text is too small. Any thread. The bindings of one instance with a reg-id stand next to one
 * another and share `group`: its flows that are not lost first, the newest first; the group stands
 * where its first member belongs. One flow of a group is used at a time: on 430, 408 or a transport
 * error the next (RFC 5626 §5.3.1, §6). Groups count from 0 without gaps.
 */
int registry_lookup(struct registry *registry, struct pv_span aor, struct registry_binding ret[],
	unsigned max, char *text, size_t size);
/* Cheap "is anyone registered from here?": does `aor` have a binding whose received path is `from`
 * (ip, port, transport)? Any thread. */
bool registry_has_source(struct registry *registry, struct pv_span aor, const struct path *from);

/* One all-or-nothing update (§10.3): bindings to set (expires_ms in the future) or remove. Any
 * worker; locks the shard. */
enum registry_error {
	REGISTRY_OK = 0,
	REGISTRY_FULL = -1,         /* capacity: 503 */
	REGISTRY_TOO_MANY = -2,     /* max_contacts: 403 */
	REGISTRY_OUT_OF_ORDER = -3, /* Call-ID same, CSeq not higher: 500 per §10.3 step 7 */
	REGISTRY_TOO_LONG = -4,
};
struct registry_change {
	struct registry_binding
		binding; /* matched by instance+reg_id (RFC 5626) or by URI equality (§19.1.4) */
	bool remove;
};
/* Returns enum registry_error. What is both removed and set by one request is set; of two settings
 * the later counts. `call_id` and `cseq` are the request's: they are compared with each binding
 * that is touched, and stored. */
int registry_update(struct registry *registry, struct pv_span aor,
	const struct registry_change changes[], unsigned count, bool remove_all, uint64_t call_id,
	uint32_t cseq);

/* The shard's worker calls these from its tick: removes what has expired (within a second), and
 * walks a share of the bindings behind NAT so that each is visited once per `keepalive_ms`, spread
 * out. */
void registry_expire(struct registry *registry, uint32_t shard, uint64_t now_ms);
void registry_keepalive(struct registry *registry, uint32_t shard, uint64_t now_ms,
	uint32_t keepalive_ms, void (*visit)(void *context, const struct registry_binding *binding),
	void *context);
/*
 * A flow ended. A binding with a reg-id is marked lost (a request then goes by the next
 * reg-id). Without reg-id it is removed when it is behind NAT, for nobody can reach it; else it
 * stays without a flow: routed by its Contact, which a new connection may reach. Returns how many
 * it touched. Any worker.
 */
unsigned registry_flow_gone(struct registry *registry, uint64_t flow);

/* A reload: another max_contacts, for updates that begin from now on; who has more keeps and
 * refreshes them, and gets no new ones. Any thread. */
void registry_set_max_contacts(struct registry *registry, uint32_t max_contacts);

/* Admin: walks everything (or `only_aor` when it is not empty), a copy at a time, without holding
 * up writers for long; until `visit` says false. Expired bindings are left out. What changes
 * meanwhile may be seen or not. */
void registry_walk(struct registry *registry, struct pv_span only_aor,
	bool (*visit)(void *context, struct pv_span aor, const struct registry_binding *binding),
	void *context);
/* The lookups are those of the process. */
struct registry_counts {
	uint64_t aors, bindings, lookups, lookup_locks, expired;
};
void registry_counts(const struct registry *registry, struct registry_counts *ret);

#endif
