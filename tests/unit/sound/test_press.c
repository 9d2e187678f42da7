/* SPDX-License-Identifier: Apache-2.0 */
/* test_press.c: a press that comes over two ways. */
#include "sound/press.h"

#include "lib/testing.h"

#define MS  UINT64_C(1000000)
#define NOW (UINT64_C(1234) * MS)

static bool by_event(struct press *press, unsigned ms, char key, uint32_t timestamp)
{
	return press_is_new(press, PRESS_EVENT, key, timestamp, NOW + ms * MS);
}

static bool by_info(struct press *press, unsigned ms, char key, uint32_t cseq)
{
	return press_is_new(press, PRESS_INFO, key, cseq, NOW + ms * MS);
}

START_TEST(over_both_ways_counts_once)
{
	struct press press = {0};
	ck_assert(by_event(&press, 0, '*', 100));
	ck_assert(!by_info(&press, 300, '*', 1));
	ck_assert(by_info(&press, 1000, '*', 2));
	ck_assert(!by_event(&press, 1001, '*', 9000));
	/* too late, or another key: a press of its own */
	ck_assert(by_event(&press, 2000, '*', 20000));
	ck_assert(by_info(&press, 2301, '*', 3));
	ck_assert(by_info(&press, 2302, '#', 4));
	ck_assert(by_event(&press, 2303, '1', 30000));
}
END_TEST

START_TEST(over_one_way_its_own_mark_decides)
{
	struct press press = {0};
	ck_assert(by_info(&press, 0, '*', 1));
	ck_assert(!by_info(&press, 1, '*', 1));
	ck_assert(by_info(&press, 2, '*', 2));
	ck_assert(by_event(&press, 1000, '*', 0)); /* zero is a mark, too */
	ck_assert(!by_event(&press, 1010, '*', 0));
	ck_assert(by_event(&press, 1020, '*', 1));
}
END_TEST

START_TEST(two_quick_presses_stay_two)
{
	struct press press = {0};
	ck_assert(by_event(&press, 0, '*', 100));
	ck_assert(by_event(&press, 150, '*', 1300));
	ck_assert(!by_info(&press, 200, '*', 1));
	ck_assert(!by_info(&press, 250, '*', 2));
	ck_assert(by_info(&press, 260, '*', 3));
	/* interleaved: each half meets one */
	ck_assert(by_event(&press, 1000, '#', 8000));
	ck_assert(!by_info(&press, 1100, '#', 4));
	ck_assert(by_event(&press, 1200, '#', 9600));
	ck_assert(!by_info(&press, 1290, '#', 5));
	/* the first half meets the first */
	ck_assert(by_event(&press, 3000, '#', 24000));
	ck_assert(by_event(&press, 3150, '#', 25200));
	ck_assert(!by_info(&press, 3290, '#', 6));
	ck_assert(!by_info(&press, 3440, '#', 7));
}
END_TEST

/* One way alone, faster than any thumb: each counts, nothing overflows. */
START_TEST(many_of_one_way_all_count)
{
	struct press press = {0};
	for (uint32_t i = 0; i < 1000; i++)
		ck_assert(by_event(&press, i, '*', i));
	unsigned paired = 0;
	for (uint32_t i = 0; i < 100; i++)
		paired += !by_info(&press, 1000 + i, '*', i);
	ck_assert_uint_eq(paired, PRESS_KEPT);
}
END_TEST

TEST_MAIN("press", over_both_ways_counts_once, over_one_way_its_own_mark_decides,
	two_quick_presses_stay_two, many_of_one_way_all_count)
