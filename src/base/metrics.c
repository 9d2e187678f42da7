/* SPDX-License-Identifier: Apache-2.0 */
/* metrics.c: counters and gauges of each thread, added up by whoever asks. */
#include "base/metrics.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
#define METRIC(name, kind, unit, help) {#name, unit, help, METRIC_KIND_##kind},
#define HISTOGRAM(name, unit, help)
const struct metric_row metric_rows[METRIC_COUNT] = {
#include "base/metrics_list.h"
};
#undef METRIC
#undef HISTOGRAM

#define METRIC(name, kind, unit, help)
#define HISTOGRAM(name, unit, help) {#name, unit, help, METRIC_KIND_HISTOGRAM},
const struct metric_row histogram_rows[HISTOGRAM_COUNT] = {
#include "base/metrics_list.h"
};
#undef METRIC
#undef HISTOGRAM
/* clang-format on */

/* Threads that have not attached count here; those that detached left their counts here. */
static struct metrics common_block;

static pthread_mutex_t blocks_lock = PTHREAD_MUTEX_INITIALIZER;
static struct list blocks = {&blocks, &blocks}; /* under blocks_lock, in order of attaching */

_Thread_local struct metrics *metrics_here = &common_block;

int metrics_attach(const char *name)
{
	struct metrics *block = aligned_alloc(CACHE_LINE, sizeof(*block));
	if (!block)
		return -ENOMEM;
	memset(block, 0, sizeof(*block));
	snprintf(block->name, sizeof(block->name), "%s", name);
	metrics_detach();
	pthread_mutex_lock(&blocks_lock);
	list_push_tail(&blocks, &block->link);
	pthread_mutex_unlock(&blocks_lock);
	metrics_here = block;
	return 0;
}

/* Sums must not fall when a thread ends. Under blocks_lock. */
static void keep_counts(const struct metrics *block)
{
	for (unsigned id = 0; id < METRIC_COUNT; id++)
		atomic_fetch_add_explicit(&common_block.values[id],
			atomic_load_explicit(&block->values[id], memory_order_relaxed),
			memory_order_relaxed);
	for (unsigned id = 0; id < HISTOGRAM_COUNT; id++)
		histogram_merge(&common_block.histograms[id], &block->histograms[id]);
}

void metrics_detach(void)
{
	struct metrics *block = metrics_here;
	if (block == &common_block)
		return;
	metrics_here = &common_block;
	pthread_mutex_lock(&blocks_lock);
	list_remove(&block->link);
	keep_counts(block);
	pthread_mutex_unlock(&blocks_lock);
	free(block);
}

static uint64_t value_of(const struct metrics *block, enum metric_id id)
{
	return atomic_load_explicit(&block->values[id], memory_order_relaxed);
}

uint64_t metrics_sum(enum metric_id id)
{
	uint64_t sum;
	pthread_mutex_lock(&blocks_lock);
	sum = value_of(&common_block, id);
	LIST_EACH(link, &blocks)
	sum += value_of(container_of(link, struct metrics, link), id);
	pthread_mutex_unlock(&blocks_lock);
	return sum;
}

void metrics_histogram(enum histogram_id id, struct histogram *into)
{
	pthread_mutex_lock(&blocks_lock);
	histogram_merge(into, &common_block.histograms[id]);
	LIST_EACH(link, &blocks)
	histogram_merge(into, &container_of(link, struct metrics, link)->histograms[id]);
	pthread_mutex_unlock(&blocks_lock);
}

uint32_t metrics_thread_count(void)
{
	uint32_t count = 0;
	pthread_mutex_lock(&blocks_lock);
	LIST_EACH(link, &blocks)
	count++;
	pthread_mutex_unlock(&blocks_lock);
	return count;
}

/* The n-th block or NULL. Under blocks_lock. */
static const struct metrics *block_at(uint32_t thread)
{
	LIST_EACH(link, &blocks)
	if (thread-- == 0)
		return container_of(link, struct metrics, link);
	return NULL;
}

bool metrics_thread_name(uint32_t thread, char ret_name[16])
{
	const struct metrics *block;
	pthread_mutex_lock(&blocks_lock);
	block = block_at(thread);
	if (block)
		memcpy(ret_name, block->name, sizeof(block->name));
	pthread_mutex_unlock(&blocks_lock);
	return block != NULL;
}

bool metrics_thread_value(uint32_t thread, enum metric_id id, uint64_t *ret_value)
{
	const struct metrics *block;
	pthread_mutex_lock(&blocks_lock);
	block = block_at(thread);
	if (block)
		*ret_value = value_of(block, id);
	pthread_mutex_unlock(&blocks_lock);
	return block != NULL;
}
