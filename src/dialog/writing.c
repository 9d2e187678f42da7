/* SPDX-License-Identifier: Apache-2.0 */
/* writing.c — requests and responses of a user agent: what all of them begin with, and their end.
 */
#include "dialog/writing.h"

#include <errno.h>

#include "base/macros.h"

static bool take(struct writing *writing, size_t room)
{
	writing->error = -ENOBUFS;
	writing->bytes = buffer_take(writing->pool, MIN(room, PV_MESSAGE_MAX));
	if (!writing->bytes)
		return false;
	pv_writer_init(&writing->w, writing->bytes->bytes, buffer_capacity(writing->bytes));
	return true;
}

bool writing_begin(struct writing *writing, size_t room)
{
	writing->bytes = NULL;
	writing->error = net_local(writing->net, writing->to, &writing->sent_by);
	return !writing->error && take(writing, room);
}

void writing_put_head(struct writing *writing, const struct dialog *dialog, struct pv_span method,
	uint32_t cseq, unsigned max_forwards)
{
	struct pv_writer *w = &writing->w;
	dialog_put_request_line(dialog, method, w);
	transaction_put_via(writing->transactions, writing->client, 0, writing->to->transport,
		writing->sent_by, w);
	pv_put_text(w, "Max-Forwards: ");
	pv_put_u64(w, max_forwards);
	pv_put_text(w, "\r\n");
	dialog_put_headers(dialog, cseq, method, w);
}

bool writing_again(struct writing *writing)
{
	struct pv_writer *w = &writing->w;
	if (w->overflow || !writing->client ||
		!net_prefer_stream(writing->net, writing->to, pv_writer_length(w)))
		return false;
	int error = net_local(writing->net, writing->to, &writing->sent_by);
	pv_writer_init(w, writing->bytes->bytes, buffer_capacity(writing->bytes));
	w->overflow = error < 0;
	writing->error = error < 0 ? error : -ENOBUFS;
	return !error;
}

bool writing_begin_response(struct writing *writing, const struct pv_message *request,
	const struct path *from, struct pv_response *response, size_t room)
{
	struct transaction_via_text fixup;
	if (!take(writing, room + request->body.at))
		return false;
	transaction_via_fixup(request, from, &fixup, &response->received, &response->rport);
	pv_build_response(&writing->w, request, response);
	return true;
}

struct buffer *writing_end(struct writing *writing)
{
	struct buffer *bytes = writing->bytes;
	if (!bytes)
		return NULL;
	if (writing->w.overflow) {
		buffer_unref(writing->pool, bytes);
		return NULL;
	}
	bytes->length = (uint32_t)pv_writer_length(&writing->w);
	return bytes;
}
