/* SPDX-License-Identifier: Apache-2.0 */
/* siphash.h: the keyed hash for tables, owners and MACs whose input strangers choose. */
#ifndef BASE_SIPHASH_H
#define BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct siphash_key {
	uint64_t k0;
	uint64_t k1;
};

/* SipHash-2-4 as its authors published it: where a forged value must not pass (MACs). */
uint64_t siphash24(const struct siphash_key *key, const void *bytes, size_t length);

/* SipHash-1-3: where only the distribution must not be aimed at (hash tables, home workers). */
uint64_t siphash13(const struct siphash_key *key, const void *bytes, size_t length);

/* A key from the kernel's random source. 0 or -errno. */
int siphash_key_random(struct siphash_key *ret_key);

#endif
