/* SPDX-License-Identifier: Apache-2.0 */
/* timer.c — what a leg waits for: our 2xx to be sent again, the alarm of its session timer. */
#include "app/b2bua/private.h"
#include "base/random.h"

static void resend(struct b2bua *b, struct leg *leg, uint64_t now_ms)
{
	struct transaction *server = transaction_get(b->at.transactions, leg->server);
	if (now_ms >= leg->ok_end_ms || !server) {
		uint64_t bridge = leg->bridge;
		if (leg->state == LEG_OKED)
			leg->why = CALL_NO_ACK; /* who is PARTING has a reason already */
		unsigned actions = leg_step(b, leg, LEG_NO_ACK, NULL);
		if (actions & LEG_TELL_NO_ACK)
			bridge_end(b, bridge_get(b, bridge), CALL_NO_ACK);
		return;
	}
	transaction_respond(b->at.transactions, server, leg->ok, 200);
	leg->ok_wait_ms = MIN(2 * leg->ok_wait_ms, b->config.t2);
	b2bua_timer_arm(
		b, &leg->resend, TIMER_RESEND, MIN(now_ms + leg->ok_wait_ms, leg->ok_end_ms));
}

/* What the session timer wants done. */
static void act(struct b2bua *b, struct leg *leg, unsigned actions)
{
	uint64_t alarm = leg->session.alarm_ms;
	if (alarm && alarm != UINT64_MAX)
		b2bua_timer_arm(b, &leg->alarm, TIMER_ALARM, alarm);
	else
		b2bua_timer_cancel(&leg->alarm);
	if (actions & SESSION_REFRESH)
		own_refresh(b, leg);
	else if (actions & SESSION_GIVE_UP)
		bridge_end(b, bridge_get(b, leg->bridge), CALL_EXPIRED);
}

void leg_agree(struct b2bua *b, struct leg *leg, const struct session_terms *terms)
{
	session_agree(&leg->session, terms, b->at.worker->now_ms);
	act(b, leg, 0);
}

void leg_session(struct b2bua *b, struct leg *leg, enum session_event event)
{
	act(b, leg, session_step(&leg->session, event, b->at.worker->now_ms));
}

/* RFC 3261 §14.1, in units of 10 ms: who chose the Call-ID waits longer. */
void leg_session_glare(struct b2bua *b, struct leg *leg)
{
	uint32_t wait =
		leg->side == SIDE_CALLEE ? 2100 + 10 * random_below(191) : 10 * random_below(201);
	session_step(&leg->session, SESSION_EVENT_REFUSED, b->at.worker->now_ms);
	leg->session.alarm_ms = MIN(b->at.worker->now_ms + wait, session_end_ms(&leg->session));
	act(b, leg, 0);
}

/* While it rings there is no session yet (RFC 4028 §7.2): what an UPDATE agreed on then is agreed
 * on anew in the 2xx. */
static void alarmed(struct b2bua *b, struct leg *leg, uint64_t now_ms)
{
	if (leg->state == LEG_SETUP)
		return;
	act(b, leg, session_due(&leg->session, now_ms));
}

static void fire(struct b2bua *b, struct b2bua_timer *timer, uint64_t now_ms)
{
	switch ((enum timer_kind)timer->kind) {
	case TIMER_RESEND:
		resend(b, container_of(timer, struct leg, resend), now_ms);
		break;
	case TIMER_ALARM:
		alarmed(b, container_of(timer, struct leg, alarm), now_ms);
		break;
	}
}

static void on_tick(void *context, struct lane_node *node, uint64_t now_ms)
{
	struct b2bua *b = context;
	struct wheel_node *due;
	while ((due = wheel_expire(&b->wheel, now_ms)))
		fire(b, container_of(due, struct b2bua_timer, node), now_ms);
	if (wheel_next(&b->wheel) != UINT64_MAX)
		worker_lane_arm(b->at.worker, &b->tick, &b->tick_node);
}

void b2bua_timer_arm(
	struct b2bua *b, struct b2bua_timer *timer, enum timer_kind kind, uint64_t deadline_ms)
{
	timer->kind = (uint8_t)kind;
	wheel_arm(&b->wheel, &timer->node, deadline_ms);
	if (!lane_is_armed(&b->tick_node))
		worker_lane_arm(b->at.worker, &b->tick, &b->tick_node);
}

void b2bua_timers_init(struct b2bua *b)
{
	wheel_init(&b->wheel, b->at.worker->now_ms);
	worker_lane_add(b->at.worker, &b->tick, TICK_MS, 0, on_tick, b);
}
