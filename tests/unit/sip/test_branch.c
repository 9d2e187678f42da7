/* SPDX-License-Identifier: Apache-2.0 */
/* test_branch.c — branches are read back, and forged ones are not. */
#include "sip/branch.h"

#include "lib/testing.h"

static const struct siphash_key key = {1, 2}, other = {1, 3};
static const struct branch branch = {200, 0x01234567, 0x89abcdef, 0xfedcba98};

static struct pv_span write(char out[BRANCH_LENGTH + 1])
{
	struct pv_writer w;
	pv_writer_init(&w, out, BRANCH_LENGTH + 1);
	branch_write(&key, &branch, &w);
	ck_assert_uint_eq(pv_writer_length(&w), BRANCH_LENGTH);
	return pv_writer_span(&w);
}

START_TEST(a_branch_is_read_back)
{
	char out[BRANCH_LENGTH + 1];
	struct branch found;
	struct pv_span text = write(out);
	ck_assert(pv_span_starts_with(text, PV_SPAN("z9hG4bKpvc80123456789abcdeffedcba98")));
	ck_assert(branch_read(&key, text, &found));
	ck_assert_uint_eq(found.worker, branch.worker);
	ck_assert_uint_eq(found.slot, branch.slot);
	ck_assert_uint_eq(found.generation, branch.generation);
	ck_assert_uint_eq(found.loop, branch.loop);
	ck_assert_int_eq(branch_worker(text), 200);
}
END_TEST

START_TEST(any_change_is_noticed)
{
	char out[BRANCH_LENGTH + 1];
	struct branch found;
	struct pv_span text = write(out);
	ck_assert(!branch_read(&other, text, &found));
	for (size_t i = 0; i < text.length; i++) {
		char kept = out[i];
		out[i] = kept == '0' ? '1' : '0';
		ck_assert_msg(!branch_read(&key, text, &found), "byte %zu", i);
		out[i] = 'A';
		ck_assert_msg(!branch_read(&key, text, &found), "byte %zu", i);
		out[i] = kept;
	}
	ck_assert(branch_read(&key, text, &found));
}
END_TEST

START_TEST(other_shapes_are_not_ours)
{
	char out[BRANCH_LENGTH + 1] = {0};
	struct branch found;
	struct pv_span text = write(out);
	for (size_t length = 0; length < text.length; length++) {
		ck_assert(!branch_read(&key, (struct pv_span){out, length}, &found));
		ck_assert_int_eq(branch_worker((struct pv_span){out, length}), -1);
	}
	ck_assert(!branch_read(&key, (struct pv_span){out, BRANCH_LENGTH + 1}, &found));
	ck_assert_int_eq(branch_worker(PV_SPAN("z9hG4bKpvzz0123456789abcdeffedcba98000000")), -1);
	ck_assert_int_eq(branch_worker((struct pv_span){NULL, 0}), -1);
}
END_TEST

TEST_MAIN("branch", a_branch_is_read_back, any_change_is_noticed, other_shapes_are_not_ours)
