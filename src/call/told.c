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

void calls_told(void *context, media_id session, uint64_t owner, uint32_t told)
{
	struct calls *calls = context;
	struct call_stream *stream = slab_get(&calls->streams, owner);
	struct call *call = stream ? call_get(calls, stream->call) : NULL;
	if (!call || !(told & (MEDIA_TOLD_SILENT | MEDIA_TOLD_AGAIN)))
		return;
	stream->is_silent = is_silent_now(calls, session, told);
	if (!stream->is_silent)
		return;
	/* while it rings there need be no media; the call's deadline and Timer C end that */
	if (call->state != CALL_UP || !all_silent(call))
		return;
	metrics_add(METRIC_calls_media_timeouts, 1);
	call_ask_to_end(calls, call, CALL_SILENT);
}

/* The record shows the first stream that was audio, or else the first. */
void call_keep_report(
	struct calls *calls, const struct call_stream *stream, const struct media_report *report)
{
	struct call *call = slab_get(&calls->calls, stream->call);
	if (!call || !stream->is_recorded || !report->session)
		return;
	struct call_record *record = &call->record;
	record->streams++;
	if (record->report.session == 0 || stream->kind == PV_SDP_AUDIO)
		record->report = *report;
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
