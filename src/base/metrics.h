/* SPDX-License-Identifier: Apache-2.0 */
/* metrics.h: counters and gauges of each thread, added up by whoever asks. */
#ifndef BASE_METRICS_H
#define BASE_METRICS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/histogram.h"
#include "base/list.h"
#include "base/macros.h"

/*
 * Who may call what, when
 *
 *   metrics_attach, metrics_detach        each thread for itself, at its start and end
 *   metrics_add, _sub, _set, _record      any thread: it writes only its own block
 *   metrics_sum, metrics_thread_*,        any thread; takes a lock that only attach and detach
 *   metrics_histogram                     share, never the hot path
 *
 * A thread that has not attached counts into one common block; there, two adding at the very same
 * time may lose a count. What a thread has counted stays in the sums after it detached.
 */
enum metric_id {
#define METRIC(name, kind, unit, help) METRIC_##name,
#define HISTOGRAM(name, unit, help)
#include "base/metrics_list.h"
#undef METRIC
#undef HISTOGRAM
	METRIC_COUNT
};

enum histogram_id {
#define METRIC(name, kind, unit, help)
#define HISTOGRAM(name, unit, help) HISTOGRAM_##name,
#include "base/metrics_list.h"
#undef METRIC
#undef HISTOGRAM
	HISTOGRAM_COUNT
};

enum metric_kind { METRIC_KIND_COUNTER, METRIC_KIND_GAUGE, METRIC_KIND_HISTOGRAM };

struct metric_row {
	const char *name;
	const char *unit;
	const char *help;
	enum metric_kind kind;
};

extern const struct metric_row metric_rows[METRIC_COUNT];
extern const struct metric_row histogram_rows[HISTOGRAM_COUNT];

/* Writer: its thread. Readers: any. Relaxed atomics with one writer: an add is a plain add. */
struct metrics {
	_Alignas(CACHE_LINE) _Atomic uint64_t values[METRIC_COUNT];
	struct histogram histograms[HISTOGRAM_COUNT];
	struct list link; /* in the list of blocks, under its lock */
	char name[16];
};

extern _Thread_local struct metrics *metrics_here INITIAL_EXEC;

/* The block of this thread; `name` (cut at 15 bytes) labels it. 0 or -ENOMEM. */
int metrics_attach(const char *name);
void metrics_detach(void);

static inline void metrics_add(enum metric_id id, uint64_t count)
{
	_Atomic uint64_t *value = &metrics_here->values[id];
	atomic_store_explicit(value, atomic_load_explicit(value, memory_order_relaxed) + count,
		memory_order_relaxed);
}

static inline void metrics_sub(enum metric_id id, uint64_t count)
{
	metrics_add(id, (uint64_t)0 - count);
}

/* This thread's part of a gauge. */
static inline void metrics_set(enum metric_id id, uint64_t value)
{
	atomic_store_explicit(&metrics_here->values[id], value, memory_order_relaxed);
}

static inline void metrics_record(enum histogram_id id, uint64_t value)
{
	histogram_record(&metrics_here->histograms[id], value);
}

/* Over all threads, also those that are gone. Gauges are sums of signed parts: cast to int64_t. */
uint64_t metrics_sum(enum metric_id id);

/* One attached thread: how many there are, the name of the n-th, its value; false: no such one. */
uint32_t metrics_thread_count(void);
bool metrics_thread_name(uint32_t thread, char ret_name[16]);
bool metrics_thread_value(uint32_t thread, enum metric_id id, uint64_t *ret_value);

/* Adds the histograms of all threads to *into, which the caller has initialised. */
void metrics_histogram(enum histogram_id id, struct histogram *into);

#endif
