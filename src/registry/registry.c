/* SPDX-License-Identifier: Apache-2.0 */
/* registry.c — the registry as a whole: made, freed, counted, walked. */
#include "registry/registry.h"

#include <errno.h>
#include <stdlib.h>

#include "base/metrics.h"
#include "base/reserve.h"
#include "registry/shard.h"

/* Cells per address-of-record, on the average: 1 KB. An ordinary phone takes 4, Linphone with push
 * parameters 20. */
#define CELLS_PER_AOR 16
/* So many more, so that a small registry holds long bindings as well. */
#define CELLS_SPARE 65536

#define BUCKETS_FIRST 64 /* a power of two */

static uint32_t power_of_two(uint64_t least)
{
	uint32_t size = BUCKETS_FIRST;
	while (size < least && size < (1u << 30))
		size *= 2;
	return size;
}

/* The hash spreads keys evenly, but not exactly: an eighth more than the mean, and some. */
static uint64_t shard_aors(const struct registry_config *config)
{
	uint64_t mean = config->capacity / config->shards + 1;
	return mean + mean / 8 + 1024;
}

static int shard_init(struct shard *shard, const struct registry_config *config, uint64_t now_ms)
{
	uint64_t aors = shard_aors(config);
	uint64_t cells = MIN(aors * CELLS_PER_AOR + CELLS_SPARE, UINT32_MAX);
	uint32_t buckets = power_of_two(config->capacity / config->shards / 2);
	uint32_t flows = power_of_two(buckets / 4);
	shard->bucket_most = buckets;
	atomic_init(&shard->bucket_count, BUCKETS_FIRST);
	shard->flow_mask = flows - 1;
	shard->expiry_slot = now_ms >> EXPIRY_SHIFT;
	shard->walk_ms = now_ms;
	shard->buckets = reserve_take(buckets * sizeof(struct bucket), &shard->buckets_size);
	shard->expiry = reserve_take(EXPIRY_SLOTS * sizeof(uint32_t), &shard->expiry_size);
	shard->flows = reserve_take(flows * sizeof(uint32_t), &shard->flows_size);
	shard->copy = reserve_take(sizeof(*shard->copy), &shard->copy_size);
	if (!shard->buckets || !shard->expiry || !shard->flows || !shard->copy)
		return -ENOMEM;
	return cell_pool_init(&shard->cells, (uint32_t)cells);
}

static void shard_done(struct shard *shard)
{
	cell_pool_done(&shard->cells);
	reserve_give(shard->buckets, shard->buckets_size);
	reserve_give(shard->expiry, shard->expiry_size);
	reserve_give((void *)shard->flows, shard->flows_size);
	reserve_give(shard->copy, shard->copy_size);
}

static uint32_t within_contacts(uint32_t max_contacts)
{
	return MIN(MAX(max_contacts, 1), REGISTRY_CONTACTS);
}

int registry_new(
	struct registry **ret, const struct registry_config *config, const struct clock *clock)
{
	struct registry *registry = calloc(1, sizeof(*registry));
	int error = registry ? siphash_key_random(&registry->key) : -ENOMEM;
	if (error)
		goto out;
	registry->config = *config;
	registry->config.capacity = MAX(config->capacity, 1);
	registry->config.shards = MAX(config->shards, 1);
	registry->config.max_contacts = within_contacts(config->max_contacts);
	registry->clock = clock;
	/* Pages of zeros are aligned to a cache line and more. */
	registry->shards = reserve_take(
		registry->config.shards * sizeof(struct shard), &registry->shards_size);
	if (!registry->shards)
		error = -ENOMEM;
	for (uint32_t i = 0; !error && i < registry->config.shards; i++)
		error = shard_init(&registry->shards[i], &registry->config, clock_now_ms(clock));
out:
	if (error) {
		registry_free(registry);
		return error;
	}
	*ret = registry;
	return 0;
}

void registry_free(struct registry *registry)
{
	if (!registry)
		return;
	for (uint32_t i = 0; registry->shards && i < registry->config.shards; i++)
		shard_done(&registry->shards[i]);
	reserve_give(registry->shards, registry->shards_size);
	free(registry);
}

/* Whoever reads it holds the lock of some shard: with all of them nobody does. */
void registry_set_max_contacts(struct registry *registry, uint32_t max_contacts)
{
	for (uint32_t i = 0; i < registry->config.shards; i++)
		lock_take(&registry->shards[i].lock);
	registry->config.max_contacts = within_contacts(max_contacts);
	for (uint32_t i = registry->config.shards; i > 0; i--)
		lock_give(&registry->shards[i - 1].lock);
}

struct place registry_place(struct registry *registry, struct pv_span key)
{
	uint64_t hash = siphash13(&registry->key, key.at, key.length);
	struct shard *shard = &registry->shards[(hash >> 32) * registry->config.shards >> 32];
	return (struct place){shard, shard_bucket(shard, hash), hash};
}

/* Room for one record's copy: too much for a stack, and made only by admin calls. */
struct walk {
	struct registry_binding bindings[REGISTRY_CONTACTS];
	char key[REGISTRY_KEY];
	char text[REGISTRY_TEXT_ALL];
};

static void walk_one(struct registry *registry, struct walk *walk, struct pv_span aor,
	bool (*visit)(void *, struct pv_span, const struct registry_binding *), void *context)
{
	int count = registry_lookup(
		registry, aor, walk->bindings, REGISTRY_CONTACTS, walk->text, sizeof(walk->text));
	for (int i = 0; i < count; i++)
		if (!visit(context, aor, &walk->bindings[i]))
			return;
}

static bool walk_bucket(struct registry *registry, struct walk *walk, struct shard *shard,
	uint32_t bucket, bool (*visit)(void *, struct pv_span, const struct registry_binding *),
	void *context)
{
	for (unsigned nth = 0;; nth++) {
		size_t length;
		int count = bucket_copy(registry, shard, bucket, nth, walk->key, &length,
			walk->bindings, walk->text);
		if (count < 0)
			return true;
		for (int i = 0; i < count; i++)
			if (!visit(context, (struct pv_span){walk->key, length},
				    &walk->bindings[i]))
				return false;
	}
}

static bool walk_shard(struct registry *registry, struct walk *walk, struct shard *shard,
	bool (*visit)(void *, struct pv_span, const struct registry_binding *), void *context)
{
	/* what moves meanwhile moves to a later bucket: it may be met once more */
	for (uint32_t bucket = 0; bucket < atomic_load(&shard->bucket_count); bucket++)
		if (atomic_load_explicit(&shard->buckets[bucket].head, memory_order_relaxed) &&
			!walk_bucket(registry, walk, shard, bucket, visit, context))
			return false;
	return true;
}

void registry_walk(struct registry *registry, struct pv_span only_aor,
	bool (*visit)(void *context, struct pv_span aor, const struct registry_binding *binding),
	void *context)
{
	struct walk *walk = malloc(sizeof(*walk));
	bool go_on = true;
	if (!walk)
		return;
	if (only_aor.length)
		walk_one(registry, walk, only_aor, visit, context);
	else
		for (uint32_t i = 0; go_on && i < registry->config.shards; i++)
			go_on = walk_shard(registry, walk, &registry->shards[i], visit, context);
	free(walk);
}

void registry_counts(const struct registry *registry, struct registry_counts *ret)
{
	struct registry_counts counts = {
		.lookups = metrics_sum(METRIC_registry_lookups),
		.lookup_locks = metrics_sum(METRIC_registry_lookup_locks),
	};
	for (uint32_t i = 0; i < registry->config.shards; i++) {
		const struct shard *shard = &registry->shards[i];
		counts.aors += atomic_load_explicit(&shard->aors, memory_order_relaxed);
		counts.bindings += atomic_load_explicit(&shard->bindings, memory_order_relaxed);
		counts.expired += atomic_load_explicit(&shard->expired, memory_order_relaxed);
	}
	*ret = counts;
}
