/* SPDX-License-Identifier: Apache-2.0 */
/* word.h: eight characters at a time in an integer, the first in its lowest byte. Compiled for the
 * kernel's programs as well: no library, no loop. */
#ifndef BASE_WORD_H
#define BASE_WORD_H

#include <stdint.h>

#define WORD_ONES  UINT64_C(0x0101010101010101)
#define WORD_HIGHS UINT64_C(0x8080808080808080)

/* The word at any address; eight bytes must be there. A kernel that runs programs only with aligned
 * loads refuses those that use this. */
#if defined(__bpf__)
static inline uint64_t word_load_raw(const void *from)
{
	return *(const uint64_t *)from;
}
#else
static inline uint64_t word_load_raw(const void *from)
{
	uint64_t word;
	__builtin_memcpy(&word, from, sizeof(word));
	return word;
}
#endif

static inline uint64_t word_load(const void *from)
{
	uint64_t word = word_load_raw(from);
	return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? word : __builtin_bswap64(word);
}

/*
 * Marks are the high bits of the characters that have some property.
 *
 * `limit` is under 128; of a character over 127 its lower seven bits count, so mind those yourself.
 */
static inline uint64_t word_at_least(uint64_t word, uint64_t limit)
{
	return ((word | WORD_HIGHS) - limit * WORD_ONES) & WORD_HIGHS;
}

/* ASCII from `low` to `high`, under 127. */
static inline uint64_t word_within(uint64_t word, uint64_t low, uint64_t high)
{
	return word_at_least(word, low) & ~word_at_least(word, high + 1) & ~word;
}

/* The lowest mark is the first `character`; those above it may be marked wrongly. */
static inline uint64_t word_find(uint64_t word, uint64_t character)
{
	uint64_t zero = word ^ character * WORD_ONES;
	return (zero - WORD_ONES) & ~zero & WORD_HIGHS;
}

/* The place, 0 to 7, of the first mark; there must be one. No instruction counts zeros in the
 * kernel's programs, so a multiplication looks it up. */
static inline uint32_t word_first(uint64_t marks)
{
	uint64_t lowest = (marks & (0 - marks)) >> 7;
	return (uint32_t)(lowest * UINT64_C(0x0001020304050607) >> 56);
}

#endif
