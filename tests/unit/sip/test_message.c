/* SPDX-License-Identifier: Apache-2.0 */
/* test_message.c — whole messages: what is indexed, what is refused and why. */
#include <portavoz/message.h>

#include <stdio.h>

#include "lib/testing.h"
#include "messages.h"

static struct pv_message m;

#define SAYS(span, literal) ck_assert(pv_span_equal(span, PV_SPAN(literal)))

START_TEST(an_invite_is_indexed_whole)
{
	ck_assert_int_eq(parse_text(&m, INVITE), sizeof(INVITE) - 1);
	ck_assert(m.is_request);
	ck_assert_int_eq(m.method, PV_METHOD_INVITE);
	SAYS(pv_message_span(&m, m.request_uri), "sip:bob@example.test");
	SAYS(pv_message_span(&m, m.body), "hello");
	SAYS(m.via.branch, "z9hG4bK-one");
	SAYS(m.via.host, "192.0.2.1");
	ck_assert_uint_eq(m.via.port, 5062);
	ck_assert(m.via.has_rport);
	SAYS(m.from.display, "\"Alice, of \\\"A\\\"\"");
	SAYS(m.from.uri, "sip:alice@example.test");
	SAYS(m.from_tag, "88sja8x");
	SAYS(m.to.uri, "sip:bob@example.test");
	ck_assert_uint_eq(m.to_tag.length, 0);
	SAYS(m.call_id, "987asjd97y7atg");
	ck_assert_uint_eq(m.cseq, 986759);
	ck_assert_int_eq(m.max_forwards, 70);
	ck_assert_uint_eq(m.field_count, 12);
	ck_assert_int_eq(m.verdict, 0);
	SAYS(pv_message_value(&m, PV_HEADER_CONTENT_TYPE), "text/plain");
	SAYS(pv_message_value_named(&m, PV_SPAN("x-private")), "one");
	SAYS(pv_message_value_named(&m, PV_SPAN("c")), "text/plain");
	ck_assert_ptr_null(pv_message_value_named(&m, PV_SPAN("X-Other")).at);
	ck_assert_ptr_null(pv_message_value(&m, PV_HEADER_EXPIRES).at);
}
END_TEST

START_TEST(linphones_register_is_accepted)
{
	ck_assert_int_eq(parse_text(&m, REGISTER), sizeof(REGISTER) - 1);
	ck_assert_int_eq(m.method, PV_METHOD_REGISTER);
	ck_assert(!m.to.is_name_addr);
	SAYS(m.to.uri, "sip:alice@example.test");
	ck_assert_uint_eq(m.body.length, 0);
}
END_TEST

START_TEST(a_response_has_its_method_from_cseq)
{
	ck_assert_int_eq(parse_text(&m, RINGING), sizeof(RINGING) - 1);
	ck_assert(!m.is_request);
	ck_assert_uint_eq(m.status, 180);
	SAYS(pv_message_span(&m, m.reason), "Ringing");
	ck_assert_int_eq(m.method, PV_METHOD_INVITE);
	SAYS(pv_message_span(&m, m.method_name), "INVITE");
	SAYS(m.via.branch, "z9hG4bK-folded");
	SAYS(m.via.host, "192.0.2.9");
	SAYS(m.to_tag, "2");
	SAYS(m.call_id, "compact@192.0.2.9");
}
END_TEST

START_TEST(lines_of_one_header_are_chained)
{
	ck_assert_int_gt(parse_text(&m, INVITE), 0);
	uint16_t first = m.first[PV_HEADER_VIA], second = m.fields[first].next;
	ck_assert_uint_eq(first, 0);
	ck_assert_uint_eq(second, 1);
	ck_assert_uint_eq(m.fields[second].next, PV_NO_FIELD);
	ck_assert_uint_eq(m.fields[0].line, m.fields_at);
	ck_assert_uint_eq(m.fields[0].line_end, m.fields[1].line);
	ck_assert_uint_eq(m.fields[m.field_count - 1].line_end, m.head_end);
}
END_TEST

/* One row a rule: the text, and what pv_message_parse must say. */
static const struct {
	const char *what;
	const char *text;
	int verdict;
} verdicts[] = {
	{"keep-alive garbage", "hello", -PV_NOT_SIP},
	{"no first line", "OPTIONS sip:a SIP/2.0", -PV_NOT_SIP},
	{"HTTP", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", -PV_NOT_SIP},
	{"an empty datagram", "", -PV_NOT_SIP},
	{"two spaces", "OPTIONS  sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP a\r\n\r\n",
		-PV_BAD_START_LINE},
	{"no URI", "OPTIONS SIP/2.0\r\nVia: SIP/2.0/UDP a\r\n\r\n", -PV_BAD_START_LINE},
	{"space behind", "OPTIONS sip:a@b SIP/2.0 \r\nVia: SIP/2.0/UDP a\r\n\r\n",
		-PV_BAD_START_LINE},
	{"version", "OPTIONS sip:a@b SIP/7.0\r\nVia: SIP/2.0/UDP a\r\n\r\n", -PV_BAD_VERSION},
	{"status", "SIP/2.0 4294967301 x\r\nVia: SIP/2.0/UDP a\r\n\r\n", -PV_BAD_STATUS_LINE},
	{"status 99", "SIP/2.0 099 x\r\nVia: SIP/2.0/UDP a\r\n\r\n", -PV_BAD_STATUS_LINE},
	{"status 700", "SIP/2.0 700 x\r\nVia: SIP/2.0/UDP a\r\n\r\n", -PV_BAD_STATUS_LINE},
	{"no Via", "OPTIONS sip:a@b SIP/2.0\r\nTo: sip:a@b\r\n\r\n", -PV_NO_VIA},
	{"no end", WITH("Subject: x\r\n"), -PV_NO_HEAD_END},
	{"half an end", WITH("\r"), -PV_NO_HEAD_END},
	{"no colon", WITH("Subject\r\n\r\n"), -PV_BAD_FIELD},
	{"no name", WITH(": x\r\n\r\n"), -PV_BAD_FIELD},
	{"a space in the name", WITH("Sub ject: x\r\n\r\n"), -PV_BAD_FIELD},
	{"a lone LF", WITH("Subject: x\nTo: y\r\n\r\n"), -PV_BAD_FIELD},
	{"a lone CR", WITH("Subject: x\rTo: y\r\n\r\n"), -PV_BAD_FIELD},
	{"a bell", WITH("Subject: x\ay\r\n\r\n"), -PV_BAD_FIELD},
	{"DEL", WITH("Subject: x\x7fy\r\n\r\n"), -PV_BAD_FIELD},
	{"an escaped bell outside quotes", WITH("Subject: x\\\ay\r\n\r\n"), -PV_BAD_FIELD},
	{"two From", WITH("From: <sip:a@b>;tag=1\r\n\r\n"), -PV_DUPLICATE_FIELD},
	{"two To", WITH("t: <sip:a@b>\r\n\r\n"), -PV_DUPLICATE_FIELD},
	{"two Call-ID", WITH("i: w\r\n\r\n"), -PV_DUPLICATE_FIELD},
	{"two CSeq", WITH("cseq: 1 OPTIONS\r\n\r\n"), -PV_DUPLICATE_FIELD},
	{"two Max-Forwards", WITH("Max-Forwards: 1\r\nmax-forwards: 1\r\n\r\n"),
		-PV_DUPLICATE_FIELD},
	{"two lengths", WITH("l: 0\r\nContent-Length: 1\r\n\r\nx"), -PV_DUPLICATE_FIELD},
	{"negative length", WITH("Content-Length: -1\r\n\r\n"), -PV_BAD_CONTENT_LENGTH},
	{"length of words", WITH("Content-Length: one\r\n\r\n"), -PV_BAD_CONTENT_LENGTH},
	{"length with a list", WITH("Content-Length: 0, 0\r\n\r\n"), -PV_BAD_CONTENT_LENGTH},
	{"no number", WITH("Content-Length:\r\n\r\n"), -PV_BAD_CONTENT_LENGTH},
	{"length too long", WITH("Content-Length: 2\r\n\r\nx"), -PV_BODY_CUT},
	{"huge length", WITH("Content-Length: 18446744073709551616\r\n\r\nx"), -PV_BODY_CUT},
	{"hops", WITH("Max-Forwards: 256\r\n\r\n"), -PV_BAD_MAX_FORWARDS},
	{"negative hops", WITH("Max-Forwards: -1\r\n\r\n"), -PV_BAD_MAX_FORWARDS},
	{"255 hops", WITH("Max-Forwards: 255\r\n\r\n"), 0},
	{"equal lengths", WITH("l: 1\r\nContent-Length: 001\r\n\r\nx"), 0},
	{"escaped NUL and bell in quotes", WITH("Subject: \"x\\\ay\"\r\n\r\n"), 0},
	{"tabs", WITH("Subject\t:\tx\ty\t\r\n\r\n"), 0},
	{"an empty value", WITH("s :\r\n\r\n"), 0},
	{"a fold of blanks", WITH("s: x\r\n \r\n\t\r\n\r\n"), 0},
	{"UTF-8", WITH("Subject: \xd1\x80\r\n\r\n"), 0},
};

START_TEST(each_rule_has_its_verdict)
{
	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		int found = parse_text(&m, verdicts[i].text);
		if (verdicts[i].verdict == 0)
			ck_assert_msg(
				found > 0, "%s: %s", verdicts[i].what, pv_verdict_row(found)->name);
		else
			ck_assert_msg(found == verdicts[i].verdict, "%s: %d, %s", verdicts[i].what,
				found, pv_verdict_row(found)->name);
		ck_assert_int_eq(m.verdict, verdicts[i].verdict);
	}
}
END_TEST

/* The mandatory headers, each missing or malformed. */
static void with_lines(const char *via, const char *from, const char *to, const char *id,
	const char *cseq, int verdict)
{
	char text[1024];
	snprintf(text, sizeof(text), "OPTIONS sip:b@c SIP/2.0\r\n%s%s%s%s%s\r\n", via, from, to, id,
		cseq);
	int found = parse_text(&m, text);
	ck_assert_msg(found == verdict || (verdict == 0 && found > 0), "%s%s%s%s%s: %s", via, from,
		to, id, cseq, pv_verdict_row(found)->name);
}

#define VIA  "Via: SIP/2.0/UDP a;branch=z9hG4bK1\r\n"
#define FROM "From: <sip:a@b>;tag=1\r\n"
#define TO   "To: <sip:a@b>\r\n"
#define ID   "Call-ID: 1\r\n"
#define CSEQ "CSeq: 1 OPTIONS\r\n"

START_TEST(what_is_missing_or_malformed_is_named)
{
	with_lines(VIA, FROM, TO, ID, CSEQ, 0);
	with_lines("", FROM, TO, ID, CSEQ, -PV_NO_VIA);
	with_lines(VIA, "", TO, ID, CSEQ, -PV_NO_FROM);
	with_lines(VIA, FROM, "", ID, CSEQ, -PV_NO_TO);
	with_lines(VIA, FROM, TO, "", CSEQ, -PV_NO_CALL_ID);
	with_lines(VIA, FROM, TO, ID, "", -PV_NO_CSEQ);
	with_lines("Via: SIP/3.0/UDP a\r\n", FROM, TO, ID, CSEQ, -PV_BAD_VIA);
	with_lines("Via:\r\n", FROM, TO, ID, CSEQ, -PV_BAD_VIA);
	with_lines(VIA, "From: *\r\n", TO, ID, CSEQ, -PV_BAD_FROM);
	with_lines(VIA, "From: Bell, A <sip:a@b>;tag=1\r\n", TO, ID, CSEQ, -PV_BAD_FROM);
	with_lines(VIA, FROM, "To: \"x <sip:a@b>\r\n", ID, CSEQ, -PV_BAD_TO);
	with_lines(VIA, FROM, "To: <sip:a@b>, <sip:c@d>\r\n", ID, CSEQ, -PV_BAD_TO);
	with_lines(VIA, FROM, TO, "Call-ID: a b\r\n", CSEQ, -PV_BAD_CALL_ID);
	with_lines(VIA, FROM, TO, "Call-ID:\r\n", CSEQ, -PV_BAD_CALL_ID);
	with_lines(VIA, FROM, TO, ID, "CSeq: OPTIONS\r\n", -PV_BAD_CSEQ);
	with_lines(VIA, FROM, TO, ID, "CSeq: 4294967296 OPTIONS\r\n", -PV_BAD_CSEQ);
	with_lines(VIA, FROM, TO, ID, "CSeq: 1 options\r\n", -PV_CSEQ_METHOD);
	with_lines(VIA, FROM, TO, ID, "CSeq: 1 INVITE\r\n", -PV_CSEQ_METHOD);
}
END_TEST

START_TEST(the_request_uri_is_judged_last)
{
#define URI(uri) "OPTIONS " uri " SIP/2.0\r\n" VIA FROM TO ID CSEQ "\r\n"
	ck_assert_int_eq(parse_text(&m, URI("<sip:a@b>")), -PV_BAD_REQUEST_URI);
	ck_assert_int_eq(parse_text(&m, URI("sip:a@b@c")), -PV_BAD_REQUEST_URI);
	ck_assert_int_eq(parse_text(&m, URI("http://example.test/")), -PV_BAD_SCHEME);
	ck_assert_int_gt(parse_text(&m, URI("tel:+49-30-1")), 0);
	SAYS(m.call_id, "1");
#undef URI
}
END_TEST

START_TEST(methods_are_any_token_and_mind_case)
{
	const char *odd =
		"!x0_*+`.%'~ sip:a@b SIP/2.0\r\n" VIA FROM TO ID "CSeq: 1 !x0_*+`.%'~\r\n\r\n";
	ck_assert_int_gt(parse_text(&m, odd), 0);
	ck_assert_int_eq(m.method, PV_METHOD_OTHER);
	SAYS(pv_message_span(&m, m.method_name), "!x0_*+`.%'~");
	const char *lower = "invite sip:a@b SIP/2.0\r\n" VIA FROM TO ID "CSeq: 1 invite\r\n\r\n";
	ck_assert_int_gt(parse_text(&m, lower), 0);
	ck_assert_int_eq(m.method, PV_METHOD_OTHER);
}
END_TEST

START_TEST(a_datagram_is_cut_at_content_length)
{
	const char *text = WITH("Content-Length: 3\r\n\r\nabcdef");
	ck_assert_int_eq(parse_text(&m, text), strlen(text) - 3);
	SAYS(pv_message_span(&m, m.body), "abc");
	ck_assert_uint_eq(m.length, strlen(text) - 3);
	ck_assert_int_gt(parse_text(&m, WITH("\r\nabcdef")), 0);
	SAYS(pv_message_span(&m, m.body), "abcdef");
}
END_TEST

START_TEST(a_stream_needs_more_until_the_body_is_whole)
{
	const char *text = WITH("Content-Length: 3\r\n\r\nabcOPTIONS");
	size_t length = strlen(text) - 7;
	for (size_t i = 0; i < length; i++)
		ck_assert_int_eq(pv_message_parse(&m, text, i, false), 0);
	ck_assert_int_eq(pv_message_parse(&m, text, length, false), length);
	ck_assert_int_eq(pv_message_parse(&m, text, strlen(text), false), length);
	text = WITH("\r\n");
	ck_assert_int_eq(pv_message_parse(&m, text, strlen(text), false), -PV_BAD_CONTENT_LENGTH);
	text = WITH("l: 99999\r\n\r\n");
	ck_assert_int_eq(pv_message_parse(&m, text, strlen(text), false), -PV_TOO_LARGE);
}
END_TEST

START_TEST(sizes_have_their_limits)
{
	static char big[70000];
	size_t head = (size_t)snprintf(big, sizeof(big), "%s", WITH("\r\n"));
	memset(big + head, 'x', sizeof(big) - head);
	ck_assert_int_eq(pv_message_parse(&m, big, PV_MESSAGE_MAX, true), PV_MESSAGE_MAX);
	ck_assert_int_eq(pv_message_parse(&m, big, PV_MESSAGE_MAX + 1, true), -PV_TOO_LARGE);
	SAYS(m.call_id, "w");

	size_t at = (size_t)snprintf(big, sizeof(big), "%s", WITH(""));
	for (int i = 0; i < PV_MESSAGE_FIELDS; i++)
		at += (size_t)snprintf(big + at, sizeof(big) - at, "A: b\r\n");
	snprintf(big + at, sizeof(big) - at, "\r\n");
	ck_assert_int_eq(parse_text(&m, big), -PV_TOO_MANY_FIELDS);
	ck_assert_uint_eq(m.field_count, PV_MESSAGE_FIELDS);

	at = (size_t)snprintf(big, sizeof(big), "%s", WITH(""));
	memset(big + at, 'A', 256);
	snprintf(big + at + 256, 16, ": x\r\n\r\n");
	ck_assert_int_eq(parse_text(&m, big), -PV_BAD_FIELD);
}
END_TEST

START_TEST(a_nul_is_refused_but_as_a_quoted_pair)
{
	static const char bad[] = WITH("Subject: \"a\0b\"\r\n\r\n");
	static const char good[] = WITH("Subject: \"a\\\0b\"\r\n\r\n");
	ck_assert_int_eq(pv_message_parse(&m, bad, sizeof(bad) - 1, true), -PV_BAD_FIELD);
	ck_assert_int_eq(pv_message_parse(&m, good, sizeof(good) - 1, true), sizeof(good) - 1);
	ck_assert_uint_eq(pv_message_value(&m, PV_HEADER_SUBJECT).length, 6);
}
END_TEST

START_TEST(a_bad_message_is_indexed_as_far_as_it_goes)
{
	ck_assert_int_eq(parse_text(&m, WITH("Bad\r\nMax-Forwards: 3\r\n\r\n")), -PV_BAD_FIELD);
	SAYS(m.via.branch, "z9hG4bK-w");
	SAYS(m.from_tag, "1");
	ck_assert_int_eq(m.max_forwards, 3);
	ck_assert_uint_eq(m.field_count, 6);
}
END_TEST

TEST_MAIN("message", an_invite_is_indexed_whole, linphones_register_is_accepted,
	a_response_has_its_method_from_cseq, lines_of_one_header_are_chained,
	each_rule_has_its_verdict, what_is_missing_or_malformed_is_named,
	the_request_uri_is_judged_last, methods_are_any_token_and_mind_case,
	a_datagram_is_cut_at_content_length, a_stream_needs_more_until_the_body_is_whole,
	sizes_have_their_limits, a_nul_is_refused_but_as_a_quoted_pair,
	a_bad_message_is_indexed_as_far_as_it_goes)
