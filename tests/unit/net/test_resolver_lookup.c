/* SPDX-License-Identifier: Apache-2.0 */
/* test_resolver_lookup.c: the rules of RFC 3263 and the order of RFC 2782, without a network. */
#include <stdio.h>

#include "base/macros.h"
#include "base/random.h"
#include "lib/testing.h"
#include "net/resolver_lookup.h"

#define BOTH (1u << PV_TRANSPORT_UDP | 1u << PV_TRANSPORT_TCP)

static struct lookup lookup;

static void begin(const char *name, uint16_t port, enum pv_transport transport, uint8_t have)
{
	struct resolver_key key;
	ck_assert(resolver_key_init(&key, pv_span_of(name), port, transport));
	ck_assert(lookup_begin(&lookup, &key, have));
}

static void expect(enum lookup_question question, const char *name)
{
	ck_assert_int_eq(lookup.question, question);
	ck_assert_str_eq(lookup_name(&lookup), name);
}

START_TEST(without_naptr_each_transport_is_asked_for)
{
	begin("Example.TEST", 0, PV_TRANSPORT_OTHER, BOTH);
	expect(LOOKUP_NAPTR, "example.test");
	lookup_next(&lookup);
	expect(LOOKUP_SRV, "_sip._udp.example.test");
	lookup_next(&lookup);
	expect(LOOKUP_SRV, "_sip._tcp.example.test");
	lookup_next(&lookup);
	expect(LOOKUP_ADDRESSES, "example.test");
	lookup_next(&lookup);
	expect(LOOKUP_FINISHED, "");
	ck_assert_uint_eq(lookup.answer.count, 0);
}
END_TEST

START_TEST(naptr_orders_services)
{
	begin("example.test", 0, PV_TRANSPORT_OTHER, BOTH);
	lookup_add_naptr(&lookup, 50, 2, PV_SPAN("S"), PV_SPAN("sip+d2u"), PV_SPAN("u2"));
	lookup_add_naptr(&lookup, 50, 1, PV_SPAN("s"), PV_SPAN("SIP+D2U"), PV_SPAN("u1"));
	lookup_add_naptr(&lookup, 10, 9, PV_SPAN("s"), PV_SPAN("SIP+D2T"), PV_SPAN("t1"));
	lookup_add_naptr(&lookup, 1, 1, PV_SPAN("s"), PV_SPAN("SIPS+D2T"), PV_SPAN("tls"));
	lookup_add_naptr(&lookup, 1, 1, PV_SPAN("u"), PV_SPAN("SIP+D2U"), PV_SPAN("uri"));
	lookup_next(&lookup);
	expect(LOOKUP_SRV, "t1");
	lookup_next(&lookup);
	expect(LOOKUP_SRV, "u1");
	lookup_next(&lookup);
	expect(LOOKUP_SRV, "u2");
}
END_TEST

START_TEST(best_hosts_are_kept)
{
	begin("example.test", 0, PV_TRANSPORT_UDP, BOTH);
	for (unsigned i = 0; i < 20; i++) {
		char name[16];
		snprintf(name, sizeof(name), "h%u", 19 - i);
		lookup_add_srv(&lookup, (uint16_t)(19 - i), 0, 5060, pv_span_of(name));
	}
	lookup_add_srv(&lookup, 0, 0, 5060, PV_SPAN("."));
	ck_assert_uint_eq(lookup.host_count, LOOKUP_HOSTS);
	lookup_next(&lookup);
	for (unsigned i = 0; i < LOOKUP_HOSTS; i++) {
		char name[16];
		snprintf(name, sizeof(name), "h%u", i);
		expect(LOOKUP_ADDRESSES, name);
		lookup_next(&lookup);
	}
	expect(LOOKUP_FINISHED, "");
}
END_TEST

START_TEST(targets_are_bounded_and_ttl_is_the_least)
{
	struct net_address address = {.family = NET_IPV4, .ip = {192, 0, 2, 1}};
	begin("example.test", 5070, PV_TRANSPORT_OTHER, BOTH);
	expect(LOOKUP_ADDRESSES, "example.test");
	lookup_note_ttl(&lookup, 300);
	lookup_note_ttl(&lookup, 20);
	lookup_note_ttl(&lookup, 600);
	for (unsigned i = 0; i < 2 * RESOLVE_TARGETS; i++)
		lookup_add_address(&lookup, &address);
	lookup_next(&lookup);
	expect(LOOKUP_FINISHED, "");
	ck_assert_uint_eq(lookup.answer.count, RESOLVE_TARGETS);
	ck_assert_uint_eq(lookup.ttl, 20);
	ck_assert_uint_eq(lookup.answer.targets[0].path.peer.port, 5070);
	ck_assert_uint_eq(lookup.answer.targets[0].path.transport, PV_TRANSPORT_UDP);
}
END_TEST

START_TEST(names_too_long_are_refused)
{
	char name[300];
	struct resolver_key key;
	memset(name, 'a', sizeof(name));
	ck_assert(!resolver_key_init(&key, (struct pv_span){name, 256}, 0, PV_TRANSPORT_UDP));
	ck_assert(!resolver_key_init(&key, (struct pv_span){name, 0}, 0, PV_TRANSPORT_UDP));
	ck_assert(resolver_key_init(&key, (struct pv_span){name, 255}, 0, PV_TRANSPORT_UDP));
	/* no room for "_sip._udp.": the name itself is left */
	ck_assert(lookup_begin(&lookup, &key, BOTH));
	lookup_next(&lookup);
	ck_assert_int_eq(lookup.question, LOOKUP_ADDRESSES);
	key.transport = PV_TRANSPORT_TCP;
	ck_assert(!lookup_begin(&lookup, &key, 1u << PV_TRANSPORT_UDP));
}
END_TEST

static uint32_t lot;

static uint32_t fixed_lot(uint32_t limit)
{
	return lot % limit;
}

static struct resolver_target target(uint32_t rank, uint16_t weight, uint16_t port)
{
	return (struct resolver_target){.rank = rank, .weight = weight, .path.peer.port = port};
}

START_TEST(order_is_rank_then_lot)
{
	struct resolver_target targets[] = {target(2, 0, 5), target(1, 10, 1), target(1, 30, 2),
		target(0, 0, 9), target(1, 0, 3)};
	lot = 11; /* behind 0 and 10: the one of 30 */
	resolver_order(targets, ARRAY_LENGTH(targets), fixed_lot);
	ck_assert_uint_eq(targets[0].path.peer.port, 9);
	ck_assert_uint_eq(targets[1].path.peer.port, 2);
	ck_assert_uint_eq(targets[4].path.peer.port, 5);
	lot = 0; /* only then the one without weight comes first */
	resolver_order(targets, ARRAY_LENGTH(targets), fixed_lot);
	ck_assert_uint_eq(targets[1].path.peer.port, 3);
}
END_TEST

START_TEST(lots_follow_the_weights)
{
	unsigned first[2] = {0};
	for (unsigned i = 0; i < 10000; i++) {
		struct resolver_target targets[] = {target(1, 30, 0), target(1, 10, 1)};
		resolver_order(targets, 2, random_below);
		first[targets[0].path.peer.port]++;
	}
	ck_assert(first[0] > 7000 && first[0] < 8000);
}
END_TEST

START_TEST(cache_forgets_in_time)
{
	static struct resolver_cache cache;
	struct resolver_key key, other;
	struct resolver_answer answer = {.count = 1};
	ck_assert(resolver_key_init(&key, PV_SPAN("example.test"), 0, PV_TRANSPORT_UDP));
	ck_assert_ptr_null(resolver_cache_find(&cache, &key, 1000));
	resolver_cache_put(&cache, &key, &answer, 30, 1000);
	ck_assert_ptr_nonnull(resolver_cache_find(&cache, &key, 30999));
	ck_assert_ptr_null(resolver_cache_find(&cache, &key, 31000));
	other = key;
	other.transport = PV_TRANSPORT_TCP;
	ck_assert_ptr_null(resolver_cache_find(&cache, &other, 1000));
	resolver_cache_put(&cache, &key, &answer, UINT32_MAX, 0);
	ck_assert_ptr_null(resolver_cache_find(&cache, &key, RESOLVER_TTL_MAX * UINT64_C(1000)));
}
END_TEST

TEST_MAIN("resolver_lookup", without_naptr_each_transport_is_asked_for, naptr_orders_services,
	best_hosts_are_kept, targets_are_bounded_and_ttl_is_the_least, names_too_long_are_refused,
	order_is_rank_then_lot, lots_follow_the_weights, cache_forgets_in_time)
