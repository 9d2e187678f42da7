/* SPDX-License-Identifier: Apache-2.0 */
/* home.h: from a hash to a worker. Compiled for the kernel's program that steers as well. */
#ifndef RUNTIME_HOME_H
#define RUNTIME_HOME_H

#include <stdint.h>

/* 0 to `count` - 1: the high half scaled to the count, even, and no division. */
static inline uint32_t home_of_hash(uint64_t hash, uint32_t count)
{
	return (uint32_t)((hash >> 32) * count >> 32);
}

#endif
