/* SPDX-License-Identifier: Apache-2.0 */
/* test_limits.c: the file limit goes up as far as it may, and never down. */
#include "base/limits.h"

#include <errno.h>
#include <sys/resource.h>

#include "lib/testing.h"

START_TEST(raises_the_soft_limit)
{
	struct rlimit limit = {64, 256};
	uint64_t got = 0;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_int_eq(raise_file_limit(200, &got), 0);
	ck_assert_uint_eq(got, 200);
	getrlimit(RLIMIT_NOFILE, &limit);
	ck_assert_uint_eq(limit.rlim_cur, 200);
	ck_assert_uint_ge(limit.rlim_max, 256);
}
END_TEST

START_TEST(never_lowers)
{
	struct rlimit limit = {128, 256};
	uint64_t got = 0;
	setrlimit(RLIMIT_NOFILE, &limit);
	ck_assert_int_eq(raise_file_limit(100, &got), 0);
	ck_assert_uint_eq(got, 128);
}
END_TEST

/* Nobody gets past fs.nr_open; who has no privilege gets as far as the hard limit. */
START_TEST(says_how_far_it_got)
{
	struct rlimit limit = {64, 256};
	uint64_t got = 0;
	setrlimit(RLIMIT_NOFILE, &limit);
	ck_assert_int_eq(raise_file_limit((uint64_t)1 << 40, &got), -EPERM);
	ck_assert_uint_eq(got, 256);
}
END_TEST

TEST_MAIN("limits", raises_the_soft_limit, never_lowers, says_how_far_it_got)
