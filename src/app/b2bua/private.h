/* SPDX-License-Identifier: Apache-2.0 */
/* private.h: what the files of the b2bua share: the object of a worker, and its nouns. */
#ifndef APP_B2BUA_PRIVATE_H
#define APP_B2BUA_PRIVATE_H

#include "app/b2bua/b2bua.h"
#include "app/b2bua/bridge.h"
#include "app/b2bua/exchange.h"
#include "app/b2bua/leg.h"
#include "app/b2bua/message.h"
#include "app/b2bua/transfer.h"
#include "base/metrics.h"
#include "base/slab.h"

/* Owner: the worker. Lifetime: the daemon's. */
struct b2bua {
	struct b2bua_config config;
	struct b2bua_floors at;
	struct fork_user user;
	struct call_owner owner;
	struct slab bridges, legs, exchanges;
	uint32_t lingering; /* legs */
	struct alarms alarms;
	struct replaced replaced; /* of the INVITE that was admitted last */
	struct slab queries;
	const struct replaces_query *answer; /* the request that comes in waited for it; or NULL */
	struct pv_message arrived;           /* that request */
	struct pv_message scratch;           /* for messages that are read again */
};

static inline struct leg *leg_get(struct b2bua *b, uint64_t handle)
{
	return slab_get(&b->legs, handle);
}

static inline struct bridge *bridge_get(struct b2bua *b, uint64_t handle)
{
	return slab_get(&b->bridges, handle);
}

static inline struct exchange *exchange_get(struct b2bua *b, uint64_t handle)
{
	return slab_get(&b->exchanges, handle);
}

/* After each leg or bridge that came or went. */
static inline void b2bua_gauge(const struct b2bua *b)
{
	metrics_set(METRIC_b2bua_bridges, b->bridges.used);
	metrics_set(METRIC_b2bua_legs, b->legs.used);
}

/* ---- invite.c: the user of the proxy's fork ---- */
void invite_user_init(struct b2bua *b);

/* What we want of its session timer. */
static inline struct session_wish leg_wish(const struct b2bua *b, const struct leg *leg)
{
	return session_wish_of(&leg->session, b->config.session_expires_s);
}

#endif
