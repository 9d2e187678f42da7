/* SPDX-License-Identifier: Apache-2.0 */
/* test_arena.c: the arena: alignment, a full one, going back. */
#include "base/arena.h"

#include <stdint.h>
#include <string.h>

#include "lib/testing.h"

static _Alignas(16) char memory[256];

START_TEST(pieces_are_aligned_and_apart)
{
	struct arena arena;
	arena_init(&arena, memory + 1, sizeof(memory) - 1);
	char *a = arena_take(&arena, 1);
	char *b = arena_take(&arena, 17);
	char *c = arena_take(&arena, 0);

	ck_assert_ptr_eq(a, memory + 16);
	ck_assert_ptr_eq(b, a + 16);
	ck_assert_ptr_eq(c, b + 32);
	ck_assert_uint_eq((uintptr_t)c % 16, 0);
}
END_TEST

START_TEST(a_full_arena_refuses_and_counts)
{
	struct arena arena;
	arena_init(&arena, memory, 40);
	ck_assert_ptr_nonnull(arena_take(&arena, 16));
	ck_assert_ptr_null(arena_take(&arena, 25));
	ck_assert_ptr_null(arena_take(&arena, SIZE_MAX));
	ck_assert_ptr_nonnull(arena_take(&arena, 24));
	ck_assert_ptr_null(arena_take(&arena, 1));
	ck_assert_uint_eq(arena.refused, 3);
	ck_assert_uint_eq(arena_used(&arena), 40);
}
END_TEST

START_TEST(memory_smaller_than_the_alignment_holds_nothing)
{
	struct arena arena;
	arena_init(&arena, memory + 1, 3);
	ck_assert_ptr_null(arena_take(&arena, 1));
}
END_TEST

START_TEST(rewind_and_reset_give_back)
{
	struct arena arena;
	arena_init(&arena, memory, sizeof(memory));
	arena_take(&arena, 16);
	size_t mark = arena_mark(&arena);
	void *first = arena_take(&arena, 100);
	arena_take(&arena, 100);
	arena_rewind(&arena, mark);
	ck_assert_ptr_eq(arena_take(&arena, 100), first);
	arena_reset(&arena);
	ck_assert_uint_eq(arena_used(&arena), 0);
	ck_assert_uint_eq(arena.peak, 240);
	ck_assert_ptr_eq(arena_take(&arena, 256), memory);
}
END_TEST

TEST_MAIN("arena", pieces_are_aligned_and_apart, a_full_arena_refuses_and_counts,
	memory_smaller_than_the_alignment_holds_nothing, rewind_and_reset_give_back)
