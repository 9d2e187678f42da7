/* SPDX-License-Identifier: Apache-2.0 */
/* test_overload.c: behind is who is late for long, not who has a burst. */
#include "lib/testing.h"
#include "net/overload.h"

#define MS UINT64_C(1000000)

START_TEST(burst_is_no_overload)
{
	struct overload overload = {0};
	/* 90 ms of lateness, worked off, again and again */
	for (uint64_t t = 1000; t < 3000; t += 100) {
		for (uint64_t i = 0; i < 90; i += 10)
			ck_assert(!overload_note(&overload, (t + i) * MS, 80 * MS));
		ck_assert(!overload_note(&overload, (t + 95) * MS, 5 * MS));
	}
	ck_assert(!overload.is_on);
}
END_TEST

START_TEST(lasting_delay_is_overload_until_it_has_been_calm)
{
	struct overload overload = {0};
	uint64_t t = 1000;
	for (; t < 1100; t += 10)
		ck_assert(!overload_note(&overload, t * MS, 26 * MS));
	ck_assert(overload_note(&overload, t * MS, 26 * MS));
	ck_assert(overload.is_on);
	/* just under the limit is not calm */
	for (; t < 2000; t += 10)
		ck_assert(!overload_note(&overload, t * MS, 20 * MS));
	ck_assert(overload.is_on);
	for (uint64_t end = t + 200; t < end; t += 10)
		ck_assert(!overload_note(&overload, t * MS, 1 * MS));
	ck_assert(overload_note(&overload, t * MS, 1 * MS));
	ck_assert(!overload.is_on);
}
END_TEST

TEST_MAIN("overload", burst_is_no_overload, lasting_delay_is_overload_until_it_has_been_calm)
