/* SPDX-License-Identifier: Apache-2.0 */
/* test_user_calls.c — a user has as many calls as he may, and another user's calls are not his. */
#include "proxy/user_calls.h"

#include <stdatomic.h>

#include "lib/testing.h"

static struct user_calls calls = {.limit = 2, .key = {1, 2}};

START_TEST(as_many_as_allowed)
{
	struct pv_span alice = PV_SPAN("alice@example.test"), bob = PV_SPAN("bob@example.test");
	uint32_t first = 0, second = 0, third = 0;
	ck_assert(user_calls_take(&calls, alice, &first));
	ck_assert(user_calls_take(&calls, alice, &second));
	ck_assert(!user_calls_take(&calls, alice, &third));
	ck_assert_uint_eq(third, 0);
	ck_assert(user_calls_take(&calls, bob, &third));
	ck_assert_uint_ne(first, 0);
	user_calls_give(&calls, first);
	ck_assert(user_calls_take(&calls, alice, &first));
	ck_assert(!user_calls_take(&calls, alice, &second));
}
END_TEST

START_TEST(the_limit_may_change)
{
	struct pv_span carol = PV_SPAN("carol@example.test");
	uint32_t first, second, third;
	atomic_store(&calls.limit, 0);
	ck_assert(user_calls_take(&calls, carol, &first));
	ck_assert_uint_eq(first, 0);
	atomic_store(&calls.limit, 1);
	ck_assert(user_calls_take(&calls, carol, &second));
	ck_assert(!user_calls_take(&calls, carol, &third));
	atomic_store(&calls.limit, 0);
	ck_assert(user_calls_take(&calls, carol, &third));
	user_calls_give(&calls, first);
	user_calls_give(&calls, third);
	ck_assert_uint_eq(atomic_load(&calls.counts[second - 1]), 1);
	user_calls_give(&calls, second);
	ck_assert_uint_eq(atomic_load(&calls.counts[second - 1]), 0);
}
END_TEST

START_TEST(nothing_to_give)
{
	user_calls_give(NULL, 0);
	user_calls_give(&calls, 0);
	for (unsigned i = 0; i < USER_CALLS_PLACES; i++)
		ck_assert_uint_eq(atomic_load(&calls.counts[i]), 0);
}
END_TEST

TEST_MAIN("proxy/user_calls", as_many_as_allowed, the_limit_may_change, nothing_to_give)
