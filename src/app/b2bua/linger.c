/* SPDX-License-Identifier: Apache-2.0 */
/* linger.c — two legs whose call is over and whose transfer is not: BYE ends the call's usage of a
 * dialog, and the subscription that a REFER made lives on in it (RFC 5057 §4.1). What is left of
 * the pair carries NOTIFY and SUBSCRIBE until that is over, too. */
#include "app/b2bua/private.h"

/* No transfer rings for longer; the first that is said after it finds nobody (481). */
#define DEADLINE_MS 300000
/* The last NOTIFY is answered, and comes again until it is (64*T1). */
#define LAST_MS 32000
/* Part of all legs that may linger: whoever calls may refer and hang up again and again. */
#define PART 4

static bool is_of_transfer(enum pv_method method)
{
	return method == PV_METHOD_NOTIFY || method == PV_METHOD_SUBSCRIBE;
}

/* Of one of the two. */
static bool is_owed(struct b2bua *b, const struct leg *leg)
{
	const struct leg *partner = leg_get(b, leg->partner);
	return partner && (refer_is_owed(leg) || refer_is_owed(partner));
}

bool linger_begin(struct b2bua *b, struct leg *leg)
{
	if (!is_owed(b, leg))
		return false;
	if (b->lingering >= b->legs.capacity / PART) {
		metrics_add(METRIC_b2bua_transfers_forgotten, 1);
		return false;
	}
	b->lingering++;
	leg->lingers = true;
	media_end(b, leg);
	alarm_cancel(&leg->restore);
	alarm_set(&b->alarms, &leg->alarm, TIMER_LINGER, b->at.worker->now_ms + DEADLINE_MS);
	return true;
}

struct leg *linger_partner(struct b2bua *b, const struct leg *leg, enum pv_method method)
{
	bool is_over = leg->state == LEG_GONE || leg->state == LEG_LEAVING;
	return is_over && is_of_transfer(method) ? leg_get(b, leg->partner) : NULL;
}

void linger_look(struct b2bua *b, struct leg *leg)
{
	uint64_t last_ms = b->at.worker->now_ms + LAST_MS;
	/* sooner, never later: who goes on telling of it does not keep it */
	if (leg->lingers && !is_owed(b, leg) && last_ms < leg->alarm.node.deadline_ms)
		alarm_set(&b->alarms, &leg->alarm, TIMER_LINGER, last_ms);
}
