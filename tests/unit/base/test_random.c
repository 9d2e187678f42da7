/* SPDX-License-Identifier: Apache-2.0 */
/* test_random.c: random bytes come, differ, and keep to their limit. */
#include "base/random.h"

#include <string.h>

#include "lib/testing.h"

START_TEST(values_differ_across_refills)
{
	uint64_t seen[300];
	unsigned twice = 0;
	for (int i = 0; i < 300; i++) {
		seen[i] = random_u64();
		for (int k = 0; k < i; k++)
			twice += seen[i] == seen[k];
	}
	ck_assert_uint_eq(twice, 0);
}
END_TEST

START_TEST(long_requests_are_filled_to_the_end)
{
	unsigned char bytes[2001];
	unsigned zeros = 0;
	memset(bytes, 0, sizeof(bytes));
	random_bytes(bytes, 2000);
	for (int i = 0; i < 2000; i++)
		zeros += bytes[i] == 0;
	ck_assert_uint_lt(zeros, 60); /* 8 expected */
	ck_assert_uint_eq(bytes[2000], 0);
	random_bytes(bytes, 0);
}
END_TEST

START_TEST(below_keeps_below_and_reaches_every_value)
{
	unsigned seen[5] = {0};
	for (int i = 0; i < 1000; i++) {
		uint32_t value = random_below(5);
		ck_assert_uint_lt(value, 5);
		seen[value]++;
	}
	for (int i = 0; i < 5; i++)
		ck_assert_uint_gt(seen[i], 100); /* 200 expected, sigma 13 */
	ck_assert_uint_eq(random_below(1), 0);
	ck_assert_uint_eq(random_below(0), 0);
}
END_TEST

TEST_MAIN("random", values_differ_across_refills, long_requests_are_filled_to_the_end,
	below_keeps_below_and_reaches_every_value)
