/* SPDX-License-Identifier: Apache-2.0 */
/* histogram.h: how often which latency occurred, to about six per cent of the value. */
#ifndef BASE_HISTOGRAM_H
#define BASE_HISTOGRAM_H

#include <stdatomic.h>
#include <stdint.h>

/* Exact below 16; above, each power of two has 16 equal steps; the last bucket takes the rest. */
#define HISTOGRAM_STEP_BITS 4
#define HISTOGRAM_STEPS     16
#define HISTOGRAM_POWERS    37 /* up to 2^40 ns, 18 minutes */
#define HISTOGRAM_BUCKETS   (HISTOGRAM_STEPS * HISTOGRAM_POWERS)

/*
 * Who may call what, when
 *
 *   histogram_record                       its one writer
 *   histogram_merge (as `from`),
 *   histogram_percentile, _count, _mean    any thread; a moment's blur between fields is possible
 *
 * Zeroed memory is an empty histogram.
 */
struct histogram {
	_Atomic uint64_t sum;
	_Atomic uint64_t largest;
	_Atomic uint32_t counts[HISTOGRAM_BUCKETS];
};

void histogram_init(struct histogram *histogram);
void histogram_record(struct histogram *histogram, uint64_t value);

/* Adds what `from` counted to `into`, whose writer is the caller. */
void histogram_merge(struct histogram *into, const struct histogram *from);

uint64_t histogram_count(const struct histogram *histogram);
uint64_t histogram_mean(const struct histogram *histogram);

/* The value that `percent` (0 to 100) of the recorded ones do not exceed; 0 when empty. */
uint64_t histogram_percentile(const struct histogram *histogram, double percent);

/* For those who export it: the bucket of a value, and the largest value of a bucket. */
uint32_t histogram_bucket(uint64_t value);
uint64_t histogram_bucket_end(uint32_t bucket);

#endif
