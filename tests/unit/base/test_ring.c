/* SPDX-License-Identifier: Apache-2.0 */
/* test_ring.c: the ring of two threads, seen from one. */
#include "base/ring.h"

#include <errno.h>

#include "lib/testing.h"

static struct ring ring;

START_TEST(elements_come_out_in_order_many_times_round)
{
	uint32_t next = 0;
	uint32_t out;
	ck_assert_int_eq(ring_init(&ring, sizeof(uint32_t), 5), 0);
	for (uint32_t i = 0; i < 1000; i++) {
		ck_assert(ring_push(&ring, &i));
		if (i % 8 != 7)
			continue;
		ck_assert_uint_eq(ring_length(&ring), 8);
		ck_assert(!ring_push(&ring, &i));
		while (ring_pop(&ring, &out))
			ck_assert_uint_eq(out, next++);
	}
	ck_assert_uint_eq(next, 1000);
	ring_done(&ring);
}
END_TEST

START_TEST(places_are_filled_and_read_where_they_are)
{
	uint64_t *place;
	ck_assert_int_eq(ring_init(&ring, sizeof(uint64_t), 2), 0);
	ck_assert_ptr_null(ring_peek(&ring));
	place = ring_reserve(&ring);
	*place = 7;
	ck_assert_ptr_null(ring_peek(&ring));
	ring_commit(&ring);
	ck_assert_ptr_eq(ring_peek(&ring), place);
	ck_assert_ptr_eq(ring_peek(&ring), place);
	ck_assert_ptr_nonnull(ring_reserve(&ring));
	ring_commit(&ring);
	ck_assert_ptr_null(ring_reserve(&ring));
	ring_release(&ring);
	ck_assert_ptr_nonnull(ring_reserve(&ring));
	ring_done(&ring);
}
END_TEST

START_TEST(indices_may_wrap)
{
	uint8_t in = 0;
	uint8_t out;
	ck_assert_int_eq(ring_init(&ring, 1, 4), 0);
	ring.head = ring.tail = ring.head_seen = ring.tail_seen = UINT32_MAX - 1;
	for (; in < 4; in++)
		ck_assert(ring_push(&ring, &in));
	ck_assert(!ring_push(&ring, &in));
	for (uint8_t i = 0; i < 4; i++) {
		ck_assert(ring_pop(&ring, &out));
		ck_assert_uint_eq(out, i);
	}
	ck_assert(!ring_pop(&ring, &out));
	ring_done(&ring);
}
END_TEST

START_TEST(bad_sizes_and_nulls)
{
	struct ring zero = {0};
	ck_assert_int_eq(ring_init(&ring, 0, 4), -EINVAL);
	ck_assert_int_eq(ring_init(&ring, 4, 0), -EINVAL);
	ck_assert_int_eq(ring_init(&ring, 4, UINT32_MAX), -EINVAL);
	ring_done(&zero);
	ring_done(NULL);
}
END_TEST

TEST_MAIN("ring", elements_come_out_in_order_many_times_round,
	places_are_filled_and_read_where_they_are, indices_may_wrap, bad_sizes_and_nulls)
