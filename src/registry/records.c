/* SPDX-License-Identifier: Apache-2.0 */
/* records.c — records in their buckets, bindings in their lists: what every writer does under the
 * shard's lock. */
#include <string.h>

#include "registry/expiry.h"
#include "registry/flow.h"
#include "registry/shard.h"

static bool record_has_key(
	struct shard *shard, union cell_image *image, uint64_t hash, struct pv_span key)
{
	struct cell_cursor cursor;
	if (image->record.hash != hash || image->record.key_length != key.length)
		return false;
	cell_cursor_init(&cursor, &shard->cells, image, image->record.key, RECORD_KEY_HERE);
	return cell_cursor_equal(&cursor, key.at, key.length);
}

uint32_t record_find(const struct place *place, struct pv_span key, union cell_image *ret,
	uint32_t *ret_previous)
{
	uint32_t previous = 0;
	uint32_t index = atomic_load_explicit(&place->bucket->head, memory_order_acquire);
	while (index && cell_load(&place->shard->cells, index, ret)) {
		if (record_has_key(place->shard, ret, place->hash, key)) {
			*ret_previous = previous;
			return index;
		}
		previous = index;
		index = ret->record.next;
	}
	return 0;
}

uint32_t record_new(const struct place *place, struct pv_span key, union cell_image *ret)
{
	struct cell_pool *pool = &place->shard->cells;
	size_t behind = key.length > RECORD_KEY_HERE ? key.length - RECORD_KEY_HERE : 0;
	uint32_t index =
		cell_take_chain(pool, 1 + (unsigned)((behind + CELL_TEXT - 1) / CELL_TEXT));
	if (!index)
		return 0;
	struct cell_cursor cursor;
	cell_load(pool, index, ret);
	ret->record = (struct cell_record){
		.more = ret->more, .hash = place->hash, .key_length = (uint16_t)key.length};
	cell_cursor_init(&cursor, pool, ret, ret->record.key, RECORD_KEY_HERE);
	cell_cursor_write(&cursor, key.at, key.length);
	cell_cursor_close(&cursor);
	return index;
}

void record_drop(struct registry *registry, const struct place *place, uint32_t index)
{
	struct cell_pool *pool = &place->shard->cells;
	union cell_image image, before;
	uint32_t at = atomic_load_explicit(&place->bucket->head, memory_order_relaxed),
		 previous = 0;
	cell_load(pool, index, &image);
	while (at != index && cell_load(pool, at, &before)) {
		previous = at;
		at = before.record.next;
	}
	if (previous) {
		before.record.next = image.record.next;
		cell_store(pool, previous, &before);
	} else {
		atomic_store_explicit(
			&place->bucket->head, image.record.next, memory_order_release);
	}
	cell_give_chain(pool, index);
	atomic_fetch_sub_explicit(&place->shard->aors, 1, memory_order_relaxed);
	atomic_fetch_sub_explicit(&registry->aors, 1, memory_order_relaxed);
}

/* Those of the chain that belong into `to` from now on. */
static void move_records(struct shard *shard, struct bucket *from, struct bucket *to)
{
	uint32_t at = atomic_load_explicit(&from->head, memory_order_relaxed);
	uint32_t heads[2] = {0};
	union cell_image image;
	while (at && cell_load(&shard->cells, at, &image)) {
		uint32_t next = image.record.next;
		uint32_t *head = &heads[shard_bucket(shard, image.record.hash) == to];
		image.record.next = *head;
		cell_store(&shard->cells, at, &image);
		*head = at;
		at = next;
	}
	atomic_store_explicit(&from->head, heads[0], memory_order_release);
	atomic_store_explicit(&to->head, heads[1], memory_order_release);
}

void shard_grow(struct shard *shard)
{
	uint32_t count = atomic_load_explicit(&shard->bucket_count, memory_order_relaxed);
	uint32_t half = UINT32_C(1) << (31 - __builtin_clz(count));
	if (count == shard->bucket_most ||
		atomic_load_explicit(&shard->aors, memory_order_relaxed) <= 2 * count)
		return;
	struct bucket *from = &shard->buckets[count - half], *to = &shard->buckets[count];
	/* who finds either one from here on sees that it is being written */
	seqlock_write_begin(&from->sequence);
	seqlock_write_begin(&to->sequence);
	atomic_store_explicit(&shard->bucket_count, count + 1, memory_order_release);
	move_records(shard, from, to);
	seqlock_write_end(&to->sequence);
	seqlock_write_end(&from->sequence);
}

void binding_retire(struct shard *shard, uint32_t index, const union cell_image *first)
{
	union cell_image second;
	cell_load(&shard->cells, first->more, &second);
	expiry_remove(shard, index, first);
	if (second.where.flow)
		registry_flow_remove(shard, index, second.where.flow);
	if (first->binding.flags & BINDING_BEHIND_NAT)
		atomic_fetch_sub_explicit(&shard->behind_nat, 1, memory_order_relaxed);
	atomic_fetch_sub_explicit(&shard->bindings, 1, memory_order_relaxed);
}

void binding_enlist(struct shard *shard, uint32_t index, union cell_image *first,
	const union cell_image *second)
{
	expiry_push(shard, index, first);
	if (second->where.flow)
		registry_flow_push(shard, index, second->where.flow);
	if (first->binding.flags & BINDING_BEHIND_NAT)
		atomic_fetch_add_explicit(&shard->behind_nat, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&shard->bindings, 1, memory_order_relaxed);
}

void binding_renew(struct shard *shard, uint32_t index, const struct binding_images *before,
	struct binding_images *now)
{
	uint64_t flow = before->second.where.flow;
	int nat = !!(now->first.binding.flags & BINDING_BEHIND_NAT) -
		  !!(before->first.binding.flags & BINDING_BEHIND_NAT);
	expiry_move(shard, index, &now->first);
	if (flow != now->second.where.flow) {
		if (flow)
			registry_flow_remove(shard, index, flow);
		if (now->second.where.flow)
			registry_flow_push(shard, index, now->second.where.flow);
	}
	if (nat)
		atomic_fetch_add_explicit(&shard->behind_nat, (uint32_t)nat, memory_order_relaxed);
}

/* Takes `index` out of the record's list of bindings. */
static void record_unlink(struct shard *shard, uint32_t record, union cell_image *image,
	uint32_t index, const union cell_image *binding)
{
	struct cell_pool *pool = &shard->cells;
	union cell_image before;
	uint32_t at = image->record.first, previous = 0;
	while (at != index && cell_load(pool, at, &before)) {
		previous = at;
		at = before.binding.sibling;
	}
	if (previous) {
		before.binding.sibling = binding->binding.sibling;
		cell_store_binding(pool, previous, &before);
	} else {
		image->record.first = binding->binding.sibling;
	}
	image->record.count--;
	cell_store(pool, record, image);
}

void binding_drop(struct registry *registry, struct shard *shard, uint32_t index)
{
	struct cell_pool *pool = &shard->cells;
	union cell_image first, second, record;
	cell_load(pool, index, &first);
	cell_load(pool, first.more, &second);
	cell_load(pool, second.where.record, &record);
	struct place place = {shard, shard_bucket(shard, record.record.hash), record.record.hash};
	seqlock_write_begin(&place.bucket->sequence);
	record_unlink(shard, second.where.record, &record, index, &first);
	binding_retire(shard, index, &first);
	if (record.record.count == 0)
		record_drop(registry, &place, second.where.record);
	seqlock_write_end(&place.bucket->sequence);
	cell_give_chain(pool, index);
}
