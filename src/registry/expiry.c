/* SPDX-License-Identifier: Apache-2.0 */
/* expiry.c — removes bindings when their time has come, a few at a time. */
#include "registry/expiry.h"

/* Bindings looked at while the lock is held once, and in one call. */
#define EXPIRY_AT_ONCE 64
#define EXPIRY_A_CALL  16384

static uint32_t *slot_head(struct shard *shard, uint64_t slot)
{
	return &shard->expiry[slot % EXPIRY_SLOTS];
}

uint64_t expiry_earliest(const struct shard *shard)
{
	return shard->expiry_slot << EXPIRY_SHIFT;
}

/* Wraps after 70,000 years. */
static uint32_t slot_of(const union cell_image *first)
{
	return (uint32_t)(first->binding.expires_ms >> EXPIRY_SHIFT);
}

void expiry_push(struct shard *shard, uint32_t index, union cell_image *first)
{
	first->binding.expiry_slot = slot_of(first);
	cell_store_binding(&shard->cells, index, first);
	links_push(&shard->cells, slot_head(shard, first->binding.expiry_slot), index,
		CELL_WORD_EXPIRY);
}

void expiry_remove(struct shard *shard, uint32_t index, const union cell_image *first)
{
	/* It may wait in `due` already; only the first of a list needs to know which. */
	uint32_t *head =
		shard->due == index ? &shard->due : slot_head(shard, first->binding.expiry_slot);
	links_remove(&shard->cells, head, index, CELL_WORD_EXPIRY);
}

void expiry_move(struct shard *shard, uint32_t index, union cell_image *first)
{
	if (slot_of(first) >= first->binding.expiry_slot)
		return;
	expiry_remove(shard, index, first);
	expiry_push(shard, index, first);
}

/* The first of `due`: dropped, or put back when it has more time: it was refreshed, or has another
 * round to live. */
static void expire_first(struct registry *registry, struct shard *shard)
{
	union cell_image image;
	uint32_t index = shard->due;
	cell_load(&shard->cells, index, &image);
	if (image.binding.expires_ms >= expiry_earliest(shard)) {
		expiry_remove(shard, index, &image);
		expiry_push(shard, index, &image);
		return;
	}
	binding_drop(registry, shard, index);
	atomic_fetch_add_explicit(&shard->expired, 1, memory_order_relaxed);
}

/* Next slot that is over, taken out whole; false when there is none. */
static bool expire_next_slot(struct shard *shard, uint64_t now_ms)
{
	uint64_t now_slot = now_ms >> EXPIRY_SHIFT;
	if (shard->expiry_slot >= now_slot)
		return false;
	/* After a long sleep every slot is looked at once. */
	if (now_slot - shard->expiry_slot > EXPIRY_SLOTS)
		shard->expiry_slot = now_slot - EXPIRY_SLOTS;
	uint32_t *head = slot_head(shard, shard->expiry_slot);
	shard->due = *head;
	*head = 0;
	shard->expiry_slot++;
	return true;
}

/* Returns how many bindings it looked at; *ret_more is false when nothing is due any more. */
static unsigned expire_some(
	struct registry *registry, struct shard *shard, uint64_t now_ms, bool *ret_more)
{
	unsigned done = 0;
	lock_take(&shard->lock);
	for (;;) {
		for (; shard->due && done < EXPIRY_AT_ONCE; done++)
			expire_first(registry, shard);
		*ret_more = shard->due || expire_next_slot(shard, now_ms);
		if (!*ret_more || done >= EXPIRY_AT_ONCE)
			break;
	}
	lock_give(&shard->lock);
	return done;
}

void registry_expire(struct registry *registry, uint32_t shard_index, uint64_t now_ms)
{
	struct shard *shard = &registry->shards[shard_index];
	bool more = shard->due_left || shard->expiry_slot < now_ms >> EXPIRY_SHIFT;
	for (unsigned done = 0; more && done < EXPIRY_A_CALL;)
		done += expire_some(registry, shard, now_ms, &more);
	shard->due_left = more;
}
