/* SPDX-License-Identifier: Apache-2.0 */
/* test_address.c: addresses: copies, comparisons, text. */
#include "harness.h"

static void must_write(const struct media_address *address, const char *wanted)
{
	char text[80];
	struct pv_writer writer;
	pv_writer_init(&writer, text, sizeof(text));
	media_address_write(address, &writer);
	ck_assert_uint_eq(pv_writer_length(&writer), strlen(wanted));
	ck_assert_mem_eq(text, wanted, pv_writer_length(&writer));
}

START_TEST(hosts_and_ports_compare)
{
	struct media_address a = address_of("10.0.0.1", 5000), b = address_of("10.0.0.1", 5001),
			     c = address_of("10.0.0.2", 5000), d = address_of("fe80::1", 5000),
			     e = address_of("fe80::1", 5000), none = {0}, empty = {0};
	ck_assert(media_address_same_host(&a, &b) && !media_address_equal(&a, &b));
	ck_assert(!media_address_same_host(&a, &c) && !media_address_equal(&a, &c));
	ck_assert(media_address_equal(&a, &a) && media_address_equal(&d, &e));
	e.v6.sin6_scope_id = 2;
	ck_assert(!media_address_same_host(&d, &e));
	ck_assert(!media_address_same_host(&a, &d) && !media_address_same_host(&a, &none));
	/* nobody is nowhere */
	ck_assert(!media_address_same_host(&none, &empty) && !media_address_equal(&none, &empty));
	ck_assert(media_address_is_none(&none) && !media_address_is_none(&a));
	media_address_set_port(&a, 5001);
	ck_assert(media_address_equal(&a, &b));
	ck_assert_uint_eq(media_address_port(&d), 5000);
}
END_TEST

START_TEST(mapped_is_ipv4_and_others_are_none)
{
	struct media_address mapped = address_of("::ffff:10.0.0.1", 7),
			     plain = address_of("10.0.0.1", 7);
	struct sockaddr other = {.sa_family = AF_UNIX};
	ck_assert(media_address_equal(&mapped, &plain));
	media_address_from(&other, &mapped);
	ck_assert(media_address_is_none(&mapped));
}
END_TEST

START_TEST(where_media_may_be_sent)
{
	static const struct {
		const char *ip;
		uint16_t port;
		bool is_sendable;
	} cases[] = {
		{"203.0.113.7", 4000, true},
		{"203.0.113.7", 0, false},
		{"0.0.0.0", 4000, false},
		{"0.1.2.3", 4000, false},
		{"223.255.255.255", 1, true},
		{"224.0.0.1", 4000, false},
		{"255.255.255.255", 4000, false},
		{"127.0.0.1", 4000, true}, /* that is a question of trust, see is_blind */
		{"2001:db8::1", 4000, true},
		{"::", 4000, false},
		{"ff02::1", 4000, false},
	};
	struct media_address none = {0};
	ck_assert(!media_address_is_sendable(&none));
	for (unsigned i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct media_address address = address_of(cases[i].ip, cases[i].port);
		ck_assert_msg(media_address_is_sendable(&address) == cases[i].is_sendable, "%s",
			cases[i].ip);
	}
}
END_TEST

START_TEST(they_are_written)
{
	struct media_address a = address_of("10.0.0.1", 5000), b = address_of("2001:db8::5", 16384),
			     none = {0};
	must_write(&a, "10.0.0.1:5000");
	must_write(&b, "[2001:db8::5]:16384");
	must_write(&none, "none");
}
END_TEST

TEST_MAIN("address", hosts_and_ports_compare, mapped_is_ipv4_and_others_are_none,
	where_media_may_be_sent, they_are_written)
