/* SPDX-License-Identifier: Apache-2.0 */
/* writing.h — a message of ours while it is written into its buffer. */
#ifndef DIALOG_WRITING_H
#define DIALOG_WRITING_H

#include <portavoz/build.h>
#include "dialog/dialog.h"
#include "transaction/transaction.h"

/* What all messages take beside their texts and what is in them. */
#define WRITING_ROOM 1024

/*
 * Owner: the worker. Lifetime: one call of its user, who fills in `pool`, and of a request what it
 * takes to send it. A request is begun, written, and written anew while writing_again says so; a
 * response is begun and written. writing_end comes in any case.
 */
struct writing {
	struct buffer_pool *pool;
	/* of a request */
	struct net *net;
	const struct transaction_layer *transactions;
	const struct transaction *client; /* NULL: ACK */
	struct path *to;
	/* what comes of it */
	struct pv_writer w;
	struct pv_span sent_by; /* our address that it goes out from */
	struct buffer *bytes;
	int error; /* why writing_end answers NULL: -ENOBUFS, or net_local's */
};

/* Chooses the address and takes `room` bytes, a message's most at the most. False: it cannot. */
bool writing_begin(struct writing *writing, size_t room);
/* The request line, Via, Max-Forwards, and what names the dialog. */
void writing_put_head(struct writing *writing, const struct dialog *dialog, struct pv_span method,
	uint32_t cseq, unsigned max_forwards);
/* §18.1.1: its length is known now. True: it goes by a stream, and must be written anew for the Via
 * names the transport. */
bool writing_again(struct writing *writing);
/* The response that `response` begins, to a request that came by `from`; fills in what its Via
 * learns. */
bool writing_begin_response(struct writing *writing, const struct pv_message *request,
	const struct path *from, struct pv_response *response, size_t room);
/* The bytes, the caller's; NULL: see `error`. */
struct buffer *writing_end(struct writing *writing);

#endif
