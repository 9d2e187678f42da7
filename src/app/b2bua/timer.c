/* SPDX-License-Identifier: Apache-2.0 */
/* timer.c — what a leg waits for: our 2xx to be sent again, the alarm of its session timer,
 * the next attempt to restore what it had. */
#include "app/b2bua/private.h"

#define TICK_MS 100

static void resend(struct b2bua *b, struct leg *leg)
{
	if (accepted_again(&leg->accepted, &b->alarms, b->at.transactions, b->config.t2))
		return;
	uint64_t bridge = leg->bridge;
	if (leg->state == LEG_OKED)
		leg->why = CALL_NO_ACK; /* who is PARTING has a reason already */
	unsigned actions = leg_step(b, leg, LEG_NO_ACK, NULL);
	if (actions & LEG_TELL_NO_ACK)
		bridge_end(b, bridge_get(b, bridge), CALL_NO_ACK);
}

/* What the session timer wants done. A leg that lingers has no session any more, though an answer
 * may come that speaks of one: its alarm is what ends it. */
static void act(struct b2bua *b, struct leg *leg, unsigned actions)
{
	if (leg->lingers)
		return;
	alarm_set(&b->alarms, &leg->alarm, TIMER_ALARM, leg->session.alarm_ms);
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

void leg_session_glare(struct b2bua *b, struct leg *leg)
{
	session_glare(&leg->session, leg->side == SIDE_CALLEE, b->at.worker->now_ms);
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

static void fire(void *context, struct alarm *alarm, uint64_t now_ms)
{
	struct b2bua *b = context;
	switch ((enum timer_kind)alarm->kind) {
	case TIMER_RESEND:
		resend(b, container_of(alarm, struct leg, accepted.again));
		break;
	case TIMER_ALARM:
		alarmed(b, container_of(alarm, struct leg, alarm), now_ms);
		break;
	case TIMER_LINGER:
		leg_free(b, container_of(alarm, struct leg, alarm));
		break;
	case TIMER_RESTORE:
		own_restore_again(b, container_of(alarm, struct leg, restore));
		break;
	}
}

void b2bua_timers_init(struct b2bua *b)
{
	alarms_init(&b->alarms, b->at.worker, TICK_MS, fire, b);
}
