/* SPDX-License-Identifier: Apache-2.0 */
/* receive.c — a parsed message finds its transaction or starts one (RFC 3261 §17.1.3, §17.2.3,
 * §9.2). */
#include "base/metrics.h"
#include "transaction/layer.h"

/* What a client that is sent away waits, in seconds. */
#define RETRY_AFTER 5

/* ---- responses ---- */

/* The client transaction that our branch names, or NULL: an unknown or old one, or a wrong path. */
static struct transaction *find_client(struct transaction_layer *layer, const struct branch *branch,
	const struct pv_message *response, const struct path *from)
{
	struct transaction *t =
		slab_get(&layer->slab, (uint64_t)branch->generation << 32 | branch->slot);
	if (!t || transaction_is_server(t))
		return NULL;
	if (t->method == PV_METHOD_INVITE && response->method == PV_METHOD_CANCEL)
		t = t->cancel == NO_SLOT ? NULL : slab_at(&layer->slab, t->cancel);
	if (!t || t->method != response->method || t->state == STATE_IDLE)
		return NULL;
	if (from->transport != t->path.transport)
		return NULL;
	return t;
}

/* A response of nobody is dropped, a 2xx too (RFC 6026 §8.9, §7.2). */
static void receive_response(
	struct transaction_layer *layer, const struct pv_message *response, const struct path *from)
{
	struct branch branch;
	struct transaction *t = NULL;
	bool ours = branch_read(&layer->branch_key, response->via.branch, &branch) &&
		    branch.worker == layer->worker->index;
	if (ours && branch.slot == BRANCH_STATELESS) {
		layer->user.stateless_response(layer->user.context, response, from);
		return;
	}
	if (ours)
		t = find_client(layer, &branch, response, from);
	if (!t) {
		metrics_add(METRIC_transaction_stray, 1);
		return;
	}
	struct step step = {.layer = layer, .transaction = t, .message = response, .from = from};
	machine_step(&step, response->status < 200   ? GOT_1XX
			    : response->status < 300 ? GOT_2XX
						     : GOT_FAIL);
}

/* ---- requests ---- */

static void step_server(struct transaction_layer *layer, struct transaction *t,
	const struct pv_message *request, const struct path *from, enum transaction_event event)
{
	struct step step = {.layer = layer, .transaction = t, .message = request, .from = from};
	machine_step(&step, event);
}

/* An ACK ends here when it belongs to a failure, ours of a transaction or a stateless one: its To
 * tag is then the one that we would give again. */
static void receive_ack(struct transaction_layer *layer, const struct match_key *key,
	const struct pv_message *ack, const struct path *from)
{
	char tag[TAG_LENGTH];
	struct transaction *t = transaction_match_find(layer, key, PV_METHOD_INVITE);
	if (t)
		step_server(layer, t, ack, from, GOT_ACK);
	else if (pv_span_equal(ack->to_tag, respond_tag(layer, key, tag)))
		metrics_add(METRIC_transaction_absorbed, 1);
	else
		layer->user.ack(layer->user.context, ack, from);
}

static void start_server(struct transaction_layer *layer, const struct match_key *key,
	const struct pv_message *request, const struct path *from)
{
	bool in_dialog = request->to_tag.length > 0;
	if (!layer->user.admit(layer->user.context, request, from))
		return;
	struct transaction *t =
		layer_take(layer, request->method, true, in_dialog ? 0 : layer->reserve);
	if (!t) {
		if (request->method != PV_METHOD_CANCEL)
			transaction_refuse(layer, request, from, 503, PV_SPAN(""), RETRY_AFTER);
		return;
	}
	transaction_response_path(request, from, &t->path);
	t->reply_port = respond_sent_by_port(request, from->transport);
	t->call = key->call;
	t->via = key->via;
	transaction_match_insert(layer, t);
	step_server(layer, t, request, from, GOT_REQUEST);
}

/*
 * §9.2: 200 whatever state the INVITE is in, with the To tag that all our answers to it carry. The
 * CANCEL needs no transaction of its own: as long as the INVITE's lives, a retransmission finds it
 * and gets the same answer.
 */
static bool receive_cancel(struct transaction_layer *layer, const struct match_key *key,
	const struct pv_message *cancel, const struct path *from)
{
	struct transaction *t = transaction_match_cancelled(layer, key);
	if (!t)
		return false;
	transaction_refuse(layer, cancel, from, 200, PV_SPAN(""), 0);
	if (t->machine == MACHINE_IST && t->state == STATE_PROCEEDING &&
		!(t->flags & FLAG_CANCELLED)) {
		t->flags |= FLAG_CANCELLED;
		layer->user.cancel(layer->user.context, t, cancel);
	}
	return true;
}

static void receive_request(
	struct transaction_layer *layer, const struct pv_message *request, const struct path *from)
{
	const struct match_key *key = &layer->key;
	transaction_match_key_of(layer, request, &layer->key);
	layer->keyed = request;
	if (request->method == PV_METHOD_ACK) {
		receive_ack(layer, key, request, from);
		return;
	}
	if (request->method == PV_METHOD_CANCEL && receive_cancel(layer, key, request, from))
		return;
	struct transaction *t = transaction_match_find(layer, key, request->method);
	if (t)
		step_server(layer, t, request, from, GOT_REQUEST);
	else
		start_server(layer, key, request, from);
}

/* What the parser found wrong, answered by its table; an ACK and a response never are. */
static void receive_bad(
	struct transaction_layer *layer, const struct pv_message *message, const struct path *from)
{
	const struct pv_verdict_row *row = pv_verdict_row(message->verdict);
	metrics_add(METRIC_transaction_bad, 1);
	if (message->is_request && message->method != PV_METHOD_ACK && row->status)
		transaction_refuse(layer, message, from, row->status, pv_span_of(row->phrase), 0);
}

void transaction_receive(
	struct transaction_layer *layer, const struct pv_message *message, const struct path *from)
{
	if (message->verdict < 0)
		receive_bad(layer, message, from);
	else if (message->is_request)
		receive_request(layer, message, from);
	else
		receive_response(layer, message, from);
	layer->keyed = NULL;
}

bool transaction_is_merged(struct transaction_layer *layer, const struct pv_message *request)
{
	struct match_key key;
	if (request->to_tag.length)
		return false;
	transaction_match_key_again(layer, request, &key);
	return transaction_match_is_merged(layer, &key, request->method);
}

bool transaction_awaits_ack(struct transaction_layer *layer, const struct pv_message *ack)
{
	struct match_key key;
	transaction_match_key_again(layer, ack, &key);
	return transaction_match_is_accepted(layer, &key);
}
