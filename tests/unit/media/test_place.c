/* SPDX-License-Identifier: Apache-2.0 */
/* test_place.c: how many relay threads, and on which cores. */
#include "media/place.h"

#include "base/macros.h"
#include "lib/testing.h"

static struct place_input input;
static int cores[8];

static void start(unsigned first, unsigned last)
{
	input = (struct place_input){0};
	for (unsigned core = first; core <= last; core++)
		CPU_SET(core, &input.allowed);
}

static unsigned place(void)
{
	for (unsigned i = 0; i < ARRAY_LENGTH(cores); i++)
		cores[i] = -99;
	return place_threads(&input, cores, ARRAY_LENGTH(cores));
}

START_TEST(asked_for_in_order_within_the_mask)
{
	unsigned pin[] = {7, 1, 5000, 3};
	start(0, 3);
	input.pin = pin;
	input.pin_count = 4;
	ck_assert_uint_eq(place(), 2);
	ck_assert_int_eq(cores[0], 1);
	ck_assert_int_eq(cores[1], 3);
	input.threads = 3;
	ck_assert_uint_eq(place(), 3);
	ck_assert_int_eq(cores[2], 1);
}
END_TEST

START_TEST(none_of_those_asked_for_is_ours)
{
	unsigned pin[] = {9};
	start(0, 3);
	input.pin = pin;
	input.pin_count = 1;
	input.workers = 2;
	ck_assert_uint_eq(place(), 2);
	ck_assert_int_eq(cores[0], 2);
	ck_assert_int_eq(cores[1], 3);
}
END_TEST

START_TEST(what_pinned_workers_leave)
{
	start(4, 7);
	CPU_SET(4, &input.worker_cores);
	CPU_SET(6, &input.worker_cores);
	CPU_SET(0, &input.worker_cores); /* not ours anyhow */
	input.workers = 3;
	ck_assert_uint_eq(place(), 2);
	ck_assert_int_eq(cores[0], 5);
	ck_assert_int_eq(cores[1], 7);
}
END_TEST

START_TEST(workers_leave_none)
{
	start(0, 3);
	input.workers = 4;
	ck_assert_uint_eq(place(), 2); /* half as many as cores, anywhere */
	ck_assert_int_eq(cores[0], PLACE_ANYWHERE);
	ck_assert_int_eq(cores[1], PLACE_ANYWHERE);
	start(2, 2);
	input.workers = 1;
	ck_assert_uint_eq(place(), 1);
	ck_assert_int_eq(cores[0], PLACE_ANYWHERE);
}
END_TEST

START_TEST(no_more_than_there_is_room_for)
{
	start(0, 100);
	input.workers = 1;
	ck_assert_uint_eq(place(), ARRAY_LENGTH(cores));
	input.threads = 1;
	ck_assert_uint_eq(place(), 1);
	ck_assert_int_eq(cores[0], 1);
	ck_assert_int_eq(cores[1], -99);
}
END_TEST

TEST_MAIN("place", asked_for_in_order_within_the_mask, none_of_those_asked_for_is_ours,
	what_pinned_workers_leave, workers_leave_none, no_more_than_there_is_room_for)
