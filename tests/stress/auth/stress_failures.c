/* SPDX-License-Identifier: Apache-2.0 */
/* stress_failures.c: four threads fail from the same sources, and not one failure is forgotten. */
#include "auth/failures.h"

#include "lib/threads.h"

#define WORKERS 4
#define SOURCES 8u
#define EACH    20000u
#define LIMIT   (WORKERS * EACH + 1)
#define WINDOW  (LIMIT * 10)
#define NOW     1000u

static struct failures *failures;

static struct net_address source(uint32_t number)
{
	return (struct net_address){.family = NET_IPV4, .ip = {10, 0, 0, (uint8_t)number}};
}

static void fail_often(unsigned number)
{
	for (uint32_t i = 0; i < EACH * SOURCES; i++) {
		struct net_address from = source((i + number) % SOURCES);
		MUST(!failures_limited(failures, &from, NOW));
		if (i < (EACH - 1) * SOURCES)
			failures_add(failures, &from, NOW);
	}
}

int main(void)
{
	MUST(failures_new(1024, LIMIT, WINDOW, &failures) == 0);
	for (uint32_t i = 0; i < SOURCES; i++) {
		struct net_address from = source(i);
		failures_add(failures, &from, NOW); /* so that each has its word */
	}
	threads_add(WORKERS, fail_often);
	threads_run();
	for (uint32_t i = 0; i < SOURCES; i++) {
		struct net_address from = source(i);
		for (unsigned k = 0; k < WORKERS; k++) {
			MUST(!failures_limited(failures, &from, NOW));
			failures_add(failures, &from, NOW);
		}
		MUST(failures_limited(failures, &from, NOW)); /* exactly now */
	}
	failures_free(failures);
	return 0;
}
