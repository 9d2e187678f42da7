/* SPDX-License-Identifier: Apache-2.0 */
/* test_pace.c: naps begin where packets are dense, grow, and end with the load. */
#include "media/pace.h"

#include "lib/testing.h"

#define MS UINT64_C(1000000)

static struct pace pace;
static uint64_t now_ns, packets;

/* So many a second for `ms`, one round each millisecond; the last nap. */
static uint32_t load(uint32_t rate, unsigned ms)
{
	uint32_t nap = 0;
	for (unsigned i = 0; i < ms; i++) {
		now_ns += MS;
		packets += rate / 1000;
		nap = pace_nap_us(&pace, packets, now_ns, 1000);
	}
	return nap;
}

START_TEST(few_packets_are_answered_at_once)
{
	ck_assert_uint_eq(load(0, 100), 0);
	ck_assert_uint_eq(load(1000, 100), 0);
	ck_assert_uint_eq(load(PACE_FEW, 100), 0);
}
END_TEST

START_TEST(naps_grow_with_the_rate_up_to_the_most)
{
	ck_assert_uint_eq(load(17000, 100), 1000 * (17000 - PACE_FEW) / (PACE_MANY - PACE_FEW));
	ck_assert_uint_eq(load(PACE_MANY, 100), 1000);
	ck_assert_uint_eq(load(1000000, 100), 1000);
}
END_TEST

START_TEST(they_begin_and_end_within_two_windows)
{
	load(0, 100);
	ck_assert_uint_gt(load(100000, 16), 900);
	ck_assert_uint_eq(load(0, 16), 0);
}
END_TEST

/* Fifty packets after a second of sleep are no load. */
START_TEST(a_long_sleep_is_a_low_rate)
{
	load(100000, 100);
	now_ns += 1000 * MS;
	packets += 50;
	ck_assert_uint_eq(pace_nap_us(&pace, packets, now_ns, 1000), 0);
}
END_TEST

START_TEST(zero_never_naps)
{
	for (unsigned i = 0; i < 100; i++, now_ns += MS, packets += 1000)
		ck_assert_uint_eq(pace_nap_us(&pace, packets, now_ns, 0), 0);
}
END_TEST

TEST_MAIN("pace", few_packets_are_answered_at_once, naps_grow_with_the_rate_up_to_the_most,
	they_begin_and_end_within_two_windows, a_long_sleep_is_a_low_rate, zero_never_naps)
