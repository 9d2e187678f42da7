/* SPDX-License-Identifier: Apache-2.0 */
/* replay_transaction.c — plays the scripts of its arguments against the transaction layer,
 * strictly. */
#include <check.h>
#include <stdlib.h>

#include "lib/script_file.h"
#include "lib/transaction_actor.h"

static struct scripts scripts;
static struct actor actor;

START_TEST(plays)
{
	const struct script *script = &scripts.list[_i];
	actor_init(&actor, script->limit ? script->limit : 1000);
	scenario_run(&actor.scenario, script->name, script->text);
	actor_finish(&actor);
	actor_check_clean(&actor);
	actor_done(&actor);
}
END_TEST

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		scripts_read(&scripts, argv[i]);
	Suite *suite = suite_create("replay");
	TCase *tcase = tcase_create("transaction");
	tcase_add_loop_test(tcase, plays, 0, (int)scripts.count);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed || scripts.count == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
