/* SPDX-License-Identifier: Apache-2.0 */
/* play.c — programs that play the scripts of their arguments, strictly or with memory that fails.
 */
#include "lib/play.h"

#include <stdlib.h>

#include "base/slab.h"
#include "lib/script_file.h"
#include "lib/testing.h"

static struct scripts scripts;
static const struct stage *stage;
static uint32_t most;

START_TEST(plays)
{
	const struct script *script = &scripts.list[_i];
	stage->open(script->limit);
	scenario_run(stage->scenario, script->name, script->text);
	stage->close();
}
END_TEST

/* False when the script makes fewer than `n` requests for memory. */
static bool play_without(const struct script *script, uint32_t n)
{
	stage->open(script->limit);
	stage->scenario->lenient = true;
	slab_starve(n);
	scenario_run(stage->scenario, script->name, script->text);
	bool failed = slab_starve_countdown == 0;
	slab_starve(0);
	stage->close();
	return failed;
}

START_TEST(survives)
{
	uint32_t n = 1;
	while (play_without(&scripts.list[_i], n))
		n++;
	ck_assert_uint_lt(n, most);
}
END_TEST

static int run(const struct stage *on, const TTest *each, int argc, char **argv,
	const TTest *const *tests, size_t test_count)
{
	stage = on;
	for (int i = 1; i < argc; i++)
		scripts_read(&scripts, argv[i]);
	Suite *suite = suite_create(on->name);
	TCase *tcase = testing_case(on->name);
	tcase_add_loop_test(tcase, each, 0, (int)scripts.count);
	for (size_t i = 0; i < test_count; i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed || scripts.count == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int play_main(const struct stage *on, int argc, char **argv)
{
	return run(on, plays, argc, argv, NULL, 0);
}

int play_starved_main(const struct stage *on, uint32_t fewer_than, int argc, char **argv,
	const TTest *const *tests, size_t test_count)
{
	most = fewer_than;
	return run(on, survives, argc, argv, tests, test_count);
}
