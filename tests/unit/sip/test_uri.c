/* SPDX-License-Identifier: Apache-2.0 */
/* test_uri.c — parts of URIs, and which are malformed (RFC 3261 §19.1.1 to §19.1.3, RFC 3966). */
#include <portavoz/uri.h>

#include "lib/testing.h"

static struct pv_uri uri;

#define SAYS(span, literal) ck_assert(pv_span_equal(span, PV_SPAN(literal)))

static int parse(const char *text)
{
	return pv_uri_parse(pv_span_of(text), &uri);
}

START_TEST(all_parts_are_found)
{
	ck_assert_int_eq(
		parse("sip:alice:secretword@atlanta.com:5070;transport=tcp;lr;maddr=239.255.255.1"
		      "?subject=project%20x&priority="),
		0);
	ck_assert_int_eq(uri.scheme, PV_SCHEME_SIP);
	SAYS(uri.user, "alice");
	SAYS(uri.password, "secretword");
	SAYS(uri.host, "atlanta.com");
	ck_assert_uint_eq(uri.port, 5070);
	SAYS(uri.params, ";transport=tcp;lr;maddr=239.255.255.1");
	SAYS(uri.headers, "?subject=project%20x&priority=");
	SAYS(uri.transport, "tcp");
	SAYS(uri.maddr, "239.255.255.1");
	ck_assert(uri.lr && uri.has_user && !uri.host_is_ipv4 && !uri.host_is_ipv6);
}
END_TEST

START_TEST(hosts_are_told_apart)
{
	ck_assert_int_eq(parse("sips:[2001:db8::10]:5070"), 0);
	SAYS(uri.host, "2001:db8::10");
	ck_assert(uri.host_is_ipv6 && !uri.has_user && uri.scheme == PV_SCHEME_SIPS);
	ck_assert_uint_eq(uri.port, 5070);
	ck_assert_int_eq(parse("sip:192.0.2.4"), 0);
	ck_assert(uri.host_is_ipv4);
	ck_assert_int_eq(parse("sip:192.0.2.400"), 0);
	ck_assert(!uri.host_is_ipv4);
	ck_assert_int_eq(parse("SIP:example.com."), 0);
}
END_TEST

START_TEST(users_may_hold_what_parts_a_uri)
{
	ck_assert_int_eq(parse("sip:alice;day=tuesday@atlanta.com"), 0);
	SAYS(uri.user, "alice;day=tuesday");
	ck_assert_uint_eq(uri.params.length, 0);
	ck_assert_int_eq(parse("sip:a?b/c,d@h?x=y"), 0);
	SAYS(uri.user, "a?b/c,d");
	SAYS(uri.headers, "?x=y");
	ck_assert_int_eq(parse("sip:sips%3Auser%40example.com@example.net"), 0);
	SAYS(uri.user, "sips%3Auser%40example.com");
}
END_TEST

START_TEST(telephone_numbers_and_other_schemes)
{
	ck_assert_int_eq(parse("tel:+1-201-555-0123;ext=12"), 0);
	ck_assert_int_eq(uri.scheme, PV_SCHEME_TEL);
	SAYS(uri.user, "+1-201-555-0123");
	SAYS(uri.params, ";ext=12");
	ck_assert_int_eq(parse("tel:7042;phone-context=example.com"), 0);
	ck_assert_int_eq(parse("tel:"), -1);
	ck_assert_int_eq(parse("tel:-"), -1);
	ck_assert_int_eq(parse("tel:1+2"), -1);
	ck_assert_int_eq(parse("mailto:a@b"), 0);
	ck_assert_int_eq(uri.scheme, PV_SCHEME_OTHER);
	ck_assert_int_eq(parse("soap.beep://192.0.2.103:3002"), 0);
}
END_TEST

START_TEST(malformed_ones_are_refused_and_leave_the_result_alone)
{
	static const char *const bad[] = {"", "sip", "sip:", "sip:@host", "sip:a@", "sip:a@b@c",
		"sip:a@b:", "sip:a@b:0", "sip:a@b:65536", "sip:a@b:5a", "sip:a b@c", "sip:a@b c",
		"<sip:a@b>", "sip:a@b;", "sip:a@b;;lr", "sip:a@b;x=", "sip:a@b?", "sip:a@b?x",
		"sip:a@b?=y", "sip:a@b?x=y&", "sip:%4@b", "sip:%zz@b", "sip:a@b;x=%", "sip:a@[::1",
		"sip:a@[::g]", "sip:a@::1", "sip:2001:db8::10", "sip:a@b..c", "sip:a@.b",
		"sip:a@-b", "sip:a\"@b",
		"sip:a@b;transport=", "sip:a@b;transport=tcp;transport=udp",
		"sip:a@b;maddr=x;maddr=y", "1sip:a", ":a", "http:", "x:a b", "sip:\x01@b",
		"sip:a:b:c@d"};
	parse("sip:kept@host");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_msg(parse(bad[i]) == -1, "%s", bad[i]);
		SAYS(uri.user, "kept");
	}
}
END_TEST

static bool canonical(const char *user, const char *expected)
{
	char out[64];
	struct pv_writer w;
	pv_writer_init(&w, out, sizeof(out));
	if (!pv_uri_user_canonical(pv_span_of(user), &w))
		return expected == NULL;
	return expected && pv_span_equal(pv_writer_span(&w), pv_span_of(expected));
}

START_TEST(users_have_one_canonical_form)
{
	ck_assert(canonical("alice", "alice"));
	ck_assert(canonical("%61lic%65", "alice"));
	ck_assert(canonical("j%40corp", "j@corp"));
	ck_assert(canonical("%C3%a9", "\xc3\xa9"));
	ck_assert(canonical("bob%00evil", NULL));
	ck_assert(canonical("bob%0a", NULL));
	ck_assert(canonical("bob%7f", NULL));
	ck_assert(canonical("bob%", NULL));
	ck_assert(canonical("bob%6", NULL));
	ck_assert(canonical("", ""));
}
END_TEST

TEST_MAIN("uri", all_parts_are_found, hosts_are_told_apart, users_may_hold_what_parts_a_uri,
	telephone_numbers_and_other_schemes, malformed_ones_are_refused_and_leave_the_result_alone,
	users_have_one_canonical_form)
