/* SPDX-License-Identifier: Apache-2.0 */
/* histogram.c: how often which latency occurred, to about six per cent of the value. */
#include "base/histogram.h"

#include "base/macros.h"

uint32_t histogram_bucket(uint64_t value)
{
	unsigned power;
	uint64_t bucket;
	if (value < HISTOGRAM_STEPS)
		return (uint32_t)value;
	power = 63 - (unsigned)__builtin_clzll(value);
	/* the four bits below the highest one are the step, the power chooses the group of 16 */
	bucket = (uint64_t)(power - HISTOGRAM_STEP_BITS + 1) * HISTOGRAM_STEPS +
		 ((value >> (power - HISTOGRAM_STEP_BITS)) & (HISTOGRAM_STEPS - 1));
	return (uint32_t)MIN(bucket, (uint64_t)HISTOGRAM_BUCKETS - 1);
}

uint64_t histogram_bucket_end(uint32_t bucket)
{
	uint32_t group = bucket / HISTOGRAM_STEPS;
	uint64_t step = bucket % HISTOGRAM_STEPS;
	if (group == 0)
		return step;
	return ((HISTOGRAM_STEPS + step + 1) << (group - 1)) - 1;
}

/* One writer: a load and a store are an add, and no reader needs the lock prefix. */
static void add64(_Atomic uint64_t *to, uint64_t count)
{
	uint64_t value = atomic_load_explicit(to, memory_order_relaxed);
	atomic_store_explicit(to, value + count, memory_order_relaxed);
}

static void add32(_Atomic uint32_t *to, uint32_t count)
{
	uint32_t value = atomic_load_explicit(to, memory_order_relaxed);
	atomic_store_explicit(to, value + count, memory_order_relaxed);
}

static void raise_to(_Atomic uint64_t *to, uint64_t value)
{
	if (value > atomic_load_explicit(to, memory_order_relaxed))
		atomic_store_explicit(to, value, memory_order_relaxed);
}

void histogram_init(struct histogram *histogram)
{
	atomic_init(&histogram->sum, 0);
	atomic_init(&histogram->largest, 0);
	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		atomic_init(&histogram->counts[i], 0);
}

void histogram_record(struct histogram *histogram, uint64_t value)
{
	add32(&histogram->counts[histogram_bucket(value)], 1);
	add64(&histogram->sum, value);
	raise_to(&histogram->largest, value);
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		add32(&into->counts[i],
			atomic_load_explicit(&from->counts[i], memory_order_relaxed));
	add64(&into->sum, atomic_load_explicit(&from->sum, memory_order_relaxed));
	raise_to(&into->largest, atomic_load_explicit(&from->largest, memory_order_relaxed));
}

uint64_t histogram_count(const struct histogram *histogram)
{
	uint64_t count = 0;
	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		count += atomic_load_explicit(&histogram->counts[i], memory_order_relaxed);
	return count;
}

uint64_t histogram_mean(const struct histogram *histogram)
{
	uint64_t count = histogram_count(histogram);
	uint64_t sum = atomic_load_explicit(&histogram->sum, memory_order_relaxed);
	return count ? sum / count : 0;
}

uint64_t histogram_percentile(const struct histogram *histogram, double percent)
{
	uint64_t largest = atomic_load_explicit(&histogram->largest, memory_order_relaxed);
	double wanted = percent / 100.0 * (double)histogram_count(histogram);
	uint64_t seen = 0;

	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		uint32_t count = atomic_load_explicit(&histogram->counts[i], memory_order_relaxed);
		seen += count;
		if (count && (double)seen >= wanted)
			return i == HISTOGRAM_BUCKETS - 1 ? largest
							  : MIN(histogram_bucket_end(i), largest);
	}
	return largest;
}
