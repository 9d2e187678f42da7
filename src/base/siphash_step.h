/* SPDX-License-Identifier: Apache-2.0 */
/* siphash_step.h: the rounds of SipHash. Compiled twice: into siphash.c, and into the kernel's
 * program that steers by it. So integers only. */
#ifndef BASE_SIPHASH_STEP_H
#define BASE_SIPHASH_STEP_H

#include "base/siphash.h"

struct siphash_state {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t siphash_rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static inline __attribute__((always_inline)) void siphash_rounds(
	struct siphash_state *s, unsigned count)
{
	while (count--) {
		s->v0 += s->v1;
		s->v2 += s->v3;
		s->v1 = siphash_rotate(s->v1, 13) ^ s->v0;
		s->v3 = siphash_rotate(s->v3, 16) ^ s->v2;
		s->v0 = siphash_rotate(s->v0, 32);
		s->v2 += s->v1;
		s->v0 += s->v3;
		s->v1 = siphash_rotate(s->v1, 17) ^ s->v2;
		s->v3 = siphash_rotate(s->v3, 21) ^ s->v0;
		s->v2 = siphash_rotate(s->v2, 32);
	}
}

static inline __attribute__((always_inline)) struct siphash_state siphash_begin(
	const struct siphash_key *key)
{
	return (struct siphash_state){
		key->k0 ^ 0x736f6d6570736575u,
		key->k1 ^ 0x646f72616e646f6du,
		key->k0 ^ 0x6c7967656e657261u,
		key->k1 ^ 0x7465646279746573u,
	};
}

/* Eight bytes of the text, the first lowest. */
static inline __attribute__((always_inline)) void siphash_word(
	struct siphash_state *s, uint64_t word, unsigned per_word)
{
	s->v3 ^= word;
	siphash_rounds(s, per_word);
	s->v0 ^= word;
}

/* `tail`: the 0 to 7 bytes behind the whole words, nothing above them; `length`: of all. */
static inline __attribute__((always_inline)) uint64_t siphash_end(
	struct siphash_state *s, uint64_t tail, uint64_t length, unsigned per_word, unsigned at_end)
{
	siphash_word(s, length << 56 | tail, per_word);
	s->v2 ^= 0xff;
	siphash_rounds(s, at_end);
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

#endif
