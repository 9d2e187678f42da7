/* SPDX-License-Identifier: Apache-2.0 */
/* recorder.c: the relay threads' side of recording, and the recorder's beginning and end. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/metrics.h"
#include "record/private.h"

#define FRAMES_DEFAULT 1024

/* ---- on a relay thread ---- */

/* As the log does: an exchange on both sides, so that either we see the writer sleep and ring, or
 * it sees our entry before it sleeps. */
static void commit(struct recorder *recorder, struct record_lane *lane)
{
	uint64_t one = 1;
	ring_commit(&lane->ring);
	if (!atomic_exchange_explicit(&recorder->sleeps, false, memory_order_acq_rel))
		return;
	/* It cannot fail but for an overflow of 2^64, and then the writer is awake. */
	if (write(recorder->bell, &one, sizeof(one)) < 0)
		return;
}

static struct record_lane *lane_of(struct recorder *recorder, unsigned thread)
{
	if (!recorder || thread >= recorder->config.threads)
		return NULL;
	return atomic_load_explicit(&recorder->lanes[thread], memory_order_acquire);
}

static bool has_room(const struct record_lane *lane)
{
	return ring_length(&lane->ring) < lane->room;
}

static struct record_entry *reserve(struct record_lane *lane, enum record_kind kind, unsigned slot)
{
	struct record_entry *entry = ring_reserve(&lane->ring);
	if (entry) {
		entry->kind = (uint8_t)kind;
		entry->slot = (uint16_t)slot;
	}
	return entry;
}

static void copy_member(char to[RECORD_MEMBER_MAX], const char *member)
{
	size_t length = member ? strnlen(member, RECORD_MEMBER_MAX - 1) : 0;
	if (length)
		memcpy(to, member, length);
	to[length] = '\0';
}

record_id recorder_begin(
	struct recorder *recorder, unsigned thread, const struct record_begin *begin)
{
	struct record_lane *lane = lane_of(recorder, thread);
	if (!lane || !begin->group)
		return RECORD_NONE;
	struct record_entry *entry = NULL;
	if (lane->free_count > 0 && has_room(lane))
		entry = reserve(lane, RECORD_BEGIN, lane->free[lane->free_count - 1]);
	if (!entry) {
		metrics_add(METRIC_record_refused, 1);
		return RECORD_NONE;
	}
	unsigned slot = lane->free[--lane->free_count];
	lane->is_taken[slot] = true;
	lane->dropped[slot] = 0;
	entry->begin = *begin;
	entry->wall_ms = begin->began_ms ? begin->began_ms : clock_wall_ms(recorder->config.clock);
	copy_member(entry->member, begin->member);
	commit(recorder, lane);
	return slot + 1;
}

static bool is_taken(const struct record_lane *lane, record_id record)
{
	return lane && record != RECORD_NONE && record <= RECORD_SPURTS &&
	       lane->is_taken[record - 1];
}

void recorder_put(struct recorder *recorder, unsigned thread, record_id record,
	const struct record_frame *frame)
{
	struct record_lane *lane = lane_of(recorder, thread);
	if (!is_taken(lane, record))
		return;
	struct record_entry *entry = NULL;
	if (frame->length <= RECORD_PAYLOAD_MAX && has_room(lane))
		entry = reserve(lane, RECORD_FRAME, record - 1);
	if (!entry) {
		lane->dropped[record - 1]++;
		metrics_add(METRIC_record_frames_dropped, 1);
		return;
	}
	entry->codec = frame->codec;
	entry->timestamp = frame->timestamp;
	entry->came_ms = frame->came_ms;
	entry->sequence = frame->sequence;
	entry->length = (uint16_t)frame->length;
	if (frame->length)
		memcpy(entry->payload, frame->payload, frame->length);
	commit(recorder, lane);
}

/* There is room: as many places as spurts are kept for ends. */
void recorder_end(
	struct recorder *recorder, unsigned thread, record_id record, const struct record_end *end)
{
	struct record_lane *lane = lane_of(recorder, thread);
	if (!is_taken(lane, record))
		return;
	struct record_entry *entry = reserve(lane, RECORD_END, record - 1);
	if (!entry)
		return;
	entry->end = *end;
	entry->dropped = lane->dropped[record - 1];
	lane->is_taken[record - 1] = false;
	lane->free[lane->free_count++] = (uint16_t)(record - 1);
	commit(recorder, lane);
}

/* ---- on the main thread ---- */

static void lane_free(struct record_lane *lane)
{
	if (!lane)
		return;
	ring_done(&lane->ring);
	free(lane);
}

static struct record_lane *lane_new(uint32_t frames)
{
	struct record_lane *lane = aligned_alloc(CACHE_LINE, ROUND_UP(sizeof(*lane), CACHE_LINE));
	if (!lane)
		return NULL;
	memset(lane, 0, sizeof(*lane));
	if (ring_init(&lane->ring, sizeof(struct record_entry), frames + RECORD_SPURTS) < 0) {
		free(lane);
		return NULL;
	}
	lane->room = lane->ring.mask + 1 - RECORD_SPURTS;
	lane->free_count = RECORD_SPURTS;
	for (unsigned i = 0; i < RECORD_SPURTS; i++)
		lane->free[i] = (uint16_t)(RECORD_SPURTS - 1 - i);
	return lane;
}

int recorder_new(struct recorder **ret, const struct recorder_config *config)
{
	struct recorder *recorder = calloc(1, sizeof(*recorder));
	if (!recorder)
		return -ENOMEM;
	recorder->lanes = calloc(MAX(config->threads, 1), sizeof(recorder->lanes[0]));
	if (!recorder->lanes) {
		free(recorder);
		return -ENOMEM;
	}
	recorder->config = *config;
	if (!recorder->config.clock)
		recorder->config.clock = clock_monotonic();
	if (!recorder->config.frames)
		recorder->config.frames = FRAMES_DEFAULT;
	recorder->bell = -1;
	pthread_mutex_init(&recorder->lock, NULL);
	*ret = recorder;
	return 0;
}

/* Signals belong to the main thread. */
static int start_thread(struct recorder *recorder)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = -pthread_create(&recorder->thread, NULL, writer_main, recorder);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	recorder->has_thread = error == 0;
	return error;
}

/* The rings first, then the writer, then the relay threads may see them. */
static int start(struct recorder *recorder)
{
	struct record_lane *lanes[RECORD_THREADS_MAX] = {0};
	unsigned made = 0, count = recorder->config.threads;
	int error = count <= RECORD_THREADS_MAX ? 0 : -ENOMEM;
	while (!error && made < count) {
		lanes[made] = lane_new(recorder->config.frames);
		error = lanes[made++] ? 0 : -ENOMEM;
	}
	if (!error) {
		recorder->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		error = recorder->bell < 0 ? -EAGAIN : 0;
	}
	if (!error && !recorder->config.has_no_thread)
		error = start_thread(recorder) ? -EAGAIN : 0;
	for (unsigned i = 0; i < made; i++)
		if (error)
			lane_free(lanes[i]);
		else
			atomic_store_explicit(&recorder->lanes[i], lanes[i], memory_order_release);
	if (error && recorder->bell >= 0) {
		close(recorder->bell);
		recorder->bell = -1;
	}
	return error;
}

static void groups_free(struct record_group *groups, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		free(groups[i].name);
		free(groups[i].folder);
	}
	free(groups);
}

static int groups_new(const struct recorder_group *from, unsigned count, struct record_group **ret)
{
	struct record_group *groups = calloc(MAX(count, 1), sizeof(*groups));
	int error = groups ? 0 : -ENOMEM;
	for (unsigned i = 0; i < count && !error; i++) {
		groups[i].id = from[i].id;
		groups[i].name = strndup(from[i].name.at, from[i].name.length);
		groups[i].folder = strdup(from[i].folder);
		error = groups[i].name && groups[i].folder ? 0 : -ENOMEM;
	}
	if (error && groups)
		groups_free(groups, count);
	else if (!error)
		*ret = groups;
	return error;
}

int recorder_configure(
	struct recorder *recorder, const struct recorder_group *groups, unsigned count)
{
	struct record_group *copies = NULL;
	int error = groups_new(groups, count, &copies);
	if (!error && count > 0 && recorder->bell < 0)
		error = start(recorder);
	if (error) {
		if (copies)
			groups_free(copies, count);
		return error;
	}
	pthread_mutex_lock(&recorder->lock);
	struct record_group *old = recorder->groups;
	unsigned old_count = recorder->group_count;
	recorder->groups = copies;
	recorder->group_count = count;
	pthread_mutex_unlock(&recorder->lock);
	groups_free(old, old_count);
	return 0;
}

static void stop(struct recorder *recorder)
{
	uint64_t one = 1;
	atomic_store_explicit(&recorder->stops, true, memory_order_release);
	if (recorder->has_thread) {
		/* The counter cannot overflow. */
		if (write(recorder->bell, &one, sizeof(one)) == sizeof(one))
			pthread_join(recorder->thread, NULL);
	} else {
		writer_drain(recorder);
		writer_end_all(recorder);
	}
}

void recorder_free(struct recorder *recorder)
{
	if (!recorder)
		return;
	stop(recorder);
	if (recorder->bell >= 0)
		close(recorder->bell);
	for (unsigned i = 0; i < recorder->config.threads; i++)
		lane_free(atomic_load(&recorder->lanes[i]));
	for (struct spurt *spurt = recorder->unused, *next; spurt; spurt = next) {
		next = spurt->next;
		spurt_free(spurt);
	}
	groups_free(recorder->groups, recorder->group_count);
	pthread_mutex_destroy(&recorder->lock);
	free(recorder->lanes);
	free(recorder);
}
