/* SPDX-License-Identifier: Apache-2.0 */
/* test_resolver.c: names through a tiny DNS server on loopback (RFC 3263). */
#include "lib/fake_dns.h"

static struct net_fixture fixture;

/* ---- asking ---- */

static struct dns dns;
static unsigned told;
static uint32_t patience_ms; /* of one try; 0: more than any answer takes */

static void on_done(struct resolve *resolve)
{
	told++;
}

/* A server on UDP, and on TCP if told, that asks `dns`. */
static void open_all(const struct dns_record *records, size_t count, bool with_tcp, bool with_ipv6)
{
	struct net_config config = fixture_config(PV_TRANSPORT_UDP, "127.0.0.1");
	dns_open(&dns, records, count);
	config.dns_servers[0] = dns.address;
	config.dns_server_count = 1;
	config.dns_timeout_ms = patience_ms > 0 ? patience_ms : 20000;
	if (with_tcp) {
		config.listen[config.listen_count] = config.listen[0];
		config.listen[config.listen_count++].transport = PV_TRANSPORT_TCP;
	}
	if (with_ipv6) {
		config.listen[config.listen_count].transport = PV_TRANSPORT_UDP;
		ck_assert(net_address_parse(
			PV_SPAN("::1"), 0, &config.listen[config.listen_count++].address));
	}
	fixture_open(&fixture, 1, &config, NULL);
	told = 0;
}

static void close_all(void)
{
	close(dns.fd);
	fixture_close(&fixture);
}

static int start(const char *text, struct resolve *resolve)
{
	struct pv_uri uri;
	*resolve = (struct resolve){.done = on_done};
	ck_assert_int_eq(pv_uri_parse(pv_span_of(text), &uri), 0);
	return resolve_start(fixture.seen[0].net, &uri, resolve);
}

static void resolve_all(const char *text, struct resolve *resolve)
{
	unsigned before = told;
	ck_assert_int_eq(start(text, resolve), 0);
	ck_assert_uint_eq(told, before);
	FIXTURE_UNTIL(&fixture, 1, (dns_turn(&dns), told == before + 1));
}

static void expect(const struct resolve *resolve, unsigned i, const char *text)
{
	char shown[80];
	struct pv_writer w;
	ck_assert_uint_gt(resolve->count, i);
	pv_writer_init(&w, shown, sizeof(shown));
	pv_put(&w, pv_transport_text(resolve->targets[i].transport));
	pv_put_char(&w, ' ');
	net_address_write(&resolve->targets[i].peer, &w);
	pv_put_char(&w, '\0');
	ck_assert_str_eq(shown, text);
}

START_TEST(numeric_hosts_answer_at_once)
{
	struct resolve resolve;
	open_all(NULL, 0, true, false);
	ck_assert_int_eq(start("sip:bob@192.0.2.4", &resolve), 1);
	expect(&resolve, 0, "UDP 192.0.2.4:5060");
	ck_assert(resolve.targets[0].tcp_if_large);
	ck_assert_int_eq(start("sip:bob@192.0.2.4:5070;transport=tcp", &resolve), 1);
	expect(&resolve, 0, "TCP 192.0.2.4:5070");
	ck_assert_int_eq(start("sip:bob@example.test;maddr=192.0.2.9", &resolve), 1);
	expect(&resolve, 0, "UDP 192.0.2.9:5060");
	ck_assert_int_eq(start("sip:[2001:db8::1]:5061;transport=UDP", &resolve), 1);
	expect(&resolve, 0, "UDP [2001:db8::1]:5061");
	ck_assert_int_eq(start("sips:bob@192.0.2.4", &resolve), -EPROTONOSUPPORT);
	ck_assert_int_eq(start("sip:bob@192.0.2.4;transport=sctp", &resolve), -EPROTONOSUPPORT);
	ck_assert_uint_eq(dns.questions, 0);
	close_all();
}
END_TEST

static const struct dns_record full[] = {
	{"example.test", TYPE_NAPTR, 20, 10, 0, "SIP+D2U", "_sip._udp.example.test", 0},
	{"example.test", TYPE_NAPTR, 10, 10, 0, "SIPS+D2T", "_sips._tcp.example.test", 0},
	{"example.test", TYPE_NAPTR, 10, 20, 0, "SIP+D2T", "_sip._tcp.example.test", 0},
	{"_sip._tcp.example.test", TYPE_SRV, 1, 0, 5080, NULL, "a.example.test", 0},
	{"_sip._udp.example.test", TYPE_SRV, 20, 0, 5062, NULL, "c.example.test", 0},
	{"_sip._udp.example.test", TYPE_SRV, 10, 0, 5061, NULL, "b.example.test", 0},
	{"a.example.test", TYPE_A, 0, 0, 0, NULL, "192.0.2.1", 0},
	{"b.example.test", TYPE_A, 0, 0, 0, NULL, "192.0.2.2", 0},
	{"c.example.test", TYPE_A, 0, 0, 0, NULL, "192.0.2.3", 0},
	{"c.example.test", TYPE_AAAA, 0, 0, 0, NULL, "2001:db8::3", 0},
};

START_TEST(naptr_srv_and_addresses_in_their_order)
{
	struct resolve resolve;
	open_all(full, ARRAY_LENGTH(full), true, false);
	resolve_all("sip:bob@Example.Test", &resolve);
	ck_assert_uint_eq(resolve.count, 3);
	expect(&resolve, 0, "TCP 192.0.2.1:5080");
	expect(&resolve, 1, "UDP 192.0.2.2:5061");
	expect(&resolve, 2, "UDP 192.0.2.3:5062");
	/* the second time nobody is asked, and the answer comes at once */
	unsigned questions = dns.questions;
	ck_assert_int_eq(start("sip:carol@example.test", &resolve), 3);
	expect(&resolve, 0, "TCP 192.0.2.1:5080");
	ck_assert_uint_eq(dns.questions, questions);
	close_all();
}
END_TEST

START_TEST(transport_that_we_do_not_have_is_left_out)
{
	struct resolve resolve;
	open_all(full, ARRAY_LENGTH(full), false, true);
	resolve_all("sip:bob@example.test", &resolve);
	ck_assert_uint_eq(resolve.count, 3);
	expect(&resolve, 0, "UDP 192.0.2.2:5061");
	/* both families of the host, in whichever order the answers came */
	ck_assert_uint_eq(resolve.targets[1].peer.port, 5062);
	ck_assert_uint_eq(resolve.targets[2].peer.port, 5062);
	ck_assert_uint_ne(resolve.targets[1].peer.family, resolve.targets[2].peer.family);
	ck_assert_int_eq(start("sip:bob@example.test;transport=tcp", &resolve), -EPROTONOSUPPORT);
	close_all();
}
END_TEST

START_TEST(transport_parameter_goes_straight_to_srv)
{
	struct resolve resolve;
	open_all(full, ARRAY_LENGTH(full), true, false);
	resolve_all("sip:bob@example.test;transport=udp", &resolve);
	ck_assert_uint_eq(resolve.count, 2);
	expect(&resolve, 0, "UDP 192.0.2.2:5061");
	ck_assert(!resolve.targets[0].tcp_if_large);
	close_all();
}
END_TEST

START_TEST(port_goes_straight_to_the_address)
{
	struct resolve resolve;
	open_all(full, ARRAY_LENGTH(full), true, false);
	resolve_all("sip:bob@b.example.test:5099", &resolve);
	ck_assert_uint_eq(dns.questions, 1);
	ck_assert_uint_eq(resolve.count, 1);
	expect(&resolve, 0, "UDP 192.0.2.2:5099");
	close_all();
}
END_TEST

START_TEST(name_without_services_is_the_host)
{
	struct resolve resolve;
	open_all(full, ARRAY_LENGTH(full), true, false);
	resolve_all("sip:bob@c.example.test", &resolve);
	ck_assert_uint_eq(resolve.count, 1);
	expect(&resolve, 0, "UDP 192.0.2.3:5060");
	close_all();
}
END_TEST

START_TEST(name_that_leads_nowhere_is_remembered_briefly)
{
	struct resolve resolve;
	open_all(full, ARRAY_LENGTH(full), true, false);
	resolve_all("sip:bob@nowhere.test", &resolve);
	ck_assert_uint_eq(resolve.count, 0);
	unsigned questions = dns.questions;
	ck_assert_int_eq(start("sip:bob@nowhere.test", &resolve), -EHOSTUNREACH);
	ck_assert_uint_eq(dns.questions, questions);
	close_all();
}
END_TEST

START_TEST(dead_server_times_out)
{
	struct resolve resolve;
	patience_ms = 100;
	open_all(full, ARRAY_LENGTH(full), false, false);
	dns.is_dead = true;
	resolve_all("sip:bob@b.example.test:5060", &resolve);
	ck_assert_uint_eq(resolve.count, 0);
	ck_assert_uint_eq(dns.questions, 2); /* two tries */
	close_all();
}
END_TEST

START_TEST(cancelled_lookup_is_not_told)
{
	struct resolve resolve, other;
	open_all(full, ARRAY_LENGTH(full), true, false);
	ck_assert_int_eq(start("sip:bob@b.example.test:5060", &resolve), 0);
	resolve_cancel(&resolve);
	resolve_cancel(&resolve);
	/* it still fills the cache */
	FIXTURE_UNTIL(&fixture, 1,
		(dns_turn(&dns), start("sip:bob@b.example.test:5060", &other) == 1 ||
					 (resolve_cancel(&other), false)));
	ck_assert_uint_eq(told, 0);
	close_all();
}
END_TEST

START_TEST(open_lookups_end_with_the_net)
{
	struct resolve resolve;
	open_all(full, ARRAY_LENGTH(full), true, false);
	ck_assert_int_eq(start("sip:bob@example.test", &resolve), 0);
	close_all();
	ck_assert_uint_eq(told, 0);
}
END_TEST

TEST_MAIN("resolver", numeric_hosts_answer_at_once, naptr_srv_and_addresses_in_their_order,
	transport_that_we_do_not_have_is_left_out, transport_parameter_goes_straight_to_srv,
	port_goes_straight_to_the_address, name_without_services_is_the_host,
	name_that_leads_nowhere_is_remembered_briefly, dead_server_times_out,
	cancelled_lookup_is_not_told, open_lookups_end_with_the_net)
