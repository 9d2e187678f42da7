/* SPDX-License-Identifier: Apache-2.0 */
/* shard.h — the inside of the registry: shards, their buckets, and what the files of this folder
 * share. */
#ifndef REGISTRY_SHARD_H
#define REGISTRY_SHARD_H

#include "base/lock.h"
#include "base/siphash.h"
#include "registry/cell.h"
#include "registry/registry.h"

/* Written under the shard's lock, between write_begin and write_end; read by anyone. Zeroed =
 * empty. */
struct bucket {
	struct seqlock sequence;
	_Atomic uint32_t head; /* its first record */
};

/* A record as the keep-alive walk sees it. */
struct keepalive_copy {
	struct registry_binding bindings[REGISTRY_CONTACTS];
	char key[REGISTRY_KEY];
	char text[REGISTRY_TEXT_ALL];
};

/* A slot of expiry is 512 ms wide, so what expires is gone half a second later; the ring spans 2 h
 * 20 min, and what lives longer is met there and stays for another round. */
#define EXPIRY_SHIFT 9
#define EXPIRY_SLOTS 16384

/*
 * Owner: the worker of the same index calls expire and keepalive; any worker may update. Lock:
 * `lock`, for all but what is marked otherwise. Lifetime: the registry's.
 */
struct shard {
	_Alignas(CACHE_LINE) struct lock lock;
	_Atomic uint32_t
		bucket_count; /* in use: it grows with the records, `bucket_most` at most */
	uint32_t bucket_most;
	uint32_t flow_mask;
	struct bucket *buckets;
	struct cell_pool cells;
	uint32_t *expiry;        /* EXPIRY_SLOTS heads */
	uint64_t expiry_slot;    /* the next to be emptied: written by the owner under the lock */
	uint32_t due;            /* head: taken out of their slot, to be looked at */
	bool due_left;           /* owner: `due` was not finished */
	_Atomic uint32_t *flows; /* heads by hash of the flow; peeked at without the lock */
	_Atomic uint32_t aors;   /* these three are read by anyone */
	_Atomic uint32_t bindings;
	_Atomic uint32_t behind_nat;
	_Atomic uint64_t expired;
	uint64_t walk_ms;            /* owner: the keep-alive's last step ... */
	uint64_t walk_credit;        /* ... its remainder ... */
	uint32_t walk_at;            /* ... and the bucket that is next */
	struct keepalive_copy *copy; /* owner: 140 KB, touched as used */
	size_t copy_size, buckets_size, expiry_size, flows_size;
};

struct registry {
	struct registry_config config;
	const struct clock *clock;
	struct siphash_key key;
	_Atomic uint32_t aors; /* against config.capacity */
	struct shard *shards;
	size_t shards_size;
};

/* Where a key lives. */
struct place {
	struct shard *shard;
	struct bucket *bucket;
	uint64_t hash;
};
struct place registry_place(struct registry *registry, struct pv_span key);

/*
 * The buckets are a linear hash table: a few at first, and one is split for each record that comes
 * when there are two to a bucket. So a small registry touches little memory, whatever its capacity.
 * A bucket that was found without the shard's lock may be the wrong one a moment later: whoever
 * has begun to read its sequence asks again whether it is still the one.
 */
static inline struct bucket *shard_bucket(struct shard *shard, uint64_t hash)
{
	uint32_t count = atomic_load_explicit(&shard->bucket_count, memory_order_acquire);
	uint32_t mask = UINT32_MAX >> __builtin_clz(count - 1);
	uint32_t index = (uint32_t)hash & mask;
	return &shard->buckets[index < count ? index : index & mask >> 1];
}

/* A record came: splits a bucket when there are many. */
void shard_grow(struct shard *shard);

/* ---- records.c: under the shard's lock ---- */

/* The record of `key`, its image and the record before it in the bucket (0 = none); 0 when there is
 * none. */
uint32_t record_find(const struct place *place, struct pv_span key, union cell_image *ret,
	uint32_t *ret_previous);
/* A chain of cells with the key in it, in no bucket yet; 0 when the pool is empty. `ret` is its
 * image. */
uint32_t record_new(const struct place *place, struct pv_span key, union cell_image *ret);
/* Takes the record out of its bucket and frees it. Inside write_begin and write_end. */
void record_drop(struct registry *registry, const struct place *place, uint32_t index);
/* Removes one binding, its record too when it was the last. */
void binding_drop(struct registry *registry, struct shard *shard, uint32_t index);
/* Takes a binding out of the lists and counts that it is in; its cells stay. `first` is its first
 * cell's image. */
void binding_retire(struct shard *shard, uint32_t index, const union cell_image *first);
/* The opposite. The images are those just stored. */
void binding_enlist(struct shard *shard, uint32_t index, union cell_image *first,
	const union cell_image *second);
struct binding_images {
	union cell_image first, second;
};
/* Its values changed in place: only the lists that this concerns are touched. `now` is what was
 * just stored. */
void binding_renew(struct shard *shard, uint32_t index, const struct binding_images *before,
	struct binding_images *now);

/* Length of all its text. */
static inline size_t binding_text_length(const struct cell_binding *b)
{
	size_t sum =
		(size_t)b->contact_length + b->params_length + b->path_length + b->agent_length;
	size_t instance_end = (size_t)b->instance_at + b->instance_length;
	return MAX(sum, instance_end);
}

/* ---- read.c ---- */

/* The n-th record of a bucket, copied: returns its count of live bindings, -ENOENT when there is no
 * n-th. `key` has REGISTRY_KEY bytes, `text` REGISTRY_TEXT_ALL. Any thread. */
int bucket_copy(struct registry *registry, struct shard *shard, uint32_t bucket, unsigned nth,
	char *key, size_t *ret_key_length, struct registry_binding ret[REGISTRY_CONTACTS],
	char *text);

#endif
