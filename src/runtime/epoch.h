/* SPDX-License-Identifier: Apache-2.0 */
/* epoch.h: when no worker can see an old value any more, so that it may be freed. */
#ifndef RUNTIME_EPOCH_H
#define RUNTIME_EPOCH_H

#include "runtime/worker.h"

/*
 * Who may call what, when
 *
 *   epoch_start    any thread, after it has published the new value
 *   done           runs once, on the worker that passes last
 *
 * A worker keeps no pointer to a snapshot from one event to the next. Each is sent a task; when it
 * runs that task it is between two events, so it has let go of the old value. Costs the call path
 * nothing.
 */
struct epoch {
	_Atomic unsigned remaining;
	void (*done)(struct epoch *epoch);
	struct epoch_task {
		struct worker_task task;
		struct epoch *epoch;
	} tasks[WORKERS_MAX];
};

/* `epoch` must live until `done` was called. The workers' threads must run, or do so later. */
void epoch_start(
	struct epoch *epoch, struct worker_group *group, void (*done)(struct epoch *epoch));

#endif
