/* SPDX-License-Identifier: Apache-2.0 */
/* test_seqlock.c: what a reader is told when a writer was, is or comes inside. */
#include "base/seqlock.h"

#include "lib/testing.h"

START_TEST(a_quiet_lock_accepts_the_copy)
{
	struct seqlock lock;
	_Atomic uint64_t words[3] = {1, 2, 3};
	uint64_t copy[3] = {0};
	seqlock_init(&lock);
	uint32_t begun = seqlock_read_begin(&lock);
	seqlock_load_words(copy, words, 3);
	ck_assert(!seqlock_read_retry(&lock, begun));
	ck_assert_uint_eq(copy[0] + 10 * copy[1] + 100 * copy[2], 321);
}
END_TEST

START_TEST(a_writer_inside_or_between_is_noticed)
{
	struct seqlock lock = {0};
	uint32_t begun = seqlock_read_begin(&lock);
	seqlock_write_begin(&lock);
	ck_assert(seqlock_read_retry(&lock, begun));
	ck_assert(seqlock_read_retry(&lock, seqlock_read_begin(&lock)));
	seqlock_write_end(&lock);
	ck_assert(seqlock_read_retry(&lock, begun));
	ck_assert(!seqlock_read_retry(&lock, seqlock_read_begin(&lock)));
}
END_TEST

START_TEST(the_sequence_may_wrap)
{
	struct seqlock lock = {UINT32_MAX - 1};
	uint32_t begun = seqlock_read_begin(&lock);
	seqlock_write_begin(&lock);
	seqlock_write_end(&lock);
	ck_assert_uint_eq(seqlock_read_begin(&lock), 0);
	ck_assert(seqlock_read_retry(&lock, begun));
}
END_TEST

START_TEST(stored_words_are_loaded)
{
	_Atomic uint64_t words[2] = {0, 0};
	const uint64_t in[2] = {UINT64_MAX, 7};
	uint64_t out[2];
	seqlock_store_words(words, in, 2);
	seqlock_load_words(out, words, 2);
	ck_assert_mem_eq(in, out, sizeof(in));
}
END_TEST

TEST_MAIN("seqlock", a_quiet_lock_accepts_the_copy, a_writer_inside_or_between_is_noticed,
	the_sequence_may_wrap, stored_words_are_loaded)
