/* SPDX-License-Identifier: Apache-2.0 */
/* read.c — lookups: copy, look at the bucket's sequence, take the lock only after many failures. */
#include <errno.h>
#include <string.h>

#include "base/metrics.h"
#include "registry/shard.h"

#define READ_TRIES \
	32 /* then the writers' lock: one of them may have been pre-empted in the middle */
#define READ_CHAIN 4096 /* steps along a bucket before it counts as torn */
#define READ_TORN  (-EAGAIN)

/* What one read wants and fills. The text of a binding goes behind that of the one before. */
struct reader {
	struct shard *shard;
	struct bucket *bucket;
	struct registry_binding *ret;
	unsigned max;
	char *text;
	size_t size;
	uint64_t now_ms;
	/* which record: by key, or the nth of the bucket */
	struct pv_span key;
	uint64_t hash;
	unsigned nth;
	char *ret_key;
	size_t *ret_key_length;
	/* for registry_has_source */
	const struct path *from;
};

static bool is_source(const struct cell_where *where, const struct path *from)
{
	return where->port == from->peer.port && where->family == from->peer.family &&
	       where->transport == from->transport &&
	       memcmp(where->ip, from->peer.ip, sizeof(where->ip)) == 0;
}

static bool record_is_wanted(struct reader *reader, union cell_image *image)
{
	struct cell_cursor cursor;
	if (!reader->key.at)
		return reader->nth-- == 0;
	if (image->record.hash != reader->hash || image->record.key_length != reader->key.length)
		return false;
	cell_cursor_init(&cursor, &reader->shard->cells, image, image->record.key, RECORD_KEY_HERE);
	return cell_cursor_equal(&cursor, reader->key.at, reader->key.length);
}

/* 1 found, 0 not there, READ_TORN. */
static int find_record(struct reader *reader, union cell_image *ret)
{
	uint32_t index = atomic_load_explicit(&reader->bucket->head, memory_order_acquire);
	for (unsigned steps = 0; index; steps++) {
		if (steps == READ_CHAIN || !cell_load(&reader->shard->cells, index, ret))
			return READ_TORN;
		if (record_is_wanted(reader, ret))
			return 1;
		index = ret->record.next;
	}
	return 0;
}

static void copy_values(struct registry_binding *ret, const struct cell_binding *b,
	const struct cell_where *where, const char *text)
{
	const char *params = text + b->contact_length, *path = params + b->params_length;
	const char *agent = path + b->path_length;
	*ret = (struct registry_binding){
		.contact = {text, b->contact_length},
		.params = {params, b->params_length},
		.path = {path, b->path_length},
		.user_agent = {agent, b->agent_length},
		.instance = {text + b->instance_at, b->instance_length},
		.call_id = b->call_id,
		.cseq = where->cseq,
		.reg_id = b->reg_id,
		.q = b->q,
		.expires_ms = b->expires_ms,
		.behind_nat = b->flags & BINDING_BEHIND_NAT,
		.lost = b->flags & BINDING_LOST,
		.received = {.transport = where->transport,
			.listener = where->listener,
			.tcp_if_large = where->tcp_if_large,
			.flow = where->flow,
			.peer = {.port = where->port,
				.family = where->family,
				.scope = where->scope}},
	};
	memcpy(ret->received.peer.ip, where->ip, sizeof(where->ip));
}

/* One binding with its text; returns the bytes of text, or < 0. */
static int copy_binding(struct reader *reader, struct registry_binding *ret,
	const struct cell_binding *b, size_t used)
{
	union cell_image second;
	struct cell_cursor cursor;
	size_t length = binding_text_length(b);
	if (length > REGISTRY_TEXT || !cell_load(&reader->shard->cells, b->more, &second))
		return READ_TORN;
	if (length > reader->size - used)
		return -ENOBUFS;
	cell_cursor_init(
		&cursor, &reader->shard->cells, &second, second.where.text, BINDING_TEXT_HERE);
	if (!cell_cursor_read(&cursor, reader->text + used, length))
		return READ_TORN;
	copy_values(ret, b, &second.where, reader->text + used);
	return (int)length;
}

/* All live bindings of a record: their count, or < 0. */
static int copy_bindings(struct reader *reader, const union cell_image *record)
{
	union cell_image first;
	unsigned count = 0, steps = 0;
	size_t used = 0;
	for (uint32_t index = record->record.first; index && count < reader->max;
		index = first.binding.sibling) {
		if (++steps > REGISTRY_CONTACTS || !cell_load(&reader->shard->cells, index, &first))
			return READ_TORN;
		if (first.binding.expires_ms <= reader->now_ms)
			continue;
		int length = copy_binding(reader, &reader->ret[count], &first.binding, used);
		if (length < 0)
			return length;
		used += (size_t)length;
		count++;
	}
	return (int)count;
}

static int copy_record(struct reader *reader)
{
	union cell_image record;
	int found = find_record(reader, &record);
	if (found != 1)
		return found == 0 ? -ENOENT : found;
	if (reader->ret_key) {
		struct cell_cursor cursor;
		if (record.record.key_length > REGISTRY_KEY)
			return READ_TORN;
		cell_cursor_init(&cursor, &reader->shard->cells, &record, record.record.key,
			RECORD_KEY_HERE);
		if (!cell_cursor_read(&cursor, reader->ret_key, record.record.key_length))
			return READ_TORN;
		*reader->ret_key_length = record.record.key_length;
	}
	return copy_bindings(reader, &record);
}

/* 1 when a live binding of the record came from there, else 0. */
static int find_source(struct reader *reader)
{
	union cell_image record, first, second;
	unsigned steps = 0;
	int found = find_record(reader, &record);
	if (found != 1)
		return found;
	for (uint32_t index = record.record.first; index; index = first.binding.sibling) {
		if (++steps > REGISTRY_CONTACTS ||
			!cell_load(&reader->shard->cells, index, &first) ||
			!cell_load(&reader->shard->cells, first.more, &second))
			return READ_TORN;
		if (first.binding.expires_ms > reader->now_ms &&
			is_source(&second.where, reader->from))
			return 1;
	}
	return 0;
}

/* Where its key is now; one that asks for a bucket gets that one. */
static struct bucket *wanted_bucket(const struct reader *wanted)
{
	return wanted->key.at ? shard_bucket(wanted->shard, wanted->hash) : wanted->bucket;
}

/* Runs `copy` until what it copied is of one piece. */
static int read_record(const struct reader *wanted, int (*copy)(struct reader *))
{
	struct reader reader = *wanted;
	for (unsigned tries = 0; tries < READ_TRIES; tries++) {
		struct bucket *bucket = wanted_bucket(wanted);
		uint32_t begun = seqlock_read_begin(&bucket->sequence);
		reader = *wanted;
		reader.bucket = bucket;
		/* it may have been split before its sequence was read */
		if (wanted_bucket(wanted) != bucket)
			continue;
		int result = begun & 1 ? READ_TORN : copy(&reader);
		if (!seqlock_read_retry(&bucket->sequence, begun) && result != READ_TORN)
			return result;
	}
	metrics_add(METRIC_registry_lookup_locks, 1);
	lock_take(&wanted->shard->lock);
	reader = *wanted;
	reader.bucket = wanted_bucket(wanted);
	int result = copy(&reader);
	lock_give(&wanted->shard->lock);
	return result == READ_TORN ? -ENOENT : result;
}

static bool same_group(const struct registry_binding *a, const struct registry_binding *b)
{
	return a->reg_id && b->reg_id && a->instance.length &&
	       pv_span_equal(a->instance, b->instance);
}

/* Moves the flows of ret[at]'s instance next to it, which are not lost first, in the order they
 * came in; returns how many they are. `rank` tells the newest. */
static unsigned gather_group(
	struct registry_binding *ret, uint8_t *rank, unsigned at, unsigned count)
{
	unsigned end = at + 1;
	for (unsigned i = at + 1; i < count; i++) {
		if (!same_group(&ret[at], &ret[i]))
			continue;
		struct registry_binding moved = ret[i];
		uint8_t moved_rank = rank[i];
		unsigned to = end++;
		memmove(&ret[to + 1], &ret[to], (i - to) * sizeof(*ret));
		memmove(&rank[to + 1], &rank[to], i - to);
		while (to > at &&
			(ret[to - 1].lost > moved.lost ||
				(ret[to - 1].lost == moved.lost && rank[to - 1] > moved_rank))) {
			ret[to] = ret[to - 1];
			rank[to] = rank[to - 1];
			to--;
		}
		ret[to] = moved;
		rank[to] = moved_rank;
	}
	return end - at;
}

/* They come newest first; best q first, the flows of one instance together. */
static void order_bindings(struct registry_binding *ret, unsigned count)
{
	uint8_t rank[REGISTRY_CONTACTS];
	for (unsigned i = 0; i < count; i++) {
		struct registry_binding moved = ret[i];
		unsigned to = i;
		for (; to > 0 && ret[to - 1].q < moved.q; to--) {
			ret[to] = ret[to - 1];
			rank[to] = rank[to - 1];
		}
		if (to != i)
			ret[to] = moved;
		rank[to] = (uint8_t)i;
	}
	uint8_t group = 0;
	for (unsigned at = 0; at < count; group++)
		for (unsigned members = gather_group(ret, rank, at, count); members > 0; members--)
			ret[at++].group = group;
}

int registry_lookup(struct registry *registry, struct pv_span aor, struct registry_binding ret[],
	unsigned max, char *text, size_t size)
{
	struct place place = registry_place(registry, aor);
	struct reader reader = {.shard = place.shard,
		.bucket = place.bucket,
		.ret = ret,
		.max = MIN(max, REGISTRY_CONTACTS),
		.text = text,
		.size = size,
		.key = aor,
		.hash = place.hash};
	metrics_add(METRIC_registry_lookups, 1);
	if (!aor.at)
		return 0;
	reader.now_ms = clock_now_ms(registry->clock);
	int count = read_record(&reader, copy_record);
	if (count > 1)
		order_bindings(ret, (unsigned)count);
	return count == -ENOENT ? 0 : count;
}

bool registry_has_source(struct registry *registry, struct pv_span aor, const struct path *from)
{
	struct place place = registry_place(registry, aor);
	struct reader reader = {.shard = place.shard,
		.bucket = place.bucket,
		.key = aor,
		.hash = place.hash,
		.from = from,
		.now_ms = clock_now_ms(registry->clock)};
	return aor.at && read_record(&reader, find_source) == 1;
}

int bucket_copy(struct registry *registry, struct shard *shard, uint32_t bucket, unsigned nth,
	char *key, size_t *ret_key_length, struct registry_binding ret[REGISTRY_CONTACTS],
	char *text)
{
	struct reader reader = {.shard = shard,
		.bucket = &shard->buckets[bucket],
		.ret = ret,
		.max = REGISTRY_CONTACTS,
		.text = text,
		.size = REGISTRY_TEXT_ALL,
		.nth = nth,
		.ret_key = key,
		.ret_key_length = ret_key_length,
		.now_ms = clock_now_ms(registry->clock)};
	int count = read_record(&reader, copy_record);
	if (count > 1)
		order_bindings(ret, (unsigned)count);
	return count;
}
