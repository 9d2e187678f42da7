/* SPDX-License-Identifier: Apache-2.0 */
/* drain.c — SIGTERM: no new calls, and a short wait for those that have no answer yet. */
#include <event2/event.h>

#include "base/log.h"
#include "daemon/daemon.h"
#include "daemon/floors.h"
#include "daemon/notify.h"

void drain_begin(struct daemon *daemon)
{
	daemon->draining = true;
	daemon->drain_until_ms = clock_now_ms(daemon->clock) + daemon->current->drain_timeout_ms;
	notify_stopping();
	log_event(LOG_LEVEL_NOTICE, "draining", "timeout_ms=%u", daemon->current->drain_timeout_ms);
	net_group_drain(daemon->floors->net);
	event_active(daemon->tick, EV_TIMEOUT, 0);
}

static uint32_t pending(const struct daemon *daemon)
{
	const struct floors *floors = daemon->floors;
	uint32_t count = 0;
	for (unsigned i = 0; i < floors->workers.count; i++)
		count += transaction_pending(floors->layers[i]);
	return count;
}

bool drain_is_over(struct daemon *daemon)
{
	if (!daemon->draining)
		return false;
	uint32_t open = pending(daemon);
	bool late = clock_now_ms(daemon->clock) >= daemon->drain_until_ms;
	if (open && late)
		log_event(LOG_LEVEL_WARNING, "drain_timeout", "transactions_left=%u", open);
	return !open || late;
}
