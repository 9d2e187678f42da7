/* SPDX-License-Identifier: Apache-2.0 */
/* send.c — the actions that send: what is kept, what is sent again, and the ACK and 100 that we
 * make ourselves. */
#include <portavoz/build.h>

#include "transaction/layer.h"

/* The handle that net gives back with an error; the bit tells an error of the lost connection from
 * a later one. */
static uint64_t sender_of(const struct transaction_layer *layer, const struct transaction *t)
{
	return slab_handle(&layer->slab, t) | (t->flags & FLAG_FALLBACK ? SENDER_FALLBACK : 0);
}

void send_bytes(struct transaction_layer *layer, struct transaction *t, struct buffer *bytes)
{
	net_send(layer->net, &t->path, bytes, sender_of(layer, t));
}

static void keep(struct transaction_layer *layer, struct transaction *t, struct buffer *bytes)
{
	buffer_unref(&layer->worker->buffers, t->bytes);
	t->bytes = bytes;
}

/* A reference, or a copy in a smaller block: a response is kept for half a minute. */
static struct buffer *fitted(struct transaction_layer *layer, struct buffer *bytes)
{
	struct buffer_pool *pool = &layer->worker->buffers;
	size_t room = buffer_capacity(bytes);
	if (room < bytes->length + bytes->length / 4 + 64)
		return buffer_ref(bytes);
	struct buffer *small = buffer_take(pool, bytes->length);
	if (!small || buffer_capacity(small) >= room) {
		buffer_unref(pool, small);
		return buffer_ref(bytes);
	}
	memcpy(small->bytes, bytes->bytes, bytes->length);
	small->length = bytes->length;
	return small;
}

void send_and_keep(const struct step *step)
{
	struct transaction *t = step->transaction;
	keep(step->layer, t,
		transaction_is_server(t) ? fitted(step->layer, step->bytes)
					 : buffer_ref(step->bytes));
	send_bytes(step->layer, t, t->bytes);
}

/* Keeps and sends what stands in the scratch. Without a buffer it is sent all the same, and only
 * once. */
static void send_scratch(
	struct transaction_layer *layer, struct transaction *t, struct pv_span text)
{
	struct buffer *bytes =
		text.length ? buffer_take(&layer->worker->buffers, text.length) : NULL;
	if (bytes) {
		memcpy(bytes->bytes, text.at, text.length);
		bytes->length = (uint32_t)text.length;
	}
	keep(layer, t, bytes);
	if (bytes)
		send_bytes(layer, t, bytes);
	else if (text.length)
		net_send_copy(layer->net, &t->path, text);
}

/* §17.1.1.3: to where the INVITE went, with its Via. */
void send_ack(const struct step *step)
{
	struct transaction_layer *layer = step->layer;
	struct transaction *t = step->transaction;
	struct pv_writer w;
	pv_writer_init(&w, layer->scratch, sizeof(layer->scratch));
	pv_message_parse(&layer->scratch_message, t->bytes->bytes, t->bytes->length, true);
	pv_build_ack(&w, &layer->scratch_message, pv_message_value(step->message, PV_HEADER_TO));
	send_scratch(layer, t, w.overflow ? (struct pv_span){0} : pv_writer_span(&w));
}

void send_100(const struct step *step)
{
	struct transaction_layer *layer = step->layer;
	struct transaction *t = step->transaction;
	const struct pv_message *request = step->message;
	const struct path *from = step->from;
	if (!request && !t->bytes)
		return;
	if (!request) {
		/* The body was not kept, so the parse complains; the head is indexed all the same.
		 */
		pv_message_parse(&layer->scratch_message, t->bytes->bytes, t->bytes->length, true);
		request = &layer->scratch_message;
		from = &t->path;
	}
	struct pv_response trying = {.status = 100};
	send_scratch(layer, t, respond_build(layer, request, from, &trying, 0));
}

void keep_request(const struct step *step)
{
	const struct pv_message *request = step->message;
	size_t length = (size_t)request->head_end + 2; /* with the empty line */
	struct buffer *head = buffer_take(&step->layer->worker->buffers, length);
	if (head) {
		memcpy(head->bytes, request->bytes, length);
		head->length = (uint32_t)length;
	}
	keep(step->layer, step->transaction, head);
}
