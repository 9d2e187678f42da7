/* SPDX-License-Identifier: Apache-2.0 */
/* b2bua.h — the back-to-back user agent of one worker: both ends of every call (calls.mode =
 * "b2bua"). */
#ifndef APP_B2BUA_B2BUA_H
#define APP_B2BUA_B2BUA_H

#include "call/call.h"
#include "proxy/proxy.h"

struct b2bua;

/* Filled by the daemon. */
struct b2bua_config {
	uint32_t calls;             /* of this worker at once: address space, not memory */
	uint32_t session_expires_s; /* calls.session_expires; 0 = we ask for no session timer */

	uint32_t t1, t2; /* of the transaction layer, ms */
};

/* All belong to the same worker. Not owned. */
struct b2bua_floors {
	struct worker *worker;
	struct net *net;
	struct transaction_layer *transactions;
	struct proxy *proxy;        /* finds and tries the targets; becomes its user */
	struct calls *calls;        /* owns some of them */
	struct b2bua *const *peers; /* of all workers, by their index; NULL: there are no others */
	const struct siphash_key *tag_key; /* signs our tags: the same on all workers */
};

/* 0 or -ENOMEM. */
int b2bua_new(
	struct b2bua **ret, const struct b2bua_config *config, const struct b2bua_floors *floors);
void b2bua_free(struct b2bua *b2bua);
/* A reload: all but `calls`. On the worker's thread; calls in progress keep what they began with.
 */
void b2bua_configure(struct b2bua *b2bua, const struct b2bua_config *config);

/* In the user index of every server transaction, and of every client transaction that no fork has,
 * of this application. */
#define B2BUA_INDEX 0xfe

/* Is this request inside a dialog of ours, or of one that was? (Its To tag says so.) */
bool b2bua_owns(const struct b2bua *b2bua, const struct pv_message *request);
/* Of such a request: false when it was answered, statelessly. */
bool b2bua_admit(struct b2bua *b2bua, struct incoming *incoming);
void b2bua_request(struct b2bua *b2bua, struct incoming *incoming, struct transaction *server);
/* An INVITE that begins a call: who may send it where is the proxy's to say. */
bool b2bua_admit_invite(struct b2bua *b2bua, struct incoming *incoming);
void b2bua_invite(struct b2bua *b2bua, struct incoming *incoming, struct transaction *server);
void b2bua_ack(struct b2bua *b2bua, const struct pv_message *ack);
/* False: this INVITE is none of ours. */
bool b2bua_cancel(
	struct b2bua *b2bua, struct transaction *invite_server, const struct pv_message *cancel);

/* The transaction layer's words about transactions with B2BUA_INDEX. */
void b2bua_response(
	struct b2bua *b2bua, struct transaction *client, const struct pv_message *response);
void b2bua_timeout(struct b2bua *b2bua, struct transaction *client);
void b2bua_timer_c(struct b2bua *b2bua, struct transaction *client);
void b2bua_transport_error(struct b2bua *b2bua, struct transaction *client);
void b2bua_terminated(struct b2bua *b2bua, struct transaction *transaction);

/* Ends every call, with BYE and CANCEL: the process is about to end. */
void b2bua_farewell(struct b2bua *b2bua);

struct b2bua_counts {
	uint32_t bridges, legs, exchanges;
};
struct b2bua_counts b2bua_counts(const struct b2bua *b2bua);

#endif
