/* SPDX-License-Identifier: Apache-2.0 */
/* starve_server.c — the server's replay scripts again and again, the n-th slab or buffer request
 * failing each time. */
#include "base/slab.h"
#include "lib/server_stage.h"

/* The n-th request for memory of an INVITE fails: what the caller then hears. */
static void invite_without(uint32_t n, const char *script)
{
	server_open(0);
	scenario_run(&server.scenario, "set-up",
		"! register bob sip:bob@10.0.0.3:5061\n"
		"! register bob sip:bob@10.0.0.4:5062 q=100\n");
	slab_starve(n);
	scenario_run(&server.scenario, "without", script);
	ck_assert_uint_eq(slab_starve_countdown, 0);
	server_close();
}

/* Neither the transaction, nor the fork (targets, request, itself), nor the call and its texts. */
START_TEST(refuses_with_503)
{
	for (uint32_t n = 1; n <= 6; n++)
		invite_without(n, "> INVITE\n"
				  "< 503 @r to=10.0.0.2:5060 has=\"Retry-After: 5\"\n"
				  "> ACK totag={r.totag}\n");
}
END_TEST

/* The first branch cannot be sent: no resolve, no transaction, no bytes. */
START_TEST(goes_on_to_the_next_group)
{
	for (uint32_t n = 7; n <= 9; n++)
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
	server_open(0);
	scenario_run(&server.scenario, "set-up",
		"! register bob sip:bob@10.0.0.3:5061\n"
		"> MESSAGE\n"
		"< MESSAGE @b to=10.0.0.3:5061\n");
	slab_starve(n);
	scenario_run(&server.scenario, "without", script);
	ck_assert_uint_eq(slab_starve_countdown, 0);
	server_close();
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
	server_open(0);
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
	server_close();
}
END_TEST

int main(int argc, char **argv)
{
	const TTest *tests[] = {refuses_with_503, goes_on_to_the_next_group,
		a_response_that_finds_no_room_is_told_of, an_invites_2xx_is_waited_for};
	return play_starved_main(
		&server_stage, 400, argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
