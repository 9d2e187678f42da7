/* SPDX-License-Identifier: Apache-2.0 */
/* test_wide.c — runs read 16 bytes at a time end where those read one by one do. */
#include "sip/wide.h"

#include "lib/guard_page.h"
#include "lib/testing.h"

/* All runs over the text from `at`; `begin` may stand before. */
static void check_runs(const char *begin, const char *at, const char *end)
{
	ck_assert_ptr_eq(wide_run_line(begin, at, end), lex_run(at, end, LEX_LINE));
	const char *cr = wide_run_to_cr(begin, at, end);
	ck_assert(cr == end || !lex_is(*cr, LEX_LINE));
	ck_assert_ptr_null(memchr(at, '\r', (size_t)(cr - at)));
	ck_assert_ptr_eq(wide_run_visible(begin, at, end), lex_run(at, end, LEX_VISIBLE));
	ck_assert_ptr_eq(wide_run_address(begin, at, end), lex_run(at, end, LEX_ADDRESS));
	ck_assert_ptr_eq(wide_run_word(begin, at, end, LEX_HOST), lex_run(at, end, LEX_HOST));
	ck_assert_ptr_eq(wide_run_word(begin, at, end, LEX_USER), lex_run(at, end, LEX_USER));
	ck_assert_ptr_eq(wide_run_word(begin, at, end, LEX_VALUE), lex_run(at, end, LEX_VALUE));
}

START_TEST(every_byte_in_every_place)
{
	char text[40];
	for (int c = 0; c < 256; c++) {
		for (size_t at = 0; at < sizeof(text); at++) {
			memset(text, 'x', sizeof(text));
			text[at] = (char)c;
			const char *copy = guard_page_put(text, sizeof(text));
			check_runs(copy, copy, copy + sizeof(text));
		}
	}
}
END_TEST

/* Bytes that stand outside of the text, on either side, are not looked at. */
START_TEST(every_length_from_every_place)
{
	char text[40];
	memset(text, '\r', sizeof(text));
	for (size_t length = 0; length < sizeof(text); length++) {
		char *begin = text + sizeof(text) - length - 1;
		*begin = 'x';
		for (size_t skip = 0; skip <= length; skip++) {
			const char *copy = guard_page_put(begin, length);
			check_runs(copy, copy + skip, copy + length);
			check_runs(copy + skip, copy + skip, copy + length);
			check_runs(begin, begin + skip, begin + length);
		}
	}
}
END_TEST

START_TEST(two_dots_are_found_in_every_place)
{
	for (size_t length = 1; length < 40; length++) {
		for (size_t place = 0; place < length; place++) {
			char text[40];
			memset(text, 'x', sizeof(text));
			text[place] = text[place + 1] = '.';
			const char *copy = guard_page_put(text, length);
			for (size_t stop = 0; stop <= length; stop++)
				ck_assert_int_eq(
					wide_has_two_dots(copy, copy + stop, copy + length),
					place + 2 <= stop);
		}
	}
}
END_TEST

START_TEST(a_parameter_is_read_as_the_general_code_reads_it)
{
	static const char *const texts[] = {";tag=abc", ";tag=abc;x", ";tag=abc ;x",
		";tag=", ";tag=\"a\"", ";tag", ";tag= a", ";tags=a"};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct pv_span name, value = {0}, general = {0};
		const char *at = texts[i], *end = at + strlen(at);
		const char *stop = wide_param(at, at, end, PV_SPAN(";tag="), &value);
		ck_assert_int_eq(stop != NULL, i < 3);
		if (!stop)
			continue;
		ck_assert_ptr_eq(stop, lex_param(at, at + 1, end, &name, &general));
		ck_assert_ptr_eq(value.at, general.at);
		ck_assert_uint_eq(value.length, general.length);
	}
}
END_TEST

TEST_MAIN("wide", every_byte_in_every_place, every_length_from_every_place,
	two_dots_are_found_in_every_place, a_parameter_is_read_as_the_general_code_reads_it)
