/* SPDX-License-Identifier: Apache-2.0 */
/* test_token_bucket.c: bursts, refill, and no limit at all. */
#include "base/token_bucket.h"

#include "lib/testing.h"

#define MS 1000000u

START_TEST(a_full_bucket_gives_its_burst_and_no_more)
{
	struct token_bucket bucket;
	token_bucket_init(&bucket, 10, 5);
	for (int i = 0; i < 5; i++)
		ck_assert(token_bucket_take(&bucket, 1000 * MS, 1));
	ck_assert(!token_bucket_take(&bucket, 1000 * MS, 1));
	ck_assert_uint_eq(token_bucket_wait_ns(&bucket, 1000 * MS, 1), 100 * MS);
	ck_assert(!token_bucket_take(&bucket, 1099 * MS, 1));
	ck_assert(token_bucket_take(&bucket, 1100 * MS, 1));
	ck_assert(!token_bucket_take(&bucket, 1100 * MS, 1));
}
END_TEST

START_TEST(an_hour_of_silence_fills_one_burst)
{
	struct token_bucket bucket;
	unsigned taken = 0;
	token_bucket_init(&bucket, 1000, 50);
	ck_assert(token_bucket_take(&bucket, 0, 50));
	while (token_bucket_take(&bucket, 3600000ull * MS, 1))
		taken++;
	ck_assert_uint_eq(taken, 50);
}
END_TEST

START_TEST(costs_are_all_or_none)
{
	struct token_bucket bucket;
	token_bucket_init(&bucket, 1, 10);
	ck_assert(token_bucket_take(&bucket, 0, 7));
	ck_assert(!token_bucket_take(&bucket, 0, 4));
	ck_assert(token_bucket_take(&bucket, 0, 3));
	ck_assert(!token_bucket_take(&bucket, 1u << 30, 11));
	ck_assert_uint_eq(token_bucket_wait_ns(&bucket, 0, 11), UINT64_MAX);
}
END_TEST

START_TEST(the_long_run_keeps_the_rate)
{
	struct token_bucket bucket;
	unsigned taken = 0;
	token_bucket_init(&bucket, 300, 3);
	for (uint64_t ms = 0; ms < 10000; ms++)
		while (token_bucket_take(&bucket, ms * MS, 1))
			taken++;
	ck_assert_uint_ge(taken, 2990);
	ck_assert_uint_le(taken, 3005);
}
END_TEST

START_TEST(rate_zero_is_no_limit)
{
	struct token_bucket bucket;
	token_bucket_init(&bucket, 0, 1);
	for (int i = 0; i < 1000; i++)
		ck_assert(token_bucket_take(&bucket, 0, UINT32_MAX));
	ck_assert_uint_eq(token_bucket_wait_ns(&bucket, 0, 1), 0);
}
END_TEST

TEST_MAIN("token_bucket", a_full_bucket_gives_its_burst_and_no_more,
	an_hour_of_silence_fills_one_burst, costs_are_all_or_none, the_long_run_keeps_the_rate,
	rate_zero_is_no_limit)
