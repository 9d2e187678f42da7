/* SPDX-License-Identifier: Apache-2.0 */
/* update.c — one all-or-nothing change of an address-of-record's bindings (RFC 3261 §10.3 steps 6
 * and 7). */
#include <string.h>

#include "registry/expiry.h"
#include "registry/match.h"
#include "registry/shard.h"
#include "registry/text.h"

/* A binding that was there before. */
struct existing {
	uint32_t index;
	bool removed;
	bool kept_apart; /* set by this request: it moves to the front */
	struct binding_images was;
};

/* What becomes of one change. */
struct planned {
	struct existing *target; /* the binding that it refreshes, or NULL */
	uint32_t chain;          /* new cells, when the text is new or differs */
	bool skip;               /* a removal, or a later change says otherwise */
};

#define UPDATE_CHANGES (2 * REGISTRY_CONTACTS)

/* One update. Owner: the caller's stack. Between open and commit nothing that a reader sees has
 * changed. */
struct update {
	struct registry *registry;
	struct place place;
	struct pv_span key;
	const struct registry_change *changes;
	unsigned count;
	uint64_t call_id;
	uint32_t cseq;
	uint32_t record; /* 0 = none yet */
	bool new_record;
	union cell_image record_image;
	struct existing existing[REGISTRY_CONTACTS];
	unsigned existing_count;
	struct planned planned[UPDATE_CHANGES];
};

/* What is over by the clock goes first: it must neither match nor count. */
static void drop_expired(struct update *u, uint64_t now_ms)
{
	struct cell_pool *pool = &u->place.shard->cells;
	union cell_image first;
	uint32_t next;
	unsigned left = u->record_image.record.count;
	for (uint32_t index = u->record_image.record.first; index; index = next) {
		cell_load(pool, index, &first);
		next = first.binding.sibling;
		if (first.binding.expires_ms > now_ms)
			continue;
		binding_drop(u->registry, u->place.shard, index);
		atomic_fetch_add_explicit(&u->place.shard->expired, 1, memory_order_relaxed);
		left--;
	}
	if (left == 0)
		u->record = 0;
	else if (left != u->record_image.record.count)
		cell_load(pool, u->record, &u->record_image);
}

static void update_open(struct update *u)
{
	struct cell_pool *pool = &u->place.shard->cells;
	uint32_t previous;
	u->record = record_find(&u->place, u->key, &u->record_image, &previous);
	if (u->record)
		drop_expired(u, clock_now_ms(u->registry->clock));
	uint32_t index = u->record ? u->record_image.record.first : 0;
	while (index && u->existing_count < REGISTRY_CONTACTS) {
		struct existing *e = &u->existing[u->existing_count++];
		e->index = index;
		e->removed = e->kept_apart = false;
		cell_load(pool, index, &e->was.first);
		cell_load(pool, e->was.first.more, &e->was.second);
		index = e->was.first.binding.sibling;
	}
}

static bool is_same(
	struct update *u, struct match_wanted *wanted, struct existing *e, enum match_rule rule)
{
	return registry_match_stored(
		wanted, &u->place.shard->cells, &e->was.first, &e->was.second, rule);
}

/* §10.3 step 7: the same Call-ID must count up. */
static bool in_order(const struct update *u, const struct existing *e)
{
	return e->was.first.binding.call_id != u->call_id || e->was.second.where.cseq < u->cseq;
}

static enum registry_error plan_remove(struct update *u, struct match_wanted *wanted)
{
	for (unsigned i = 0; i < u->existing_count; i++) {
		struct existing *e = &u->existing[i];
		if (!is_same(u, wanted, e, MATCH_FLOW) && !is_same(u, wanted, e, MATCH_URI))
			continue;
		if (!in_order(u, e))
			return REGISTRY_OUT_OF_ORDER;
		e->removed = true;
	}
	return REGISTRY_OK;
}

static struct existing *find_target(struct update *u, struct match_wanted *wanted)
{
	static const enum match_rule rules[] = {MATCH_FLOW, MATCH_URI_PLAIN, MATCH_URI};
	for (unsigned rule = 0; rule < ARRAY_LENGTH(rules); rule++)
		for (unsigned i = 0; i < u->existing_count; i++)
			if (is_same(u, wanted, &u->existing[i], rules[rule]))
				return &u->existing[i];
	return NULL;
}

static enum registry_error plan_set(struct update *u, unsigned at, struct match_wanted *wanted)
{
	struct existing *target = find_target(u, wanted);
	for (unsigned i = 0; i < at; i++)
		if (!u->planned[i].skip &&
			(registry_match_changes(wanted, &u->changes[i].binding) ||
				(target && u->planned[i].target == target)))
			u->planned[i].skip = true;
	if (target && !in_order(u, target))
		return REGISTRY_OUT_OF_ORDER;
	u->planned[at].target = target;
	return REGISTRY_OK;
}

static enum registry_error plan_remove_all(struct update *u)
{
	for (unsigned i = 0; i < u->existing_count; i++) {
		if (!in_order(u, &u->existing[i]))
			return REGISTRY_OUT_OF_ORDER;
		u->existing[i].removed = true;
	}
	return REGISTRY_OK;
}

/* Removals first, then settings: the order of Contacts in a request means nothing. */
static enum registry_error update_plan(struct update *u)
{
	struct match_wanted wanted;
	enum registry_error error = REGISTRY_OK;
	for (unsigned i = 0; i < u->count && !error; i++) {
		u->planned[i] = (struct planned){.skip = u->changes[i].remove};
		registry_match_init(&wanted, &u->changes[i].binding);
		if (u->changes[i].remove)
			error = plan_remove(u, &wanted);
	}
	for (unsigned i = 0; i < u->count && !error; i++) {
		registry_match_init(&wanted, &u->changes[i].binding);
		if (!u->changes[i].remove)
			error = plan_set(u, i, &wanted);
	}
	/* only now: a change that is skipped for a later one leaves its binding as it was */
	for (unsigned i = 0; i < u->count && !error; i++)
		if (!u->planned[i].skip && u->planned[i].target)
			u->planned[i].target->kept_apart = true;
	return error;
}

/* How many bindings there will be. */
static unsigned update_result(const struct update *u)
{
	unsigned count = 0;
	for (unsigned i = 0; i < u->existing_count; i++)
		count += !u->existing[i].removed && !u->existing[i].kept_apart;
	for (unsigned i = 0; i < u->count; i++)
		count += !u->planned[i].skip;
	return count;
}

static enum registry_error prepare_record(struct update *u)
{
	struct registry *registry = u->registry;
	uint32_t before = atomic_fetch_add_explicit(&registry->aors, 1, memory_order_relaxed);
	if (before < registry->config.capacity)
		u->record = record_new(&u->place, u->key, &u->record_image);
	if (!u->record) {
		atomic_fetch_sub_explicit(&registry->aors, 1, memory_order_relaxed);
		return REGISTRY_FULL;
	}
	u->new_record = true;
	return REGISTRY_OK;
}

static enum registry_error prepare_one(
	struct update *u, struct planned *planned, const struct registry_binding *b)
{
	struct cell_pool *pool = &u->place.shard->cells;
	struct cell_binding lengths = {0};
	struct existing *target = planned->target;
	enum registry_error error = text_lengths(b, &lengths);
	if (error || (target && text_is_stored(pool, &target->was.first, &target->was.second, b,
					&lengths)))
		return error;
	planned->chain = text_store(pool, b, &lengths);
	return planned->chain ? REGISTRY_OK : REGISTRY_FULL;
}

/* Takes all the memory that the update needs. */
static enum registry_error update_prepare(struct update *u, unsigned result)
{
	enum registry_error error = REGISTRY_OK;
	if (!u->record && result)
		error = prepare_record(u);
	for (unsigned i = 0; i < u->count && !error; i++)
		if (!u->planned[i].skip)
			error = prepare_one(u, &u->planned[i], &u->changes[i].binding);
	return error;
}

static void update_abandon(struct update *u)
{
	struct cell_pool *pool = &u->place.shard->cells;
	for (unsigned i = 0; i < u->count; i++)
		cell_give_chain(pool, u->planned[i].chain);
	if (!u->new_record)
		return;
	cell_give_chain(pool, u->record);
	atomic_fetch_sub_explicit(&u->registry->aors, 1, memory_order_relaxed);
}

static void fill_first(struct update *u, struct cell_binding *to, const struct registry_binding *b)
{
	to->expires_ms = MAX(b->expires_ms, expiry_earliest(u->place.shard));
	to->call_id = u->call_id;
	to->reg_id = b->reg_id;
	to->q = b->q;
	to->flags = b->behind_nat ? BINDING_BEHIND_NAT : 0;
	text_lengths(b, to);
}

static void fill_second(struct update *u, struct cell_where *to, const struct registry_binding *b)
{
	to->record = u->record;
	to->cseq = u->cseq;
	to->port = b->received.peer.port;
	to->family = b->received.peer.family;
	to->scope = b->received.peer.scope;
	memcpy(to->ip, b->received.peer.ip, sizeof(to->ip));
	to->flow = b->received.flow;
	to->transport = b->received.transport;
	to->listener = b->received.listener;
	to->tcp_if_large = b->received.tcp_if_large;
}

/* Writes the values of one change into its cells, new or old; returns its first. */
static uint32_t commit_one(
	struct update *u, struct planned *planned, const struct registry_binding *b)
{
	struct shard *shard = u->place.shard;
	struct existing *target = planned->target;
	struct binding_images now;
	uint32_t index = planned->chain ? planned->chain : target->index;
	if (planned->chain && target)
		binding_retire(shard, target->index, &target->was.first);
	cell_load(&shard->cells, index, &now.first);
	cell_load(&shard->cells, now.first.more, &now.second);
	fill_first(u, &now.first.binding, b);
	fill_second(u, &now.second.where, b);
	cell_store_binding(&shard->cells, index, &now.first);
	cell_store(&shard->cells, now.first.more, &now.second);
	if (planned->chain)
		binding_enlist(shard, index, &now.first, &now.second);
	else
		binding_renew(shard, index, &target->was, &now);
	return index;
}

static void set_sibling(struct cell_pool *pool, uint32_t index, uint32_t sibling)
{
	union cell_image first;
	cell_load(pool, index, &first);
	if (first.binding.sibling == sibling)
		return;
	first.binding.sibling = sibling;
	cell_store_binding(pool, index, &first);
}

/* The record's list anew: what this request set in its order, then the others in theirs. */
static void link_all(struct update *u, const uint32_t *indices, unsigned count)
{
	struct cell_pool *pool = &u->place.shard->cells;
	for (unsigned i = 0; i < count; i++)
		set_sibling(pool, indices[i], i + 1 < count ? indices[i + 1] : 0);
	u->record_image.record.first = indices[0];
	u->record_image.record.count = (uint16_t)count;
	if (u->new_record) {
		u->record_image.record.next =
			atomic_load_explicit(&u->place.bucket->head, memory_order_relaxed);
		atomic_fetch_add_explicit(&u->place.shard->aors, 1, memory_order_relaxed);
	}
	cell_store(pool, u->record, &u->record_image);
	if (u->new_record)
		atomic_store_explicit(&u->place.bucket->head, u->record, memory_order_release);
}

static void update_commit(struct update *u)
{
	uint32_t indices[REGISTRY_CONTACTS];
	unsigned count = 0;
	for (unsigned i = 0; i < u->existing_count; i++)
		if (u->existing[i].removed && !u->existing[i].kept_apart)
			binding_retire(
				u->place.shard, u->existing[i].index, &u->existing[i].was.first);
	for (unsigned i = 0; i < u->count; i++)
		if (!u->planned[i].skip)
			indices[count++] = commit_one(u, &u->planned[i], &u->changes[i].binding);
	for (unsigned i = 0; i < u->existing_count; i++)
		if (!u->existing[i].removed && !u->existing[i].kept_apart)
			indices[count++] = u->existing[i].index;
	if (count)
		link_all(u, indices, count);
	else if (u->record)
		record_drop(u->registry, &u->place, u->record);
}

/* The old cells of what was removed, or got new ones. */
static void update_release(struct update *u)
{
	struct cell_pool *pool = &u->place.shard->cells;
	for (unsigned i = 0; i < u->count; i++) {
		struct planned *planned = &u->planned[i];
		if (!planned->skip && planned->target)
			planned->target->removed = planned->chain != 0;
	}
	for (unsigned i = 0; i < u->existing_count; i++)
		if (u->existing[i].removed)
			cell_give_chain(pool, u->existing[i].index);
}

static int update_run(struct update *u, bool remove_all)
{
	update_open(u);
	enum registry_error error = remove_all ? plan_remove_all(u) : REGISTRY_OK;
	if (!error)
		error = update_plan(u);
	if (error)
		return error;
	unsigned result = update_result(u);
	/* after a reload somebody may have more than he may: he keeps them, and gets no new ones */
	if (result > u->registry->config.max_contacts && result > u->existing_count)
		return REGISTRY_TOO_MANY;
	error = update_prepare(u, result);
	if (error) {
		update_abandon(u);
		return error;
	}
	if (!u->record)
		return REGISTRY_OK; /* nothing there, nothing to set */
	seqlock_write_begin(&u->place.bucket->sequence);
	update_commit(u);
	seqlock_write_end(&u->place.bucket->sequence);
	update_release(u);
	if (u->new_record)
		shard_grow(u->place.shard);
	return REGISTRY_OK;
}

int registry_update(struct registry *registry, struct pv_span aor,
	const struct registry_change changes[], unsigned count, bool remove_all, uint64_t call_id,
	uint32_t cseq)
{
	struct update u;
	if (count > UPDATE_CHANGES)
		return REGISTRY_TOO_MANY;
	if (aor.length == 0 || aor.length > REGISTRY_KEY)
		return REGISTRY_TOO_LONG;
	u.registry = registry;
	u.place = registry_place(registry, aor);
	u.key = aor;
	u.changes = changes;
	u.count = count;
	u.call_id = call_id;
	u.cseq = cseq;
	u.record = 0;
	u.new_record = false;
	u.existing_count = 0;
	lock_take(&u.place.shard->lock);
	u.place.bucket = shard_bucket(u.place.shard, u.place.hash);
	int result = update_run(&u, remove_all);
	lock_give(&u.place.shard->lock);
	return result;
}
