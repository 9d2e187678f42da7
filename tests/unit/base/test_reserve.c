/* SPDX-License-Identifier: Apache-2.0 */
/* test_reserve.c: reserved address space costs only what is touched. */
#include "base/reserve.h"

#include <stdio.h>
#include <unistd.h>

#include "lib/testing.h"

static long resident_pages(void)
{
	long size, resident;
	FILE *file = fopen("/proc/self/statm", "r");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fscanf(file, "%ld %ld", &size, &resident), 2);
	fclose(file);
	return resident;
}

START_TEST(pages_are_zero_and_real_only_where_touched)
{
	size_t size;
	char *memory = reserve_take(((size_t)1 << 30) - 5, &size);
	long before = resident_pages();

	ck_assert_ptr_nonnull(memory);
	ck_assert_uint_eq(size, (size_t)1 << 30);
	ck_assert_int_eq(memory[size - 1], 0);
	memory[0] = 1;
	ck_assert_int_lt(resident_pages() - before, 512);
	reserve_give(memory, size);
	reserve_give(NULL, 0);
}
END_TEST

START_TEST(more_than_there_is_gives_null)
{
	size_t size = 7;
	ck_assert_ptr_null(reserve_take((size_t)1 << 62, &size));
	ck_assert_uint_eq(size, 7);
}
END_TEST

TEST_MAIN("reserve", pages_are_zero_and_real_only_where_touched, more_than_there_is_gives_null)
