/* SPDX-License-Identifier: Apache-2.0 */
/* token_bucket.c: a rate with a burst, in whole nanoseconds. */
#include "base/token_bucket.h"

#include "base/macros.h"

#define NS_PER_S 1000000000u

void token_bucket_init(struct token_bucket *bucket, uint32_t rate, uint32_t burst)
{
	bucket->interval_ns = rate ? MAX(NS_PER_S / rate, 1u) : 0;
	bucket->burst_ns = bucket->interval_ns * MAX(burst, 1u);
	bucket->full_at_ns = 0;
}

/* When the bucket would be full again if `cost` tokens were taken now. */
static uint64_t full_at_after(const struct token_bucket *bucket, uint64_t now_ns, uint32_t cost)
{
	return MAX(bucket->full_at_ns, now_ns) + bucket->interval_ns * cost;
}

bool token_bucket_take(struct token_bucket *bucket, uint64_t now_ns, uint32_t cost)
{
	uint64_t full_at_ns = full_at_after(bucket, now_ns, cost);
	if (full_at_ns - now_ns > bucket->burst_ns)
		return false;
	bucket->full_at_ns = full_at_ns;
	return true;
}

uint64_t token_bucket_wait_ns(const struct token_bucket *bucket, uint64_t now_ns, uint32_t cost)
{
	uint64_t over_ns = full_at_after(bucket, now_ns, cost) - now_ns;
	if (bucket->interval_ns * cost > bucket->burst_ns)
		return UINT64_MAX;
	return over_ns > bucket->burst_ns ? over_ns - bucket->burst_ns : 0;
}
