/* SPDX-License-Identifier: Apache-2.0 */
/* table.c: the table of calls of one worker: begun, found, ended. */
#include <errno.h>
#include <stdlib.h>

#include "base/metrics.h"
#include "base/reserve.h"
#include "call/private.h"
#include "media/command.h"

#define BUCKETS_MAX    (1u << 14) /* stays in the cache; a chain of a few is no harm */
#define DIALOGS_A_CALL 4
#define STREAMS_A_CALL 4

static int init_slabs(struct calls *calls, uint32_t capacity)
{
	int error = slab_init(&calls->calls, "calls", sizeof(struct call), capacity);
	if (!error)
		error = slab_init(
			&calls->media, "call_media", sizeof(struct call_media), 2 * capacity);
	if (!error)
		error = slab_init(&calls->dialogs, "call_dialogs", sizeof(struct call_dialog),
			DIALOGS_A_CALL * capacity);
	if (!error)
		error = slab_init(&calls->streams, "call_streams", sizeof(struct call_stream),
			STREAMS_A_CALL * capacity);
	return error;
}

static int init_buckets(struct calls *calls, uint32_t capacity)
{
	uint32_t count = 64;
	while (count < capacity && count < BUCKETS_MAX)
		count *= 2;
	calls->bucket_mask = count - 1;
	calls->buckets = reserve_take(count * sizeof(*calls->buckets), &calls->buckets_size);
	return calls->buckets ? 0 : -ENOMEM;
}

int calls_new(
	struct calls **ret, const struct calls_config *config, const struct calls_floors *floors)
{
	struct calls *calls = calloc(1, sizeof(*calls));
	if (!calls)
		return -ENOMEM;
	calls->at = *floors;
	calls->settings = config->settings;
	calls->local_count = config->local_count;
	memcpy(calls->locals, config->locals, sizeof(calls->locals));
	list_init(&calls->named);
	int error = init_slabs(calls, config->calls);
	if (!error)
		error = init_buckets(calls, config->calls);
	if (error) {
		calls_free(calls);
		return error;
	}
	deadlines_init(calls);
	if (calls->at.media)
		media_set_user(calls->at.media, calls->at.worker->index,
			&(struct media_user){
				.told = calls_told, .ended = calls_ended, .context = calls});
	*ret = calls;
	return 0;
}

/* Nobody will say any more how it went: what was said last is it. */
static void write_last_records(struct calls *calls)
{
	calls_end_all(calls);
	for (uint32_t i = 0; i < calls->streams.touched; i++) {
		struct call_stream *stream = slab_at(&calls->streams, i);
		struct media_report report;
		if (slab_is_taken(stream) &&
			media_read_report(calls->at.media, stream->lease.session, &report) == 0)
			call_keep_report(calls, stream, &report);
	}
	for (uint32_t i = 0; i < calls->calls.touched; i++) {
		struct call *call = slab_at(&calls->calls, i);
		if (!slab_is_taken(call))
			continue;
		call->hold_backs = 0;
		call_settle(calls, call);
	}
}

void calls_free(struct calls *calls)
{
	if (!calls)
		return;
	if (calls->buckets)
		write_last_records(calls);
	slab_done(&calls->calls);
	slab_done(&calls->media);
	slab_done(&calls->dialogs);
	slab_done(&calls->streams);
	reserve_give(calls->buckets, calls->buckets_size);
	free(calls);
}

void calls_configure(struct calls *calls, const struct calls_settings *settings)
{
	calls->settings = *settings;
}

/* ---- names ---- */

static uint64_t hash_of(const struct calls *calls, struct pv_span call_id)
{
	return siphash13(&calls->at.shared->key, call_id.at, call_id.length);
}

/* `call` or the next one of its chain that has this name. */
static struct call *first_of(
	struct call *call, uint64_t hash, struct pv_span call_id, struct pv_span tag)
{
	while (call && (call->hash != hash || !pv_span_equal(call->call_id, call_id) ||
			       !pv_span_equal(call->caller_tag, tag)))
		call = call->chain;
	return call;
}

static struct call *find(
	const struct calls *calls, uint64_t hash, struct pv_span call_id, struct pv_span tag)
{
	return first_of(calls->buckets[hash & calls->bucket_mask], hash, call_id, tag);
}

/* Of several with one name that which knows the callee's tag; the newest where none does. */
static struct call *find_with(struct calls *calls, uint64_t hash, struct pv_span call_id,
	struct pv_span tag, struct pv_span callee_tag)
{
	struct call *newest = find(calls, hash, call_id, tag);
	struct call *call = newest;
	if (!newest || !first_of(newest->chain, newest->hash, call_id, tag))
		return newest;
	while (call && !call_media_find(calls, call, callee_tag, false))
		call = first_of(call->chain, call->hash, call_id, tag);
	return call ? call : newest;
}

struct call *call_find(struct calls *calls, struct pv_span call_id, struct pv_span from_tag,
	struct pv_span to_tag, enum call_side *ret_from)
{
	if (list_is_empty(&calls->named))
		return NULL;
	uint64_t hash = hash_of(calls, call_id);
	struct call *call = find_with(calls, hash, call_id, from_tag, to_tag);
	*ret_from = CALL_CALLER;
	if (call || !to_tag.length)
		return call;
	*ret_from = CALL_CALLEE;
	return find_with(calls, hash, call_id, to_tag, from_tag);
}

static void link_name(struct calls *calls, struct call *call, uint64_t hash)
{
	call->hash = hash;
	struct call **bucket = &calls->buckets[call->hash & calls->bucket_mask];
	call->chain = *bucket;
	*bucket = call;
	list_push_tail(&calls->named, &call->link);
}

static void unlink_name(struct calls *calls, struct call *call)
{
	struct call **at = &calls->buckets[call->hash & calls->bucket_mask];
	while (*at != call)
		at = &(*at)->chain;
	*at = call->chain;
	list_remove(&call->link);
}

uint64_t call_handle(const struct calls *calls, const struct call *call)
{
	return slab_handle(&calls->calls, call);
}

struct call *call_get(struct calls *calls, uint64_t handle)
{
	struct call *call = slab_get(&calls->calls, handle);
	return call && call->state != CALL_ENDED ? call : NULL;
}

void call_name_write(const struct calls *calls, const struct call *call, struct pv_writer *writer)
{
	pv_put_u64(writer, calls->at.worker->index);
	pv_put_char(writer, '.');
	pv_put_u64(writer, slab_index(&calls->calls, call));
	pv_put_char(writer, '.');
	pv_put_u64(writer, slab_generation(call));
}

static bool read_number(struct pv_span *rest, uint64_t *ret)
{
	uint64_t value = 0;
	size_t i = 0;
	for (; i < rest->length && pv_is_digit(rest->at[i]) && value <= UINT32_MAX; i++)
		value = 10 * value + (uint64_t)(rest->at[i] - '0');
	*rest = pv_span_skip(*rest, i);
	*ret = value;
	return i > 0 && value <= UINT32_MAX;
}

static bool read_dot(struct pv_span *rest)
{
	bool is_dot = rest->length && rest->at[0] == '.';
	*rest = pv_span_skip(*rest, 1);
	return is_dot;
}

bool call_name_read(struct pv_span name, unsigned *ret_worker, uint64_t *ret_handle)
{
	uint64_t worker, index, generation;
	if (!read_number(&name, &worker) || !read_dot(&name) || !read_number(&name, &index) ||
		!read_dot(&name) || !read_number(&name, &generation) || name.length)
		return false;
	*ret_worker = (unsigned)worker;
	*ret_handle = generation << 32 | index;
	return true;
}

/* ---- life ---- */

static struct pv_span keep(struct buffer *buffer, struct pv_span text)
{
	char *at = buffer->bytes + buffer->length;
	if (text.length)
		memcpy(at, text.at, text.length);
	buffer->length += (uint32_t)text.length;
	return (struct pv_span){at, text.length};
}

/* The texts in one buffer; NULL when there is no room. */
static struct buffer *keep_texts(
	struct calls *calls, struct call *call, const struct call_beginning *b)
{
	size_t length =
		b->call_id.length + b->caller_tag.length + b->caller.length + b->callee.length;
	struct buffer *text = buffer_take(&calls->at.worker->buffers, length);
	if (!text)
		return NULL;
	call->call_id = keep(text, b->call_id);
	call->caller_tag = keep(text, b->caller_tag);
	call->caller = keep(text, b->caller);
	call->callee = keep(text, b->callee);
	return text;
}

static struct call *make(struct calls *calls, const struct call_beginning *beginning)
{
	struct call *call = slab_take(&calls->calls);
	if (!call)
		return NULL;
	*call = (struct call){
		.owner = beginning->owner,
		.owner_word = beginning->owner_word,
		.max_duration_ms = beginning->max_duration_ms,
		.state = CALL_SETUP,
		.began_ms = calls->at.worker->now_ms,
	};
	list_init(&call->media);
	call->text = keep_texts(calls, call, beginning);
	if (call->text)
		return call;
	slab_give(&calls->calls, call);
	return NULL;
}

/* Whether one more call may have the name of this one. */
static bool may_have_name(const struct calls *calls, uint64_t hash, const struct call_beginning *b)
{
	unsigned count = 0;
	struct call *call = find(calls, hash, b->call_id, b->caller_tag);
	for (; call; call = first_of(call->chain, call->hash, b->call_id, b->caller_tag))
		count++;
	if (count < (b->may_share_name ? CALL_NAMESAKES_MAX : 1))
		return true;
	metrics_add(METRIC_calls_refused_name, b->may_share_name);
	return false;
}

int call_begin(struct calls *calls, const struct call_beginning *beginning, struct call **ret_call)
{
	uint32_t place;
	uint64_t hash = hash_of(calls, beginning->call_id);
	if (!may_have_name(calls, hash, beginning))
		return -EEXIST;
	int error = shared_enter(calls->at.shared, beginning->user, &place);
	if (error)
		return error;
	struct call *call = make(calls, beginning);
	if (!call) {
		shared_leave(calls->at.shared, place);
		metrics_add(METRIC_calls_refused_full, 1);
		return -ENOBUFS;
	}
	call->user_place = place;
	link_name(calls, call, hash);
	deadline_set(calls, call, call->began_ms + CALL_SETUP_MS);
	metrics_add(METRIC_calls_begun, 1);
	metrics_add(METRIC_calls, 1);
	*ret_call = call;
	return 0;
}

static uint64_t longest_ms(const struct calls *calls, const struct call *call)
{
	uint64_t longest =
		atomic_load_explicit(&calls->at.shared->max_duration_ms, memory_order_relaxed);
	if (call->max_duration_ms)
		return call->max_duration_ms;
	return longest ? longest : CALL_LIFE_MAX_MS;
}

void call_up(struct calls *calls, struct call *call, unsigned status)
{
	if (call->state != CALL_SETUP)
		return;
	uint64_t longest = longest_ms(calls, call);
	call->state = CALL_UP;
	call->status = (uint16_t)status;
	call->up_ms = calls->at.worker->now_ms;
	metrics_add(METRIC_calls_answered, 1);
	call->ends_ms = longest == CALL_ENDLESS ? UINT64_MAX : call->up_ms + longest;
	if (!call->is_asked_to_end)
		deadline_look(calls, call);
}

void call_settle(struct calls *calls, struct call *call)
{
	if (call->hold_backs)
		return;
	record_write(calls, call);
	buffer_unref(&calls->at.worker->buffers, call->text);
	slab_give(&calls->calls, call);
}

void call_end(struct calls *calls, struct call *call, enum call_why why, unsigned status)
{
	unlink_name(calls, call);
	wheel_cancel(&call->deadline);
	if (list_is_empty(&calls->named))
		lane_cancel(&calls->tick_node);
	shared_leave(calls->at.shared, call->user_place);
	metrics_sub(METRIC_calls, 1);
	call->state = CALL_ENDED;
	call->why = (uint8_t)why;
	call->ended_ms = calls->at.worker->now_ms;
	if (status)
		call->status = (uint16_t)status;
	while (!list_is_empty(&call->media))
		call_media_end(
			calls, container_of(list_first(&call->media), struct call_media, link));
	call_settle(calls, call);
}

void calls_end_all(struct calls *calls)
{
	while (!list_is_empty(&calls->named))
		call_end(calls, container_of(list_first(&calls->named), struct call, link),
			CALL_STOPPED, 0);
}
