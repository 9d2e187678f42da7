/* SPDX-License-Identifier: Apache-2.0 */
/* inside.c — requests of a member inside its dialog (RFC 3261 §12.2.2), each answered at once. */
#include "app/ptt/private.h"

/* What a request inside a dialog is looked at by. */
struct inside {
	struct ptt_leg *leg;
	const struct incoming *incoming;
	struct transaction *server;
};

static void reply(struct ptt *p, const struct inside *i, unsigned status)
{
	ptt_reply(p, i->server, i->incoming->message, i->incoming->from, status);
}

bool ptt_owns(const struct ptt *p, const struct pv_message *request)
{
	uint64_t handle;
	return dialog_tag_read(p->at.tag_key, request->to_tag, request->call_id, &handle);
}

bool ptt_admit_inside(struct ptt *p, struct incoming *incoming)
{
	const struct pv_message *m = incoming->message;
	if (m->method != PV_METHOD_CANCEL && (ptt_leg_of(p, m) || subscription_of(p, m)))
		return proxy_validate(p->at.proxy, incoming) &&
		       (m->method == PV_METHOD_BYE || ptt_check_required(p, incoming));
	ptt_reply(p, NULL, m, incoming->from, 481);
	return false;
}

/* ---- what it does to the session ---- */

/* What the two agree on about the session timer when this succeeds. False: it was refused. */
static bool agree(struct ptt *p, const struct inside *i, struct session_terms *ret)
{
	const struct session_wish wish = ptt_leg_wish(p, i->leg);
	uint32_t least_s = session_terms_of_request(&wish, i->incoming->message, ret);
	if (least_s)
		proxy_reply_interval(
			p->at.proxy, i->server, i->incoming->message, i->incoming->from, least_s);
	return !least_s;
}

static void refuse_491(struct ptt *p, const struct inside *i)
{
	metrics_add(METRIC_ptt_glares, 1);
	reply(p, i, 491);
}

/* Its target may have moved, its direction changed: the roster shows it. */
static void changed(struct ptt *p, const struct inside *i)
{
	(void)dialog_refresh_target(ptt_buffers(p), &i->leg->dialog, i->incoming->message);
	ptt_leg_note(i->leg, i->incoming->message);
	i->leg->has_note = true;
	ptt_leg_tell_roster(p, i->leg);
}

static void got_invite(struct ptt *p, const struct inside *i)
{
	struct session_terms terms;
	if (!agree(p, i, &terms))
		return;
	unsigned actions = ptt_leg_step(p, i->leg, PTT_LEG_GOT_INVITE);
	if (actions & PTT_REFUSE_491)
		refuse_491(p, i);
	else if (actions & PTT_REFUSE_500)
		proxy_reply_later(p->at.proxy, i->server, i->incoming->message, i->incoming->from);
	if (!(actions & PTT_ANSWER))
		return;
	int error = ptt_leg_answer_invite(
		p, i->leg, i->incoming->message, i->incoming->from, i->server, &terms);
	if (error)
		ptt_refuse_sdp(p, i->server, i->incoming->message, i->incoming->from, error);
	else
		changed(p, i);
}

/* False: there was no room, and it was answered. */
static bool answer_200(struct ptt *p, const struct inside *i, const struct ptt_answer *answer)
{
	struct buffer *bytes = ptt_write_response(p, answer);
	if (!bytes) {
		ptt_reply_busy(p, i->server, i->incoming->message, i->incoming->from);
		return false;
	}
	transaction_respond(p->at.transactions, i->server, bytes, 200);
	buffer_unref(ptt_buffers(p), bytes);
	return true;
}

static void accept_update(
	struct ptt *p, const struct inside *i, const struct session_terms *terms, bool has_sdp)
{
	const struct ptt_leg *leg = i->leg;
	const struct buffer *sdp = leg->speech.bytes;
	struct ptt_answer answer = {.request = i->incoming->message,
		.from = i->incoming->from,
		.status = 200,
		.to_tag = dialog_texts(&leg->dialog).local_tag,
		.contact = leg->group ? leg->group->config.name : PV_SPAN("group"),
		.session = terms};
	if (has_sdp) {
		answer.type = PV_SPAN("application/sdp");
		answer.body = (struct pv_span){sdp->bytes, sdp->length};
	}
	if (!answer_200(p, i, &answer))
		return;
	ptt_leg_agree(p, i->leg, terms);
	changed(p, i);
}

/* RFC 3311 §5.2. */
static void got_update(struct ptt *p, const struct inside *i)
{
	struct session_terms terms;
	int error = 0;
	struct ptt_leg *leg = i->leg;
	if (!agree(p, i, &terms))
		return;
	enum ptt_sdp_verdict verdict = speech_find(p, i->incoming->message, &error);
	bool has_sdp = verdict == PTT_SDP_THERE;
	if (has_sdp && leg->speech.offering != PTT_NO_OFFER) {
		refuse_491(p, i);
		return;
	}
	if (has_sdp)
		error = speech_answer(p, leg, i->incoming->message, i->incoming->from);
	if (error)
		ptt_refuse_sdp(p, i->server, i->incoming->message, i->incoming->from, error);
	else
		accept_update(p, i, &terms, has_sdp);
}

static void got_bye(struct ptt *p, const struct inside *i)
{
	reply(p, i, 200);
	if (ringing_has(i->leg)) { /* an early dialog's */
		ringing_ended(p, i->leg, CALL_CALLEE_BYE);
		return;
	}
	if (!i->leg->has_let_go)
		i->leg->why = i->leg->is_called_out ? CALL_CALLEE_BYE : CALL_CALLER_BYE;
	ptt_leg_step(p, i->leg, PTT_LEG_GOT_BYE);
}

/* ---- what does not ---- */

static void got_options(struct ptt *p, const struct inside *i)
{
	const struct ptt_answer answer = {.request = i->incoming->message,
		.from = i->incoming->from,
		.status = 200,
		.to_tag = dialog_texts(&i->leg->dialog).local_tag,
		.extra = PV_SPAN("Accept: application/sdp\r\n")};
	(void)answer_200(p, i, &answer);
}

static void got_info(struct ptt *p, const struct inside *i)
{
	keys_info(p, i->leg, i->incoming, i->server);
}

static void got_message(struct ptt *p, const struct inside *i)
{
	if (i->leg->group)
		text_request_of(p, (struct incoming *)i->incoming, i->server, i->leg->group,
			buffer_text(i->leg->who, i->leg->report.name));
	else
		reply(p, i, 481);
}

static void got_subscribe(struct ptt *p, const struct inside *i)
{
	reply(p, i, 481); /* one dialog for each use (RFC 6665 §4.5.2) */
}

static const struct {
	enum pv_method method;
	void (*got)(struct ptt *p, const struct inside *inside);
} table[] = {
	{PV_METHOD_INVITE, got_invite},
	{PV_METHOD_UPDATE, got_update},
	{PV_METHOD_BYE, got_bye},
	{PV_METHOD_OPTIONS, got_options},
	{PV_METHOD_INFO, got_info},
	{PV_METHOD_MESSAGE, got_message},
	{PV_METHOD_SUBSCRIBE, got_subscribe},
};

static void of_subscription(struct ptt *p, struct ptt_subscription *subscription,
	const struct incoming *incoming, struct transaction *server)
{
	const struct pv_message *m = incoming->message;
	if (!dialog_accept_cseq(&subscription->dialog, m)) {
		ptt_reply(p, server, m, incoming->from, 500);
		return;
	}
	dialog_follow(&subscription->dialog, incoming->from);
	if (m->method == PV_METHOD_SUBSCRIBE)
		watch_again(p, subscription, incoming, server);
	else
		ptt_reply(p, server, m, incoming->from, 405);
}

void ptt_request_inside(struct ptt *p, struct incoming *incoming, struct transaction *server)
{
	const struct pv_message *m = incoming->message;
	struct ptt_subscription *subscription = subscription_of(p, m);
	struct inside i = {.leg = ptt_leg_of(p, m), .incoming = incoming, .server = server};
	transaction_set_user_word(server, 0, PTT_INDEX);
	if (subscription) {
		of_subscription(p, subscription, incoming, server);
		return;
	}
	if (!i.leg) {
		reply(p, &i, 481);
		return;
	}
	if (!dialog_accept_cseq(&i.leg->dialog, m)) {
		reply(p, &i, 500);
		return;
	}
	dialog_follow(&i.leg->dialog, incoming->from);
	/* on its way out it waits for BYEs alone */
	if (i.leg->has_let_go && m->method != PV_METHOD_BYE) {
		reply(p, &i, 481);
		return;
	}
	for (size_t row = 0; row < ARRAY_LENGTH(table); row++)
		if (table[row].method == m->method) {
			table[row].got(p, &i);
			return;
		}
	reply(p, &i, 405);
}

/* ---- ACK ---- */

/* The answer to our offer in the 2xx. False: it cannot be, or is not there. */
static bool accept_answer(
	struct ptt *p, struct ptt_leg *leg, const struct pv_message *ack, const struct path *from)
{
	int error;
	if (leg->speech.offering != PTT_OFFER_IN_2XX)
		return true;
	leg->speech.offering = PTT_NO_OFFER;
	return speech_find(p, ack, &error) == PTT_SDP_THERE &&
	       speech_accept(p, leg, ack, from) == 0;
}

void ptt_ack(struct ptt *p, const struct pv_message *ack, const struct path *from)
{
	struct ptt_leg *leg = ptt_leg_of(p, ack);
	if (!leg || !accepted_is_acked(&leg->accepted, ack)) {
		metrics_add(METRIC_ptt_acks_ignored, 1);
		return;
	}
	uint64_t handle = slab_handle(&p->legs, leg);
	bool is_good = leg->has_let_go || accept_answer(p, leg, ack, from);
	ptt_leg_step(p, leg, PTT_LEG_GOT_ACK);
	leg = ptt_leg_get(p, handle);
	if (leg && !is_good)
		ptt_leg_leave(p, leg, CALL_BAD_MEDIA);
}
