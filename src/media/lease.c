/* SPDX-License-Identifier: Apache-2.0 */
/* lease.c: what a worker and a relay thread share of a session. */
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
#define MIDDLE_POSTED 4u

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

struct lease *lease_take(struct lease_pool *pool)
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
	lease->is_dropped = false;
	lease->has_transcoder = false;
	lease->session = NULL;
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

unsigned lease_worker(media_id id)
{
	return (uint32_t)id >> INDEX_BITS;
}

bool lease_say(struct lease *lease, const struct media_description *description)
{
	struct lease_said *said = &lease->said[lease->back];
	said->is_dropped = !description;
	said->has_transcoder = lease->has_transcoder;
	if (description)
		said->description = *description;
	uint32_t before = atomic_exchange_explicit(
		&lease->middle, lease->back | MIDDLE_POSTED, memory_order_acq_rel);
	lease->back = before & MIDDLE_MASK;
	return !(before & MIDDLE_POSTED);
}

const struct lease_said *lease_hear(struct lease *lease)
{
	uint32_t before =
		atomic_exchange_explicit(&lease->middle, lease->front, memory_order_acq_rel);
	lease->front = before & MIDDLE_MASK;
	return &lease->said[lease->front];
}

bool lease_tell(struct lease *lease, uint32_t bits)
{
	return atomic_fetch_or_explicit(&lease->told, bits, memory_order_acq_rel) == 0;
}

uint32_t lease_told(struct lease *lease)
{
	return atomic_exchange_explicit(&lease->told, 0, memory_order_acq_rel);
}

void lease_publish(struct lease *lease, const struct media_report *report)
{
	uint64_t words[LEASE_REPORT_WORDS] = {0};
	memcpy(words, report, sizeof(*report));
	seqlock_write_begin(&lease->lock);
	seqlock_store_words(lease->report, words, LEASE_REPORT_WORDS);
	seqlock_write_end(&lease->lock);
}

int lease_read(const struct lease *lease, media_id id, struct media_report *ret_report)
{
	uint64_t words[LEASE_REPORT_WORDS];
	for (unsigned i = 0; i < READ_TRIES; i++) {
		uint32_t begun = seqlock_read_begin(&lease->lock);
		seqlock_load_words(words, lease->report, LEASE_REPORT_WORDS);
		if (seqlock_read_retry(&lease->lock, begun))
			continue;
		/* the first word is the session */
		if (words[0] != id)
			return -ENOENT;
		memcpy(ret_report, words, sizeof(*ret_report));
		return 0;
	}
	return -EAGAIN;
}
