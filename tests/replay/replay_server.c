/* SPDX-License-Identifier: Apache-2.0 */
/* replay_server.c — plays the scripts of its arguments against the whole server, strictly. */
#include <check.h>
#include <stdlib.h>

#include "lib/fake_server.h"
#include "lib/script_file.h"

static struct scripts scripts;
static struct fake_server server;

START_TEST(plays)
{
	const struct script *script = &scripts.list[_i];
	fake_server_init(&server, script->limit);
	scenario_run(&server.scenario, script->name, script->text);
	fake_server_finish(&server);
	fake_server_done(&server);
}
END_TEST

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		scripts_read(&scripts, argv[i]);
	Suite *suite = suite_create("replay");
	TCase *tcase = tcase_create("server");
	tcase_set_timeout(tcase, 30);
	tcase_add_loop_test(tcase, plays, 0, (int)scripts.count);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed || scripts.count == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
