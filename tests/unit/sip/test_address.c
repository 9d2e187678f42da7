/* SPDX-License-Identifier: Apache-2.0 */
/* test_address.c — name-addr, addr-spec and "*" (RFC 3261 §20.10). */
#include <portavoz/message.h>

#include "lib/testing.h"

static struct pv_address address;

#define SAYS(span, literal) ck_assert(pv_span_equal(span, PV_SPAN(literal)))

static int parse(const char *text)
{
	return pv_address_parse(pv_span_of(text), &address);
}

START_TEST(a_name_addr_has_its_parts)
{
	ck_assert_int_eq(
		parse("\"Mr. \\\"W\\\", <x>\" <sip:w@example.com;a?b=c,d>;q=0.7 ; expires=3600 "),
		0);
	SAYS(address.display, "\"Mr. \\\"W\\\", <x>\"");
	SAYS(address.uri, "sip:w@example.com;a?b=c,d");
	SAYS(address.params, ";q=0.7 ; expires=3600");
	ck_assert(address.is_name_addr && !address.is_star);
	ck_assert_int_eq(parse("caller<sip:a@b>;tag=1"), 0);
	SAYS(address.display, "caller");
	ck_assert_int_eq(parse("A. B\r\n C~ <sip:a@b>"), 0);
	SAYS(address.display, "A. B\r\n C~");
	ck_assert_int_eq(parse("<sip:a@b>"), 0);
	ck_assert_uint_eq(address.display.length, 0);
	ck_assert_int_eq(parse("\xd0\xb0 <sip:a@b>"), 0);
}
END_TEST

START_TEST(a_bare_uri_ends_at_its_semicolon)
{
	ck_assert_int_eq(parse("sip:a@b;tag=x"), 0);
	SAYS(address.uri, "sip:a@b");
	SAYS(address.params, ";tag=x");
	ck_assert(!address.is_name_addr);
	ck_assert_int_eq(parse("\r\n sip:a@b ; tag = x"), 0);
	SAYS(address.uri, "sip:a@b");
	ck_assert_int_eq(parse("tel:+49-30-1"), 0);
}
END_TEST

START_TEST(a_star_stands_alone)
{
	ck_assert_int_eq(parse(" * "), 0);
	ck_assert(address.is_star && address.uri.length == 0);
	ck_assert_int_eq(parse("*;x"), -1);
	ck_assert_int_eq(parse("**"), -1);
}
END_TEST

START_TEST(malformed_ones_are_refused_and_leave_the_result_alone)
{
	static const char *const bad[] = {"", " ", "x", "<>", "<sip:>", "<sip:a@b", "sip:a@b>",
		"< sip:a@b >", "<sip:a b@c>", "\"x <sip:a@b>", "\"x\"", "\"x\" sip:a@b",
		"Bell, A <sip:a@b>", "sip:a@b?x=y", "<sip:a@b>;", "<sip:a@b>;;x", "<sip:a@b> x",
		"<sip:a@b>;x=", "<sip:a@b>,", "sip:a@b sip:c@d", "a:b <sip:a@b>", "a\\b <sip:a@b>",
		"<<sip:a@b>>", "<\"sip:a@b\">", ":a", "<:a>"};
	parse("<sip:kept@host>");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_msg(parse(bad[i]) == -1, "%s", bad[i]);
		SAYS(address.uri, "sip:kept@host");
	}
}
END_TEST

TEST_MAIN("address", a_name_addr_has_its_parts, a_bare_uri_ends_at_its_semicolon,
	a_star_stands_alone, malformed_ones_are_refused_and_leave_the_result_alone)
