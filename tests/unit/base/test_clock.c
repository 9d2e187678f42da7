/* SPDX-License-Identifier: Apache-2.0 */
/* test_clock.c: the system's clock runs, the fake one only when told to. */
#include "base/clock.h"

#include <time.h>

#include "lib/testing.h"

START_TEST(the_fake_clock_goes_only_when_told)
{
	struct fake_clock fake;
	const struct clock *clock = &fake.clock;
	uint64_t wall_s;

	fake_clock_init(&fake, 5000);
	wall_s = clock_wall_s(clock);
	ck_assert_uint_eq(clock_now_ms(clock), 5000);
	ck_assert_uint_eq(clock_now_ms(clock), 5000);
	fake_clock_advance(&fake, 1500);
	ck_assert_uint_eq(clock_now_ms(clock), 6500);
	ck_assert_uint_eq(clock_wall_s(clock), wall_s + 1);
	fake_clock_advance_ns(&fake, 999999);
	ck_assert_uint_eq(clock_now_ms(clock), 6500);
	ck_assert_uint_eq(clock_now_ns(clock), 6500999999);
	fake_clock_advance_ns(&fake, 1);
	ck_assert_uint_eq(clock_now_ms(clock), 6501);
}
END_TEST

START_TEST(the_fake_wall_is_a_known_day)
{
	struct fake_clock fake;
	struct tm utc;
	time_t wall;

	fake_clock_init(&fake, 0);
	wall = (time_t)clock_wall_s(&fake.clock);
	gmtime_r(&wall, &utc);
	ck_assert_int_eq(utc.tm_year + 1900, 2026);
	ck_assert_int_eq(utc.tm_yday, 0);
	ck_assert_int_eq(utc.tm_hour, 0);
}
END_TEST

START_TEST(the_system_clock_never_goes_backwards)
{
	uint64_t before = clock_now_ns(clock_monotonic());
	for (int i = 0; i < 1000; i++) {
		uint64_t now = clock_now_ns(clock_monotonic());
		ck_assert_uint_ge(now, before);
		before = now;
	}
	ck_assert_uint_gt(clock_wall_s(clock_monotonic()), 1600000000);
}
END_TEST

TEST_MAIN("clock", the_fake_clock_goes_only_when_told, the_fake_wall_is_a_known_day,
	the_system_clock_never_goes_backwards)
