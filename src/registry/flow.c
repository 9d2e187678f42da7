/* SPDX-License-Identifier: Apache-2.0 */
/* flow.c — what becomes of bindings when the connection that they came by ends (RFC 5626 §5.3). */
#include "registry/flow.h"

static _Atomic uint32_t *flow_head(struct shard *shard, uint64_t flow)
{
	return &shard->flows[(uint32_t)(flow * 0x9e3779b97f4a7c15u >> 40) & shard->flow_mask];
}

void registry_flow_push(struct shard *shard, uint32_t index, uint64_t flow)
{
	_Atomic uint32_t *head = flow_head(shard, flow);
	uint32_t first = atomic_load_explicit(head, memory_order_relaxed);
	links_push(&shard->cells, &first, index, CELL_WORD_FLOW);
	atomic_store_explicit(head, first, memory_order_relaxed);
}

void registry_flow_remove(struct shard *shard, uint32_t index, uint64_t flow)
{
	_Atomic uint32_t *head = flow_head(shard, flow);
	uint32_t first = atomic_load_explicit(head, memory_order_relaxed);
	links_remove(&shard->cells, &first, index, CELL_WORD_FLOW);
	atomic_store_explicit(head, first, memory_order_relaxed);
}

/* The bucket of the record that the binding belongs to. */
static struct bucket *bucket_of(struct shard *shard, const union cell_image *second)
{
	union cell_image record;
	cell_load(&shard->cells, second->where.record, &record);
	return shard_bucket(shard, record.record.hash);
}

/* The binding stays without its flow: lost when it has a reg-id, else routed by its Contact. */
static void binding_without_flow(
	struct shard *shard, uint32_t index, union cell_image *first, union cell_image *second)
{
	struct bucket *bucket = bucket_of(shard, second);
	registry_flow_remove(shard, index, second->where.flow);
	if (first->binding.reg_id)
		first->binding.flags |= BINDING_LOST;
	second->where.flow = 0;
	seqlock_write_begin(&bucket->sequence);
	cell_store_binding(&shard->cells, index, first);
	cell_store(&shard->cells, first->more, second);
	seqlock_write_end(&bucket->sequence);
}

static unsigned shard_flow_gone(struct registry *registry, struct shard *shard, uint64_t flow)
{
	unsigned touched = 0;
	union cell_image first, second;
	uint32_t next;
	for (uint32_t index = atomic_load_explicit(flow_head(shard, flow), memory_order_relaxed);
		index; index = next) {
		next = links_load(&shard->cells, index, CELL_WORD_FLOW).next;
		cell_load(&shard->cells, index, &first);
		cell_load(&shard->cells, first.more, &second);
		if (second.where.flow != flow)
			continue; /* another flow of the same hash */
		if (!first.binding.reg_id && (first.binding.flags & BINDING_BEHIND_NAT))
			binding_drop(registry, shard, index);
		else
			binding_without_flow(shard, index, &first, &second);
		touched++;
	}
	return touched;
}

unsigned registry_flow_gone(struct registry *registry, uint64_t flow)
{
	unsigned touched = 0;
	if (!flow)
		return 0;
	for (uint32_t i = 0; i < registry->config.shards; i++) {
		struct shard *shard = &registry->shards[i];
		/* Most shards have nothing of it. A binding that is being stored this moment by
		 * another worker is missed: the first request towards it comes back as a transport
		 * error. */
		if (!atomic_load_explicit(flow_head(shard, flow), memory_order_relaxed))
			continue;
		lock_take(&shard->lock);
		touched += shard_flow_gone(registry, shard, flow);
		lock_give(&shard->lock);
	}
	return touched;
}
