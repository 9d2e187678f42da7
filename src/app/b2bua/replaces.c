/* SPDX-License-Identifier: Apache-2.0 */
/* replaces.c — an INVITE that takes the place of a leg (RFC 3891), as the one to whom a call is
 * transferred sends it: it goes to the phone at the leg's other end, and names the dialog that this
 * phone knows. The phone hangs up what it replaces, and that reaches the leg as any BYE does. */
#include "app/b2bua/private.h"

struct replaces {
	struct pv_span call_id, to_tag, from_tag;
};

/* RFC 3891 §6.1: one value, of which both tags must be there. */
static bool read(const struct pv_message *m, struct replaces *ret)
{
	struct pv_span value = pv_message_value(m, PV_HEADER_REPLACES);
	const char *semicolon = pv_span_find(value, ';');
	if (!semicolon || m->fields[m->first[PV_HEADER_REPLACES]].next != PV_NO_FIELD)
		return false;
	struct pv_span params = pv_span_from(semicolon, pv_span_end(value));
	ret->call_id = pv_span_trim(pv_span_from(value.at, semicolon));
	return pv_params_find(params, PV_SPAN("to-tag"), &ret->to_tag) &&
	       pv_params_find(params, PV_SPAN("from-tag"), &ret->from_tag);
}

/* The other end of the leg that is named; NULL and what is to be answered. The tag that is theirs
 * for "to" is our own (§3). */
static struct leg *find(struct b2bua *b, const struct replaces *replaces, unsigned *ret_status)
{
	uint64_t handle;
	*ret_status = 481;
	if (!dialog_tag_read(b->at.tag_key, replaces->to_tag, replaces->call_id, &handle))
		return NULL;
	if (worker_home(b->at.worker->group, replaces->call_id) != b->at.worker->index) {
		metrics_add(METRIC_b2bua_replaces_elsewhere, 1);
		*ret_status = 500;
		return NULL;
	}
	struct leg *leg = leg_get(b, handle);
	struct bridge *bridge = leg ? bridge_get(b, leg->bridge) : NULL;
	if (!bridge || bridge->state != BRIDGE_TALKING)
		return NULL;
	struct dialog_texts texts = dialog_texts(&leg->dialog);
	bool is_its = pv_span_equal(texts.call_id, replaces->call_id) &&
		      pv_span_equal(texts.remote_tag, replaces->from_tag);
	return is_its ? leg_other(b, leg) : NULL;
}

static bool refuse(struct b2bua *b, const struct incoming *incoming, unsigned status)
{
	proxy_reply(b->at.proxy, NULL, incoming->message, incoming->from, status, PV_SPAN(""),
		PV_SPAN(""));
	return false;
}

bool replaces_admit(struct b2bua *b, struct incoming *incoming)
{
	struct replaces replaces;
	unsigned status;
	/* who knows a dialog's tags was told them; who he is he proves as for any call */
	if (!proxy_validate(b->at.proxy, incoming) || !proxy_identify(b->at.proxy, incoming))
		return false;
	if (!read(incoming->message, &replaces))
		return refuse(b, incoming, 400);
	struct leg *other = find(b, &replaces, &status);
	if (!other)
		return refuse(b, incoming, status);
	struct dialog_texts texts = dialog_texts(&other->dialog);
	incoming->targets[0] = (struct target){.uri = texts.target,
		.routes = texts.routes,
		.path = other->dialog.path,
		.has_path = other->dialog.has_path,
		.pin = other->dialog.has_path,
		.q = 1000};
	incoming->target_count = 1;
	b->replaced = slab_handle(&b->legs, other);
	metrics_add(METRIC_b2bua_replaces, 1);
	return true;
}

/* Require, so that a phone that does not know Replaces refuses instead of ringing. */
void replaces_write(struct b2bua *b, uint64_t replaced, struct pv_writer *w)
{
	struct leg *leg = leg_get(b, replaced);
	if (!leg)
		return;
	struct dialog_texts texts = dialog_texts(&leg->dialog);
	pv_put_text(w, "Require: replaces\r\nReplaces: ");
	pv_put(w, texts.call_id);
	pv_put_text(w, ";to-tag=");
	pv_put(w, texts.remote_tag);
	pv_put_text(w, ";from-tag=");
	pv_put(w, texts.local_tag);
	pv_put_text(w, "\r\n");
}
