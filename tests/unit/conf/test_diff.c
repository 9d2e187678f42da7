/* SPDX-License-Identifier: Apache-2.0 */
/* test_diff.c — which keys changed, and what a change takes. */
#include "parsing.h"

#define USERS "users = ( { name = \"a\"; password = \"x\"; } );"

static const struct {
	const char *before, *after, *fragment; /* NULL: no difference */
	bool applied;
} rows[] = {
	{USERS, USERS, NULL, true},
	{"", "workers = 0;", NULL, true},
	{"registrar = { min_expires = \"60s\"; };", "registrar = { min_expires = \"1m\"; };", NULL,
		true},
	{"", "workers = 2;", "workers: changed; needs a restart", false},
	{"", "listen = [ \"udp:127.0.0.1:5060\" ];", "listen: changed; needs a restart", false},
	{"", "log = { level = \"debug\"; };", "log.level: changed; applied now", true},
	{"", USERS, "users: changed; applied now", true},
	{USERS, "users = ( { name = \"a\"; password = \"y\"; } );", "users: changed", true},
	{"", "domain = [ \"localhost\", \"b\" ];", "domain: changed; applied", true},
	{"", "auth = { algorithms = [ \"MD5\", \"SHA-256\" ]; };", "auth.algorithms: changed",
		true},
	{"", "public_address = \"192.0.2.1\";", "public_address: changed", false},
	{"", "registrar = { keepalive = 20; };", "registrar.keepalive: changed; applied", true},
	{"", "media = { ports = [ 2000, 3000 ]; };", "media.ports: changed", false},
	{"", "media = { pin = [ 1 ]; };", "media.pin: changed", false},
	{"", "limits = { enabled = false; };", "limits.enabled: changed; applied", true},
	{"", "users_file = \"/x\";", "users_file: changed; applied", true},
	{"groups = ( { name = \"g\"; members = ( \"*\" ); } );",
		"groups = ( { name = \"g\"; members = ( { name = \"*\"; priority = 3; } ); } );",
		"groups: changed; applied", true},
};

START_TEST(test_rows)
{
	struct config *before = good(rows[_i].before), *after = good(rows[_i].after);
	struct config_report report = {0};
	config_diff(before, after, &report);
	if (rows[_i].fragment) {
		ck_assert_ptr_nonnull(find(&report, 1, rows[_i].fragment));
		ck_assert_uint_ge(
			rows[_i].applied ? report.changes_applied : report.changes_need_restart, 1);
	} else {
		ck_assert_ptr_null(report.first);
		ck_assert_uint_eq(report.changes_applied + report.changes_need_restart, 0);
	}
	config_report_done(&report);
	config_free(before);
	config_free(after);
}
END_TEST

int main(void)
{
	TCase *cases = testing_case("diff");
	tcase_add_loop_test(cases, test_rows, 0, sizeof rows / sizeof rows[0]);
	return run_cases("conf/diff", cases);
}
