/* SPDX-License-Identifier: Apache-2.0 */
/* floors.h — what the SIP server is made of, from the workers up to the applications. */
#ifndef PORTAVOZ_DAEMON_FLOORS_H
#define PORTAVOZ_DAEMON_FLOORS_H

#include "auth/check.h"
#include "daemon/groups.h"
#include "net/domain.h"
#include "net/net.h"
#include "registry/registry.h"
#include "runtime/worker.h"
#include "transaction/transaction.h"

struct b2bua;
struct call_shared;
struct calls;
struct dispatch;
struct fastpath;
struct media;
struct proxy;
struct ptt;
struct recorder;
struct registrar;
struct user_calls;

/* A worker's last task: what is still open is answered and cancelled. Posted once. */
struct farewell {
	struct worker_task task;
	struct dispatch *dispatch;
	_Atomic bool said;
};

/* Owner: the main thread, which makes and frees it all while no worker runs. */
struct floors {
	struct worker_group workers;
	struct siphash_key branch_key, route_key, tag_key, group_tag_key, group_key;
	struct net_group *net;
	struct registry *registry;
	struct domains *domains;
	struct auth *auth;
	const struct user_table *users; /* in force; auth has it too */
	struct transaction_layer *layers[WORKERS_MAX];
	struct fastpath *fastpath; /* NULL: media.relay = "never" */
	struct media *media;       /* NULL: media.relay = "never" */
	struct call_shared *call_shared;
	struct calls *calls[WORKERS_MAX];
	struct user_calls *user_calls;
	struct proxy *proxies[WORKERS_MAX];
	struct registrar *registrars[WORKERS_MAX];
	struct b2bua *b2buas[WORKERS_MAX]; /* NULL where calls are passed on */
	struct group_set groups;           /* in force */
	struct ptt *ptts[WORKERS_MAX];
	struct recorder *recorder; /* of talk spurts; NULL: no relay threads */
	struct pv_span *reserved;  /* user parts that nobody registers */
	struct dispatch *dispatches[WORKERS_MAX];
	struct farewell farewells[WORKERS_MAX];
	uint64_t stalled_ms[WORKERS_MAX]; /* the heartbeat that was complained about; 0: none */
};

#endif
