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

/* The other end of the leg that is named, on the worker where both live; NULL: there is none. The
 * tag that is theirs for "to" is our own (§3). */
static const struct leg *find(struct b2bua *b, const struct replaces *replaces)
{
	uint64_t handle;
	if (!dialog_tag_read(b->at.tag_key, replaces->to_tag, replaces->call_id, &handle))
		return NULL;
	struct leg *leg = leg_get(b, face_leg(handle));
	struct bridge *bridge = leg ? bridge_get(b, leg->bridge) : NULL;
	if (!bridge || bridge->state != BRIDGE_TALKING)
		return NULL;
	struct dialog_texts texts = dialog_texts(&leg->dialog);
	bool is_its = pv_span_equal(texts.call_id, replaces->call_id) &&
		      pv_span_equal(texts.remote_tag, replaces->from_tag);
	return is_its ? leg_other(b, leg) : NULL;
}

static struct pv_ref keep(struct pv_writer *w, struct pv_span text)
{
	struct pv_ref ref = {(uint16_t)pv_writer_length(w), (uint16_t)text.length};
	pv_put(w, text);
	return ref;
}

/* Require, so that a phone that does not know Replaces refuses instead of ringing. */
static void put_lines(struct pv_writer *w, const struct dialog_texts *texts)
{
	pv_put_text(w, "Require: replaces\r\nReplaces: ");
	pv_put(w, texts->call_id);
	pv_put_text(w, ";to-tag=");
	pv_put(w, texts->remote_tag);
	pv_put_text(w, ";from-tag=");
	pv_put(w, texts->local_tag);
	pv_put_text(w, "\r\n");
}

static void look_up(struct b2bua *b, const struct replaces *replaces, struct replaced *ret)
{
	const struct leg *leg = find(b, replaces);
	ret->is_there = leg;
	if (!leg)
		return;
	struct dialog_texts texts = dialog_texts(&leg->dialog);
	struct pv_writer w;
	pv_writer_init(&w, ret->text, sizeof(ret->text));
	ret->target = keep(&w, texts.target);
	ret->routes = keep(&w, texts.routes);
	ret->lines.at = (uint16_t)pv_writer_length(&w);
	put_lines(&w, &texts);
	ret->lines.length = (uint16_t)(pv_writer_length(&w) - ret->lines.at);
	ret->path = leg->dialog.path;
	ret->has_path = leg->dialog.has_path;
	ret->is_there = !w.overflow;
}

/* ---- the leg lives on another worker: it is asked there ---- */

/* Back home: the INVITE comes in once more, and finds its answer. */
static void come_in_again(struct worker *worker, struct worker_task *task)
{
	struct replaces_query *query = container_of(task, struct replaces_query, task);
	struct b2bua *b = query->asker;
	const struct buffer *bytes = query->message;
	if (pv_message_parse(&b->arrived, bytes->bytes, bytes->length, true) > 0) {
		b->answer = query;
		transaction_receive(b->at.transactions, &b->arrived, &query->from);
		b->answer = NULL;
	}
	buffer_unref(&worker->buffers, query->message);
	slab_give(&b->queries, query);
}

/* On the worker where the leg lives. It reads the asker's bytes, which nobody changes meanwhile. */
static void look_up_here(struct worker *worker, struct worker_task *task)
{
	struct replaces_query *query = container_of(task, struct replaces_query, task);
	struct b2bua *b = query->asker->at.peers[worker->index];
	const struct buffer *bytes = query->message;
	struct replaces replaces;
	if (pv_message_parse(&b->arrived, bytes->bytes, bytes->length, true) > 0 &&
		read(&b->arrived, &replaces))
		look_up(b, &replaces, &query->replaced);
	query->task.run = come_in_again;
	worker_post(query->asker->at.worker, &query->task.mail);
}

/* Until the answer comes there is no transaction: it takes microseconds. False: no room. */
static bool ask(struct b2bua *b, const struct incoming *incoming, unsigned home)
{
	const struct pv_message *m = incoming->message;
	struct replaces_query *query = slab_take(&b->queries);
	struct buffer *bytes = query ? buffer_take(&b->at.worker->buffers, m->length) : NULL;
	if (!bytes) {
		slab_give(&b->queries, query);
		return false;
	}
	memset(query, 0, sizeof(*query));
	memcpy(bytes->bytes, m->bytes, m->length);
	bytes->length = m->length;
	query->asker = b;
	query->message = bytes;
	query->from = *incoming->from;
	query->task.mail.kind = MAIL_TASK;
	query->task.run = look_up_here;
	metrics_add(METRIC_b2bua_replaces_elsewhere, 1);
	worker_post(&b->at.worker->group->workers[home], &query->task.mail);
	return true;
}

/* ---- an INVITE with Replaces ---- */

static bool refuse(struct b2bua *b, const struct incoming *incoming, unsigned status)
{
	proxy_reply(b->at.proxy, NULL, incoming->message, incoming->from, status, PV_SPAN(""),
		PV_SPAN(""));
	return false;
}

static struct pv_span text_of(const struct replaced *replaced, struct pv_ref ref)
{
	return (struct pv_span){replaced->text + ref.at, ref.length};
}

bool replaces_admit(struct b2bua *b, struct incoming *incoming)
{
	struct replaced *replaced = &b->replaced;
	struct replaces replaces;
	/* who knows a dialog's tags was told them; who he is he proves as for any call */
	if (!proxy_validate(b->at.proxy, incoming))
		return false;
	if (!read(incoming->message, &replaces))
		return refuse(b, incoming, 400);
	uint64_t handle;
	if (!dialog_tag_read(b->at.tag_key, replaces.to_tag, replaces.call_id, &handle))
		return refuse(b, incoming, 481); /* nobody is asked for what was never said */
	unsigned home = worker_home(b->at.worker->group, replaces.call_id);
	bool is_elsewhere = home != b->at.worker->index && b->at.peers;
	if (is_elsewhere && !b->answer) {
		if (!ask(b, incoming, home))
			proxy_reply_busy(b->at.proxy, NULL, incoming->message, incoming->from);
		return false;
	}
	if (!proxy_identify(b->at.proxy, incoming))
		return false;
	if (is_elsewhere)
		*replaced = b->answer->replaced;
	else
		look_up(b, &replaces, replaced);
	if (!replaced->is_there)
		return refuse(b, incoming, 481);
	incoming->targets[0] = (struct target){.uri = text_of(replaced, replaced->target),
		.routes = text_of(replaced, replaced->routes),
		.path = replaced->path,
		.has_path = replaced->has_path,
		.pin = replaced->has_path,
		.q = 1000};
	incoming->target_count = 1;
	metrics_add(METRIC_b2bua_replaces, 1);
	return true;
}

bool replaces_keep(struct b2bua *b, struct bridge *bridge)
{
	struct pv_span lines = text_of(&b->replaced, b->replaced.lines);
	if (!b->replaced.is_there)
		return true;
	bridge->replaces = buffer_take(&b->at.worker->buffers, lines.length);
	if (!bridge->replaces)
		return false;
	memcpy(bridge->replaces->bytes, lines.at, lines.length);
	bridge->replaces->length = (uint32_t)lines.length;
	return true;
}
