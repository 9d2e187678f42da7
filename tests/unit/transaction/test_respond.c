/* SPDX-License-Identifier: Apache-2.0 */
/* test_respond.c — the way of responses, received and rport, local tags
 * (src/transaction/respond.c). */
#include <stdio.h>

#include "lib/testing.h"
#include "lib/transaction_actor.h"

static struct actor actor;
static struct pv_message message;
static char text[2048];

static const struct pv_message *parse(const char *source, const char *via)
{
	int length = snprintf(text, sizeof(text),
		"OPTIONS sip:a@a SIP/2.0\r\nVia: SIP/2.0/%s\r\nFrom: <sip:a@a>;tag=1\r\nTo: "
		"<sip:a@a>\r\n"
		"Call-ID: 1\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
		via);
	ck_assert_int_gt(pv_message_parse(&message, text, (size_t)length, true), 0);
	return &message;
}

/* clang-format off */
static const struct {
	const char *source, *via;
	const char *to, *received, *rport;
} ways[] = {
	/* sent-by is the source: nothing is added, its port is taken */
	{ "10.0.0.2:5060", "UDP 10.0.0.2;branch=z9hG4bK1", "10.0.0.2:5060", "", "" },
	{ "10.0.0.2:4000", "UDP 10.0.0.2;branch=z9hG4bK1", "10.0.0.2:5060", "", "" },
	{ "10.0.0.2:4000", "UDP 10.0.0.2:5070;branch=z9hG4bK1", "10.0.0.2:5070", "", "" },
	/* §18.2.1: a name, or another address */
	{ "10.0.0.2:4000", "UDP phone.test;branch=z9hG4bK1", "10.0.0.2:5060", "10.0.0.2", "" },
	{ "10.0.0.2:4000", "UDP 10.0.0.3:5070;branch=z9hG4bK1", "10.0.0.2:5070", "10.0.0.2", "" },
	/* RFC 3581: rport brings received along, whatever sent-by is, and is never believed */
	{ "10.0.0.2:4000", "UDP 10.0.0.2;rport;branch=z9hG4bK1", "10.0.0.2:4000", "10.0.0.2", "4000" },
	{ "10.0.0.2:4000", "UDP 10.0.0.2;rport=53;branch=z9hG4bK1", "10.0.0.2:4000", "10.0.0.2", "4000" },
	/* maddr, and one that is no address */
	{ "10.0.0.2:4000", "UDP 10.0.0.2:5070;maddr=224.2.0.1;branch=z9hG4bK1", "224.2.0.1:5070", "", "" },
	{ "10.0.0.2:4000", "UDP 10.0.0.2;maddr=x.test;branch=z9hG4bK1", "10.0.0.2:5060", "", "" },
	/* a NAT in between, and no rport */
	{ "203.0.113.9:4000", "UDP 192.168.1.2;branch=z9hG4bK1", "203.0.113.9:4000", "203.0.113.9", "" },
	/* connections are answered over themselves */
	{ "tcp:10.0.0.2:4000/9", "TCP phone.test:5070;branch=z9hG4bK1", "tcp:10.0.0.2:4000/9", "10.0.0.2", "" },
	{ "ws:10.0.0.2:4000/9", "WS abc.invalid;branch=z9hG4bK1", "ws:10.0.0.2:4000/9", "10.0.0.2", "" },
	{ "tcp:10.0.0.2:4000/9", "TCP 10.0.0.2;maddr=10.0.0.9;branch=z9hG4bK1", "tcp:10.0.0.2:4000/9", "", "" },
	/* IPv6 */
	{ "[2001:db8::9]:4000", "UDP [2001:db8::9];branch=z9hG4bK1", "[2001:db8::9]:5060", "", "" },
	{ "[2001:db8::9]:4000", "UDP [2001:DB8:0::9];rport;branch=z9hG4bK1", "[2001:db8::9]:4000", "2001:db8::9", "4000" },
};
/* clang-format on */

START_TEST(goes_the_right_way)
{
	struct transaction_via_text via;
	struct pv_span received, rport;
	struct path from = fake_path(ways[_i].source), to;
	const struct pv_message *request = parse(ways[_i].source, ways[_i].via);
	char path[96];
	from.tcp_if_large = 1;
	transaction_response_path(request, &from, &to);
	transaction_via_fixup(request, &from, &via, &received, &rport);
	ck_assert_str_eq(fake_path_text(&to, path, sizeof(path)), ways[_i].to);
	ck_assert_uint_eq(to.tcp_if_large, 0);
	ck_assert_msg(pv_span_equal(received, pv_span_of(ways[_i].received)), "received %.*s",
		PV_SPAN_PRINT(received));
	ck_assert_msg(pv_span_equal(rport, pv_span_of(ways[_i].rport)), "rport %.*s",
		PV_SPAN_PRINT(rport));
}
END_TEST

START_TEST(the_path_may_be_mended_in_place)
{
	struct path path = fake_path("10.0.0.2:4000");
	transaction_response_path(parse("", "UDP 10.0.0.2:5070;branch=z9hG4bK1"), &path, &path);
	ck_assert_uint_eq(path.peer.port, 5070);
}
END_TEST

START_TEST(a_tag_is_a_function_of_the_request)
{
	char tag[3][TRANSACTION_TAG];
	actor_init(&actor, 10);
	for (unsigned i = 0; i < 3; i++) {
		struct pv_span span = transaction_local_tag(actor.layer,
			parse("", i < 2 ? "UDP a;branch=z9hG4bK1" : "UDP a;branch=z9hG4bK2"),
			tag[i]);
		ck_assert_ptr_eq(span.at, tag[i]);
		ck_assert_uint_eq(span.length, TRANSACTION_TAG);
	}
	ck_assert_mem_eq(tag[0], tag[1], TRANSACTION_TAG);
	ck_assert_mem_ne(tag[0], tag[2], TRANSACTION_TAG);
	actor_done(&actor);
}
END_TEST

/* The ACK of a stateless refusal carries the tag that it gave, and ends here; with any other it is
 * the user's. */
START_TEST(absorbs_the_ack_of_a_stateless_refusal)
{
	actor_init(&actor, 1);
	scenario_run(&actor.scenario, "refusal",
		"> MESSAGE branch=z9hG4bK-9\n"
		"? request s1 MESSAGE\n"
		"> INVITE\n"
		"< 503 @r\n");
	const struct fake_sent *refusal = scenario_label(&actor.scenario, "r");
	const char *tag =
		strstr(refusal->bytes + (scenario_header(refusal->bytes, refusal->length, "To").at -
						refusal->bytes),
			";tag=");
	char script[128];
	snprintf(script, sizeof(script), "> ACK totag=%.*s\n> ACK totag=other\n? ack\n",
		TRANSACTION_TAG, tag + 5);
	scenario_run(&actor.scenario, "its ACK", script);
	actor_done(&actor);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("respond");
	TCase *tcase = testing_case("respond");
	tcase_add_loop_test(tcase, goes_the_right_way, 0, (int)(sizeof(ways) / sizeof(ways[0])));
	tcase_add_test(tcase, the_path_may_be_mended_in_place);
	tcase_add_test(tcase, a_tag_is_a_function_of_the_request);
	tcase_add_test(tcase, absorbs_the_ack_of_a_stateless_refusal);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
