/* SPDX-License-Identifier: Apache-2.0 */
/* proxy.h — the transaction-stateful proxy of one worker (RFC 3261 §16). */
#ifndef PROXY_PROXY_H
#define PROXY_PROXY_H

#include "proxy/fork_user.h"
#include "proxy/incoming.h"
#include "proxy/user_calls.h"
#include "auth/check.h"
#include "call/call.h"
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
	bool follows_redirects;  /* calls.redirects = "follow": 3xx to an INVITE */
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
	struct calls *calls;                  /* NULL: calls are not watched, nothing is relayed */
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
/* The same for an application that writes what goes out, and answers, itself (fork_user.h). False
 * when it was refused for want of a resource, and answered. */
void proxy_set_fork_user(struct proxy *proxy, const struct fork_user *user);
bool proxy_fork(
	struct proxy *proxy, struct incoming *incoming, struct transaction *server, uint64_t word);
/* Whether this server transaction's fork is an application's; *ret_word is its word. */
bool proxy_fork_word(
	struct proxy *proxy, const struct transaction *invite_server, uint64_t *ret_word);
/* Cancels all branches of the fork that this INVITE has; `failure` follows when they have ended. */
void proxy_fork_cancel(
	struct proxy *proxy, struct transaction *invite_server, struct pv_span reason);
/* What became of one branch that is given up, while the others ring on. */
enum fork_leaving {
	FORK_LEFT,      /* it is cancelled, and what it says from now on is told as 487 */
	FORK_LAST,      /* nothing was done: no other rings or waits */
	FORK_LEFT_LONG, /* it was over already */
};
enum fork_leaving proxy_fork_leave(struct proxy *proxy, struct transaction *invite_server,
	unsigned branch, struct pv_span reason);
/* Responses of the application's own (§8.2.6). `extra` is whole header lines, or empty. With
 * `server` NULL it goes out statelessly (§8.2.7). */
void proxy_reply(struct proxy *proxy, struct transaction *server, const struct pv_message *request,
	const struct path *from, unsigned status, struct pv_span phrase, struct pv_span extra);
/* Refuses for want of a resource: 503 and Retry-After. */
void proxy_reply_busy(struct proxy *proxy, struct transaction *server,
	const struct pv_message *request, const struct path *from);
/* 422: the session interval that it asks for is less than `least_s` (RFC 4028 §6). */
void proxy_reply_interval(struct proxy *proxy, struct transaction *server,
	const struct pv_message *request, const struct path *from, uint32_t least_s);
/* 500 and a Retry-After at random, so that two that met do not meet again (§14.2). */
void proxy_reply_later(struct proxy *proxy, struct transaction *server,
	const struct pv_message *request, const struct path *from);
/* Why call_begin had no call for it, a -errno. calls.per_user is between us and the user, who gets
 * no other answer elsewhere; an INVITE with the name of a call that is there is no new one; the
 * rest is the server's trouble. */
void proxy_reply_no_call(struct proxy *proxy, struct transaction *server,
	const struct pv_message *request, const struct path *from, int error);
/* §16.3 alone: form, scheme, Max-Forwards, Proxy-Require. False when it was answered. */
bool proxy_validate(struct proxy *proxy, struct incoming *incoming);
/* Who sends it (incoming->identity), and whether he may; false when it was answered. */
bool proxy_identify(struct proxy *proxy, struct incoming *incoming);
/* Whether who sends this may call himself what From says, as far as can be told without a
 * challenge: in the middle of a call (RFC 4916), where nobody is asked for credentials. */
bool proxy_may_be_called(struct proxy *proxy, const struct incoming *incoming);
/* Can who sent this not be reached by its Contact? Then its path must be kept. */
bool proxy_must_pin_caller(const struct incoming *incoming);
/* Are these credentials for us, and not the next hop's to see (§22.3)? */
bool proxy_is_own_credentials(const struct proxy *proxy, struct pv_span value);
/* Does this line say who the sender is, as only a trusted peer may (RFC 3325)? It goes nowhere. */
bool proxy_is_asserted(const struct pv_message *m, const struct pv_field *field);
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
