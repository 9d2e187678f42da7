/* SPDX-License-Identifier: Apache-2.0 */
/* test_steps.c: RFC 3261 §10.3 step by step, and what phones make of it. */
#include "harness.h"

#define A "Contact: <sip:alice@192.0.2.7:5060>"

START_TEST(answer_byte_for_byte)
{
	open_registrar(10);
	cseq = 0;
	const char *text = ask(
		"Contact: \"Al\" <sip:alice@192.0.2.7:5060;ob>;q=0.25;+x=\"a,b\";expires=120\r\n"
		"Contact: sip:alice@192.0.2.8;audio\r\nExpires: 600\r\n");
	static const char before_tag[] =
		"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK1\r\n"
		"From: <sip:alice@example.test>;tag=f\r\nTo: <sip:alice@example.test>;tag=";
	static const char after_tag[] =
		"\r\nCall-ID: one\r\nCSeq: 1 REGISTER\r\n"
		"Contact: <sip:alice@192.0.2.8>;expires=600;audio\r\n"
		"Contact: <sip:alice@192.0.2.7:5060;ob>;expires=120;q=0.25;+x=\"a,b\"\r\n"
		"Supported: path, outbound\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
		"Content-Length: 0\r\n\r\n";
	ck_assert_msg(strncmp(text, before_tag, strlen(before_tag)) == 0, "%s", text);
	ck_assert_msg(strcmp(strchr(text + strlen(before_tag), '\r'), after_tag) == 0, "%s", text);
	close_registrar();
}
END_TEST

START_TEST(query_lists_what_is_left)
{
	open_registrar(10);
	ASSERT_LACKS(ask("%s", ""), "Contact");
	ask(A ";expires=100\r\n");
	fake_clock_advance(&fake, 40500);
	ASSERT_HAS(ask("%s", ""), "Contact: <sip:alice@192.0.2.7:5060>;expires=60\r\n");
	fake_clock_advance(&fake, 60000);
	ASSERT_LACKS(ask("%s", ""), "Contact");
	close_registrar();
}
END_TEST

START_TEST(require_is_understood_or_refused)
{
	open_registrar(10);
	ASSERT_STATUS(200, ask("Require: path, outbound\r\n"));
	const char *text = ask("Require: path, teleport\r\nRequire: gruu\r\n" A "\r\n");
	ASSERT_STATUS(420, text);
	ASSERT_HAS(text, "Unsupported: teleport, gruu\r\n");
	ASSERT_LACKS(ask("%s", ""), "Contact");
	close_registrar();
}
END_TEST

static const struct {
	const char *to;
	unsigned status;
	const char *aor;
} addresses[] = {
	{"<sip:%61lice@EXAMPLE.test:5060>", 200, "alice@example.test"},
	{"sip:alice@other.test", 200, "alice@other.test"},
	{"<sip:alice@198.51.100.1>", 200, "alice@example.test"},
	{"<sips:alice@example.test>", 200, "alice@example.test"},
	{"<sip:bob%00evil@example.test>", 400, NULL},
	{"<sip:bob%0d%0aX:@example.test>", 400, NULL},
	{"<sip:alice@elsewhere.test>", 404, NULL},
	{"<sip:alice@example.test:5099>", 404, NULL},
	{"<sip:example.test>", 404, NULL},
	{"<tel:+15551234>", 404, NULL},
	{"<sip:ops@example.test>", 403, NULL},
	{"<sip:o%70s@example.test>", 403, NULL},
	{"<sip:opsi@example.test>", 200, "opsi@example.test"},
};

START_TEST(whose_bindings)
{
	struct registry_binding found[1];
	char text[1024];
	open_registrar(10);
	snprintf(request, sizeof(request),
		"REGISTER sip:example.test SIP/2.0\r\nVia: SIP/2.0/UDP "
		"192.0.2.7:5060;branch=z9hG4bK1\r\n"
		"From: <sip:alice@example.test>;tag=f\r\nTo: %s\r\nCall-ID: one\r\nCSeq: 1 "
		"REGISTER\r\n" A "\r\n\r\n",
		addresses[_i].to);
	ASSERT_STATUS(addresses[_i].status, answer_to(request));
	if (addresses[_i].aor)
		ck_assert_int_eq(registry_lookup(registry, pv_span_of(addresses[_i].aor), found, 1,
					 text, sizeof(text)),
			1);
	close_registrar();
}
END_TEST

START_TEST(star)
{
	open_registrar(10);
	ask(A "\r\n");
	ASSERT_STATUS(400, ask("Contact: *\r\n"));
	ASSERT_STATUS(400, ask("Contact: *\r\nExpires: 60\r\n"));
	ASSERT_STATUS(400, ask("Contact: *\r\nExpires: soon\r\n"));
	ASSERT_STATUS(400, ask("Contact: *\r\n" A "\r\nExpires: 0\r\n"));
	ASSERT_STATUS(400, ask(A ", *\r\nExpires: 0\r\n"));
	cseq = 0;
	ASSERT_STATUS(500, ask("Contact: *\r\nExpires: 0\r\n"));
	cseq = 100;
	ASSERT_HAS(ask("%s", ""), "Contact: <sip:alice@192.0.2.7:5060>");
	const char *text = ask("Contact: *\r\nExpires: 0\r\n");
	ASSERT_STATUS(200, text);
	ASSERT_LACKS(text, "Contact");
	close_registrar();
}
END_TEST

static const struct {
	const char *lines;
	unsigned status;
	const char *has;
} expiries[] = {
	{A "\r\n", 200, ";expires=3600\r\n"},
	{A "\r\nExpires: 100\r\n", 200, ";expires=100\r\n"},
	{A ";expires=200\r\nExpires: 100\r\n", 200, ";expires=200\r\n"},
	{A ";ExPiReS=200\r\n", 200, ";expires=200\r\n"},
	{A "\r\nExpires: 99999\r\n", 200, ";expires=7200\r\n"},
	{A "\r\nExpires: 4294967296\r\n", 200, ";expires=7200\r\n"},
	{A ";expires=99999999999999999999\r\n", 200, ";expires=7200\r\n"},
	{A "\r\nExpires: soon\r\n", 200, ";expires=3600\r\n"},
	{A ";expires=-1\r\nExpires: 100\r\n", 200, ";expires=3600\r\n"},
	{A ";expires=\"60\"\r\n", 200, ";expires=3600\r\n"},
	{A "\r\nExpires: 59\r\n", 423, "Min-Expires: 60\r\n"},
	{A ", <sip:alice@192.0.2.8>;expires=5\r\n", 423, "Min-Expires: 60\r\n"},
	{A "\r\nExpires: 60\r\n", 200, ";expires=60\r\n"},
	{A "\r\nExpires: 0\r\n", 200, "Content-Length: 0\r\n"},
	{A ";q=0.5\r\n", 200, ";expires=3600;q=0.5\r\n"},
	{A ";q=0\r\n", 200, ";expires=3600;q=0\r\n"},
	{A ";q=0.125\r\n", 200, ";expires=3600;q=0.125\r\n"},
	{A ";q=1.0\r\n", 200, ";expires=3600\r\n"},
	{A ";q=7\r\n", 200, ";expires=3600\r\n"},
	{"m: sip:alice@192.0.2.7\r\n ;expires=\r\n\t300\r\n", 200,
		"<sip:alice@192.0.2.7>;expires=300\r\n"},
	{"Contact: <mailto:alice@example.test>\r\n", 400, "Contact Is Not A SIP URI"},
	{"Contact: <tel:+1555>\r\n", 400, "Contact Is Not A SIP URI"},
	{"Contact: <sip:alice@192.0.2.7\r\n ;x=1>\r\n", 400, "400 Malformed Contact"},
	{"Contact: <sip:alice@>\r\n", 400, "400 Malformed Contact"},
	{"Contact: <sip:alice@192.0.2.7\r\n", 400, "400 Malformed Contact"},
	{"Contact: <sip:alice@example.test>\r\n", 403, "Contact Is The Server Itself"},
	{"Contact: <sip:198.51.100.1>\r\n", 403, "Contact Is The Server Itself"},
	{"Contact: <sip:alice@example.test>;expires=0\r\n", 200, "200 OK"},
	{A ", <sip:1@h>, <sip:2@h>, <sip:3@h>\r\n", 403, "403 Too Many Contacts"},
};

START_TEST(expiries_and_contacts)
{
	open_registrar(10);
	const char *text = ask("%s", expiries[_i].lines);
	ck_assert_msg(status_of(text) == expiries[_i].status, "%s%s", expiries[_i].lines, text);
	ASSERT_HAS(text, expiries[_i].has);
	if (expiries[_i].status != 200)
		ASSERT_LACKS(ask("%s", ""), "Contact");
	close_registrar();
}
END_TEST

START_TEST(old_cseq_changes_nothing)
{
	open_registrar(10);
	cseq = 10;
	ask(A ";expires=100\r\n");
	cseq = 10;
	ASSERT_STATUS(500, ask(A ";expires=200, <sip:alice@192.0.2.8>\r\n"));
	cseq = 20;
	ASSERT_HAS(ask("%s", ""), "Contact: <sip:alice@192.0.2.7:5060>;expires=100\r\n");
	close_registrar();
}
END_TEST

/* MicroSIP, once it has seen received and rport. */
START_TEST(new_contact_and_the_old_one_gone)
{
#define PARAMS ";reg-id=1;+sip.instance=\"<urn:uuid:00000000-0000-0000-0000-0000c0ffee00>\""
	open_registrar(10);
	ask("Supported: outbound, path\r\nContact: <sip:alice@10.0.0.2:5060;ob>" PARAMS "\r\n");
	const char *text = ask(
		"Supported: outbound, path\r\nContact: <sip:alice@192.0.2.7:5060;ob>" PARAMS "\r\n"
		"Contact: <sip:alice@10.0.0.2:5060;ob>" PARAMS ";expires=0\r\n");
	ASSERT_STATUS(200, text);
	ck_assert_uint_eq(count_of(text, "Contact:"), 1);
	ASSERT_HAS(text, "Contact: <sip:alice@192.0.2.7:5060;ob>;expires=3600" PARAMS "\r\n");
	ASSERT_HAS(text, "Require: outbound\r\n");
	close_registrar();
}
END_TEST

START_TEST(outbound_rules)
{
	open_registrar(10);
	/* neither without Supported nor without an instance */
	ASSERT_LACKS(ask("Contact: <sip:alice@192.0.2.7>" PARAMS "\r\n"), "Require");
	ASSERT_LACKS(ask("Supported: outbound\r\nContact: <sip:alice@192.0.2.9>;reg-id=1\r\n"),
		"Require");
	ASSERT_STATUS(
		400, ask("Supported: outbound\r\nContact: <sip:a@h>" PARAMS ", <sip:b@h>\r\n"));
	ASSERT_STATUS(
		439, ask("Supported: outbound\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK2\r\n"
			 "Contact: <sip:a@h>" PARAMS "\r\n"));
	const char *text =
		ask("Supported: outbound\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK2\r\n"
		    "Path: <sip:edge.test;lr;ob>\r\nContact: <sip:a@h>" PARAMS "\r\n");
	ASSERT_STATUS(200, text);
	ASSERT_HAS(text, "Require: outbound\r\n");
	close_registrar();
}
END_TEST

START_TEST(path_comes_back_and_is_kept)
{
	struct registry_binding found[1];
	char text[4096];
	open_registrar(10);
	const char *said = ask("Path: <sip:one.test;lr>\r\nSupported: path\r\nPath: "
			       "<sip:two.test;lr>,\r\n <sip:three.test;lr>\r\n"
			       "Contact: <sip:alice@10.1.2.3>\r\n");
	ASSERT_HAS(said, "Path: <sip:one.test;lr>, <sip:two.test;lr>, <sip:three.test;lr>\r\n");
	ck_assert_int_eq(registry_lookup(registry, PV_SPAN("alice@example.test"), found, 1, text,
				 sizeof(text)),
		1);
	ck_assert(pv_span_equal(found[0].path,
		PV_SPAN("<sip:one.test;lr>, <sip:two.test;lr>, <sip:three.test;lr>")));
	ck_assert(!found[0].behind_nat);
	ASSERT_STATUS(400, ask("Path: sip:one.test\r\nContact: <sip:alice@10.1.2.3>\r\n"));
	ASSERT_STATUS(400, ask("Path: <>\r\nContact: <sip:alice@10.1.2.3>\r\n"));
	close_registrar();
}
END_TEST

START_TEST(full_is_503)
{
	open_registrar(1);
	ASSERT_STATUS(200, ask(A "\r\n"));
	const char *other = "REGISTER sip:example.test SIP/2.0\r\nVia: SIP/2.0/UDP "
			    "192.0.2.7:5060;branch=z9hG4bK1\r\n"
			    "From: <sip:bob@example.test>;tag=f\r\nTo: <sip:bob@example.test>\r\n"
			    "Call-ID: two\r\nCSeq: 1 REGISTER\r\n" A "\r\n\r\n";
	const char *text = answer_to(other);
	ASSERT_STATUS(503, text);
	ASSERT_HAS(text, "Retry-After: 10\r\n");
	ASSERT_STATUS(200, ask(A "\r\n"));
	close_registrar();
}
END_TEST

/* Linphone with push parameters and a Path: 900 bytes, and they come back whole. */
START_TEST(long_contact)
{
	char token[601];
	open_registrar(10);
	memset(token, 't', 600);
	token[600] = 0;
	const char *text = ask("Contact: "
			       "<sip:alice@192.0.2.7;pn-prid=%s;pn-provider=fcm>;+sip.instance=\"<"
			       "urn:uuid:1>\"\r\n"
			       "Path: <sip:%.250s@edge.test;lr>\r\n",
		token, token);
	ASSERT_STATUS(200, text);
	ASSERT_HAS(text, token);
	ASSERT_HAS(text, ";+sip.instance=\"<urn:uuid:1>\"\r\n");
	close_registrar();
}
END_TEST

START_TEST(too_long_contact)
{
	char token[5001];
	open_registrar(10);
	memset(token, 't', 5000);
	token[5000] = 0;
	ASSERT_STATUS(400, ask("Contact: <sip:alice@192.0.2.7;p=%s>\r\n", token));
	ASSERT_STATUS(400, ask("Path: <sip:%.3000s@h>\r\n" A "\r\n", token));
	close_registrar();
}
END_TEST

START_TEST(stored_text_has_no_line_ends)
{
	open_registrar(10);
	const char *text =
		ask(A ";note=\"two\r\n lines\";pub-gruu=\"sip:x\";Temp-Gruu=\"sip:y\"\r\n");
	ASSERT_HAS(text, ";note=\"two   lines\"\r\n");
	ASSERT_LACKS(text, "gruu");
	close_registrar();
}
END_TEST

static Suite *steps_suite(void)
{
	const TTest *const tests[] = {answer_byte_for_byte, query_lists_what_is_left,
		require_is_understood_or_refused, star, old_cseq_changes_nothing,
		new_contact_and_the_old_one_gone, outbound_rules, path_comes_back_and_is_kept,
		full_is_503, long_contact, too_long_contact, stored_text_has_no_line_ends};
	Suite *suite = suite_create("registrar_steps");
	TCase *tcase = testing_case("steps");
	for (size_t i = 0; i < ARRAY_LENGTH(tests); i++)
		tcase_add_test(tcase, tests[i]);
	tcase_add_loop_test(tcase, whose_bindings, 0, ARRAY_LENGTH(addresses));
	tcase_add_loop_test(tcase, expiries_and_contacts, 0, ARRAY_LENGTH(expiries));
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(steps_suite());
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
