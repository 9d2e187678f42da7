/* SPDX-License-Identifier: Apache-2.0 */
/* bench.h: times an operation and prints nanoseconds for each, the best of a few rounds. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <time.h>

#define BENCH_ROUNDS 5

static inline uint64_t bench_now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Makes the compiler believe that `value` is used, and that memory was read. */
#define BENCH_KEEP(value) __asm__ volatile("" : : "g"(value) : "memory")

static inline void bench_print(const char *name, double ns)
{
	printf("%-44s %9.2f ns/op\n", name, ns);
	fflush(stdout);
}

/* `run(count)` does the operation `count` times. The best round is the least disturbed one. */
static inline void bench_run(const char *name, void (*run)(uint64_t count), uint64_t count)
{
	uint64_t best = UINT64_MAX;
	run(count / 10 + 1);
	for (unsigned round = 0; round < BENCH_ROUNDS; round++) {
		uint64_t start = bench_now_ns();
		run(count);
		uint64_t took = bench_now_ns() - start;
		if (took < best)
			best = took;
	}
	bench_print(name, (double)best / (double)count);
}

#endif
