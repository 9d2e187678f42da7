/* SPDX-License-Identifier: Apache-2.0 */
/* media.c: all relay threads: made, started, stopped, and how they are. */
#include "media/media.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "media/place.h"
#include "media/relay.h"

/* A send takes some 2 to 5 us: a packet to so many takes a quarter of its 20 ms at most, and the
 * last of them hears it no later than that. */
#define GROUP_BUDGET_DEFAULT 1000

static int check(const struct media_config *config)
{
	if (!config->workers || config->workers->count == 0 || config->dscp > 63)
		return -EINVAL;
	if (config->local_count == 0 || config->local_count > MEDIA_LOCALS_MAX)
		return -EINVAL;
	for (unsigned i = 0; i < config->local_count; i++)
		if (media_address_is_none(&config->locals[i]))
			return -EINVAL;
	return stock_pairs_between(config->port_first, config->port_last) < 2 ? -EINVAL : 0;
}

static int init_workers(struct media *media, const struct media_config *config)
{
	uint32_t pairs = stock_pairs_between(config->port_first, config->port_last);
	uint32_t most = config->sessions_max ? config->sessions_max : pairs * config->local_count;
	media->workers = calloc(config->workers->count, sizeof(*media->workers));
	if (!media->workers)
		return -ENOMEM;
	media->worker_count = config->workers->count;
	for (unsigned i = 0; i < media->worker_count; i++) {
		media->workers[i].media = media;
		media->workers[i].worker = &config->workers->workers[i];
		int error = lease_pool_init(&media->workers[i].leases, i, most);
		if (error)
			return error;
	}
	return 0;
}

/* The tones of groups, made once for all threads. */
static int make_tones(struct media *media)
{
	struct codec_encoder *encoder = malloc(MAX(codec_encoder_size(), 1));
	media->tones = calloc(1, sizeof(*media->tones));
	int error = encoder && media->tones ? tones_make(media->tones, encoder) : -ENOMEM;
	free(encoder);
	return error;
}

static int init_relays(struct media *media, const struct media_config *config)
{
	int cores[MEDIA_THREADS_MAX];
	struct place_input place = {.worker_cores = config->worker_cores,
		.workers = config->workers->count,
		.threads = config->threads,
		.pin = config->pin,
		.pin_count = config->pin_count};
	if (sched_getaffinity(0, sizeof(place.allowed), &place.allowed) < 0)
		return -errno;
	/* each needs ports of its own */
	unsigned most = MIN(
		MEDIA_THREADS_MAX, stock_pairs_between(config->port_first, config->port_last) / 2);
	unsigned count = place_threads(&place, cores, most);
	size_t size = count * ROUND_UP(sizeof(struct relay), CACHE_LINE);
	media->relays = aligned_alloc(CACHE_LINE, size);
	if (!media->relays)
		return -ENOMEM;
	memset(media->relays, 0, size);
	for (unsigned i = 0; i < count; i++) {
		media->relays[i].core = cores[i];
		media->relay_count = i + 1;
		int error = relay_init(&media->relays[i], media, config, i, count);
		if (error)
			return error;
	}
	return 0;
}

static const char *why_no_copies(int error)
{
	switch (error) {
	case 0:
	case -ENOTCONN:
		return "";
	case -ENOSYS:
		return "not built";
	case -ENODATA:
		return "lo does not lead to the program, or does not leave checksums to its reader";
	case -EINVAL:
		return "the kernel does not take the program: it is older than 5.17";
	default:
		return strerror(-error);
	}
}

/* Where the kernel does not copy, all is sent by sendto. */
static int make_copiers(struct media *media, const struct media_config *config)
{
	if (!config->fastpath)
		return 0;
	int error = copiers_new(
		&media->copiers, config->fastpath, media->relay_count, config->copies_least);
	if (error)
		return error;
	for (unsigned i = 0; i < media->relay_count; i++)
		media->relays[i].copier = copiers_of(media->copiers, i);
	media_follow_fastpath(media);
	return 0;
}

int media_new(struct media **ret_media, const struct media_config *config)
{
	int error = check(config);
	if (error)
		return error;
	struct media *media = calloc(1, sizeof(*media));
	if (!media)
		return -ENOMEM;
	media->local_count = config->local_count;
	media->group_budget = config->group_budget ? config->group_budget : GROUP_BUDGET_DEFAULT;
	media_set_timeouts(media, config->timeout_ms, config->hold_timeout_ms);
	error = init_workers(media, config);
	if (!error)
		error = make_tones(media);
	if (!error)
		error = init_relays(media, config);
	if (!error)
		error = make_copiers(media, config);
	if (error) {
		media_free(media);
		return error;
	}
	*ret_media = media;
	return 0;
}

void media_free(struct media *media)
{
	if (!media)
		return;
	for (unsigned i = 0; i < media->relay_count; i++)
		relay_done(&media->relays[i]);
	for (unsigned i = 0; i < media->worker_count; i++)
		lease_pool_done(&media->workers[i].leases);
	copiers_free(media->copiers);
	free(media->tones);
	free(media->relays);
	free(media->workers);
	free(media);
}

int media_start(struct media *media)
{
	int error = 0;
	for (unsigned i = 0; i < media->relay_count && !error; i++)
		error = relay_start(&media->relays[i]);
	if (error)
		media_stop(media);
	return error;
}

void media_stop(struct media *media)
{
	for (unsigned i = 0; i < media->relay_count; i++)
		relay_stop(&media->relays[i]);
}

void media_set_recorder(struct media *media, struct recorder *recorder)
{
	media->recorder = recorder;
}

void media_set_timeouts(struct media *media, uint32_t timeout_ms, uint32_t hold_timeout_ms)
{
	atomic_store_explicit(&media->timeout_ms, timeout_ms, memory_order_relaxed);
	atomic_store_explicit(&media->hold_timeout_ms, hold_timeout_ms, memory_order_relaxed);
}

unsigned media_threads(const struct media *media)
{
	return media->relay_count;
}

const struct fastpath *media_fastpath(const struct media *media)
{
	return media->relays[0].fastpath;
}

static void say_no_copies(const struct media *media)
{
	int error = copiers_error(media->copiers);
	if (error && error != -ENOTCONN)
		log_event(LOG_LEVEL_NOTICE, "media_no_copies", "why=\"%s\"", why_no_copies(error));
}

void media_follow_fastpath(struct media *media)
{
	if (media->copiers && copiers_follow(media->copiers))
		say_no_copies(media);
}

void media_retry_copies(struct media *media, uint64_t now_ms)
{
	if (!media->copiers || !copiers_retry(media->copiers, now_ms))
		return;
	if (copiers_error(media->copiers))
		say_no_copies(media);
	else
		log_event_bare(LOG_LEVEL_NOTICE, "media_copies_after_all");
}

bool media_copies(const struct media *media, struct copier_counts *ret_counts, const char **ret_why)
{
	*ret_counts = (struct copier_counts){0};
	*ret_why = "";
	if (!media->copiers)
		return false;
	int error = copiers_error(media->copiers);
	copiers_count(media->copiers, ret_counts);
	*ret_why = why_no_copies(error);
	return !error;
}

static uint32_t load_u32(const _Atomic uint32_t *value)
{
	return atomic_load_explicit(value, memory_order_relaxed);
}

static uint64_t load_u64(const _Atomic uint64_t *value)
{
	return atomic_load_explicit(value, memory_order_relaxed);
}

void media_status(const struct media *media, unsigned thread, struct media_status *ret_status)
{
	const struct relay *relay = &media->relays[thread];
	const struct relay_shown *shown = &relay->shown;
	uint32_t bound = load_u32(&shown->bound), ready = load_u32(&shown->ready);
	uint32_t quarantined = load_u32(&shown->quarantined);
	/* they are read one after the other: the sum may be off by what happens meanwhile */
	uint32_t idle = MIN(ready + quarantined, bound);
	*ret_status = (struct media_status){
		.core = relay->core,
		.sessions = load_u32(&relay->load),
		.pairs_bound = bound,
		.pairs_used = bound - idle,
		.pairs_stock = ready,
		.pairs_quarantined = quarantined,
		.pairs_total = stock_total(&relay->stock),
		.packets = load_u64(&shown->packets),
		.forwarded = load_u64(&shown->forwarded),
		.dropped = load_u64(&shown->dropped),
		.wakes = load_u64(&shown->wakes),
	};
}

uint64_t media_files_needed(const struct media_config *config)
{
	uint64_t pairs = stock_pairs_between(config->port_first, config->port_last);
	/* two sockets a pair; epoll and the mailbox of each thread */
	return 2 * pairs * config->local_count + 2 * MEDIA_THREADS_MAX;
}

void media_run_once(struct media *media, unsigned thread, int wait_ms)
{
	relay_round(&media->relays[thread], wait_ms);
}
