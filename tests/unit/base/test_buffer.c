/* SPDX-License-Identifier: Apache-2.0 */
/* test_buffer.c: message buffers: size classes, references, shrinking, limits. */
#include "base/buffer.h"

#include <string.h>

#include "base/slab.h"
#include "lib/testing.h"

static struct buffer_pool pool;

static void start(size_t bytes_per_class)
{
	ck_assert_int_eq(buffer_pool_init(&pool, bytes_per_class), 0);
}

/* Nearly all messages have up to 2040 bytes: at most 64 bytes or about a third too much. */
static size_t most_for(size_t capacity)
{
	if (capacity <= 504)
		return MAX(capacity + 64, 120);
	return capacity <= 2040 ? capacity * 27 / 20 : capacity * 2 + 1030;
}

START_TEST(every_capacity_fits_with_little_waste)
{
	unsigned too_small = 0;
	unsigned wasteful = 0;
	start(1 << 20);
	for (size_t capacity = 0; capacity <= BUFFER_LARGEST - BUFFER_HEADER_SIZE; capacity++) {
		struct buffer *buffer = buffer_take(&pool, capacity);
		size_t got = buffer_capacity(buffer);

		too_small += got < capacity;
		wasteful += got > most_for(capacity);
		if (capacity % 61 == 0)
			memset(buffer->bytes, 0x55, got);
		buffer_unref(&pool, buffer);
	}
	ck_assert_uint_eq(too_small, 0);
	ck_assert_uint_eq(wasteful, 0);
	ck_assert_uint_eq(pool.refused, 0);
	ck_assert_uint_eq(pool.bytes_used, 0);
	buffer_pool_done(&pool);
}
END_TEST

START_TEST(more_than_the_largest_is_refused)
{
	start(1 << 20);
	ck_assert_ptr_null(buffer_take(&pool, BUFFER_LARGEST - BUFFER_HEADER_SIZE + 1));
	ck_assert_ptr_null(buffer_take(&pool, SIZE_MAX));
	ck_assert_uint_eq(pool.refused, 2);
	buffer_pool_done(&pool);
}
END_TEST

START_TEST(the_last_reference_gives_back)
{
	start(1 << 20);
	struct buffer *buffer = buffer_take(&pool, 500);
	ck_assert_uint_eq(buffer->length, 0);
	ck_assert_uint_eq(buffer->references, 1);
	ck_assert_ptr_eq(buffer_ref(buffer), buffer);
	buffer_unref(&pool, buffer);
	ck_assert_uint_eq(pool.bytes_used, 512);
	ck_assert_ptr_ne(buffer_take(&pool, 500), buffer);
	buffer_unref(&pool, buffer);
	ck_assert_ptr_eq(buffer_take(&pool, 500), buffer);
	ck_assert_uint_eq(buffer->length, 0);
	ck_assert_uint_eq(buffer->references, 1);
	buffer_unref(&pool, NULL);
	buffer_pool_done(&pool);
}
END_TEST

START_TEST(a_full_class_refuses_and_others_go_on)
{
	struct buffer *taken[1024];
	unsigned count = 0;
	start(1);
	/* the least that a class gets is one largest block, in pages */
	while (count < 1024 && (taken[count] = buffer_take(&pool, 100)))
		count++;
	ck_assert_uint_eq(count, 69632 / 128);
	ck_assert_uint_eq(pool.refused, 1);
	ck_assert_ptr_nonnull(buffer_take(&pool, 150));
	buffer_unref(&pool, taken[7]);
	ck_assert_ptr_eq(buffer_take(&pool, 100), taken[7]);
	buffer_pool_done(&pool);
}
END_TEST

START_TEST(shrinking_keeps_the_bytes)
{
	start(1 << 20);
	struct buffer *large = buffer_take(&pool, 4000);
	struct buffer *small;

	memcpy(large->bytes, "INVITE", 6);
	large->length = 6;
	large->flags = 3;
	small = buffer_shrink(&pool, large);
	ck_assert_ptr_ne(small, large);
	ck_assert_uint_eq(buffer_capacity(small), 120);
	ck_assert_uint_eq(small->length, 6);
	ck_assert_uint_eq(small->flags, 3);
	ck_assert_mem_eq(small->bytes, "INVITE", 6);
	ck_assert_uint_eq(pool.bytes_used, 128);
	ck_assert_ptr_eq(buffer_take(&pool, 4000), large);
	buffer_pool_done(&pool);
}
END_TEST

START_TEST(shrinking_leaves_what_it_cannot_better)
{
	start(1);
	struct buffer *shared = buffer_take(&pool, 4000);
	struct buffer *fitting = buffer_take(&pool, 100);

	buffer_ref(shared);
	ck_assert_ptr_eq(buffer_shrink(&pool, shared), shared);
	ck_assert_ptr_eq(buffer_shrink(&pool, fitting), fitting);
	while (buffer_take(&pool, 100))
		;
	buffer_unref(&pool, shared);
	ck_assert_ptr_eq(buffer_shrink(&pool, shared), shared);
	buffer_pool_done(&pool);
}
END_TEST

START_TEST(starvation_reaches_buffers_too)
{
	start(1 << 20);
	slab_starve(2);
	ck_assert_ptr_nonnull(buffer_take(&pool, 10));
	ck_assert_ptr_null(buffer_take(&pool, 10));
	ck_assert_ptr_nonnull(buffer_take(&pool, 10));
	ck_assert_uint_eq(pool.refused, 1);
	buffer_pool_done(&pool);
	buffer_pool_done(&pool);
	buffer_pool_done(NULL);
}
END_TEST

TEST_MAIN("buffer", every_capacity_fits_with_little_waste, more_than_the_largest_is_refused,
	the_last_reference_gives_back, a_full_class_refuses_and_others_go_on,
	shrinking_keeps_the_bytes, shrinking_leaves_what_it_cannot_better,
	starvation_reaches_buffers_too)
