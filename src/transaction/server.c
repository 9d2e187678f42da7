/* SPDX-License-Identifier: Apache-2.0 */
/* server.c — the server side as its user sees it, and what becomes of bytes that could not be sent.
 */
#include <errno.h>

#include "base/metrics.h"
#include "transaction/layer.h"

bool transaction_has_final(const struct transaction *server)
{
	return server->state >= STATE_COMPLETED;
}

/* RFC 4320 §4.2: 408 for a non-INVITE is not sent, whoever asks. */
static enum transaction_event event_of(const struct transaction *server, unsigned status)
{
	if (status < 200)
		return USER_1XX;
	if (status < 300)
		return USER_2XX;
	return status == 408 && server->machine == MACHINE_NIST ? USER_408 : USER_FAIL;
}

int transaction_respond(struct transaction_layer *layer, struct transaction *server,
	struct buffer *bytes, unsigned status)
{
	bool had_final = transaction_has_final(server);
	struct step step = {.layer = layer, .transaction = server, .bytes = bytes};
	if (machine_step(&step, event_of(server, status)))
		return 0;
	return had_final ? -EALREADY : -EINVAL;
}

/* Over a stream nobody asks again, and it is not kept for long. */
int transaction_respond_unkept(
	struct transaction_layer *layer, struct transaction *server, struct buffer *bytes)
{
	if (transaction_is_reliable(server))
		return transaction_respond(layer, server, bytes, 200);
	struct step step = {.layer = layer, .transaction = server, .bytes = bytes};
	return machine_step(&step, USER_UNKEPT) ? 0 : -EALREADY;
}

/* As if a response could not be sent: it could not even be made. */
void transaction_abandon(struct transaction_layer *layer, struct transaction *server)
{
	machine_event(layer, server, server->machine == MACHINE_NIST ? USER_408 : SEND_ERROR);
}

/*
 * §18.2.2: a response whose connection is gone goes over a new one to the source address, at
 * sent-by's port. Once. A browser behind WebSocket cannot be connected to.
 */
static bool fall_back(struct transaction_layer *layer, struct transaction *t)
{
	bool connects =
		t->path.transport == PV_TRANSPORT_TCP || t->path.transport == PV_TRANSPORT_TLS;
	if (!transaction_is_server(t) || !connects || !t->path.flow || (t->flags & FLAG_FALLBACK))
		return false;
	t->flags |= FLAG_FALLBACK;
	t->path.flow = 0;
	t->path.peer.port = t->reply_port;
	metrics_add(METRIC_transaction_fallback, 1);
	/* In Trying the bytes are the request's, and in a husk there are none: the next response
	 * finds the new path. */
	if (t->bytes && t->state != STATE_TRYING)
		send_bytes(layer, t, t->bytes);
	return true;
}

void transaction_send_error(struct transaction_layer *layer, uint64_t handle, int error)
{
	struct transaction *t = slab_get(&layer->slab, handle & ~SENDER_FALLBACK);
	if (!t)
		return;
	/* Several responses may have been under way on the connection that is gone. */
	if ((t->flags & FLAG_FALLBACK) && !(handle & SENDER_FALLBACK))
		return;
	metrics_add(METRIC_transaction_send_errors, 1);
	if (fall_back(layer, t))
		return;
	struct step step = {.layer = layer, .transaction = t, .error = error};
	machine_step(&step, SEND_ERROR);
}
