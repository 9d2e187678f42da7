/* SPDX-License-Identifier: Apache-2.0 */
/* test_via.c — Via values (RFC 3261 §20.42, RFC 3581, RFC 5118 §4.5). */
#include <portavoz/message.h>

#include "lib/testing.h"

static struct pv_via via;

#define SAYS(span, literal) ck_assert(pv_span_equal(span, PV_SPAN(literal)))

static int parse(const char *text)
{
	return pv_via_parse(pv_span_of(text), &via);
}

START_TEST(all_parts_are_found)
{
	ck_assert_int_eq(
		parse("SIP/2.0/TCP erlang.bell-telephone.com:5060;branch=z9hG4bK87asdks7;rport;"
		      "received=192.0.2.207;maddr=224.2.0.1;ttl=16"),
		0);
	SAYS(via.protocol, "TCP");
	ck_assert_int_eq(via.transport, PV_TRANSPORT_TCP);
	SAYS(via.host, "erlang.bell-telephone.com");
	ck_assert_uint_eq(via.port, 5060);
	SAYS(via.branch, "z9hG4bK87asdks7");
	SAYS(via.received, "192.0.2.207");
	SAYS(via.maddr, "224.2.0.1");
	ck_assert(via.has_rport && via.rport.length == 0);
	ck_assert(memcmp(via.rport.at - 6, ";rport;", 7) == 0);
}
END_TEST

START_TEST(blanks_may_stand_around_every_separator)
{
	ck_assert_int_eq(parse(" SIP\r\n / 2.0 /\tudp \r\n host : 4000 ; x = \"a,;\\\"b\" ;\r\n "
			       "rport = 9 ; BRANCH = y "),
		0);
	ck_assert_int_eq(via.transport, PV_TRANSPORT_UDP);
	SAYS(via.host, "host");
	ck_assert_uint_eq(via.port, 4000);
	SAYS(via.rport, "9");
	SAYS(via.branch, "y");
	SAYS(via.params, "; x = \"a,;\\\"b\" ;\r\n rport = 9 ; BRANCH = y");
}
END_TEST

START_TEST(ipv6_hosts_and_either_form_of_received)
{
	ck_assert_int_eq(parse("SIP/2.0/WSS [2001:db8::9:1]:6050;received=[2001:db8::9:255]"), 0);
	ck_assert(via.host_is_ipv6 && via.transport == PV_TRANSPORT_WSS);
	SAYS(via.host, "2001:db8::9:1");
	SAYS(via.received, "[2001:db8::9:255]");
	ck_assert_int_eq(parse("SIP/2.0/SCTP a;received=2001:db8::9:255"), 0);
	ck_assert_int_eq(via.transport, PV_TRANSPORT_OTHER);
	SAYS(via.received, "2001:db8::9:255");
}
END_TEST

START_TEST(the_first_of_two_parameters_counts)
{
	ck_assert_int_eq(parse("SIP/2.0/UDP a;branch;branch=2"), 0);
	ck_assert_uint_eq(via.branch.length, 0);
	ck_assert_int_eq(parse("SIP/2.0/UDP a;branch=1;branch=2;rport=3;rport=4"), 0);
	SAYS(via.branch, "1");
	SAYS(via.rport, "3");
}
END_TEST

START_TEST(malformed_ones_are_refused_and_leave_the_result_alone)
{
	static const char *const bad[] = {"", "SIP/2.0/UDP", "SIP/2.0/UDP ", "SIP/2.0/UDPhost",
		"SIP/2.1/UDP a", "HTTP/2.0/UDP a", "SIP 2.0 UDP a", "SIP/2.0/ a", "SIP/2.0/UDP a;",
		"SIP/2.0/UDP a;;b", "SIP/2.0/UDP a;branch=", "SIP/2.0/UDP a;branch=\"x",
		"SIP/2.0/UDP a b", "SIP/2.0/UDP a:", "SIP/2.0/UDP a:x", "SIP/2.0/UDP a:70000",
		"SIP/2.0/UDP [::1", "SIP/2.0/UDP ::1", "SIP/2.0/UDP a, SIP/2.0/UDP b",
		"SIP/2.0/UDP a;x=(b)", "SIP/2.0/UDP a;x=<b>", ",", ";"};
	parse("SIP/2.0/UDP kept");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_msg(parse(bad[i]) == -1, "%s", bad[i]);
		SAYS(via.host, "kept");
	}
}
END_TEST

TEST_MAIN("via", all_parts_are_found, blanks_may_stand_around_every_separator,
	ipv6_hosts_and_either_form_of_received, the_first_of_two_parameters_counts,
	malformed_ones_are_refused_and_leave_the_result_alone)
