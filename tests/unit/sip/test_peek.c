/* SPDX-License-Identifier: Apache-2.0 */
/* test_peek.c — owners found without a parse. */
#include "sip/peek.h"

#include "lib/guard_page.h"
#include "lib/testing.h"
#include "messages.h"

static struct sip_peek peek;

static int look(const char *text)
{
	return sip_peek(text, strlen(text), &peek);
}

START_TEST(a_request_is_owned_by_its_call_id)
{
	ck_assert_int_eq(look(INVITE), 0);
	ck_assert(peek.is_request && peek.method == PV_METHOD_INVITE && !peek.branch.at);
	ck_assert(pv_span_equal(peek.call_id, PV_SPAN("987asjd97y7atg")));
	ck_assert_int_eq(look("X a SIP/2.0\r\ni :\r\n folded@x \r\n\r\n"), 0);
	ck_assert(pv_span_equal(peek.call_id, PV_SPAN("folded@x")));
	ck_assert_int_eq(peek.method, PV_METHOD_OTHER);
}
END_TEST

START_TEST(a_response_by_its_branch_or_else_by_its_call_id)
{
	ck_assert_int_eq(look(RINGING), 0);
	ck_assert(!peek.is_request && peek.method == PV_METHOD_OTHER);
	ck_assert(pv_span_equal(peek.branch, PV_SPAN("z9hG4bK-folded")));
	ck_assert_int_eq(
		look("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a\r\nVia: SIP/2.0/UDP b;branch=x\r\n"
		     "CALL-ID:q\r\n\r\n"),
		0);
	ck_assert_ptr_null(peek.branch.at);
	ck_assert(pv_span_equal(peek.call_id, PV_SPAN("q")));
}
END_TEST

START_TEST(what_has_neither_says_so)
{
	ck_assert_int_eq(look("OPTIONS sip:a SIP/2.0\r\nTo: x\r\n\r\nCall-ID: body\r\n"), 0);
	ck_assert_ptr_null(peek.call_id.at);
	ck_assert_int_eq(look("OPTIONS sip:a SIP/2.0\r\nCall-ID:\r\n\r\n"), 0);
	ck_assert_ptr_null(peek.call_id.at);
}
END_TEST

START_TEST(what_is_not_sip_is_told)
{
	ck_assert_int_eq(look(""), -PV_NOT_SIP);
	ck_assert_int_eq(look("\r\n\r\n"), -PV_NOT_SIP);
	ck_assert_int_eq(look("GET / HTTP/1.1\r\n\r\n"), -PV_NOT_SIP);
	ck_assert_int_eq(look("OPTIONS sip:a SIP/2.0"), -PV_NOT_SIP);
	ck_assert_int_eq(look("SIP/x 200 OK\r\n\r\n"), -PV_NOT_SIP);
}
END_TEST

START_TEST(no_prefix_makes_it_read_too_far)
{
	static const char *const texts[] = {INVITE, REGISTER, RINGING};
	for (size_t t = 0; t < 3; t++)
		for (size_t length = 0; length <= strlen(texts[t]); length++)
			sip_peek(guard_page_put(texts[t], length), length, &peek);
	ck_assert(pv_span_equal(peek.branch, PV_SPAN("z9hG4bK-folded")));
}
END_TEST

TEST_MAIN("peek", a_request_is_owned_by_its_call_id,
	a_response_by_its_branch_or_else_by_its_call_id, what_has_neither_says_so,
	what_is_not_sip_is_told, no_prefix_makes_it_read_too_far)
