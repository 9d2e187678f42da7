/* SPDX-License-Identifier: Apache-2.0 */
/* ended.c — what becomes of a request of ours: its answer, or that there is none. */
#include "app/ptt/private.h"

/* RFC 3261 §12.2.1.2: after these the other end has no such dialog any more. */
static bool is_dead(unsigned status)
{
	return status == 408 || status == 481;
}

static bool refreshes(const struct ptt_request *request)
{
	return request->method == PV_METHOD_INVITE || request->method == PV_METHOD_UPDATE;
}

/* RFC 4028 §7.4. True: sent once more, with the interval that it wants. */
static bool again_longer(
	struct ptt *p, struct ptt_request *request, const struct pv_message *response)
{
	struct ptt_leg *leg = request_leg(p, request);
	if (!leg || !response || !refreshes(request) || request->tries ||
		session_min_se(response) > SESSION_MOST_S ||
		!session_lengthen(&leg->session, response))
		return false;
	request->tries++;
	request_start(p, request);
	return true;
}

/* A 2xx to INVITE or UPDATE: the target and the session timer are fresh (§12.2, RFC 4028 §10). */
static void refreshed(struct ptt *p, struct ptt_leg *leg, const struct pv_message *response)
{
	const struct session_wish wish = {leg->session.terms.interval_s
						  ? leg->session.terms.interval_s
						  : ptt_leg_wish(p, leg).interval_s,
		ptt_leg_wish(p, leg).least_s};
	const struct session_terms terms = session_terms_of_response(&wish, response);
	/* without room the old target stays, and the next refresh may find some */
	(void)dialog_refresh_target(ptt_buffers(p), &leg->dialog, response);
	ptt_leg_note(leg, response);
	ptt_leg_agree(p, leg, &terms);
}

/* ---- an INVITE of ours ---- */

/* The answer in a 2xx to our INVITE. False: it cannot be. */
static bool accept_answer(struct ptt *p, struct ptt_leg *leg, const struct pv_message *response)
{
	int error;
	struct transaction *client = transaction_get(p->at.transactions, leg->client);
	struct path source = client ? *transaction_path(client) : leg->dialog.path;
	enum ptt_sdp_verdict verdict = speech_find(p, response, &error);
	leg->speech.offering = PTT_NO_OFFER;
	return verdict == PTT_SDP_THERE && speech_accept(p, leg, response, &source) == 0;
}

static void invite_accepted(struct ptt *p, struct ptt_leg *leg, const struct pv_message *response)
{
	uint64_t handle = slab_handle(&p->legs, leg);
	bool is_first = leg->state == PTT_LEG_CALLING || leg->state == PTT_LEG_DROPPING;
	bool was_called = leg->state == PTT_LEG_CALLING;
	bool is_wanted = was_called || leg->state == PTT_LEG_ASKING;
	/* without room for its texts there is no dialog: its 2xx comes again and again, and ends */
	if (is_first && ptt_leg_learn(p, leg, response) < 0) {
		if (ringing_has(leg)) {
			ringing_failed(p, leg, response->status);
			return;
		}
		leg->why = CALL_NO_ACK;
		ptt_leg_step(p, leg, PTT_LEG_GOT_FAILURE);
		return;
	}
	ptt_leg_step(p, leg, PTT_LEG_GOT_2XX);
	if (!is_wanted || !(leg = ptt_leg_get(p, handle)))
		return;
	alarm_cancel(&leg->ring);
	if (was_called)
		ringing_accepted(p, leg);
	if (!accept_answer(p, leg, response)) {
		ptt_leg_leave(p, leg, CALL_BAD_MEDIA);
		return;
	}
	refreshed(p, leg, response);
	if (was_called && (leg = ptt_leg_get(p, handle)) && !leg->has_let_go)
		ringing_join(p, leg);
}

static void invite_failed(struct ptt *p, struct ptt_leg *leg, unsigned status)
{
	leg->speech.offering = PTT_NO_OFFER;
	if (leg->state == PTT_LEG_CALLING)
		ringing_failed(p, leg, status);
	else
		ptt_leg_step(p, leg, PTT_LEG_GOT_FAILURE);
}

/* ---- refreshes and questions ---- */

static void refresh_failed(struct ptt *p, struct ptt_leg *leg, unsigned status, bool is_answered)
{
	const struct session_terms terms = leg->session.terms;
	if (is_dead(status))
		ptt_leg_session(p, leg, SESSION_EVENT_FAILED);
	else if (status == 491)
		ptt_leg_session_glare(p, leg);
	/* who knows no session timer has shown that it is there */
	else if (is_answered && !terms.they_support)
		ptt_leg_agree(p, leg, &terms);
	else
		ptt_leg_session(p, leg, SESSION_EVENT_REFUSED);
}

/* Any answer says that it is there, but those of a dialog that is none. */
static void probe_ended(struct ptt *p, struct ptt_leg *leg, unsigned status, bool is_answered)
{
	bool is_unreachable = !is_answered && status == 503;
	leg->is_probing = false;
	if ((is_dead(status) || is_unreachable) && leg->is_silent)
		ptt_leg_leave(p, leg, CALL_SILENT);
	else if (is_dead(status) && ptt_leg_is_endless(leg))
		ptt_leg_leave(p, leg, CALL_EXPIRED);
}

static void ptt_leg_request_ended(struct ptt *p, struct ptt_request *request, struct ptt_leg *leg,
	unsigned status, const struct pv_message *response)
{
	uint64_t handle = request->owner;
	enum pv_method method = (enum pv_method)request->method;
	bool is_good = response && status < 300;
	if (method == PV_METHOD_BYE) {
		ptt_leg_step(p, leg, PTT_LEG_LEFT);
		return;
	}
	if (request->is_probe) {
		probe_ended(p, leg, status, response);
		return;
	}
	if (method == PV_METHOD_INVITE && is_good)
		invite_accepted(p, leg, response);
	else if (method == PV_METHOD_INVITE)
		invite_failed(p, leg, response ? status : 0);
	else if (method == PV_METHOD_UPDATE && is_good)
		refreshed(p, leg, response);
	leg = ptt_leg_get(p, handle);
	if (leg && !is_good && request->is_refresh && !leg->has_let_go)
		refresh_failed(p, leg, status, response);
}

void request_ended(struct ptt *p, struct ptt_request *request, unsigned status,
	const struct pv_message *response)
{
	uint64_t handle = slab_handle(&p->requests, request);
	if (again_longer(p, request, response))
		return;
	request->client = 0;
	struct ptt_leg *leg = request_leg(p, request);
	struct ptt_subscription *subscription = request_subscription(p, request);
	if (leg)
		ptt_leg_request_ended(p, request, leg, status, response);
	else if (subscription)
		subscription_told(p, subscription, status);
	request_free(p, request_get(p, handle));
}

/* ---- the transaction layer's words ---- */

static struct ptt_request *request_of(struct ptt *p, const struct transaction *client)
{
	struct ptt_request *request = request_get(p, transaction_user_word(client));
	bool is_its = request && request->client == transaction_handle(p->at.transactions, client);
	return is_its ? request : NULL;
}

/* A 2xx to an INVITE of ours came again: so does its ACK. (What another phone behind it says is not
 * ours to ask for: one binding is called.) */
static void come_again(struct ptt *p, struct transaction *client, const struct pv_message *response)
{
	struct ptt_leg *leg = ptt_leg_get(p, transaction_peer(client));
	bool is_ok = response->status / 100 == 2 && transaction_method(client) == PV_METHOD_INVITE;
	if (is_ok && leg && leg->ack &&
		leg->client == transaction_handle(p->at.transactions, client) &&
		pv_span_equal(dialog_texts(&leg->dialog).remote_tag, response->to_tag))
		net_send(p->at.net, &leg->ack_path, leg->ack, 0);
	else
		metrics_add(METRIC_ptt_ignored, 1);
}

void ptt_response(struct ptt *p, struct transaction *client, const struct pv_message *response)
{
	struct ptt_request *request = request_of(p, client);
	if (!request)
		come_again(p, client, response);
	else if (response->status >= 200 &&
		 (response->status != 503 || !request_failover(p, request)))
		request_ended(p, request, response->status, response);
}

static void failed(struct ptt *p, struct transaction *client, unsigned status)
{
	struct ptt_request *request = request_of(p, client);
	if (request && !request_failover(p, request))
		request_ended(p, request, status, NULL);
}

void ptt_timeout(struct ptt *p, struct transaction *client)
{
	failed(p, client, 408);
}

void ptt_transport_error(struct ptt *p, struct transaction *client)
{
	failed(p, client, 503);
}

/* It rings, and rings. */
void ptt_timer_c(struct ptt *p, struct transaction *client)
{
	transaction_cancel(p->at.transactions, client, PV_SPAN("SIP;cause=408;text=\"No answer\""));
}

void ptt_terminated(struct ptt *p, struct transaction *transaction)
{
	uint64_t handle = transaction_handle(p->at.transactions, transaction);
	struct ptt_request *request = request_get(p, transaction_user_word(transaction));
	if (request && request->client == handle) {
		request_ended(p, request, 500, NULL);
		return;
	}
	/* the connection of an INVITE that waits is gone: nobody waits for the answer */
	struct ptt_leg *leg = ptt_leg_get(p, transaction_user_word(transaction));
	if (leg && leg->server == handle && leg->state == PTT_LEG_JOINING)
		ptt_leg_leave(p, leg, CALL_CANCELLED);
}
