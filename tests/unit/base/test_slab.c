/* SPDX-License-Identifier: Apache-2.0 */
/* test_slab.c: slabs: handles that go stale, limits, reuse, and the starvation hook. */
#include "base/slab.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "lib/testing.h"

#define CAPACITY 100

static struct slab slab;

static void start(void)
{
	ck_assert_int_eq(slab_init(&slab, "things", 40, CAPACITY), 0);
}

START_TEST(objects_are_aligned_apart_and_indexed)
{
	start();
	char *a = slab_take(&slab);
	char *b = slab_take(&slab);

	ck_assert_uint_eq((uintptr_t)a % 16, 0);
	ck_assert_uint_eq((uintptr_t)b % 16, 0);
	ck_assert_uint_ge((size_t)(b - a), 40 + sizeof(struct slab_prefix));
	ck_assert_uint_eq(slab_index(&slab, a), 0);
	ck_assert_uint_eq(slab_index(&slab, b), 1);
	ck_assert_ptr_eq(slab_at(&slab, 1), b);
	ck_assert_ptr_null(slab_at(&slab, 2));
	slab_done(&slab);
}
END_TEST

START_TEST(objects_lie_where_cache_lines_begin)
{
	ck_assert_int_eq(slab_init_aligned(&slab, "lines", 100, CAPACITY, 64), 0);
	for (unsigned i = 0; i < CAPACITY; i++) {
		void *object = slab_take(&slab);
		ck_assert_uint_eq((uintptr_t)object % 64, 0);
		memset(object, 0xff, 100);
		ck_assert_uint_eq(slab_index(&slab, object), i);
	}
	slab_done(&slab);
}
END_TEST

START_TEST(a_handle_goes_stale_with_give_and_never_fits_the_next_user)
{
	start();
	void *object = slab_take(&slab);
	uint64_t first = slab_handle(&slab, object);
	uint64_t second;

	ck_assert_uint_ne(first, 0);
	ck_assert_ptr_eq(slab_get(&slab, first), object);
	slab_give(&slab, object);
	ck_assert_ptr_null(slab_get(&slab, first));
	ck_assert_ptr_eq(slab_take(&slab), object);
	second = slab_handle(&slab, object);
	ck_assert_uint_ne(first, second);
	ck_assert_ptr_null(slab_get(&slab, first));
	ck_assert_ptr_eq(slab_get(&slab, second), object);
	slab_done(&slab);
}
END_TEST

START_TEST(forged_handles_name_nothing)
{
	start();
	void *object = slab_take(&slab);
	uint64_t handle = slab_handle(&slab, object);

	ck_assert_ptr_null(slab_get(&slab, 0));
	ck_assert_ptr_null(slab_get(&slab, UINT64_MAX));
	ck_assert_ptr_null(slab_get(&slab, handle + 1));
	ck_assert_ptr_null(slab_get(&slab, handle + CAPACITY));
	slab_give(&slab, object);
	/* the generation of a free object is even: not even that names it */
	ck_assert_ptr_null(slab_get(&slab, (uint64_t)slab_generation(object) << 32));
	slab_done(&slab);
}
END_TEST

START_TEST(generations_wrap_without_a_zero_handle)
{
	start();
	void *object = slab_take(&slab);
	slab_prefix_of(object)->generation = UINT32_MAX;
	uint64_t last = slab_handle(&slab, object);
	ck_assert_ptr_eq(slab_get(&slab, last), object);
	slab_give(&slab, object);
	ck_assert_ptr_eq(slab_take(&slab), object);
	ck_assert_uint_eq(slab_handle(&slab, object), (uint64_t)1 << 32);
	ck_assert_ptr_null(slab_get(&slab, last));
	slab_done(&slab);
}
END_TEST

START_TEST(a_full_slab_refuses_counts_and_recovers)
{
	void *objects[CAPACITY];
	start();
	for (int i = 0; i < CAPACITY; i++) {
		objects[i] = slab_take(&slab);
		ck_assert_ptr_nonnull(objects[i]);
		memset(objects[i], 0xaa, 40);
	}
	ck_assert_ptr_null(slab_take(&slab));
	ck_assert_uint_eq(slab.refused, 1);
	ck_assert_uint_eq(slab.used, CAPACITY);
	for (int i = 0; i < CAPACITY; i++)
		slab_give(&slab, objects[i]);
	ck_assert_uint_eq(slab.used, 0);
	ck_assert_uint_eq(slab.peak, CAPACITY);
	for (int i = 0; i < CAPACITY; i++)
		ck_assert_ptr_nonnull(slab_take(&slab));
	slab_done(&slab);
}
END_TEST

START_TEST(the_hottest_object_is_reused_first)
{
	start();
	void *a = slab_take(&slab);
	void *b = slab_take(&slab);
	slab_give(&slab, a);
	slab_give(&slab, b);
	ck_assert_ptr_eq(slab_take(&slab), b);
	ck_assert_ptr_eq(slab_take(&slab), a);
	ck_assert_uint_eq(slab.touched, 2);
	slab_done(&slab);
}
END_TEST

START_TEST(starvation_fails_exactly_the_nth_take)
{
	start();
	slab_starve(3);
	ck_assert_ptr_nonnull(slab_take(&slab));
	ck_assert_ptr_nonnull(slab_take(&slab));
	ck_assert_ptr_null(slab_take(&slab));
	ck_assert_ptr_nonnull(slab_take(&slab));
	ck_assert_uint_eq(slab.refused, 1);
	slab_starve(1);
	slab_starve(0);
	ck_assert_ptr_nonnull(slab_take(&slab));
	slab_done(&slab);
}
END_TEST

START_TEST(walks_see_only_what_is_taken)
{
	unsigned seen = 0;
	start();
	void *a = slab_take(&slab);
	slab_take(&slab);
	slab_give(&slab, a);
	for (uint32_t i = 0; i < slab.touched; i++)
		seen += slab_is_taken(slab_at(&slab, i));
	ck_assert_uint_eq(seen, 1);
	slab_done(&slab);
}
END_TEST

START_TEST(bad_sizes_and_nulls)
{
	struct slab zero = {0};
	ck_assert_int_eq(slab_init(&slab, "x", 0, 1), -EINVAL);
	ck_assert_int_eq(slab_init(&slab, "x", 1, 0), -EINVAL);
	ck_assert_int_eq(slab_init(&slab, "x", (size_t)1 << 31, UINT32_MAX - 1), -ENOMEM);
	slab_done(NULL);
	slab_done(&zero);
	start();
	slab_give(&slab, NULL);
	slab_done(&slab);
	slab_done(&slab);
}
END_TEST

TEST_MAIN("slab", objects_are_aligned_apart_and_indexed, objects_lie_where_cache_lines_begin,
	a_handle_goes_stale_with_give_and_never_fits_the_next_user, forged_handles_name_nothing,
	generations_wrap_without_a_zero_handle, a_full_slab_refuses_counts_and_recovers,
	the_hottest_object_is_reused_first, starvation_fails_exactly_the_nth_take,
	walks_see_only_what_is_taken, bad_sizes_and_nulls)
