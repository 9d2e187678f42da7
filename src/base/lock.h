/* SPDX-License-Identifier: Apache-2.0 */
/* lock.h: a four-byte lock that spins briefly, then sleeps, for shards that are rarely shared. */
#ifndef BASE_LOCK_H
#define BASE_LOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Who may call what, when
 *
 *   lock_take, lock_try    any thread that does not hold it (it is not recursive)
 *   lock_give              the thread that holds it
 *
 * Never on the call path: readers of the registry use its seqlocks, see seqlock.h.
 */
struct lock {
	_Atomic uint32_t state; /* 0 free, 1 held, 2 held and somebody sleeps; zeroed is free */
};

void lock_take_slowly(struct lock *lock);
void lock_wake_one(struct lock *lock);

static inline void lock_init(struct lock *lock)
{
	atomic_init(&lock->state, 0);
}

static inline bool lock_try(struct lock *lock)
{
	uint32_t free_state = 0;
	return atomic_compare_exchange_strong_explicit(
		&lock->state, &free_state, 1, memory_order_acquire, memory_order_relaxed);
}

static inline void lock_take(struct lock *lock)
{
	if (!lock_try(lock))
		lock_take_slowly(lock);
}

static inline void lock_give(struct lock *lock)
{
	if (atomic_exchange_explicit(&lock->state, 0, memory_order_release) == 2)
		lock_wake_one(lock);
}

#endif
