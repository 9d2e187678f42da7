/* SPDX-License-Identifier: Apache-2.0 */
/* timer.c — what legs, subscriptions and watchers wait for: one wheel, turned each 100 ms while
 * something is in it. */
#include "app/ptt/private.h"
#include "base/random.h"

static void resend(struct ptt *p, struct ptt_leg *leg, uint64_t now_ms)
{
	struct transaction *server = transaction_get(p->at.transactions, leg->server);
	if (now_ms >= leg->ok_end_ms || !server) {
		if (leg->state == PTT_LEG_OKED)
			leg->why = CALL_NO_ACK; /* who is PARTING has a reason already */
		ptt_leg_step(p, leg, PTT_LEG_NO_ACK);
		return;
	}
	transaction_respond(p->at.transactions, server, leg->ok, 200);
	leg->ok_wait_ms = MIN(2 * leg->ok_wait_ms, p->config.t2);
	ptt_timer_arm(
		p, &leg->resend, PTT_TIMER_RESEND, MIN(now_ms + leg->ok_wait_ms, leg->ok_end_ms));
}

/* What the session timer wants done. */
static void act(struct ptt *p, struct ptt_leg *leg, unsigned actions)
{
	uint64_t alarm = leg->session.alarm_ms;
	if (alarm && alarm != UINT64_MAX)
		ptt_timer_arm(p, &leg->alarm, PTT_TIMER_ALARM, alarm);
	else
		ptt_timer_cancel(&leg->alarm);
	if (actions & SESSION_REFRESH)
		ptt_leg_refresh(p, leg);
	else if (actions & SESSION_GIVE_UP)
		ptt_leg_leave(p, leg, CALL_EXPIRED);
}

struct session_wish ptt_leg_wish(const struct ptt *p, const struct ptt_leg *leg)
{
	uint32_t least = MAX(SESSION_LEAST_S, leg->least_s);
	uint32_t interval = p->config.session_expires_s;
	return (struct session_wish){interval ? MAX(interval, least) : 0, least};
}

void ptt_leg_agree(struct ptt *p, struct ptt_leg *leg, const struct session_terms *terms)
{
	session_agree(&leg->session, terms, p->at.worker->now_ms);
	act(p, leg, 0);
}

void ptt_leg_session(struct ptt *p, struct ptt_leg *leg, enum session_event event)
{
	act(p, leg, session_step(&leg->session, event, p->at.worker->now_ms));
}

/* RFC 3261 §14.1, in units of 10 ms: who chose the Call-ID waits longer. */
void ptt_leg_session_glare(struct ptt *p, struct ptt_leg *leg)
{
	uint64_t now = p->at.worker->now_ms;
	uint32_t wait = leg->is_called_out ? 2100 + 10 * random_below(191) : 10 * random_below(201);
	session_step(&leg->session, SESSION_EVENT_REFUSED, now);
	leg->session.alarm_ms = MIN(now + wait, session_end_ms(&leg->session));
	act(p, leg, 0);
}

static void probe(struct ptt *p, struct ptt_leg *leg, uint64_t now_ms)
{
	if (!leg->is_silent)
		return;
	ptt_timer_arm(p, &leg->probe, PTT_TIMER_PROBE, now_ms + PTT_PROBE_MS);
	if (!leg->is_probing)
		ptt_leg_ask_alive(p, leg);
}

static void fire(struct ptt *p, struct ptt_timer *timer, uint64_t now_ms)
{
	struct ptt_leg *leg;
	switch ((enum ptt_timer_kind)timer->kind) {
	case PTT_TIMER_RESEND:
		resend(p, container_of(timer, struct ptt_leg, resend), now_ms);
		break;
	case PTT_TIMER_ASKED:
		join_decided(p, container_of(timer, struct ptt_leg, resend), false);
		break;
	case PTT_TIMER_ALARM:
		leg = container_of(timer, struct ptt_leg, alarm);
		act(p, leg, session_due(&leg->session, now_ms));
		break;
	case PTT_TIMER_PROBE:
		probe(p, container_of(timer, struct ptt_leg, probe), now_ms);
		break;
	case PTT_TIMER_RING:
		leg = container_of(timer, struct ptt_leg, ring);
		ptt_leg_leave(p, leg, CALL_CANCELLED);
		break;
	case PTT_TIMER_EXPIRY:
		subscription_expired(p, container_of(timer, struct ptt_subscription, expiry));
		break;
	case PTT_TIMER_PACE:
		watcher_pace(p, container_of(timer, struct ptt_watcher, pace));
		break;
	}
}

static void on_tick(void *context, struct lane_node *node, uint64_t now_ms)
{
	struct ptt *p = context;
	struct wheel_node *due;
	while ((due = wheel_expire(&p->wheel, now_ms)))
		fire(p, container_of(due, struct ptt_timer, node), now_ms);
	if (wheel_next(&p->wheel) != UINT64_MAX)
		worker_lane_arm(p->at.worker, &p->tick, &p->tick_node);
}

void ptt_timer_arm(
	struct ptt *p, struct ptt_timer *timer, enum ptt_timer_kind kind, uint64_t deadline_ms)
{
	timer->kind = (uint8_t)kind;
	wheel_arm(&p->wheel, &timer->node, deadline_ms);
	if (!lane_is_armed(&p->tick_node))
		worker_lane_arm(p->at.worker, &p->tick, &p->tick_node);
}

void ptt_timers_init(struct ptt *p)
{
	wheel_init(&p->wheel, p->at.worker->now_ms);
	worker_lane_add(p->at.worker, &p->tick, PTT_TICK_MS, 0, on_tick, p);
}
