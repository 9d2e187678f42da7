/* SPDX-License-Identifier: Apache-2.0 */
/* private.h: what only the runtime sees of a worker. */
#ifndef RUNTIME_PRIVATE_H
#define RUNTIME_PRIVATE_H

#include <pthread.h>

#include <event2/event.h>

#include "runtime/worker.h"

/* Mails for one other worker that wait for the end of the batch, each linked to the one before. */
struct outbox {
	struct mail *newest;
	struct mail *oldest;
};

/* What worker_linger goes by. Owner: the worker's thread. */
struct arrivals {
	uint64_t window_ns; /* when the window began */
	uint32_t wakes;  /* in this window: rounds that began with a wait and brought something */
	uint32_t work;   /* in this window: datagrams, segments, mails */
	bool is_napping; /* what the last whole window suggests */
};

/* Owner: the worker's thread. Lifetime: the worker's. */
struct worker_private {
	struct event *mail_event;
	struct event *tick_event;
	uint64_t tick_armed_ms; /* when tick_event fires; UINT64_MAX: it is not pending */
	bool asleep;            /* the mailbox was told that we may block */
	struct arrivals arrivals;
	struct outbox outboxes[WORKERS_MAX];
	uint64_t outbox_mask; /* bit i: outboxes[i] holds something */
	pthread_t thread;
	bool running;
	void *scratch;
};

extern _Thread_local struct worker *worker_here;

/* The loop of the thread, until group->stopping. */
void worker_loop(struct worker *worker);
/* Mails, timers, batch end. */
void worker_round(struct worker *worker);
/* Hands the mails of the batch over. */
void worker_deliver(struct worker *worker);
/* Sees what came at once and says how long (microseconds, 0 to 1000) to let more gather. */
uint32_t worker_linger(struct worker *worker, uint64_t now_ns);

#endif
