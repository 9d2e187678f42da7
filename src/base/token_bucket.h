/* SPDX-License-Identifier: Apache-2.0 */
/* token_bucket.h: a rate with a burst, in whole nanoseconds. */
#ifndef BASE_TOKEN_BUCKET_H
#define BASE_TOKEN_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Owner: one thread. Instead of tokens it keeps the moment at which the bucket would be full
 * again; a token is `interval_ns` of that.
 */
struct token_bucket {
	uint64_t full_at_ns;
	uint64_t interval_ns; /* one token; 0 = no limit */
	uint64_t burst_ns;    /* a whole bucket */
};

/* `rate` tokens a second (0 = no limit), at most `burst` (at least 1) at once; starts full. */
void token_bucket_init(struct token_bucket *bucket, uint32_t rate, uint32_t burst);

/* Takes `cost` tokens, all or none. `now_ns` must not go backwards. */
bool token_bucket_take(struct token_bucket *bucket, uint64_t now_ns, uint32_t cost);

/* Nanoseconds until `cost` tokens are there; 0 = now. UINT64_MAX: more than the bucket holds. */
uint64_t token_bucket_wait_ns(const struct token_bucket *bucket, uint64_t now_ns, uint32_t cost);

#endif
