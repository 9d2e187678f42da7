/* SPDX-License-Identifier: Apache-2.0 */
/* siphash.c: SipHash by Aumasson and Bernstein (2012), with 2+4 and with 1+3 rounds. */
#include "base/siphash.h"

#include <errno.h>
#include <sys/random.h>

#include "base/siphash_step.h"
#include "base/word.h"

/* The last 0 to 7 bytes. Behind a whole word they are the upper bytes of the text's last eight. */
static inline uint64_t tail_of(const unsigned char *from, size_t length)
{
	uint64_t word = 0;
	size_t tail = length & 7;
	if (tail && length >= 8)
		return word_load(from + tail - 8) >> (64 - 8 * tail);
	for (size_t i = 0; i < tail; i++)
		word |= (uint64_t)from[i] << (8 * i);
	return word;
}

/* Inlined into its two callers, where the numbers of rounds are constants. */
static inline __attribute__((always_inline)) uint64_t hash(const struct siphash_key *key,
	const void *bytes, size_t length, unsigned per_word, unsigned at_end)
{
	const unsigned char *at = length ? bytes : (const unsigned char *)""; /* NULL has no end */
	const unsigned char *end = at + (length & ~(size_t)7);
	struct siphash_state s = siphash_begin(key);

	for (; at != end; at += 8)
		siphash_word(&s, word_load(at), per_word);
	return siphash_end(&s, tail_of(at, length), length, per_word, at_end);
}

uint64_t siphash24(const struct siphash_key *key, const void *bytes, size_t length)
{
	return hash(key, bytes, length, 2, 4);
}

uint64_t siphash13(const struct siphash_key *key, const void *bytes, size_t length)
{
	return hash(key, bytes, length, 1, 3);
}

int siphash_key_random(struct siphash_key *ret_key)
{
	struct siphash_key key;
	ssize_t got;
	do
		got = getrandom(&key, sizeof(key), 0);
	while (got < 0 && errno == EINTR);
	if (got != sizeof(key))
		return got < 0 ? -errno : -EIO;
	*ret_key = key;
	return 0;
}
