/* SPDX-License-Identifier: Apache-2.0 */
/* stress_lock.c: four threads, two locks: nobody is ever inside with another. */
#include "base/lock.h"

#include "base/macros.h"
#include "lib/threads.h"

#define ROUNDS 500000

static struct {
	struct lock lock;
	uint64_t inside; /* plain on purpose: TSan and the sum tell when two were inside */
} shards[2];

static _Atomic uint64_t entered;

static void enter_often(unsigned number)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		unsigned shard = (i ^ number) & 1;
		if (i % 4 != 0)
			lock_take(&shards[shard].lock);
		else if (!lock_try(&shards[shard].lock))
			continue;
		shards[shard].inside++;
		atomic_fetch_add_explicit(&entered, 1, memory_order_relaxed);
		/* hold it across a switch now and then: others must sleep and be woken */
		if (i % 512 == number)
			sched_yield();
		lock_give(&shards[shard].lock);
	}
}

int main(void)
{
	threads_add(4, enter_often);
	threads_run();
	MUST(shards[0].inside + shards[1].inside == entered);
	MUST(entered >= 3 * ROUNDS);
	for (unsigned i = 0; i < ARRAY_LENGTH(shards); i++)
		MUST(shards[i].lock.state == 0);
	return 0;
}
