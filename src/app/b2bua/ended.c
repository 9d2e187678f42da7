/* SPDX-License-Identifier: Apache-2.0 */
/* ended.c — what becomes of a request to a leg: its answer goes to who asked, and to our own
 * machines. */
#include "app/b2bua/private.h"

/* RFC 3261 §12.2.1.2, RFC 5057: after these the other end has no such dialog any more. A usage of
 * its own inside the dialog (SUBSCRIBE, NOTIFY, REFER) may be gone without it. */
static bool kills_dialog(
	const struct exchange *e, unsigned status, const struct pv_message *response)
{
	bool is_calls = e->method == PV_METHOD_INVITE || e->method == PV_METHOD_UPDATE ||
			e->method == PV_METHOD_INFO || e->is_question;
	/* of the transport; where nothing was sent, nothing is known of the other end */
	bool is_lost = e->is_question && e->client && !response && status == 503;
	return is_lost || (is_calls && (status == 408 || status == 481));
}

static bool refreshes(const struct exchange *e)
{
	return e->method == PV_METHOD_INVITE || e->method == PV_METHOD_UPDATE;
}

/* RFC 4028 §7.4. True: sent once more, with the interval that it wants. */
static bool again_longer(struct b2bua *b, struct exchange *e, const struct pv_message *response)
{
	struct leg *to = leg_get(b, e->to);
	if (!to || !response || !refreshes(e) || e->tries ||
		!session_lengthen(&to->session, response))
		return false;
	e->tries++;
	exchange_start(b, e);
	return true;
}

/* A 2xx to INVITE or UPDATE: the target and the session timer are fresh (§12.2, RFC 4028 §10). */
static void refreshed(struct b2bua *b, struct leg *to, const struct pv_message *response)
{
	const struct session_wish wish = {to->session.terms.interval_s, leg_wish(b, to).least_s};
	const struct session_terms terms = session_terms_of_response(&wish, response);
	/* without room the old target stays, and the next refresh may find some */
	(void)dialog_refresh_target(&b->at.worker->buffers, &to->dialog, response);
	leg_note(b, to, response);
	leg_agree(b, to, &terms);
}

/* What it answers cannot be, and who asked was told so. */
static bool is_bad(const struct exchange *e)
{
	return e->refusal.status;
}

/* What the asker hears of a failure, or of a success that it cannot be told. */
static void refuse_invite(
	struct b2bua *b, struct exchange *e, unsigned status, const struct pv_message *response)
{
	uint16_t bad = e->refusal.status;
	if (status < 300)
		exchange_answer(b, e, bad ? bad : 500, NULL, NULL, 0);
	else
		exchange_answer(b, e, status, leg_get(b, e->to), response, 0);
	leg_step(b, leg_get(b, e->from), LEG_WE_REFUSE, NULL);
}

/* Who asked hears of it, and so does its leg. */
static void answer_invite(
	struct b2bua *b, struct exchange *e, unsigned status, const struct pv_message *response)
{
	struct leg *from = leg_get(b, e->from), *to = leg_get(b, e->to);
	struct transaction *server = transaction_get(b->at.transactions, e->server);
	struct buffer *bytes = NULL;
	if (!from) {
		exchange_answer(b, e, status, to, NULL, 0);
		return;
	}
	if (status < 300 && server)
		bytes = exchange_write(b, e, status, to, response, 0);
	if (!bytes) {
		refuse_invite(b, e, status, response);
		return;
	}
	accepted_keep(&from->accepted, &b->at.worker->buffers, bytes, e->cseq, e->server);
	leg_agree(b, from, &e->terms);
	leg_step(b, from, LEG_WE_ACCEPT, NULL);
	transaction_respond(b->at.transactions, server, bytes, status);
}

static void invite_ended(
	struct b2bua *b, struct exchange *e, unsigned status, const struct pv_message *response)
{
	struct leg *to = leg_get(b, e->to);
	if (to && response && status < 300) {
		refreshed(b, to, response);
		leg_step(b, to, LEG_GOT_2XX, NULL);
	} else if (to) {
		leg_step(b, to, LEG_GOT_FAILURE, NULL);
	}
	answer_invite(b, e, status, response);
	to = leg_get(b, e->to);
	/* with the offer in our INVITE, or without anybody who asked, no other ACK is waited for */
	if (to && to->state == LEG_OWING && (to->was_offered || !leg_get(b, e->from)))
		leg_step(b, to, LEG_WE_ACK, NULL);
	if (to && status < 300 && is_bad(e))
		own_restore(b, to);
}

/* An end that knows no session timer is refreshed for us to learn whether it is there: any answer
 * says so but those of a dialog that is none (RFC 4028 §10). */
static bool is_alive(const struct exchange *e, const struct leg *to, unsigned status,
	const struct pv_message *response)
{
	bool asks_only = !to->session.terms.they_support || e->method == PV_METHOD_OPTIONS;
	return response && asks_only && status != 408 && status != 481;
}

/* The other end is told nothing of our refresh; the media are, and hold the answer against what was
 * offered. False: the answer cannot be. */
static bool answer_media(struct b2bua *b, const struct exchange *e, struct leg *to,
	const struct pv_message *response)
{
	struct call_media_result media;
	const struct passing passing = {.sender = to,
		.other = leg_other(b, to),
		.message = response,
		.asked_cseq = e->cseq};
	if (!response || e->method != PV_METHOD_INVITE || !passing.other)
		return true;
	return media_pass(b, &passing, &media) || response->status >= 300;
}

static void refresh_ended(
	struct b2bua *b, struct exchange *e, unsigned status, const struct pv_message *response)
{
	struct leg *to = leg_get(b, e->to);
	if (!to)
		return;
	uint64_t bridge = to->bridge;
	bool is_good = answer_media(b, e, to, response);
	if (e->method == PV_METHOD_INVITE)
		invite_ended(b, e, status, response);
	else if (status < 300 && e->method == PV_METHOD_UPDATE)
		refreshed(b, to, response);
	to = leg_get(b, e->to);
	if (to && e->restores && !e->is_last && status == 491) {
		own_restore_later(b, to);
		return;
	}
	if (!is_good || (e->restores && status >= 300)) {
		bridge_end(b, bridge_get(b, bridge), CALL_BAD_MEDIA);
		return;
	}
	if (!to || (status < 300 && e->method != PV_METHOD_OPTIONS))
		return;
	const struct session_terms terms = to->session.terms;
	bool alive = is_alive(e, to, status, response);
	if (alive)
		leg_agree(b, to, &terms);
	if (status == 491)
		leg_session_glare(b, to);
	else if (!alive)
		leg_session(b, to,
			status == 408 || status == 481 ? SESSION_EVENT_FAILED
						       : SESSION_EVENT_REFUSED);
}

/* An end that knows no UPDATE is not told what one without a description said; who sent it has
 * refreshed its session with us all the same. */
static bool refreshes_us_alone(struct b2bua *b, const struct exchange *e, unsigned status)
{
	if (e->method != PV_METHOD_UPDATE || (status != 405 && status != 501))
		return false;
	const struct pv_message *request = exchange_message(b, e);
	return request && !request->body.length;
}

/* Any answer says that it is there; it is asked again when it was silent for as long once more. */
static void question_ended(struct b2bua *b, const struct exchange *e)
{
	struct leg *to = leg_get(b, e->to);
	if (to)
		to->is_asked = false;
}

static void carried_ended(
	struct b2bua *b, struct exchange *e, unsigned status, const struct pv_message *response)
{
	struct leg *to = leg_get(b, e->to);
	if (refreshes_us_alone(b, e, status)) {
		status = 200;
		response = NULL;
	}
	if (e->method == PV_METHOD_INVITE) {
		invite_ended(b, e, status, response);
		return;
	}
	if (e->method == PV_METHOD_UPDATE && status < 300) {
		struct leg *from = leg_get(b, e->from);
		if (to && response)
			refreshed(b, to, response);
		if (from)
			leg_agree(b, from, &e->terms);
	}
	bool passed = exchange_answer(b, e, status, to, response, 0);
	to = leg_get(b, e->to);
	if (to && !passed && is_bad(e) && response && status < 300)
		own_restore(b, to);
}

/* The ACK found no way. What it carried does not come again. */
static void end_unanswered(struct b2bua *b, const struct exchange *e, uint64_t bridge)
{
	const struct pv_message *ack = exchange_message(b, e);
	if (ack && ack->body.length)
		bridge_end(b, bridge_get(b, bridge), CALL_NO_ACK);
}

/* One of the two ends that talk, and not a phone that rings or came too late. */
static bool is_one_of(struct b2bua *b, uint64_t bridge, const struct leg *leg)
{
	const struct bridge *call = bridge_get(b, bridge);
	return call && call->legs[leg->side] == slab_handle(&b->legs, leg);
}

/* §16.7 item 6: that this phone is in trouble, or cannot be reached, is not that we are. */
static unsigned status_to_asker(const struct exchange *e, unsigned status)
{
	return status == 503 && e->refusal.status != 503 ? 500 : status;
}

/* What was offered to the leg holds, unless its answer cannot be. */
static void settle_sdp(struct b2bua *b, uint64_t exchange, bool is_taken)
{
	const struct exchange *e = exchange_get(b, exchange);
	struct leg *to = e ? leg_get(b, e->to) : NULL;
	if (to && (refreshes(e) || e->method == PV_METHOD_PRACK))
		leg_settle_sdp(b, to, is_taken && !is_bad(e));
}

void exchange_ended(
	struct b2bua *b, struct exchange *e, unsigned status, const struct pv_message *response)
{
	exchange_follow(b, e);
	uint64_t handle = slab_handle(&b->exchanges, e);
	struct leg *to = leg_get(b, e->to);
	uint64_t bridge = to ? to->bridge : 0;
	enum pv_method method = (enum pv_method)e->method;
	bool is_adopted = is_one_of(b, bridge, to);
	bool is_dead = kills_dialog(e, status, response);
	if (again_longer(b, e, response))
		return;
	struct leg *speaker = exchange_speaker(b, e), *from = leg_get(b, e->from);
	if (!response && speaker && to && !e->refusal.status)
		media_failed(b, speaker, to, method);
	if (to && method == PV_METHOD_REFER) {
		refer_answered(to, e->cseq, status, response);
		linger_look(b, to);
		if (from)
			linger_look(b, from); /* who asked may have hung up since */
	}
	if (method == PV_METHOD_BYE && to)
		leg_step(b, to, LEG_LEFT, NULL);
	else if (e->is_refresh)
		refresh_ended(b, e, status, response);
	else if (e->is_question)
		question_ended(b, e);
	else if (method != PV_METHOD_ACK)
		carried_ended(b, e, status_to_asker(e, status), response);
	else if (e->message)
		end_unanswered(b, e, bridge);
	settle_sdp(b, handle, response && status < 300);
	exchange_free(b, exchange_get(b, handle));
	/* an early dialog may be gone before its INVITE has an answer, which decides: others ring,
	 * or one of them has the call */
	struct bridge *call = bridge_get(b, bridge);
	if (call && call->state != BRIDGE_CALLING && is_adopted && is_dead)
		bridge_end(b, call, CALL_VANISHED);
}

/* ---- the transaction layer's words ---- */

static struct exchange *exchange_of(struct b2bua *b, const struct transaction *client)
{
	struct exchange *e = exchange_get(b, transaction_user_word(client));
	bool is_its = e && e->client == transaction_handle(b->at.transactions, client);
	return is_its ? e : NULL;
}

static void pass_provisional(struct b2bua *b, struct exchange *e, const struct pv_message *response)
{
	exchange_follow(b, e);
	struct leg *to = leg_get(b, e->to);
	struct bridge *bridge = to ? bridge_get(b, to->bridge) : NULL;
	uint32_t rseq;
	if (bridge && response->status > 100 && e->method == PV_METHOD_INVITE &&
		leg_rseq(to, response, &rseq))
		exchange_answer(b, e, response->status, to, response, rseq);
}

void b2bua_response(struct b2bua *b, struct transaction *client, const struct pv_message *response)
{
	struct exchange *e = exchange_of(b, client);
	if (!e)
		b2bua_late(b, client, response);
	else if (response->status < 200)
		pass_provisional(b, e, response);
	else if (response->status != 503 || !exchange_failover(b, e))
		exchange_ended(b, e, response->status, response);
}

static void failed(struct b2bua *b, struct transaction *client, unsigned status)
{
	struct exchange *e = exchange_of(b, client);
	if (e && !exchange_failover(b, e))
		exchange_ended(b, e, status, NULL);
}

void b2bua_timeout(struct b2bua *b, struct transaction *client)
{
	failed(b, client, 408);
}

void b2bua_transport_error(struct b2bua *b, struct transaction *client)
{
	failed(b, client, 503);
}

/* A re-INVITE that rings for minutes is no change of a call. */
void b2bua_timer_c(struct b2bua *b, struct transaction *client)
{
	transaction_cancel(b->at.transactions, client, PV_SPAN("SIP;cause=408;text=\"No answer\""));
}

void b2bua_terminated(struct b2bua *b, struct transaction *transaction)
{
	uint64_t handle = transaction_handle(b->at.transactions, transaction);
	struct exchange *e = exchange_get(b, transaction_user_word(transaction));
	if (!e)
		return;
	if (e->client == handle) {
		exchange_ended(b, e, 500, NULL);
		return;
	}
	if (e->server != handle)
		return;
	/* its connection is gone: nobody waits for the answer */
	struct transaction *client = transaction_get(b->at.transactions, e->client);
	e->server = 0;
	if (client && e->method == PV_METHOD_INVITE)
		transaction_cancel(b->at.transactions, client, PV_SPAN(""));
}

/* Another phone answered behind the same INVITE (§13.2.2.4): it gets its ACK, and BYE. `like` is
 * the leg of that INVITE, NULL when its call is over; without a Contact it cannot be reached then.
 */
static void end_stray(struct b2bua *b, const struct leg *like, const struct pv_message *response)
{
	struct leg *leg = leg_new(b, 0, SIDE_CALLEE);
	if (!leg)
		return; /* its 2xx comes again */
	int error = like ? leg_of_stray(b, leg, like) : leg_of_lost(b, leg, response);
	if (error || leg_learn(b, leg, response) < 0 || !dialog_texts(&leg->dialog).target.length) {
		leg_free(b, leg);
		return;
	}
	leg->invite_cseq = response->cseq; /* `like` may have had another since */
	metrics_add(METRIC_b2bua_strays, 1);
	leg_step(b, leg, LEG_GOT_2XX, NULL);
	leg_leave(b, leg, WHY_ELSEWHERE, NULL);
}

void b2bua_late(struct b2bua *b, struct transaction *client, const struct pv_message *response)
{
	struct leg *leg = leg_get(b, transaction_peer(client) & ~FORK_USER_MARK);
	if (transaction_method(client) != PV_METHOD_INVITE || response->status / 100 != 2) {
		metrics_add(METRIC_b2bua_ignored, 1);
		return;
	}
	if (!leg || !pv_span_equal(dialog_texts(&leg->dialog).remote_tag, response->to_tag)) {
		end_stray(b, leg, response);
	} else if (leg->acked_cseq && leg->acked_cseq == response->cseq) {
		own_ack_again(b, leg, response->cseq);
	} else if (leg->client != transaction_handle(b->at.transactions, client)) {
		metrics_add(METRIC_b2bua_ignored, 1);
	} else if (leg->ack) {
		net_send(b->at.net, &leg->ack_path, leg->ack, 0);
	} else if (leg->state != LEG_OWING && leg->state != LEG_SETUP) {
		own_ack(b, leg, NULL); /* there was no room for it the first time */
	}
}
