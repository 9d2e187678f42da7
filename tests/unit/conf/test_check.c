/* SPDX-License-Identifier: Apache-2.0 */
/* test_check.c — names, references and orders between keys. */
#include "parsing.h"

#define ALICE "{ name = \"alice\"; password = \"x\"; }"

static const struct {
	const char *text;
	uint32_t line;
	const char *fragment;
} mistakes[] = {
	{"users = ( " ALICE ",\n" ALICE " );", 2,
		"user \"alice\": the name is taken by the user of test.conf:1"},
	{"users = ( " ALICE " );\ngroups = ( { name = \"alice\"; } );", 2,
		"group \"alice\": the name is taken by the user"},
	{"groups = ( { name = \"g\"; },\n{ name = \"g\"; } );", 2, "taken by the group"},
	{"trunks = ( { name = \"t\"; uri = \"sip:a\"; },\n{ name = \"t\"; uri = \"sip:b\"; } );", 2,
		"trunk \"t\""},
	{"users = ( { name = \"a\"; } );", 1, "neither password nor ha1"},
	{"users = ( { name = \"a b\"; password = \"x\"; } );", 1, "a space or one of"},
	{"users = ( { name = \"a\"; password = \"x\"; ha1_md5 = "
	 "\"0123456789abcdef0123456789abcdef\"; } );",
		1, "at once"},
	{"users = ( { name = \"a\"; ha1_md5 = \"0123456789abcdef0123456789abcdeg\"; } );", 1,
		"not hexadecimal"},
	{"users = ( " ALICE " );\ngroups = ( { name = \"g\";\n members = ( \"alcie\" ); } );", 3,
		"no user \"alcie\"; the nearest is \"alice\""},
	{"users = ( " ALICE " );\ngroups = ( { name = \"g\"; listen_only = [ \"zed\" ]; } );", 2,
		"groups[].listen_only: no user \"zed\""},
	{"groups = ( { name = \"g\"; keys = { request = \"#\"; }; } );", 1,
		"request and release are equal"},
	{"routes = ( { match = { prefix = \"0\"; }; } );", 1, "exactly one of"},
	{"routes = ( { reject = 403; user = \"x\"; } );", 1, "exactly one of"},
	{"routes = ( { trunk = \"x\"; } );", 1, "no trunk \"x\""},
	{"routes = ( { group = \"x\"; } );", 1, "no group \"x\""},
	{"workers = 1;\ndomain = [ \"a.test\", \"A.TEST\" ];", 2, "given twice"},
	{"domain = \"a.test:5060\";", 1, "is not a host name"},
	{"listen = [ \"udp:1.2.3.4:5060\",\n\"udp:1.2.3.4:5060\" ];", 2, "given twice"},
	{"registrar = {\nmin_expires = \"59m\";\nmax_expires = \"30m\"; };", 2,
		"min_expires is above registrar.max_expires"},
	{"timers = { t1 = \"5s\"; };", 1, "timers.t1 is above timers.t2"},
	{"\n\ntimers = { t2 = \"400ms\"; };", 3, "timers.t1 is above timers.t2"},
	{"registrar = { max_expires = \"30m\"; };", 1, "default_expires is above"},
	{"\nstore = \"oracle:x\";", 2, "begins with none of"},
	{"media = { fastpath = \"on\"; };", 1, "\"on\" is \"auto\""},
	{"media = {\nfastpath = [ \"lo\", \"off\" ]; };", 2, "\"off\" stands alone"},
	{"media = { fastpath = [ \"lo\", \"auto\" ]; };", 1, "\"auto\" stands alone"},
	{"media = { fastpath = \"a-name-of-16-byte\"; };", 1, "is no interface's name"},
	{"admin = { socket = "
	 "\"/"
	 "a1234567890123456789012345678901234567890123456789012345678901234567890123456789012345678"
	 "90123456789012345678\"; };",
		1, "longer than the 107 bytes"},
};

START_TEST(test_mistakes)
{
	bad(mistakes[_i].text, mistakes[_i].line, mistakes[_i].fragment);
}
END_TEST

START_TEST(test_members_from_elsewhere)
{
	config_free(good(
		"users_file = \"/u.csv\"; groups = ( { name = \"g\"; members = ( \"zed\" ); } );"));
	config_free(good("auth = { challenge = \"none\"; }; groups = ( { name = \"g\"; members = ( "
			 "\"zed\" ); } );"));
}
END_TEST

START_TEST(test_limits_off)
{
	struct config *c =
		good("limits = { enabled = false; source_rate = 5; transactions = 5000; };\n"
		     "calls = { per_user = 3; };");
	ck_assert_uint_eq(c->limits.source_rate, 0);
	ck_assert_uint_eq(c->limits.user_calls, 0);
	ck_assert_uint_eq(c->limits.tcp_connections_per_source, 0);
	ck_assert_uint_eq(c->calls.per_user, 0);
	ck_assert_uint_eq(c->limits.transactions, 5000);
	ck_assert_uint_eq(c->limits.tcp_connections, 65536);
	config_free(c);
}
END_TEST

START_TEST(test_openness_is_warned_about)
{
	struct config *c;
	struct config_report report;
	ck_assert_int_eq(parse("auth = { challenge = \"none\"; }; users = ( { name = \"a\"; } );",
				 &c, &report),
		0);
	ck_assert_ptr_nonnull(find(&report, 1, "closed test nets only"));
	ck_assert_uint_eq(report.warnings, 1);
	config_report_done(&report);
	config_free(c);
}
END_TEST

START_TEST(test_who_is_no_member)
{
	struct config *c;
	struct config_report report;
	ck_assert_int_eq(
		parse("users = ( " ALICE ", { name = \"bob\"; password = \"x\"; } );\n"
		      "groups = ( { name = \"g\"; members = [ \"alice\" ];\n"
		      "call_out = [ \"alice\", \"bob\" ]; listen_only = [ \"bob\" ]; },\n"
		      "{ name = \"h\"; members = \"*\"; emergency_members = [ \"bob\" ]; } );",
			&c, &report),
		0);
	ck_assert_ptr_nonnull(find(&report, 2, "groups[].call_out: \"bob\" is no member of \"g\""));
	ck_assert_ptr_nonnull(
		find(&report, 2, "groups[].listen_only: \"bob\" is no member of \"g\""));
	ck_assert_uint_eq(report.warnings, 2);
	config_report_done(&report);
	config_free(c);
}
END_TEST

START_TEST(test_origins)
{
	struct config *c = good("timers = {\n t1 = 500; };\nlisten = [ \"udp:127.0.0.1:5060\" ];\n"
				"users = ( " ALICE " );\nworkers = 1;");
	ck_assert_uint_eq(config_origin_of(c, "timers.t1").line, 2);
	ck_assert_str_eq(config_origin_of(c, "timers.t1").file, "test.conf");
	ck_assert_uint_eq(config_origin_of(c, "timers").line, 1);
	ck_assert_uint_eq(config_origin_of(c, "listen").line, 3);
	ck_assert_uint_eq(config_origin_of(c, "users").line, 4);
	ck_assert_uint_eq(config_origin_of(c, "workers").line, 5);
	/* what stands nowhere, and what stands in many places */
	ck_assert_uint_eq(config_origin_of(c, "timers.t2").line, 0);
	ck_assert_str_eq(config_origin_of(c, "timers.t2").file, "test.conf");
	ck_assert_uint_eq(config_origin_of(c, "users[].name").line, 0);
	config_free(c);
}
END_TEST

int main(void)
{
	TCase *cases = testing_case("check");
	tcase_add_loop_test(cases, test_mistakes, 0, sizeof mistakes / sizeof mistakes[0]);
	tcase_add_test(cases, test_members_from_elsewhere);
	tcase_add_test(cases, test_limits_off);
	tcase_add_test(cases, test_who_is_no_member);
	tcase_add_test(cases, test_origins);
	tcase_add_test(cases, test_openness_is_warned_about);
	return run_cases("conf/check", cases);
}
