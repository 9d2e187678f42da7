/* SPDX-License-Identifier: Apache-2.0 */
/* test_domain.c — names without case, addresses in any spelling, ports that we listen on. */
#include "net/domain.h"

#include <stdio.h>

#include "base/macros.h"
#include "lib/testing.h"

#define IPV4(a, b, c, d, p)                                       \
	{                                                         \
		.family = NET_IPV4, .ip = {a, b, c, d}, .port = p \
	}

static const struct pv_span names[] = {PV_SPAN_INIT("Example.Test"),
	PV_SPAN_INIT("voice.example.org."), PV_SPAN_INIT("192.0.2.77")};
static const struct net_address listening[] = {IPV4(192, 0, 2, 1, 5060), IPV4(192, 0, 2, 1, 5070),
	{.family = NET_IPV6, .ip = {0x20, 0x01, 0x0d, 0xb8, [15] = 1}, .port = 5060},
	IPV4(203, 0, 113, 5, 0)};

static struct domains *make(const struct domains_config *config)
{
	struct domains *domains;

	ck_assert_int_eq(domains_new(config, &domains), 0);
	return domains;
}

static struct domains *make_usual(void)
{
	return make(&(struct domains_config){.names = names,
		.name_count = ARRAY_LENGTH(names),
		.listen = listening,
		.listen_count = ARRAY_LENGTH(listening)});
}

/* As hosts to send to, where nobody listens on 5061. */
static const struct {
	const char *host;
	uint16_t port, default_port;
	bool here;
} leads[] = {
	{"192.0.2.1", 0, 5060, true},
	{"192.0.2.1", 0, 5061, false},
	{"192.0.2.1", 5070, 5061, true},
	{"2001:db8::1", 0, 5060, true},
	{"2001:db8::1", 0, 5061, false},
	{"192.0.2.77", 0, 5061, true}, /* configured: a name as any other */
	{"example.test", 0, 5061, true},
	{"example.test", 5061, 5060, false},
	{"192.0.2.2", 0, 5060, false},
	{"", 0, 5060, false},
};

static const struct {
	const char *host;
	uint16_t port;
	bool ours;
} hosts[] = {
	{"example.test", 0, true},
	{"EXAMPLE.tESt", 0, true},
	{"example.test.", 0, true},
	{"example.test", 5060, true},
	{"example.test", 5070, true},
	{"example.test", 5061, false}, /* nobody of ours listens there */
	{"voice.example.org", 5060, true},
	{"example.tes", 0, false},
	{"example.testa", 0, false},
	{"a.example.test", 0, false},
	{"example.test..", 0, false},
	{".", 0, false},
	{"", 0, false},
	{"192.0.2.1", 0, true},
	{"192.0.2.1", 5070, true},
	{"192.0.2.1", 5080, false},
	{"192.0.2.77", 0, true},
	{"203.0.113.5", 5060, true},
	{"192.0.2.2", 0, false},
	{"192.0.2.1.", 0, true},
	{"2001:db8::1", 0, true},
	{"[2001:db8::1]", 5060, true},
	{"2001:DB8:0:0:0:0:0:1", 0, true},
	{"2001:db8::2", 0, false},
	{"::ffff:192.0.2.1", 0, true},
	{"[", 0, false},
	{"[]", 0, false},
	{":", 0, false},
	{"127.0.0.1", 0, false},
	{"1", 0, false},
};

START_TEST(hosts_are_told_apart)
{
	struct domains *domains = make_usual();

	for (size_t i = 0; i < ARRAY_LENGTH(hosts); i++)
		ck_assert_msg(domain_is_ours(domains, pv_span_of(hosts[i].host), hosts[i].port) ==
				      hosts[i].ours,
			"%s:%u", hosts[i].host, hosts[i].port);
	ck_assert(pv_span_equal(domains_realm(domains), PV_SPAN("example.test")));
	domains_free(domains);
	domains_free(NULL);
}
END_TEST

static const struct {
	const char *host;
	uint16_t port;
	const char *domain;
} stand_for[] = {
	{"Example.Test.", 5070, "example.test"},
	{"voice.example.org", 0, "voice.example.org"},
	{"192.0.2.77", 0, "192.0.2.77"}, /* it is a domain by itself */
	{"192.0.2.1", 0, "example.test"},
	{"[2001:DB8::1]", 5060, "example.test"},
	{"203.0.113.5", 0, "example.test"},
	{"192.0.2.1", 9, ""},
	{"192.0.2.2", 0, ""},
	{"elsewhere.test", 0, ""},
};

START_TEST(a_numeric_host_without_a_port_means_the_default)
{
	struct domains *domains = make_usual();

	for (size_t i = 0; i < ARRAY_LENGTH(leads); i++)
		ck_assert_msg(domain_leads_here(domains, pv_span_of(leads[i].host), leads[i].port,
				      leads[i].default_port) == leads[i].here,
			"row %zu: %s:%u", i, leads[i].host, leads[i].port);
	domains_free(domains);
}
END_TEST

START_TEST(a_host_stands_for_a_domain)
{
	struct domains *domains = make_usual();

	for (size_t i = 0; i < ARRAY_LENGTH(stand_for); i++) {
		struct pv_span domain =
			domain_of(domains, pv_span_of(stand_for[i].host), stand_for[i].port);
		ck_assert_msg(pv_span_equal(domain, pv_span_of(stand_for[i].domain)), "%s:%u",
			stand_for[i].host, stand_for[i].port);
	}
	domains_free(domains);
}
END_TEST

START_TEST(any_address_stands_for_this_machine)
{
	static const struct net_address any = {.family = NET_IPV4, .port = 5060};
	struct domains *domains = make(&(struct domains_config){.listen = &any, .listen_count = 1});

	ck_assert(domain_is_ours(domains, PV_SPAN("127.0.0.1"), 5060));
	ck_assert(!domain_is_ours(domains, PV_SPAN("192.0.2.1"), 5060));
	ck_assert(!domain_is_ours(domains, PV_SPAN("0.0.0.0"), 5060));
	ck_assert(!domain_is_ours(domains, PV_SPAN("::1"), 5060));
	ck_assert_uint_gt(domains_realm(domains).length, 0);
	domains_free(domains);
}
END_TEST

START_TEST(names_are_listed_in_their_order)
{
	static const struct pv_span three[] = {
		PV_SPAN_INIT("B.test."), PV_SPAN_INIT("a.test"), PV_SPAN_INIT("192.0.2.7")};
	struct domains *domains = make(&(struct domains_config){.names = three,
		.name_count = ARRAY_LENGTH(three),
		.listen = listening,
		.listen_count = 1});

	ck_assert_uint_eq(domains_count(domains), 3);
	ck_assert(pv_span_equal(domains_name(domains, 0), PV_SPAN("b.test")));
	ck_assert(pv_span_equal(domains_name(domains, 1), PV_SPAN("a.test")));
	ck_assert(pv_span_equal(domains_name(domains, 2), PV_SPAN("192.0.2.7")));
	domains_free(domains);
}
END_TEST

START_TEST(without_a_name_the_address_is_the_realm)
{
	struct domains *domains =
		make(&(struct domains_config){.listen = listening, .listen_count = 1});

	ck_assert(pv_span_equal(domains_realm(domains), PV_SPAN("192.0.2.1")));
	ck_assert_uint_eq(domains_count(domains), 1);
	ck_assert(pv_span_equal(domains_name(domains, 0), PV_SPAN("192.0.2.1")));
	ck_assert(!domain_is_ours(domains, PV_SPAN("example.test"), 0));
	domains_free(domains);
}
END_TEST

START_TEST(many_names_are_found)
{
	static char text[500][16];
	static struct pv_span many[500];

	for (unsigned i = 0; i < 500; i++) {
		snprintf(text[i], sizeof(text[i]), "d%u.test", i);
		many[i] = pv_span_of(text[i]);
	}
	struct domains *domains = make(&(struct domains_config){.names = many, .name_count = 500});
	for (unsigned i = 0; i < 500; i++) {
		ck_assert(domain_is_ours(domains, many[i], 0));
		text[i][0] = 'e';
		ck_assert(!domain_is_ours(domains, many[i], 0));
	}
	domains_free(domains);
}
END_TEST

TEST_MAIN("domain", hosts_are_told_apart, a_numeric_host_without_a_port_means_the_default,
	a_host_stands_for_a_domain, any_address_stands_for_this_machine,
	names_are_listed_in_their_order, without_a_name_the_address_is_the_realm,
	many_names_are_found)
