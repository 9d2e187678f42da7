/* SPDX-License-Identifier: Apache-2.0 */
/* proxy.h — the transaction-stateful proxy of one worker (RFC 3261 §16). */
#ifndef APP_PROXY_PROXY_H
#define APP_PROXY_PROXY_H

#include "app/proxy/incoming.h"
#include "app/proxy/user_calls.h"
#include "auth/check.h"
#include "registry/aor.h"
#include "registry/registry.h"
#include "transaction/transaction.h"

struct proxy;

enum proxy_challenge {
	PROXY_CHALLENGE_ALL,      /* initial requests of local users bring credentials */
	PROXY_CHALLENGE_REGISTER, /* a caller is who its From says when it sends from one of that
				     user's bindings */
	PROXY_CHALLENGE_NONE,     /* From is the identity: closed test nets */
};

/* Filled by the daemon. */
struct proxy_config {
	enum proxy_challenge challenge;
	bool strangers_reach_users; /* auth.strangers = "users" */
	uint32_t targets;           /* limits.forks: most targets of one request */
	uint32_t forks; /* requests in progress at once, this worker's share of limits.transactions
			 */
	uint32_t retry_after_s;  /* in a 503 */
	uint32_t dialog_minutes; /* how long an INVITE's dialog is known (calls.max_duration); 0: no
				    limit */
};

/* What the proxy stands on; all belong to the same worker or are shared by all. Not owned. */
struct proxy_floors {
	struct worker *worker;
	struct net *net;
	struct transaction_layer *transactions;
	struct registry *registry;
	struct auth *auth;
	const struct domains *domains;        /* a reload may bring others */
	const struct siphash_key *route_key;  /* signs our Record-Route: the same on all workers */
	const struct siphash_key *branch_key; /* the transaction layer's */
	struct user_calls *user_calls;        /* NULL: a user may have any number */
};

/* 0 or -ENOMEM. */
int proxy_new(
	struct proxy **ret, const struct proxy_config *config, const struct proxy_floors *floors);
void proxy_free(struct proxy *proxy);
/* A reload: all but `forks`, which has its memory. On the worker's thread. */
void proxy_configure(
	struct proxy *proxy, const struct proxy_config *config, const struct domains *domains);

/* §16.4: what the request asks for, once our own Route values are off it. */
void proxy_prepare(struct proxy *proxy, struct incoming *incoming, const struct pv_message *message,
	const struct path *from);

/* §16.3 and §16.5 for a request that is about to get a transaction: false when it was answered
 * statelessly. What was found out stays in `incoming` for proxy_request. */
bool proxy_admit(struct proxy *proxy, struct incoming *incoming);
/* §16.6 for the request that proxy_admit just let in. */
void proxy_request(struct proxy *proxy, struct incoming *incoming, struct transaction *server);
/* OPTIONS to the server itself (§11.2), answered statelessly. */
bool proxy_answer_options(struct proxy *proxy, struct incoming *incoming);
/* Anything else to the server itself that no application wants. */
bool proxy_answer_nobody(struct proxy *proxy, struct incoming *incoming);

/* The process is about to end: what has no final response gets 503 with Retry-After, and phones
 * that ring get CANCEL. */
void proxy_farewell(struct proxy *proxy);

/* The transaction layer's words; `context` is the proxy. */
void proxy_ack(struct proxy *proxy, struct incoming *incoming);
void proxy_cancel(
	struct proxy *proxy, struct transaction *invite_server, const struct pv_message *cancel);
void proxy_response(
	struct proxy *proxy, struct transaction *client, const struct pv_message *response);
void proxy_stateless_response(
	struct proxy *proxy, const struct pv_message *response, const struct path *from);
void proxy_timeout(struct proxy *proxy, struct transaction *client);
void proxy_timer_c(struct proxy *proxy, struct transaction *client);
void proxy_transport_error(struct proxy *proxy, struct transaction *client, int error);
void proxy_terminated(struct proxy *proxy, struct transaction *transaction);

#endif
