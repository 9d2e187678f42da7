/* SPDX-License-Identifier: Apache-2.0 */
/* failures.c — a leaky bucket per source address, each in one atomic word. */
#include "auth/failures.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/random.h"
#include "base/siphash.h"

#define WAYS      8 /* words of one cache line; a source is in any of its line's */
#define TAG_BITS  24
#define TIME_BITS 40 /* milliseconds of the monotonic clock: 34 years */
#define TIME_MASK ((1ull << TIME_BITS) - 1)

/* A word is tag and time: when the bucket will have leaked empty. In the past = free. */
struct failures {
	struct siphash_key key; /* nobody can choose an address that shares a victim's word */
	uint32_t line_mask;
	uint32_t window_ms;
	_Atomic uint32_t leak_ms; /* one failure is forgotten each; 0 = nothing is counted */
	_Alignas(CACHE_LINE) _Atomic uint64_t words[];
};

int failures_new(uint32_t sources, uint32_t limit, uint32_t window_ms, struct failures **ret)
{
	uint32_t lines = 1;

	while (lines < sources / WAYS && lines < 1u << 24)
		lines *= 2;
	size_t size = sizeof(struct failures) + (size_t)lines * WAYS * sizeof(uint64_t);
	struct failures *failures = aligned_alloc(CACHE_LINE, ROUND_UP(size, CACHE_LINE));
	if (!failures)
		return -ENOMEM;
	memset(failures, 0, size);
	random_bytes(&failures->key, sizeof(failures->key));
	failures->line_mask = lines - 1;
	failures->window_ms = window_ms;
	failures_set_limit(failures, limit);
	*ret = failures;
	return 0;
}

void failures_set_limit(struct failures *failures, uint32_t limit)
{
	uint32_t leak_ms = limit ? MAX(failures->window_ms / limit, 1u) : 0;

	atomic_store_explicit(&failures->leak_ms, leak_ms, memory_order_relaxed);
}

void failures_free(struct failures *failures)
{
	free(failures);
}

struct place {
	size_t line; /* index of its first word */
	uint64_t tag;
};

/* A customer of IPv6 has a /64 at least: its other 64 bits would be 2^64 fresh sources. */
static struct place place_of(const struct failures *failures, const struct net_address *source)
{
	uint64_t hash = siphash13(&failures->key, source->ip, source->family == NET_IPV6 ? 8 : 4);

	return (struct place){
		.line = ((uint32_t)hash & failures->line_mask) * (size_t)WAYS,
		.tag = hash >> TIME_BITS,
	};
}

/* Milliseconds until the bucket of `word` is empty. */
static uint64_t level(uint64_t word, uint64_t now_ms)
{
	uint64_t empty_at = word & TIME_MASK;

	return empty_at > now_ms ? empty_at - now_ms : 0;
}

bool failures_limited(
	const struct failures *failures, const struct net_address *source, uint64_t now_ms)
{
	uint32_t leak_ms = atomic_load_explicit(&failures->leak_ms, memory_order_relaxed);

	if (!leak_ms || !source)
		return false;
	struct place place = place_of(failures, source);
	for (unsigned i = 0; i < WAYS; i++) {
		uint64_t word = atomic_load_explicit(
			&failures->words[place.line + i], memory_order_relaxed);
		if (word >> TIME_BITS == place.tag)
			return level(word, now_ms) + leak_ms > failures->window_ms;
	}
	return false;
}

/* The source's own word, else the one that is nearest to empty. */
static _Atomic uint64_t *choose(
	struct failures *failures, struct place place, uint64_t now_ms, uint64_t *ret_word)
{
	_Atomic uint64_t *best = &failures->words[place.line];
	uint64_t best_level = UINT64_MAX;

	for (unsigned i = 0; i < WAYS; i++) {
		_Atomic uint64_t *at = &failures->words[place.line + i];
		uint64_t word = atomic_load_explicit(at, memory_order_relaxed);
		if (word >> TIME_BITS == place.tag) {
			*ret_word = word;
			return at;
		}
		if (level(word, now_ms) < best_level) {
			best_level = level(word, now_ms);
			best = at;
			*ret_word = word;
		}
	}
	return best;
}

/* Two threads may give a new source two words: the first is found, the other leaks empty, and the
 * source has gained a few tries. Nothing depends on more. */
void failures_add(struct failures *failures, const struct net_address *source, uint64_t now_ms)
{
	uint32_t leak_ms = atomic_load_explicit(&failures->leak_ms, memory_order_relaxed);

	if (!leak_ms || !source)
		return;
	struct place place = place_of(failures, source);
	for (;;) {
		uint64_t before = 0;
		_Atomic uint64_t *at = choose(failures, place, now_ms, &before);
		uint64_t is = before >> TIME_BITS == place.tag ? level(before, now_ms) : 0;
		uint64_t empty_at = now_ms + MIN(is + leak_ms, failures->window_ms);
		if (atomic_compare_exchange_weak_explicit(at, &before,
			    place.tag << TIME_BITS | (empty_at & TIME_MASK), memory_order_relaxed,
			    memory_order_relaxed))
			return;
	}
}
