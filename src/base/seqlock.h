/* SPDX-License-Identifier: Apache-2.0 */
/* seqlock.h: readers copy a value without a lock and look whether a writer disturbed them. */
#ifndef BASE_SEQLOCK_H
#define BASE_SEQLOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

/*
 * Who may call what, when
 *
 *   seqlock_read_begin, _load_words, _read_retry    any thread, any time
 *   seqlock_write_begin, _store_words, _write_end   one writer at a time: hold the writers' lock
 *
 * A reader copies with seqlock_load_words between begin and retry, believes nothing that it has
 * copied (no pointer to follow, no length to trust) until retry says false, and gives up after a
 * bounded number of tries: a writer may have been pre-empted in the middle. The memory must stay
 * of its type for as long as anyone may read.
 *
 * Why it is right without a fence: the data words are stored with release, so each is ordered after
 * the odd sequence; they are loaded with acquire, so the second look at the sequence is ordered
 * after each. A reader that saw one new word therefore sees a sequence at least odd.
 */
struct seqlock {
	_Atomic uint32_t sequence; /* odd while a writer is inside; zeroed memory is ready */
};

static inline void seqlock_init(struct seqlock *lock)
{
	atomic_init(&lock->sequence, 0);
}

/* What to hand to seqlock_read_retry after copying. */
static inline uint32_t seqlock_read_begin(const struct seqlock *lock)
{
	return atomic_load_explicit(&lock->sequence, memory_order_acquire);
}

/* True when the copy must be thrown away: a writer was inside, or came in between. */
static inline bool seqlock_read_retry(const struct seqlock *lock, uint32_t begun)
{
	return (begun & 1) || atomic_load_explicit(&lock->sequence, memory_order_relaxed) != begun;
}

static inline void seqlock_write_begin(struct seqlock *lock)
{
	uint32_t sequence = atomic_load_explicit(&lock->sequence, memory_order_relaxed);
	atomic_store_explicit(&lock->sequence, sequence + 1, memory_order_relaxed);
}

static inline void seqlock_write_end(struct seqlock *lock)
{
	uint32_t sequence = atomic_load_explicit(&lock->sequence, memory_order_relaxed);
	atomic_store_explicit(&lock->sequence, sequence + 1, memory_order_release);
}

static inline void seqlock_load_words(uint64_t *to, const _Atomic uint64_t *from, size_t count)
{
	for (size_t i = 0; i < count; i++)
		to[i] = atomic_load_explicit(&from[i], memory_order_acquire);
}

static inline void seqlock_store_words(_Atomic uint64_t *to, const uint64_t *from, size_t count)
{
	for (size_t i = 0; i < count; i++)
		atomic_store_explicit(&to[i], from[i], memory_order_release);
}

#endif
