/* SPDX-License-Identifier: Apache-2.0 */
/* test_line.c — lines, words and numbers. */
#include "sdp/private.h"

#include "lib/testing.h"

#define SAYS(span, literal) ck_assert(pv_span_equal(span, PV_SPAN(literal)))

START_TEST(lines_end_in_crlf_or_lf_or_with_the_text)
{
	struct pv_span rest = PV_SPAN("v=0\r\ns= a b \t\nt=");
	struct sdp_line line;
	ck_assert(sdp_line_next(&rest, &line));
	ck_assert_int_eq(line.type, 'v');
	SAYS(line.whole, "v=0\r\n");
	SAYS(line.value, "0");
	ck_assert(sdp_line_next(&rest, &line));
	SAYS(line.whole, "s= a b \t\n");
	SAYS(line.value, "a b");
	ck_assert(sdp_line_next(&rest, &line));
	SAYS(line.whole, "t=");
	ck_assert_uint_eq(line.value.length, 0);
	ck_assert(!sdp_line_next(&rest, &line));
}
END_TEST

START_TEST(what_is_no_line_stays)
{
	static const char *const bad[] = {"v", "=", "v:0", "V=0", "1=0", " v=0", "{=0", "\n",
		"\r\n", "a=\r", "a=\rb\n", "\xe4=0"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct pv_span rest = pv_span_of(bad[i]);
		struct sdp_line line;
		ck_assert_msg(sdp_line_read(&rest, &line) == -PV_SDP_BAD_LINE, "%s", bad[i]);
		ck_assert_uint_eq(rest.length, strlen(bad[i]));
	}
}
END_TEST

START_TEST(words_lose_the_blanks_around_them)
{
	struct pv_span rest = PV_SPAN(" one\t two ");
	SAYS(sdp_word(&rest), "one");
	SAYS(rest, "two");
	SAYS(sdp_word(&rest), "two");
	ck_assert_uint_eq(rest.length, 0);
	ck_assert_uint_eq(sdp_word(&rest).length, 0);
}
END_TEST

START_TEST(numbers_are_digits_within_bounds)
{
	uint32_t number = 7;
	ck_assert(sdp_number(PV_SPAN("0065535"), 65535, &number) && number == 65535);
	ck_assert(!sdp_number(PV_SPAN("65536"), 65535, &number));
	ck_assert(!sdp_number(PV_SPAN(""), 65535, &number));
	ck_assert(!sdp_number(PV_SPAN("+1"), 65535, &number));
	ck_assert(!sdp_number(PV_SPAN("4294967297"), 65535, &number));
	ck_assert_uint_eq(number, 65535);
}
END_TEST

TEST_MAIN("line", lines_end_in_crlf_or_lf_or_with_the_text, what_is_no_line_stays,
	words_lose_the_blanks_around_them, numbers_are_digits_within_bounds)
