/* SPDX-License-Identifier: Apache-2.0 */
/* bridge.c — the actions of a bridge: what an event at one end is at the other. */
#include "app/b2bua/private.h"

/* What a caller hears who has no final answer when we end his call. */
static const uint16_t statuses[] = {
	[CALL_CALLER_BYE] = 487,
	[CALL_CALLEE_BYE] = 487,
	[CALL_CANCELLED] = 487,
	[CALL_FAILED] = 500,
	[CALL_BAD_MEDIA] = 488,
	[CALL_NO_ACK] = 408,
	[CALL_SILENT] = 480,
	[CALL_TOO_LONG] = 408,
	[CALL_HANGUP] = 480,
	[CALL_VANISHED] = 408,
	[CALL_EXPIRED] = 408,
	[CALL_STOPPED] = 503,
	[WHY_ELSEWHERE] = 487,
};

struct pv_span why_reason(unsigned why)
{
	return why == WHY_ELSEWHERE ? PV_SPAN("SIP;cause=200;text=\"Call completed elsewhere\"")
				    : call_why_reason((enum call_why)why);
}

unsigned why_status(unsigned why)
{
	return statuses[why];
}

struct bridge *bridge_new(struct b2bua *b)
{
	struct bridge *bridge = slab_take(&b->bridges);
	if (!bridge)
		return NULL;
	memset(bridge, 0, sizeof(*bridge));
	list_init(&bridge->ringing);
	b2bua_gauge(b);
	return bridge;
}

static void bridge_free(struct b2bua *b, struct bridge *bridge)
{
	media_call_end(b, bridge, CALL_FAILED, 0);
	for (unsigned side = 0; side < 2; side++) {
		struct leg *leg = leg_get(b, bridge->legs[side]);
		if (leg && leg->state == LEG_SETUP)
			leg_free(b, leg);
	}
	exchange_free(b, exchange_get(b, bridge->invite));
	buffer_unref(&b->at.worker->buffers, bridge->replaces);
	slab_give(&b->bridges, bridge);
	b2bua_gauge(b);
}

/* ---- a phone rings ---- */

static void pass_ringing(struct b2bua *b, struct bridge *bridge, const struct bridge_news *news)
{
	struct exchange *invite = exchange_get(b, bridge->invite);
	uint32_t rseq;
	if (invite && leg_rseq(news->leg, news->message, &rseq))
		exchange_answer(b, invite, news->message->status, news->leg, news->message, rseq);
}

/* ---- a phone answers ---- */

static void adopt(struct b2bua *b, struct bridge *bridge, struct leg *leg)
{
	list_remove(&leg->link);
	bridge->legs[SIDE_CALLEE] = slab_handle(&b->legs, leg);
}

static void accept_caller(struct b2bua *b, struct bridge *bridge, struct buffer *accept)
{
	struct exchange *invite = exchange_get(b, bridge->invite);
	struct leg *caller = leg_get(b, bridge->legs[SIDE_CALLER]);
	struct transaction *server =
		invite ? transaction_get(b->at.transactions, invite->server) : NULL;
	if (!server || !caller) {
		bridge_end(b, bridge, CALL_VANISHED);
		return;
	}
	/* its number is not the last of the dialog: PRACK, UPDATE, INFO may have come since
	 * (§13.2.2.4) */
	accepted_keep(&caller->accepted, &b->at.worker->buffers, buffer_ref(accept), invite->cseq,
		invite->server);
	leg_agree(b, caller, &bridge->terms);
	leg_step(b, caller, LEG_WE_ACCEPT, NULL);
	transaction_respond(b->at.transactions, server, accept, 200);
	exchange_free(b, invite);
	bridge->invite = 0;
	struct call *call = call_get(b->at.calls, bridge->call);
	if (call)
		call_up(b->at.calls, call, 200);
	metrics_add(METRIC_b2bua_answered, 1);
}

/* ---- an end ---- */

static void refuse_caller(struct b2bua *b, struct bridge *bridge, const struct bridge_news *news)
{
	struct exchange *invite = exchange_get(b, bridge->invite);
	struct leg *caller = leg_get(b, bridge->legs[SIDE_CALLER]);
	bool has_status = news->status >= 300;
	unsigned status = has_status ? news->status : why_status(bridge->why);
	media_call_end(b, bridge, has_status ? CALL_FAILED : bridge->why, status);
	if (invite)
		exchange_answer(b, invite, status, NULL, has_status ? news->message : NULL, 0);
	if (caller)
		leg_step(b, caller, LEG_WE_REFUSE, NULL);
}

static void cancel_callees(struct b2bua *b, struct bridge *bridge, const struct bridge_news *news)
{
	struct transaction *server = transaction_get(b->at.transactions, bridge->server);
	struct pv_span reason = news->message ? pv_message_value(news->message, PV_HEADER_REASON)
					      : why_reason(bridge->why);
	if (server)
		proxy_fork_cancel(b->at.proxy, server, reason);
}

/* It hears why: another has the call, or what ended the call before it answered. */
static void drop_callee(struct b2bua *b, const struct bridge *bridge, struct leg *leg)
{
	bool is_lost = bridge->state == BRIDGE_CALLING || bridge->state == BRIDGE_CANCELLING;
	media_end(b, leg);
	list_remove(&leg->link);
	leg_step(b, leg, LEG_GOT_2XX, NULL);
	leg_leave(b, leg, is_lost ? bridge->why : WHY_ELSEWHERE, NULL);
}

static void leave(struct b2bua *b, uint64_t handle, unsigned why, const struct pv_message *bye)
{
	struct leg *leg = leg_get(b, handle);
	if (leg)
		leg_leave(b, leg, why, bye);
}

/* Performs what the cell says, in this order. Only the last ones may free the bridge. */
static void perform(
	struct b2bua *b, uint64_t handle, unsigned actions, const struct bridge_news *news)
{
	struct bridge *bridge = bridge_get(b, handle);
	const uint64_t legs[2] = {bridge->legs[0], bridge->legs[1]};
	unsigned why = bridge->why;
	if (actions & BRIDGE_PASS_RINGING)
		pass_ringing(b, bridge, news);
	if (actions & BRIDGE_ADOPT)
		adopt(b, bridge, news->leg);
	if (actions & BRIDGE_ACCEPT_CALLER)
		accept_caller(b, bridge, news->accept);
	if (actions & BRIDGE_DROP_CALLEE)
		drop_callee(b, bridge, news->leg);
	if (actions & BRIDGE_REFUSE_CALLER)
		refuse_caller(b, bridge, news);
	if ((actions & BRIDGE_CANCEL_CALLEES) && (bridge = bridge_get(b, handle)))
		cancel_callees(b, bridge, news);
	if (actions & BRIDGE_LEAVE_OTHER) {
		why = news->leg->side == SIDE_CALLER ? CALL_CALLER_BYE : CALL_CALLEE_BYE;
		media_call_end(b, bridge, why, 0);
		leave(b, legs[!news->leg->side], why, news->message);
	}
	if (actions & BRIDGE_LEAVE_BOTH) {
		media_call_end(b, bridge, why, 0);
		leave(b, legs[SIDE_CALLER], why, NULL);
		leave(b, legs[SIDE_CALLEE], why, NULL);
	}
	if ((actions & BRIDGE_FREE) && (bridge = bridge_get(b, handle)))
		bridge_free(b, bridge);
}

void bridge_step(struct b2bua *b, struct bridge *bridge, enum bridge_event event,
	const struct bridge_news *news)
{
	const struct b2bua_cell *cell = &bridge_cells[bridge->state][event];
	if (!cell->live) {
		metrics_add(METRIC_b2bua_ignored, 1);
		return;
	}
	bridge->state = cell->next;
	perform(b, slab_handle(&b->bridges, bridge), cell->actions, news);
}

void bridge_end(struct b2bua *b, struct bridge *bridge, unsigned why)
{
	const struct bridge_news news = {0};
	if (!bridge)
		return;
	bool is_first = bridge_cells[bridge->state][BRIDGE_EVENT_END].live;
	if (is_first) {
		bridge->why = (uint8_t)why;
		metrics_add(METRIC_b2bua_ended, 1);
	}
	bridge_step(b, bridge, BRIDGE_EVENT_END, &news);
}

static void check_gone(struct b2bua *b, struct bridge *bridge)
{
	const struct bridge_news news = {0};
	bool talked = bridge->state == BRIDGE_TALKING || bridge->state == BRIDGE_ENDING;
	if (talked && !bridge->legs[SIDE_CALLER] && !bridge->legs[SIDE_CALLEE] &&
		list_is_empty(&bridge->ringing))
		bridge_step(b, bridge, BRIDGE_EVENT_LEGS_GONE, &news);
}

void bridge_leg_left(struct b2bua *b, struct leg *leg)
{
	struct bridge *bridge = bridge_get(b, leg->bridge);
	uint64_t handle = slab_handle(&b->legs, leg);
	if (!bridge)
		return;
	for (unsigned side = 0; side < 2; side++)
		if (bridge->legs[side] == handle)
			bridge->legs[side] = 0;
	list_remove(&leg->link);
	check_gone(b, bridge);
}

void bridge_fork_gone(struct b2bua *b, struct bridge *bridge)
{
	const struct bridge_news news = {0};
	uint64_t handle = slab_handle(&b->bridges, bridge);
	LIST_EACH_SAFE(link, &bridge->ringing)
	leg_free(b, container_of(link, struct leg, link));
	if (bridge_cells[bridge->state][BRIDGE_EVENT_FORK_GONE].live)
		bridge_step(b, bridge, BRIDGE_EVENT_FORK_GONE, &news);
	bridge = bridge_get(b, handle);
	if (bridge)
		check_gone(b, bridge);
}
