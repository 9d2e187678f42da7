/* SPDX-License-Identifier: Apache-2.0 */
/* threads.h: starts the threads of a validation program together, and stops it at a broken rule. */
#ifndef TESTS_THREADS_H
#define TESTS_THREADS_H

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The rule that must hold; says which one did not and ends the program. */
#define MUST(condition)                                                                         \
	do {                                                                                    \
		if (!(condition)) {                                                             \
			fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #condition); \
			exit(1);                                                                \
		}                                                                               \
	} while (0)

#define THREADS_MOST 8

/* One thread of a program: what it runs, and its number among those that run the same. */
struct worker_thread {
	void (*run)(unsigned number);
	unsigned number;
	pthread_t thread;
};

/* Threads to start together: filled by threads_add, run by threads_run. */
struct thread_group {
	struct worker_thread workers[THREADS_MOST];
	unsigned count;
	pthread_barrier_t start;
};

static struct thread_group threads_here;

static inline void *threads_main(void *argument)
{
	struct worker_thread *worker = argument;
	pthread_barrier_wait(&threads_here.start);
	worker->run(worker->number);
	return NULL;
}

static inline void threads_add(unsigned count, void (*run)(unsigned number))
{
	for (unsigned i = 0; i < count; i++) {
		MUST(threads_here.count < THREADS_MOST);
		threads_here.workers[threads_here.count++] =
			(struct worker_thread){.run = run, .number = i};
	}
}

/* Starts all that were added at one moment, and waits until all have ended. */
static inline void threads_run(void)
{
	struct thread_group *group = &threads_here;
	pthread_barrier_init(&group->start, NULL, group->count);
	for (unsigned i = 0; i < group->count; i++)
		MUST(pthread_create(&group->workers[i].thread, NULL, threads_main,
			     &group->workers[i]) == 0);
	for (unsigned i = 0; i < group->count; i++)
		pthread_join(group->workers[i].thread, NULL);
	pthread_barrier_destroy(&group->start);
	group->count = 0;
}

#endif
