/* SPDX-License-Identifier: Apache-2.0 */
/* own.c — requests that we send on a leg for ourselves: ACK, BYE, the refresh of a session, whether
 * it is there. */
#include "app/b2bua/private.h"

#include <portavoz/build.h>

static struct exchange *to_leg(struct b2bua *b, const struct leg *leg, enum pv_method method,
	const struct pv_message *carried)
{
	struct exchange *e = exchange_new(b, method);
	if (!e)
		return NULL;
	exchange_set_to(b, e, leg);
	/* without room it goes without what was to be carried, but it goes */
	if (carried)
		(void)exchange_keep(b, e, carried);
	return e;
}

void own_bye(struct b2bua *b, struct leg *leg, const struct pv_message *carried)
{
	struct exchange *e = to_leg(b, leg, PV_METHOD_BYE, carried);
	metrics_add(METRIC_b2bua_byes, 1);
	if (e)
		exchange_start(b, e);
	else
		leg_step(b, leg, LEG_LEFT, NULL); /* no room: they find out by the media */
}

void own_ack(struct b2bua *b, struct leg *leg, const struct pv_message *carried)
{
	struct exchange *e = to_leg(b, leg, PV_METHOD_ACK, carried);
	bool answers = carried && carried->body.length;
	if (answers && (!e || !e->message)) {
		/* it does not come again: without the answer there is no session */
		exchange_free(b, e);
		bridge_end(b, bridge_get(b, leg->bridge), CALL_NO_ACK);
	} else if (e) {
		exchange_start(b, e); /* else their 2xx comes again, and so does this */
	}
}

void own_ack_again(struct b2bua *b, struct leg *leg, uint32_t cseq)
{
	struct exchange *e = to_leg(b, leg, PV_METHOD_ACK, NULL);
	if (!e)
		return; /* their 2xx comes again, and so does this */
	e->acks = cseq;
	exchange_start(b, e);
}

/* RFC 4028 §7.4: UPDATE needs no description, but must be allowed (RFC 3311 §4); a re-INVITE
 * repeats the one that they have. Who has none is asked whether he is there. */
static enum pv_method refreshing_method(const struct leg *leg)
{
	if (leg->has_update)
		return PV_METHOD_UPDATE;
	return leg->sdp.bytes ? PV_METHOD_INVITE : PV_METHOD_OPTIONS;
}

/* The description that is repeated, as if the other end offered it once more: for the media, which
 * will hear an answer. */
#define REFRESH_HEAD 320
#define REFRESH_CSEQ 0x7fff0000u /* and a little: no number of the other end's own requests */
static bool offer_again(struct b2bua *b, struct exchange *e, const struct leg *leg)
{
	const struct buffer *sdp = leg->sdp.bytes;
	size_t theirs = sdp->length - leg->sdp.length;
	struct buffer *bytes = buffer_take(&b->at.worker->buffers, REFRESH_HEAD + theirs);
	struct pv_writer w;
	if (!bytes)
		return false;
	e->cseq = REFRESH_CSEQ + (leg->dialog.local_cseq & 0xffff);
	pv_writer_init(&w, bytes->bytes, buffer_capacity(bytes));
	pv_put_text(
		&w, "INVITE sip:refresh SIP/2.0\r\nVia: SIP/2.0/UDP refresh;branch=z9hG4bKr\r\n");
	if (leg->sdp.is_forwarded)
		pv_put_text(&w, "Via: SIP/2.0/UDP refresh;branch=z9hG4bKr\r\n");
	pv_put_text(
		&w, "From: <sip:refresh>;tag=r\r\nTo: <sip:refresh>\r\nCall-ID: refresh\r\nCSeq: ");
	pv_put_u64(&w, e->cseq);
	pv_put_text(&w, " INVITE\r\nMax-Forwards: 70\r\n");
	pv_build_end(&w, PV_SPAN("application/sdp"),
		(struct pv_span){sdp->bytes + leg->sdp.length, theirs});
	bytes->length = (uint32_t)pv_writer_length(&w);
	e->message = bytes;
	return true;
}

/* A re-INVITE with the description that was agreed on last. NULL: it cannot be sent. */
static struct exchange *ask_again(struct b2bua *b, struct leg *leg)
{
	if (!(leg_step(b, leg, LEG_WE_ASK, NULL) & LEG_GO))
		return NULL;
	struct exchange *e = to_leg(b, leg, PV_METHOD_INVITE, NULL);
	if (e && offer_again(b, e, leg))
		return e;
	exchange_free(b, e);
	leg_step(b, leg, LEG_GOT_FAILURE, NULL);
	return NULL;
}

void own_refresh(struct b2bua *b, struct leg *leg)
{
	enum pv_method method = refreshing_method(leg);
	struct exchange *e = NULL;
	if (leg->state == LEG_CALM)
		e = method == PV_METHOD_INVITE ? ask_again(b, leg) : to_leg(b, leg, method, NULL);
	if (!e) {
		leg_session(b, leg, SESSION_EVENT_REFUSED);
		return;
	}
	e->is_refresh = true;
	metrics_add(METRIC_b2bua_refreshes, 1);
	exchange_start(b, e);
}

void own_question(struct b2bua *b, struct leg *leg)
{
	/* an INVITE that is under way will say as much */
	bool may_ask = leg->state == LEG_CALM && !leg->is_asked;
	struct exchange *e = may_ask ? to_leg(b, leg, PV_METHOD_OPTIONS, NULL) : NULL;
	if (!e)
		return;
	e->is_question = leg->is_asked = true;
	metrics_add(METRIC_b2bua_questions, 1);
	exchange_start(b, e);
}

static void restore(struct b2bua *b, struct leg *leg, bool is_last)
{
	bool may = leg->state == LEG_CALM && leg->sdp.bytes;
	struct exchange *e = may ? ask_again(b, leg) : NULL;
	alarm_cancel(&leg->restore);
	if (!e) {
		bridge_end(b, bridge_get(b, leg->bridge), CALL_BAD_MEDIA);
		return;
	}
	e->is_refresh = e->restores = true;
	e->is_last = is_last;
	exchange_start(b, e);
}

void own_restore(struct b2bua *b, struct leg *leg)
{
	restore(b, leg, false);
}

static void restore_in(struct b2bua *b, struct leg *leg, uint32_t wait_ms)
{
	alarm_set(&b->alarms, &leg->restore, TIMER_RESTORE, b->at.worker->now_ms + wait_ms);
}

void own_restore_later(struct b2bua *b, struct leg *leg)
{
	restore_in(b, leg, session_glare_ms(leg->side == SIDE_CALLEE));
}

/* An INVITE that is under way there may make it needless (leg_settle_sdp). */
#define RESTORE_WAIT_MS 2000

void own_restore_again(struct b2bua *b, struct leg *leg)
{
	bool is_busy = leg->state == LEG_ASKED || leg->state == LEG_OKED ||
		       leg->state == LEG_ASKING || leg->state == LEG_OWING;
	if (is_busy)
		restore_in(b, leg, RESTORE_WAIT_MS);
	else if (leg->state == LEG_CALM)
		restore(b, leg, true);
}
