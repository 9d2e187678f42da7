/* SPDX-License-Identifier: Apache-2.0 */
/* test_expiry.c: bindings go within a second of their time, whatever else happens to them. */
#include "lib/testing.h"

#include "base/random.h"
#include "lib.h"
#include "registry/shard.h"

#define ALICE "alice@example.test"

static void expire_all(void)
{
	for (uint32_t i = 0; i < registry->config.shards; i++)
		registry_expire(registry, i, now_ms());
}

START_TEST(removed_within_a_second)
{
	open_registry(100, 10, 2);
	update(ALICE, set("sip:a", 60), 1, 1);
	update(ALICE, set("sip:b", 3600), 1, 2);
	fake_clock_advance(&fake, 59999);
	expire_all();
	ck_assert_int_eq(lookup(ALICE), 2);
	fake_clock_advance(&fake, 1);
	ck_assert_str_eq(contacts(ALICE), "sip:b"); /* at once for lookups ... */
	fake_clock_advance(&fake, 750);
	expire_all();
	ck_assert_uint_eq(counts().bindings, 1); /* ... and soon in memory */
	ck_assert_uint_eq(counts().expired, 1);
	registry_free(registry);
}
END_TEST

START_TEST(a_refresh_moves_the_end)
{
	open_registry(100, 10, 1);
	update(ALICE, set("sip:a", 60), 1, 1);
	fake_clock_advance(&fake, 30000);
	update(ALICE, set("sip:a", 60), 1, 2);
	fake_clock_advance(&fake, 59000);
	expire_all();
	ck_assert_int_eq(lookup(ALICE), 1);
	fake_clock_advance(&fake, 2000);
	expire_all();
	ck_assert_uint_eq(counts().aors, 0);
	ck_assert_uint_eq(registry->shards[0].cells.used, 0);
	registry_free(registry);
}
END_TEST

/* The ring follows a later end lazily and an earlier one at once. */
START_TEST(a_shorter_refresh_moves_the_end_too)
{
	open_registry(100, 10, 1);
	update(ALICE, set("sip:a", 60), 1, 1);
	update(ALICE, set("sip:a", 600), 1, 2);
	fake_clock_advance(&fake, 61000);
	expire_all(); /* met in its first slot: it goes to that of its new end */
	ck_assert_int_eq(lookup(ALICE), 1);
	update(ALICE, set("sip:a", 20), 1, 3);
	fake_clock_advance(&fake, 21000);
	expire_all();
	ck_assert_uint_eq(counts().bindings, 0);
	ck_assert_uint_eq(counts().expired, 1);
	ck_assert_uint_eq(registry->shards[0].cells.used, 0);
	registry_free(registry);
}
END_TEST

START_TEST(longer_than_the_ring)
{
	open_registry(100, 10, 1);
	update(ALICE, set("sip:a", 60), 1, 1);
	update(ALICE, set("sip:b", 3 * 86400), 1, 2);
	for (unsigned minute = 0; minute < 3 * 1440; minute++) {
		expire_all();
		ck_assert_int_eq(lookup(ALICE), minute == 0 ? 2 : 1);
		fake_clock_advance(&fake, 60000);
	}
	fake_clock_advance(&fake, 1000);
	expire_all();
	ck_assert_uint_eq(counts().bindings, 0);
	registry_free(registry);
}
END_TEST

START_TEST(after_a_long_sleep)
{
	open_registry(100, 10, 1);
	update(ALICE, set("sip:a", 60), 1, 1);
	update(ALICE, set("sip:b", 40 * 86400), 1, 2);
	fake_clock_advance(&fake, 30ull * 86400 * 1000);
	expire_all();
	ck_assert_str_eq(contacts(ALICE), "sip:b");
	ck_assert_uint_eq(counts().bindings, 1);
	registry_free(registry);
}
END_TEST

/* A storm: all at one moment. A call does a bounded amount, the next goes on. */
START_TEST(many_at_once)
{
	char aor[32];
	open_registry(20000, 10, 1);
	for (uint32_t i = 0; i < 20000; i++) {
		snprintf(aor, sizeof(aor), "u%u@example.test", i);
		ck_assert_int_eq(update(aor, set("sip:a", 60), 1, 1), REGISTRY_OK);
	}
	fake_clock_advance(&fake, 61000);
	expire_all();
	ck_assert_uint_gt(counts().bindings, 0);
	/* while some of them wait: a new one and a removal among them */
	ck_assert_int_eq(update("u1@example.test", set("sip:b", 60), 2, 1), REGISTRY_OK);
	ck_assert_int_eq(update("u2@example.test", unset("sip:a"), 2, 1), REGISTRY_OK);
	expire_all();
	ck_assert_uint_eq(counts().bindings, 1);
	ck_assert_uint_eq(counts().expired, 20000);
	registry_free(registry);
}
END_TEST

/* Anything in any order: in the end nothing is left and nothing was lost. */
START_TEST(random_life)
{
	char aor[32], contact[32];
	open_registry(64, 4, 2);
	for (uint32_t step = 1; step < 20000; step++) {
		snprintf(aor, sizeof(aor), "u%u", random_below(40));
		snprintf(contact, sizeof(contact), "sip:c%u", random_below(5));
		struct registry_change change =
			random_below(4) ? set(contact, 1 + random_below(20)) : unset(contact);
		change.binding.received.flow = random_below(8);
		change.binding.behind_nat = random_below(2);
		change.binding.reg_id = random_below(3);
		change.binding.instance = PV_SPAN("urn:i");
		int result = update(aor, change, step, 1);
		ck_assert(result == REGISTRY_OK || result == REGISTRY_TOO_MANY);
		if (random_below(20) == 0)
			registry_flow_gone(registry, random_below(8));
		fake_clock_advance(&fake, random_below(300));
		expire_all();
		int count = lookup(aor);
		ck_assert_int_ge(count, 0);
		for (int i = 0; i < count; i++)
			ck_assert_uint_gt(found[i].expires_ms, now_ms());
	}
	ck_assert_uint_gt(counts().expired, 1000);
	fake_clock_advance(&fake, 30000);
	expire_all();
	ck_assert_uint_eq(counts().bindings, 0);
	ck_assert_uint_eq(counts().aors, 0);
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_uint_eq(registry->shards[i].cells.used, 0);
		ck_assert_uint_eq(atomic_load(&registry->shards[i].behind_nat), 0);
		for (uint32_t flow = 0; flow <= registry->shards[i].flow_mask; flow++)
			ck_assert_uint_eq(atomic_load(&registry->shards[i].flows[flow]), 0);
	}
	registry_free(registry);
}
END_TEST

TEST_MAIN("expiry", removed_within_a_second, a_refresh_moves_the_end,
	a_shorter_refresh_moves_the_end_too, longer_than_the_ring, after_a_long_sleep, many_at_once,
	random_life)
