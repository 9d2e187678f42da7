/* SPDX-License-Identifier: Apache-2.0 */
/* drain.c — SIGTERM: no new calls, a short wait for those that have no answer yet, and a last word
 * to the rest. */
#include <event2/event.h>

#include "app/dispatch.h"
#include "base/log.h"
#include "daemon/daemon.h"
#include "daemon/floors.h"
#include "daemon/notify.h"

/* For the last answers to leave, and for phones to take theirs: long enough for a queue on a
 * connection, short enough for whoever stops us. */
#define FAREWELL_MS 200
/* A worker hands bytes for a connection to the one that has it, at the end of its round. */
#define FAREWELL_LEAST_MS 20

static void on_worker(struct worker *worker, struct worker_task *task)
{
	struct farewell *farewell = container_of(task, struct farewell, task);
	dispatch_farewell(farewell->dispatch);
	atomic_store_explicit(&farewell->said, true, memory_order_release);
}

static void say_farewell(struct daemon *daemon)
{
	struct floors *floors = daemon->floors;
	for (unsigned i = 0; i < floors->workers.count; i++) {
		struct farewell *farewell = &floors->farewells[i];
		farewell->task = (struct worker_task){.mail.kind = MAIL_TASK, .run = on_worker};
		farewell->dispatch = floors->dispatches[i];
		worker_post(&floors->workers.workers[i], &farewell->task.mail);
	}
}

static bool all_said(const struct floors *floors)
{
	for (unsigned i = 0; i < floors->workers.count; i++)
		if (!atomic_load_explicit(&floors->farewells[i].said, memory_order_acquire))
			return false;
	return true;
}

static uint32_t pending(const struct daemon *daemon)
{
	const struct floors *floors = daemon->floors;
	uint32_t count = 0;
	for (unsigned i = 0; i < floors->workers.count; i++)
		count += transaction_pending(floors->layers[i]);
	return count;
}

void drain_begin(struct daemon *daemon)
{
	daemon->draining = DRAIN_WAITING;
	daemon->drain_until_ms = clock_now_ms(daemon->clock) + daemon->current->drain_timeout_ms;
	notify_stopping();
	log_event(LOG_LEVEL_NOTICE, "draining", "timeout_ms=%u", daemon->current->drain_timeout_ms);
	net_group_drain(daemon->floors->net);
	event_active(daemon->tick, EV_TIMEOUT, 0);
}

void drain_hurry(struct daemon *daemon)
{
	daemon->drain_until_ms = 0;
}

static void end_wait(struct daemon *daemon, uint64_t now_ms)
{
	uint32_t open = pending(daemon);
	if (open && now_ms < daemon->drain_until_ms)
		return;
	if (open)
		log_event(LOG_LEVEL_WARNING, "drain_timeout", "transactions_left=%u", open);
	/* where nothing is open calls may be up, whose ends wait for a BYE of ours */
	say_farewell(daemon);
	daemon->draining = DRAIN_FAREWELL;
	daemon->drain_until_ms = now_ms + FAREWELL_MS;
}

bool drain_is_over(struct daemon *daemon)
{
	uint64_t now_ms = clock_now_ms(daemon->clock);
	switch (daemon->draining) {
	case DRAIN_NONE:
		return false;
	case DRAIN_WAITING:
		end_wait(daemon, now_ms);
		return false;
	case DRAIN_FAREWELL:
		return now_ms >= daemon->drain_until_ms ||
		       (now_ms + FAREWELL_MS >= daemon->drain_until_ms + FAREWELL_LEAST_MS &&
			       all_said(daemon->floors) && !pending(daemon));
	}
	return false;
}
