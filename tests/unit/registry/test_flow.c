/* SPDX-License-Identifier: Apache-2.0 */
/* test_flow.c: what a lost connection does to its bindings. */
#include "lib/testing.h"

#include "lib.h"

#define ALICE "alice@example.test"

START_TEST(outbound_binding_is_lost_until_it_comes_back)
{
	open_registry(10, 10, 2);
	update(ALICE, set_flow("sip:a", "urn:1", 1, 77), 1, 1);
	ck_assert_uint_eq(registry_flow_gone(registry, 78), 0);
	ck_assert_uint_eq(registry_flow_gone(registry, 0), 0);
	ck_assert_uint_eq(registry_flow_gone(registry, 77), 1);
	ck_assert_uint_eq(registry_flow_gone(registry, 77), 0);
	ck_assert_int_eq(lookup(ALICE), 1);
	ck_assert(found[0].lost);
	ck_assert_uint_eq(found[0].received.flow, 0);
	update(ALICE, set_flow("sip:a", "urn:1", 1, 79), 1, 2);
	ck_assert_int_eq(lookup(ALICE), 1);
	ck_assert(!found[0].lost);
	ck_assert_uint_eq(found[0].received.flow, 79);
	registry_free(registry);
}
END_TEST

START_TEST(plain_binding_behind_nat_is_removed)
{
	struct registry_change change;
	open_registry(10, 10, 1);
	change = set_flow("sip:a", "", 0, 77);
	change.binding.behind_nat = true;
	update(ALICE, change, 1, 1);
	ck_assert_uint_eq(registry_flow_gone(registry, 77), 1);
	ck_assert_int_eq(lookup(ALICE), 0);
	ck_assert_uint_eq(counts().aors, 0);
	registry_free(registry);
}
END_TEST

START_TEST(plain_binding_that_can_be_reached_stays)
{
	open_registry(10, 10, 1);
	update(ALICE, set_flow("sip:a", "", 0, 77), 1, 1);
	ck_assert_uint_eq(registry_flow_gone(registry, 77), 1);
	ck_assert_int_eq(lookup(ALICE), 1);
	ck_assert(!found[0].lost);
	ck_assert_uint_eq(found[0].received.flow, 0);
	registry_free(registry);
}
END_TEST

START_TEST(a_gateway_with_many_users_on_one_flow)
{
	char aor[32];
	open_registry(1000, 10, 3);
	for (unsigned i = 0; i < 300; i++) {
		snprintf(aor, sizeof(aor), "u%u", i);
		struct registry_change change = set_flow("sip:a", "", 0, 77 + i % 3);
		change.binding.behind_nat = i % 2;
		update(aor, change, 1, 1);
	}
	ck_assert_uint_eq(registry_flow_gone(registry, 78), 100);
	ck_assert_uint_eq(counts().bindings, 250);
	registry_free(registry);
}
END_TEST

static void count_visit(void *context, const struct registry_binding *binding)
{
	unsigned *visits = context;
	visits[binding->cseq]++;
}

/* Each binding behind NAT once a period, spread over it; the others never. */
START_TEST(keepalive_visits_once_a_period)
{
	char aor[32];
	unsigned visits[400] = {0}, most = 0, before = 0;
	open_registry(400, 10, 1);
	for (uint32_t i = 0; i < 400; i++) {
		snprintf(aor, sizeof(aor), "u%u", i);
		struct registry_change change = set("sip:a", 3600);
		change.binding.behind_nat = i % 2;
		update(aor, change, 1, i);
	}
	for (unsigned tick = 0; tick < 100; tick++) {
		unsigned sum = 0;
		fake_clock_advance(&fake, 250);
		registry_keepalive(registry, 0, now_ms(), 25000, count_visit, visits);
		for (unsigned i = 0; i < 400; i++)
			sum += visits[i];
		most = MAX(most, sum - before);
		before = sum;
	}
	for (unsigned i = 0; i < 400; i++)
		ck_assert_uint_eq(visits[i], i % 2);
	ck_assert_uint_lt(most, 20);
	registry_keepalive(registry, 0, now_ms() + 5000, 0, count_visit, visits); /* turned off */
	fake_clock_advance(&fake, 100000);
	registry_keepalive(
		registry, 0, now_ms(), 25000, count_visit, visits); /* late: one round, no more */
	for (unsigned i = 0; i < 400; i++)
		ck_assert_uint_eq(visits[i], 2 * (i % 2));
	registry_free(registry);
}
END_TEST

TEST_MAIN("flow", outbound_binding_is_lost_until_it_comes_back, plain_binding_behind_nat_is_removed,
	plain_binding_that_can_be_reached_stays, a_gateway_with_many_users_on_one_flow,
	keepalive_visits_once_a_period)
