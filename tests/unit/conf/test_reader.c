/* SPDX-License-Identifier: Apache-2.0 */
/* test_reader.c — groups, lists, defaults, unknown keys, parts that are not built yet. */
#include "parsing.h"

START_TEST(test_defaults)
{
	struct config *c = good("");
	ck_assert_uint_eq(c->domains.count, 1);
	ck_assert_uint_eq(c->listen_count, 2);
	ck_assert_uint_eq(c->registrar.capacity, 1000000);
	ck_assert_uint_eq(c->registrar.min_expires_ms, 60000);
	ck_assert_uint_eq(c->registrar.max_expires_ms, 7200000);
	ck_assert_uint_eq(c->timers.t1_ms, 500);
	ck_assert_uint_eq(c->timers.c_ms, 180000);
	ck_assert_int_eq(c->auth.challenge, CONFIG_CHALLENGE_ALL);
	ck_assert_int_eq(c->auth.strangers, CONFIG_STRANGERS_REJECT);
	ck_assert_uint_eq(c->auth.algorithms.word[0], CONFIG_SHA256);
	ck_assert_int_eq(c->media.relay, CONFIG_RELAY_ALWAYS);
	ck_assert_str_eq(c->admin.socket, "/run/portavoz/control.sock");
	ck_assert_str_eq(c->log.target, "stderr");
	ck_assert_int_eq(c->log.level, CONFIG_LOG_INFO);
	ck_assert(c->limits.enabled);
	ck_assert_uint_eq(c->limits.transactions, 1000000);
	ck_assert_ptr_null(c->users_file);
	ck_assert_uint_eq(c->user_count, 0);
	config_free(c);
}
END_TEST

START_TEST(test_day_one)
{
	struct config *c = good("domain = \"example.test\";\n"
				"listen = [ \"udp:0.0.0.0:5060\", \"tcp:0.0.0.0:5060\" ];\n"
				"public_address = \"auto\";\n"
				"users = ( { name = \"alice\"; password = \"a\"; }, { name = "
				"\"bob\"; password = \"b\"; priority = 5; } );\n"
				"media = { relay = \"always\"; ports = [ 16384, 32767 ]; };\n"
				"groups = ( { name = \"ops\"; members = [ \"alice\", \"bob\" ]; "
				"max_talk = \"30s\"; } );\n");
	ck_assert_uint_eq(c->user_count, 2);
	ck_assert_str_eq(c->users[1].name, "bob");
	ck_assert_uint_eq(c->users[0].priority, 0);
	ck_assert_uint_eq(c->users[1].priority, 5);
	ck_assert_uint_eq(c->group_count, 1);
	const struct config_group *group = &c->groups[0];
	ck_assert_uint_eq(group->member_count, 2);
	ck_assert_str_eq(group->members[1].name, "bob");
	ck_assert_uint_eq(group->members[1].priority, CONFIG_UNSET);
	ck_assert_uint_eq(group->talkers, 1);
	ck_assert_uint_eq(group->queue, 8);
	ck_assert_uint_eq(group->max_talk_ms, 30000);
	ck_assert_str_eq(group->keys.request, "*");
	ck_assert_uint_eq(group->triggers.count, 5);
	ck_assert(group->tones);
	config_free(c);
}
END_TEST

START_TEST(test_members_in_both_forms)
{
	struct config *c = good("users = ( { name = \"a\"; password = \"x\"; }, { name = \"b\"; "
				"password = \"x\"; } );\n"
				"groups = ( { name = \"g\"; floor = \"open\"; members = ( \"a\",\n"
				"  { name = \"b\"; priority = 7; triggers = [ \"vox\" ]; } ); },\n"
				" { name = \"h\"; members = [ \"*\" ]; } );");
	ck_assert_uint_eq(c->groups[0].talkers, 8);
	ck_assert_uint_eq(c->groups[0].members[1].priority, 7);
	ck_assert_uint_eq(c->groups[0].members[1].triggers.word[0], CONFIG_TRIGGER_VOX);
	ck_assert_uint_eq(c->groups[0].members[1].origin.line, 3);
	ck_assert_str_eq(c->groups[1].members[0].name, "*");
	config_free(c);
}
END_TEST

START_TEST(test_many_users)
{
	enum { COUNT = 5000 };
	char *text = malloc(COUNT * 48 + 64), *p = text;
	p += sprintf(p, "users = (");
	for (int i = 0; i < COUNT; i++)
		p += sprintf(p, "%s{ name = \"u%04d\"; password = \"x\"; }\n", i ? "," : "", i);
	sprintf(p, ");");
	struct config *c = good(text);
	ck_assert_uint_eq(c->user_count, COUNT);
	for (int i = 0; i < COUNT; i++) {
		ck_assert_int_eq(atoi(c->users[i].name + 1), i);
		ck_assert_uint_eq(c->users[i].origin.line, (uint32_t)i + 1);
	}
	config_free(c);
	free(text);
}
END_TEST

static const struct {
	const char *text;
	uint32_t line;
	const char *fragment;
} mistakes[] = {
	{"\n\nlisten = [ \"udp:0.0.0.0:5060\" ];\nworkres = 2;", 4,
		"\"workres\"; the nearest is \"workers\""},
	{"registrar = {\n  capacty = 5;\n};", 2,
		"\"registrar.capacty\"; the nearest is \"registrar.capacity\""},
	{"users = ( { name = \"a\";\n passwd = \"x\"; } );", 2,
		"\"users[].passwd\"; the nearest is \"users[].password\""},
	{"challenge = \"all\";", 1, "the nearest is \"auth.challenge\""},
	{"zzzzzzzzzzzzzzz = 1;", 1, "--print-defaults shows all"},
	{"groups = ( { name = \"g\"; keys = { reqest = \"1\"; }; } );", 1, "groups[].keys.request"},
	{"users = ( { password = \"x\"; } );", 1, "users: an element without \"name\""},
	{"users = ( \"alice\" );", 1, "users: an element must be a group { … }"},
	{"groups = ( { name = \"g\"; members = ( 5 ); } );", 1, "or a string"},
	{"users = { name = \"a\"; };", 1, "users: expected a list"},
	{"users = 5;", 1, "users: expected a list"},
	{"registrar = 5;", 1, "registrar: expected a group"},
	{"registrar = ( );", 1, "registrar: expected a group"},
};

START_TEST(test_mistakes)
{
	bad(mistakes[_i].text, mistakes[_i].line, mistakes[_i].fragment);
}
END_TEST

START_TEST(test_all_mistakes_are_said)
{
	struct config *c;
	struct config_report report;
	ck_assert_int_lt(parse("workres = 2;\nworkers = \"x\";\nlog = { level = \"inof\"; };\n"
			       "registrar = { capacity = 0; };\n",
				 &c, &report),
		0);
	ck_assert_uint_eq(report.errors, 4);
	for (uint32_t line = 1; line <= 4; line++)
		ck_assert_ptr_nonnull(find(&report, line, ""));
	config_report_done(&report);
}
END_TEST

START_TEST(test_not_built_yet)
{
	struct config *c;
	struct config_report report;
	ck_assert_int_eq(parse("media = {\n fastpath = \"off\";\n dscp = 46; };\n"
			       "calls = { mode = \"proxy\"; max_calls = 0; };\nstore = \"none\";\n"
			       "trunks = ( { name = \"g\"; uri = \"sip:a\"; }, { name = \"h\"; uri "
			       "= \"sip:b\"; } );\n",
				 &c, &report),
		0);
	ck_assert_uint_eq(report.warnings, 1);
	ck_assert_ptr_nonnull(find(&report, 6, "trunks: checked"));
	config_report_done(&report);
	config_free(c);
}
END_TEST

START_TEST(test_what_holds_is_not_warned_about)
{
	struct config *c;
	struct config_report report;
	ck_assert_int_eq(
		parse("media = { relay = \"never\"; }; store = \"none\";", &c, &report), 0);
	ck_assert_uint_eq(report.warnings, 0);
	config_report_done(&report);
	config_free(c);
}
END_TEST

int main(void)
{
	TCase *cases = testing_case("reader");
	tcase_add_test(cases, test_defaults);
	tcase_add_test(cases, test_day_one);
	tcase_add_test(cases, test_members_in_both_forms);
	tcase_add_test(cases, test_many_users);
	tcase_add_loop_test(cases, test_mistakes, 0, sizeof mistakes / sizeof mistakes[0]);
	tcase_add_test(cases, test_all_mistakes_are_said);
	tcase_add_test(cases, test_not_built_yet);
	tcase_add_test(cases, test_what_holds_is_not_warned_about);
	return run_cases("conf/reader", cases);
}
