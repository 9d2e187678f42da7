/* SPDX-License-Identifier: Apache-2.0 */
/* pass.c: what each message that may carry a description does to the media of a call. */
#include "base/metrics.h"
#include "call/private.h"

#define RETRY_PORTS_S 5  /* 503: ports are free again when somebody hangs up */
#define RETRY_GLARE_S 10 /* 500: at random up to this (RFC 3261 §14.2) */

/* One message on its way. */
struct passage {
	struct calls *calls;
	struct call_media *media;
	const struct call_message *said;
	const struct pv_message *message;
	struct description_from from;
	/* NULL: a request of a dialog that nobody knows, or an answer with a tag too many */
	struct call_dialog *dialog;
	struct pv_span sdp; /* what its body has */
	bool has_sdp;
	int event;
	struct offer_step step;
	bool must_set, is_new; /* what streams_set is told in the end */
	struct description_written written;
	struct call_media_result *ret;
};

/* ---- refusals ---- */

static bool refuse(struct passage *p, unsigned status)
{
	p->ret->verdict = CALL_MEDIA_REFUSED;
	p->ret->status = (uint16_t)status;
	if (status == 503)
		p->ret->retry_after = RETRY_PORTS_S;
	if (status == 500)
		p->ret->retry_after =
			(uint16_t)(p->calls->at.worker->now_ns / 1000 % (RETRY_GLARE_S + 1));
	return false;
}

static bool refuse_description(struct passage *p, int verdict)
{
	metrics_add(METRIC_calls_bad_descriptions, 1);
	p->ret->sdp_verdict = verdict;
	return refuse(p, pv_sdp_verdict_row(verdict)->status);
}

/* The offer that waits never was. */
static void roll_back(struct calls *calls, struct call_media *media, struct call_dialog *dialog)
{
	streams_roll_back(calls, media);
	dialog->outline = dialog->before;
	dialog->has_outline = dialog->had_outline;
	extended_copy(calls, &dialog->extended, &dialog->extended_before);
}

/* An answer that cannot be: the offer is void, as if it had been refused. */
static void void_offer(struct passage *p)
{
	static const int instead[OFFER_EVENT_COUNT] = {
		[GOT_PRACK_OK_SDP] = GOT_PRACK_FAILED,
		[GOT_UPDATE_OK_SDP] = GOT_UPDATE_FAILED,
		[GOT_ACK_SDP] = GOT_ACK_BARE,
	};
	int event = p->event == GOT_OK_SDP ? (int)offer_answer_failure(&p->dialog->machine)
					   : instead[p->event];
	if (event == 0)
		return; /* a request, or a 1xx: what comes after it decides */
	struct offer_step step = offer_answer_step(
		&p->dialog->machine, (enum offer_event)event, (enum offer_side)p->said->from);
	if (step.actions & OFFER_ROLLBACK)
		roll_back(p->calls, p->media, p->dialog);
}

/* ---- what a description does ---- */

/* `answered`: whose offer it answers; NULL: it is an offer. */
static bool write(struct passage *p, const struct call_dialog *answered, bool is_repeated)
{
	const struct write_order order = {.from = p->said->from,
		.is_offer = !answered,
		.is_repeated = is_repeated,
		.offer = answered ? &answered->outline : NULL,
		.extended = answered ? &answered->extended : NULL};
	int verdict = description_write(p->calls, p->media, &order, &p->written);
	if (verdict < 0)
		return refuse_description(p, verdict);
	p->ret->sdp = p->written.sdp;
	p->ret->old =
		(struct pv_ref){(uint16_t)(p->sdp.at - p->message->bytes), (uint16_t)p->sdp.length};
	p->ret->verdict = CALL_MEDIA_CHANGED;
	return true;
}

/* media.relay = "auto": the first description says whether its sender needs us. */
static bool is_relayed(struct passage *p)
{
	if (p->media->relay == BRANCH_UNDECIDED)
		p->media->relay = description_is_behind_nat(&p->calls->sdp, &p->from)
					  ? BRANCH_RELAYED
					  : BRANCH_DIRECT;
	return p->media->relay == BRANCH_RELAYED;
}

/* What the answer will be held against is what the other side gets to see. */
static void remember_offer(struct passage *p, struct extended_offer *extended)
{
	const struct pv_sdp *seen = &p->calls->sdp;
	bool differs = p->calls->settings.codec_count || extended->text;
	if (differs && pv_sdp_parse(&p->calls->written, p->ret->sdp.at, p->ret->sdp.length) > 0)
		seen = &p->calls->written;
	p->dialog->before = p->dialog->outline;
	p->dialog->had_outline = p->dialog->has_outline;
	pv_sdp_outline_of(seen, &p->dialog->outline);
	p->dialog->has_outline = true;
	extended_copy(p->calls, &p->dialog->extended_before, &p->dialog->extended);
	extended_copy(p->calls, &p->dialog->extended, extended);
	extended_done(p->calls, extended);
}

static bool take_offer(struct passage *p)
{
	const struct pv_sdp *sdp = &p->calls->sdp;
	struct extended_offer extended;
	bool is_first = !p->dialog->has_outline;
	int verdict = is_first ? 0 : pv_sdp_offer_check(&p->dialog->outline, sdp);
	if (verdict < 0)
		return refuse_description(p, verdict);
	if (!is_relayed(p))
		return false;
	if (streams_take(p->calls, p->media, sdp) < 0)
		return refuse(p, 503);
	bool is_written = write(p, NULL, false);
	if (is_written && !extended_make(p->calls, &p->written, &extended))
		is_written = refuse(p, 503);
	if (!is_written) {
		streams_roll_back(p->calls, p->media);
		return false;
	}
	streams_hear(p->media, p->said->from, sdp, &p->from, is_first);
	remember_offer(p, &extended);
	p->must_set = is_first;
	return true;
}

/* An unreliable 1xx to an INVITE without an offer may show what the 2xx will offer. */
static bool show_offer(struct passage *p)
{
	if (!is_relayed(p))
		return false;
	if (streams_take(p->calls, p->media, &p->calls->sdp) < 0)
		return refuse(p, 503);
	streams_hear(p->media, p->said->from, &p->calls->sdp, &p->from, true);
	p->must_set = true;
	return write(p, NULL, false);
}

static bool has_waiting(const struct call_media *media)
{
	for (unsigned i = 0; i < PV_SDP_MEDIA_MAX; i++)
		if (media->streams[i] &&
			(media->streams[i]->waits[0] || media->streams[i]->waits[1]))
			return true;
	return false;
}

/* In a dialog that is up a preview is kept until the 2xx adopts it or brings another one. */
static bool take_answer(struct passage *p, bool is_preview)
{
	const struct pv_sdp *sdp = &p->calls->sdp;
	int verdict = pv_sdp_answer_check(&p->dialog->outline, sdp);
	if (verdict < 0 && verdict != -PV_SDP_ANSWER_DIRECTION)
		return refuse_description(p, verdict);
	if (!write(p, p->dialog, false))
		return false;
	if (streams_reserve(p->calls, p->media, p->written.codings) < 0)
		return refuse_description(p, -PV_SDP_NO_CODEC);
	bool at_once = !is_preview || !p->dialog->machine.confirmed;
	p->is_new = has_waiting(p->media);
	streams_hear(p->media, p->said->from, sdp, &p->from, at_once);
	streams_code(p->media, p->written.codings);
	if (at_once)
		streams_commit(p->media);
	p->must_set = at_once;
	return true;
}

/* An ACK that came again: its answer was refused the first time, and is now. */
static bool is_void_answer(const struct passage *p, const struct call_dialog *dialog)
{
	if (p->message->method != PV_METHOD_ACK)
		return false;
	if (!dialog->has_outline)
		return true;
	int verdict = pv_sdp_answer_check(&dialog->outline, &p->calls->sdp);
	return verdict < 0 && verdict != -PV_SDP_ANSWER_DIRECTION;
}

/* Same ports, same directions, the filter where it was an offer: the bytes that went out before. */
static void repeat(struct passage *p)
{
	const struct call_dialog *dialog = p->dialog ? p->dialog : &p->media->root;
	bool is_offer = !dialog->has_outline || dialog->machine.offerer == (uint8_t)p->said->from;
	if (p->media->relay != BRANCH_RELAYED)
		return;
	if (is_void_answer(p, dialog))
		refuse(p, 488);
	else
		write(p, is_offer ? NULL : dialog, true);
}

/* False: it was refused, or there is nothing to relay. */
static bool act(struct passage *p)
{
	unsigned actions = p->step.actions;
	if (actions & OFFER_TAKE)
		return take_offer(p);
	if (actions & OFFER_ANSWER)
		return take_answer(p, false);
	if (actions & OFFER_PREVIEW)
		return p->dialog->has_outline ? take_answer(p, true) : show_offer(p);
	if (actions & OFFER_REPEAT)
		repeat(p);
	return true;
}

/* ---- which dialog, which event ---- */

static bool begins_dialog(const struct pv_message *m)
{
	return !m->is_request && m->method == PV_METHOD_INVITE && m->status > 100 &&
	       m->status < 300;
}

static struct call_dialog *dialog_for(struct passage *p)
{
	struct call_dialog *dialog = p->said->callee_tag.length
					     ? dialog_find(p->calls, p->media, p->said->callee_tag)
					     : &p->media->root;
	if (dialog || p->message->is_request)
		return dialog;
	if (!begins_dialog(p->message))
		return &p->media->root;
	if (p->message->status >= 200)
		dialogs_make_room(p->calls, p->media);
	return dialog_new(p->calls, p->media, p->said->callee_tag);
}

/* Nobody could follow what it says. One that only rings does no harm. */
static bool is_too_many(const struct passage *p)
{
	return !p->dialog && !p->message->is_request && (p->has_sdp || p->message->status >= 200);
}

static struct dialog_request *request_of(
	struct call_dialog *dialog, enum call_side side, enum pv_method method)
{
	return &dialog->requests[side][method != PV_METHOD_INVITE];
}

static uint32_t number_of(const struct passage *p)
{
	return p->said->number ? p->said->number : p->message->cseq;
}

/* Whether a response answers the request that the machine has seen, and not an older one. */
static bool is_answer_to_last(const struct passage *p)
{
	const struct dialog_request *request =
		request_of(p->dialog, call_other(p->said->from), p->message->method);
	return request->method == p->message->method && request->number == number_of(p);
}

static bool is_same_again(const struct passage *p)
{
	const struct dialog_request *request =
		request_of(p->dialog, p->said->from, p->message->method);
	return p->message->method != PV_METHOD_ACK && request->number == number_of(p) &&
	       request->method == p->message->method;
}

/* Sets event and step; false: it is a repetition, or means nothing. */
static bool look(struct passage *p)
{
	p->event = -1;
	if (!p->dialog)
		return false;
	p->event = event_of(p->message, p->has_sdp, &p->dialog->machine);
	bool is_known = p->message->is_request ? is_same_again(p) : !is_answer_to_last(p);
	if (p->event < 0 || is_known)
		return false;
	p->step = offer_answer_look(
		&p->dialog->machine, (enum offer_event)p->event, (enum offer_side)p->said->from);
	return true;
}

static void remember_request(struct passage *p)
{
	bool counts =
		p->event == GOT_INVITE_BARE || (p->step.actions & (OFFER_TAKE | OFFER_ANSWER));
	if (p->message->is_request && p->message->method != PV_METHOD_ACK && counts)
		*request_of(p->dialog, p->said->from, p->message->method) =
			(struct dialog_request){number_of(p), (uint8_t)p->message->method};
}

/* ---- the whole of it ---- */

/* 1, 0 or a verdict. A failure's body describes nothing that anybody will do. */
static int find_description(struct passage *p)
{
	const struct pv_message *m = p->message;
	if (!m->body.length || (!m->is_request && m->status >= 300))
		return 0;
	int found = pv_sdp_body_find(pv_message_value(m, PV_HEADER_CONTENT_TYPE),
		pv_message_value(m, PV_HEADER_CONTENT_DISPOSITION), pv_message_span(m, m->body),
		&p->sdp);
	if (found > 0 && pv_message_has(m, PV_HEADER_CONTENT_ENCODING))
		return -PV_SDP_ENCODED;
	if (found <= 0)
		return found;
	p->has_sdp = true;
	int parsed = pv_sdp_parse(&p->calls->sdp, p->sdp.at, p->sdp.length);
	return parsed < 0 ? parsed : 1;
}

static void bring_about(struct passage *p)
{
	unsigned actions = offer_answer_step(
		&p->dialog->machine, (enum offer_event)p->event, (enum offer_side)p->said->from)
				   .actions;
	bool is_ok = p->event == GOT_OK_SDP || p->event == GOT_OK_BARE;
	remember_request(p);
	p->ret->is_missing = actions & OFFER_MISSING;
	if (actions & OFFER_ADOPT) {
		p->is_new = has_waiting(p->media);
		streams_commit(p->media);
		p->must_set = true;
	}
	if (actions & OFFER_ROLLBACK)
		roll_back(p->calls, p->media, p->dialog);
	if (is_ok && !p->media->is_up) {
		p->media->is_up = true;
		p->must_set = true;
	}
	if (!p->must_set)
		return;
	if (p->dialog->machine.confirmed)
		streams_prune(p->calls, p->media);
	streams_set(p->calls, p->media, p->is_new);
}

static void pass(struct passage *p)
{
	int found = find_description(p);
	bool is_event = look(p);
	if (found < 0) {
		refuse_description(p, found);
		if (p->dialog && p->event >= 0)
			void_offer(p);
		return;
	}
	if (is_too_many(p)) {
		metrics_add(METRIC_calls_refused_tags, 1);
		refuse(p, 503);
		return;
	}
	if (!is_event) {
		if (p->has_sdp)
			repeat(p);
		return;
	}
	if (p->step.refuse) {
		metrics_add(METRIC_calls_glare, 1);
		refuse(p, p->step.refuse);
		return;
	}
	if (act(p))
		bring_about(p);
	else if (p->ret->verdict == CALL_MEDIA_REFUSED && p->has_sdp)
		void_offer(p);
}

static bool may_carry(enum pv_method method)
{
	return method == PV_METHOD_INVITE || method == PV_METHOD_ACK || method == PV_METHOD_PRACK ||
	       method == PV_METHOD_UPDATE;
}

void call_media_pass(struct calls *calls, struct call_media *media,
	const struct call_message *message, struct call_media_result *ret)
{
	*ret = (struct call_media_result){.verdict = CALL_MEDIA_UNCHANGED};
	if (!media || media->relay == BRANCH_DIRECT || !may_carry(message->message->method))
		return;
	const struct path *known =
		message->from == CALL_CALLER ? &media->ways.caller : &media->ways.callee;
	bool *is_forwarded = &media->is_forwarded[message->from];
	*is_forwarded = message->is_forwarded || (!message->message->is_request && *is_forwarded);
	struct passage p = {
		.calls = calls,
		.media = media,
		.said = message,
		.message = message->message,
		.from = {&(message->source ? message->source : known)->peer, *is_forwarded},
		.ret = ret,
	};
	p.dialog = dialog_for(&p);
	pass(&p);
	ret->is_forwarded = p.from.is_forwarded;
}

void call_media_failed(struct calls *calls, struct call_media *media, enum pv_method method,
	enum call_side from, struct pv_span callee_tag)
{
	if (!media || media->relay != BRANCH_RELAYED)
		return;
	struct call_dialog *dialog =
		callee_tag.length ? dialog_find(calls, media, callee_tag) : &media->root;
	if (!dialog || request_of(dialog, from, method)->method != method)
		return;
	enum offer_event event = method == PV_METHOD_INVITE ? offer_answer_failure(&dialog->machine)
				 : method == PV_METHOD_PRACK ? GOT_PRACK_FAILED
							     : GOT_UPDATE_FAILED;
	struct offer_step step =
		offer_answer_step(&dialog->machine, event, (enum offer_side)call_other(from));
	request_of(dialog, from, method)->method = PV_METHOD_OTHER;
	if (step.actions & OFFER_ROLLBACK)
		roll_back(calls, media, dialog);
}
