/* SPDX-License-Identifier: Apache-2.0 */
/* writer.c: the thread that takes everything out of the rings and has it written. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/capability.h"
#include "base/log.h"
#include "base/metrics.h"
#include "record/private.h"

/* It lets packets gather so long after it was woken: it is not in a hurry, and wakes rarely. */
#define GATHER_MS   100
#define NICE        10
#define FOLDER_MODE 0750

/* ---- errors ---- */

/* A disk that is full is said once, and once that it is well again. */
static void tell(struct recorder *recorder, const struct spurt *spurt, int error)
{
	char name[SPURT_NAME_MAX + 8];
	if (!error && !recorder->is_failing)
		return;
	if (!error)
		log_event_bare(LOG_LEVEL_NOTICE, "record_works_again");
	else if (!recorder->is_failing)
		log_event(LOG_LEVEL_ERROR, "record_failed", "group=%s error=\"%s\"",
			log_quote(name, sizeof(name), spurt->sheet.group), strerror(-error));
	recorder->is_failing = error != 0;
}

static void failed(struct recorder *recorder, struct spurt *spurt, int error)
{
	spurt->has_failed = true;
	metrics_add(METRIC_record_failures, 1);
	tell(recorder, spurt, error);
}

/* ---- the folder ---- */

static int open_folder(const char *path)
{
	if (mkdir(path, FOLDER_MODE) < 0 && errno != EEXIST)
		return -errno;
	int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return folder < 0 ? -errno : folder;
}

/* A copy of what main may replace: main must never wait for the disk. False: no such group is
 * recorded any more. */
static bool find_group(
	struct recorder *recorder, uint64_t id, char name[RECORD_MEMBER_MAX], char folder[PATH_MAX])
{
	bool is_found = false;
	pthread_mutex_lock(&recorder->lock);
	for (unsigned i = 0; i < recorder->group_count && !is_found; i++) {
		const struct record_group *group = &recorder->groups[i];
		is_found = group->id == id;
		if (is_found) {
			snprintf(name, RECORD_MEMBER_MAX, "%s", group->name);
			snprintf(folder, PATH_MAX, "%s", group->folder);
		}
	}
	pthread_mutex_unlock(&recorder->lock);
	return is_found;
}

static bool begin_in_group(
	struct recorder *recorder, struct spurt *spurt, const struct record_entry *entry)
{
	char name[RECORD_MEMBER_MAX], path[PATH_MAX];
	struct record_begin begin = entry->begin;
	if (!find_group(recorder, begin.group, name, path))
		return false;
	int folder = open_folder(path);
	begin.member = entry->member;
	spurt_begin(spurt, MAX(folder, -1), pv_span_of(name), &begin, entry->wall_ms,
		recorder->config.format);
	if (folder < 0)
		failed(recorder, spurt, folder);
	return true;
}

/* ---- entries ---- */

static struct spurt *take_spurt(struct recorder *recorder)
{
	struct spurt *spurt = recorder->unused;
	if (!spurt)
		return spurt_new();
	recorder->unused = spurt->next;
	return spurt;
}

static void give_spurt(struct recorder *recorder, struct spurt *spurt)
{
	spurt->next = recorder->unused;
	recorder->unused = spurt;
}

static void take_begin(
	struct recorder *recorder, struct record_lane *lane, const struct record_entry *entry)
{
	struct spurt *spurt = take_spurt(recorder);
	if (!spurt) {
		metrics_add(METRIC_record_failures, 1);
		return;
	}
	if (!begin_in_group(recorder, spurt, entry)) {
		give_spurt(recorder, spurt);
		return;
	}
	lane->spurts[entry->slot] = spurt;
	metrics_add(METRIC_record_files, 1);
}

static void take_frame(
	struct recorder *recorder, struct record_lane *lane, const struct record_entry *entry)
{
	struct spurt *spurt = lane->spurts[entry->slot];
	struct record_frame frame = {.codec = entry->codec,
		.sequence = entry->sequence,
		.timestamp = entry->timestamp,
		.came_ms = entry->came_ms,
		.payload = entry->payload,
		.length = entry->length};
	metrics_add(METRIC_record_frames, 1);
	int error = spurt ? spurt_put(spurt, &frame) : 0;
	if (error)
		failed(recorder, spurt, error);
}

static void end_spurt(struct recorder *recorder, struct record_lane *lane, unsigned slot,
	const struct record_end *end, uint32_t dropped)
{
	struct spurt *spurt = lane->spurts[slot];
	if (!spurt)
		return;
	int error = spurt_flush(spurt);
	if (error)
		failed(recorder, spurt, error);
	bool was_failing = spurt->has_failed, has_file = spurt->file >= 0;
	error = spurt_end(spurt, end, dropped);
	if (error && !was_failing)
		failed(recorder, spurt, error);
	else if (has_file && !was_failing) {
		tell(recorder, spurt, 0);
		metrics_add(METRIC_record_spurts, 1);
	}
	metrics_sub(METRIC_record_files, 1);
	lane->spurts[slot] = NULL;
	give_spurt(recorder, spurt);
}

static void take_entry(
	struct recorder *recorder, struct record_lane *lane, const struct record_entry *entry)
{
	switch ((enum record_kind)entry->kind) {
	case RECORD_BEGIN:
		take_begin(recorder, lane, entry);
		break;
	case RECORD_FRAME:
		take_frame(recorder, lane, entry);
		break;
	case RECORD_END:
		end_spurt(recorder, lane, entry->slot, &entry->end, entry->dropped);
		break;
	}
}

void writer_drain(struct recorder *recorder)
{
	for (unsigned i = 0; i < recorder->config.threads; i++) {
		struct record_lane *lane = atomic_load(&recorder->lanes[i]);
		const struct record_entry *entry;
		while (lane && (entry = ring_peek(&lane->ring))) {
			take_entry(recorder, lane, entry);
			ring_release(&lane->ring);
		}
	}
}

void writer_end_all(struct recorder *recorder)
{
	static const struct record_end end = {.why = "stopped"};
	for (unsigned i = 0; i < recorder->config.threads; i++) {
		struct record_lane *lane = atomic_load(&recorder->lanes[i]);
		for (unsigned slot = 0; lane && slot < RECORD_SPURTS; slot++)
			end_spurt(recorder, lane, slot, &end, 0);
	}
}

/* ---- the thread ---- */

static void sleep_until_rung(struct recorder *recorder)
{
	struct pollfd bell = {.fd = recorder->bell, .events = POLLIN};
	uint64_t rung;
	atomic_exchange_explicit(&recorder->sleeps, true, memory_order_acq_rel);
	writer_drain(recorder); /* what came before we said so */
	while (poll(&bell, 1, -1) < 0 && errno == EINTR)
		continue;
	if (read(recorder->bell, &rung, sizeof(rung)) < 0)
		return;
	if (!atomic_load_explicit(&recorder->stops, memory_order_acquire))
		poll(&bell, 1, GATHER_MS);
}

void *writer_main(void *context)
{
	struct recorder *recorder = context;
	log_thread_attach("record");
	metrics_attach("record");
	capabilities_forget_network();
	setpriority(PRIO_PROCESS, 0, NICE); /* of this thread alone, in Linux */
	while (!atomic_load_explicit(&recorder->stops, memory_order_acquire)) {
		sleep_until_rung(recorder);
		writer_drain(recorder);
	}
	writer_drain(recorder);
	writer_end_all(recorder);
	metrics_detach();
	log_thread_detach();
	return NULL;
}
