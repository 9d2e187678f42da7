/* SPDX-License-Identifier: Apache-2.0 */
/* test_overload.c: behind is who is late for long, not who has a burst; the share follows. */
#include "lib/testing.h"
#include "net/overload.h"

#define MS UINT64_C(1000000)

static unsigned admitted(struct overload *overload, unsigned of)
{
	unsigned count = 0;
	for (unsigned i = 0; i < of; i++)
		count += overload_admits(overload);
	return count;
}

/* Ten batches a tenth of a second, all as late. Returns how often the verdict changed. */
static unsigned run(struct overload *overload, uint64_t *t, uint64_t until, uint64_t delay_ms)
{
	unsigned changes = 0;
	for (; *t < until; *t += 10)
		changes += overload_note(overload, *t * MS, delay_ms * MS);
	return changes;
}

START_TEST(burst_or_pause_is_no_overload)
{
	struct overload overload = {0};
	/* 90 ms of lateness, worked off, again and again */
	for (uint64_t t = 1000; t < 3000; t += 100) {
		for (uint64_t i = 0; i < 90; i += 10)
			ck_assert(!overload_note(&overload, (t + i) * MS, 80 * MS));
		ck_assert(!overload_note(&overload, (t + 95) * MS, 5 * MS));
	}
	ck_assert_uint_eq(admitted(&overload, 100), 100);
}
END_TEST

START_TEST(lasting_delay_shrinks_the_share_and_calm_lets_it_grow)
{
	struct overload overload = {0};
	uint64_t t = 1000;
	ck_assert_uint_eq(run(&overload, &t, 1120, 30), 0);
	ck_assert_uint_eq(admitted(&overload, 1000), 1000);
	ck_assert_uint_eq(run(&overload, &t, 3000, 30), 1);
	unsigned half = admitted(&overload, 10000);
	ck_assert_uint_lt(half, 5000);
	ck_assert_uint_gt(half, 100);
	/* no longer late: more each time, all in the end */
	ck_assert_uint_eq(run(&overload, &t, 5000, 1), 0);
	ck_assert_uint_gt(admitted(&overload, 10000), half);
	ck_assert_uint_eq(run(&overload, &t, 20000, 1), 1);
	ck_assert_uint_eq(admitted(&overload, 1000), 1000);
}
END_TEST

START_TEST(share_grows_while_nobody_comes)
{
	struct overload overload = {0};
	uint64_t t = 1000;
	run(&overload, &t, 10000, 500);
	ck_assert_uint_lt(admitted(&overload, 100), 10);
	ck_assert(overload_note(&overload, (t + 5000) * MS, 0));
	ck_assert_uint_eq(admitted(&overload, 100), 100);
}
END_TEST

START_TEST(somebody_is_always_let_in)
{
	struct overload overload = {0};
	uint64_t t = 1000;
	run(&overload, &t, 60000, 500);
	unsigned few = admitted(&overload, 10000);
	ck_assert_uint_gt(few, 100);
	ck_assert_uint_lt(few, 250);
}
END_TEST

TEST_MAIN("overload", burst_or_pause_is_no_overload,
	lasting_delay_shrinks_the_share_and_calm_lets_it_grow, share_grows_while_nobody_comes,
	somebody_is_always_let_in)
