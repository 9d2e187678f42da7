/* SPDX-License-Identifier: Apache-2.0 */
/* stall.c — a worker that does not come around is logged with what it was doing. */
#include <inttypes.h>

#include "base/log.h"
#include "base/macros.h"
#include "base/metrics.h"
#include "daemon/daemon.h"
#include "daemon/floors.h"

#define STALL_MS 1000

static const char *const activities[] = {
	[WORKER_SLEEPING] = "sleeping",
	[WORKER_RECEIVING] = "receiving",
	[WORKER_MAIL] = "mail",
	[WORKER_TIMERS] = "timers",
	[WORKER_SENDING] = "sending",
	[WORKER_TASK] = "task",
};

/* Asleep is not stalled: it has nothing to do. Activity is read first: who has just woken up has a
 * fresh beat. */
static bool is_stalled(
	const struct worker *worker, uint64_t now_ms, uint32_t *ret_activity, uint64_t *ret_beat_ms)
{
	*ret_activity = atomic_load_explicit(&worker->activity, memory_order_acquire);
	*ret_beat_ms = atomic_load_explicit(&worker->heartbeat_ms, memory_order_acquire);
	return *ret_activity != WORKER_SLEEPING && *ret_beat_ms + STALL_MS < now_ms;
}

/* Each stall is said once: a heartbeat that was complained about is not complained about again. */
static void complain(
	struct floors *floors, unsigned index, uint32_t activity, uint64_t beat_ms, uint64_t now_ms)
{
	if (floors->stalled_ms[index] == beat_ms)
		return;
	floors->stalled_ms[index] = beat_ms;
	metrics_add(METRIC_daemon_stalls, 1);
	log_event(LOG_LEVEL_ERROR, "worker_stalled", "worker=%u for_ms=%" PRIu64 " doing=%s", index,
		now_ms - beat_ms, activity < ARRAY_LENGTH(activities) ? activities[activity] : "?");
}

bool stall_check(struct daemon *daemon, uint64_t now_ms)
{
	struct floors *floors = daemon->floors;
	bool good = true;
	for (unsigned i = 0; i < floors->workers.count; i++) {
		uint32_t activity;
		uint64_t beat_ms;
		if (!is_stalled(&floors->workers.workers[i], now_ms, &activity, &beat_ms))
			continue;
		good = false;
		complain(floors, i, activity, beat_ms, now_ms);
	}
	return good;
}
