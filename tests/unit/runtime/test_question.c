/* SPDX-License-Identifier: Apache-2.0 */
/* test_question.c: questions that a worker answers, in time or too late. */
#include <errno.h>

#include "base/macros.h"
#include "lib/testing.h"
#include "runtime/question.h"

static struct worker_group group;
static unsigned answered;

struct sum {
	struct question question;
	int a, b, result;
};

static void add(struct question *question)
{
	struct sum *sum = container_of(question, struct sum, question);
	sum->result = sum->a + sum->b;
	answered++;
}

static struct sum *new_sum(int a, int b)
{
	struct sum *sum = question_new(sizeof(*sum), add);
	ck_assert_ptr_nonnull(sum);
	sum->a = a;
	sum->b = b;
	return sum;
}

START_TEST(the_answer_is_there_when_it_was_asked)
{
	ck_assert_int_eq(worker_group_init(&group, 2, NULL), 0);
	ck_assert_int_eq(worker_group_start(&group), 0);
	for (int i = 0; i < 100; i++) {
		struct sum *sum = new_sum(i, 1);
		ck_assert_int_eq(question_ask(&sum->question, &group.workers[i & 1]), 0);
		ck_assert_int_eq(sum->result, i + 1);
		question_leave(&sum->question);
	}
	worker_group_stop(&group);
	worker_group_done(&group);
}
END_TEST

/* The mail that wakes it to stop may be taken in the round that it is in already. */
START_TEST(a_worker_that_is_busy_stops_all_the_same)
{
	for (int i = 0; i < 200; i++) {
		ck_assert_int_eq(worker_group_init(&group, 1, NULL), 0);
		ck_assert_int_eq(worker_group_start(&group), 0);
		struct sum *sum = new_sum(i, 1);
		ck_assert_int_eq(question_ask(&sum->question, &group.workers[0]), 0);
		question_leave(&sum->question);
		worker_group_stop(&group);
		worker_group_done(&group);
	}
}
END_TEST

/* Main gives up; the worker answers into memory that is still there, and frees it. */
START_TEST(who_answers_too_late_frees_it)
{
	answered = 0;
	ck_assert_int_eq(worker_group_init(&group, 1, NULL), 0);
	struct sum *sum = new_sum(1, 2);
	ck_assert_int_eq(question_ask(&sum->question, &group.workers[0]), -ETIMEDOUT);
	question_leave(&sum->question);
	ck_assert_uint_eq(answered, 0);
	worker_run_once(&group.workers[0]);
	ck_assert_uint_eq(answered, 1);
	worker_group_done(&group);
}
END_TEST

/* What was asked has to be asked of others first. */
static struct sum *kept;

static void keep(struct question *question)
{
	kept = container_of(question, struct sum, question);
	question_keep(question);
}

static void answer_kept(struct worker *worker, struct worker_task *task)
{
	kept->result = kept->a * kept->b;
	question_answer(&kept->question);
}

START_TEST(what_is_kept_is_answered_later)
{
	struct worker_task later = {.mail.kind = MAIL_TASK, .run = answer_kept};
	ck_assert_int_eq(worker_group_init(&group, 1, NULL), 0);
	struct sum *sum = question_new(sizeof(*sum), keep);
	ck_assert_ptr_nonnull(sum);
	sum->a = 6;
	sum->b = 7;
	/* nobody runs it yet: main gives up, and looks again when it has been answered */
	ck_assert_int_eq(question_ask(&sum->question, &group.workers[0]), -ETIMEDOUT);
	worker_run_once(&group.workers[0]);
	ck_assert(!atomic_load(&sum->question.is_answered));
	worker_post(&group.workers[0], &later.mail);
	worker_run_once(&group.workers[0]);
	ck_assert(atomic_load(&sum->question.is_answered));
	ck_assert_int_eq(sum->result, 42);
	question_leave(&sum->question);
	worker_group_done(&group);
}
END_TEST

TEST_MAIN("question", what_is_kept_is_answered_later, the_answer_is_there_when_it_was_asked,
	a_worker_that_is_busy_stops_all_the_same, who_answers_too_late_frees_it)
