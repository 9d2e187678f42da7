/* SPDX-License-Identifier: Apache-2.0 */
/* question.c: a question of the main thread to a worker, freed by who comes last. */
#include "runtime/question.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#define WAIT_S 2

void question_leave(struct question *question)
{
	if (!atomic_exchange(&question->is_left, true))
		return;
	sem_destroy(&question->done);
	free(question);
}

void question_keep(struct question *question)
{
	question->holds++;
}

void question_answer(struct question *question)
{
	if (--question->holds)
		return;
	atomic_store(&question->is_answered, true);
	sem_post(&question->done);
	question_leave(question);
}

static void run(struct worker *worker, struct worker_task *task)
{
	struct question *question = container_of(task, struct question, task);
	question->holds = 1;
	question->run(question);
	question_answer(question);
}

void *question_new(size_t size, void (*run_it)(struct question *question))
{
	struct question *question = calloc(1, size);
	if (!question)
		return NULL;
	sem_init(&question->done, 0, 0);
	question->run = run_it;
	return question;
}

int question_ask(struct question *question, struct worker *worker)
{
	struct timespec until;
	question->task = (struct worker_task){.mail.kind = MAIL_TASK, .run = run};
	worker_post(worker, &question->task.mail);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += WAIT_S;
	while (!atomic_load(&question->is_answered))
		if (sem_clockwait(&question->done, CLOCK_MONOTONIC, &until) < 0 && errno != EINTR)
			return -ETIMEDOUT;
	return 0;
}
