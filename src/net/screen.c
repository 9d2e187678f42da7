/* SPDX-License-Identifier: Apache-2.0 */
/* screen.c: how many new requests a source address may send, in a table of fixed size. */
#include "net/screen.h"

#include <errno.h>
#include <stdlib.h>

#include "base/macros.h"

#define UNIT_NS   UINT64_C(10000)
#define SECOND    UINT64_C(100000) /* units */
#define TIME_BITS 44
#define TIME_MASK ((UINT64_C(1) << TIME_BITS) - 1)

int screen_init(struct screen *screen, uint32_t rate, uint32_t burst)
{
	*screen = (struct screen){0};
	int error = siphash_key_random(&screen->key);
	if (error)
		return error;
	screen_set(screen, rate, burst);
	screen->buckets = calloc(SCREEN_SETS * SCREEN_WAYS, sizeof(*screen->buckets));
	return screen->buckets ? 0 : -ENOMEM;
}

void screen_set(struct screen *screen, uint32_t rate, uint32_t burst)
{
	uint64_t interval = rate ? MAX(SECOND / rate, 1) : 0;
	atomic_store_explicit(
		&screen->burst, interval * (burst ? burst : rate), memory_order_relaxed);
	atomic_store_explicit(&screen->interval, interval, memory_order_relaxed);
}

void screen_done(struct screen *screen)
{
	if (!screen)
		return;
	free(screen->buckets);
	screen->buckets = NULL;
}

/* The source's own place, or the one that is full again first, which is as good as unused. */
static _Atomic uint64_t *find(struct screen *screen, uint64_t set, uint64_t tag)
{
	_Atomic uint64_t *ways = &screen->buckets[set * SCREEN_WAYS];
	_Atomic uint64_t *oldest = ways;
	uint64_t oldest_time = UINT64_MAX;
	for (unsigned i = 0; i < SCREEN_WAYS; i++) {
		uint64_t word = atomic_load_explicit(&ways[i], memory_order_relaxed);
		if (word && word >> TIME_BITS == tag)
			return &ways[i];
		if ((word & TIME_MASK) < oldest_time) {
			oldest_time = word & TIME_MASK;
			oldest = &ways[i];
		}
	}
	return oldest;
}

bool screen_admit(struct screen *screen, const struct net_address *source, uint64_t now_ns)
{
	uint64_t interval = atomic_load_explicit(&screen->interval, memory_order_relaxed);
	uint64_t burst = atomic_load_explicit(&screen->burst, memory_order_relaxed);
	if (!interval)
		return true;
	/* an IPv6 site has a /64: whoever can choose the lower half is still one source */
	uint64_t hash = siphash13(&screen->key, source->ip, sizeof(source->ip) / 2);
	uint64_t tag = hash >> TIME_BITS, now = now_ns / UNIT_NS;
	_Atomic uint64_t *bucket = find(screen, hash % SCREEN_SETS, tag);
	uint64_t word = atomic_load_explicit(bucket, memory_order_relaxed), full_at;
	do {
		/* a place of somebody else is taken over as a full bucket */
		full_at = word >> TIME_BITS == tag ? word & TIME_MASK : 0;
		full_at = MAX(full_at, now) + interval;
		if (full_at > now + burst)
			return false;
	} while (!atomic_compare_exchange_weak_explicit(bucket, &word,
		tag << TIME_BITS | (full_at & TIME_MASK), memory_order_relaxed,
		memory_order_relaxed));
	return true;
}
