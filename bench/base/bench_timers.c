/* SPDX-License-Identifier: Apache-2.0 */
/* bench_timers.c: lanes, the wheel and the rate bucket. */
#include "base/lane.h"
#include "base/token_bucket.h"
#include "base/wheel.h"
#include "lib/bench.h"

#define NODES 10000

static struct lane lane;
static struct lane_node lane_nodes[NODES];
static struct wheel wheel;
static struct wheel_node wheel_nodes[NODES];
static struct token_bucket bucket;
static uint64_t now_ms;

static void lane_arm_and_cancel(uint64_t count)
{
	while (count--) {
		lane_arm(&lane, &lane_nodes[0], now_ms);
		BENCH_KEEP(&lane);
		lane_cancel(&lane_nodes[0]);
	}
}

static void lane_arm_and_expire(uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		lane_arm(&lane, &lane_nodes[i % NODES], now_ms);
		if (i % 16 == 0)
			now_ms++;
		while (lane_expire(&lane, now_ms))
			;
	}
}

static void wheel_arm_and_cancel(uint64_t count)
{
	while (count--) {
		wheel_arm(&wheel, &wheel_nodes[0], now_ms + count % 100000);
		wheel_cancel(&wheel_nodes[0]);
	}
}

/* Each armed node is dealt out down to its millisecond, and fires. */
static void wheel_arm_and_expire(uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		wheel_arm(&wheel, &wheel_nodes[i % NODES], now_ms + 32000);
		if (i % 16 == 0)
			now_ms += 100;
		while (wheel_expire(&wheel, now_ms))
			;
	}
}

static void buckets(uint64_t count)
{
	while (count--)
		BENCH_KEEP(token_bucket_take(&bucket, count, 1));
}

int main(void)
{
	lane_init(&lane, 500);
	wheel_init(&wheel, 0);
	token_bucket_init(&bucket, 1000, 100);
	bench_run("lane arm + cancel", lane_arm_and_cancel, 10000000);
	bench_run("lane arm + expire", lane_arm_and_expire, 5000000);
	bench_run("wheel arm + cancel", wheel_arm_and_cancel, 10000000);
	bench_run("wheel arm + expire after 32 s", wheel_arm_and_expire, 2000000);
	bench_run("token bucket take", buckets, 10000000);
	return 0;
}
