/* SPDX-License-Identifier: Apache-2.0 */
/* lease.c: what a worker and a relay thread share of a session, a group or a member's leg. */
#include "media/lease.h"

#include <errno.h>
#include <string.h>

#include "base/reserve.h"
#include "base/slab.h"

/* A name is generation, worker and index. */
#define INDEX_BITS 26
#define INDEX_MASK ((UINT32_C(1) << INDEX_BITS) - 1)
#define READ_TRIES 64

/* In `middle`, beside the index of the description that nobody uses now. */
#define MIDDLE_MASK   3u
#define MIDDLE_POSTED 4u /* the mail is under way */
#define MIDDLE_NEW    8u /* the description has not been heard */

/* By kind. */
static const size_t description_sizes[] = {
	[LEASE_SESSION] = sizeof(struct media_description),
	[LEASE_GROUP] = sizeof(struct media_group_settings),
	[LEASE_MEMBER] = sizeof(struct media_member_description),
	[LEASE_LEG] = sizeof(struct media_member_description),
};
static const size_t report_sizes[] = {
	[LEASE_SESSION] = sizeof(struct media_report),
	[LEASE_GROUP] = sizeof(struct media_group_report),
	[LEASE_MEMBER] = sizeof(struct media_member_report),
	[LEASE_LEG] = sizeof(struct media_member_report),
};

int lease_pool_init(struct lease_pool *pool, unsigned worker, uint32_t capacity)
{
	if (capacity == 0 || capacity > INDEX_MASK || worker >= WORKERS_MAX)
		return -EINVAL;
	memset(pool, 0, sizeof(*pool));
	pool->leases = reserve_take((size_t)capacity * sizeof(struct lease), &pool->map_size);
	pool->capacity = capacity;
	pool->worker = worker;
	return pool->leases ? 0 : -ENOMEM;
}

void lease_pool_done(struct lease_pool *pool)
{
	if (!pool || !pool->leases)
		return;
	reserve_give(pool->leases, pool->map_size);
	pool->leases = NULL;
}

struct lease *lease_take(struct lease_pool *pool, enum lease_kind kind)
{
	struct lease *lease;
	if (slab_is_starved())
		return NULL;
	if (pool->free_list) {
		lease = &pool->leases[pool->free_list - 1];
		pool->free_list = lease->next_free;
	} else if (pool->touched < pool->capacity) {
		lease = &pool->leases[pool->touched++];
	} else {
		return NULL;
	}
	uint32_t index = (uint32_t)(lease - pool->leases);
	lease->generation++;
	lease->id = (uint64_t)lease->generation << 32 | pool->worker << INDEX_BITS | index;
	atomic_store_explicit(&lease->middle, 0, memory_order_relaxed);
	atomic_store_explicit(&lease->told, 0, memory_order_relaxed);
	lease->back = 1;
	lease->front = 2;
	atomic_store_explicit(&lease->press_head, 0, memory_order_relaxed);
	atomic_store_explicit(&lease->press_tail, 0, memory_order_relaxed);
	lease->kind = kind;
	lease->is_dropped = false;
	lease->has_transcoder = false;
	lease->pair_count = 0;
	lease->group = 0;
	lease->object = NULL;
	lease->twin = NULL;
	lease->is_counted = lease->has_ended = false;
	atomic_store_explicit(&lease->handle, 0, memory_order_relaxed);
	atomic_store_explicit(&lease->gate, 0, memory_order_relaxed);
	atomic_store_explicit(&lease->ssrc, 0, memory_order_relaxed);
	atomic_store_explicit(
		&lease->legs, (uint64_t)lease->generation << 32, memory_order_relaxed);
	return lease;
}

void lease_give(struct lease_pool *pool, struct lease *lease)
{
	lease->generation++;
	lease->next_free = pool->free_list;
	pool->free_list = (uint32_t)(lease - pool->leases) + 1;
}

struct lease *lease_at(const struct lease_pool *pool, media_id id)
{
	uint32_t index = (uint32_t)id & INDEX_MASK;
	return index < pool->capacity ? &pool->leases[index] : NULL;
}

struct lease *lease_get(struct lease_pool *pool, media_id id)
{
	struct lease *lease = lease_at(pool, id);
	uint32_t generation = (uint32_t)(id >> 32);
	if (!lease || !(generation & 1) || lease->generation != generation)
		return NULL;
	return lease_worker(id) == pool->worker ? lease : NULL;
}

/* The generation beside the count says whose count it is: a lease that is another one's meanwhile
 * stays as it is. */
static bool change_legs(struct lease *group, media_id id, uint32_t most, int by)
{
	uint64_t before = atomic_load_explicit(&group->legs, memory_order_relaxed);
	do
		if (before >> 32 != id >> 32 || (by > 0 && (uint32_t)before >= most))
			return false;
	while (!atomic_compare_exchange_weak_explicit(&group->legs, &before,
		before + (uint64_t)(int64_t)by, memory_order_relaxed, memory_order_relaxed));
	return true;
}

bool lease_count_leg(struct lease *group, media_id id, uint32_t most)
{
	return change_legs(group, id, most, 1);
}

void lease_forget_leg(struct lease *group, media_id id)
{
	change_legs(group, id, 0, -1);
}

unsigned lease_worker(media_id id)
{
	return (uint32_t)id >> INDEX_BITS;
}

bool lease_say(struct lease *lease, const void *description)
{
	struct lease_said *said = &lease->said[lease->back];
	said->is_dropped = !description;
	said->has_transcoder = lease->has_transcoder;
	if (description)
		memcpy(said, description, description_sizes[lease->kind]);
	uint32_t before = atomic_exchange_explicit(
		&lease->middle, lease->back | MIDDLE_POSTED | MIDDLE_NEW, memory_order_acq_rel);
	lease->back = before & MIDDLE_MASK;
	return !(before & MIDDLE_POSTED);
}

const struct lease_said *lease_hear(struct lease *lease)
{
	uint32_t before = atomic_load_explicit(&lease->middle, memory_order_acquire), after;
	/* only what is new changes hands: what lies there else is older than what we have */
	do
		after = before & MIDDLE_NEW ? lease->front : before & MIDDLE_MASK;
	while (!atomic_compare_exchange_weak_explicit(
		&lease->middle, &before, after, memory_order_acq_rel, memory_order_acquire));
	if (!(before & MIDDLE_NEW))
		return NULL;
	lease->front = before & MIDDLE_MASK;
	return &lease->said[lease->front];
}

int lease_press(struct lease *lease, const struct media_press *press)
{
	uint32_t tail = atomic_load_explicit(&lease->press_tail, memory_order_relaxed);
	uint32_t head = atomic_load_explicit(&lease->press_head, memory_order_acquire);
	if (tail - head >= LEASE_PRESSES)
		return -EAGAIN;
	lease->presses[tail % LEASE_PRESSES] = *press;
	atomic_store_explicit(&lease->press_tail, tail + 1, memory_order_release);
	uint32_t before =
		atomic_fetch_or_explicit(&lease->middle, MIDDLE_POSTED, memory_order_acq_rel);
	return !(before & MIDDLE_POSTED);
}

bool lease_pressed(struct lease *lease, struct media_press *ret_press)
{
	uint32_t head = atomic_load_explicit(&lease->press_head, memory_order_relaxed);
	if (head == atomic_load_explicit(&lease->press_tail, memory_order_acquire))
		return false;
	*ret_press = lease->presses[head % LEASE_PRESSES];
	atomic_store_explicit(&lease->press_head, head + 1, memory_order_release);
	return true;
}

bool lease_tell(struct lease *lease, uint32_t bits)
{
	return atomic_fetch_or_explicit(&lease->told, bits, memory_order_acq_rel) == 0;
}

uint32_t lease_told(struct lease *lease)
{
	return atomic_exchange_explicit(&lease->told, 0, memory_order_acq_rel);
}

void lease_publish(struct lease *lease, const void *report)
{
	uint64_t words[LEASE_REPORT_WORDS];
	size_t count = (report_sizes[lease->kind] + 7) / 8;
	words[count - 1] = 0;
	memcpy(words, report, report_sizes[lease->kind]);
	seqlock_write_begin(&lease->lock);
	seqlock_store_words(lease->report, words, count);
	seqlock_write_end(&lease->lock);
}

int lease_read(const struct lease *lease, enum lease_kind kind, media_id id, void *ret_report)
{
	uint64_t words[LEASE_REPORT_WORDS];
	for (unsigned i = 0; i < READ_TRIES; i++) {
		uint32_t begun = seqlock_read_begin(&lease->lock);
		seqlock_load_words(words, lease->report, (report_sizes[kind] + 7) / 8);
		if (seqlock_read_retry(&lease->lock, begun))
			continue;
		/* the first word is the id; who asks for another kind has an id of that kind */
		if (words[0] != id)
			return -ENOENT;
		memcpy(ret_report, words, report_sizes[kind]);
		return 0;
	}
	return -EAGAIN;
}
