/* SPDX-License-Identifier: Apache-2.0 */
/* siphash.c: SipHash by Aumasson and Bernstein (2012), with 2+4 and with 1+3 rounds. */
#include "base/siphash.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

struct state {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static inline void rounds(struct state *s, unsigned count)
{
	while (count--) {
		s->v0 += s->v1;
		s->v2 += s->v3;
		s->v1 = rotate(s->v1, 13) ^ s->v0;
		s->v3 = rotate(s->v3, 16) ^ s->v2;
		s->v0 = rotate(s->v0, 32);
		s->v2 += s->v1;
		s->v0 += s->v3;
		s->v1 = rotate(s->v1, 17) ^ s->v2;
		s->v3 = rotate(s->v3, 21) ^ s->v0;
		s->v2 = rotate(s->v2, 32);
	}
}

static inline uint64_t load_le64(const unsigned char *from)
{
	uint64_t word;
	memcpy(&word, from, sizeof(word));
	return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? word : __builtin_bswap64(word);
}

/* The last 0 to 7 bytes, and the length in the top byte. Behind a whole word they are the upper
 * bytes of the text's last eight. */
static inline uint64_t last_word(const unsigned char *from, size_t length)
{
	uint64_t word = (uint64_t)length << 56;
	size_t tail = length & 7;
	if (tail && length >= 8)
		return word | load_le64(from + tail - 8) >> (64 - 8 * tail);
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
	struct state s = {
		key->k0 ^ 0x736f6d6570736575u,
		key->k1 ^ 0x646f72616e646f6du,
		key->k0 ^ 0x6c7967656e657261u,
		key->k1 ^ 0x7465646279746573u,
	};
	uint64_t word;

	for (; at != end; at += 8) {
		word = load_le64(at);
		s.v3 ^= word;
		rounds(&s, per_word);
		s.v0 ^= word;
	}
	word = last_word(at, length);
	s.v3 ^= word;
	rounds(&s, per_word);
	s.v0 ^= word;
	s.v2 ^= 0xff;
	rounds(&s, at_end);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
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
