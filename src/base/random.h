/* SPDX-License-Identifier: Apache-2.0 */
/* random.h: unpredictable bytes for tags, branches and nonces, without a system call each. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/*
 * Any thread: each has its own block of kernel randomness, refilled 512 bytes at a time; used
 * bytes are wiped. Aborts when the kernel has no randomness to give, for nothing would be safe.
 */
void random_bytes(void *ret_bytes, size_t count);
uint64_t random_u64(void);

/* Evenly from 0 to limit-1; limit 0 gives 0. */
uint32_t random_below(uint32_t limit);

#endif
