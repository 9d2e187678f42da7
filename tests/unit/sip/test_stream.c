/* SPDX-License-Identifier: Apache-2.0 */
/* test_stream.c — messages, keep-alives and limits in a byte stream. */
#include "sip/stream.h"

#include <portavoz/message.h>

#include "lib/testing.h"
#include "messages.h"

static struct stream stream;
static size_t taken;
static int verdict;

static enum stream_event next(const char *text, size_t length)
{
	taken = 0;
	return stream_next(&stream, text, length, 4096, &taken, &verdict);
}

static enum stream_event first(const char *text)
{
	stream_init(&stream);
	return next(text, strlen(text));
}

START_TEST(a_message_comes_whole_at_its_last_byte)
{
	stream_init(&stream);
	for (size_t i = 0; i < sizeof(INVITE) - 1; i++)
		ck_assert_int_eq(next(INVITE, i), STREAM_NEED_MORE);
	ck_assert_int_eq(next(INVITE, sizeof(INVITE) - 1), STREAM_MESSAGE);
	ck_assert_uint_eq(taken, sizeof(INVITE) - 1);
	ck_assert_int_eq(first(INVITE INVITE), STREAM_MESSAGE);
	ck_assert_uint_eq(taken, sizeof(INVITE) - 1);
}
END_TEST

START_TEST(keep_alives_are_told_apart)
{
	ck_assert_int_eq(first("\r\n\r\n\r\n"), STREAM_PING);
	ck_assert_uint_eq(taken, 4);
	ck_assert_int_eq(next("\r\n", 2), STREAM_CRLF);
	ck_assert_uint_eq(taken, 2);
	ck_assert_int_eq(next("\r\n", 2), STREAM_PING);
	ck_assert_uint_eq(taken, 2);
	ck_assert_int_eq(next("\r", 1), STREAM_NEED_MORE);
	ck_assert_int_eq(next("\r\n", 2), STREAM_CRLF);
	ck_assert_int_eq(next(RINGING, sizeof(RINGING) - 1), STREAM_MESSAGE);
	ck_assert_int_eq(next("\r\n", 2), STREAM_CRLF);
	ck_assert_int_eq(first(""), STREAM_NEED_MORE);
}
END_TEST

static void is_bad(const char *text, int expected)
{
	ck_assert_msg(first(text) == STREAM_BAD, "%s", text);
	ck_assert_msg(verdict == expected, "%s: %s", text, pv_verdict_row(verdict)->name);
}

START_TEST(what_cannot_be_framed_is_told)
{
	is_bad("\x16\x03\x01", -PV_NOT_SIP);
	is_bad(" OPTIONS", -PV_NOT_SIP);
	is_bad("\rX", -PV_NOT_SIP);
	is_bad("GET / HTTP/1.1\r\nHost: x\r\n\r\n", -PV_NOT_SIP);
	is_bad("OPTIONS sip:a SIP/2.0\nTo", -PV_BAD_FIELD);
	is_bad(WITH("\r\n"), -PV_BAD_CONTENT_LENGTH);
	is_bad(WITH("Content-Length: x\r\n\r\n"), -PV_BAD_CONTENT_LENGTH);
	is_bad(WITH("l: 1\r\nContent-Length: 2\r\n\r\n"), -PV_DUPLICATE_FIELD);
	is_bad(WITH("l: 4000\r\n\r\n"), -PV_TOO_LARGE);
	is_bad(WITH("l: 99999999999\r\n\r\n"), -PV_TOO_LARGE);
}
END_TEST

START_TEST(a_head_without_end_is_given_up_at_the_limit)
{
	static char drip[5000] = "OPTIONS sip:a SIP/2.0\r\nX: ";
	memset(drip + strlen(drip), 'x', sizeof(drip) - strlen(drip));
	stream_init(&stream);
	for (size_t i = 1; i <= 4096; i++)
		ck_assert_int_eq(next(drip, i), STREAM_NEED_MORE);
	ck_assert_uint_eq(stream.scanned, 4096);
	ck_assert_int_eq(next(drip, 4097), STREAM_BAD);
	ck_assert_int_eq(verdict, -PV_TOO_LARGE);
}
END_TEST

START_TEST(content_length_is_found_where_the_parser_finds_it)
{
	static struct pv_message m;
	const char *text = WITH("Subject: a\r\n Content-Length: 9\r\nL :\r\n 3\r\n\r\nabcdef");
	ck_assert_int_eq(first(text), STREAM_MESSAGE);
	ck_assert_uint_eq(taken, strlen(text) - 3);
	ck_assert_int_eq(pv_message_parse(&m, text, strlen(text), false), taken);
}
END_TEST

TEST_MAIN("stream", a_message_comes_whole_at_its_last_byte, keep_alives_are_told_apart,
	what_cannot_be_framed_is_told, a_head_without_end_is_given_up_at_the_limit,
	content_length_is_found_where_the_parser_finds_it)
