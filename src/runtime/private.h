/* SPDX-License-Identifier: Apache-2.0 */
/* private.h: what only the runtime sees of a worker. */
#ifndef RUNTIME_PRIVATE_H
#define RUNTIME_PRIVATE_H

#include <pthread.h>

#include <event2/event.h>

#include "runtime/nap.h"
#include "runtime/worker.h"

/* Mails for one other worker that wait for the end of the batch, each linked to the one before. */
struct outbox {
	struct mail *newest;
	struct mail *oldest;
};

/* Owner: the worker's thread. Lifetime: the worker's. */
struct worker_private {
	struct event *mail_event;
	struct event *tick_event;
	uint64_t tick_armed_ms; /* when tick_event fires; UINT64_MAX: it is not pending */
	bool asleep;            /* the mailbox was told that we may block */
	struct nap nap;
	struct outbox outboxes[WORKERS_MAX];
	uint64_t outbox_mask; /* bit i: outboxes[i] holds something ... */
	uint64_t held_mask;   /* ... that has waited for a nap already */
	pthread_t thread;
	bool running;
	void *scratch;
};

extern _Thread_local struct worker *worker_here;

/* The loop of the thread, until group->stopping. */
void worker_loop(struct worker *worker);
/* Mails, timers, batch end. */
void worker_round(struct worker *worker);
/* Hands the mails of the batch over. `may_hold`: we are about to nap, so what is for a worker that
 * sleeps may wait once for what the nap brings, and the sleeper is rung once for all of it. */
void worker_deliver(struct worker *worker, bool may_hold);

#endif
