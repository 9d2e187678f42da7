/* SPDX-License-Identifier: Apache-2.0 */
/* leg.c — one dialog of ours: made, moved through its machine, freed. */
#include "app/b2bua/private.h"

#include <errno.h>

#include "base/random.h"

struct leg *leg_new(struct b2bua *b, uint64_t bridge, enum bridge_side side)
{
	struct leg *leg = slab_take(&b->legs);
	if (!leg)
		return NULL;
	memset(leg, 0, sizeof(*leg));
	leg->bridge = bridge;
	leg->side = (uint8_t)side;
	leg->state = LEG_SETUP;
	b2bua_gauge(b);
	return leg;
}

static void drop(struct b2bua *b, struct buffer **bytes)
{
	buffer_unref(&b->at.worker->buffers, *bytes);
	*bytes = NULL;
}

void leg_free(struct b2bua *b, struct leg *leg)
{
	media_end(b, leg);
	b2bua_timer_cancel(&leg->resend);
	b2bua_timer_cancel(&leg->alarm);
	list_remove(&leg->link);
	drop(b, &leg->ok);
	drop(b, &leg->ack);
	drop(b, &leg->sdp.bytes);
	drop(b, &leg->sdp_offered.bytes);
	dialog_done(&b->at.worker->buffers, &leg->dialog);
	slab_give(&b->legs, leg);
	b2bua_gauge(b);
}

static int store(struct b2bua *b, struct leg *leg, const struct dialog_texts *texts)
{
	return dialog_store(&b->at.worker->buffers, &leg->dialog, texts);
}

static struct pv_span our_tag(const struct b2bua *b, const struct leg *leg, struct pv_span call_id,
	char text[DIALOG_TAG_LENGTH])
{
	struct pv_writer w;
	pv_writer_init(&w, text, DIALOG_TAG_LENGTH);
	dialog_tag_write(b->at.tag_key, slab_handle(&b->legs, leg), call_id, &w);
	return pv_writer_span(&w);
}

/* An address of the INVITE with our tag, in the worker's scratch. */
static struct pv_span tagged(struct b2bua *b, const struct pv_address *address, struct pv_span tag)
{
	size_t room = address->whole.length + tag.length + 16;
	char *text = arena_take(&b->at.worker->scratch, room);
	struct pv_writer w;
	if (!text)
		return (struct pv_span){NULL, 0};
	pv_writer_init(&w, text, room);
	dialog_put_address(&w, address, tag);
	return w.overflow ? (struct pv_span){NULL, 0} : pv_writer_span(&w);
}

int leg_of_caller(struct b2bua *b, struct leg *leg, const struct incoming *incoming)
{
	const struct pv_message *m = incoming->message;
	struct dialog_texts texts = {0};
	char tag[DIALOG_TAG_LENGTH];
	struct pv_writer routes;
	pv_writer_init(&routes, b->routes, sizeof(b->routes));
	if (dialog_texts_of_request(m, &routes, &texts) < 0)
		return -EINVAL;
	size_t mark = arena_mark(&b->at.worker->scratch);
	texts.local_tag = our_tag(b, leg, m->call_id, tag);
	texts.local = tagged(b, &m->to, texts.local_tag);
	leg->dialog.has_remote_cseq = true;
	leg->dialog.remote_cseq = leg->asked_cseq = m->cseq;
	leg->dialog.has_path = proxy_must_pin_caller(incoming);
	leg->dialog.path = *incoming->from;
	leg_note(b, leg, m);
	int error = texts.local.length ? store(b, leg, &texts) : -ENOBUFS;
	arena_rewind(&b->at.worker->scratch, mark);
	return error;
}

/* Random until it is one that lives on this worker, so that both legs of a call do. */
#define CALL_ID_LENGTH 32
static struct pv_span home_call_id(const struct b2bua *b, char text[CALL_ID_LENGTH])
{
	struct pv_span call_id;
	struct pv_writer w;
	do {
		uint64_t random[2] = {random_u64(), random_u64()};
		pv_writer_init(&w, text, CALL_ID_LENGTH);
		pv_put_hex_bytes(&w, random, sizeof(random));
		call_id = pv_writer_span(&w);
	} while (worker_home(b->at.worker->group, call_id) != b->at.worker->index);
	return call_id;
}

/* Path of the binding, then what is left of the caller's own route. */
static struct pv_span routes_of(struct b2bua *b, const struct fork_request *request)
{
	const struct incoming *incoming = request->incoming;
	struct pv_values walk;
	struct pv_span value;
	struct pv_writer w;
	unsigned at = 0;
	pv_writer_init(&w, b->routes, sizeof(b->routes));
	pv_put(&w, request->routes);
	pv_values_begin(&walk, incoming->message, PV_HEADER_ROUTE);
	while (pv_values_next(&walk, &value)) {
		if (at++ < incoming->routes_gone || incoming->last_route.at == value.at)
			continue;
		if (pv_writer_length(&w))
			pv_put_text(&w, ", ");
		pv_put(&w, value);
	}
	return w.overflow ? (struct pv_span){NULL, 0} : pv_writer_span(&w);
}

int leg_of_callee(struct b2bua *b, struct leg *leg, const struct fork_request *request)
{
	const struct pv_message *m = request->incoming->message;
	char tag[DIALOG_TAG_LENGTH], call_id[CALL_ID_LENGTH];
	struct dialog_texts texts = {.target = request->uri};
	size_t mark = arena_mark(&b->at.worker->scratch);
	texts.call_id = home_call_id(b, call_id);
	texts.local_tag = our_tag(b, leg, texts.call_id, tag);
	texts.local = tagged(b, &m->from, texts.local_tag);
	texts.remote = tagged(b, &m->to, (struct pv_span){NULL, 0});
	texts.routes = routes_of(b, request);
	leg->branch = (uint8_t)request->branch;
	bool fits = texts.local.length && texts.remote.length;
	int error = fits ? store(b, leg, &texts) : -ENOBUFS;
	arena_rewind(&b->at.worker->scratch, mark);
	return error;
}

int leg_of_lost(struct b2bua *b, struct leg *leg, const struct pv_message *response)
{
	const struct dialog_texts texts = {.call_id = response->call_id,
		.local = response->from.whole,
		.local_tag = response->from_tag};
	leg->dialog.local_cseq = leg->invite_cseq = response->cseq;
	leg->was_offered = true;
	return store(b, leg, &texts);
}

int leg_of_stray(struct b2bua *b, struct leg *leg, const struct leg *like)
{
	struct dialog_texts texts = dialog_texts(&like->dialog);
	leg->dialog = like->dialog;
	leg->dialog.text = NULL;
	leg->invite_cseq = like->invite_cseq;
	leg->was_offered = like->was_offered;
	return store(b, leg, &texts);
}

int leg_learn(struct b2bua *b, struct leg *leg, const struct pv_message *response)
{
	struct dialog_texts texts = dialog_texts(&leg->dialog);
	struct dialog_texts heard = {0};
	struct pv_writer routes;
	pv_writer_init(&routes, b->routes, sizeof(b->routes));
	if (dialog_texts_of_response(response, &routes, &heard) == 0) {
		texts.target = heard.target;
		texts.routes = heard.routes;
	}
	texts.remote = response->to.whole;
	texts.remote_tag = response->to_tag;
	leg_note(b, leg, response);
	return store(b, leg, &texts);
}

static void drop_sdp(struct b2bua *b, struct leg_sdp *sdp)
{
	drop(b, &sdp->bytes);
	sdp->length = 0;
}

void leg_note(struct b2bua *b, struct leg *leg, const struct pv_message *message)
{
	if (!pv_message_has(message, PV_HEADER_ALLOW))
		return;
	leg->has_update = session_lists(message, PV_HEADER_ALLOW, PV_SPAN("UPDATE"));
	if (!leg->has_update)
		return;
	drop_sdp(b, &leg->sdp);
	drop_sdp(b, &leg->sdp_offered);
}

void leg_keep_sdp(struct b2bua *b, struct leg *leg, const struct pv_message *message,
	const struct call_media_result *media)
{
	struct pv_span type = pv_message_value(message, PV_HEADER_CONTENT_TYPE);
	struct pv_writer w;
	drop_sdp(b, &leg->sdp_offered);
	if (leg->has_update || !message->body.length ||
		!pv_span_starts_with_nocase(type, PV_SPAN("application/sdp")))
		return;
	size_t length = call_media_body_length(media, message);
	struct buffer *bytes = buffer_take(&b->at.worker->buffers, length + message->body.length);
	if (!bytes)
		return; /* the one before is as good as none: it is only what a refresh repeats */
	pv_writer_init(&w, bytes->bytes, buffer_capacity(bytes));
	call_media_body_write(media, message, &w);
	pv_put(&w, pv_message_span(message, message->body));
	bytes->length = (uint32_t)pv_writer_length(&w);
	leg->sdp_offered = (struct leg_sdp){bytes, (uint32_t)length, media_is_forwarded(message)};
}

void leg_settle_sdp(struct b2bua *b, struct leg *leg, bool is_taken)
{
	if (is_taken && leg->sdp_offered.bytes) {
		drop_sdp(b, &leg->sdp);
		leg->sdp = leg->sdp_offered;
		leg->sdp_offered = (struct leg_sdp){0};
	}
	drop_sdp(b, &leg->sdp_offered);
}

struct leg *leg_other(struct b2bua *b, const struct leg *leg)
{
	struct bridge *bridge = bridge_get(b, leg->bridge);
	if (!bridge)
		return NULL;
	if (leg->side == SIDE_CALLEE)
		return leg_get(b, bridge->legs[SIDE_CALLER]);
	return leg_get(b, bridge->legs[SIDE_CALLEE]);
}

static void start_resend(struct b2bua *b, struct leg *leg)
{
	uint64_t now = b->at.worker->now_ms;
	leg->ok_wait_ms = b->config.t1;
	leg->ok_end_ms = now + 64 * (uint64_t)b->config.t1;
	b2bua_timer_arm(b, &leg->resend, TIMER_RESEND, now + leg->ok_wait_ms);
}

static void stop_resend(struct b2bua *b, struct leg *leg)
{
	b2bua_timer_cancel(&leg->resend);
	drop(b, &leg->ok);
}

unsigned leg_step(
	struct b2bua *b, struct leg *leg, enum leg_event event, const struct pv_message *message)
{
	const struct b2bua_cell *cell = &leg_cells[leg->state][event];
	if (!cell->live) {
		metrics_add(METRIC_b2bua_ignored, 1);
		return 0;
	}
	uint64_t handle = slab_handle(&b->legs, leg);
	unsigned actions = cell->actions;
	leg->state = cell->next;
	if (actions & LEG_STOP_RESEND)
		stop_resend(b, leg);
	if (actions & LEG_START_RESEND)
		start_resend(b, leg);
	if (actions & LEG_END_ASKED)
		exchange_terminate(b, exchange_get(b, leg->asked));
	if (actions & LEG_SEND_ACK)
		own_ack(b, leg, event == LEG_WE_ACK ? message : NULL);
	if (actions & LEG_SEND_BYE)
		own_bye(b, leg, event == LEG_WE_LEAVE ? message : NULL);
	if (actions & LEG_TELL_LEFT)
		bridge_leg_left(b, leg);
	if ((actions & LEG_FREE) && leg_get(b, handle))
		leg_free(b, leg);
	return actions;
}

void leg_leave(struct b2bua *b, struct leg *leg, unsigned why, const struct pv_message *bye)
{
	leg->why = (uint8_t)why;
	leg_step(b, leg, LEG_WE_LEAVE, bye);
}
