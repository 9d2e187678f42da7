/* SPDX-License-Identifier: Apache-2.0 */
/* replaces.c — an INVITE that takes the place of a leg (RFC 3891), as the one to whom a call is
 * transferred sends it: it goes to the phone at the leg's other end, and names the dialog that this
 * phone knows. The phone hangs up what it replaces, and that reaches the leg as any BYE does. */
#include "app/b2bua/private.h"

bool replaces_parse(struct pv_span value, struct replaces *ret)
{
	const char *semicolon = pv_span_find(value, ';');
	if (!semicolon)
		return false;
	struct pv_span params = pv_span_from(semicolon, pv_span_end(value));
	ret->call_id = pv_span_trim(pv_span_from(value.at, semicolon));
	ret->is_early_only = pv_params_find(params, PV_SPAN("early-only"), NULL);
	return pv_params_find(params, PV_SPAN("to-tag"), &ret->to_tag) &&
	       pv_params_find(params, PV_SPAN("from-tag"), &ret->from_tag);
}

/* RFC 3891 §6.1: one value. */
static bool read(const struct pv_message *m, struct replaces *ret)
{
	return m->fields[m->first[PV_HEADER_REPLACES]].next == PV_NO_FIELD &&
	       replaces_parse(pv_message_value(m, PV_HEADER_REPLACES), ret);
}

/* The leg that one of the tags names. `ret_theirs` is the other end's, and so is the name: their
 * "to" is our own tag (§3). Or somebody was given the name as the phone knows it, by a REFER that
 * we carried (refer.c). */
static bool names_leg(
	struct b2bua *b, const struct replaces *replaces, uint64_t *ret_handle, bool *ret_theirs)
{
	*ret_theirs =
		dialog_tag_read(b->at.tag_key, replaces->to_tag, replaces->call_id, ret_handle);
	return *ret_theirs ||
	       dialog_tag_read(b->at.tag_key, replaces->from_tag, replaces->call_id, ret_handle);
}

/* Where the leg lives that is named; -1: nobody was ever told such a name. */
int replaces_home(struct b2bua *b, const struct replaces *replaces)
{
	uint64_t handle;
	bool theirs;
	if (!names_leg(b, replaces, &handle, &theirs))
		return -1;
	return (int)worker_home(b->at.worker->group, replaces->call_id);
}

bool replaces_is_elsewhere(const struct b2bua *b, int home)
{
	return home >= 0 && home != (int)b->at.worker->index && b->at.peers;
}

/* What is to be replaced: a dialog of the phone that will get the INVITE. */
struct found {
	const struct leg *leg; /* NULL: there is none */
	unsigned face;         /* of a caller who has no final answer: which of its dialogs */
	bool is_over;          /* there was one */
};

/* The phone at the other end of the leg. While it rings it has no leg at the bridge yet; and its
 * caller has an early dialog with it once he has heard of it. */
static struct found phone_of(
	struct b2bua *b, const struct bridge *bridge, const struct leg *leg, uint64_t handle)
{
	if (bridge->state == BRIDGE_TALKING)
		return (struct found){.leg = leg_other(b, leg)};
	if (bridge->state != BRIDGE_CALLING)
		return (struct found){.is_over = true};
	if (leg->side == SIDE_CALLER)
		return (struct found){.leg = face_find(b, bridge, face_number(handle))};
	if (!leg->face || leg->is_left)
		return (struct found){.leg = NULL};
	return (struct found){.leg = leg_get(b, bridge->legs[SIDE_CALLER]), .face = leg->face};
}

/* On the worker where both live. */
static struct found find(struct b2bua *b, const struct replaces *replaces)
{
	uint64_t handle;
	bool theirs;
	if (!names_leg(b, replaces, &handle, &theirs))
		return (struct found){.leg = NULL};
	struct leg *leg = leg_get(b, face_leg(handle));
	struct bridge *bridge = leg ? bridge_get(b, leg->bridge) : NULL;
	if (!bridge)
		return (struct found){.is_over = true}; /* we made that tag for somebody */
	struct dialog_texts texts = dialog_texts(&leg->dialog);
	struct pv_span far = theirs ? replaces->from_tag : replaces->to_tag;
	if (!pv_span_equal(texts.call_id, replaces->call_id) || !far.length ||
		!pv_span_equal(texts.remote_tag, far))
		return (struct found){.leg = NULL};
	if (theirs)
		return phone_of(b, bridge, leg, handle);
	bool talks = bridge->state == BRIDGE_TALKING;
	bool is_its = talks && bridge->legs[leg->side] == face_leg(handle);
	return (struct found){.leg = is_its ? leg : NULL};
}

static struct pv_ref keep(struct pv_writer *w, struct pv_span text)
{
	struct pv_ref ref = {(uint16_t)pv_writer_length(w), (uint16_t)text.length};
	pv_put(w, text);
	return ref;
}

/* The dialog as its phone knows it. */
static struct pv_ref keep_name(
	struct pv_writer *w, const struct dialog_texts *texts, const struct replaces *replaces)
{
	struct pv_ref ref = {(uint16_t)pv_writer_length(w), 0};
	pv_put(w, texts->call_id);
	pv_put_text(w, ";to-tag=");
	pv_put(w, texts->remote_tag);
	pv_put_text(w, ";from-tag=");
	pv_put(w, texts->local_tag);
	if (replaces->is_early_only)
		pv_put_text(w, ";early-only");
	ref.length = (uint16_t)(pv_writer_length(w) - ref.at);
	return ref;
}

void replaces_look_up(struct b2bua *b, const struct replaces *replaces, struct replaced *ret)
{
	const struct found found = find(b, replaces);
	const struct leg *leg = found.leg;
	char tag[DIALOG_TAG_LENGTH];
	ret->is_there = leg;
	ret->is_over = found.is_over;
	if (!leg)
		return;
	struct dialog_texts texts = dialog_texts(&leg->dialog);
	struct pv_writer w;
	if (found.face)
		texts.local_tag = face_tag(b, leg, found.face, tag);
	pv_writer_init(&w, ret->text, sizeof(ret->text));
	ret->target = keep(&w, texts.target);
	ret->routes = keep(&w, texts.routes);
	ret->name = keep_name(&w, &texts, replaces);
	ret->rings = leg->state == LEG_SETUP && leg->side == SIDE_CALLEE;
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
	char text[REFER_NAME_ROOM];
	if (pv_message_parse(&b->arrived, bytes->bytes, bytes->length, true) > 0 &&
		(b->arrived.method == PV_METHOD_REFER ? refer_read(&b->arrived, text, &replaces)
						      : read(&b->arrived, &replaces)))
		replaces_look_up(b, &replaces, &query->replaced);
	query->task.run = come_in_again;
	worker_post(query->asker->at.worker, &query->task.mail);
}

bool replaces_ask(struct b2bua *b, const struct incoming *incoming, unsigned home)
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

bool replaces_admit(struct b2bua *b, struct incoming *incoming)
{
	struct replaced *replaced = &b->replaced;
	struct replaces replaces;
	/* who knows a dialog's tags was told them; who he is he proves as for any call */
	if (!proxy_validate(b->at.proxy, incoming))
		return false;
	if (!read(incoming->message, &replaces))
		return refuse(b, incoming, 400);
	int home = replaces_home(b, &replaces);
	if (home < 0)
		return refuse(b, incoming, 481); /* nobody is asked for what was never said */
	bool is_elsewhere = replaces_is_elsewhere(b, home);
	if (is_elsewhere && !b->answer) {
		if (!replaces_ask(b, incoming, (unsigned)home))
			proxy_reply_busy(b->at.proxy, NULL, incoming->message, incoming->from);
		return false;
	}
	if (!proxy_identify(b->at.proxy, incoming))
		return false;
	if (is_elsewhere)
		*replaced = b->answer->replaced;
	else
		replaces_look_up(b, &replaces, replaced);
	/* RFC 3891 §3: what is over is declined; one that rings is for its caller to replace, and
	 * his is the other end */
	if (!replaced->is_there || replaced->rings)
		return refuse(b, incoming, replaced->is_over ? 603 : 481);
	incoming->targets[0] = (struct target){.uri = replaced_text(replaced, replaced->target),
		.routes = replaced_text(replaced, replaced->routes),
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
	struct pv_span name = replaced_text(&b->replaced, b->replaced.name);
	if (!b->replaced.is_there)
		return true;
	bridge->replaces = buffer_take(&b->at.worker->buffers, name.length);
	if (!bridge->replaces)
		return false;
	memcpy(bridge->replaces->bytes, name.at, name.length);
	bridge->replaces->length = (uint32_t)name.length;
	return true;
}
