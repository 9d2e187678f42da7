/* SPDX-License-Identifier: Apache-2.0 */
/* test_read.c: the order and grouping of lookups, sources, walks. */
#include "lib/testing.h"

#include "lib.h"
#include "registry/shard.h"

#define ALICE "alice@example.test"

static struct registry_change with_q(struct registry_change change, uint16_t q)
{
	change.binding.q = q;
	return change;
}

START_TEST(unknown_is_nobody)
{
	open_registry(10, 10, 3);
	ck_assert_int_eq(lookup(ALICE), 0);
	ck_assert_int_eq(lookup(""), 0);
	update(ALICE, set("sip:a@h", 60), 1, 1);
	ck_assert_int_eq(lookup("Alice@example.test"), 0);
	ck_assert_int_eq(lookup("alice@example.tes"), 0);
	registry_free(registry);
}
END_TEST

START_TEST(best_q_first_newest_among_equals)
{
	open_registry(10, 10, 1);
	update(ALICE, with_q(set("sip:a", 60), 500), 1, 1);
	update(ALICE, with_q(set("sip:b", 60), 1000), 2, 1);
	update(ALICE, with_q(set("sip:c", 60), 500), 3, 1);
	update(ALICE, with_q(set("sip:d", 60), 0), 4, 1);
	ck_assert_str_eq(contacts(ALICE), "sip:b sip:c sip:a sip:d");
	for (uint8_t i = 0; i < 4; i++)
		ck_assert_uint_eq(found[i].group, i);
	registry_free(registry);
}
END_TEST

START_TEST(flows_of_one_instance_are_one_group)
{
	open_registry(10, 10, 1);
	update(ALICE, set_flow("sip:one", "urn:1", 1, 11), 1, 1);
	update(ALICE, set("sip:plain", 60), 2, 1);
	update(ALICE, set_flow("sip:two", "urn:1", 2, 12), 3, 1);
	update(ALICE, set_flow("sip:other", "urn:2", 1, 13), 4, 1);
	update(ALICE, set_flow("sip:three", "urn:1", 3, 14), 5, 1);
	ck_assert_str_eq(contacts(ALICE), "sip:three sip:two sip:one sip:other sip:plain");
	static const uint8_t groups[] = {0, 0, 0, 1, 2};
	for (unsigned i = 0; i < 5; i++)
		ck_assert_uint_eq(found[i].group, groups[i]);
	ck_assert_uint_eq(registry_flow_gone(registry, 14), 1);
	ck_assert_str_eq(contacts(ALICE), "sip:two sip:one sip:three sip:other sip:plain");
	ck_assert(found[2].lost && !found[0].lost && !found[1].lost);
	ck_assert_uint_eq(registry_flow_gone(registry, 12), 1);
	ck_assert_str_eq(contacts(ALICE), "sip:one sip:three sip:two sip:other sip:plain");
	registry_free(registry);
}
END_TEST

START_TEST(an_instance_without_reg_id_is_no_group)
{
	open_registry(10, 10, 1);
	update(ALICE, set_flow("sip:one", "urn:1", 0, 0), 1, 1);
	update(ALICE, set_flow("sip:two", "urn:1", 0, 0), 2, 1);
	ck_assert_int_eq(lookup(ALICE), 2);
	ck_assert_uint_ne(found[0].group, found[1].group);
	registry_free(registry);
}
END_TEST

START_TEST(a_smaller_array_gets_the_newest)
{
	open_registry(10, 10, 1);
	update(ALICE, set("sip:a", 60), 1, 1);
	update(ALICE, set("sip:b", 60), 2, 1);
	ck_assert_int_eq(
		registry_lookup(registry, PV_SPAN(ALICE), found, 1, found_text, sizeof(found_text)),
		1);
	ck_assert(pv_span_equal(found[0].contact, PV_SPAN("sip:b")));
	registry_free(registry);
}
END_TEST

START_TEST(knows_its_sources)
{
	struct registry_change change;
	struct path from = {.peer = {.ip = {192, 0, 2, 1}, .port = 5060, .family = NET_IPV4}};
	open_registry(10, 10, 1);
	change = set("sip:a", 60);
	change.binding.received = from;
	update(ALICE, change, 1, 1);
	ck_assert(registry_has_source(registry, PV_SPAN(ALICE), &from));
	ck_assert(!registry_has_source(registry, PV_SPAN("bob@example.test"), &from));
	from.peer.port++;
	ck_assert(!registry_has_source(registry, PV_SPAN(ALICE), &from));
	from.peer.port--;
	from.transport = PV_TRANSPORT_TCP;
	ck_assert(!registry_has_source(registry, PV_SPAN(ALICE), &from));
	from.transport = PV_TRANSPORT_UDP;
	fake_clock_advance(&fake, 60000);
	ck_assert(!registry_has_source(registry, PV_SPAN(ALICE), &from));
	registry_free(registry);
}
END_TEST

struct seen {
	unsigned count, stop_at;
	uint64_t sum;
};

static bool see(void *context, struct pv_span aor, const struct registry_binding *binding)
{
	struct seen *seen = context;
	ck_assert_uint_eq(aor.at[0], 'u');
	seen->sum += binding->cseq;
	return ++seen->count != seen->stop_at;
}

START_TEST(walks_everything_once)
{
	char aor[32];
	struct seen seen = {0};
	open_registry(1000, 10, 3);
	for (uint32_t i = 0; i < 500; i++) {
		snprintf(aor, sizeof(aor), "u%u@example.test", i);
		update(aor, set("sip:a", 60), 1, i);
		update(aor, set("sip:b", 30), 2, 1000);
	}
	registry_walk(registry, (struct pv_span){0}, see, &seen);
	ck_assert_uint_eq(seen.count, 1000);
	ck_assert_uint_eq(seen.sum, 499 * 500 / 2 + 500 * 1000);
	seen = (struct seen){.stop_at = 7};
	registry_walk(registry, (struct pv_span){0}, see, &seen);
	ck_assert_uint_eq(seen.count, 7);
	seen = (struct seen){0};
	registry_walk(registry, PV_SPAN("u7@example.test"), see, &seen);
	ck_assert_uint_eq(seen.count, 2);
	fake_clock_advance(&fake, 30000);
	seen = (struct seen){0};
	registry_walk(registry, (struct pv_span){0}, see, &seen);
	ck_assert_uint_eq(seen.count, 500);
	registry_free(registry);
}
END_TEST

/* A writer that went to sleep in the middle: the reader takes the lock, which here is free. */
START_TEST(a_torn_bucket_ends_in_the_lock)
{
	open_registry(10, 10, 1);
	update(ALICE, set("sip:a", 60), 1, 1);
	uint64_t locks = counts().lookup_locks;
	struct place place = registry_place(registry, PV_SPAN(ALICE));
	seqlock_write_begin(&place.bucket->sequence);
	ck_assert_int_eq(lookup(ALICE), 1);
	seqlock_write_end(&place.bucket->sequence);
	ck_assert_uint_eq(counts().lookup_locks, locks + 1);
	ck_assert_int_eq(lookup(ALICE), 1);
	ck_assert_uint_eq(counts().lookup_locks, locks + 1);
	registry_free(registry);
}
END_TEST

/* Many more than there are buckets at first: all are found, all are walked, all go again. */
static bool count_all(void *context, struct pv_span aor, const struct registry_binding *binding)
{
	++*(unsigned *)context;
	return true;
}

START_TEST(many_are_found)
{
	char aor[64];
	unsigned count = 0;
	open_registry(5000, 4, 1);
	struct shard *shard = &registry->shards[0];
	uint32_t first = shard->bucket_count;
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(aor, sizeof(aor), "u%u@example.test", i);
		ck_assert_int_eq(update(aor, set("sip:a@192.0.2.1", 60), 1, 1), REGISTRY_OK);
	}
	ck_assert_uint_gt(shard->bucket_count, first);
	ck_assert_uint_le(shard->bucket_count, shard->bucket_most);
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(aor, sizeof(aor), "u%u@example.test", i);
		ck_assert_int_eq(lookup(aor), 1);
	}
	registry_walk(registry, (struct pv_span){0}, count_all, &count);
	ck_assert_uint_eq(count, 5000);
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(aor, sizeof(aor), "u%u@example.test", i);
		ck_assert_int_eq(update(aor, unset("sip:a@192.0.2.1"), 1, 2), REGISTRY_OK);
		ck_assert_int_eq(lookup(aor), 0);
	}
	registry_free(registry);
}
END_TEST

TEST_MAIN("read", unknown_is_nobody, many_are_found, best_q_first_newest_among_equals,
	flows_of_one_instance_are_one_group, an_instance_without_reg_id_is_no_group,
	a_smaller_array_gets_the_newest, knows_its_sources, walks_everything_once,
	a_torn_bucket_ends_in_the_lock)
