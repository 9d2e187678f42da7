/* SPDX-License-Identifier: Apache-2.0 */
/* record.c: what is logged of a call: the line that is left of it, and that a side is missing. */
#include "base/log.h"
#include "call/private.h"

#define TEXT_MAX  96  /* of a URI or a Call-ID in the line */
#define MEDIA_MAX 480 /* of what both ends of a stream were like */

static void put_score(struct pv_writer *w, const char *who, uint16_t score)
{
	if (!score)
		return;
	pv_put_char(w, ' ');
	pv_put_text(w, who);
	pv_put_text(w, "_mos=");
	pv_put_u64(w, score / 100);
	pv_put_char(w, '.');
	pv_put_u64(w, score / 10 % 10);
	pv_put_u64(w, score % 10);
}

static void put_end(struct pv_writer *w, const char *who, const struct media_end_report *end)
{
	bool is_counted = !media_end_is_mixed(end);
	const struct {
		const char *key;
		uint64_t value;
		bool is_known;
	} rows[] = {
		{"packets", end->packets, true},
		{"lost", end->lost, is_counted},
		{"reordered", end->reordered, true},
		{"jitter_ms", end->jitter_us / 1000, is_counted},
		{"first_ms", end->first_ms, end->first_ms != UINT64_MAX},
		{"rtt_ms", end->round_trip_us / 1000, end->round_trip_us != 0},
		{"bytes", end->bytes, true},
		{"far_end_lost", (uint64_t)MAX(end->remote_lost, 0), end->has_remote},
	};
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		if (!rows[i].is_known)
			continue;
		pv_put_char(w, ' ');
		pv_put_text(w, who);
		pv_put_char(w, '_');
		pv_put_text(w, rows[i].key);
		pv_put_char(w, '=');
		pv_put_u64(w, rows[i].value);
	}
	put_score(w, who, end->score_from);
}

static void put_media(const struct media_report *report, char ret[MEDIA_MAX])
{
	struct pv_writer w;
	pv_writer_init(&w, ret, MEDIA_MAX - 1);
	if (report->session) {
		put_end(&w, "caller", &report->ends[CALL_CALLER]);
		put_end(&w, "callee", &report->ends[CALL_CALLEE]);
	}
	ret[pv_writer_length(&w)] = 0;
}

static void name_of(const struct calls *calls, const struct call *call, char ret[CALL_NAME])
{
	struct pv_writer w;
	pv_writer_init(&w, ret, CALL_NAME - 1);
	call_name_write(calls, call, &w);
	ret[pv_writer_length(&w)] = 0;
}

const char *call_missing(const struct call *call)
{
	static const char *const sides[] = {NULL, "caller", "callee", NULL};
	return sides[call->missing & 3];
}

void record_one_way(const struct calls *calls, const struct call *call)
{
	char id[CALL_NAME], call_id[TEXT_MAX], caller[TEXT_MAX], callee[TEXT_MAX];
	if (!log_is_enabled(LOG_LEVEL_INFO))
		return;
	name_of(calls, call, id);
	log_event(LOG_LEVEL_INFO, "one_way", "call=%s call_id=%s caller=%s callee=%s missing=%s",
		id, log_quote(call_id, sizeof(call_id), call->call_id),
		log_quote(caller, sizeof(caller), call->caller),
		log_quote(callee, sizeof(callee), call->callee), call_missing(call));
}

void record_stream(const struct calls *calls, const struct call *call, const char *kind,
	const struct media_report *report)
{
	char id[CALL_NAME], media[MEDIA_MAX];
	if (!log_is_enabled(LOG_LEVEL_INFO))
		return;
	name_of(calls, call, id);
	put_media(report, media);
	log_event(LOG_LEVEL_INFO, "call_stream", "call=%s kind=%s%s", id, kind, media);
}

void record_write(const struct calls *calls, const struct call *call)
{
	char id[CALL_NAME], call_id[TEXT_MAX], caller[TEXT_MAX], callee[TEXT_MAX], media[MEDIA_MAX];
	if (!log_is_enabled(LOG_LEVEL_INFO))
		return;
	name_of(calls, call, id);
	put_media(&call->record.report, media);
	uint64_t answered = call->up_ms ? call->up_ms : call->ended_ms;
	log_event(LOG_LEVEL_INFO, "call_ended",
		"call=%s call_id=%s caller=%s callee=%s why=%.*s status=%u setup_ms=%llu "
		"duration_ms=%llu streams=%u%s",
		id, log_quote(call_id, sizeof(call_id), call->call_id),
		log_quote(caller, sizeof(caller), call->caller),
		log_quote(callee, sizeof(callee), call->callee),
		PV_SPAN_PRINT(call_why_name((enum call_why)call->why)), call->status,
		(unsigned long long)(answered - call->began_ms),
		(unsigned long long)(call->ended_ms - answered), call->record.streams, media);
}
