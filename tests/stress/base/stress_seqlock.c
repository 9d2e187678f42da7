/* SPDX-License-Identifier: Apache-2.0 */
/* stress_seqlock.c: two writers under a lock, two readers: no accepted copy is of two writes. */
#include "base/seqlock.h"

#include "base/lock.h"
#include "lib/threads.h"

#define WORDS  9
#define WRITES 150000
#define TRIES  8

static struct seqlock seqlock;
static struct lock writers_lock;
static _Atomic uint64_t words[WORDS];
static uint64_t version; /* under writers_lock */
static _Atomic unsigned writers_left = 2;
static _Atomic uint64_t accepted, rejected;

static void write_some(unsigned number)
{
	uint64_t copy[WORDS];
	for (unsigned i = 0; i < WRITES; i++) {
		lock_take(&writers_lock);
		version++;
		for (unsigned k = 0; k < WORDS; k++)
			copy[k] = version * (k + 1);
		seqlock_write_begin(&seqlock);
		seqlock_store_words(words, copy, WORDS);
		seqlock_write_end(&seqlock);
		lock_give(&writers_lock);
		if (i % 64 == 0)
			sched_yield();
	}
	atomic_fetch_sub(&writers_left, 1);
}

/* As the registry's readers do: a bounded number of tries, then the writers' lock. */
static void read_once(uint64_t copy[WORDS])
{
	for (unsigned try = 0; try < TRIES; try++) {
		uint32_t begun = seqlock_read_begin(&seqlock);
		seqlock_load_words(copy, words, WORDS);
		if (!seqlock_read_retry(&seqlock, begun)) {
			atomic_fetch_add(&accepted, 1);
			return;
		}
		atomic_fetch_add(&rejected, 1);
	}
	lock_take(&writers_lock);
	seqlock_load_words(copy, words, WORDS);
	lock_give(&writers_lock);
}

static void read_some(unsigned number)
{
	uint64_t last = 0;
	uint64_t copy[WORDS];
	while (atomic_load(&writers_left)) {
		read_once(copy);
		for (unsigned k = 0; k < WORDS; k++)
			MUST(copy[k] == copy[0] * (k + 1));
		MUST(copy[0] >= last);
		last = copy[0];
	}
}

int main(void)
{
	threads_add(2, write_some);
	threads_add(2, read_some);
	threads_run();
	MUST(version == 2 * WRITES);
	MUST(atomic_load(&words[0]) == version);
	MUST(accepted > 0);
	printf("accepted=%llu rejected=%llu\n", (unsigned long long)accepted,
		(unsigned long long)rejected);
	return 0;
}
