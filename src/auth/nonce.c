/* SPDX-License-Identifier: Apache-2.0 */
/* nonce.c — nonces that carry their own proof, and one atomic word for each that was used. */
#include "auth/nonce.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/macros.h"
#include "base/random.h"
#include "base/reserve.h"
#include "base/siphash.h"

#define SEQUENCE_BITS   48
#define BYTES           24 /* what NONCE_LENGTH characters of base64 hold */
#define SIGNED_BYTES    12 /* time and sequence; the MAC is the rest */
#define GENERATION_BITS 28
#define COUNT_BITS      20
#define WINDOW          16
#define SLOTS_MIN       1024u
#define SLOTS_MAX       (1u << 28)
/* Sequence numbers that a thread draws at once, so that threads seldom meet at `sequence`. */
#define BLOCK 256

/* Shared by all workers. Immutable but for the atomics. */
struct nonces {
	struct siphash_key
		key[2]; /* 64 and 32 bits of the MAC; random, for the life of the process */
	uint64_t id;    /* tells the threads' blocks of one table from those of another */
	uint32_t slot_bits;
	size_t memory;
	_Atomic uint64_t *words;
	_Atomic uint32_t lifetime_ms;
	_Alignas(CACHE_LINE) _Atomic uint64_t sequence;
};

/* Owner: its thread. What is left of the block that it drew from the table `id`. */
static _Thread_local struct {
	uint64_t id, next, end;
} block;

int nonces_new(uint32_t lifetime_ms, uint32_t slots, struct nonces **ret)
{
	struct nonces *nonces = aligned_alloc(CACHE_LINE, ROUND_UP(sizeof(*nonces), CACHE_LINE));

	if (!nonces)
		return -ENOMEM;
	*nonces = (struct nonces){.slot_bits = 0};
	slots = MIN(MAX(slots, SLOTS_MIN), SLOTS_MAX);
	while (1u << nonces->slot_bits < slots)
		nonces->slot_bits++;
	nonces->words = reserve_take(sizeof(uint64_t) << nonces->slot_bits, &nonces->memory);
	if (!nonces->words) {
		free(nonces);
		return -ENOMEM;
	}
	random_bytes(nonces->key, sizeof(nonces->key));
	nonces->id = random_u64();
	atomic_init(&nonces->lifetime_ms, lifetime_ms);
	/* Generation 0 is that of a word never written. */
	atomic_init(&nonces->sequence, 1ull << nonces->slot_bits);
	*ret = nonces;
	return 0;
}

void nonces_free(struct nonces *nonces)
{
	if (!nonces)
		return;
	reserve_give((void *)nonces->words, nonces->memory);
	free(nonces);
}

void nonces_set_lifetime(struct nonces *nonces, uint32_t lifetime_ms)
{
	atomic_store_explicit(&nonces->lifetime_ms, lifetime_ms, memory_order_relaxed);
}

/* A thread that was idle while the others went once around the table draws anew: the words of its
 * old block belong to newer nonces, and its phones would be told `stale` again and again. */
static bool block_is_worn(const struct nonces *nonces)
{
	uint64_t newest = atomic_load_explicit(&nonces->sequence, memory_order_relaxed);

	return block.id != nonces->id || block.next == block.end ||
	       newest - block.next > 1ull << (nonces->slot_bits - 1);
}

static uint64_t next_sequence(struct nonces *nonces)
{
	if (block_is_worn(nonces)) {
		block.id = nonces->id;
		block.next =
			atomic_fetch_add_explicit(&nonces->sequence, BLOCK, memory_order_relaxed);
		block.end = block.next + BLOCK;
	}
	return block.next++ & ((1ull << SEQUENCE_BITS) - 1);
}

static void store48(uint8_t *to, uint64_t value)
{
	for (unsigned i = 0; i < 6; i++)
		to[i] = (uint8_t)(value >> (40 - 8 * i));
}

static uint64_t load48(const uint8_t *from)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < 6; i++)
		value = value << 8 | from[i];
	return value;
}

static void sign(
	const struct nonces *nonces, const uint8_t *bytes, uint8_t ret[BYTES - SIGNED_BYTES])
{
	uint64_t high = siphash24(&nonces->key[0], bytes, SIGNED_BYTES);
	uint32_t low = (uint32_t)siphash24(&nonces->key[1], bytes, SIGNED_BYTES);

	memcpy(ret, &high, 8);
	memcpy(ret + 8, &low, 4);
}

static const char alphabet[64] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void encode(const uint8_t bytes[BYTES], char ret[NONCE_LENGTH])
{
	for (unsigned i = 0; i < BYTES / 3; i++) {
		uint32_t three = (uint32_t)bytes[3 * i] << 16 | (uint32_t)bytes[3 * i + 1] << 8 |
				 bytes[3 * i + 2];
		for (unsigned k = 0; k < 4; k++)
			ret[4 * i + k] = alphabet[three >> (18 - 6 * k) & 63];
	}
}

static int digit_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (pv_is_digit(c))
		return c - '0' + 52;
	return c == '-' ? 62 : c == '_' ? 63 : -1;
}

static bool decode(struct pv_span text, uint8_t ret[BYTES])
{
	if (text.length != NONCE_LENGTH)
		return false;
	for (unsigned i = 0; i < BYTES / 3; i++) {
		int32_t three = 0;
		for (unsigned k = 0; k < 4; k++) {
			int digit = digit_of(text.at[4 * i + k]);
			if (digit < 0)
				return false;
			three = three << 6 | digit;
		}
		ret[3 * i] = (uint8_t)(three >> 16);
		ret[3 * i + 1] = (uint8_t)(three >> 8);
		ret[3 * i + 2] = (uint8_t)three;
	}
	return true;
}

void nonce_write(struct nonces *nonces, uint64_t now_ms, char ret[NONCE_LENGTH])
{
	uint8_t bytes[BYTES];

	store48(bytes, now_ms);
	store48(bytes + 6, next_sequence(nonces));
	sign(nonces, bytes, bytes + SIGNED_BYTES);
	encode(bytes, ret);
}

/* No early end: how many bytes of a guess were right must not show. */
static bool mac_equal(const uint8_t *a, const uint8_t *b)
{
	unsigned difference = 0;

	for (unsigned i = 0; i < BYTES - SIGNED_BYTES; i++)
		difference |= a[i] ^ b[i];
	return difference == 0;
}

enum nonce_state nonce_read(
	const struct nonces *nonces, struct pv_span text, uint64_t now_ms, struct nonce *ret)
{
	uint8_t bytes[BYTES], mac[BYTES - SIGNED_BYTES];

	if (!decode(text, bytes))
		return NONCE_FORGED;
	sign(nonces, bytes, mac);
	if (!mac_equal(mac, bytes + SIGNED_BYTES))
		return NONCE_FORGED;
	ret->issued_ms = load48(bytes);
	ret->sequence = load48(bytes + 6);
	/* Another worker's clock reading may be a little ahead of ours: that is young, not old. */
	uint64_t age = now_ms > ret->issued_ms ? now_ms - ret->issued_ms : 0;
	uint32_t lifetime = atomic_load_explicit(&nonces->lifetime_ms, memory_order_relaxed);
	return age <= lifetime ? NONCE_FRESH : NONCE_STALE;
}

/* What a slot's word says: whose it is, its highest count, bit n = the count highest - 1 - n was
 * seen. */
struct use {
	uint32_t generation;
	uint32_t highest;
	uint32_t seen;
};

static struct use unpack(uint64_t word)
{
	return (struct use){
		.generation = (uint32_t)(word >> (COUNT_BITS + WINDOW)),
		.highest = (uint32_t)(word >> WINDOW) & NONCE_COUNT_MAX,
		.seen = (uint32_t)word & ((1u << WINDOW) - 1),
	};
}

static uint64_t pack(struct use use)
{
	return (uint64_t)use.generation << (COUNT_BITS + WINDOW) | (uint64_t)use.highest << WINDOW |
	       use.seen;
}

/* A count of the nonce that owns the word. */
static enum nonce_use mark(struct use *use, uint32_t count)
{
	if (count > use->highest) {
		uint32_t step = count - use->highest;
		uint64_t seen = step <= WINDOW ? ((uint64_t)use->seen << 1 | 1) << (step - 1) : 0;
		use->seen = (uint32_t)seen & ((1u << WINDOW) - 1);
		use->highest = count;
		return NONCE_USED;
	}
	uint32_t below = use->highest - count;
	if (below == 0 || below > WINDOW || use->seen & 1u << (below - 1))
		return NONCE_REPLAY;
	use->seen |= 1u << (below - 1);
	return NONCE_USED;
}

/* Whose the word is: ours (0), a newer nonce's (> 0), an older one's (< 0); generations may wrap.
 */
static int32_t compare(uint32_t owner, uint32_t generation)
{
	return (int32_t)((owner - generation) << (32 - GENERATION_BITS));
}

enum nonce_use nonce_use(struct nonces *nonces, const struct nonce *nonce, uint32_t count)
{
	uint32_t slot = (uint32_t)nonce->sequence & ((1u << nonces->slot_bits) - 1);
	uint32_t generation =
		(uint32_t)(nonce->sequence >> nonces->slot_bits) & ((1u << GENERATION_BITS) - 1);
	_Atomic uint64_t *word = &nonces->words[slot];
	uint64_t before = atomic_load_explicit(word, memory_order_relaxed);
	struct use use;

	if (count == 0)
		return NONCE_REPLAY;
	if (count > NONCE_COUNT_MAX)
		return NONCE_LOST;
	/* The word is all there is to agree on, so relaxed is enough: a CAS sees the newest value.
	 * A failed CAS means that another worker got on, so the loop ends. */
	do {
		use = unpack(before);
		int32_t owner = compare(use.generation, generation);
		if (owner > 0)
			return NONCE_LOST;
		if (owner < 0)
			use = (struct use){.generation = generation};
		enum nonce_use answer = mark(&use, count);
		if (answer != NONCE_USED)
			return answer;
	} while (!atomic_compare_exchange_weak_explicit(
		word, &before, pack(use), memory_order_relaxed, memory_order_relaxed));
	return NONCE_USED;
}
