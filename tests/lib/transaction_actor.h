/* SPDX-License-Identifier: Apache-2.0 */
/* transaction_actor.h — a transaction user that says what it is told and does what a script
 * commands. */
#ifndef TESTS_TRANSACTION_ACTOR_H
#define TESTS_TRANSACTION_ACTOR_H

#include "lib/scenario.h"
#include "transaction/transaction.h"

/*
 * It says:      request s1 INVITE, cancel s1, ack, response c1 180, stateless 200, timeout c1,
 * timer_c c1, error c1, end s1. Server transactions are s1, s2 ... in their order; clients as the
 * script calls them. It is told:   respond s1 180 [body=...]     also "respond s1 200 big": out of
 * a block that is far too large, "respond s1 200 unkept": to be made again ("again s1" is said)
 * answer 200                    from now on, inside `request`; "answer off"; "answer drop": admit
 * says no send c1 INVITE to=PATH [header=...] cancel c1 [REASON], restart_c c1, drop c1,
 * cancel_on_c (Timer C is answered by a cancel) merged on says "merged" inside `request` where it
 * is counts in_use=N pending=N buffers=N
 */
#define ACTOR_TRANSACTIONS 32

struct actor_server {
	uint64_t handle;
	struct path from;
	char *request;
	size_t length;
};

struct actor_client {
	char name[16];
	uint64_t handle;
};

struct actor {
	struct scenario scenario;
	struct transaction_layer *layer;
	struct pv_message message; /* what comes in */
	struct pv_message again;   /* a request that is answered later */
	struct actor_server servers[ACTOR_TRANSACTIONS];
	unsigned server_count;
	struct actor_client clients[ACTOR_TRANSACTIONS];
	unsigned client_count;
	unsigned answer; /* status given inside `request`, 0 = none */
	bool drops, cancel_on_c, says_merged;
};

/* T1 500 ms, T2 4 s, T4 5 s, C 3 min; `transactions` = the limit. */
void actor_init(struct actor *actor, uint32_t transactions);
/* Aborts the test unless everything has been given back: transactions, buffers, timers. */
void actor_check_clean(struct actor *actor);
/* Ends what is open as a user would, and lets ten minutes pass. */
void actor_finish(struct actor *actor);
void actor_done(struct actor *actor);

#endif
