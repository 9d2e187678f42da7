/* SPDX-License-Identifier: Apache-2.0 */
/* record.c: the one line that is left of a call. */
#include "base/log.h"
#include "call/private.h"

#define TEXT_MAX 112 /* of a URI or a Call-ID in the line */

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
	const struct {
		const char *key;
		uint64_t value;
		bool is_known;
	} rows[] = {
		{"packets", end->packets, true},
		{"lost", end->lost, true},
		{"reordered", end->reordered, true},
		{"jitter_ms", end->jitter_us / 1000, true},
		{"first_ms", end->first_ms, end->first_ms != UINT64_MAX},
		{"rtt_ms", end->round_trip_us / 1000, end->round_trip_us != 0},
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

void record_write(const struct calls *calls, const struct call *call)
{
	char id[CALL_NAME], call_id[TEXT_MAX], caller[TEXT_MAX], callee[TEXT_MAX], media[400];
	struct pv_writer w;
	if (!log_is_enabled(LOG_LEVEL_INFO))
		return;
	pv_writer_init(&w, id, sizeof(id) - 1);
	call_name_write(calls, call, &w);
	id[pv_writer_length(&w)] = 0;
	pv_writer_init(&w, media, sizeof(media) - 1);
	if (call->record.report.session) {
		put_end(&w, "caller", &call->record.report.ends[CALL_CALLER]);
		put_end(&w, "callee", &call->record.report.ends[CALL_CALLEE]);
	}
	media[pv_writer_length(&w)] = 0;
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
