/* SPDX-License-Identifier: Apache-2.0 */
/* test_update.c: binding rules of RFC 3261 §10.3 and RFC 5626 §6, all or nothing. */
#include <errno.h>

#include "lib/testing.h"

#include "base/slab.h"
#include "lib.h"
#include "registry/shard.h"

#define ALICE "alice@example.test"
#define A     "sip:alice@192.0.2.1:5060"
#define B     "sip:alice@192.0.2.2:5060"
#define C     "sip:alice@192.0.2.3:5060"

START_TEST(keeps_every_value)
{
	struct registry_change change;
	open_registry(100, 10, 2);
	change = set(A, 3600);
	change.binding.params =
		PV_SPAN(";+sip.instance=\"<urn:uuid:1>\";reg-id=7;methods=\"INVITE\"");
	change.binding.instance = PV_SPAN("urn:uuid:1");
	change.binding.path = PV_SPAN("<sip:edge.example.test;lr>, <sip:two.example.test;lr>");
	change.binding.user_agent = PV_SPAN("Phone/1.0");
	change.binding.reg_id = 7;
	change.binding.q = 300;
	change.binding.behind_nat = true;
	change.binding.received =
		(struct path){.peer = {.ip = {203, 0, 113, 9}, .port = 4711, .family = NET_IPV4},
			.transport = PV_TRANSPORT_TCP,
			.listener = 3,
			.flow = 0x0100000200000003};
	ck_assert_int_eq(update(ALICE, change, 42, 17), REGISTRY_OK);
	ck_assert_int_eq(lookup(ALICE), 1);
	const struct registry_binding *b = &found[0];
	ck_assert(pv_span_equal(b->contact, change.binding.contact));
	ck_assert(pv_span_equal(b->params, change.binding.params));
	ck_assert(pv_span_equal(b->path, change.binding.path));
	ck_assert(pv_span_equal(b->instance, change.binding.instance));
	ck_assert(pv_span_equal(b->user_agent, change.binding.user_agent));
	ck_assert_uint_eq(b->call_id, 42);
	ck_assert_uint_eq(b->cseq, 17);
	ck_assert_uint_eq(b->reg_id, 7);
	ck_assert_uint_eq(b->q, 300);
	ck_assert_uint_eq(b->expires_ms, change.binding.expires_ms);
	ck_assert(b->behind_nat && !b->lost);
	ck_assert_uint_eq(b->received.peer.port, 4711);
	ck_assert_uint_eq(b->received.listener, 3);
	ck_assert_uint_eq(b->received.transport, PV_TRANSPORT_TCP);
	ck_assert_uint_eq(b->received.flow, 0x0100000200000003);
	ck_assert(net_address_equal(&b->received.peer, &change.binding.received.peer));
	registry_free(registry);
}
END_TEST

START_TEST(keeps_an_instance_that_stands_nowhere_else)
{
	open_registry(100, 10, 1);
	ck_assert_int_eq(update(ALICE, set_flow(A, "urn:uuid:lonely", 1, 0), 1, 1), REGISTRY_OK);
	ck_assert_int_eq(lookup(ALICE), 1);
	ck_assert(pv_span_equal(found[0].instance, PV_SPAN("urn:uuid:lonely")));
	ck_assert(pv_span_equal(found[0].contact, PV_SPAN(A)));
	registry_free(registry);
}
END_TEST

START_TEST(newest_first)
{
	open_registry(100, 10, 4);
	update(ALICE, set(A, 60), 1, 1);
	update(ALICE, set(B, 60), 2, 1);
	update(ALICE, set(C, 60), 3, 1);
	ck_assert_str_eq(contacts(ALICE), C " " B " " A);
	update(ALICE, set(A, 60), 1, 2);
	ck_assert_str_eq(contacts(ALICE), A " " C " " B);
	ck_assert_uint_eq(counts().aors, 1);
	ck_assert_uint_eq(counts().bindings, 3);
	registry_free(registry);
}
END_TEST

START_TEST(same_call_id_must_count_up)
{
	open_registry(100, 10, 1);
	ck_assert_int_eq(update(ALICE, set(A, 60), 1, 5), REGISTRY_OK);
	ck_assert_int_eq(update(ALICE, set(A, 90), 1, 5), REGISTRY_OUT_OF_ORDER);
	ck_assert_int_eq(update(ALICE, set(A, 90), 1, 4), REGISTRY_OUT_OF_ORDER);
	ck_assert_int_eq(update(ALICE, unset(A), 1, 5), REGISTRY_OUT_OF_ORDER);
	ck_assert_int_eq(lookup(ALICE), 1);
	ck_assert_uint_eq(found[0].expires_ms, now_ms() + 60000);
	/* another Call-ID says nothing about order: the phone was restarted */
	ck_assert_int_eq(update(ALICE, set(A, 90), 2, 1), REGISTRY_OK);
	ck_assert_int_eq(lookup(ALICE), 1);
	ck_assert_uint_eq(found[0].expires_ms, now_ms() + 90000);
	ck_assert_int_eq(update(ALICE, set(A, 30), 2, 2), REGISTRY_OK);
	registry_free(registry);
}
END_TEST

START_TEST(one_bad_contact_fails_all)
{
	struct registry_change changes[2];
	open_registry(100, 10, 1);
	update(ALICE, set(A, 60), 1, 5);
	changes[0] = set(B, 60);
	changes[1] = set(A, 60);
	ck_assert_int_eq(registry_update(registry, PV_SPAN(ALICE), changes, 2, false, 1, 5),
		REGISTRY_OUT_OF_ORDER);
	ck_assert_str_eq(contacts(ALICE), A);
	registry_free(registry);
}
END_TEST

START_TEST(uris_compare_as_uris)
{
	open_registry(100, 10, 1);
	update(ALICE, set("sip:alice@Phone.Example.test;transport=TCP", 60), 1, 1);
	update(ALICE, set("sip:%61lice@phone.example.TEST;Transport=tcp", 60), 1, 2);
	ck_assert_int_eq(lookup(ALICE), 1);
	update(ALICE, set("sip:Alice@phone.example.test;transport=tcp", 60), 1, 3);
	ck_assert_int_eq(lookup(ALICE), 2);
	update(ALICE, set("sip:alice@phone.example.test", 60), 1, 4);
	ck_assert_int_eq(lookup(ALICE), 3); /* a transport on one side only: not equal */
	registry_free(registry);
}
END_TEST

START_TEST(instance_and_reg_id_come_before_the_uri)
{
	open_registry(100, 10, 1);
	update(ALICE, set_flow(A, "urn:uuid:1", 1, 0), 1, 1);
	update(ALICE, set_flow(A, "urn:uuid:1", 2, 0), 1, 2);
	ck_assert_int_eq(lookup(ALICE), 2); /* one URI, two flows */
	update(ALICE, set_flow(B, "urn:uuid:1", 1, 0), 1, 3);
	ck_assert_str_eq(contacts(ALICE), B " " A);
	update(ALICE, set_flow(C, "urn:uuid:2", 1, 0), 1, 4);
	ck_assert_int_eq(lookup(ALICE), 3);
	registry_free(registry);
}
END_TEST

START_TEST(a_plain_binding_turns_into_a_flow)
{
	open_registry(100, 10, 1);
	update(ALICE, set(A, 60), 1, 1);
	update(ALICE, set_flow(A, "urn:uuid:1", 1, 0), 1, 2);
	ck_assert_int_eq(lookup(ALICE), 1);
	ck_assert_uint_eq(found[0].reg_id, 1);
	update(ALICE, set(A, 60), 1, 3);
	ck_assert_int_eq(lookup(ALICE), 1);
	ck_assert_uint_eq(found[0].reg_id, 0);
	registry_free(registry);
}
END_TEST

/* One REGISTER with the new Contact and the old one at expires=0, both with the same instance and
 * reg-id. */
START_TEST(removal_and_setting_of_one_flow_sets_it)
{
	struct registry_change changes[2];
	open_registry(100, 10, 1);
	update(ALICE, set_flow(A, "urn:uuid:1", 1, 0), 1, 1);
	for (unsigned order = 0; order < 2; order++) {
		changes[order] = set_flow(B, "urn:uuid:1", 1, 0);
		changes[1 - order] = set_flow(A, "urn:uuid:1", 1, 0);
		changes[1 - order].remove = true;
		ck_assert_int_eq(
			registry_update(registry, PV_SPAN(ALICE), changes, 2, false, 1, 2 + order),
			REGISTRY_OK);
		ck_assert_str_eq(contacts(ALICE), B);
		ck_assert_uint_eq(counts().bindings, 1);
	}
	registry_free(registry);
}
END_TEST

START_TEST(new_contact_replaces_old_one_at_the_limit)
{
	struct registry_change changes[2];
	open_registry(100, 1, 1);
	update(ALICE, set(A, 60), 1, 1);
	changes[0] = set(B, 60);
	changes[1] = unset(A);
	ck_assert_int_eq(
		registry_update(registry, PV_SPAN(ALICE), changes, 2, false, 1, 2), REGISTRY_OK);
	ck_assert_str_eq(contacts(ALICE), B);
	registry_free(registry);
}
END_TEST

START_TEST(the_later_of_two_equal_contacts_counts)
{
	struct registry_change changes[3];
	open_registry(100, 10, 1);
	changes[0] = set(A, 60);
	changes[1] = set(B, 60);
	changes[2] = set("sip:alice@192.0.2.1:5060", 90);
	ck_assert_int_eq(
		registry_update(registry, PV_SPAN(ALICE), changes, 3, false, 1, 1), REGISTRY_OK);
	ck_assert_int_eq(lookup(ALICE), 2);
	ck_assert_str_eq(contacts(ALICE), B " " A);
	ck_assert_uint_eq(found[1].expires_ms, now_ms() + 90000);
	ck_assert_int_eq(
		registry_update(registry, PV_SPAN(ALICE), changes, 3, false, 1, 2), REGISTRY_OK);
	ck_assert_int_eq(lookup(ALICE), 2);
	registry_free(registry);
}
END_TEST

/* URI comparison is not transitive: what a skipped change would have refreshed stays as it was. */
START_TEST(a_skipped_change_leaves_its_binding)
{
	struct registry_change changes[2];
	open_registry(100, 10, 1);
	update(ALICE, set(A ";x=1", 60), 1, 1);
	update(ALICE, set(A ";x=2", 60), 2, 1);
	changes[0] = set(A, 90);
	changes[1] = set(A ";x=1", 90);
	ck_assert_int_eq(
		registry_update(registry, PV_SPAN(ALICE), changes, 2, false, 3, 1), REGISTRY_OK);
	ck_assert_str_eq(contacts(ALICE), A ";x=1 " A ";x=2");
	registry_update(registry, PV_SPAN(ALICE), NULL, 0, true, 4, 1);
	ck_assert_uint_eq(registry->shards[0].cells.used, 0);
	registry_free(registry);
}
END_TEST

START_TEST(star_removes_all)
{
	open_registry(100, 10, 1);
	update(ALICE, set(A, 60), 1, 5);
	update(ALICE, set(B, 60), 2, 9);
	ck_assert_int_eq(registry_update(registry, PV_SPAN(ALICE), NULL, 0, true, 2, 9),
		REGISTRY_OUT_OF_ORDER);
	ck_assert_int_eq(lookup(ALICE), 2);
	ck_assert_int_eq(
		registry_update(registry, PV_SPAN(ALICE), NULL, 0, true, 2, 10), REGISTRY_OK);
	ck_assert_int_eq(lookup(ALICE), 0);
	ck_assert_uint_eq(counts().aors, 0);
	ck_assert_uint_eq(counts().bindings, 0);
	ck_assert_int_eq(
		registry_update(registry, PV_SPAN(ALICE), NULL, 0, true, 2, 11), REGISTRY_OK);
	registry_free(registry);
}
END_TEST

START_TEST(removing_what_is_not_there_is_fine)
{
	open_registry(100, 10, 1);
	ck_assert_int_eq(update(ALICE, unset(A), 1, 1), REGISTRY_OK);
	ck_assert_uint_eq(counts().aors, 0);
	registry_free(registry);
}
END_TEST

START_TEST(the_limit_may_change)
{
	open_registry(100, 2, 4);
	update(ALICE, set(A, 60), 1, 1);
	update(ALICE, set(B, 60), 2, 1);
	registry_set_max_contacts(registry, 1);
	ck_assert_int_eq(update(ALICE, set(C, 60), 3, 1), REGISTRY_TOO_MANY);
	ck_assert_int_eq(update("bob@x", set(A, 60), 1, 1), REGISTRY_OK);
	ck_assert_int_eq(update("bob@x", set(B, 60), 2, 1), REGISTRY_TOO_MANY);
	/* who has more than he may keeps them, and may have fewer */
	ck_assert_int_eq(update(ALICE, set(A, 60), 1, 2), REGISTRY_OK);
	ck_assert_int_eq(lookup(ALICE), 2);
	ck_assert_int_eq(update(ALICE, unset(A), 1, 3), REGISTRY_OK);
	ck_assert_int_eq(update(ALICE, set(C, 60), 3, 2), REGISTRY_TOO_MANY);
	registry_set_max_contacts(registry, 0);
	ck_assert_int_eq(update("carol@x", set(A, 60), 1, 1), REGISTRY_OK);
	registry_set_max_contacts(registry, REGISTRY_CONTACTS + 1);
	ck_assert_int_eq(update(ALICE, set(C, 60), 3, 3), REGISTRY_OK);
	ck_assert_int_eq(lookup(ALICE), 2);
	registry_free(registry);
}
END_TEST

START_TEST(too_many_changes_nothing)
{
	struct registry_change changes[2];
	open_registry(100, 2, 1);
	update(ALICE, set(A, 60), 1, 1);
	changes[0] = set(B, 60);
	changes[1] = set(C, 60);
	ck_assert_int_eq(registry_update(registry, PV_SPAN(ALICE), changes, 2, false, 1, 2),
		REGISTRY_TOO_MANY);
	ck_assert_str_eq(contacts(ALICE), A);
	ck_assert_int_eq(
		registry_update(registry, PV_SPAN("bob@x"), changes, 2, false, 1, 2), REGISTRY_OK);
	registry_free(registry);
}
END_TEST

START_TEST(expired_ones_do_not_count)
{
	open_registry(100, 1, 1);
	update(ALICE, set(A, 60), 1, 1);
	fake_clock_advance(&fake, 60000);
	ck_assert_int_eq(lookup(ALICE), 0);
	/* nor do they match: the Call-ID/CSeq rule is for current bindings */
	ck_assert_int_eq(update(ALICE, set(A, 60), 1, 1), REGISTRY_OK);
	ck_assert_uint_eq(counts().bindings, 1);
	ck_assert_uint_eq(counts().expired, 1);
	registry_free(registry);
}
END_TEST

START_TEST(capacity_is_exact)
{
	char aor[32];
	open_registry(50, 10, 4);
	for (unsigned i = 0; i < 50; i++) {
		snprintf(aor, sizeof(aor), "user%u@example.test", i);
		ck_assert_int_eq(update(aor, set(A, 60), 1, 1), REGISTRY_OK);
	}
	ck_assert_int_eq(update("one@too.many", set(A, 60), 1, 1), REGISTRY_FULL);
	ck_assert_int_eq(update("user7@example.test", set(B, 60), 1, 1), REGISTRY_OK);
	ck_assert_int_eq(update("user3@example.test", unset(A), 1, 2), REGISTRY_OK);
	ck_assert_int_eq(update("one@too.many", set(A, 60), 1, 1), REGISTRY_OK);
	ck_assert_uint_eq(counts().aors, 50);
	registry_free(registry);
}
END_TEST

/* Every take of a cell fails once: nothing may change, nothing may leak. */
START_TEST(starved_in_the_middle_changes_nothing)
{
	char path[400];
	struct registry_change changes[3];
	unsigned failed = 0;
	open_registry(100, 10, 1);
	memset(path, 'p', sizeof(path));
	update(ALICE, set(A, 60), 1, 1);
	uint32_t used = registry->shards[0].cells.used;
	for (uint32_t n = 1; n < 100; n++) {
		changes[0] = set(A, 90);
		changes[0].binding.path = (struct pv_span){path, sizeof(path)};
		changes[1] = set(B, 90);
		changes[2] = set(C, 90);
		slab_starve(n);
		int result = registry_update(registry, PV_SPAN(ALICE), changes, 3, false, 1, 2);
		slab_starve(0);
		if (result == REGISTRY_OK)
			break;
		failed++;
		ck_assert_int_eq(result, REGISTRY_FULL);
		ck_assert_str_eq(contacts(ALICE), A);
		ck_assert_uint_eq(found[0].expires_ms, now_ms() + 60000);
		ck_assert_uint_eq(registry->shards[0].cells.used, used);
	}
	ck_assert_uint_gt(failed, 8);
	ck_assert_str_eq(contacts(ALICE), A " " B " " C);
	slab_starve(1);
	ck_assert_int_eq(update("bob@example.test", set(A, 60), 1, 1), REGISTRY_FULL);
	slab_starve(2);
	ck_assert_int_eq(update("bob@example.test", set(A, 60), 1, 1), REGISTRY_FULL);
	slab_starve(0);
	ck_assert_uint_eq(counts().aors, 1);
	ck_assert_uint_eq(atomic_load(&registry->aors), 1);
	registry_free(registry);
}
END_TEST

START_TEST(cells_all_come_back)
{
	char text[1000];
	open_registry(1000, 10, 1);
	memset(text, 'x', sizeof(text));
	for (uint32_t round = 1; round < 200; round++) {
		struct registry_change change = set(round % 2 ? A : B, 60);
		change.binding.params = (struct pv_span){text, (round * 37) % sizeof(text)};
		change.binding.behind_nat = round % 3 == 0;
		change.binding.received.flow = round % 5;
		ck_assert_int_eq(update(ALICE, change, 1, round), REGISTRY_OK);
		ck_assert_int_eq(lookup(ALICE), round == 1 ? 1 : 2);
	}
	ck_assert_int_eq(
		registry_update(registry, PV_SPAN(ALICE), NULL, 0, true, 1, 1000), REGISTRY_OK);
	ck_assert_uint_eq(registry->shards[0].cells.used, 0);
	ck_assert_uint_eq(atomic_load(&registry->shards[0].behind_nat), 0);
	ck_assert_uint_eq(atomic_load(&registry->aors), 0);
	registry_free(registry);
}
END_TEST

START_TEST(long_texts_and_keys)
{
	static char text[REGISTRY_TEXT + 1], key[REGISTRY_KEY + 1];
	struct registry_change change;
	open_registry(10, 10, 1);
	memset(text, 'x', sizeof(text));
	memset(key, 'k', sizeof(key));
	struct pv_span long_key = {key, REGISTRY_KEY};
	change = set(A, 60);
	change.binding.params = (struct pv_span){text, REGISTRY_TEXT - strlen(A)};
	ck_assert_int_eq(registry_update(registry, long_key, &change, 1, false, 1, 1), REGISTRY_OK);
	ck_assert_int_eq(
		registry_lookup(registry, long_key, found, 32, found_text, sizeof(found_text)), 1);
	ck_assert(pv_span_equal(found[0].params, change.binding.params));
	ck_assert_int_eq(registry_lookup(registry, long_key, found, 32, found_text, 100), -ENOBUFS);
	change.binding.params.length++;
	ck_assert_int_eq(
		registry_update(registry, long_key, &change, 1, false, 1, 2), REGISTRY_TOO_LONG);
	long_key.length++;
	ck_assert_int_eq(
		registry_update(registry, long_key, &change, 1, false, 1, 2), REGISTRY_TOO_LONG);
	registry_free(registry);
}
END_TEST

/* What an ordinary contact costs all in: bucket, record, binding. */
START_TEST(an_ordinary_contact_is_small)
{
	char aor[64], contact[64];
	open_registry(1000, 10, 1);
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(aor, sizeof(aor), "user%06u@example.test", i);
		snprintf(contact, sizeof(contact),
			"sip:user%06u@192.168.100.200:5060;transport=udp", i);
		ck_assert_int_eq(update(aor, set(contact, 60), 1, 1), REGISTRY_OK);
	}
	const struct shard *shard = &registry->shards[0];
	size_t buckets = shard->bucket_count * sizeof(struct bucket);
	ck_assert_uint_le((shard->cells.used * sizeof(struct cell) + buckets) / 1000, 272);
	registry_free(registry);
}
END_TEST

TEST_MAIN("update", keeps_every_value, keeps_an_instance_that_stands_nowhere_else, newest_first,
	same_call_id_must_count_up, one_bad_contact_fails_all, uris_compare_as_uris,
	instance_and_reg_id_come_before_the_uri, a_plain_binding_turns_into_a_flow,
	removal_and_setting_of_one_flow_sets_it, new_contact_replaces_old_one_at_the_limit,
	the_later_of_two_equal_contacts_counts, a_skipped_change_leaves_its_binding,
	star_removes_all, removing_what_is_not_there_is_fine, too_many_changes_nothing,
	the_limit_may_change, expired_ones_do_not_count, capacity_is_exact,
	starved_in_the_middle_changes_nothing, cells_all_come_back, long_texts_and_keys,
	an_ordinary_contact_is_small)
