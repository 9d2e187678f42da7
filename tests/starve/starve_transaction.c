/* SPDX-License-Identifier: Apache-2.0 */
/* starve_transaction.c — the replay scripts again and again, the n-th slab or buffer request
 * failing each time. */
#include <check.h>
#include <stdlib.h>

#include "base/slab.h"
#include "lib/script_file.h"
#include "lib/transaction_actor.h"

static struct scripts scripts;
static struct actor actor;

/* False when the script makes fewer than `n` requests for memory. */
static bool play_without(const struct script *script, uint32_t n)
{
	actor_init(&actor, script->limit ? script->limit : 1000);
	actor.scenario.lenient = true;
	slab_starve(n);
	scenario_run(&actor.scenario, script->name, script->text);
	bool failed = slab_starve_countdown == 0;
	slab_starve(0);
	actor_finish(&actor);
	actor_check_clean(&actor);
	actor_done(&actor);
	return failed;
}

START_TEST(survives)
{
	uint32_t n = 1;
	while (play_without(&scripts.list[_i], n))
		n++;
	ck_assert_uint_lt(n, 200);
}
END_TEST

/* The first request for memory of a new request is its transaction. */
START_TEST(answers_503)
{
	actor_init(&actor, 1000);
	slab_starve(1);
	scenario_run(&actor.scenario, "503",
		"> INVITE\n"
		"< 503 @r to=10.0.0.2:5060 has=\"Retry-After: 5\" has=\"CSeq: 1 INVITE\"\n"
		"> ACK totag=none\n"
		"? ack\n"
		"> INVITE\n"
		"? request s1 INVITE\n"
		"< 100\n");
	actor_finish(&actor);
	actor_check_clean(&actor);
	actor_done(&actor);
}
END_TEST

/* The second is the 100: it goes out once, and is not kept. */
START_TEST(sends_100_without_a_buffer)
{
	actor_init(&actor, 1000);
	slab_starve(2);
	scenario_run(&actor.scenario, "100",
		"> INVITE\n"
		"? request s1 INVITE\n"
		"< 100 to=10.0.0.2:5060\n"
		"> INVITE\n"
		"! counts in_use=1 buffers=0\n"
		"! respond s1 200\n"
		"< 200\n");
	actor_finish(&actor);
	actor_check_clean(&actor);
	actor_done(&actor);
}
END_TEST

/* Of a CANCEL: no transaction for it, and it goes out all the same. */
START_TEST(sends_cancel_without_a_transaction)
{
	actor_init(&actor, 1000);
	scenario_run(&actor.scenario, "cancel",
		"! send c1 INVITE\n"
		"< INVITE @i\n"
		"> 180 @i\n"
		"? response c1 180\n");
	slab_starve(1);
	scenario_run(&actor.scenario, "cancel",
		"! cancel c1\n"
		"< CANCEL\n"
		"! counts in_use=1\n"
		"+31999ms\n"
		"+1ms\n"
		"? timeout c1\n"
		"? end c1\n");
	actor_check_clean(&actor);
	actor_done(&actor);
}
END_TEST

/* The ACK goes out once more for each retransmission only when it could be kept. */
START_TEST(sends_ack_without_a_buffer)
{
	actor_init(&actor, 1000);
	scenario_run(&actor.scenario, "ack",
		"! send c1 INVITE\n"
		"< INVITE @i\n");
	slab_starve(1);
	scenario_run(&actor.scenario, "ack",
		"> 486 @i\n"
		"< ACK\n"
		"? response c1 486\n"
		"> 486 @i\n"
		"+32s\n"
		"? end c1\n");
	actor_check_clean(&actor);
	actor_done(&actor);
}
END_TEST

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		scripts_read(&scripts, argv[i]);
	Suite *suite = suite_create("starve");
	TCase *tcase = tcase_create("transaction");
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, survives, 0, (int)scripts.count);
	tcase_add_test(tcase, answers_503);
	tcase_add_test(tcase, sends_100_without_a_buffer);
	tcase_add_test(tcase, sends_cancel_without_a_transaction);
	tcase_add_test(tcase, sends_ack_without_a_buffer);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed || scripts.count == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
