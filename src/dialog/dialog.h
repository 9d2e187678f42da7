/* SPDX-License-Identifier: Apache-2.0 */
/* dialog.h — a dialog as one of its two user agents keeps it (RFC 3261 §12). */
#ifndef DIALOG_DIALOG_H
#define DIALOG_DIALOG_H

#include <portavoz/message.h>
#include <portavoz/uri.h>
#include <portavoz/writer.h>
#include "base/buffer.h"
#include "base/siphash.h"
#include "net/net.h"

/* What a dialog is made of, as text. */
struct dialog_texts {
	struct pv_span call_id;
	struct pv_span local;  /* our From in requests: the whole value, our tag in it */
	struct pv_span remote; /* their To, with their tag once it is known */
	struct pv_span local_tag, remote_tag;
	struct pv_span target; /* where they want requests: the URI of their Contact */
	struct pv_span routes; /* the route set in the order of use, values joined by commas */
};

/*
 * Owner: the worker. Lifetime: its holder's. Zeroed memory is a dialog without texts. The texts lie
 * in one buffer, which is replaced as a whole when one of them changes.
 */
struct dialog {
	struct buffer *text;
	struct pv_ref refs[7]; /* in the order of struct dialog_texts */
	uint32_t local_cseq;   /* of the last request that we sent; 0 = none */
	uint32_t remote_cseq;  /* of the last that we got */
	bool has_remote_cseq;
	bool has_path; /* the Contact does not lead there: this path does (NAT, a connection of its
			  own) */
	struct path path;
};

struct dialog_texts dialog_texts(const struct dialog *dialog);
/* Keeps copies of `texts`, which may be the dialog's own. 0, or -ENOBUFS and nothing has changed.
 */
int dialog_store(struct buffer_pool *pool, struct dialog *dialog, const struct dialog_texts *texts);
/* NULL and zeroed dialogs are accepted. */
void dialog_done(struct buffer_pool *pool, struct dialog *dialog);

/* `address` without its header parameters, and with `tag` (empty = none). */
void dialog_put_address(struct pv_writer *w, const struct pv_address *address, struct pv_span tag);

/* The texts of `message` (a request that makes us a UAS, §12.1.1): route set as recorded, target,
 * remote end. `routes` gives room for the route set. 0, or -1 when there is no Contact that could
 * be a target. */
int dialog_texts_of_request(
	const struct pv_message *message, struct pv_writer *routes, struct dialog_texts *ret);
/* A response that makes us a UAC (§12.1.2): the route set reversed, target, remote end. Fills those
 * alone. 0, or -1 as above. */
int dialog_texts_of_response(
	const struct pv_message *message, struct pv_writer *routes, struct dialog_texts *ret);

/* Is this request of the dialog (§12.2.2)? Before the remote tag is known any is. */
bool dialog_has(const struct dialog *dialog, const struct pv_message *request);
/* §12.2.2: a request that is older than the last one is out of order: false (500). ACK and CANCEL
 * are always in order. */
bool dialog_accept_cseq(struct dialog *dialog, const struct pv_message *request);
/* Where a Contact does not lead there, the way of the last request does: a NAT's mapping changes, a
 * connection is made anew. */
static inline void dialog_follow(struct dialog *dialog, const struct path *from)
{
	if (dialog->has_path)
		dialog->path = *from;
}
/* A target refresh (§12.2): the Contact of a request or a 2xx becomes the target. One without a
 * Contact changes nothing. 0 or -ENOBUFS. */
int dialog_refresh_target(
	struct buffer_pool *pool, struct dialog *dialog, const struct pv_message *message);

/* ---- begin.c: dialogs that begin ---- */
/* Has this request what a dialog with us takes: a Contact that could be a target? */
bool dialog_may_begin(struct worker *worker, const struct pv_message *request);
/* The dialog that a request of theirs begins (§12.1.1), which came by `from`; our tag is that of
 * `handle`. 0, -EINVAL (no Contact) or -ENOBUFS. */
int dialog_begin(struct worker *worker, struct dialog *dialog, const struct siphash_key *key,
	uint64_t handle, const struct pv_message *request, const struct path *from);
/* What a response that makes us a UAC says of the other end (§12.1.2); without a Contact it is
 * reached where the request went. 0 or -ENOBUFS. */
int dialog_learn(struct worker *worker, struct dialog *dialog, const struct pv_message *response);
/* dialog_put_address, in the worker's scratch. Empty: no room. */
struct pv_span dialog_address(
	struct worker *worker, const struct pv_address *address, struct pv_span tag);
/* A random Call-ID that lives on this worker, written into `text`. */
#define DIALOG_CALL_ID_LENGTH 32
struct pv_span dialog_call_id(const struct worker *worker, char text[DIALOG_CALL_ID_LENGTH]);

/* ---- request.c: requests of ours (§12.2.1.1) ---- */
/* The URI that decides where the bytes go: first route or target. 0 or -1. */
int dialog_next_hop(const struct dialog *dialog, struct pv_uri *ret);
/* The request line. A strict router of the route set takes the place of the target. */
void dialog_put_request_line(
	const struct dialog *dialog, struct pv_span method, struct pv_writer *w);
/* Route, From, To, Call-ID and CSeq. */
void dialog_put_headers(
	const struct dialog *dialog, uint32_t cseq, struct pv_span method, struct pv_writer *w);

#endif
