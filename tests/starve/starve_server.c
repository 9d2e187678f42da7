/* SPDX-License-Identifier: Apache-2.0 */
/* starve_server.c — the server's replay scripts again and again, the n-th slab or buffer request
 * failing each time. */
#include <check.h>
#include <stdlib.h>

#include "base/slab.h"
#include "lib/fake_server.h"
#include "lib/script_file.h"

static struct scripts scripts;
static struct fake_server server;

/* False when the script makes fewer than `n` requests for memory. */
static bool play_without(const struct script *script, uint32_t n)
{
	fake_server_init(&server, script->limit);
	server.scenario.lenient = true;
	slab_starve(n);
	scenario_run(&server.scenario, script->name, script->text);
	bool failed = slab_starve_countdown == 0;
	slab_starve(0);
	fake_server_finish(&server);
	fake_server_done(&server);
	return failed;
}

START_TEST(survives)
{
	uint32_t n = 1;
	while (play_without(&scripts.list[_i], n))
		n++;
	ck_assert_uint_lt(n, 400);
}
END_TEST

/* The n-th request for memory of an INVITE fails: what the caller then hears. */
static void invite_without(uint32_t n, const char *script)
{
	fake_server_init(&server, 0);
	scenario_run(&server.scenario, "set-up",
		"! register bob sip:bob@10.0.0.3:5061\n"
		"! register bob sip:bob@10.0.0.4:5062 q=100\n");
	slab_starve(n);
	scenario_run(&server.scenario, "without", script);
	ck_assert_uint_eq(slab_starve_countdown, 0);
	fake_server_finish(&server);
	fake_server_done(&server);
}

/* Neither the transaction, nor the fork: targets, request, itself. */
START_TEST(refuses_with_503)
{
	for (uint32_t n = 1; n <= 4; n++)
		invite_without(n, "> INVITE\n"
				  "< 503 @r to=10.0.0.2:5060 has=\"Retry-After: 5\"\n"
				  "> ACK totag={r.totag}\n");
}
END_TEST

/* The first branch cannot be sent: no resolve, no transaction, no bytes. */
START_TEST(goes_on_to_the_next_group)
{
	for (uint32_t n = 5; n <= 7; n++)
		invite_without(n, "> INVITE\n"
				  "< INVITE @b to=10.0.0.4:5062\n"
				  "< 100\n"
				  "> 486 @b\n"
				  "< ACK\n"
				  "< 486\n"
				  "> ACK totag=t\n");
}
END_TEST

/* No room for the response of a phone: the caller hears of it in another way. */
static void message_answer_without(uint32_t n, const char *script)
{
	fake_server_init(&server, 0);
	scenario_run(&server.scenario, "set-up",
		"! register bob sip:bob@10.0.0.3:5061\n"
		"> MESSAGE\n"
		"< MESSAGE @b to=10.0.0.3:5061\n");
	slab_starve(n);
	scenario_run(&server.scenario, "without", script);
	ck_assert_uint_eq(slab_starve_countdown, 0);
	fake_server_finish(&server);
	fake_server_done(&server);
}

START_TEST(a_response_that_finds_no_room_is_told_of)
{
	message_answer_without(1, "> 200 @b\n"
				  "< 500 to=10.0.0.2:5060\n");
	message_answer_without(1, "> 404 @b\n"
				  "< 404 to=10.0.0.2:5060\n");
}
END_TEST

/* An INVITE's 2xx comes again by itself, until it is acknowledged (RFC 3261 §13.3.1.4). */
START_TEST(an_invites_2xx_is_waited_for)
{
	fake_server_init(&server, 0);
	scenario_run(&server.scenario, "set-up",
		"! register bob sip:bob@10.0.0.3:5061\n"
		"> INVITE\n"
		"< INVITE @b to=10.0.0.3:5061\n"
		"< 100\n");
	slab_starve(1);
	scenario_run(&server.scenario, "2xx",
		"> 200 @b\n"
		"+500ms\n"
		"> 200 @b\n"
		"< 200 to=10.0.0.2:5060\n");
	ck_assert_uint_eq(slab_starve_countdown, 0);
	fake_server_finish(&server);
	fake_server_done(&server);
}
END_TEST

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		scripts_read(&scripts, argv[i]);
	Suite *suite = suite_create("starve");
	TCase *tcase = tcase_create("server");
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, survives, 0, (int)scripts.count);
	tcase_add_test(tcase, refuses_with_503);
	tcase_add_test(tcase, goes_on_to_the_next_group);
	tcase_add_test(tcase, a_response_that_finds_no_room_is_told_of);
	tcase_add_test(tcase, an_invites_2xx_is_waited_for);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed || scripts.count == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
