/* SPDX-License-Identifier: Apache-2.0 */
/* lock.c: the slow half of the lock: spin briefly, then sleep in the kernel until woken. */
#include "base/lock.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Long enough for a holder that runs to finish with a bucket, short beside a system call. */
#define SPINS 100

static void pause_briefly(void)
{
	/* also keeps the compiler from reading the state once only */
	__asm__ volatile("" ::: "memory");
}

static bool try_for_a_while(struct lock *lock)
{
	for (unsigned i = 0; i < SPINS; i++) {
		if (atomic_load_explicit(&lock->state, memory_order_relaxed) == 0 && lock_try(lock))
			return true;
		pause_briefly();
	}
	return false;
}

/* Whoever had to sleep takes the lock as 2: it cannot know whether others sleep still. */
void lock_take_slowly(struct lock *lock)
{
	if (try_for_a_while(lock))
		return;
	while (atomic_exchange_explicit(&lock->state, 2, memory_order_acquire) != 0)
		syscall(SYS_futex, &lock->state, FUTEX_WAIT_PRIVATE, 2, NULL, NULL, 0);
}

void lock_wake_one(struct lock *lock)
{
	syscall(SYS_futex, &lock->state, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}
