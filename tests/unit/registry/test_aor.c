/* SPDX-License-Identifier: Apache-2.0 */
/* test_aor.c: one spelling of an address, and whose it is. */
#include "lib/testing.h"

#include "registry/aor.h"

static struct domains *domains;

static void make_domains(void)
{
	static const struct pv_span names[] = {
		PV_SPAN_INIT("example.test"), PV_SPAN_INIT("other.test")};
	static const struct net_address listen[] = {
		{.family = NET_IPV4, .ip = {192, 0, 2, 1}, .port = 5060},
		{.family = NET_IPV4, .ip = {192, 0, 2, 1}, .port = 5070}};
	const struct domains_config config = {names, 2, listen, 2};
	ck_assert_int_eq(domains_new(&config, &domains), 0);
}

static void free_domains(void)
{
	domains_free(domains);
}

static const struct {
	const char *uri;
	enum aor_verdict verdict;
	const char *aor;
} cases[] = {
	{"sip:alice@example.test", AOR_OURS, "alice@example.test"},
	{"sips:alice@example.test", AOR_OURS, "alice@example.test"},
	{"sip:%61lice@EXAMPLE.test", AOR_OURS, "alice@example.test"},
	{"sip:Alice@example.test", AOR_OURS, "Alice@example.test"},
	{"sip:alice:secret@example.test:5070;transport=tcp", AOR_OURS, "alice@example.test"},
	{"sip:alice@example.test.", AOR_OURS, "alice@example.test"},
	{"sip:alice@example.test.:5070", AOR_OURS, "alice@example.test"},
	{"sip:alice@other.test", AOR_OURS, "alice@other.test"},
	{"sip:alice@192.0.2.1:5060", AOR_OURS, "alice@example.test"},
	{"sip:alice@198.51.100.1", AOR_FOREIGN, NULL},
	{"sip:alice@[2001:db8::1]", AOR_FOREIGN, NULL},
	{"sip:alice@example.test:5080", AOR_FOREIGN, NULL},
	{"sip:alice@example.org", AOR_FOREIGN, NULL},
	{"tel:+15551234", AOR_FOREIGN, NULL},
	{"sip:example.test", AOR_NO_USER, NULL},
	{"sip:bob%00evil@example.test", AOR_MALFORMED, NULL},
	{"sip:bob%0d%0a@example.test", AOR_MALFORMED, NULL},
};

START_TEST(writes_one_spelling)
{
	char text[64];
	struct pv_writer w;
	struct pv_uri uri;
	pv_writer_init(&w, text, sizeof(text));
	ck_assert_int_eq(pv_uri_parse(pv_span_of(cases[_i].uri), &uri), 0);
	ck_assert_msg(aor_write(domains, &uri, &w) == cases[_i].verdict, "%s", cases[_i].uri);
	if (cases[_i].aor)
		ck_assert_msg(pv_span_equal(pv_writer_span(&w), pv_span_of(cases[_i].aor)), "%s",
			cases[_i].uri);
}
END_TEST

START_TEST(too_long_is_malformed)
{
	char text[10];
	struct pv_writer w;
	struct pv_uri uri;
	pv_writer_init(&w, text, sizeof(text));
	ck_assert_int_eq(pv_uri_parse(PV_SPAN("sip:alice@example.test"), &uri), 0);
	ck_assert_int_eq(aor_write(domains, &uri, &w), AOR_MALFORMED);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("aor");
	TCase *tcase = testing_case("aor");
	SRunner *runner = srunner_create(suite);
	tcase_add_loop_test(tcase, writes_one_spelling, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_checked_fixture(tcase, make_domains, free_domains);
	tcase_add_test(tcase, too_long_is_malformed);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
