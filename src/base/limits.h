/* SPDX-License-Identifier: Apache-2.0 */
/* limits.h: how many files the process may open. */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#include <stdint.h>

/*
 * Raises RLIMIT_NOFILE to `wanted`: the soft limit up to the hard one, the hard one too where
 * allowed. Never lowers. *ret_got is the limit afterwards. 0, or -EPERM when it is below `wanted`,
 * or -errno.
 */
int raise_file_limit(uint64_t wanted, uint64_t *ret_got);

#endif
