/* SPDX-License-Identifier: Apache-2.0 */
/* test_line.c — line ends: control characters, folds, and what is bad; the usual way and the
 * careful one agree. */
#include "sip/line.h"

#include <stdio.h>

#include "lib/guard_page.h"
#include "lib/testing.h"
#include "messages.h"

START_TEST(the_scan_finds_every_control_character_but_tab)
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

/* Every byte in every place of a line: what the usual way takes, the careful one reads the same. */
START_TEST(the_usual_way_reads_what_the_careful_one_reads)
{
	static const char plain[] = "Call-ID: 12345678901\r\nTo: x";
	unsigned taken = 0;
	for (int c = 0; c < 256; c++) {
		for (size_t at = 0; at < sizeof(plain) - 1; at++) {
			char text[sizeof(plain)];
			struct line usual, any;
			memcpy(text, plain, sizeof(plain));
			text[at] = (char)c;
			const char *copy = guard_page_put(text, sizeof(plain) - 1),
				   *end = copy + sizeof(plain) - 1;
			if (!line_read_usual(copy, copy, end, &usual))
				continue;
			taken++;
			ck_assert_int_eq(line_read_any(copy, end, &any), LINE_FIELD);
			ck_assert_ptr_eq(usual.stop, any.stop);
			ck_assert_int_eq(usual.header, any.header);
			ck_assert_ptr_eq(usual.name.at, any.name.at);
			ck_assert_uint_eq(usual.name.length, any.name.length);
			ck_assert_ptr_eq(usual.value.at, any.value.at);
			ck_assert_uint_eq(usual.value.length, any.value.length);
		}
	}
	/* None where the machine has no wide loads. */
	ck_assert(taken == 0 || taken > 2000);
}
END_TEST

/* In upper case too; one that is longer than the wide compare, or nobody's, is told apart. */
START_TEST(every_header_is_known_in_its_line)
{
	for (unsigned h = 1; h < PV_HEADER_COUNT; h++) {
		struct pv_span name = pv_header_name((enum pv_header)h);
		for (unsigned change = 0; change < 3; change++) {
			char text[64];
			struct line line;
			int length = snprintf(text, sizeof(text), "%.*s: value of it\r\n.....",
				PV_SPAN_PRINT(name));
			for (size_t i = 0; change == 1 && i < name.length; i++)
				text[i] = (char)(text[i] & ~(text[i] >= 'a' ? 0x20 : 0));
			if (change == 2)
				text[name.length - 1] = '_';
			if (!line_read_usual(text, text, text + length, &line))
				ck_assert_int_eq(
					line_read_any(text, text + length, &line), LINE_FIELD);
			ck_assert_uint_eq(line.header, change == 2 ? PV_HEADER_OTHER : h);
			ck_assert_uint_eq(line.name.length, name.length);
		}
	}
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

TEST_MAIN("line", the_scan_finds_every_control_character_but_tab, a_line_goes_on_while_it_is_folded,
	the_usual_way_reads_what_the_careful_one_reads, every_header_is_known_in_its_line,
	no_prefix_makes_the_parser_read_too_far)
