/* SPDX-License-Identifier: Apache-2.0 */
/* question.h: what the main thread asks a worker: posted as a task, answered into its own memory.
 */
#ifndef RUNTIME_QUESTION_H
#define RUNTIME_QUESTION_H

#include <semaphore.h>
#include <stdatomic.h>
#include <stddef.h>

#include "runtime/worker.h"

/*
 * The first member of whatever else is asked and answered. Owner: main, then the worker, then main
 * again; when main has given up waiting, the worker. Nobody takes a lock, no worker waits.
 *
 *   question_new, _ask, _leave   the main thread, while the workers' threads run
 *   `run`                        the worker, between two of its events
 *   question_keep, _answer       the worker
 */
struct question {
	struct worker_task task;
	void (*run)(struct question *question);
	unsigned holds;           /* the worker's: 0, it is answered */
	sem_t done;               /* wakes who waits; what it waits for is the next member */
	_Atomic bool is_answered; /* set when all that `run` wrote may be read */
	_Atomic bool is_left;     /* the first of both sets it, the second frees */
};

/* Zeroed memory of `size` bytes that begins with a question; NULL without memory. Each must be
 * asked once, then left. */
void *question_new(size_t size, void (*run)(struct question *question));
/* `run` calls this when it cannot answer yet, and question_answer later, as often, on
 * the same worker. */
void question_keep(struct question *question);
void question_answer(struct question *question);
/* Waits until `run` has answered, two seconds at most. 0, or -ETIMEDOUT: it may still be answered,
 * and is not to be looked at any more. */
int question_ask(struct question *question, struct worker *worker);
/* Main is done with it. */
void question_leave(struct question *question);

#endif
