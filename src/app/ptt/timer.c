/* SPDX-License-Identifier: Apache-2.0 */
/* timer.c — what legs, subscriptions and watchers wait for. */
#include "app/ptt/private.h"

#define TICK_MS 100

static void resend(struct ptt *p, struct ptt_leg *leg)
{
	if (accepted_again(&leg->accepted, &p->alarms, p->at.transactions, p->config.t2))
		return;
	if (leg->state == PTT_LEG_OKED)
		leg->why = CALL_NO_ACK; /* who is PARTING has a reason already */
	ptt_leg_step(p, leg, PTT_LEG_NO_ACK);
}

/* What the session timer wants done. */
static void act(struct ptt *p, struct ptt_leg *leg, unsigned actions)
{
	alarm_set(&p->alarms, &leg->alarm, PTT_TIMER_ALARM, leg->session.alarm_ms);
	if (actions & SESSION_REFRESH)
		ptt_leg_refresh(p, leg);
	else if (actions & SESSION_GIVE_UP)
		ptt_leg_leave(p, leg, CALL_EXPIRED);
}

struct session_wish ptt_leg_wish(const struct ptt *p, const struct ptt_leg *leg)
{
	return session_wish_of(&leg->session, p->config.session_expires_s);
}

void ptt_leg_agree(struct ptt *p, struct ptt_leg *leg, const struct session_terms *terms)
{
	session_agree(&leg->session, terms, p->at.worker->now_ms);
	act(p, leg, 0);
	ptt_leg_watch(p, leg);
}

void ptt_leg_session(struct ptt *p, struct ptt_leg *leg, enum session_event event)
{
	act(p, leg, session_step(&leg->session, event, p->at.worker->now_ms));
}

void ptt_leg_session_glare(struct ptt *p, struct ptt_leg *leg)
{
	session_glare(&leg->session, leg->is_called_out, p->at.worker->now_ms);
	act(p, leg, 0);
}

/* Neither refreshed by either end nor ended by a deadline. */
bool ptt_leg_is_endless(const struct ptt_leg *leg)
{
	return !leg->session.terms.interval_s &&
	       !(leg->group && leg->group->config.max_duration_ms);
}

void ptt_leg_watch(struct ptt *p, struct ptt_leg *leg)
{
	if (leg->is_silent)
		alarm_set(&p->alarms, &leg->probe, PTT_TIMER_PROBE,
			p->at.worker->now_ms + PTT_PROBE_MS);
	else if (ptt_leg_is_endless(leg))
		alarm_set(&p->alarms, &leg->probe, PTT_TIMER_PROBE,
			p->at.worker->now_ms + PTT_ALIVE_MS);
	else
		alarm_cancel(&leg->probe);
}

static void probe(struct ptt *p, struct ptt_leg *leg)
{
	ptt_leg_watch(p, leg);
	if (!leg->is_probing && (leg->is_silent || ptt_leg_is_endless(leg)))
		ptt_leg_ask_alive(p, leg);
}

static void fire(void *context, struct alarm *alarm, uint64_t now_ms)
{
	struct ptt *p = context;
	struct ptt_leg *leg;
	switch ((enum ptt_timer_kind)alarm->kind) {
	case PTT_TIMER_RESEND:
		resend(p, container_of(alarm, struct ptt_leg, accepted.again));
		break;
	case PTT_TIMER_ASKED:
		join_decided(p, container_of(alarm, struct ptt_leg, asked), false);
		break;
	case PTT_TIMER_ALARM:
		leg = container_of(alarm, struct ptt_leg, alarm);
		act(p, leg, session_due(&leg->session, now_ms));
		break;
	case PTT_TIMER_PROBE:
		probe(p, container_of(alarm, struct ptt_leg, probe));
		break;
	case PTT_TIMER_RING:
		ringing_ended(p, container_of(alarm, struct ptt_leg, ring), CALL_CANCELLED);
		break;
	case PTT_TIMER_EXPIRY:
		subscription_expired(p, container_of(alarm, struct ptt_subscription, expiry));
		break;
	case PTT_TIMER_PACE:
		watcher_pace(p, container_of(alarm, struct ptt_watcher, pace));
		break;
	}
}

void ptt_timers_init(struct ptt *p)
{
	alarms_init(&p->alarms, p->at.worker, TICK_MS, fire, p);
}
