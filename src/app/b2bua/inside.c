/* SPDX-License-Identifier: Apache-2.0 */
/* inside.c — requests inside our dialogs (RFC 3261 §12.2.2): each is carried to the other leg as a
 * request of that one, or is ours to answer. */
#include "app/b2bua/private.h"

/* What a request inside a dialog is looked at by. */
struct inside {
	struct leg *leg;       /* that sent it */
	struct leg *callee;    /* of an early dialog of the caller: the phone that it is with */
	struct bridge *bridge; /* NULL: the call is over */
	const struct incoming *incoming;
	struct transaction *server;
};

/* A caller whose INVITE has no final answer may have several dialogs. */
static bool is_early(const struct leg *leg)
{
	return leg->state == LEG_SETUP && leg->side == SIDE_CALLER;
}

static struct leg *leg_of(struct b2bua *b, const struct pv_message *request, unsigned *ret_face)
{
	uint64_t handle;
	*ret_face = 0;
	if (!dialog_tag_read(b->at.tag_key, request->to_tag, request->call_id, &handle))
		return NULL;
	struct leg *leg = leg_get(b, face_leg(handle));
	if (!leg)
		return NULL;
	*ret_face = face_number(handle);
	/* the tag proves itself: we made it for that leg and that Call-ID */
	if (!is_early(leg))
		return forked_find(b, leg, request);
	return pv_span_equal(dialog_texts(&leg->dialog).remote_tag, request->from_tag) ? leg : NULL;
}

bool b2bua_owns(const struct b2bua *b, const struct pv_message *request)
{
	uint64_t handle;
	return dialog_tag_read(b->at.tag_key, request->to_tag, request->call_id, &handle);
}

bool b2bua_admit(struct b2bua *b, struct incoming *incoming)
{
	unsigned face;
	if (incoming->message->method != PV_METHOD_CANCEL && leg_of(b, incoming->message, &face))
		return proxy_validate(b->at.proxy, incoming) && refer_admit(b, incoming);
	proxy_reply(b->at.proxy, NULL, incoming->message, incoming->from, 481, PV_SPAN(""),
		PV_SPAN(""));
	return false;
}

static void reply(struct b2bua *b, const struct inside *i, unsigned status, struct pv_span extra)
{
	proxy_reply(b->at.proxy, i->server, i->incoming->message, i->incoming->from, status,
		PV_SPAN(""), extra);
}

/* ---- carried to the other leg ---- */

static struct exchange *carried(struct b2bua *b, const struct inside *i, struct leg *to)
{
	const struct pv_message *m = i->incoming->message;
	struct exchange *e = exchange_new(b, m->method);
	struct refer_swap swap;
	bool is_kept = false;
	if (e && refer_find_swap(b, i->leg, to, m, &swap))
		is_kept = exchange_keep_swapped(b, e, m, &swap);
	else if (e)
		is_kept = exchange_keep(b, e, m);
	if (!is_kept) {
		exchange_free(b, e);
		proxy_reply_busy(b->at.proxy, i->server, m, i->incoming->from);
		return NULL;
	}
	exchange_set_from(b, e, i->leg);
	exchange_set_to(b, e, to);
	e->source = *i->incoming->from;
	e->server = transaction_handle(b->at.transactions, i->server);
	transaction_set_user_word(i->server, slab_handle(&b->exchanges, e), B2BUA_INDEX);
	metrics_add(METRIC_b2bua_carried, 1);
	return e;
}

static bool goes_on(const struct inside *i)
{
	return i->bridge &&
	       (i->bridge->state == BRIDGE_TALKING || i->bridge->state == BRIDGE_CALLING);
}

/* Who is to hear what this leg says: nobody when the call is about to end. */
static struct leg *listener(struct b2bua *b, const struct inside *i)
{
	if (!goes_on(i))
		return NULL;
	return is_early(i->leg) ? i->callee : leg_other(b, i->leg);
}

static void carry_to(struct b2bua *b, const struct inside *i, struct leg *to)
{
	struct exchange *e = to ? carried(b, i, to) : NULL;
	if (!to)
		reply(b, i, 481, PV_SPAN(""));
	if (!e)
		return;
	if (i->incoming->message->method == PV_METHOD_NOTIFY) {
		refer_notified(i->leg, i->incoming->message);
		linger_look(b, i->leg);
		linger_look(b, to);
	}
	exchange_start(b, e);
}

static void carry(struct b2bua *b, const struct inside *i)
{
	carry_to(b, i, listener(b, i));
}

/* What the two agree on about the session timer when this succeeds. False: it was refused. */
static bool agree(struct b2bua *b, const struct inside *i, struct session_terms *ret)
{
	const struct session_wish wish = leg_wish(b, i->leg);
	uint32_t least_s = session_terms_of_request(&wish, i->incoming->message, ret);
	if (least_s)
		proxy_reply_interval(
			b->at.proxy, i->server, i->incoming->message, i->incoming->from, least_s);
	return !least_s;
}

static void refuse_500(struct b2bua *b, const struct inside *i)
{
	proxy_reply_later(b->at.proxy, i->server, i->incoming->message, i->incoming->from);
}

static void got_invite(struct b2bua *b, const struct inside *i)
{
	struct leg *to = leg_other(b, i->leg);
	struct session_terms terms;
	if (!to || !i->bridge || i->bridge->state != BRIDGE_TALKING) {
		unsigned asked = leg_cells[i->leg->state][LEG_GOT_INVITE].actions;
		if (asked & LEG_REFUSE_500)
			refuse_500(b, i);
		else
			reply(b, i, 481, PV_SPAN(""));
		return;
	}
	if (!agree(b, i, &terms))
		return;
	unsigned actions = leg_step(b, i->leg, LEG_GOT_INVITE, NULL);
	if (actions & LEG_REFUSE_491)
		reply(b, i, 491, PV_SPAN(""));
	if (actions & LEG_REFUSE_500)
		refuse_500(b, i);
	if (!(actions & LEG_CARRY))
		return;
	/* theirs and the other's, or our refresh, have met half way */
	if (!(leg_step(b, to, LEG_WE_ASK, NULL) & LEG_GO)) {
		metrics_add(METRIC_b2bua_glares, 1);
		leg_step(b, i->leg, LEG_WE_REFUSE, NULL);
		reply(b, i, 491, PV_SPAN(""));
		return;
	}
	struct exchange *e = carried(b, i, to);
	if (!e) {
		leg_step(b, to, LEG_GOT_FAILURE, NULL);
		leg_step(b, i->leg, LEG_WE_REFUSE, NULL);
		return;
	}
	(void)dialog_refresh_target(&b->at.worker->buffers, &i->leg->dialog, i->incoming->message);
	(void)identity_follow(b, i->incoming, i->leg, to);
	i->leg->asked_cseq = i->incoming->message->cseq;
	i->leg->asked = slab_handle(&b->exchanges, e);
	e->terms = terms;
	exchange_start(b, e);
}

static void answer_update(
	struct b2bua *b, const struct inside *i, const struct session_terms *terms)
{
	const struct pv_message *m = i->incoming->message;
	const struct answer answer = {.leg = i->leg,
		.request = m,
		.from = i->incoming->from,
		.status = 200,
		.session = terms};
	struct buffer *bytes = write_response(b, &answer);
	if (!bytes) {
		proxy_reply_busy(b->at.proxy, i->server, m, i->incoming->from);
		return;
	}
	transaction_respond(b->at.transactions, i->server, bytes, 200);
	buffer_unref(&b->at.worker->buffers, bytes);
	leg_agree(b, i->leg, terms);
}

/* RFC 3311; one that refreshes target or session and no more is between this leg and us. */
static void got_update(struct b2bua *b, const struct inside *i)
{
	const struct pv_message *m = i->incoming->message;
	struct session_terms terms;
	struct leg *to = listener(b, i);
	if (!goes_on(i)) {
		reply(b, i, 481, PV_SPAN(""));
		return;
	}
	if (!agree(b, i, &terms))
		return;
	(void)dialog_refresh_target(&b->at.worker->buffers, &i->leg->dialog, m);
	bool is_renamed = identity_follow(b, i->incoming, i->leg, to);
	bool is_carried = m->body.length || (to && (is_renamed || carry_says_more(m)));
	if (!is_carried) {
		answer_update(b, i, &terms);
		return;
	}
	struct exchange *e = to ? carried(b, i, to) : NULL;
	if (!to)
		reply(b, i, 481, PV_SPAN(""));
	if (!e)
		return;
	e->terms = terms;
	exchange_start(b, e);
}

/* RFC 3262 §4: the number in RAck is ours, theirs goes out. */
static void got_prack(struct b2bua *b, const struct inside *i)
{
	struct pv_span rack = pv_message_value(i->incoming->message, PV_HEADER_RACK), method;
	const char *space = pv_span_find(rack, ' ');
	uint32_t rseq, cseq;
	bool read = space && pv_span_to_u32(pv_span_from(rack.at, space), &rseq) &&
		    pv_cseq_parse(pv_span_from(space, pv_span_end(rack)), &cseq, &method) == 0 &&
		    cseq == i->leg->asked_cseq && pv_method_of(method) == PV_METHOD_INVITE;
	struct leg *to = read ? listener(b, i) : NULL;
	uint32_t theirs = to ? leg_rack(to, rseq) : 0;
	struct exchange *e;
	if (!theirs) {
		reply(b, i, 481, PV_SPAN(""));
	} else if ((e = carried(b, i, to))) {
		e->rack = theirs;
		exchange_start(b, e);
	}
}

/* §15: the caller ends one of its early dialogs, and others go on. False: it is the last, and the
 * call ends. */
static bool leave_early(struct b2bua *b, const struct inside *i)
{
	struct transaction *server = transaction_get(b->at.transactions, i->bridge->server);
	uint64_t handle = i->callee ? slab_handle(&b->legs, i->callee) : 0;
	if (i->callee && forked_has_others(i->bridge, i->callee)) {
		/* CANCEL would end them all: it gets a BYE, as we did */
		i->callee->is_left = true;
		own_bye(b, i->callee, i->incoming->message);
		reply(b, i, 200, PV_SPAN(""));
		return true;
	}
	enum fork_leaving leaving = FORK_LEFT_LONG;
	if (server && i->callee)
		leaving = proxy_fork_leave(b->at.proxy, server, i->callee->branch,
			pv_message_value(i->incoming->message, PV_HEADER_REASON));
	if (leaving == FORK_LAST)
		return false;
	struct leg *callee = leg_get(b, handle);
	if (callee && leaving == FORK_LEFT)
		callee->is_left = true;
	reply(b, i, leaving == FORK_LEFT ? 200 : 481, PV_SPAN(""));
	return true;
}

/* §15.1.2: answered at once; the other leg gets one of its own. */
static void got_bye(struct b2bua *b, const struct inside *i)
{
	uint64_t handle = slab_handle(&b->legs, i->leg);
	const struct bridge_news news = {.leg = i->leg, .message = i->incoming->message};
	if (i->leg->state == LEG_SETUP && i->leg->side == SIDE_CALLEE) {
		/* §15: who has not answered does not hang up */
		reply(b, i, 481, PV_SPAN(""));
		return;
	}
	if (i->bridge && is_early(i->leg) && leave_early(b, i))
		return;
	reply(b, i, 200, PV_SPAN(""));
	if (i->bridge && bridge_cells[i->bridge->state][BRIDGE_EVENT_LEG_BYE].live)
		bridge_step(b, i->bridge, BRIDGE_EVENT_LEG_BYE, &news);
	struct leg *leg = leg_get(b, handle);
	if (leg)
		leg_step(b, leg, LEG_GOT_BYE, NULL);
}

/* Any other method is the other end's to understand. */
static const struct {
	enum pv_method method;
	void (*got)(struct b2bua *b, const struct inside *inside);
} table[] = {
	{PV_METHOD_INVITE, got_invite},
	{PV_METHOD_UPDATE, got_update},
	{PV_METHOD_PRACK, got_prack},
	{PV_METHOD_BYE, got_bye},
};

/* §12.2.2, for each dialog. */
static bool accept_cseq(const struct inside *i)
{
	const struct pv_message *m = i->incoming->message;
	if (!i->callee)
		return dialog_accept_cseq(&i->leg->dialog, m);
	if (m->cseq < i->callee->face_cseq)
		return false;
	i->callee->face_cseq = m->cseq;
	return true;
}

/* What a phone that rings says to the caller has a dialog there once the caller has heard of it
 * (§12.1.2), and until another has the call. False: it was answered. */
static bool may_ring_on(struct b2bua *b, const struct inside *i)
{
	bool rings = i->leg->state == LEG_SETUP && i->leg->side == SIDE_CALLEE;
	if (rings && (!i->bridge || i->bridge->state != BRIDGE_CALLING || i->leg->is_left))
		reply(b, i, 481, PV_SPAN(""));
	else if (rings && !i->leg->face)
		refuse_500(b, i);
	else
		return true;
	return false;
}

void b2bua_request(struct b2bua *b, struct incoming *incoming, struct transaction *server)
{
	unsigned face;
	struct inside i = {
		.leg = leg_of(b, incoming->message, &face), .incoming = incoming, .server = server};
	transaction_set_user_word(server, 0, B2BUA_INDEX);
	if (!i.leg) {
		reply(b, &i, 481, PV_SPAN(""));
		return;
	}
	i.bridge = bridge_get(b, i.leg->bridge);
	if (i.bridge && is_early(i.leg))
		i.callee = face_find(b, i.bridge, face);
	if (!accept_cseq(&i)) {
		reply(b, &i, 500, PV_SPAN(""));
		return;
	}
	dialog_follow(&i.leg->dialog, incoming->from);
	struct leg *partner = linger_partner(b, i.leg, incoming->message->method);
	if (partner || i.leg->lingers) {
		carry_to(b, &i, partner);
		return;
	}
	if (incoming->message->method != PV_METHOD_BYE && !may_ring_on(b, &i))
		return;
	for (size_t row = 0; row < ARRAY_LENGTH(table); row++)
		if (table[row].method == incoming->message->method) {
			table[row].got(b, &i);
			return;
		}
	carry(b, &i);
}

/* Of our 2xx: it need not go further, unless the other leg's 2xx still waits for one (its offer is
 * answered in this). */
void b2bua_ack(struct b2bua *b, const struct pv_message *ack)
{
	unsigned face;
	struct leg *leg = leg_of(b, ack, &face);
	if (!leg || !accepted_is_acked(&leg->accepted, ack)) {
		metrics_add(METRIC_b2bua_acks_ignored, 1);
		return;
	}
	struct leg *other = leg_other(b, leg);
	uint64_t handle = other ? slab_handle(&b->legs, other) : 0;
	leg_step(b, leg, LEG_GOT_ACK, ack);
	other = leg_get(b, handle);
	if (other && other->state == LEG_OWING)
		leg_step(b, other, LEG_WE_ACK, ack);
}

bool b2bua_cancel(
	struct b2bua *b, struct transaction *invite_server, const struct pv_message *cancel)
{
	uint64_t word;
	if (transaction_user_index(invite_server) == B2BUA_INDEX) {
		struct exchange *e = exchange_get(b, transaction_user_word(invite_server));
		struct transaction *client =
			e ? transaction_get(b->at.transactions, e->client) : NULL;
		if (client)
			transaction_cancel(b->at.transactions, client,
				pv_message_value(cancel, PV_HEADER_REASON));
		else if (e)
			exchange_ended(b, e, 487, NULL);
		return true;
	}
	if (!proxy_fork_word(b->at.proxy, invite_server, &word))
		return false;
	struct bridge *bridge = bridge_get(b, word);
	const struct bridge_news news = {.message = cancel};
	if (bridge && bridge->state == BRIDGE_CALLING) {
		bridge->why = CALL_CANCELLED;
		bridge_step(b, bridge, BRIDGE_EVENT_CALLER_CANCELS, &news);
	}
	return true;
}
