/* SPDX-License-Identifier: Apache-2.0 */
/* test_metrics.c: sums over threads that come and go. */
#include "base/metrics.h"

#include <ctype.h>
#include <pthread.h>
#include <string.h>

#include "lib/testing.h"

#define SOME METRIC_log_lines_dropped

START_TEST(every_row_is_complete_and_every_name_is_usable_elsewhere)
{
	for (unsigned id = 0; id < METRIC_COUNT; id++) {
		const struct metric_row *row = &metric_rows[id];
		ck_assert_int_gt(strlen(row->help), 0);
		ck_assert_int_gt(strlen(row->unit), 0);
		for (const char *c = row->name; *c; c++)
			ck_assert(islower(*c) || isdigit(*c) || *c == '_');
		for (unsigned other = 0; other < id; other++)
			ck_assert_str_ne(row->name, metric_rows[other].name);
	}
	for (unsigned id = 0; id < HISTOGRAM_COUNT; id++)
		ck_assert_int_eq(histogram_rows[id].kind, METRIC_KIND_HISTOGRAM);
}
END_TEST

START_TEST(a_thread_that_has_not_attached_counts_too)
{
	metrics_add(SOME, 3);
	metrics_sub(SOME, 1);
	ck_assert_uint_eq(metrics_sum(SOME), 2);
	ck_assert_uint_eq(metrics_thread_count(), 0);
}
END_TEST

static void *count_and_leave(void *unused)
{
	ck_assert_int_eq(metrics_attach("helper"), 0);
	metrics_add(SOME, 10);
	metrics_record(HISTOGRAM_batch_time, 1000);
	metrics_detach();
	return NULL;
}

START_TEST(counts_outlive_their_thread)
{
	struct histogram histogram;
	pthread_t thread;

	ck_assert_int_eq(metrics_attach("main"), 0);
	metrics_add(SOME, 1);
	ck_assert_int_eq(pthread_create(&thread, NULL, count_and_leave, NULL), 0);
	pthread_join(thread, NULL);
	ck_assert_uint_eq(metrics_sum(SOME), 11);
	histogram_init(&histogram);
	metrics_histogram(HISTOGRAM_batch_time, &histogram);
	ck_assert_uint_eq(histogram_count(&histogram), 1);
	metrics_detach();
	ck_assert_uint_eq(metrics_sum(SOME), 11);
}
END_TEST

START_TEST(one_thread_can_be_read_alone)
{
	char name[16] = "untouched";
	uint64_t value = 77;

	metrics_add(SOME, 5);
	ck_assert_int_eq(metrics_attach("a-name-that-is-too-long"), 0);
	metrics_set(SOME, 4);
	ck_assert_uint_eq(metrics_thread_count(), 1);
	ck_assert(!metrics_thread_name(1, name));
	ck_assert(!metrics_thread_value(1, SOME, &value));
	ck_assert_str_eq(name, "untouched");
	ck_assert(metrics_thread_name(0, name));
	ck_assert(metrics_thread_value(0, SOME, &value));
	ck_assert_str_eq(name, "a-name-that-is-");
	ck_assert_uint_eq(value, 4);
	ck_assert_uint_eq(metrics_sum(SOME), 9);
	metrics_detach();
}
END_TEST

START_TEST(a_gauge_may_go_down_in_another_thread)
{
	metrics_add(SOME, 2);
	ck_assert_int_eq(metrics_attach("other"), 0);
	metrics_sub(SOME, 1);
	ck_assert_uint_eq(metrics_sum(SOME), 1);
	metrics_detach();
	ck_assert_uint_eq(metrics_sum(SOME), 1);
	metrics_detach();
}
END_TEST

TEST_MAIN("metrics", every_row_is_complete_and_every_name_is_usable_elsewhere,
	a_thread_that_has_not_attached_counts_too, counts_outlive_their_thread,
	one_thread_can_be_read_alone, a_gauge_may_go_down_in_another_thread)
