/* SPDX-License-Identifier: Apache-2.0 */
/* test_address.c: addresses to and from text and sockaddr. */
#include <arpa/inet.h>
#include <netinet/in.h>

#include "base/macros.h"
#include "lib/testing.h"
#include "net/address.h"

static const struct {
	const char *text, *written;
} round_trips[] = {
	{"192.0.2.1", "192.0.2.1:5060"},
	{"0.0.0.0", "0.0.0.0:5060"},
	{"255.255.255.255", "255.255.255.255:5060"},
	{"::1", "[::1]:5060"},
	{"[2001:db8::5]", "[2001:db8::5]:5060"},
	{"2001:DB8:0:0:0:0:0:5", "[2001:db8::5]:5060"},
	{"::ffff:192.0.2.7", "192.0.2.7:5060"},
	{"fe80::1%1", "[fe80::1%1]:5060"},
};

START_TEST(text_round_trips)
{
	for (size_t i = 0; i < ARRAY_LENGTH(round_trips); i++) {
		struct net_address address;
		struct sockaddr_storage storage;
		char text[NET_ADDRESS_TEXT];
		struct pv_writer w;
		ck_assert(net_address_parse(pv_span_of(round_trips[i].text), 5060, &address));
		net_address_to_sockaddr(&address, &storage);
		struct net_address again;
		net_address_from_sockaddr((struct sockaddr *)&storage, &again);
		ck_assert(net_address_equal(&address, &again));
		pv_writer_init(&w, text, sizeof(text));
		net_address_write(&again, &w);
		pv_put_char(&w, '\0');
		ck_assert(!w.overflow);
		ck_assert_str_eq(text, round_trips[i].written);
	}
}
END_TEST

START_TEST(longest_text_fits)
{
	struct net_address address;
	char text[NET_ADDRESS_TEXT];
	struct pv_writer w;
	ck_assert(net_address_parse(
		PV_SPAN("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), 65535, &address));
	address.scope = 255;
	pv_writer_init(&w, text, sizeof(text));
	net_address_write(&address, &w);
	pv_put_char(&w, '\0');
	ck_assert(!w.overflow);
}
END_TEST

START_TEST(names_are_no_addresses)
{
	static const char *const names[] = {"", "example.test", "192.0.2", "192.0.2.256", "[::1",
		"::1]", "1.2.3.4.5", "[]", "fe80::1%", "fe80::1%nosuchlink",
		"a-name-that-is-longer-than-any-numeric-address-can-ever-be-written-down"};
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		struct net_address address = {.port = 7};
		ck_assert(!net_address_parse(pv_span_of(names[i]), 5060, &address));
		ck_assert_uint_eq(address.port, 7);
	}
}
END_TEST

/* What inet_pton(3) says of dotted numbers, we say: a second reading would be a way past somebody's
 * list of addresses. */
START_TEST(dotted_numbers_are_read_as_inet_pton_reads_them)
{
	static const char *const texts[] = {"1.2.3.4", "0.0.0.0", "255.255.255.255", "01.2.3.4",
		"1.2.3.04", "00.0.0.0", "1.2.3.256", "1.2.3.1000", "1.2.3.", ".1.2.3", "1..2.3",
		"1.2.3.4.", "1.2.3", "1.2.3.4 ", " 1.2.3.4", "1.2.3.-4", "1.2.3.4a", "0x1.2.3.4",
		"1.2.3.4:5", "4294967297.2.3.4", "127.1", "1"};
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		struct net_address address = {0};
		uint8_t ip[4] = {0};
		bool is_one = inet_pton(AF_INET, texts[i], ip) == 1;
		ck_assert_msg(net_address_parse(pv_span_of(texts[i]), 1, &address) == is_one, "%s",
			texts[i]);
		ck_assert_mem_eq(address.ip, ip, sizeof(ip));
	}
}
END_TEST

START_TEST(mapped_addresses_are_ipv4)
{
	struct sockaddr_in6 mapped = {.sin6_family = AF_INET6, .sin6_port = htons(5060)};
	struct net_address address, plain;
	memcpy(&mapped.sin6_addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1", 16);
	net_address_from_sockaddr((struct sockaddr *)&mapped, &address);
	ck_assert(net_address_parse(PV_SPAN("192.0.2.1"), 5060, &plain));
	ck_assert(net_address_equal(&address, &plain));
}
END_TEST

START_TEST(comparison_minds_port_and_family)
{
	struct net_address a, b;
	ck_assert(net_address_parse(PV_SPAN("192.0.2.1"), 5060, &a));
	ck_assert(net_address_parse(PV_SPAN("192.0.2.1"), 5061, &b));
	ck_assert(!net_address_equal(&a, &b));
	ck_assert(net_address_same_ip(&a, &b));
	ck_assert(net_address_parse(PV_SPAN("c000:0201::"), 5060, &b));
	ck_assert(!net_address_same_ip(&a, &b));
}
END_TEST

START_TEST(private_and_any)
{
	static const struct {
		const char *text;
		bool is_private;
	} rows[] = {
		{"10.1.2.3", true},
		{"11.0.0.1", false},
		{"172.16.0.1", true},
		{"172.31.255.255", true},
		{"172.32.0.1", false},
		{"192.168.5.5", true},
		{"192.169.0.1", false},
		{"100.64.0.1", true},
		{"100.128.0.1", false},
		{"169.254.1.1", true},
		{"127.0.0.1", true},
		{"8.8.8.8", false},
		{"fd00::1", true},
		{"fc00::1", true},
		{"fe80::1", true},
		{"::1", true},
		{"::2", false},
		{"2001:db8::1", false},
		{"fec0::1", false},
	};
	struct net_address address;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		ck_assert(net_address_parse(pv_span_of(rows[i].text), 1, &address));
		ck_assert_msg(
			net_address_is_private(&address) == rows[i].is_private, "%s", rows[i].text);
		ck_assert(!net_address_is_any(&address));
	}
	ck_assert(net_address_parse(PV_SPAN("::"), 1, &address));
	ck_assert(net_address_is_any(&address));
	ck_assert(net_address_parse(PV_SPAN("0.0.0.0"), 1, &address));
	ck_assert(net_address_is_any(&address));
}
END_TEST

TEST_MAIN("address", text_round_trips, longest_text_fits, names_are_no_addresses,
	dotted_numbers_are_read_as_inet_pton_reads_them, mapped_addresses_are_ipv4,
	comparison_minds_port_and_family, private_and_any)
