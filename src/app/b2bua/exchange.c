/* SPDX-License-Identifier: Apache-2.0 */
/* exchange.c — a request on its way to a leg: the way is found, it is sent, its asker is answered.
 */
#include "app/b2bua/private.h"

struct exchange *exchange_new(struct b2bua *b, enum pv_method method)
{
	struct exchange *e = slab_take(&b->exchanges);
	if (!e)
		return NULL;
	memset(e, 0, sizeof(*e));
	e->b2bua = b;
	e->method = (uint8_t)method;
	return e;
}

void exchange_free(struct b2bua *b, struct exchange *e)
{
	if (!e)
		return;
	way_done(&e->way);
	buffer_unref(&b->at.worker->buffers, e->message);
	slab_give(&b->exchanges, e);
}

bool exchange_keep(struct b2bua *b, struct exchange *e, const struct pv_message *message)
{
	struct buffer *bytes = buffer_take(&b->at.worker->buffers, message->length);
	if (!bytes)
		return false;
	memcpy(bytes->bytes, message->bytes, message->length);
	bytes->length = message->length;
	e->cseq = message->cseq;
	e->message = bytes;
	return true;
}

bool exchange_keep_swapped(struct b2bua *b, struct exchange *e, const struct pv_message *message,
	const struct refer_swap *swap)
{
	struct pv_writer w;
	size_t length = message->length - swap->old.length + swap->now.length;
	struct buffer *bytes =
		length <= PV_MESSAGE_MAX ? buffer_take(&b->at.worker->buffers, length) : NULL;
	if (!bytes)
		return false;
	pv_writer_init(&w, bytes->bytes, length);
	pv_put(&w, pv_span_from(message->bytes, swap->old.at));
	pv_put(&w, swap->now);
	pv_put(&w, pv_span_from(pv_span_end(swap->old), message->bytes + message->length));
	bytes->length = (uint32_t)length;
	e->cseq = message->cseq;
	e->message = bytes;
	return true;
}

const struct pv_message *exchange_message(struct b2bua *b, const struct exchange *e)
{
	struct pv_message *m = &b->scratch;
	if (!e->message)
		return NULL;
	return pv_message_parse(m, e->message->bytes, e->message->length, true) > 0 ? m : NULL;
}

static struct exchange_end end_of(const struct leg *leg)
{
	return (struct exchange_end){leg->first, leg->has_moved};
}

void exchange_set_from(struct b2bua *b, struct exchange *e, const struct leg *from)
{
	e->from = slab_handle(&b->legs, from);
	e->from_end = end_of(from);
}

void exchange_set_to(struct b2bua *b, struct exchange *e, const struct leg *to)
{
	e->to = slab_handle(&b->legs, to);
	e->to_end = end_of(to);
}

static void follow(struct b2bua *b, uint64_t *handle, struct exchange_end *end)
{
	const struct leg *leg = leg_get(b, *handle), *first = leg_get(b, end->first);
	if (leg && leg->has_moved != end->has_moved) {
		*handle = leg->moved;
		end->has_moved = true;
	} else if (!leg && first && first->moved == *handle) {
		/* the twin has gone with the fork, and its dialog lives on */
		*handle = end->first;
		*end = (struct exchange_end){.has_moved = true};
	}
}

void exchange_follow(struct b2bua *b, struct exchange *e)
{
	follow(b, &e->from, &e->from_end);
	follow(b, &e->to, &e->to_end);
}

struct leg *exchange_speaker(struct b2bua *b, const struct exchange *e)
{
	struct leg *to = leg_get(b, e->to);
	if (!e->is_refresh)
		return leg_get(b, e->from);
	return to ? leg_other(b, to) : NULL;
}

/* ---- the way ---- */

/* The ACK of a 2xx has no transaction: it is kept, and sent again with each 2xx that comes again
 * (§13.2.2.4). */
static void send_ack(struct b2bua *b, struct exchange *e, struct leg *leg)
{
	int error;
	const struct pv_message *m = exchange_message(b, e);
	struct call_media_result media = {.verdict = CALL_MEDIA_UNCHANGED};
	const struct passing passing = {.sender = leg_other(b, leg), .other = leg, .message = m};
	bool good = !m || media_pass(b, &passing, &media);
	/* the dialog gets its ACK in any case, but no description that cannot be */
	if (!good)
		m = NULL;
	uint64_t bridge = leg->bridge;
	const struct outgoing outgoing = {
		.leg = leg,
		.method = PV_METHOD_ACK,
		.cseq = e->acks ? e->acks : leg->invite_cseq,
		.carried = m,
		.to = &e->way.path,
		.media = &media,
	};
	struct buffer *bytes = write_request(b, &outgoing, &error);
	if (bytes)
		net_send(b->at.net, &e->way.path, bytes, 0);
	if (bytes && !e->acks) {
		buffer_unref(&b->at.worker->buffers, leg->ack);
		leg->ack = buffer_ref(bytes);
		leg->ack_path = e->way.path;
	}
	buffer_unref(&b->at.worker->buffers, bytes);
	if (m) {
		leg_keep_sdp(b, leg, m, &media);
		leg_settle_sdp(b, leg, true);
	}
	bool is_lost = !bytes && m && m->body.length;
	exchange_free(b, e);
	if (!good)
		bridge_end(b, bridge_get(b, bridge), CALL_BAD_MEDIA);
	else if (is_lost)
		bridge_end(b, bridge_get(b, bridge), CALL_NO_ACK);
}

static struct pv_span rack_of(const struct exchange *e, const struct leg *leg, struct pv_writer *w)
{
	if (!e->rack)
		return (struct pv_span){NULL, 0};
	pv_put_u64(w, e->rack);
	pv_put_char(w, ' ');
	pv_put_u64(w, leg->invite_cseq);
	pv_put_text(w, " INVITE");
	return pv_writer_span(w);
}

/* A caller whose INVITE has no final answer may have several dialogs: that with the phone that
 * speaks (0 = the leg's own). False: it speaks no more, another has the call. */
static bool find_face(
	struct b2bua *b, const struct exchange *e, const struct leg *to, unsigned *ret_face)
{
	const struct leg *from = leg_get(b, e->from);
	*ret_face = 0;
	if (!from || from->side != SIDE_CALLEE || from->state != LEG_SETUP)
		return true;
	*ret_face = from->face;
	return to->state == LEG_SETUP && !from->is_left;
}

static void note_refer(struct b2bua *b, const struct exchange *e, struct leg *to)
{
	struct leg *from = leg_get(b, e->from);
	refer_note(to, e->cseq, to->dialog.local_cseq);
	to->partner = e->from;
	if (from)
		from->partner = e->to;
}

/* NULL: it cannot be sent. */
static struct buffer *write_out(struct b2bua *b, struct exchange *e, struct leg *leg,
	const struct call_media_result *media, struct transaction *client)
{
	int error;
	char rack[40];
	struct pv_writer w;
	pv_writer_init(&w, rack, sizeof(rack));
	unsigned face;
	find_face(b, e, leg, &face);
	const struct pv_message *m = e->is_refresh ? NULL : exchange_message(b, e);
	bool is_own_bye = e->method == PV_METHOD_BYE && !m;
	bool repeats = e->is_refresh && leg->sdp.bytes && e->method == PV_METHOD_INVITE;
	const struct outgoing outgoing = {
		.leg = leg,
		.face = face,
		.method = (enum pv_method)e->method,
		.cseq = ++leg->dialog.local_cseq,
		.carried = m,
		.client = client,
		.to = &e->way.path,
		.reason = is_own_bye ? why_reason(leg->why) : (struct pv_span){NULL, 0},
		.rack = rack_of(e, leg, &w),
		.session = &leg->session.terms,
		.body = repeats ? (struct pv_span){leg->sdp.bytes->bytes, leg->sdp.length}
				: (struct pv_span){NULL, 0},
		.media = media,
	};
	if (e->method == PV_METHOD_REFER)
		note_refer(b, e, leg);
	if (e->method == PV_METHOD_INVITE) {
		leg->acked_cseq = leg->ack && leg->was_offered ? leg->invite_cseq : 0;
		leg->invite_cseq = leg->dialog.local_cseq;
		leg->rseqs.their_first = 0;
		leg->client = transaction_handle(b->at.transactions, client);
		leg->was_offered = repeats || (m && media_has_description(m));
		buffer_unref(&b->at.worker->buffers, leg->ack);
		leg->ack = NULL;
	}
	if (m)
		leg_keep_sdp(b, leg, m, media);
	return write_request(b, &outgoing, &error);
}

static void keep_refusal(struct exchange *e, struct call_media_result *media)
{
	if (media->verdict != CALL_MEDIA_REFUSED)
		media->status = 488; /* an answer that had to be there is not */
	e->refusal.status = media->status;
	e->refusal.retry_after = media->retry_after;
	e->refusal.sdp_verdict = media->sdp_verdict;
}

/* What becomes of the description that it carries. False: it cannot be. */
static bool describe(
	struct b2bua *b, struct exchange *e, struct leg *to, struct call_media_result *ret)
{
	const struct pv_message *m = exchange_message(b, e);
	const struct passing passing = {.sender = exchange_speaker(b, e),
		.other = to,
		.message = m,
		.source = e->is_refresh ? NULL : &e->source};
	if (!m || !passing.sender || media_pass(b, &passing, ret))
		return true;
	keep_refusal(e, ret);
	return false;
}

static void send_out(struct b2bua *b, struct exchange *e)
{
	exchange_follow(b, e);
	struct leg *leg = leg_get(b, e->to);
	unsigned face;
	if (!leg || !find_face(b, e, leg, &face)) {
		exchange_ended(b, e, leg ? 487 : 481, NULL);
		return;
	}
	if (e->method == PV_METHOD_ACK) {
		send_ack(b, e, leg);
		return;
	}
	struct call_media_result media = {.verdict = CALL_MEDIA_UNCHANGED};
	if (!describe(b, e, leg, &media)) {
		exchange_ended(b, e, media.status, NULL);
		return;
	}
	struct transaction *client =
		transaction_client_take(b->at.transactions, (enum pv_method)e->method);
	struct buffer *bytes = client ? write_out(b, e, leg, &media, client) : NULL;
	if (!bytes) {
		if (client)
			transaction_client_drop(b->at.transactions, client);
		exchange_ended(b, e, 500, NULL);
		return;
	}
	e->client = transaction_handle(b->at.transactions, client);
	transaction_set_user_word(client, slab_handle(&b->exchanges, e), B2BUA_INDEX);
	transaction_set_peer(client, e->to | FORK_USER_MARK);
	transaction_client_send(b->at.transactions, client, bytes, &e->way.path);
	buffer_unref(&b->at.worker->buffers, bytes);
	metrics_add(METRIC_b2bua_requests, 1);
}

static void resolved(struct resolve *resolve)
{
	struct exchange *e = container_of(resolve, struct exchange, way.resolve);
	if (way_found(&e->way))
		send_out(e->b2bua, e);
	else
		exchange_ended(e->b2bua, e, 503, NULL);
}

void exchange_start(struct b2bua *b, struct exchange *e)
{
	struct leg *leg = leg_get(b, e->to);
	int found = leg ? way_find(&e->way, b->at.net, &leg->dialog, resolved) : -1;
	if (found > 0)
		send_out(b, e);
	else if (found < 0)
		exchange_ended(b, e, leg ? 503 : 481, NULL);
}

bool exchange_failover(struct b2bua *b, struct exchange *e)
{
	if (!way_next(&e->way))
		return false;
	send_out(b, e);
	return true;
}

/* ---- the answer ---- */

struct buffer *exchange_write(struct b2bua *b, struct exchange *e, unsigned status, struct leg *to,
	const struct pv_message *carried, uint32_t rseq)
{
	const struct pv_message *request = exchange_message(b, e);
	struct leg *from = leg_get(b, e->from);
	struct call_media_result media = {.verdict = CALL_MEDIA_UNCHANGED};
	if (!request || !from)
		return NULL;
	const struct passing passing = {
		.sender = to, .other = from, .message = carried, .asked_cseq = e->cseq};
	if (carried && !media_pass(b, &passing, &media)) {
		keep_refusal(e, &media);
		return NULL;
	}
	/* the INVITE that begins the call: each phone is a dialog of its own for the caller */
	struct bridge *bridge = bridge_get(b, from->bridge);
	bool is_first = bridge && from->state == LEG_SETUP && from->side == SIDE_CALLER;
	bool shows = is_first && carried && to && status > 100 && status < 300;
	if (shows)
		face_show(bridge, from, to);
	bool refreshes = request->method == PV_METHOD_INVITE || request->method == PV_METHOD_UPDATE;
	const struct call_media_result refusal = {.status = e->refusal.status,
		.retry_after = e->refusal.retry_after,
		.sdp_verdict = e->refusal.sdp_verdict};
	const struct answer answer = {
		.leg = from,
		.request = request,
		.from = &e->source,
		.status = status,
		.carried = carried,
		.session = refreshes ? &e->terms : NULL,
		.rseq = rseq,
		.face = shows && request->method == PV_METHOD_INVITE ? to->face : 0,
		.media = &media,
		.refusal = !carried && status == refusal.status ? &refusal : NULL,
	};
	if (carried) {
		leg_keep_sdp(b, from, carried, &media);
		leg_settle_sdp(b, from, true);
	}
	return write_response(b, &answer);
}

/* §15.1.2: its leg is over, but its INVITE, say, still waits. */
static bool answer_orphan(
	struct b2bua *b, const struct exchange *e, struct transaction *server, unsigned status)
{
	const struct pv_message *request = exchange_message(b, e);
	if (request && status >= 200)
		proxy_reply(b->at.proxy, server, request, &e->source, status < 300 ? 487 : status,
			PV_SPAN(""), PV_SPAN(""));
	return request && status >= 200;
}

/* Without its bytes a failure is said once, and the transaction ends. */
static void answer_without_room(
	struct b2bua *b, const struct exchange *e, struct transaction *server, unsigned status)
{
	const struct pv_message *request = exchange_message(b, e);
	metrics_add(METRIC_b2bua_answers_lost, 1);
	if (status < 200)
		return;
	if (request && status >= 300 && (status != 408 || request->method == PV_METHOD_INVITE))
		transaction_refuse(b->at.transactions, request, &e->source, status, PV_SPAN(""), 0);
	transaction_abandon(b->at.transactions, server);
}

bool exchange_answer(struct b2bua *b, struct exchange *e, unsigned status, struct leg *to,
	const struct pv_message *carried, uint32_t rseq)
{
	struct transaction *server = transaction_get(b->at.transactions, e->server);
	if (!server)
		return false;
	if (!leg_get(b, e->from))
		return answer_orphan(b, e, server, status);
	struct buffer *bytes = exchange_write(b, e, status, to, carried, rseq);
	bool is_bad = !bytes && carried && e->refusal.status;
	if (is_bad && status < 200) {
		/* nobody may believe it; what comes in the end decides */
		e->refusal.status = 0;
		return false;
	}
	if (is_bad) {
		status = e->refusal.status;
		bytes = exchange_write(b, e, status, NULL, NULL, 0);
	}
	if (!bytes) {
		answer_without_room(b, e, server, status);
		return false;
	}
	transaction_respond(b->at.transactions, server, bytes, status);
	buffer_unref(&b->at.worker->buffers, bytes);
	return !is_bad;
}

void exchange_terminate(struct b2bua *b, struct exchange *e)
{
	if (!e)
		return;
	exchange_answer(b, e, 487, NULL, NULL, 0);
	e->server = 0;
}
