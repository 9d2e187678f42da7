/* SPDX-License-Identifier: Apache-2.0 */
/* test_line.c — line ends: the wide scan agrees with the plain one, folds, and what is bad. */
#include "sip/line.h"

#include "lib/guard_page.h"
#include "lib/testing.h"
#include "messages.h"

START_TEST(the_wide_scan_finds_what_the_plain_one_finds)
{
	char text[70];
	for (int c = 0; c < 256; c++) {
		for (size_t at = 0; at < sizeof(text); at += 3) {
			memset(text, 'x', sizeof(text));
			text[at] = (char)c;
			const char *copy = guard_page_put(text, sizeof(text)),
				   *end = copy + sizeof(text);
			bool control = (c < 0x20 && c != '\t') || c == 0x7f;
			ck_assert_ptr_eq(line_scan(copy, end), control ? copy + at : end);
			ck_assert_ptr_eq(line_scan_portable(copy, end), control ? copy + at : end);
		}
	}
}
END_TEST

/* The length of the line, 0 = its end is not there, -1 = bad. */
static long line_of(const char *text)
{
	bool bad = false;
	const char *stop = line_end(text, text + strlen(text), &bad);
	return bad ? -1 : stop ? stop - text : 0;
}

START_TEST(a_line_goes_on_while_it_is_folded)
{
	ck_assert_int_eq(line_of("a: b\r\nc"), 6);
	ck_assert_int_eq(line_of("a: b\r\n"), 0);
	ck_assert_int_eq(line_of("a: b\r"), 0);
	ck_assert_int_eq(line_of("a: b"), 0);
	ck_assert_int_eq(line_of("a: b\r\n c\r\n\td\r\n\r\n"), 14);
	ck_assert_int_eq(line_of("a: \"\\\x01\"\r\n c\r\n\r\n"), 13);
	ck_assert_int_eq(line_of("a: \"\\\x01\"\r\n \x01\r\n\r\n"), -1);
	ck_assert_int_eq(line_of("a: \"\\\r\n\"\r\n\r\n"), 7);
	ck_assert_int_eq(line_of("a: \x01\r\n\r\n"), -1);
	ck_assert_int_eq(line_of("a\nb: c\r\n\r\n"), -1);
	ck_assert_int_eq(line_of("a\rb: c\r\n\r\n"), -1);
}
END_TEST

START_TEST(no_prefix_makes_the_parser_read_too_far)
{
	static const char *const texts[] = {
		INVITE, REGISTER, RINGING, WITH("Subject: \"\\\x02\"\r\n\r\n")};
	static struct pv_message m;
	for (size_t t = 0; t < sizeof(texts) / sizeof(texts[0]); t++) {
		size_t length = strlen(texts[t]);
		for (size_t cut = 0; cut < length; cut++) {
			ck_assert_int_le(
				pv_message_parse(&m, guard_page_put(texts[t], cut), cut, true),
				(int)cut);
			ck_assert_int_le(
				pv_message_parse(&m, guard_page_put(texts[t], cut), cut, false),
				(int)cut);
		}
		ck_assert_int_eq(
			pv_message_parse(&m, guard_page_put(texts[t], length), length, true),
			length);
	}
}
END_TEST

TEST_MAIN("line", the_wide_scan_finds_what_the_plain_one_finds, a_line_goes_on_while_it_is_folded,
	no_prefix_makes_the_parser_read_too_far)
