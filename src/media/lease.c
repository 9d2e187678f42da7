/* SPDX-License-Identifier: Apache-2.0 */
/* lease.c: what a worker and a relay thread share of a session, a group or a member's leg. */
#include "media/lease.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/reserve.h"
#include "base/slab.h"

/* A name is generation, worker, kind and index. */
#define WORKER_BITS 26
#define KIND_BITS   24
#define KIND_MASK   UINT32_C(3)
#define INDEX_MASK  ((UINT32_C(1) << KIND_BITS) - 1)
#define READ_TRIES  64

/* In `middle`, beside the index of the description that nobody uses now. */
#define MIDDLE_MASK   3u
#define MIDDLE_POSTED 4u /* the mail is under way */
#define MIDDLE_NEW    8u /* the description has not been heard */

#define WORDS(size)     (((size) + 7) / 8 * 8)
#define SAID_SIZE(size) WORDS(offsetof(struct lease_said, description) + (size))

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
static const size_t extra_sizes[LEASE_KINDS] = {
	[LEASE_MEMBER] = LEASE_PRESSES * sizeof(struct media_press) + MEDIA_IDENTITY_MAX,
};

_Static_assert(MEDIA_IDENTITY_MAX % 8 == 0, "what is behind it is aligned");

/* ---- where things lie in `rest`: descriptions, report, presses, identity ---- */

static size_t report_at(enum lease_kind kind)
{
	return 3 * SAID_SIZE(description_sizes[kind]);
}

static size_t extra_at(enum lease_kind kind)
{
	return report_at(kind) + WORDS(report_sizes[kind]);
}

static size_t size_of(enum lease_kind kind)
{
	return sizeof(struct lease) + extra_at(kind) + extra_sizes[kind];
}

static struct lease_said *said_of(struct lease *lease, unsigned index)
{
	return (void *)(lease->rest + index * SAID_SIZE(description_sizes[lease->kind]));
}

static struct media_press *presses_of(struct lease *lease)
{
	return (void *)(lease->rest + extra_at(LEASE_MEMBER));
}

static char *identity_of(struct lease *lease)
{
	return (char *)(presses_of(lease) + LEASE_PRESSES);
}

/* ---- the pool ---- */

int lease_pool_init(struct lease_pool *pool, unsigned worker, uint32_t capacity)
{
	if (capacity == 0 || capacity > INDEX_MASK || worker >= WORKERS_MAX)
		return -EINVAL;
	memset(pool, 0, sizeof(*pool));
	pool->capacity = capacity;
	pool->worker = worker;
	for (unsigned kind = 0; kind < LEASE_KINDS; kind++) {
		struct lease_shelf *shelf = &pool->shelves[kind];
		shelf->leases = reserve_take(
			(size_t)capacity * size_of((enum lease_kind)kind), &shelf->map_size);
		if (!shelf->leases) {
			lease_pool_done(pool);
			return -ENOMEM;
		}
	}
	return 0;
}

void lease_pool_done(struct lease_pool *pool)
{
	for (unsigned kind = 0; pool && kind < LEASE_KINDS; kind++) {
		struct lease_shelf *shelf = &pool->shelves[kind];
		reserve_give(shelf->leases, shelf->map_size);
		shelf->leases = NULL;
	}
}

static struct lease *nth(const struct lease_pool *pool, enum lease_kind kind, uint32_t index)
{
	return (void *)(pool->shelves[kind].leases + index * size_of(kind));
}

static uint32_t index_of(const struct lease_pool *pool, const struct lease *lease)
{
	const char *first = pool->shelves[lease->kind].leases;
	return (uint32_t)((size_t)((const char *)lease - first) / size_of(lease->kind));
}

static enum lease_kind kind_of(media_id id)
{
	return (enum lease_kind)((uint32_t)id >> KIND_BITS & KIND_MASK);
}

struct lease *lease_take(struct lease_pool *pool, enum lease_kind kind)
{
	struct lease_shelf *shelf = &pool->shelves[kind];
	struct lease *lease;
	uint32_t index;
	if (slab_is_starved() || pool->taken == pool->capacity)
		return NULL;
	index = shelf->free_list ? shelf->free_list - 1 : shelf->touched++;
	lease = nth(pool, kind, index);
	if (shelf->free_list)
		shelf->free_list = lease->next_free;
	pool->taken++;
	lease->kind = kind;
	lease->generation++;
	lease->id = (uint64_t)lease->generation << 32 | pool->worker << WORKER_BITS |
		    (uint32_t)kind << KIND_BITS | index;
	atomic_store_explicit(&lease->middle, 0, memory_order_relaxed);
	atomic_store_explicit(&lease->told, 0, memory_order_relaxed);
	lease->back = 1;
	lease->front = 2;
	atomic_store_explicit(&lease->press_head, 0, memory_order_relaxed);
	atomic_store_explicit(&lease->press_tail, 0, memory_order_relaxed);
	lease->is_dropped = false;
	lease->has_transcoder = false;
	lease->is_named = false;
	lease->pair_count = 0;
	lease->group = 0;
	lease->object = NULL;
	lease->twin = NULL;
	lease->is_counted = lease->has_ended = false;
	atomic_store_explicit(&lease->handle, 0, memory_order_relaxed);
	atomic_store_explicit(&lease->gate, 0, memory_order_relaxed);
	atomic_store_explicit(&lease->ssrc, 0, memory_order_relaxed);
	atomic_store_explicit(&lease->ungranted, 0, memory_order_relaxed);
	atomic_store_explicit(
		&lease->legs, (uint64_t)lease->generation << 32, memory_order_relaxed);
	return lease;
}

void lease_give(struct lease_pool *pool, struct lease *lease)
{
	struct lease_shelf *shelf = &pool->shelves[lease->kind];
	lease->generation++;
	lease->next_free = shelf->free_list;
	shelf->free_list = index_of(pool, lease) + 1;
	pool->taken--;
}

struct lease *lease_at(const struct lease_pool *pool, media_id id)
{
	uint32_t index = (uint32_t)id & INDEX_MASK;
	enum lease_kind kind = kind_of(id);
	return index < pool->capacity && kind < LEASE_KINDS ? nth(pool, kind, index) : NULL;
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
	return (uint32_t)id >> WORKER_BITS;
}

/* Who a leg is of does not change, so it lies there once. */
static void say_identity(struct lease *lease, struct media_member_description *member)
{
	char *identity = identity_of(lease);
	if (!lease->is_named) {
		const char *from = member->identity ? member->identity : "";
		size_t length = strnlen(from, MEDIA_IDENTITY_MAX - 1);
		memcpy(identity, from, length);
		memset(identity + length, 0, MEDIA_IDENTITY_MAX - length);
		lease->is_named = true;
	}
	member->identity = identity;
}

bool lease_say(struct lease *lease, const void *description)
{
	struct lease_said *said = said_of(lease, lease->back);
	said->is_dropped = !description;
	said->has_transcoder = lease->has_transcoder;
	if (description) {
		memcpy(&said->description, description, description_sizes[lease->kind]);
		if (lease->kind == LEASE_MEMBER)
			say_identity(lease, &said->member);
		else if (lease->kind == LEASE_LEG)
			said->member.identity = NULL; /* its member's lease has it */
	}
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
	return said_of(lease, lease->front);
}

int lease_press(struct lease *lease, const struct media_press *press)
{
	uint32_t tail = atomic_load_explicit(&lease->press_tail, memory_order_relaxed);
	uint32_t head = atomic_load_explicit(&lease->press_head, memory_order_acquire);
	if (tail - head >= LEASE_PRESSES)
		return -EAGAIN;
	presses_of(lease)[tail % LEASE_PRESSES] = *press;
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
	*ret_press = presses_of(lease)[head % LEASE_PRESSES];
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

/* No report is larger. */
#define REPORT_WORDS ((sizeof(union lease_report) + 7) / 8)

void lease_publish(struct lease *lease, const void *report)
{
	uint64_t words[REPORT_WORDS];
	size_t count = WORDS(report_sizes[lease->kind]) / 8;
	words[count - 1] = 0;
	memcpy(words, report, report_sizes[lease->kind]);
	seqlock_write_begin(&lease->lock);
	seqlock_store_words((void *)(lease->rest + report_at(lease->kind)), words, count);
	seqlock_write_end(&lease->lock);
}

int lease_read(const struct lease *lease, enum lease_kind kind, media_id id, void *ret_report)
{
	uint64_t words[REPORT_WORDS];
	if (kind_of(id) != kind)
		return -ENOENT;
	for (unsigned i = 0; i < READ_TRIES; i++) {
		uint32_t begun = seqlock_read_begin(&lease->lock);
		seqlock_load_words(words, (const void *)(lease->rest + report_at(kind)),
			WORDS(report_sizes[kind]) / 8);
		if (seqlock_read_retry(&lease->lock, begun))
			continue;
		if (words[0] != id)
			return -ENOENT;
		memcpy(ret_report, words, report_sizes[kind]);
		return 0;
	}
	return -EAGAIN;
}
