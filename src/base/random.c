/* SPDX-License-Identifier: Apache-2.0 */
/* random.c: unpredictable bytes for tags, branches and nonces, without a system call each. */
#include "base/random.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/macros.h"

#define BLOCK 512

static _Thread_local unsigned char block[BLOCK];
static _Thread_local size_t left; /* unused bytes, at the end of the block */

static void refill(void)
{
	size_t have = 0;
	while (have < BLOCK) {
		ssize_t got = getrandom(block + have, BLOCK - have, 0);
		if (got < 0 && errno != EINTR)
			abort();
		if (got > 0)
			have += (size_t)got;
	}
	left = BLOCK;
}

void random_bytes(void *ret_bytes, size_t count)
{
	char *to = ret_bytes;
	while (count) {
		size_t piece = MIN(count, left);
		unsigned char *from = block + BLOCK - left;
		memcpy(to, from, piece);
		memset(from, 0, piece);
		left -= piece;
		to += piece;
		count -= piece;
		if (count)
			refill();
	}
}

uint64_t random_u64(void)
{
	uint64_t value;
	random_bytes(&value, sizeof(value));
	return value;
}

uint32_t random_below(uint32_t limit)
{
	/* The high half of a 32x32 product: uneven by at most limit / 2^64 with 64 random bits. */
	return (uint32_t)(((unsigned __int128)random_u64() * limit) >> 64);
}
