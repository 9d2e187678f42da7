/* SPDX-License-Identifier: Apache-2.0 */
/* told.c: what the relay threads say of the sessions of a call: silence, and how it was in the end.
 */
#include "base/metrics.h"
#include "call/private.h"

/* A dialog that never was is silent for other reasons; its transactions end it. */
static bool is_silent(const struct call_media *media)
{
	unsigned count = 0;
	for (unsigned i = 0; i < PV_SDP_MEDIA_MAX; i++) {
		if (!media->streams[i])
			continue;
		if (!media->streams[i]->is_silent)
			return false;
		count++;
	}
	return count > 0;
}

static bool all_silent(const struct call *call)
{
	LIST_EACH(link, &call->media)
	if (!is_silent(container_of(link, struct call_media, link)))
		return false;
	return !list_is_empty(&call->media);
}

bool call_is_bare(const struct call *call)
{
	LIST_EACH(link, &call->media)
	{
		const struct call_media *media = container_of(link, struct call_media, link);
		if (media->relay == BRANCH_DIRECT || media->has_other)
			return false;
		for (unsigned i = 0; i < PV_SDP_MEDIA_MAX; i++)
			if (media->streams[i])
				return false;
	}
	return !list_is_empty(&call->media);
}

/* What was told is or-ed until it is looked at: when both have come the report has the last word.
 */
static bool is_silent_now(const struct calls *calls, media_id session, uint32_t told)
{
	struct media_report report;
	if ((told & MEDIA_TOLD_SILENT) && (told & MEDIA_TOLD_AGAIN))
		return media_read_report(calls->at.media, session, &report) == 0 &&
		       report.is_silent;
	return told & MEDIA_TOLD_SILENT;
}

/* A camera that is off is no phone that is gone: all streams that may talk miss that side. */
static bool is_missing(
	const struct calls *calls, const struct call_media *media, enum call_side side)
{
	struct media_report report;
	unsigned count = 0;
	for (unsigned i = 0; i < PV_SDP_MEDIA_MAX; i++) {
		const struct call_stream *stream = media->streams[i];
		if (!stream || stream->said.watch != MEDIA_WATCH_TALK)
			continue;
		if (media_read_report(calls->at.media, stream->lease.session, &report) < 0 ||
			!(report.missing & 1 << side))
			return false;
		count++;
	}
	return count > 0;
}

/* One side may be gone while the other one goes on talking, and nobody would notice. Whoever owns
 * its dialog can ask it; in any case it is said, once. */
static void look_who_is_missing(
	struct calls *calls, struct call *call, const struct call_media *media, uint32_t told)
{
	call->missing = 0;
	for (unsigned side = 0; side < MEDIA_ENDS; side++)
		if (is_missing(calls, media, (enum call_side)side))
			call->missing |= (uint8_t)(1 << side);
	if (call_missing(call) && !call->was_one_way) {
		call->was_one_way = true;
		metrics_add(METRIC_calls_one_way, 1);
		record_one_way(calls, call);
	}
	/* both: then it is silence that ends it */
	if (!call_missing(call))
		return;
	enum call_side side = call->missing & 1 << CALL_CALLER ? CALL_CALLER : CALL_CALLEE;
	if (told & MEDIA_TOLD_MISSING_0 << side && call->owner->missing)
		call->owner->missing(call->owner->context, call, side);
}

static void told_of_silence(struct calls *calls, struct call *call, struct call_stream *stream,
	media_id session, uint32_t told)
{
	stream->is_silent = is_silent_now(calls, session, told);
	/* while it rings there need be no media; the call's deadline and Timer C end that */
	if (!stream->is_silent || call->state != CALL_UP || !all_silent(call))
		return;
	metrics_add(METRIC_calls_media_timeouts, 1);
	call_ask_to_end(calls, call, CALL_SILENT);
}

void calls_told(void *context, media_id session, uint64_t owner, uint32_t told)
{
	struct calls *calls = context;
	struct call_stream *stream = slab_get(&calls->streams, owner);
	struct call *call = stream ? call_get(calls, stream->call) : NULL;
	const struct call_media *media = call ? call_media_get(calls, stream->branch) : NULL;
	if (media && media->is_up && !call->is_asked_to_end &&
		told & (MEDIA_TOLD_MISSING_0 | MEDIA_TOLD_MISSING_1 | MEDIA_TOLD_FOUND))
		look_who_is_missing(calls, call, media, told);
	/* the owner may have ended it */
	stream = slab_get(&calls->streams, owner);
	call = stream ? call_get(calls, stream->call) : NULL;
	if (call && told & (MEDIA_TOLD_SILENT | MEDIA_TOLD_AGAIN))
		told_of_silence(calls, call, stream, session, told);
}

/* The record shows the first stream that was audio, or else the first; each other one has a line of
 * its own. */
void call_keep_report(
	struct calls *calls, const struct call_stream *stream, const struct media_report *report)
{
	struct call *call = slab_get(&calls->calls, stream->call);
	if (!call || !stream->is_recorded || !report->session)
		return;
	struct call_record *record = &call->record;
	bool is_first = record->streams++ == 0;
	if (!is_first && (stream->kind != PV_SDP_AUDIO || record->kind == PV_SDP_AUDIO)) {
		record_stream(calls, call, stream_kind(stream->kind), report);
		return;
	}
	if (!is_first)
		record_stream(calls, call, stream_kind(record->kind), &record->report);
	record->report = *report;
	record->kind = stream->kind;
}

void calls_ended(void *context, media_id session, uint64_t owner, const struct media_report *report)
{
	struct calls *calls = context;
	struct call_stream *stream = slab_get(&calls->streams, owner);
	if (!stream)
		return;
	struct call *call = slab_get(&calls->calls, stream->call);
	call_keep_report(calls, stream, report);
	slab_give(&calls->streams, stream);
	if (!call)
		return;
	call->hold_backs--;
	if (call->state == CALL_ENDED)
		call_settle(calls, call);
}
