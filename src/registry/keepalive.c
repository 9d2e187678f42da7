/* SPDX-License-Identifier: Apache-2.0 */
/* keepalive.c — walks a shard's bindings behind NAT, a few buckets a call, all of them once per
 * period. */

#include "registry/shard.h"

static void visit_bucket(struct registry *registry, struct shard *shard, uint32_t bucket,
	void (*visit)(void *, const struct registry_binding *), void *context)
{
	struct keepalive_copy *copy = shard->copy;
	size_t length;
	if (!atomic_load_explicit(&shard->buckets[bucket].head, memory_order_relaxed))
		return;
	for (unsigned nth = 0;; nth++) {
		int count = bucket_copy(registry, shard, bucket, nth, copy->key, &length,
			copy->bindings, copy->text);
		if (count < 0)
			return;
		for (int i = 0; i < count; i++)
			if (copy->bindings[i].behind_nat && !copy->bindings[i].lost)
				visit(context, &copy->bindings[i]);
	}
}

/* How many buckets are due since the last call: buckets * elapsed / period, the remainder is kept.
 */
static uint32_t buckets_due(struct shard *shard, uint64_t now_ms, uint32_t period_ms)
{
	uint64_t buckets = atomic_load_explicit(&shard->bucket_count, memory_order_relaxed);
	uint64_t elapsed = MIN(now_ms - shard->walk_ms, period_ms);
	shard->walk_ms = now_ms;
	shard->walk_credit += elapsed * buckets;
	uint64_t due = MIN(shard->walk_credit / period_ms, buckets);
	shard->walk_credit %= period_ms;
	return (uint32_t)due;
}

void registry_keepalive(struct registry *registry, uint32_t shard_index, uint64_t now_ms,
	uint32_t keepalive_ms, void (*visit)(void *context, const struct registry_binding *binding),
	void *context)
{
	struct shard *shard = &registry->shards[shard_index];
	if (keepalive_ms == 0 || now_ms <= shard->walk_ms)
		return;
	uint32_t due = buckets_due(shard, now_ms, keepalive_ms);
	uint32_t count = atomic_load_explicit(&shard->bucket_count, memory_order_relaxed);
	bool is_any = atomic_load_explicit(&shard->behind_nat, memory_order_relaxed) > 0;
	for (; due > 0; due--) {
		if (is_any)
			visit_bucket(registry, shard, shard->walk_at, visit, context);
		shard->walk_at = shard->walk_at + 1 < count ? shard->walk_at + 1 : 0;
	}
}
