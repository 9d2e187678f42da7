/* SPDX-License-Identifier: Apache-2.0 */
/* fork_user.h — an application that lets the proxy find and try the targets of a request, and
 * writes what is sent to them, and what its own caller hears, by itself. */
#ifndef PROXY_FORK_USER_H
#define PROXY_FORK_USER_H

#include "proxy/incoming.h"
#include "transaction/transaction.h"

/* In the second word (transaction_set_peer) of every client transaction that such an application
 * sends: what comes on it when the fork is over is told to the application. */
#define FORK_USER_MARK UINT64_C(0x40000000)

/* What an application makes of a 2xx to an INVITE. */
enum fork_success {
	FORK_AGAIN,    /* it found no room, and is taken when it comes again */
	FORK_TAKEN,    /* the other branches are cancelled */
	FORK_UNWANTED, /* its dialog is ended; the branch counts as failed, the others go on */
};

/* What is about to be sent to a target. Spans live until the call returns. */
struct fork_request {
	uint64_t word;                   /* of proxy_fork */
	const struct incoming *incoming; /* the caller's request, read again */
	unsigned branch;
	struct pv_span uri;    /* the target */
	struct pv_span routes; /* to be visited on the way: Path of a binding */
	struct path *to;       /* may be changed: net_local, net_prefer_stream */
	bool pin;              /* the way, since the Contact does not lead there */
};

/* Lifetime: the proxy's. The functions run on the worker's thread; messages live until they
 * return. */
struct fork_user {
	/* The bytes of a branch's request, with `client`'s branch in them, whose peer it sets.
	 * Called again when another address is tried. NULL: cannot be sent; *ret_error is
	 * negative, as of net_local, or the status that the branch ends with. */
	struct buffer *(*write)(void *context, const struct fork_request *request,
		struct transaction *client, int *ret_error);
	/* Everything provisional but 100. */
	void (*provisional)(void *context, uint64_t word, struct transaction *client,
		const struct pv_message *response);
	enum fork_success (*success)(void *context, uint64_t word, struct transaction *client,
		const struct pv_message *response);
	/* A final failure of a branch that is not to be believed: true = send it once more. */
	bool (*retry)(void *context, uint64_t word, struct transaction *client,
		const struct pv_message *response);
	/* All have failed: what the caller is to hear. `response` is the best, or NULL. */
	void (*failure)(
		void *context, uint64_t word, unsigned status, const struct pv_message *response);
	/* The fork is gone, after success, failure, or the end of its server transaction. */
	void (*gone)(void *context, uint64_t word);
	/* A response on a branch that is over, or whose fork is gone: another 2xx, or the same. */
	void (*late)(void *context, struct transaction *client, const struct pv_message *response);
	void *context;
};

#endif
