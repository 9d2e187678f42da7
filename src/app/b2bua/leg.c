/* SPDX-License-Identifier: Apache-2.0 */
/* leg.c — one dialog of ours: made, moved through its machine, freed. */
#include "app/b2bua/private.h"

#include <errno.h>

#include "call/end.h"

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
	b->lingering -= leg->lingers;
	alarm_cancel(&leg->alarm);
	alarm_cancel(&leg->restore);
	list_remove(&leg->link);
	accepted_done(&leg->accepted, &b->at.worker->buffers);
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

int leg_of_caller(struct b2bua *b, struct leg *leg, const struct incoming *incoming)
{
	const struct pv_message *m = incoming->message;
	leg->asked_cseq = m->cseq;
	leg->dialog.has_path = proxy_must_pin_caller(incoming);
	leg_note(b, leg, m);
	return dialog_begin(b->at.worker, &leg->dialog, b->at.tag_key, slab_handle(&b->legs, leg),
		m, incoming->from);
}

#define ROUTES_ROOM 8192

/* Path of the binding, then what is left of the caller's own route. */
static struct pv_span routes_of(struct b2bua *b, const struct fork_request *request)
{
	const struct incoming *incoming = request->incoming;
	struct pv_values walk;
	struct pv_span value;
	struct pv_writer w;
	unsigned at = 0;
	char *room = arena_take(&b->at.worker->scratch, ROUTES_ROOM);
	pv_writer_init(&w, room, room ? ROUTES_ROOM : 0);
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
	char tag[DIALOG_TAG_LENGTH], call_id[DIALOG_CALL_ID_LENGTH];
	struct dialog_texts texts = {.target = request->uri};
	size_t mark = arena_mark(&b->at.worker->scratch);
	texts.call_id = dialog_call_id(b->at.worker, call_id);
	texts.local_tag = dialog_tag(b->at.tag_key, slab_handle(&b->legs, leg), texts.call_id, tag);
	texts.local = dialog_address(b->at.worker, &m->from, texts.local_tag);
	texts.remote = dialog_address(b->at.worker, &m->to, (struct pv_span){NULL, 0});
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
	leg_note(b, leg, response);
	return dialog_learn(b->at.worker, &leg->dialog, response);
}

static void drop_sdp(struct b2bua *b, struct leg_sdp *sdp)
{
	drop(b, &sdp->bytes);
	sdp->length = 0;
}

void leg_note(struct b2bua *b, struct leg *leg, const struct pv_message *message)
{
	leg->knows_from_change |=
		session_lists(message, PV_HEADER_SUPPORTED, PV_SPAN("from-change"));
	if (!pv_message_has(message, PV_HEADER_ALLOW))
		return;
	leg->has_update = session_lists(message, PV_HEADER_ALLOW, PV_SPAN("UPDATE"));
}

void leg_keep_sdp(struct b2bua *b, struct leg *leg, const struct pv_message *message,
	const struct call_media_result *media)
{
	struct pv_span type = pv_message_value(message, PV_HEADER_CONTENT_TYPE);
	struct pv_writer w;
	drop_sdp(b, &leg->sdp_offered);
	if (!message->body.length || !pv_span_starts_with_nocase(type, PV_SPAN("application/sdp")))
		return;
	size_t length = call_media_body_length(media, message);
	struct buffer *bytes = buffer_take(&b->at.worker->buffers, length + message->body.length);
	if (!bytes)
		return; /* a refresh is then an OPTIONS, and what cannot be put back ends the call
			 */
	pv_writer_init(&w, bytes->bytes, buffer_capacity(bytes));
	call_media_body_write(media, message, &w);
	pv_put(&w, pv_message_span(message, message->body));
	bytes->length = (uint32_t)pv_writer_length(&w);
	leg->sdp_offered = (struct leg_sdp){
		bytes, (uint32_t)length, media->is_forwarded || description_is_forwarded(message)};
}

void leg_settle_sdp(struct b2bua *b, struct leg *leg, bool is_taken)
{
	if (is_taken && leg->sdp_offered.bytes) {
		alarm_cancel(&leg->restore); /* they have agreed anew */
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
		accepted_done(&leg->accepted, &b->at.worker->buffers);
	if (actions & LEG_START_RESEND)
		accepted_start(&leg->accepted, &b->alarms, TIMER_RESEND, b->config.t1);
	if (actions & LEG_END_ASKED)
		exchange_terminate(b, exchange_get(b, leg->asked));
	if (actions & LEG_SEND_ACK)
		own_ack(b, leg, event == LEG_WE_ACK ? message : NULL);
	if (actions & LEG_SEND_BYE)
		own_bye(b, leg, event == LEG_WE_LEAVE ? message : NULL);
	if (actions & LEG_TELL_LEFT)
		bridge_leg_left(b, leg);
	if ((actions & LEG_FREE) && leg_get(b, handle) && !linger_begin(b, leg))
		leg_free(b, leg);
	return actions;
}

void leg_leave(struct b2bua *b, struct leg *leg, unsigned why, const struct pv_message *bye)
{
	leg->why = (uint8_t)why;
	leg_step(b, leg, LEG_WE_LEAVE, bye);
}
