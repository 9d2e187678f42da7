/* SPDX-License-Identifier: Apache-2.0 */
/* test_stall.c — a worker that does not come around is complained about once; a sleeping one is
 * not. */
#include "base/metrics.h"
#include "daemon/daemon.h"
#include "daemon/floors.h"
#include "lib/testing.h"

static struct worker workers[2];
static struct floors floors = {.workers = {.count = 2, .workers = workers}};
static struct daemon server = {.floors = &floors};

static void beat(unsigned index, uint64_t at_ms, enum worker_activity activity)
{
	atomic_store(&workers[index].heartbeat_ms, at_ms);
	atomic_store(&workers[index].activity, activity);
}

START_TEST(asleep_is_not_stalled)
{
	beat(0, 1000, WORKER_SLEEPING);
	beat(1, 1000, WORKER_SLEEPING);
	ck_assert(stall_check(&server, 100000));
	ck_assert_uint_eq(metrics_sum(METRIC_daemon_stalls), 0);
}
END_TEST

START_TEST(each_stall_counts_once)
{
	beat(0, 1000, WORKER_TIMERS);
	beat(1, 1000, WORKER_SLEEPING);
	ck_assert(stall_check(&server, 2000));
	ck_assert(!stall_check(&server, 2001));
	ck_assert(!stall_check(&server, 2501));
	ck_assert_uint_eq(metrics_sum(METRIC_daemon_stalls), 1);
	beat(0, 2600, WORKER_RECEIVING);
	ck_assert(stall_check(&server, 3000));
	ck_assert(!stall_check(&server, 3700));
	ck_assert_uint_eq(metrics_sum(METRIC_daemon_stalls), 2);
}
END_TEST

TEST_MAIN("daemon/stall", asleep_is_not_stalled, each_stall_counts_once)
