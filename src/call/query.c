/* SPDX-License-Identifier: Apache-2.0 */
/* query.c: a question of the main thread to a worker: posted as a task, answered into its own
 * memory.
 */
#include "call/query.h"

#include <errno.h>

#include "call/private.h"
#include "runtime/question.h"

#define BATCH_CALLS 128 /* a worker copies so many between two of its events */

struct query {
	struct question question;
	struct calls *calls;
	uint64_t handle;
	int result;
	bool says_bye;
	uint32_t cursor; /* slab index to go on with */
	bool is_more;
	unsigned count;
	union {
		struct call_details details;
		struct call_summary calls_found[BATCH_CALLS];
	};
};

/* ---- on the worker ---- */

static void copy_text(struct pv_span from, struct call_text *ret)
{
	size_t length = from.length < CALL_TEXT_MAX ? from.length : CALL_TEXT_MAX;
	ret->length = (uint8_t)length;
	memcpy(ret->bytes, from.at, length);
}

static void count_streams(const struct call *call, struct call_summary *ret)
{
	LIST_EACH(link, &call->media)
	{
		const struct call_media *media = container_of(link, struct call_media, link);
		unsigned before = ret->streams;
		for (unsigned i = 0; i < PV_SDP_MEDIA_MAX; i++)
			ret->streams += media->streams[i] != NULL;
		ret->branches += ret->streams > before;
	}
}

static void summarize(const struct calls *calls, const struct call *call, struct call_summary *ret)
{
	uint64_t now_ms = calls->at.worker->now_ms;
	struct pv_writer w;
	*ret = (struct call_summary){.owner = call->owner->name,
		.state = call->state,
		.missing = call_missing(call),
		.can_hang_up = call->owner->can_hang_up || call->state == CALL_SETUP,
		.status = call->status,
		.age_ms = now_ms - call->began_ms,
		.up_ms = call->up_ms ? now_ms - call->up_ms : 0};
	pv_writer_init(&w, ret->name, sizeof(ret->name) - 1);
	call_name_write(calls, call, &w);
	copy_text(call->call_id, &ret->call_id);
	copy_text(call->caller, &ret->caller);
	copy_text(call->callee, &ret->callee);
	count_streams(call, ret);
}

static void run_list(struct question *question)
{
	struct query *query = container_of(question, struct query, question);
	struct slab *slab = &query->calls->calls;
	query->count = 0;
	for (; query->cursor < slab->touched && query->count < BATCH_CALLS; query->cursor++) {
		const struct call *call = slab_at(slab, query->cursor);
		if (slab_is_taken(call) && call->state != CALL_ENDED)
			summarize(query->calls, call, &query->calls_found[query->count++]);
	}
	query->is_more = query->cursor < slab->touched;
}

static void show_place(const struct call_place *place, char ret[NET_ADDRESS_TEXT])
{
	memcpy(ret, place->text, place->length);
	ret[place->length < NET_ADDRESS_TEXT ? place->length : NET_ADDRESS_TEXT - 1] = 0;
}

static void show_codecs(const struct call_stream *stream, struct call_stream_summary *ret)
{
	for (unsigned side = 0; side < MEDIA_ENDS; side++) {
		const struct media_coding *coding = &stream->said.ends[side].coding;
		if (media_coding_is_transcoded(coding))
			ret->codecs[side] = codec_row((enum codec_id)coding->codec)->name;
	}
}

/* NULL: it has no such number. */
static const char *encoding_of(const struct stream_end *end, uint8_t payload_type)
{
	for (unsigned i = 0; i < end->name_count; i++)
		if (end->names[i].payload_type == payload_type)
			return end->names[i].text;
	return NULL;
}

/* By the numbers that the other side listed (RFC 3264 §6.1), or else by its own. */
static void show_sent(const struct calls *calls, const struct call_stream *stream,
	struct call_stream_summary *ret)
{
	struct media_report report;
	if (media_read_report(calls->at.media, stream->lease.session, &report) < 0)
		return;
	for (unsigned side = 0; side < MEDIA_ENDS; side++) {
		uint8_t type = report.ends[side].payload_type;
		const char *name = encoding_of(&stream->ends[1 - side], type);
		if (!name)
			name = encoding_of(&stream->ends[side], type);
		if (name && report.ends[side].packets)
			memcpy(ret->sends[side], name, STREAM_NAME_MAX);
	}
}

static void show_streams(const struct calls *calls, const struct call_media *media, unsigned branch,
	struct call_details *ret)
{
	static const char *const watches[] = {"early", "talk", "held"};
	for (unsigned i = 0; i < PV_SDP_MEDIA_MAX; i++) {
		const struct call_stream *stream = media->streams[i];
		if (!stream || ret->stream_count == CALL_STREAMS_SHOWN)
			continue;
		struct call_stream_summary *shown = &ret->streams[ret->stream_count++];
		*shown = (struct call_stream_summary){.branch = branch,
			.is_up = media->is_up,
			.kind = stream_kind(stream->kind),
			.watch = watches[stream->said.watch],
			.lease = stream->lease};
		show_codecs(stream, shown);
		show_sent(calls, stream, shown);
		show_place(&media->places[CALL_CALLER], shown->shown[CALL_CALLER]);
		show_place(&media->places[CALL_CALLEE], shown->shown[CALL_CALLEE]);
	}
}

static void run_show(struct question *question)
{
	struct query *query = container_of(question, struct query, question);
	struct call *call = call_get(query->calls, query->handle);
	unsigned branch = 0;
	query->result = call ? 0 : -ENOENT;
	if (!call)
		return;
	query->details.stream_count = 0;
	summarize(query->calls, call, &query->details.summary);
	LIST_EACH(link, &call->media)
	show_streams(query->calls, container_of(link, struct call_media, link), branch++,
		&query->details);
}

static void run_hang_up(struct question *question)
{
	struct query *query = container_of(question, struct query, question);
	struct call *call = call_get(query->calls, query->handle);
	query->result = call ? 0 : -ENOENT;
	if (!call)
		return;
	query->says_bye = call->owner->can_hang_up || call->state == CALL_SETUP;
	call_ask_to_end(query->calls, call, CALL_HANGUP);
}

/* ---- on the main thread ---- */

static struct query *query_new(void (*run)(struct question *))
{
	return question_new(sizeof(struct query), run);
}

/* 0 or -ETIMEDOUT. */
static int ask(const struct call_tables *tables, unsigned worker, struct query *query)
{
	query->calls = tables->calls[worker];
	return question_ask(&query->question, &tables->workers->workers[worker]);
}

/* One batch; *cursor goes on, *ret_more says whether it must. */
static int list_some(const struct call_tables *tables, unsigned worker, uint32_t *cursor,
	bool *ret_more, void (*each)(void *, const struct call_summary *), void *context)
{
	struct query *query = query_new(run_list);
	if (!query)
		return -ENOMEM;
	query->cursor = *cursor;
	int error = ask(tables, worker, query);
	for (unsigned i = 0; !error && i < query->count; i++)
		each(context, &query->calls_found[i]);
	if (!error) {
		*cursor = query->cursor;
		*ret_more = query->is_more;
	}
	question_leave(&query->question);
	return error;
}

int call_query_list(const struct call_tables *tables,
	void (*each)(void *context, const struct call_summary *call), void *context)
{
	for (unsigned i = 0; i < tables->workers->count; i++) {
		uint32_t cursor = 0;
		bool is_more = true;
		while (is_more) {
			int error = list_some(tables, i, &cursor, &is_more, each, context);
			if (error)
				return error;
		}
	}
	return 0;
}

/* The query is left to the caller when 0 is returned. */
static int ask_about(const struct call_tables *tables, struct pv_span name,
	void (*run_it)(struct question *), struct query **ret)
{
	unsigned worker;
	uint64_t handle;
	if (!call_name_read(name, &worker, &handle))
		return -EINVAL;
	if (worker >= tables->workers->count)
		return -ENOENT;
	struct query *query = query_new(run_it);
	if (!query)
		return -ENOMEM;
	query->handle = handle;
	int error = ask(tables, worker, query);
	if (!error)
		error = query->result;
	if (error)
		question_leave(&query->question);
	else
		*ret = query;
	return error;
}

int call_query_show(const struct call_tables *tables, struct pv_span name, struct call_details *ret)
{
	struct query *query;
	int error = ask_about(tables, name, run_show, &query);
	if (error)
		return error;
	*ret = query->details;
	question_leave(&query->question);
	return 0;
}

int call_query_hang_up(const struct call_tables *tables, struct pv_span name, bool *ret_says_bye)
{
	struct query *query;
	int error = ask_about(tables, name, run_hang_up, &query);
	if (error)
		return error;
	*ret_says_bye = query->says_bye;
	question_leave(&query->question);
	return 0;
}
