/* SPDX-License-Identifier: Apache-2.0 */
/* test_build.c — answers, CANCEL and ACK; what is built is read back. */
#include <portavoz/build.h>

#include "lib/testing.h"
#include "messages.h"

static struct pv_message m, again;
static char out[4096];
static struct pv_writer w;

#define SAYS(span, literal) ck_assert(pv_span_equal(span, PV_SPAN(literal)))

static void begin(const char *text)
{
	parse_text(&m, text);
	pv_writer_init(&w, out, sizeof(out));
}

static void answer(const struct pv_response *response)
{
	pv_build_response(&w, &m, response);
	pv_build_end(&w, PV_SPAN(""), PV_SPAN(""));
	ck_assert_int_eq(
		pv_message_parse(&again, out, pv_writer_length(&w), true), pv_writer_length(&w));
}

START_TEST(an_answer_is_what_section_8_2_6_says)
{
	struct pv_response response = {.status = 200,
		.to_tag = PV_SPAN("mine"),
		.received = PV_SPAN("198.51.100.1"),
		.rport = PV_SPAN("4711")};
	begin(INVITE);
	pv_build_response(&w, &m, &response);
	pv_build_header(&w, PV_HEADER_CONTACT, PV_SPAN("<sip:us>"));
	pv_build_header_named(&w, PV_SPAN("X-A"), PV_SPAN("b"));
	pv_build_end(&w, PV_SPAN("text/plain"), PV_SPAN("hi"));
	SAYS(pv_writer_span(&w),
		"SIP/2.0 200 OK\r\n"
		"Via: SIP/2.0/UDP "
		"192.0.2.1:5062;rport=4711;branch=z9hG4bK-one;received=198.51.100.1, "
		"SIP/2.0/TCP gw;branch=x\r\n"
		"Via: SIP/2.0/TLS [2001:db8::1]:5071;branch=z9hG4bK-three\r\n"
		"From: \"Alice, of \\\"A\\\"\" <sip:alice@example.test>;tag=88sja8x\r\n"
		"To: Bob <sip:bob@example.test>;tag=mine\r\n"
		"Call-ID: 987asjd97y7atg\r\n"
		"CSeq: 986759 INVITE\r\n"
		"Contact: <sip:us>\r\n"
		"X-A: b\r\n"
		"Content-Type: text/plain\r\n"
		"Content-Length: 2\r\n"
		"\r\n"
		"hi");
}
END_TEST

START_TEST(what_the_via_claims_is_replaced)
{
	struct pv_response response = {
		.status = 404, .received = PV_SPAN("192.0.2.5"), .rport = PV_SPAN("5")};
	begin("OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;received=evil;rport=1;branch=z\r\n"
	      "From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=theirs\r\nCall-ID: 1\r\nCSeq: 1 "
	      "OPTIONS\r\n\r\n");
	response.to_tag = PV_SPAN("ours");
	answer(&response);
	SAYS(again.via.whole, "SIP/2.0/UDP h;received=192.0.2.5;rport=5;branch=z");
	SAYS(again.to_tag, "theirs");
	SAYS(pv_message_span(&again, again.reason), "Not Found");
}
END_TEST

START_TEST(nothing_is_added_that_was_not_asked_for)
{
	struct pv_response response = {
		.status = 100, .phrase = PV_SPAN("Wait"), .rport = PV_SPAN("5")};
	begin(WITH("Timestamp: 54\r\nRecord-Route: <sip:p;lr>\r\n\r\n"));
	answer(&response);
	SAYS(again.via.whole, "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK-w");
	ck_assert_uint_eq(again.to_tag.length, 0);
	SAYS(pv_message_span(&again, again.reason), "Wait");
	SAYS(pv_message_value(&again, PV_HEADER_TIMESTAMP), "54");
	ck_assert(!pv_message_has(&again, PV_HEADER_RECORD_ROUTE));
	begin(WITH("Timestamp: 54\r\nRecord-Route: <sip:p;lr>\r\n\r\n"));
	response.status = 180;
	response.record_route = true;
	answer(&response);
	ck_assert(!pv_message_has(&again, PV_HEADER_TIMESTAMP));
	SAYS(pv_message_value(&again, PV_HEADER_RECORD_ROUTE), "<sip:p;lr>");
}
END_TEST

START_TEST(a_broken_request_gets_what_can_be_said)
{
	struct pv_response response = {
		.status = 400, .received = PV_SPAN("1.2.3.4"), .to_tag = PV_SPAN("t")};
	begin("OPTIONS sip:a@b SIP/2.0\r\nVia: broken\r\nTo: \"<sip:a@b>\r\nCSeq: x\r\n\r\n");
	pv_build_response(&w, &m, &response);
	SAYS(pv_writer_span(&w),
		"SIP/2.0 400 Bad Request\r\nVia: broken\r\nTo: \"<sip:a@b>\r\nCSeq: x\r\n");
}
END_TEST

START_TEST(cancel_and_ack_belong_to_what_was_sent)
{
	begin(INVITE);
	pv_build_cancel(&w, &m, PV_SPAN("SIP;cause=200"));
	SAYS(pv_writer_span(&w),
		"CANCEL sip:bob@example.test SIP/2.0\r\n"
		"Via: SIP/2.0/UDP 192.0.2.1:5062;rport;branch=z9hG4bK-one\r\n"
		"Route: <sip:p1.example.test;lr>, <sip:p2.example.test;lr>\r\n"
		"Max-Forwards: 70\r\n"
		"From: \"Alice, of \\\"A\\\"\" <sip:alice@example.test>;tag=88sja8x\r\n"
		"To: Bob <sip:bob@example.test>\r\n"
		"Call-ID: 987asjd97y7atg\r\n"
		"CSeq: 986759 CANCEL\r\n"
		"Reason: SIP;cause=200\r\n"
		"Content-Length: 0\r\n"
		"\r\n");
	begin(INVITE);
	pv_build_ack(&w, &m, PV_SPAN("<sip:bob@example.test>;tag=9"));
	ck_assert_int_gt(pv_message_parse(&again, out, pv_writer_length(&w), true), 0);
	ck_assert_int_eq(again.method, PV_METHOD_ACK);
	ck_assert_uint_eq(again.cseq, 986759);
	SAYS(again.to_tag, "9");
	ck_assert(!pv_message_has(&again, PV_HEADER_REASON));
}
END_TEST

START_TEST(too_little_room_is_told)
{
	struct pv_response response = {.status = 200};
	begin(INVITE);
	pv_writer_init(&w, out, 100);
	pv_build_response(&w, &m, &response);
	ck_assert(w.overflow);
}
END_TEST

TEST_MAIN("build", an_answer_is_what_section_8_2_6_says, what_the_via_claims_is_replaced,
	nothing_is_added_that_was_not_asked_for, a_broken_request_gets_what_can_be_said,
	cancel_and_ack_belong_to_what_was_sent, too_little_room_is_told)
