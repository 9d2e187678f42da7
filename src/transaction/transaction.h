/* SPDX-License-Identifier: Apache-2.0 */
/* transaction.h — client and server transactions of one worker (RFC 3261 §17, RFC 6026, RFC 4320).
 */
#ifndef TRANSACTION_TRANSACTION_H
#define TRANSACTION_TRANSACTION_H

#include <portavoz/message.h>
#include "base/buffer.h"
#include "base/slab.h"
#include "net/net.h"
#include "sip/branch.h"

struct transaction_layer; /* one worker's */
struct transaction;       /* a slab object; outside the batch it is named by its handle */

/* Times in ms, RFC 3261 table 4. */
struct transaction_config {
	uint32_t t1, t2, t4, c;
	uint32_t transactions; /* limits.transactions: reserved, touched as used; each worker gets
				* its share, rounded up. The last eighth is for requests inside
				* dialogs and for what we send ourselves. */
};

/* What the layer tells its user, on the worker's thread. Messages live until the call returns. */
struct transaction_user {
	/* Before a transaction is made for a request that matches none (not ACK): false = it was
	 * answered statelessly (a challenge, §8.2.7; overload) or dropped, and no transaction is
	 * made. */
	bool (*admit)(void *context, const struct pv_message *request, const struct path *from);
	/* A new request, not ACK, not CANCEL of a known INVITE. If the user has not responded to an
	 * INVITE when this returns, 100 Trying goes out at once, in the same batch; to a non-INVITE
	 * after 3.5 s (RFC 4320 §4.1). */
	void (*request)(void *context, struct transaction *server, const struct pv_message *request,
		const struct path *from);
	/* A retransmission of a request that was answered by transaction_respond_unkept: to be
	 * answered by it once more. */
	void (*again)(void *context, struct transaction *server, const struct pv_message *request,
		const struct path *from);
	/* An ACK for a 2xx: belongs to no transaction, is forwarded statelessly (§16.11,
	 * §13.2.2.4). */
	void (*ack)(void *context, const struct pv_message *ack, const struct path *from);
	/* A CANCEL matched this INVITE server transaction; it has been answered with 200 already.
	 */
	void (*cancel)(
		void *context, struct transaction *invite_server, const struct pv_message *cancel);
	/* (A CANCEL that matches nothing comes through `request`, in a NIST: forwarding or 481 is
	 * the user's, §16.10.) */
	/* A response that is the user's to act on: no absorbed retransmission. */
	void (*response)(
		void *context, struct transaction *client, const struct pv_message *response);
	/* A response to a request that was forwarded statelessly (branch slot BRANCH_STATELESS, MAC
	 * verified). */
	void (*stateless_response)(
		void *context, const struct pv_message *response, const struct path *from);
	/* Timer B or F: act as on 408. */
	void (*timeout)(void *context, struct transaction *client);
	/* Timer C of an INVITE client transaction in Proceeding (§16.8). */
	void (*timer_c)(void *context, struct transaction *client);
	/* The request could not be sent: act as on 503 (§16.9). Client transactions only: a server
	 * transaction whose response cannot be sent, not over a new connection either (§18.2.2),
	 * just comes to `terminated`. */
	void (*transport_error)(void *context, struct transaction *client, int error);
	/* Last word about a transaction of either kind: its handle is stale when this returns. */
	void (*terminated)(void *context, struct transaction *transaction);
	void *context;
};

int transaction_layer_new(struct transaction_layer **ret, struct worker *worker, struct net *net,
	const struct transaction_config *config, const struct siphash_key *branch_key);
void transaction_layer_free(struct transaction_layer *layer);
void transaction_layer_set_user(
	struct transaction_layer *layer, const struct transaction_user *user);

/* A parsed message whose home is this worker: retransmissions, CANCEL and ACK for non-2xx end here,
 * the rest goes to the user. A full slab is answered with 503 and Retry-After, counted; a request
 * with a verdict with what its table says (pv_verdict_row). `message` must not be a message of the
 * layer's own. */
void transaction_receive(
	struct transaction_layer *layer, const struct pv_message *message, const struct path *from);
/* net's word that bytes of `handle` could not be sent. */
void transaction_send_error(struct transaction_layer *layer, uint64_t handle, int error);

uint64_t transaction_handle(const struct transaction_layer *layer, const struct transaction *t);
struct transaction *transaction_get(
	struct transaction_layer *layer, uint64_t handle); /* NULL when it has ended */
enum pv_method transaction_method(const struct transaction *t);
const struct path *transaction_path(const struct transaction *t);
/* The user's own word (a handle of its slab, say) and a small index. 0 at first. */
uint64_t transaction_user_word(const struct transaction *t);
void transaction_set_user_word(struct transaction *t, uint64_t word, uint8_t index);
uint8_t transaction_user_index(const struct transaction *t);
/* A second word, of client transactions only: the proxy keeps the handle of the server transaction
 * there, for late 2xx after its fork is gone. */
uint64_t transaction_peer(const struct transaction *t);
void transaction_set_peer(struct transaction *t, uint64_t handle);

/* ---- server side ---- */
/* Sends a response (status as in its bytes) and moves the machine. Takes its own reference on
 * `bytes`. The path is the request's with §18.2.2 applied. Final 2xx to INVITE: only the husk
 * stays. Returns -EALREADY when a final response went out before (a second 2xx of an INVITE in
 * Accepted does go out, RFC 6026), -EINVAL for a 1xx to a non-INVITE, which is not sent (RFC 4320
 * §4.1: the layer sends the only 100). 408 to a non-INVITE is not sent either: the transaction ends
 * (§4.2). It may be gone when this returns (final response over a reliable transport). */
int transaction_respond(struct transaction_layer *layer, struct transaction *server,
	struct buffer *bytes, unsigned status);
/* A 2xx to a non-INVITE that the user can make again: it is sent and not kept for the 32 s of Timer
 * J (over a stream it is kept for the moment in which the connection may turn out to be gone),
 * `again` is called for each retransmission. Takes its own reference on `bytes`. Returns -EALREADY
 * when another final response went out before. The transaction may be gone when this returns. */
int transaction_respond_unkept(
	struct transaction_layer *layer, struct transaction *server, struct buffer *bytes);
/* Ends a server transaction that has no final response and cannot get one, for want of memory:
 * comes to `terminated`. */
void transaction_abandon(struct transaction_layer *layer, struct transaction *server);
/* Where responses to `request` go: source address, rport, received, maddr (§18.2.2, RFC 3581).
 * Static knowledge, no state. */
void transaction_response_path(
	const struct pv_message *request, const struct path *from, struct path *ret);
/* What the topmost Via of a response to `request` gets (§18.2.1, RFC 3581 §4): `received` where
 * sent-by is not the source address or rport was asked for, else empty; `rport` where it was asked
 * for. The spans point into `text`. */
struct transaction_via_text {
	char received[NET_ADDRESS_TEXT];
	char rport[8];
};
void transaction_via_fixup(const struct pv_message *request, const struct path *from,
	struct transaction_via_text *text, struct pv_span *ret_received, struct pv_span *ret_rport);
/* The To tag of our own answers to `request`: the same for its retransmissions, its ACK and its
 * CANCEL (§8.2.7, §9.2). An ACK that carries it and matches no transaction is absorbed, so
 * stateless refusals use it. */
#define TRANSACTION_TAG 16
struct pv_span transaction_local_tag(struct transaction_layer *layer,
	const struct pv_message *request, char tag[TRANSACTION_TAG]);
/* A response without a transaction. `phrase` may be empty; `retry_after` in seconds, 0 = no such
 * header. */
void transaction_refuse(struct transaction_layer *layer, const struct pv_message *request,
	const struct path *from, unsigned status, struct pv_span phrase, unsigned retry_after);
/* Same From tag, Call-ID and CSeq as a request that came another way (§8.2.2.2), and no To tag.
 * Inside `request`, `admit`. */
bool transaction_is_merged(struct transaction_layer *layer, const struct pv_message *request);
/* Was an INVITE with the Call-ID, From tag and CSeq of this ACK answered by a 2xx, less than 64*T1
 * ago?
 */
bool transaction_awaits_ack(struct transaction_layer *layer, const struct pv_message *ack);
bool transaction_has_final(const struct transaction *server);

/* ---- client side ---- */
/* Reserves a client transaction, so that its branch can be written into the request. NULL when the
 * slab is full (counted). */
struct transaction *transaction_client_take(struct transaction_layer *layer, enum pv_method method);
/* The branch parameter's value for it, with `loop` in it. */
void transaction_branch(const struct transaction_layer *layer, const struct transaction *client,
	uint32_t loop, struct pv_writer *w);
/* A branch for a stateless forward of this worker. */
void transaction_branch_stateless(
	const struct transaction_layer *layer, uint32_t loop, struct pv_writer *w);
/* The whole line "Via: ...", with that branch; `client` NULL: the stateless one. `sent_by` is
 * net_local's. */
void transaction_put_via(const struct transaction_layer *layer, const struct transaction *client,
	uint32_t loop, uint8_t transport, struct pv_span sent_by, struct pv_writer *w);
/* Sends the request; takes its own reference on `bytes`. */
void transaction_client_send(struct transaction_layer *layer, struct transaction *client,
	struct buffer *bytes, const struct path *to);
/* Gives back one that was taken and not sent. No `terminated`. */
void transaction_client_drop(struct transaction_layer *layer, struct transaction *client);
/* Cancels an INVITE: at once in Proceeding, as soon as a 1xx comes in Calling; nothing after a
 * final response (§9.1). `reason` (may be empty) becomes a Reason header. The CANCEL is a NICT that
 * hangs off this one. */
void transaction_cancel(
	struct transaction_layer *layer, struct transaction *client, struct pv_span reason);
/* Restarts Timer C (a 1xx other than 100 came, §16.7 item 2). It starts by itself with the first
 * 1xx; after it fired it runs again, so that the user is asked again if it does nothing. A
 * cancelled INVITE that is not answered within 64*T1 ends with `timeout` (§9.1). */
void transaction_restart_c(struct transaction_layer *layer, struct transaction *client);

struct transaction_counts {
	uint32_t in_use, peak;
	uint64_t handled, refused;
};
void transaction_counts(
	const struct transaction_layer *layer, struct transaction_counts *ret); /* any thread */
/* How many have no final response yet: what SIGTERM's drain waits for. Any thread. */
uint32_t transaction_pending(const struct transaction_layer *layer);

#endif
