/* SPDX-License-Identifier: Apache-2.0 */
/* test_prebuffer.c: the last packets of a leg, whatever their sizes. */
#include "sound/prebuffer.h"

#include "base/macros.h"
#include "lib/guard_page.h"
#include "lib/testing.h"

#define MS  UINT64_C(1000000)
#define NOW (UINT64_C(1000) * MS)

static struct prebuffer prebuffer;

static void begin(size_t size)
{
	static uint8_t room[GUARD_ROOM];
	/* nothing is written behind it */
	prebuffer_begin(&prebuffer, (void *)(uintptr_t)guard_page_put(room, size), size);
}

/* A packet that knows its number. */
static void put(unsigned number, size_t length, unsigned ms)
{
	uint8_t bytes[PREBUFFER_PACKET_MAX + 1];
	memset(bytes, (int)(number & 0xff), sizeof(bytes));
	memcpy(bytes, &number, MIN(length, sizeof(number)));
	prebuffer_put(&prebuffer, bytes, length, NOW + ms * MS);
}

/* The number of the next one; UINT32_MAX: none. */
static unsigned take(size_t length, unsigned ms)
{
	const uint8_t *bytes;
	size_t found;
	uint64_t came_ns;
	unsigned number;
	if (!prebuffer_take(&prebuffer, NOW + ms * MS, &bytes, &found, &came_ns))
		return UINT32_MAX;
	ck_assert_uint_le(came_ns, NOW + ms * MS);
	if (length)
		ck_assert_uint_eq(found, length);
	memcpy(&number, bytes, sizeof(number));
	bool is_whole = true;
	for (size_t i = sizeof(number); i < found; i++)
		is_whole = is_whole && bytes[i] == (number & 0xff);
	ck_assert(is_whole);
	return number;
}

START_TEST(packets_come_out_in_order)
{
	begin(PREBUFFER_BYTES);
	ck_assert_uint_eq(take(0, 0), UINT32_MAX);
	for (unsigned i = 0; i < 10; i++)
		put(i, 172, i * 20);
	for (unsigned i = 0; i < 10; i++)
		ck_assert_uint_eq(take(172, 200), i);
	ck_assert_uint_eq(take(0, 200), UINT32_MAX);
}
END_TEST

START_TEST(g711_of_280_ms_fits)
{
	begin(PREBUFFER_BYTES);
	for (unsigned i = 0; i < 1000; i++)
		put(i, 172, i * 20);
	for (unsigned i = 1000 - 15; i < 1000; i++)
		ck_assert_uint_eq(take(172, 999 * 20 + 10), i);
	ck_assert_uint_eq(take(0, 0), UINT32_MAX);
}
END_TEST

START_TEST(what_is_old_is_forgotten)
{
	begin(PREBUFFER_BYTES);
	put(1, 100, 0);
	put(2, 100, 100);
	put(3, 100, 200);
	ck_assert_uint_eq(take(100, 301), 2);
	prebuffer_forget(&prebuffer, UINT64_MAX);
	ck_assert_uint_eq(take(0, 301), UINT32_MAX);
	put(4, 100, 310);
	put(5, 100, 330);
	put(6, 100, 350);
	prebuffer_forget(&prebuffer, NOW + 330 * MS);
	ck_assert_uint_eq(take(100, 360), 5);
}
END_TEST

START_TEST(what_is_too_large_is_not_kept)
{
	begin(256);
	put(1, 100, 0);
	put(2, 250, 10);
	put(3, PREBUFFER_PACKET_MAX + 1, 10);
	ck_assert_uint_eq(take(100, 20), 1);
	ck_assert_uint_eq(take(0, 20), UINT32_MAX);
	/* as large as all of it */
	put(4, 240, 30);
	ck_assert_uint_eq(take(240, 40), 4);
	/* no memory, no packets */
	prebuffer = (struct prebuffer){0};
	put(5, 10, 50);
	ck_assert_uint_eq(take(0, 60), UINT32_MAX);
}
END_TEST

/* All sizes at random, in memory of all sizes: what comes out are the last that went in, without a
 * hole. */
START_TEST(any_sizes_wrap)
{
	uint32_t seed = 1;
	for (size_t size = 64; size <= 4096; size += 136) {
		unsigned last = UINT32_MAX, number = 0;
		begin(size);
		for (unsigned i = 0; i < 1000; i++) {
			seed = seed * 1664525 + 1013904223;
			size_t length = 4 + (seed >> 16) % 400;
			if (ROUND_UP(length + 16, 8) <= size)
				put(number++, length, 0);
			unsigned takes = seed >> 28 == 0 ? 30 : seed >> 31;
			while (takes--) {
				unsigned found = take(0, 0);
				if (found == UINT32_MAX) {
					ck_assert_uint_eq(last + 1, number);
					break;
				}
				if (last != UINT32_MAX)
					ck_assert_uint_gt(found, last);
				last = found;
			}
		}
		while (take(0, 0) != UINT32_MAX)
			last++;
	}
}
END_TEST

TEST_MAIN("prebuffer", packets_come_out_in_order, g711_of_280_ms_fits, what_is_old_is_forgotten,
	what_is_too_large_is_not_kept, any_sizes_wrap)
