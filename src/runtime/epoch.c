/* SPDX-License-Identifier: Apache-2.0 */
/* epoch.c: a task for every worker; the last one to run it calls `done`. */
#include "runtime/epoch.h"

#include "base/macros.h"

static void pass(struct worker *worker, struct worker_task *task)
{
	struct epoch *epoch = container_of(task, struct epoch_task, task)->epoch;
	if (atomic_fetch_sub_explicit(&epoch->remaining, 1, memory_order_acq_rel) == 1)
		epoch->done(epoch);
}

void epoch_start(struct epoch *epoch, struct worker_group *group, void (*done)(struct epoch *epoch))
{
	unsigned count = group->count; /* the epoch may be gone after the last post */
	epoch->done = done;
	atomic_store_explicit(&epoch->remaining, count, memory_order_relaxed);
	for (unsigned i = 0; i < count; i++) {
		struct epoch_task *task = &epoch->tasks[i];
		task->epoch = epoch;
		task->task.mail.kind = MAIL_TASK;
		task->task.run = pass;
		worker_post(&group->workers[i], &task->task.mail);
	}
}
