/* SPDX-License-Identifier: Apache-2.0 */
/* private.h — what the files of the proxy share: the proxy, its forks, and the steps' entry points.
 */
#ifndef PROXY_PRIVATE_H
#define PROXY_PRIVATE_H

#include "proxy/proxy.h"
#include "base/metrics.h"
#include "base/slab.h"
#include "call/call_media.h"
#include "sip/patch.h"

#define NO_BRANCH 0xff

enum branch_state {
	BRANCH_WAITING,   /* its turn has not come */
	BRANCH_RESOLVING, /* RFC 3263 is at work */
	BRANCH_TRYING,    /* sent */
	BRANCH_FINISHED,  /* has a final response, or will never have one */
};

/* A target of a fork, kept in fork->store. Texts are references into the store's text. */
struct fork_branch {
	uint64_t client;    /* handle of its client transaction, 0 = none */
	uint64_t resolving; /* handle of its struct branch_resolve, 0 = none */
	uint64_t media;     /* handle of its struct call_media, 0 = none */
	struct path path;
	struct pv_ref uri, routes;
	uint16_t q;
	uint16_t status; /* its final response */
	uint8_t state;   /* enum branch_state */
	uint8_t after;   /* as in struct target */
	bool has_path, pin, behind_nat;
	bool cancelled;
	bool is_left; /* its application has given it up alone */
};

/* The branches, then their texts, in one buffer: a call to one phone needs a small one. */
struct fork_store {
	unsigned count;
	struct fork_branch branches[];
};

/* What its media were refused with, by us. */
struct fork_refusal {
	uint16_t status; /* 0: they were not */
	uint16_t retry_after;
	int sdp_verdict;
};

/*
 * The response context (§16.6, §16.7) of one request. Owner: the worker. Lifetime: until every
 * branch is finished and the final response is sent; the transactions outlive it.
 */
struct fork {
	uint64_t server;        /* handle of the server transaction */
	struct buffer *request; /* as it was received: later branches and our own responses are made
				   from it */
	struct buffer *store;   /* struct fork_store */
	struct buffer *best;    /* best final response so far, our Via taken off; NULL when we would
				   make it ourselves */
	struct buffer *challenges; /* lines of WWW- and Proxy-Authenticate of all 401 and 407 */
	struct path from;
	uint16_t best_status; /* 0 = none yet */
	uint8_t method;       /* enum pv_method */
	uint8_t live;         /* branches that are resolving or trying */
	bool cancelled;       /* no new branches */
	uint32_t user_place;  /* where its user's calls are counted; 0: nowhere */
	bool final_sent;
	bool is_local;                  /* a local user sent it */
	bool begins_call;               /* its INVITE began `call` */
	uint8_t from_side;              /* enum call_side: who of `call` sent the request */
	uint64_t call;                  /* handle of the call that it belongs to, 0 = none */
	struct pv_ref from_tag, to_tag; /* of the request */
	struct fork_refusal refusal;
	uint64_t dialog; /* dialog_hash of the request; 0: not asked yet */
	bool has_user;   /* an application's: proxy->user is told, and writes */
	uint64_t word;   /* that application's own */
};

/* Targets of one branch while RFC 3263 looks for them, and the ones left to try after. */
struct branch_resolve {
	struct resolve resolve;
	struct proxy *proxy;
	uint64_t fork;
	struct buffer *ack; /* instead of a fork: forwarded statelessly when the answer comes */
	struct path from;   /* where the ACK came from */
	unsigned next;      /* target to try next */
	uint8_t branch;
};

/* Owner: the worker. Lifetime: the daemon's. */
struct proxy {
	struct proxy_config config;
	struct proxy_floors at;
	const struct fork_user *user; /* NULL: nobody but the proxy forks */
	struct slab forks;
	struct slab resolves;
	struct call_owner call_owner;
	struct pv_message scratch; /* for requests that are read again */
	struct incoming again;     /* and what they ask for */
	struct registry_binding bindings[REGISTRY_CONTACTS];
	char text[REGISTRY_TEXT_ALL]; /* of the bindings, touched as used */
	char identity[REGISTRY_KEY];  /* what incoming.identity points at */
};

static inline struct fork_store *fork_store(const struct fork *fork)
{
	return (struct fork_store *)fork->store->bytes;
}

static inline struct fork_branch *fork_branch(const struct fork *fork, unsigned index)
{
	return &fork_store(fork)->branches[index];
}

static inline struct pv_span fork_text(const struct fork *fork, struct pv_ref ref)
{
	return (struct pv_span){fork->store->bytes + ref.at, ref.length};
}

/* ---- answer.c: responses of our own ---- */
/* proxy_reply, proxy_reply_busy: proxy.h */

/* ---- maddr.c: §16.4, second paragraph ---- */
/* Takes a maddr that is ours off the Request-URI, if the request came by the port and transport
 * that stand beside it. May set `refusal`. */
void proxy_strip_maddr(struct proxy *proxy, struct incoming *incoming);

/* ---- dialog.c: which requests belong to a dialog that went through us ---- */
/* A token in a URI of ours, in a Route or where a strict router put it: false when it is none, or
 * proves nothing about this request. */
bool dialog_token_read(
	const struct proxy *proxy, struct incoming *incoming, const struct pv_uri *uri);
/* Does a request with a token go to the other end of its dialog, and nowhere else? After §16.4.
 * Where that end has moved, the token learns the way to it. */
bool dialog_is_kept(struct proxy *proxy, struct incoming *incoming);
/* Where the far end of the token's dialog is. */
static inline struct route_end *dialog_far_end(struct incoming *incoming)
{
	return incoming->from_caller ? &incoming->token.callee : &incoming->token.caller;
}

/* ---- validate.c: §16.3 ---- */
/* proxy_validate: proxy.h */
/* The loop-detection part of our branch. */
uint32_t proxy_loop_hash(const struct proxy *proxy, const struct incoming *incoming);

/* ---- admit.c: who may send this where ---- */
/* proxy_identify: proxy.h */

/* ---- targets.c: §16.5 ---- */
bool proxy_find_targets(struct proxy *proxy, struct incoming *incoming);
/* Where a binding leads; `after` is the caller's to say. */
void proxy_target_of_binding(struct target *target, const struct registry_binding *binding);
/* The bindings of incoming->uri become targets, if it has any; nobody is answered. */
void proxy_add_bindings(struct proxy *proxy, struct incoming *incoming);

/* ---- redirect.c: §16.7 item 4 ---- */
/* The Contacts of a 3xx become branches that wait. False: there is none that may be tried. */
bool fork_redirect(struct proxy *proxy, struct fork *fork, const struct pv_message *response);

/* ---- forward.c: §16.6 ---- */
/* Finds the next hop of a branch and sends the request there, now or when its name is resolved. */
void branch_start(
	struct proxy *proxy, struct fork *fork, unsigned index, struct incoming *incoming);
/* The same with the fork's own copy of the request, for every branch but those of the first group.
 */
void branch_start_again(struct proxy *proxy, struct fork *fork, unsigned index);
/* Sends to the next target that RFC 3263 gave for this branch; false when none is left. */
bool branch_failover(struct proxy *proxy, struct fork *fork, unsigned index);
/* Sends it once more to where it went. False: it cannot be read again. */
bool branch_send_again(struct proxy *proxy, struct fork *fork, unsigned index);
void branch_resolve_give(struct proxy *proxy, uint64_t handle);
/* The URI that decides where the bytes go (§16.6 item 7): the first Route value, or the
 * Request-URI. 0 or -1. */
int proxy_next_hop(const struct incoming *incoming, struct pv_span uri, struct pv_span routes,
	struct pv_uri *ret);

/* ---- rewrite.c: the outgoing bytes ---- */
/* Streams need to be told where a message ends (§18.3): what came in a datagram may not say. `line`
 * lives as long as the patch. */
#define CONTENT_LENGTH_LINE 32
/* Identities that nobody may assert. */
void proxy_remove_asserted(struct patch *patch);
void proxy_add_content_length(struct patch *patch, char line[CONTENT_LENGTH_LINE]);
struct rewrite {
	const struct incoming *incoming;
	struct pv_span uri;    /* Request-URI of the target */
	struct pv_span routes; /* Path of the target */
	struct path *to;
	bool record_route;
	bool pin_callee;
	uint64_t dialog; /* where it is recorded: dialog_hash of the request */
	const struct call_media_result *media; /* NULL: the body stays */
};
/* A buffer with the request as it goes out, its branch from `client` (NULL = stateless). NULL: no
 * room, or no socket for that transport (ret_error). */
struct buffer *proxy_rewrite(struct proxy *proxy, const struct rewrite *rewrite,
	struct transaction *client, int *ret_error);

/* ---- call.c: calls and their media; all do nothing where the request belongs to no call ---- */
void proxy_call_init(struct proxy *proxy);
/* A request that was let in: finds its call, or begins it; BYE ends it. 0, -EDQUOT or -ENOBUFS. */
int proxy_call_enter(struct proxy *proxy, struct fork *fork, const struct incoming *incoming);
/* What becomes of a request's description on this branch. False: refused, with fork->refusal. */
bool proxy_call_request(struct proxy *proxy, struct fork *fork, unsigned index,
	const struct incoming *incoming, struct call_media_result *ret);
/* The same of a response of 100 to 299. A 2xx makes the call. */
bool proxy_call_response(struct proxy *proxy, struct fork *fork, unsigned index,
	const struct pv_message *response, struct call_media_result *ret);
/* The same when the fork is gone. False: it must not go up. */
bool proxy_call_late_response(
	struct proxy *proxy, const struct pv_message *response, struct call_media_result *ret);
/* The same of an ACK, which nobody can refuse. */
void proxy_call_ack(
	struct proxy *proxy, const struct incoming *incoming, struct call_media_result *ret);
/* The branch failed: its ports go back, its offer is void. */
void proxy_call_branch_over(struct proxy *proxy, struct fork *fork, struct fork_branch *branch);
/* ---- hangup.c: a 2xx of an INVITE that must not go up ---- */
/* In transaction_peer of its client transaction, in place of who waits for it. */
#define HUNG_UP 0
/* ACK to who sent it, and BYE where that did not answer inside a dialog. Each time that it comes.
 */
void proxy_hang_up(
	struct proxy *proxy, struct transaction *invite, const struct pv_message *response);

/* The INVITE that began the call was not answered. */
void proxy_call_over(struct proxy *proxy, struct fork *fork, enum call_why why, unsigned status);

/* What all tokens have in common that a request and its responses bring (route_dialog_hash). Of a
 * message whose From is the caller. */
uint64_t dialog_hash(const struct proxy *proxy, const struct pv_message *m);
/* The token of our Record-Route for this request: the callee's. */
void dialog_token_write(
	const struct proxy *proxy, const struct rewrite *rewrite, struct pv_writer *w);
/* In a response that makes a dialog the caller's token takes its place. `tokens` live as long as
 * the patch. `fork` as in proxy_strip_via. */
#define DIALOG_TOKENS 4 /* of one response: two for each time that its request passed us */
struct dialog_tokens {
	char texts[DIALOG_TOKENS][ROUTE_TOKEN_MAX];
};
void dialog_token_turn(const struct proxy *proxy, const struct fork *fork,
	const struct pv_message *response, struct patch *patch, struct dialog_tokens *tokens);

/* ---- fork.c: the response context ---- */
struct fork *fork_new(
	struct proxy *proxy, const struct incoming *incoming, struct transaction *server);
void fork_free(struct proxy *proxy, struct fork *fork);
/* Further branches, which wait, for incoming's targets. False: no room. */
bool fork_add_targets(struct proxy *proxy, struct fork *fork, const struct incoming *incoming);
struct fork *fork_get(struct proxy *proxy, uint64_t handle);
/* Starts the next group of branches that may go (equal q, nothing to wait for). False when none is
 * left. */
bool fork_start_next(struct proxy *proxy, struct fork *fork, struct incoming *incoming);
/* A branch came to its end with `status`; `response` is NULL when we make it ourselves. May free
 * the fork. */
void fork_branch_done(struct proxy *proxy, struct fork *fork, unsigned index, unsigned status,
	const struct pv_message *response);
/* CANCELs all branches that still try, forgets those that wait. */
void fork_cancel(struct proxy *proxy, struct fork *fork, struct pv_span reason);
/* Frees the fork when nothing more can come. */
void fork_settle(struct proxy *proxy, struct fork *fork);

/* ---- best.c: §16.7 items 6 and 7 ---- */
void fork_collect(
	struct proxy *proxy, struct fork *fork, unsigned status, const struct pv_message *response);
void fork_send_best(struct proxy *proxy, struct fork *fork);
/* A copy of a message's bytes; NULL: no room. */
struct buffer *proxy_copy(struct proxy *proxy, const struct pv_message *message);
/* The response without our Via and with what `media` says (NULL: its own body), in a buffer; NULL:
 * no room. `fork` is whose branch it answers; NULL: it is gone. */
struct buffer *proxy_strip_via(struct proxy *proxy, const struct fork *fork,
	const struct pv_message *response, const struct call_media_result *media);

/* Do the host and port of this URI lead to us? Who somebody is says aor.h. */
bool proxy_is_us(const struct proxy *proxy, const struct pv_uri *uri);
/* The same of a Route or Record-Route, which may name an address that the host got after we
 * started. */
bool proxy_is_our_route(const struct proxy *proxy, const struct pv_uri *uri);

#endif
