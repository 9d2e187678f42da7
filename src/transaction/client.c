/* SPDX-License-Identifier: Apache-2.0 */
/* client.c — the client side as its user sees it: take, branch, send, cancel. */
#include "transaction/layer.h"

struct transaction *transaction_client_take(struct transaction_layer *layer, enum pv_method method)
{
	return layer_take(layer, method, false, 0);
}

void transaction_branch(const struct transaction_layer *layer, const struct transaction *client,
	uint32_t loop, struct pv_writer *w)
{
	struct branch branch = {
		.worker = (uint8_t)layer->worker->index,
		.slot = slab_index(&layer->slab, client),
		.generation = slab_generation(client),
		.loop = loop,
	};
	branch_write(&layer->branch_key, &branch, w);
}

/* The loop part is in the generation as well: every request of a stateless proxy needs a branch
 * that is a function of the request (§16.11), and that is what `loop` is. */
void transaction_branch_stateless(
	const struct transaction_layer *layer, uint32_t loop, struct pv_writer *w)
{
	struct branch branch = {
		.worker = (uint8_t)layer->worker->index,
		.slot = BRANCH_STATELESS,
		.generation = loop,
		.loop = loop,
	};
	branch_write(&layer->branch_key, &branch, w);
}

void transaction_put_via(const struct transaction_layer *layer, const struct transaction *client,
	uint32_t loop, uint8_t transport, struct pv_span sent_by, struct pv_writer *w)
{
	pv_put_text(w, "Via: SIP/2.0/");
	pv_put(w, pv_transport_text((enum pv_transport)transport));
	pv_put_char(w, ' ');
	pv_put(w, sent_by);
	pv_put_text(w, ";branch=");
	if (client)
		transaction_branch(layer, client, loop, w);
	else
		transaction_branch_stateless(layer, loop, w);
	pv_put_text(w, "\r\n");
}

void transaction_client_send(struct transaction_layer *layer, struct transaction *client,
	struct buffer *bytes, const struct path *to)
{
	struct step step = {.layer = layer, .transaction = client, .bytes = bytes};
	client->path = *to;
	machine_step(&step, USER_SENDS);
}

void transaction_client_drop(struct transaction_layer *layer, struct transaction *client)
{
	assert(client->state == STATE_IDLE);
	layer_release(layer, client);
}

void transaction_cancel(
	struct transaction_layer *layer, struct transaction *client, struct pv_span reason)
{
	struct step step = {.layer = layer, .transaction = client, .reason = reason};
	machine_step(&step, USER_CANCELS);
}

void transaction_restart_c(struct transaction_layer *layer, struct transaction *client)
{
	machine_event(layer, client, USER_RESTARTS_C);
}
