/* SPDX-License-Identifier: Apache-2.0 */
/* calls.c — calls in progress: all of them, one with how its media are, the end of one. */
#include <errno.h>

#include "admin/commands.h"
#include "call/query.h"
#include "media/latch.h"

static const char *const states[] = {"setup", "up", "ended"};

static struct pv_span span_of(const struct call_text *text)
{
	return (struct pv_span){text->bytes, text->length};
}

static bool fail(struct admin_call *call, int error)
{
	if (error == -EINVAL || error == -ENOENT)
		call_fail(call, "no call %s; `call list` shows those in progress", call->argument);
	else
		call_fail(call, "the calls cannot be asked: %s",
			error == -ETIMEDOUT ? "a worker does not answer" : "no memory");
	return false;
}

static bool has_calls(struct admin_call *call)
{
	if (call->host->calls.calls)
		return true;
	call_fail(call, "calls are not watched");
	return false;
}

static void put_summary(struct json *json, const struct call_summary *one)
{
	json_text(json, "id", one->name);
	json_span(json, "caller", span_of(&one->caller));
	json_span(json, "callee", span_of(&one->callee));
	json_text(json, "state", states[one->state]);
	json_number(json, "seconds", (one->up_ms ? one->up_ms : one->age_ms) / 1000);
	json_text(json, "mode", one->owner);
	json_number(json, "streams", one->streams);
	if (one->missing)
		json_text(json, "one_way_missing", one->missing);
	json_span(json, "call_id", span_of(&one->call_id));
}

static void put_row(void *context, const struct call_summary *one)
{
	struct json *json = context;
	json_object(json, NULL);
	put_summary(json, one);
	json_object_end(json);
}

/* The text of an answer that fails half way would be two documents: it is asked first. */
void command_call_list(struct admin_call *call)
{
	if (!has_calls(call))
		return;
	json_object(&call->json, NULL);
	json_array(&call->json, "calls");
	int error = call_query_list(&call->host->calls, put_row, &call->json);
	json_array_end(&call->json);
	if (error)
		json_text(&call->json, "error", "a worker does not answer: not all are shown");
	json_object_end(&call->json);
}

static void put_address(struct json *json, const char *name, const struct media_address *address)
{
	char text[NET_ADDRESS_TEXT];
	struct pv_writer w;
	pv_writer_init(&w, text, sizeof text);
	media_address_write(address, &w);
	json_span(json, name, pv_writer_span(&w));
}

static void put_score(struct json *json, const char *name, uint16_t score)
{
	if (score)
		json_fraction(json, name, score / 100.0);
}

static void put_quality(struct json *json, const struct media_end_report *end)
{
	bool is_mixed = media_end_is_mixed(end);
	json_text(json, "latch",
		end->latch < LATCH_STATE_COUNT ? latch_state_names[end->latch] : "?");
	put_address(json, "source", &end->source);
	put_address(json, "target", &end->target);
	json_number(json, "packets", end->packets);
	json_number(json, "bytes", end->bytes);
	json_number(json, "sent", end->sent);
	if (is_mixed)
		json_text(json, "sources", "several by turns, loss is not known");
	else
		json_number(json, "lost", end->lost);
	json_number(json, "reordered", end->reordered);
	json_number(json, "duplicates", end->duplicates);
	json_number(json, "restarts", end->restarts);
	json_number(json, "strangers", end->dropped_third);
	if (!is_mixed)
		json_fraction(json, "jitter_ms", end->jitter_us / 1000.0);
	if (end->first_ms != UINT64_MAX)
		json_number(json, "first_packet_ms", end->first_ms);
	if (end->round_trip_us)
		json_fraction(json, "round_trip_ms", end->round_trip_us / 1000.0);
	if (end->has_remote)
		json_signed(json, "far_end_lost", end->remote_lost);
	put_score(json, "mos", end->score_from);
	put_score(json, "far_end_mos", end->score_to);
}

static void put_leg(struct json *json, const struct call_stream_summary *stream, unsigned side,
	const struct media_report *report)
{
	static const char *const sides[] = {"caller", "callee"};
	char shown[NET_ADDRESS_TEXT + 8];
	snprintf(shown, sizeof shown, "%s port %u", stream->shown[side], stream->lease.port[side]);
	json_object(json, sides[side]);
	json_text(json, "ours", shown);
	if (stream->sends[side][0])
		json_text(json, "codec", stream->sends[side]);
	if (stream->codecs[side].length)
		json_span(json, "transcoded_as", stream->codecs[side]);
	if (report)
		put_quality(json, &report->ends[side]);
	json_object_end(json);
}

static void put_stream(
	struct admin_call *call, const struct call_stream_summary *stream, unsigned index)
{
	struct json *json = &call->json;
	struct media_report report;
	char name[24];
	bool has_report = media_read_report(call->host->media, stream->lease.session, &report) == 0;
	snprintf(name, sizeof name, "stream_%u", index);
	json_object(json, name);
	json_text(json, "kind", stream->kind);
	json_number(json, "branch", stream->branch);
	json_text(json, "state", stream->watch);
	json_number(json, "relay_thread", stream->lease.thread);
	for (unsigned side = 0; side < MEDIA_ENDS; side++)
		put_leg(json, stream, side, has_report ? &report : NULL);
	json_object_end(json);
}

void command_call_show(struct admin_call *call)
{
	struct call_details details;
	if (!has_calls(call))
		return;
	int error = call_query_show(&call->host->calls, pv_span_of(call->argument), &details);
	if (error) {
		fail(call, error);
		return;
	}
	json_object(&call->json, NULL);
	put_summary(&call->json, &details.summary);
	for (unsigned i = 0; i < details.stream_count; i++)
		put_stream(call, &details.streams[i], i);
	json_object_end(&call->json);
}

void command_call_hangup(struct admin_call *call)
{
	bool says_bye;
	if (!has_calls(call))
		return;
	int error = call_query_hang_up(&call->host->calls, pv_span_of(call->argument), &says_bye);
	if (error) {
		fail(call, error);
		return;
	}
	json_object(&call->json, NULL);
	json_text(&call->json, "text",
		says_bye ? "the call is ended"
			 : "its media are released; a proxy cannot send BYE for others, so the "
			   "phones "
			   "notice by themselves (calls.mode = \"b2bua\" can)");
	json_object_end(&call->json);
}
