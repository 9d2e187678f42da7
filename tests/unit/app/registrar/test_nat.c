/* SPDX-License-Identifier: Apache-2.0 */
/* test_nat.c: who can only be reached by the hole that the REGISTER made. */
#include "harness.h"

static const struct {
	const char *what;
	const char *source;
	uint16_t port;
	enum pv_transport transport;
	const char *sent_by, *contact;
	bool behind_nat;
} cases[] = {
	{"plain", "192.0.2.7", 5060, PV_TRANSPORT_UDP, "192.0.2.7:5060", "192.0.2.7:5060", false},
	{"plain, default port", "192.0.2.7", 5060, PV_TRANSPORT_UDP, "192.0.2.7", "192.0.2.7",
		false},
	{"home router", "203.0.113.9", 40000, PV_TRANSPORT_UDP, "192.168.1.20:5060;rport",
		"192.168.1.20:5060", true},
	{"home router, no rport", "203.0.113.9", 40000, PV_TRANSPORT_UDP, "192.168.1.20",
		"192.168.1.20", true},
	{"learned Contact", "203.0.113.9", 40000, PV_TRANSPORT_UDP, "192.168.1.20:5060;rport",
		"203.0.113.9:40000", true},
	{"port rewritten", "192.0.2.7", 40000, PV_TRANSPORT_UDP, "192.0.2.7:5060;rport",
		"192.0.2.7:5060", true},
	{"sends from another port", "192.0.2.7", 40000, PV_TRANSPORT_UDP, "192.0.2.7:5060",
		"192.0.2.7:5060", false},
	{"somebody else's port", "192.0.2.7", 40000, PV_TRANSPORT_UDP, "192.0.2.7:40000;rport",
		"192.0.2.7:5070", false},
	{"somebody else", "192.0.2.7", 5060, PV_TRANSPORT_UDP, "192.0.2.7;rport", "192.0.2.99",
		false},
	{"a private one from outside", "192.0.2.7", 5060, PV_TRANSPORT_UDP, "192.0.2.7;rport",
		"10.0.0.1", true},
	{"a private one from another", "10.0.0.7", 5060, PV_TRANSPORT_UDP, "10.0.0.7;rport",
		"10.0.1.1", true},
	{"TCP", "192.0.2.7", 40000, PV_TRANSPORT_TCP, "192.0.2.7:5060",
		"192.0.2.7:5060;transport=tcp", false},
	{"TCP behind NAT", "203.0.113.9", 40000, PV_TRANSPORT_TCP, "10.0.0.2:5060", "10.0.0.2:5060",
		true},
	{"browser", "203.0.113.9", 40000, PV_TRANSPORT_WS, "x8f2.invalid",
		"x8f2.invalid;transport=ws", true},
	{"by name", "192.0.2.7", 5060, PV_TRANSPORT_UDP, "pc.lan", "pc.lan", true},
	{"another name", "192.0.2.7", 5060, PV_TRANSPORT_UDP, "192.0.2.7", "trunk.example.org",
		false},
	{"IPv6", "2001:db8::7", 5060, PV_TRANSPORT_UDP, "[2001:db8::7]:5060", "[2001:db8::7]:5060",
		false},
};

START_TEST(is_found_out)
{
	struct registry_binding found[1];
	char text[1024];
	open_registrar(10);
	from = path_of(cases[_i].source, cases[_i].port, cases[_i].transport, 0);
	snprintf(request, sizeof(request),
		"REGISTER sip:example.test SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK1\r\n"
		"From: <sip:alice@example.test>;tag=f\r\nTo: <sip:alice@example.test>\r\nCall-ID: "
		"one\r\n"
		"CSeq: 1 REGISTER\r\nContact: <sip:alice@%s>\r\n\r\n",
		cases[_i].sent_by, cases[_i].contact);
	ASSERT_STATUS(200, answer_to(request));
	ck_assert_int_eq(registry_lookup(registry, PV_SPAN("alice@example.test"), found, 1, text,
				 sizeof(text)),
		1);
	ck_assert_msg(found[0].behind_nat == cases[_i].behind_nat, "%s", cases[_i].what);
	ck_assert_msg(net_address_equal(&found[0].received.peer, &from.peer), "%s", cases[_i].what);
	close_registrar();
}
END_TEST

START_TEST(a_proxy_in_between_is_no_nat)
{
	struct registry_binding found[1];
	char text[1024];
	open_registrar(10);
	ASSERT_STATUS(200, ask("Via: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK2\r\nContact: "
			       "<sip:alice@10.0.0.2>\r\n"));
	ck_assert_int_eq(registry_lookup(registry, PV_SPAN("alice@example.test"), found, 1, text,
				 sizeof(text)),
		1);
	ck_assert(!found[0].behind_nat);
	close_registrar();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("registrar_nat");
	TCase *tcase = testing_case("nat");
	SRunner *runner = srunner_create(suite);
	tcase_add_loop_test(tcase, is_found_out, 0, ARRAY_LENGTH(cases));
	tcase_add_test(tcase, a_proxy_in_between_is_no_nat);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
