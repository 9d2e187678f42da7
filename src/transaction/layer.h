/* SPDX-License-Identifier: Apache-2.0 */
/* layer.h — what the files of this folder share: the transaction, the layer, the functions between
 * files. */
#ifndef TRANSACTION_LAYER_H
#define TRANSACTION_LAYER_H

#include <assert.h>
#include <stdatomic.h>

#include "base/lane.h"
#include "base/siphash.h"
#include "base/slab.h"
#include "transaction/machine.h"
#include "transaction/timers.h"
#include "transaction/transaction.h"

/* What the server side is found by, and what makes two requests "merged" (§8.2.2.2). */
struct match_key {
	uint64_t call; /* Call-ID, From tag, CSeq number, of a REGISTER To: also the bucket */
	uint32_t via;  /* branch and sent-by; RFC 2543: Request-URI and the whole Via */
};

/* See match.c. Zeroed = empty. */
struct match_bucket {
	uint32_t first; /* index + 1 of its first transaction, 0 = none */
	uint32_t hash;  /* 31 bits of that one's key; the highest bit: others follow it */
};

#define FLAG_OWN 0x01 /* our CANCEL: the user does not know it */
#define FLAG_CANCEL \
	0x02 /* an INVITE that the user wants cancelled, and no CANCEL could be made yet */
#define FLAG_FALLBACK \
	0x04 /* the connection of the request is gone: §18.2.2's second way was taken */
#define FLAG_CANCELLED 0x08 /* server: the user was told of a CANCEL */

#define NO_SLOT UINT32_MAX

/* In the handle that net gets as sender: no slot is that large. */
#define SENDER_FALLBACK UINT64_C(0x80000000)
#define SLOTS_MAX       (UINT32_C(1) << 30)

/*
 * Owner: the worker. Lifetime: until TERMINATED; across time it is named by its handle. A husk in
 * Accepted is this and nothing more, so every byte counts 100,000 times: 120 of them with the
 * slab's 8 make two cache lines. What a lookup reads comes first.
 */
struct transaction {
	union {
		uint64_t call; /* server: match_key */
		uint64_t peer; /* client: the user's second word; FLAG_OWN: the INVITE's handle */
	};
	union {
		uint32_t via;    /* server: match_key */
		uint32_t cancel; /* client, INVITE: slot of its CANCEL, or NO_SLOT */
	};
	uint32_t next;        /* server: index + 1 of the next in the bucket, 0 = last */
	struct buffer *bytes; /* what is sent again: request, ACK, last response; NULL in a husk */
	uint64_t user_word;
	uint8_t machine; /* enum machine_kind */
	uint8_t state;   /* enum transaction_state */
	uint8_t method;  /* enum pv_method */
	uint8_t step;    /* of the doubling timer */
	uint8_t flags;
	uint8_t user_index;
	uint16_t reply_port; /* server: sent-by's port, where a lost connection is made anew
				(§18.2.2) */
	struct path path;
	struct lane_node timers[PLACE_COUNT];
};

static_assert(sizeof(struct path) == 32, "a path is copied into every transaction");
static_assert(sizeof(struct transaction) == 120, "with the slab's prefix it fills 128 bytes");

struct pv_response;

#define SCRATCH_SIZE (PV_MESSAGE_MAX + 1024)

/* Owner: one worker, but for the atomics. Lifetime: the daemon's. Lock: none. */
struct transaction_layer {
	struct worker *worker;
	struct net *net;
	struct transaction_config config;
	struct transaction_user user;
	struct siphash_key branch_key, table_key, tag_key;
	struct slab slab;
	uint32_t reserve; /* the last free ones are for calls in progress */
	struct match_bucket *buckets;
	uint32_t bucket_count, bucket_mask;
	size_t bucket_bytes;
	const struct pv_message *keyed; /* the request that is being received ... */
	struct match_key key;           /* ... and its key, for whoever asks again */
	struct timers timers;
	uint8_t timer_at[MACHINE_COUNT][STATE_COUNT][PLACE_COUNT];
	_Atomic uint32_t in_use, peak, pending;
	_Atomic uint64_t handled, refused;
	struct pv_message scratch_message; /* of our own bytes, parsed again for ACK, CANCEL, 100 */
	char scratch[SCRATCH_SIZE];
};

static inline bool transaction_is_server(const struct transaction *t)
{
	return t->machine == MACHINE_IST || t->machine == MACHINE_NIST;
}

static inline bool transaction_is_reliable(const struct transaction *t)
{
	return t->path.transport != PV_TRANSPORT_UDP;
}

/* layer.c */
/* `reserve` of the last ones are left for others. NULL when full, counted. Zeroed, with machine and
 * method set. */
struct transaction *layer_take(
	struct transaction_layer *layer, enum pv_method method, bool server, uint32_t reserve);
/* Out of the table, timers stopped, bytes let go, given back. Tells nobody. */
void layer_release(struct transaction_layer *layer, struct transaction *t);
void layer_set_state(
	struct transaction_layer *layer, struct transaction *t, enum transaction_state next);

/* match.c */
void transaction_match_key_of(
	struct transaction_layer *layer, const struct pv_message *request, struct match_key *ret);
/* The same, remembered while `request` is being received. */
void transaction_match_key_again(
	struct transaction_layer *layer, const struct pv_message *request, struct match_key *ret);
int transaction_match_init(struct transaction_layer *layer);
void transaction_match_done(struct transaction_layer *layer);
void transaction_match_insert(struct transaction_layer *layer, struct transaction *server);
void transaction_match_remove(struct transaction_layer *layer, struct transaction *server);
/* `method` as in RFC 3261 §17.2.3: the same, or INVITE for an ACK. */
struct transaction *transaction_match_find(
	struct transaction_layer *layer, const struct match_key *key, enum pv_method method);
/* What a CANCEL with this key cancels (§9.2). */
struct transaction *transaction_match_cancelled(
	struct transaction_layer *layer, const struct match_key *key);
bool transaction_match_is_merged(
	struct transaction_layer *layer, const struct match_key *key, enum pv_method method);
/* Is there an INVITE with this key's Call-ID, From tag and CSeq that got a 2xx? */
bool transaction_match_is_accepted(struct transaction_layer *layer, const struct match_key *key);

/* send.c: the actions that make or move bytes */
void send_bytes(struct transaction_layer *layer, struct transaction *t, struct buffer *bytes);
void send_and_keep(const struct step *step);
void send_ack(const struct step *step);
void send_100(const struct step *step);
void keep_request(const struct step *step);

/* cancel.c */
void cancel_hold(const struct step *step);
void cancel_send(const struct step *step);
void cancel_drop(struct transaction_layer *layer, struct transaction *invite);
bool cancel_is_held(const struct transaction *invite);
/* Either end is about to be released. */
void cancel_unlink(struct transaction_layer *layer, struct transaction *t);

/* respond.c */
#define TAG_LENGTH TRANSACTION_TAG
struct pv_span respond_tag(
	struct transaction_layer *layer, const struct match_key *key, char tag[TAG_LENGTH]);
uint16_t respond_sent_by_port(const struct pv_message *request, enum pv_transport transport);
/* Writes a response without a body into the scratch. Empty when it does not fit. */
struct pv_span respond_build(struct transaction_layer *layer, const struct pv_message *request,
	const struct path *from, struct pv_response *response, unsigned retry_after);

#endif
