/* SPDX-License-Identifier: Apache-2.0 */
/* ptt.h — push-to-talk groups of one worker: the focus that members dial, and the rosters that live
 * here (RFC 4579). */
#ifndef APP_PTT_PTT_H
#define APP_PTT_PTT_H

#include "app/ptt/groups.h"
#include "call/call.h"
#include "proxy/proxy.h"
#include "registry/registry.h"

struct ptt;

/* Filled by the daemon. */
struct ptt_config {
	uint32_t legs;  /* members' calls of this worker at once: address space, not memory */
	uint32_t rooms; /* groups that are open, or watched, at this worker at once */
	uint32_t session_expires_s; /* calls.session_expires; 0 = we ask for no session timer */
	uint32_t t1, t2;            /* of the transaction layer, ms */
	uint32_t retry_after_s;     /* in a 503 */
	const struct ptt_groups *groups;
};

/* All belong to the same worker, or are shared by all. Not owned. */
struct ptt_floors {
	struct worker *worker;
	struct net *net;
	struct transaction_layer *transactions;
	struct proxy *proxy; /* validates, identifies, answers */
	struct calls *calls; /* owns some of them: deadline, limits, records */
	struct media *media; /* NULL: no group can be joined (503) */
	struct registry *registry;
	struct auth *auth;                   /* priorities of users */
	const struct domains *domains;       /* a reload may bring others */
	struct ptt *const *peers;            /* of all workers, by their index */
	const struct siphash_key *tag_key;   /* signs our tags: the same on all workers */
	const struct siphash_key *group_key; /* names groups: the same on all workers */
};

/* 0 or -ENOMEM. */
int ptt_new(struct ptt **ret, const struct ptt_config *config, const struct ptt_floors *floors);
void ptt_free(struct ptt *ptt);
/* A reload: all but the capacities. Members of groups that are gone, or who are members no more,
 * get BYE. On the worker's thread; the old set of groups is not looked at any more afterwards. */
void ptt_configure(struct ptt *ptt, const struct ptt_config *config, const struct domains *domains);

/* In the user index of every transaction of this application. */
#define PTT_INDEX 0xfd

/* Is this the address of a group (whoever asks)? For dispatch, behind proxy_prepare. */
bool ptt_is_group(const struct ptt *ptt, const struct incoming *incoming);
/* A request to a group outside of dialogs: false when it was answered, statelessly. */
bool ptt_admit(struct ptt *ptt, struct incoming *incoming);
void ptt_request(struct ptt *ptt, struct incoming *incoming, struct transaction *server);

/* Is this request inside a dialog of ours, or of one that was? (Its To tag says so.) */
bool ptt_owns(const struct ptt *ptt, const struct pv_message *request);
bool ptt_admit_inside(struct ptt *ptt, struct incoming *incoming);
void ptt_request_inside(struct ptt *ptt, struct incoming *incoming, struct transaction *server);
void ptt_ack(struct ptt *ptt, const struct pv_message *ack, const struct path *from);
/* Of an INVITE whose transaction has PTT_INDEX. */
void ptt_cancel(
	struct ptt *ptt, struct transaction *invite_server, const struct pv_message *cancel);

/* The transaction layer's words about transactions with PTT_INDEX. */
void ptt_response(struct ptt *ptt, struct transaction *client, const struct pv_message *response);
void ptt_timeout(struct ptt *ptt, struct transaction *client);
void ptt_timer_c(struct ptt *ptt, struct transaction *client);
void ptt_transport_error(struct ptt *ptt, struct transaction *client);
void ptt_terminated(struct ptt *ptt, struct transaction *transaction);

/* `aor` has registered just now: it may be one whom an open group wants to call. On the worker
 * whose registrar took it. */
void ptt_registered(struct ptt *ptt, struct pv_span aor);

/* Every member gets BYE: the process is about to end. */
void ptt_farewell(struct ptt *ptt);

struct ptt_counts {
	uint32_t legs, requests, rooms, members, subscriptions, errands;
};
struct ptt_counts ptt_counts(const struct ptt *ptt);

#endif
