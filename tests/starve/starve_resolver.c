/* SPDX-License-Identifier: Apache-2.0 */
/* starve_resolver.c: names looked up again and again, another request for memory failing each time:
 * of our slab, and of the DNS library. */
#include <ares.h>
#include <stdlib.h>

#include "base/slab.h"
#include "lib/fake_dns.h"

static struct net_fixture fixture;
static struct dns dns;
static unsigned told;

/* ---- the DNS library's memory ---- */

static unsigned countdown; /* the n-th next request fails; 0: none */
static long pieces;        /* that it holds */

static bool fails(void)
{
	return countdown && --countdown == 0;
}

static void *take(size_t size)
{
	void *piece = fails() ? NULL : malloc(size);
	pieces += piece != NULL;
	return piece;
}

static void *resize(void *piece, size_t size)
{
	if (fails())
		return NULL;
	pieces += !piece;
	return realloc(piece, size);
}

static void give(void *piece)
{
	pieces -= piece != NULL;
	free(piece);
}

/* ---- lookups ---- */

static const struct dns_record records[] = {
	{"example.test", TYPE_NAPTR, 10, 20, 0, "SIP+D2T", "_sip._tcp.example.test", 0},
	{"example.test", TYPE_NAPTR, 20, 10, 0, "SIP+D2U", "_sip._udp.example.test", 0},
	{"_sip._tcp.example.test", TYPE_SRV, 1, 0, 5080, NULL, "a.example.test", 0},
	{"_sip._udp.example.test", TYPE_SRV, 10, 0, 5061, NULL, "b.example.test", 0},
	{"a.example.test", TYPE_A, 0, 0, 0, NULL, "192.0.2.1", 0},
	{"b.example.test", TYPE_A, 0, 0, 0, NULL, "192.0.2.2", 0},
};

static void on_done(struct resolve *resolve)
{
	told++;
}

static void begin(void)
{
	struct net_config config = fixture_config(PV_TRANSPORT_UDP, "127.0.0.1");
	dns_open(&dns, records, ARRAY_LENGTH(records));
	config.listen[1] = config.listen[0];
	config.listen[1].transport = PV_TRANSPORT_TCP;
	config.listen_count = 2;
	config.dns_servers[0] = dns.address;
	config.dns_server_count = 1;
	config.dns_timeout_ms = 20; /* a question that could not be sent is asked again after it */
	fixture_open(&fixture, 1, &config, NULL);
	told = 0;
}

static void end(void)
{
	close(dns.fd);
	fixture_close(&fixture);
}

static int start(struct resolve *resolve)
{
	struct pv_uri uri;
	*resolve = (struct resolve){.done = on_done};
	ck_assert_int_eq(pv_uri_parse(PV_SPAN("sip:bob@example.test"), &uri), 0);
	return resolve_start(fixture.seen[0].net, &uri, resolve);
}

/* Whoever asks is answered, at once or later, if only that nothing was found. */
static void ask(void)
{
	struct resolve resolve;
	int answer = start(&resolve);
	if (answer == 0)
		FIXTURE_UNTIL(&fixture, 1, (dns_turn(&dns), told == 1));
	else
		ck_assert_uint_eq(told, 0);
	ck_assert_uint_le(resolve.count, 2);
	ck_assert(answer <= 0 || resolve.count == (unsigned)answer);
}

START_TEST(a_lookup_without_a_place_is_refused)
{
	struct resolve resolve;
	begin();
	slab_starve(1);
	ck_assert_int_eq(start(&resolve), -ENOBUFS);
	ck_assert_uint_eq(slab_starve_countdown, 0);
	/* and the next one is not */
	ask();
	end();
}
END_TEST

START_TEST(the_dns_library_may_fail_at_any_time)
{
	unsigned n = 0, left;
	ck_assert_int_eq(ares_library_init_mem(ARES_LIB_INIT_ALL, take, give, resize), 0);
	long at_start = pieces;
	do {
		begin();
		countdown = ++n;
		ask();
		left = countdown;
		countdown = 0;
		end();
		ck_assert_int_eq(pieces, at_start);
	} while (left == 0 && n < 500);
	ck_assert_uint_gt(n, 10);
	ck_assert_uint_lt(n, 500);
	ares_library_cleanup();
}
END_TEST

/* The net may be closed with lookups that failed half way. */
START_TEST(closing_in_the_middle)
{
	unsigned n = 0, left;
	ck_assert_int_eq(ares_library_init_mem(ARES_LIB_INIT_ALL, take, give, resize), 0);
	long at_start = pieces;
	do {
		struct resolve resolve;
		begin();
		countdown = ++n;
		if (start(&resolve) == 0) {
			dns_turn(&dns);
			fixture_turn(&fixture, 0);
		}
		left = countdown;
		countdown = 0;
		end();
		ck_assert_int_eq(pieces, at_start);
	} while (left == 0 && n < 500);
	ck_assert_uint_lt(n, 500);
	ares_library_cleanup();
}
END_TEST

TEST_MAIN("starve_resolver", a_lookup_without_a_place_is_refused,
	the_dns_library_may_fail_at_any_time, closing_in_the_middle)
