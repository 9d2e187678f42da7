/* SPDX-License-Identifier: Apache-2.0 */
/* registrar.h — the registrar of one worker: REGISTER for our domains (RFC 3261 §10.3, RFC 3327,
 * RFC 5626). */
#ifndef APP_REGISTRAR_REGISTRAR_H
#define APP_REGISTRAR_REGISTRAR_H

#include "auth/check.h"
#include "registry/aor.h"
#include "registry/registry.h"
#include "transaction/transaction.h"

struct registrar;

/* Filled by the daemon. The spans live as long as the registrar, or until the next
 * registrar_configure. */
struct registrar_config {
	bool challenge; /* false: auth.challenge = "none", anybody registers anything */
	uint32_t min_expires_s, max_expires_s, default_expires_s;
	uint32_t keepalive_ms;  /* towards contacts behind NAT; 0 = none */
	uint32_t retry_after_s; /* in a 503 */
	const struct pv_span
		*reserved; /* user parts that nobody registers: the groups; some hundreds at most */
	unsigned reserved_count;
};

/* What the registrar stands on; all belong to the same worker or are shared by all. Not owned. */
struct registrar_floors {
	struct worker *worker; /* its index is the shard whose expiry and keep-alive it does */
	struct net *net;
	struct transaction_layer *transactions;
	struct registry *registry;
	struct auth *auth;             /* may be NULL where nobody is challenged */
	const struct domains *domains; /* a reload may bring others */
};

/* 0 or -ENOMEM. Adds a lane to the worker: before the threads run. */
int registrar_new(struct registrar **ret, const struct registrar_config *config,
	const struct registrar_floors *floors);
void registrar_free(struct registrar *registrar);
/* A reload. On the worker's thread. */
void registrar_configure(struct registrar *registrar, const struct registrar_config *config,
	const struct domains *domains);
/* Starts expiry and keep-alive. On the worker's thread, or before it runs. */
void registrar_start(struct registrar *registrar);

/* Is this text of a REGISTER answered by a challenge, which any worker can give? A guess: false
 * where it may bring credentials. Where it is true and they were only written strangely, the worker
 * that was asked is as good as another, for retransmissions come to it too. */
bool registrar_will_challenge(const struct registrar *registrar, struct pv_span message);

/*
 * Before a REGISTER to us gets a transaction: true = go on with registrar_request, in the same
 * batch and before any other request. False = it was answered statelessly: a challenge (§8.2.7),
 * bad credentials, or it is the same that came by another way (482, §8.2.2.2). A retransmission of
 * an accepted REGISTER never comes here, but to registrar_again.
 */
bool registrar_precheck(
	struct registrar *registrar, const struct pv_message *request, const struct path *from);
/* Steps 1 to 8 of §10.3 for what precheck let in, and the answer. True: it was accepted. */
bool registrar_request(struct registrar *registrar, struct transaction *server,
	const struct pv_message *request, const struct path *from);
/* A retransmission of a REGISTER that was accepted: the answer is made again, nothing changes. */
void registrar_again(struct registrar *registrar, struct transaction *server,
	const struct pv_message *request, const struct path *from);
/* A connection of this worker ended (RFC 5626 §5.3). */
void registrar_flow_gone(struct registrar *registrar, uint64_t flow);

#endif
