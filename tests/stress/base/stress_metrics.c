/* SPDX-License-Identifier: Apache-2.0 */
/* stress_metrics.c: threads count, come and go; no sum ever falls, none misses a count. */
#include "base/metrics.h"

#include "lib/threads.h"

#define ROUNDS 200
#define COUNTS 3000
#define SOME   METRIC_log_lines_dropped

static _Atomic unsigned counting = 3;

static void count_and_leave(unsigned number)
{
	for (unsigned round = 0; round < ROUNDS; round++) {
		MUST(metrics_attach("counter") == 0);
		for (unsigned i = 0; i < COUNTS; i++) {
			metrics_add(SOME, 1);
			metrics_record(HISTOGRAM_batch_time, i);
		}
		metrics_detach();
	}
	atomic_fetch_sub(&counting, 1);
}

static void watch(unsigned unused)
{
	uint64_t last = 0;
	while (atomic_load(&counting)) {
		uint64_t value = 0;
		uint64_t sum = metrics_sum(SOME);
		MUST(sum >= last);
		last = sum;
		if (metrics_thread_value(0, SOME, &value))
			MUST(value <= COUNTS);
		sched_yield();
	}
}

int main(void)
{
	static struct histogram histogram;
	threads_add(3, count_and_leave);
	threads_add(1, watch);
	threads_run();
	MUST(metrics_sum(SOME) == 3 * ROUNDS * COUNTS);
	metrics_histogram(HISTOGRAM_batch_time, &histogram);
	MUST(histogram_count(&histogram) == 3 * ROUNDS * COUNTS);
	return 0;
}
