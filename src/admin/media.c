/* SPDX-License-Identifier: Apache-2.0 */
/* media.c — the relay threads: where they run, what they hold, what they have dropped and why. */
#include <string.h>

#include "admin/commands.h"
#include "base/metrics.h"
#include "media/fastpath/fastpath.h"
#include "media/media.h"

static void put_thread(struct json *json, const struct media *media, unsigned index)
{
	struct media_status status;
	media_status(media, index, &status);
	json_object(json, NULL);
	json_number(json, "thread", index);
	if (status.core >= 0)
		json_number(json, "core", (uint64_t)status.core);
	json_number(json, "sessions", status.sessions);
	json_number(json, "ports_used", 2 * (uint64_t)status.pairs_used);
	json_number(json, "ports_ready", 2 * (uint64_t)status.pairs_stock);
	json_number(json, "ports_resting", 2 * (uint64_t)status.pairs_quarantined);
	json_number(json, "ports_total", 2 * (uint64_t)status.pairs_total);
	json_number(json, "packets", status.packets);
	json_number(json, "forwarded", status.forwarded);
	json_number(json, "dropped", status.dropped);
	json_number(json, "wakes", status.wakes);
	json_object_end(json);
}

/* Named as the metrics are, without what they have in common. */
static void put_drops(struct json *json)
{
	const char *prefix = "media_dropped_";
	json_object(json, "drops");
	for (int id = METRIC_media_dropped_third; id <= METRIC_media_send_errors; id++) {
		const char *name = metric_rows[id].name;
		if (strncmp(name, prefix, strlen(prefix)) == 0)
			name += strlen(prefix);
		json_number(json, name, metrics_sum((enum metric_id)id));
	}
	json_object_end(json);
}

/* Which way media take. */
static void put_path(struct json *json, const struct fastpath *fastpath)
{
	struct fastpath_status status = {.state = FASTPATH_OFF};
	if (fastpath)
		fastpath_read_status(fastpath, &status);
	json_text(json, "fastpath", fastpath_state_words[status.state]);
}

void command_media(struct admin_call *call)
{
	const struct media *media = call->host->media;
	struct json *json = &call->json;
	if (!media) {
		call_fail(call, "nothing is relayed: media.relay is \"never\"");
		return;
	}
	json_object(json, NULL);
	json_text(json, "io", "epoll, recvfrom and sendto");
	put_path(json, media_fastpath(media));
	json_number(json, "sessions", metrics_sum(METRIC_media_sessions));
	json_number(json, "refused_without_ports", metrics_sum(METRIC_media_ports_exhausted));
	json_number(json, "timeouts", metrics_sum(METRIC_media_timeouts));
	json_array(json, "threads");
	for (unsigned i = 0; i < media_threads(media); i++)
		put_thread(json, media, i);
	json_array_end(json);
	put_drops(json);
	json_object_end(json);
}

void count_fastpath(const struct admin_host *host)
{
	const struct fastpath *fastpath = host->media ? media_fastpath(host->media) : NULL;
	struct fastpath_status status;
	struct copier_counts copies;
	const char *why;
	uint64_t missed = 0;
	if (!fastpath)
		return;
	fastpath_read_status(fastpath, &status);
	/* the last row is of packets that were dropped there, and is in media_dropped_rate */
	for (unsigned row = FASTPATH_HIT + 1; row < FASTPATH_MISS_RATE; row++)
		missed += status.rows[row];
	metrics_set(METRIC_media_fastpath_missed, missed);
	media_copies(host->media, &copies, &why);
	metrics_set(METRIC_media_fastpath_copied, copies.copies);
	metrics_set(METRIC_media_fastpath_copies_lost, copies.lost);
}

/* To listeners of groups. */
static void put_copies(struct json *json, const struct media *media)
{
	struct copier_counts counts;
	const char *why;
	bool works = media_copies(media, &counts, &why);
	json_object(json, "copying");
	json_text(json, "state", works ? "active" : *why ? "unavailable" : "off");
	json_text(json, "why", why);
	json_number(json, "triggers", counts.triggers);
	json_number(json, "copies", counts.copies);
	json_number(json, "refused", counts.refused);
	json_number(json, "lost", counts.lost);
	json_object_end(json);
}

void command_media_fastpath(struct admin_call *call)
{
	const struct media *media = call->host->media;
	const struct fastpath *fastpath = media ? media_fastpath(media) : NULL;
	struct json *json = &call->json;
	struct fastpath_status status;
	if (!fastpath) {
		call_fail(call, "nothing is relayed: media.relay is \"never\"");
		return;
	}
	fastpath_read_status(fastpath, &status);
	json_object(json, NULL);
	json_text(json, "state", fastpath_state_words[status.state]);
	json_text(json, "why", status.why);
	json_array(json, "interfaces");
	for (unsigned i = 0; i < status.interface_count; i++)
		json_text(json, NULL, status.interfaces[i]);
	json_array_end(json);
	if (status.refusal_count) {
		json_object(json, "without");
		for (unsigned i = 0; i < status.refusal_count; i++)
			json_text(json, status.refusals[i].name,
				fastpath_refusal_word(status.refusals[i].error));
		json_object_end(json);
	}
	json_number(json, "entries", status.entries);
	json_number(json, "sessions", metrics_sum(METRIC_media_fastpath_sessions));
	json_number(json, "hits", status.rows[FASTPATH_HIT]);
	json_object(json, "misses");
	for (unsigned row = FASTPATH_HIT + 1; row < FASTPATH_ROW_COUNT; row++)
		json_number(json, fastpath_row_words[row], status.rows[row]);
	json_object_end(json);
	put_copies(json, media);
	json_object_end(json);
}
