/* SPDX-License-Identifier: Apache-2.0 */
/* test_log_line.c: one record as text and as JSON, whatever strangers put into it. */
#include "base/log_target.h"

#include <stdio.h>
#include <string.h>

#include "lib/testing.h"

static char line[LOG_FORMATTED_SIZE];

typedef void format_function(struct pv_writer *, const struct log_record *, const char *);

static const char *formatted(format_function *format, const char *text)
{
	struct log_record record = {
		.wall_ms = 1767225600007, .event = "call_started", .level = LOG_LEVEL_INFO};
	struct pv_writer writer;

	record.length = (uint32_t)strlen(text);
	memcpy(record.text, text, record.length);
	pv_writer_init(&writer, line, sizeof(line) - 1);
	format(&writer, &record, "worker-0");
	ck_assert(!writer.overflow);
	*writer.at = '\0';
	return line;
}

#define JSON_START                                                                           \
	"{\"time\":\"2026-01-01T00:00:00.007Z\",\"level\":\"info\",\"thread\":\"worker-0\"," \
	"\"event\":\"call_started\""

START_TEST(text_has_time_level_thread_event_and_pairs)
{
	ck_assert_str_eq(formatted(log_line_text, "a=1 b=\"x y\""),
		"2026-01-01T00:00:00.007Z info worker-0 call_started a=1 b=\"x y\"\n");
	ck_assert_str_eq(formatted(log_line_text, ""),
		"2026-01-01T00:00:00.007Z info worker-0 call_started\n");
}
END_TEST

START_TEST(text_cannot_be_made_to_hold_two_lines)
{
	ck_assert_str_eq(formatted(log_line_text, "a=1\r\nfake\x1b[0m\x7f"),
		"2026-01-01T00:00:00.007Z info worker-0 call_started a=1??fake?[0m?\n");
}
END_TEST

START_TEST(json_has_a_member_for_each_pair)
{
	static const struct {
		const char *text, *members;
	} rows[] = {
		{"", ""},
		{"a=1", ",\"a\":1"},
		{"a=-0.25 b=0 c=100 d=0.5", ",\"a\":-0.25,\"b\":0,\"c\":100,\"d\":0.5"},
		{"a=true b=false", ",\"a\":true,\"b\":false"},
		/* not as a number is written, or more than a reader can hold, or said to be text */
		{"a=007 b=1. c=.5 d=-", ",\"a\":\"007\",\"b\":\"1.\",\"c\":\".5\",\"d\":\"-\""},
		{"a=0.0.1 b=1e5 c=", ",\"a\":\"0.0.1\",\"b\":\"1e5\",\"c\":\"\""},
		{"a=1234567890123456", ",\"a\":\"1234567890123456\""},
		{"a=\"1\"", ",\"a\":\"1\""},
		{"a=1 b=two", ",\"a\":1,\"b\":\"two\""},
		{"  a=\"x y\"   b=", ",\"a\":\"x y\",\"b\":\"\""},
		{"a=\"say \\\"hi\\\" c:\\\\d\" b=1", ",\"a\":\"say \\\"hi\\\" c:\\\\d\",\"b\":1"},
		{"a=\"never closed b=1", ",\"a\":\"never closed b=1\""},
		{"free words here", ",\"text\":\"free words here\""},
		{"a=1 and words", ",\"a\":1,\"text\":\"and words\""},
		{"a=x=y", ",\"a\":\"x=y\""},
		{"a=\\x0a", ",\"a\":\"\\\\x0a\""},
		{"a=\x01z", ",\"a\":\"\\u0001z\""},
	};
	char expected[512];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(expected, sizeof(expected), JSON_START "%s}\n", rows[i].members);
		ck_assert_str_eq(formatted(log_line_json, rows[i].text), expected);
	}
}
END_TEST

START_TEST(json_keeps_utf8_and_replaces_what_is_none)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{"jos\xc3\xa9", "jos\xc3\xa9"},
		{"\xe2\x82\xac", "\xe2\x82\xac"},
		{"\xf0\x9f\x93\x9e", "\xf0\x9f\x93\x9e"},
		{"\xff", "\\ufffd"},
		{"\xc3", "\\ufffd"},
		{"\xc0\xaf", "\\ufffd\\ufffd"},
		{"\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd"},
		{"\xe0\x80\x80", "\\ufffd\\ufffd\\ufffd"},
		{"\xf4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd"},
		{"\xe2\x82z", "\\ufffd\\ufffdz"},
	};
	char text[64];
	char expected[512];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(text, sizeof(text), "a=%s", rows[i].in);
		snprintf(expected, sizeof(expected), JSON_START ",\"a\":\"%s\"}\n", rows[i].out);
		ck_assert_str_eq(formatted(log_line_json, text), expected);
	}
}
END_TEST

START_TEST(the_longest_text_always_fits)
{
	static const char fillers[] = {'\x01', '"', '\xff', '\\', ' ', '='};
	char text[LOG_LINE_SIZE];

	for (size_t i = 0; i < sizeof(fillers); i++) {
		memset(text, fillers[i], sizeof(text) - 1);
		text[sizeof(text) - 1] = '\0';
		formatted(log_line_text, text);
		formatted(log_line_json, text);
	}
}
END_TEST

START_TEST(quotes_hold_whatever_is_inside)
{
	char buffer[64];
	ck_assert_str_eq(log_quote(buffer, sizeof(buffer), PV_SPAN("plain")), "\"plain\"");
	ck_assert_str_eq(
		log_quote(buffer, sizeof(buffer), PV_SPAN("a\"b\\c\n")), "\"a\\\"b\\\\c\\\\x0a\"");
	ck_assert_str_eq(log_quote(buffer, sizeof(buffer), PV_SPAN("")), "\"\"");
}
END_TEST

START_TEST(quotes_are_closed_at_every_size)
{
	char buffer[64];
	for (size_t size = 0; size < sizeof(buffer); size++) {
		memset(buffer, '#', sizeof(buffer));
		const char *quoted =
			log_quote(buffer, size, PV_SPAN("\n\n\n\n\n\n\n\n\n\n\n\n\n\n"));
		size_t length = strlen(quoted);
		ck_assert_uint_ge(length, 2);
		ck_assert_int_eq(quoted[0], '"');
		ck_assert_int_eq(quoted[length - 1], '"');
		ck_assert_int_eq(buffer[size], '#');
	}
}
END_TEST

TEST_MAIN("log_line", text_has_time_level_thread_event_and_pairs,
	text_cannot_be_made_to_hold_two_lines, json_has_a_member_for_each_pair,
	json_keeps_utf8_and_replaces_what_is_none, the_longest_text_always_fits,
	quotes_hold_whatever_is_inside, quotes_are_closed_at_every_size)
