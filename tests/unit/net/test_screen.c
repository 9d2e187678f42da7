/* SPDX-License-Identifier: Apache-2.0 */
/* test_screen.c: one source's flood is cut to its rate, and harms nobody else. */
#include "lib/testing.h"
#include "net/screen.h"

#define MS UINT64_C(1000000)

static struct net_address source(const char *text)
{
	struct net_address address;
	ck_assert(net_address_parse(pv_span_of(text), 5060, &address));
	return address;
}

START_TEST(no_rate_admits_all)
{
	struct screen screen;
	struct net_address a = source("192.0.2.1");
	ck_assert_int_eq(screen_init(&screen, 0, 0), 0);
	for (unsigned i = 0; i < 10000; i++)
		ck_assert(screen_admit(&screen, &a, 1000 * MS));
	screen_done(&screen);
}
END_TEST

START_TEST(burst_then_rate)
{
	struct screen screen;
	struct net_address a = source("192.0.2.1");
	unsigned admitted = 0;
	ck_assert_int_eq(screen_init(&screen, 100, 20), 0);
	for (unsigned i = 0; i < 1000; i++)
		admitted += screen_admit(&screen, &a, 1000 * MS);
	ck_assert_uint_eq(admitted, 20);
	/* ten thousand requests in the next second: a hundred pass */
	for (unsigned i = 0; i < 10000; i++)
		admitted += screen_admit(&screen, &a, 1000 * MS + i * MS / 10);
	ck_assert_uint_ge(admitted, 20 + 99);
	ck_assert_uint_le(admitted, 20 + 101);
	/* and after a pause the whole burst again, no more */
	admitted = 0;
	for (unsigned i = 0; i < 1000; i++)
		admitted += screen_admit(&screen, &a, 9000 * MS);
	ck_assert_uint_eq(admitted, 20);
	screen_done(&screen);
}
END_TEST

START_TEST(flood_does_not_harm_others)
{
	struct screen screen;
	struct net_address loud = source("192.0.2.1");
	ck_assert_int_eq(screen_init(&screen, 100, 10), 0);
	for (unsigned i = 0; i < 1000; i++) {
		struct net_address quiet = {
			.family = NET_IPV4, .ip = {10, 0, (uint8_t)(i >> 8), (uint8_t)i}};
		for (unsigned j = 0; j < 20; j++)
			screen_admit(&screen, &loud, 5000 * MS);
		ck_assert(screen_admit(&screen, &quiet, 5000 * MS));
		ck_assert(!screen_admit(&screen, &loud, 5000 * MS));
	}
	screen_done(&screen);
}
END_TEST

START_TEST(port_does_not_count_and_a_64_is_one_source)
{
	struct screen screen;
	struct net_address a = source("192.0.2.1"), b = source("2001:db8::1"),
			   c = source("2001:db8::2"), d = source("2001:db8:0:1::1");
	ck_assert_int_eq(screen_init(&screen, 1, 1), 0);
	ck_assert(screen_admit(&screen, &a, MS));
	a.port = 9;
	ck_assert(!screen_admit(&screen, &a, MS));
	ck_assert(screen_admit(&screen, &b, MS));
	ck_assert(!screen_admit(&screen, &c, MS));
	ck_assert(screen_admit(&screen, &d, MS));
	screen_done(&screen);
}
END_TEST

START_TEST(table_takes_more_sources_than_places)
{
	struct screen screen;
	unsigned admitted = 0;
	ck_assert_int_eq(screen_init(&screen, 10, 10), 0);
	for (unsigned i = 0; i < 200000; i++) {
		struct net_address one = {.family = NET_IPV4,
			.ip = {10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}};
		admitted += screen_admit(&screen, &one, 5000 * MS + i);
	}
	/* each is new: nobody is refused for want of a place */
	ck_assert_uint_eq(admitted, 200000);
	screen_done(&screen);
}
END_TEST

START_TEST(a_new_rate_counts_at_once)
{
	struct screen screen;
	struct net_address a = source("192.0.2.1");
	unsigned admitted = 0;
	ck_assert_int_eq(screen_init(&screen, 0, 0), 0);
	ck_assert(screen_admit(&screen, &a, 1000 * MS));
	screen_set(&screen, 10, 5);
	for (unsigned i = 0; i < 100; i++)
		admitted += screen_admit(&screen, &a, 1000 * MS);
	ck_assert_uint_eq(admitted, 5);
	screen_set(&screen, 10, 8);
	for (unsigned i = 0; i < 100; i++)
		admitted += screen_admit(&screen, &a, 1000 * MS);
	ck_assert_uint_eq(admitted, 8);
	screen_set(&screen, 0, 8);
	for (unsigned i = 0; i < 100; i++)
		ck_assert(screen_admit(&screen, &a, 1000 * MS));
	screen_done(&screen);
}
END_TEST

TEST_MAIN("screen", a_new_rate_counts_at_once, no_rate_admits_all, burst_then_rate,
	flood_does_not_harm_others, port_does_not_count_and_a_64_is_one_source,
	table_takes_more_sources_than_places)
