/* SPDX-License-Identifier: Apache-2.0 */
/* test_failures.c — guessing slows down, others go on, time forgives, memory is fixed. */
#include "auth/failures.h"

#include "lib/testing.h"

#define LIMIT  30u
#define WINDOW 60000u

static struct failures *failures;

static struct net_address ipv4(uint32_t number)
{
	return (struct net_address){.family = NET_IPV4,
		.port = 5060,
		.ip = {10, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number}};
}

static unsigned fail_until_limited(struct net_address source, uint64_t now)
{
	unsigned count = 0;

	for (; count < 1000 && !failures_limited(failures, &source, now); count++)
		failures_add(failures, &source, now);
	return count;
}

START_TEST(the_limit_is_the_limit)
{
	struct net_address guesser = ipv4(1), other = ipv4(2);

	ck_assert_int_eq(failures_new(1024, LIMIT, WINDOW, &failures), 0);
	ck_assert_uint_eq(fail_until_limited(guesser, 1000), LIMIT);
	ck_assert(!failures_limited(failures, &other, 1000));
	guesser.port = 9; /* another port is no other source */
	ck_assert(failures_limited(failures, &guesser, 1000));
	failures_free(failures);
}
END_TEST

START_TEST(one_try_comes_back_at_a_time)
{
	struct net_address guesser = ipv4(1);

	ck_assert_int_eq(failures_new(1024, LIMIT, WINDOW, &failures), 0);
	fail_until_limited(guesser, 1000);
	ck_assert(failures_limited(failures, &guesser, 1000 + WINDOW / LIMIT - 1));
	ck_assert_uint_eq(fail_until_limited(guesser, 1000 + WINDOW / LIMIT), 1);
	ck_assert_uint_eq(fail_until_limited(guesser, 1000 + 3 * WINDOW), LIMIT);
	failures_free(failures);
}
END_TEST

START_TEST(a_flood_of_failures_is_forgiven_after_the_window)
{
	struct net_address guesser = ipv4(1);

	ck_assert_int_eq(failures_new(1024, LIMIT, WINDOW, &failures), 0);
	for (unsigned i = 0; i < 100000; i++)
		failures_add(failures, &guesser, 1000);
	ck_assert(!failures_limited(failures, &guesser, 1000 + WINDOW));
	failures_free(failures);
}
END_TEST

START_TEST(ipv6_counts_by_network)
{
	struct net_address a = {
		.family = NET_IPV6, .ip = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, [15] = 1}};
	struct net_address b = a, c = a;

	b.ip[12] = 77;
	c.ip[7] = 2;
	ck_assert_int_eq(failures_new(1024, LIMIT, WINDOW, &failures), 0);
	fail_until_limited(a, 1000);
	ck_assert(failures_limited(failures, &b, 1000));
	ck_assert(!failures_limited(failures, &c, 1000));
	failures_free(failures);
}
END_TEST

START_TEST(zero_and_unknown_sources_are_not_limited)
{
	struct net_address guesser = ipv4(1);

	ck_assert_int_eq(failures_new(1024, 0, WINDOW, &failures), 0);
	ck_assert_uint_eq(fail_until_limited(guesser, 1000), 1000);
	failures_set_limit(failures, 2);
	ck_assert_uint_eq(fail_until_limited(guesser, 1000), 2);
	failures_add(failures, NULL, 1000);
	ck_assert(!failures_limited(failures, NULL, 1000));
	failures_free(failures);
	failures_free(NULL);
}
END_TEST

/* More sources than there is room: the one that fails most stays known. */
START_TEST(a_crowd_does_not_hide_a_guesser)
{
	struct net_address guesser = ipv4(0x10000);

	ck_assert_int_eq(failures_new(64, LIMIT, WINDOW, &failures), 0);
	fail_until_limited(guesser, 1000);
	for (uint32_t i = 0; i < 5000; i++) {
		struct net_address one = ipv4(i);
		failures_add(failures, &one, 1000);
	}
	ck_assert(failures_limited(failures, &guesser, 1000));
	failures_free(failures);
}
END_TEST

TEST_MAIN("failures", the_limit_is_the_limit, one_try_comes_back_at_a_time,
	a_flood_of_failures_is_forgiven_after_the_window, ipv6_counts_by_network,
	zero_and_unknown_sources_are_not_limited, a_crowd_does_not_hide_a_guesser)
