/* SPDX-License-Identifier: Apache-2.0 */
/* test_uri_equal.c — every example of RFC 3261 §19.1.4, and each of its rules. */
#include <portavoz/uri.h>

#include <stdio.h>

#include "lib/testing.h"

static const struct {
	const char *a, *b;
	bool equal;
} pairs[] = {
	/* equivalent in §19.1.4 */
	{"sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp", true},
	{"sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", true},
	{"sip:carol@chicago.com", "sip:carol@chicago.com;security=on", true},
	{"sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on", true},
	{"sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
		"sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com", true},
	{"sip:alice@atlanta.com?subject=project%20x&priority=urgent",
		"sip:alice@atlanta.com?priority=urgent&subject=project%20x", true},
	/* not equivalent in §19.1.4 */
	{"SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP", false},
	{"sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", false},
	{"sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", false},
	{"sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp", false},
	{"sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting", false},
	{"sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4", false},
	/* equality is not transitive: these two differ, and both equal one without the parameter */
	{"sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off", false},
	/* each rule */
	{"sip:a@b", "sips:a@b", false},
	{"sip:a@b", "sip:A@b", false},
	{"sip:a@b", "sip:b", false},
	{"sip:a:x@b", "sip:a@b", false},
	{"sip:a:x@b", "sip:a:X@b", false},
	{"sip:a:%78@b", "sip:a:x@b", true},
	{"sip:a@b;user=phone", "sip:a@b", false},
	{"sip:a@b;ttl=1", "sip:a@b", false},
	{"sip:a@b;method=INVITE", "sip:a@b", false},
	{"sip:a@b;maddr=c", "sip:a@b", false},
	{"sip:a@b;transport=udp", "sip:a@b", false},
	{"sip:a@b;%75ser=phone", "sip:a@b", false},
	{"sip:a@b;maddr=c", "sip:a@b;MADDR=C", true},
	{"sip:a@b;maddr=c", "sip:a@b;maddr=d", false},
	{"sip:a@b;lr", "sip:a@b", true},
	{"sip:a@b;lr;x=1", "sip:a@b;X=1;lr", true},
	{"sip:a@b;x=1", "sip:a@b;x=2", false},
	{"sip:a@b;x", "sip:a@b;x=2", false},
	{"sip:a%2Cb@c", "sip:a%2cb@c", true},
	{"sip:a%2Cb@c", "sip:a,b@c", false},
	{"sip:a%21@c", "sip:a!@c", true},
	{"sip:a@b?x=1", "sip:a@b?x=1&y=2", false},
	{"sip:a@b?x=1&y=2", "sip:a@b?Y=2&X=1", true},
	{"sip:a@b:5060", "sip:a@b:5060", true},
	{"sip:a@[2001:db8:0:0::1]", "sip:a@[2001:DB8::1]", true},
	{"sip:a@[2001:db8::1]", "sip:a@[2001:db8::2]", false},
	{"tel:+1-201-555-0123", "tel:+12015550123", true},
	{"tel:+1201", "tel:1201", false},
	{"tel:+1201;ext=1", "tel:+1201", false},
	{"tel:+1201;ext=1;isub=2", "tel:+1201;isub=2;EXT=1", true},
	{"tel:+1201", "sip:+1201@b", false},
	{"mailto:a@b", "MAILTO:a@b", true},
	{"mailto:a@b", "mailto:A@b", false},
	{"mailto:a@b", "http:a@b", false},
};

START_TEST(pairs_are_equal_or_not_both_ways)
{
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct pv_uri a, b;
		ck_assert_msg(pv_uri_parse(pv_span_of(pairs[i].a), &a) == 0, "%s", pairs[i].a);
		ck_assert_msg(pv_uri_parse(pv_span_of(pairs[i].b), &b) == 0, "%s", pairs[i].b);
		ck_assert_msg(
			pv_uri_equal(&a, &b) == pairs[i].equal, "%s %s", pairs[i].a, pairs[i].b);
		ck_assert_msg(
			pv_uri_equal(&b, &a) == pairs[i].equal, "%s %s", pairs[i].b, pairs[i].a);
		ck_assert(pv_uri_equal(&a, &a));
	}
}
END_TEST

/* Beyond the limit only equal bytes are equal: no URI makes us compare each with each. */
START_TEST(many_parameters_cost_little)
{
	static char one[20000], two[20000];
	struct pv_uri a, b;
	size_t at = (size_t)sprintf(one, "sip:a@b");
	for (int i = 0; i < 2000; i++)
		at += (size_t)sprintf(one + at, ";p%d", i);
	memcpy(two, one, at + 1);
	ck_assert_int_eq(pv_uri_parse(pv_span_of(one), &a), 0);
	ck_assert_int_eq(pv_uri_parse(pv_span_of(two), &b), 0);
	ck_assert(pv_uri_equal(&a, &b));
	two[at - 1] = 'x';
	ck_assert(!pv_uri_equal(&a, &b));
}
END_TEST

TEST_MAIN("uri_equal", pairs_are_equal_or_not_both_ways, many_parameters_cost_little)
