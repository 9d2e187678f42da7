/* SPDX-License-Identifier: Apache-2.0 */
/* starve_transaction.c — the replay scripts again and again, the n-th slab or buffer request
 * failing each time. */
#include "base/slab.h"
#include "lib/transaction_stage.h"

/* The first request for memory of a new request is its transaction. */
START_TEST(answers_503)
{
	actor_open(0);
	slab_starve(1);
	scenario_run(&actor.scenario, "503",
		"> INVITE\n"
		"< 503 @r to=10.0.0.2:5060 has=\"Retry-After: 5\" has=\"CSeq: 1 INVITE\"\n"
		"> ACK totag=none\n"
		"? ack\n"
		"> INVITE\n"
		"? request s1 INVITE\n"
		"< 100\n");
	actor_close();
}
END_TEST

/* The second is the 100: it goes out once, and is not kept. */
START_TEST(sends_100_without_a_buffer)
{
	actor_open(0);
	slab_starve(2);
	scenario_run(&actor.scenario, "100",
		"> INVITE\n"
		"? request s1 INVITE\n"
		"< 100 to=10.0.0.2:5060\n"
		"> INVITE\n"
		"! counts in_use=1 buffers=0\n"
		"! respond s1 200\n"
		"< 200\n");
	actor_close();
}
END_TEST

/* Of a CANCEL: no transaction for it, and it goes out all the same. */
START_TEST(sends_cancel_without_a_transaction)
{
	actor_open(0);
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
	actor_open(0);
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
	const TTest *tests[] = {answers_503, sends_100_without_a_buffer,
		sends_cancel_without_a_transaction, sends_ack_without_a_buffer};
	return play_starved_main(
		&transaction_stage, 200, argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
