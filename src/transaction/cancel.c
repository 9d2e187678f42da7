/* SPDX-License-Identifier: Apache-2.0 */
/* cancel.c — the CANCEL of an INVITE that we sent: a NICT that hangs off the INVITE's transaction
 * (RFC 3261 §9.1). */
#include <portavoz/build.h>

#include "transaction/layer.h"

/*
 * The CANCEL carries the branch of its INVITE, so its response finds the INVITE's slot and from
 * there the NICT. Until the first 1xx it waits in IDLE. It never outlives its INVITE: after that
 * there is nothing to cancel.
 */

static struct transaction *cancel_of(
	struct transaction_layer *layer, const struct transaction *invite)
{
	return invite->cancel == NO_SLOT ? NULL : slab_at(&layer->slab, invite->cancel);
}

static struct pv_span build(const struct step *step)
{
	struct transaction_layer *layer = step->layer;
	struct buffer *invite = step->transaction->bytes;
	struct pv_writer w;
	pv_writer_init(&w, layer->scratch, sizeof(layer->scratch));
	pv_message_parse(&layer->scratch_message, invite->bytes, invite->length, true);
	pv_build_cancel(&w, &layer->scratch_message, step->reason);
	return w.overflow ? (struct pv_span){0} : pv_writer_span(&w);
}

/* In IDLE, with its bytes; NULL when there is no room. */
static struct transaction *make(const struct step *step, struct pv_span text)
{
	struct transaction_layer *layer = step->layer;
	struct transaction *invite = step->transaction;
	struct transaction *t = layer_take(layer, PV_METHOD_CANCEL, false, 0);
	if (!t)
		return NULL;
	t->flags = FLAG_OWN;
	t->path = invite->path;
	t->peer = slab_handle(&layer->slab, invite);
	t->bytes = buffer_take(&layer->worker->buffers, text.length);
	if (!t->bytes) {
		layer_release(layer, t);
		return NULL;
	}
	memcpy(t->bytes->bytes, text.at, text.length);
	t->bytes->length = (uint32_t)text.length;
	invite->cancel = slab_index(&layer->slab, t);
	return t;
}

/* Made now, while the reason is known. Where there is no room the wish alone is kept. */
void cancel_hold(const struct step *step)
{
	if (cancel_is_held(step->transaction))
		return;
	struct pv_span text = build(step);
	if (!text.length || !make(step, text))
		step->transaction->flags |= FLAG_CANCEL;
}

bool cancel_is_held(const struct transaction *invite)
{
	return invite->cancel != NO_SLOT || (invite->flags & FLAG_CANCEL);
}

/* Without room for a transaction the CANCEL goes out once, unguarded: Timer X ends the INVITE
 * anyway. */
void cancel_send(const struct step *step)
{
	struct transaction_layer *layer = step->layer;
	struct transaction *t = cancel_of(layer, step->transaction);
	if (!t) {
		struct pv_span text = build(step);
		t = text.length ? make(step, text) : NULL;
		if (!t && text.length)
			net_send_copy(layer->net, &step->transaction->path, text);
	}
	if (t) {
		struct step send = {.layer = layer, .transaction = t, .bytes = t->bytes};
		machine_step(&send, USER_SENDS);
	}
}

void cancel_drop(struct transaction_layer *layer, struct transaction *invite)
{
	struct transaction *t = cancel_of(layer, invite);
	if (t)
		layer_release(layer, t);
}

void cancel_unlink(struct transaction_layer *layer, struct transaction *t)
{
	if (t->flags & FLAG_OWN) {
		struct transaction *invite = slab_get(&layer->slab, t->peer);
		if (invite)
			invite->cancel = NO_SLOT;
	} else {
		cancel_drop(layer, t);
	}
}
