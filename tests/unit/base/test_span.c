/* SPDX-License-Identifier: Apache-2.0 */
/* test_span.c: spans: comparing, trimming, numbers and their limits. */
#include <portavoz/span.h>

#include "lib/testing.h"

START_TEST(spans_are_made_of_literals_strings_and_ends)
{
	const char *text = "abc";
	struct pv_span span = pv_span_from(text, text + 2);

	ck_assert_uint_eq(PV_SPAN("abcd").length, 4);
	ck_assert_uint_eq(PV_SPAN("").length, 0);
	ck_assert(pv_span_is_empty(pv_span_of(NULL)));
	ck_assert(pv_span_equal(pv_span_of(text), PV_SPAN("abc")));
	ck_assert(pv_span_equal(span, PV_SPAN("ab")));
	ck_assert_ptr_eq(pv_span_end(span), text + 2);
}
END_TEST

START_TEST(equal_compares_every_byte)
{
	ck_assert(pv_span_equal(PV_SPAN("a\0b"), PV_SPAN("a\0b")));
	ck_assert(!pv_span_equal(PV_SPAN("a\0b"), PV_SPAN("a\0c")));
	ck_assert(!pv_span_equal(PV_SPAN("abc"), PV_SPAN("ab")));
	ck_assert(!pv_span_equal(PV_SPAN("abc"), PV_SPAN("ABC")));
	ck_assert(pv_span_equal((struct pv_span){0}, PV_SPAN("")));
}
END_TEST

START_TEST(nocase_folds_ascii_letters_only)
{
	ck_assert(pv_span_equal_nocase(PV_SPAN("Call-ID"), PV_SPAN("cALL-id")));
	ck_assert(!pv_span_equal_nocase(PV_SPAN("@[`{"), PV_SPAN("`{@[")));
	ck_assert(!pv_span_equal_nocase(PV_SPAN("\xc4"), PV_SPAN("\xe4")));
	ck_assert(!pv_span_equal_nocase(PV_SPAN("a"), PV_SPAN("ab")));
	for (int c = 0; c < 256; c++) {
		int expected = c >= 'A' && c <= 'Z' ? c + 32 : c;
		ck_assert_int_eq(pv_lower((unsigned char)c), expected);
	}
}
END_TEST

START_TEST(starts_with_and_skip)
{
	ck_assert(pv_span_starts_with(PV_SPAN("sip:alice"), PV_SPAN("sip:")));
	ck_assert(!pv_span_starts_with(PV_SPAN("SIP:alice"), PV_SPAN("sip:")));
	ck_assert(!pv_span_starts_with(PV_SPAN("sip"), PV_SPAN("sip:")));
	ck_assert(pv_span_starts_with(PV_SPAN(""), PV_SPAN("")));
	ck_assert(pv_span_starts_with_nocase(PV_SPAN("SIP:alice"), PV_SPAN("sip:")));
	ck_assert(pv_span_equal(pv_span_skip(PV_SPAN("abc"), 2), PV_SPAN("c")));
	ck_assert(pv_span_is_empty(pv_span_skip(PV_SPAN("abc"), 9)));
}
END_TEST

START_TEST(find_looks_no_further_than_the_end)
{
	struct pv_span span = pv_span_of("ab;d");
	ck_assert_ptr_eq(pv_span_find(span, ';'), span.at + 2);
	span.length = 2;
	ck_assert_ptr_null(pv_span_find(span, ';'));
	ck_assert_ptr_null(pv_span_find((struct pv_span){0}, ';'));
}
END_TEST

START_TEST(trim_takes_white_space_off_both_ends)
{
	ck_assert(pv_span_equal(pv_span_trim(PV_SPAN(" \t\r\n a b \r\n ")), PV_SPAN("a b")));
	ck_assert(pv_span_equal(pv_span_trim(PV_SPAN("a")), PV_SPAN("a")));
	ck_assert(pv_span_is_empty(pv_span_trim(PV_SPAN(" \t "))));
	ck_assert(pv_span_is_empty(pv_span_trim((struct pv_span){0})));
}
END_TEST

START_TEST(numbers_up_to_their_limit)
{
	uint32_t small = 7;
	uint64_t large = 7;

	ck_assert(pv_span_to_u32(PV_SPAN("4294967295"), &small));
	ck_assert_uint_eq(small, UINT32_MAX);
	ck_assert(pv_span_to_u32(PV_SPAN("00070"), &small));
	ck_assert_uint_eq(small, 70);
	ck_assert(pv_span_to_u64(PV_SPAN("18446744073709551615"), &large));
	ck_assert_uint_eq(large, UINT64_MAX);
}
END_TEST

START_TEST(what_is_no_number_leaves_the_result_alone)
{
	static const struct pv_span bad[] = {PV_SPAN_INIT(""), PV_SPAN_INIT("-1"),
		PV_SPAN_INIT("+1"), PV_SPAN_INIT(" 1"), PV_SPAN_INIT("1 "), PV_SPAN_INIT("1a"),
		PV_SPAN_INIT("4294967296"), PV_SPAN_INIT("18446744073709551616"),
		PV_SPAN_INIT("99999999999999999999999")};
	uint32_t value = 7;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!pv_span_to_u32(bad[i], &value), "row %zu", i);
	ck_assert_uint_eq(value, 7);
}
END_TEST

START_TEST(the_hash_ignores_case)
{
	ck_assert_uint_eq(pv_span_hash_nocase(PV_SPAN("Via")), pv_span_hash_nocase(PV_SPAN("vIA")));
	ck_assert_uint_ne(pv_span_hash_nocase(PV_SPAN("Via")), pv_span_hash_nocase(PV_SPAN("Vib")));
}
END_TEST

TEST_MAIN("span", spans_are_made_of_literals_strings_and_ends, equal_compares_every_byte,
	nocase_folds_ascii_letters_only, starts_with_and_skip, find_looks_no_further_than_the_end,
	trim_takes_white_space_off_both_ends, numbers_up_to_their_limit,
	what_is_no_number_leaves_the_result_alone, the_hash_ignores_case)
