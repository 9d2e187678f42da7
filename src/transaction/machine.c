/* SPDX-License-Identifier: Apache-2.0 */
/* machine.c — performs the actions of a cell, in one order: stop timers, send, start timers, tell
 * the user, free. */
#include "transaction/machine.h"

#include "base/metrics.h"
#include "transaction/layer.h"

const struct machine *const machines[MACHINE_COUNT] = {
	[MACHINE_ICT] = &machine_ict,
	[MACHINE_NICT] = &machine_nict,
	[MACHINE_IST] = &machine_ist,
	[MACHINE_NIST] = &machine_nist,
};

const char *const state_names[STATE_COUNT] = {
#define ROW(name) [STATE_##name] = #name,
	STATES(ROW)
#undef ROW
};

const char *const event_names[EVENT_COUNT] = {
#define ROW(letter) [TIMER_##letter] = "TIMER_" #letter,
	TIMERS(ROW)
#undef ROW
#define ROW(name) [name] = #name,
		EVENTS(ROW)
#undef ROW
};

enum timer machine_timer(
	enum machine_kind kind, enum transaction_state state, enum timer_place place)
{
	for (unsigned timer = 0; timer < TIMER_COUNT; timer++)
		if (timer_rows[timer].place == place && machines[kind]->cells[state][timer].live)
			return timer;
	return TIMER_COUNT;
}

static void stop_timers(struct transaction *t, uint64_t actions)
{
	for (uint32_t left = STOPPED(actions); left; left &= left - 1)
		lane_cancel(&t->timers[timer_rows[__builtin_ctz(left)].place]);
}

static void send_all(const struct step *step, uint64_t actions)
{
	struct transaction *t = step->transaction;
	if (actions & TRANSMIT)
		send_and_keep(step);
	if (actions & SEND_ONCE)
		send_bytes(step->layer, t, step->bytes);
	if ((actions & RESEND) && t->bytes) {
		metrics_add(METRIC_transaction_retransmitted, 1);
		send_bytes(step->layer, t, t->bytes);
	}
	if (actions & SEND_ACK)
		send_ack(step);
	if (actions & SEND_100)
		send_100(step);
	if (actions & KEEP_REQUEST)
		keep_request(step);
	if (actions & HOLD_CANCEL)
		cancel_hold(step);
	if (actions & SEND_CANCEL)
		cancel_send(step);
	if (actions & DROP_CANCEL)
		cancel_drop(step->layer, t);
	if (actions & FORGET) {
		buffer_unref(&step->layer->worker->buffers, t->bytes);
		t->bytes = NULL;
	}
	if (actions & ABSORB)
		metrics_add(METRIC_transaction_absorbed, 1);
}

/* True when it is due at once. */
static bool start_timer(
	const struct step *step, enum timer timer, enum transaction_event event, uint64_t actions)
{
	struct transaction *t = step->transaction;
	const struct timer_row *row = &timer_rows[timer];
	struct worker_lane *shortly = step->layer->timers.lane_shortly[timer];
	if (row->reliable != ALWAYS && transaction_is_reliable(t)) {
		if (shortly)
			worker_lane_arm(step->layer->worker, shortly, &t->timers[row->place]);
		return row->reliable == AT_ONCE;
	}
	unsigned wait = 0;
	if (row->repeat != ONCE) {
		if (actions & PACE_T2)
			t->step = TIMER_STEPS - 1;
		else if ((unsigned)event != (unsigned)timer)
			t->step = 0;
		else if (t->step < TIMER_STEPS - 1)
			t->step++;
		wait = t->step;
	}
	struct worker_lane *lane = step->layer->timers.lane_of[timer][wait];
	if (lane)
		worker_lane_arm(step->layer->worker, lane, &t->timers[row->place]);
	return false;
}

/* Returns the timer that is due at once, or EVENT_NONE. */
static enum transaction_event start_timers(
	const struct step *step, enum transaction_event event, uint64_t actions)
{
	enum transaction_event due = EVENT_NONE;
	for (uint32_t left = ARMED(actions); left; left &= left - 1) {
		enum timer timer = (enum timer)__builtin_ctz(left);
		if (start_timer(step, timer, event, actions))
			due = (enum transaction_event)timer;
	}
	return due;
}

static void tell(const struct step *step, uint64_t actions)
{
	struct transaction *t = step->transaction;
	const struct transaction_user *user = &step->layer->user;
	if (t->flags & FLAG_OWN)
		return;
	if ((actions & TELL) && transaction_is_server(t))
		user->request(user->context, t, step->message, step->from);
	else if (actions & TELL)
		user->response(user->context, t, step->message);
	else if (actions & TELL_ACK)
		user->ack(user->context, step->message, step->from);
	else if (actions & TELL_AGAIN)
		user->again(user->context, t, step->message, step->from);
	else if (actions & TELL_C)
		user->timer_c(user->context, t);
	else if (actions & TELL_ERROR)
		user->transport_error(user->context, t, step->error);
	else if (actions & TELL_TIMEOUT) {
		metrics_add(METRIC_transaction_timeouts, 1);
		user->timeout(user->context, t);
	}
}

static enum transaction_event what_follows(
	const struct transaction *t, uint64_t actions, enum transaction_event due)
{
	if ((actions & ASK_ANSWER) && !t->bytes &&
		(t->state == STATE_PROCEEDING || t->state == STATE_TRYING))
		return USER_SILENT;
	if ((actions & ASK_CANCEL) && cancel_is_held(t))
		return USER_CANCELS;
	return due;
}

static void end(struct transaction_layer *layer, struct transaction *t)
{
	if (!(t->flags & FLAG_OWN))
		layer->user.terminated(layer->user.context, t);
	layer_release(layer, t);
}

bool machine_step(const struct step *step, enum transaction_event event)
{
	struct transaction_layer *layer = step->layer;
	struct transaction *t = step->transaction;
	uint64_t handle = slab_handle(&layer->slab, t);
	while (event != EVENT_NONE) {
		const struct cell *cell = &machines[t->machine]->cells[t->state][event];
		if (!cell->live) {
			metrics_add(METRIC_transaction_ignored, 1);
			return false;
		}
		stop_timers(t, cell->actions);
		send_all(step, cell->actions);
		layer_set_state(layer, t, cell->next);
		enum transaction_event due = start_timers(step, event, cell->actions);
		tell(step, cell->actions);
		/* What the user did while it was told may have ended the transaction. */
		if (slab_get(&layer->slab, handle) != t)
			return true;
		if (cell->next == STATE_TERMINATED) {
			end(layer, t);
			return true;
		}
		event = what_follows(t, cell->actions, due);
	}
	return true;
}

bool machine_event(
	struct transaction_layer *layer, struct transaction *t, enum transaction_event event)
{
	struct step step = {.layer = layer, .transaction = t};
	return machine_step(&step, event);
}
