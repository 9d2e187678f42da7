/* SPDX-License-Identifier: Apache-2.0 */
/* test_udp.c: datagrams in and out of workers that share an address. */
#include "base/slab.h"
#include "lib/net_testing.h"
#include "net/udp.h"

#define CALLS 64

static struct net_fixture fixture;
static char bytes[70000];
static char answer[70000];

START_TEST(one_source_loads_all_workers_by_call_id)
{
	struct net_config config = fixture_config(PV_TRANSPORT_UDP, "127.0.0.1");
	unsigned owner[CALLS], share[2] = {0};
	fixture_open(&fixture, 2, &config, NULL);
	struct net_address server = net_group_bound(fixture.group, 0);
	fixture_start(&fixture);
	int client = client_open(SOCK_DGRAM, NULL, &server);
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < CALLS; i++) {
			size_t length = client_request(bytes, "OPTIONS", i, 0);
			ck_assert_int_eq(send(client, bytes, length, 0), (ssize_t)length);
		}
		for (unsigned i = 0; i < CALLS; i++) {
			unsigned worker, call;
			ssize_t got = client_read(client, answer, sizeof(answer) - 1);
			ck_assert_int_gt(got, 0);
			answer[got] = '\0';
			ck_assert_int_eq(sscanf(answer, "W%u", &worker), 1);
			ck_assert_int_eq(sscanf(strstr(answer, "call-"), "call-%u", &call), 1);
			ck_assert(worker < 2 && call < CALLS);
			if (round == 0)
				owner[call] = worker;
			ck_assert_uint_eq(owner[call], worker);
			share[worker]++;
		}
	}
	/* 64 fair coins: fewer than 8 of a side come once in 10^10 runs */
	ck_assert_uint_gt(share[0], 16);
	ck_assert_uint_gt(share[1], 16);
	close(client);
	fixture_close(&fixture);
}
END_TEST

static enum net_claim claim(
	void *context, const struct sip_peek *peek, struct pv_span message, bool is_home)
{
	ck_assert_ptr_nonnull(pv_span_find(message, '\r'));
	return peek->method == PV_METHOD_ACK ? NET_DROP : NET_HERE;
}

START_TEST(what_is_claimed_stays_where_it_came_or_ends)
{
	struct net_config config = fixture_config(PV_TRANSPORT_UDP, "127.0.0.1");
	fixture_open(&fixture, 2, &config, NULL);
	for (unsigned i = 0; i < 2; i++)
		net_set_user(fixture.seen[i].net, &(struct net_user){.message = fixture_message,
							  .claim = claim,
							  .context = &fixture.seen[i]});
	struct net_address server = net_group_bound(fixture.group, 0);
	int client = client_open(SOCK_DGRAM, NULL, &server);
	for (unsigned i = 0; i < CALLS; i++) {
		size_t length = client_request(bytes, "ACK", i, 0);
		ck_assert_int_eq(send(client, bytes, length, 0), (ssize_t)length);
		length = client_request(bytes, "OPTIONS", i, 0);
		ck_assert_int_eq(send(client, bytes, length, 0), (ssize_t)length);
	}
	FIXTURE_UNTIL(&fixture, 2,
		atomic_load(&fixture.seen[0].messages) + atomic_load(&fixture.seen[1].messages) ==
			CALLS);
	ck_assert(
		!atomic_load(&fixture.seen[0].messages) || !atomic_load(&fixture.seen[1].messages));
	close(client);
	fixture_close(&fixture);
}
END_TEST

START_TEST(large_datagrams_pass_whole_to_both_workers)
{
	static const size_t bodies[] = {1500, 1900, 2048, 5000, 40000, 64000};
	struct net_config config = fixture_config(PV_TRANSPORT_UDP, "127.0.0.1");
	unsigned seen = 0;
	fixture_open(&fixture, 2, &config, NULL);
	struct net_address server = net_group_bound(fixture.group, 0);
	fixture_start(&fixture);
	int client = client_open(SOCK_DGRAM, NULL, &server);
	for (unsigned i = 0; i < ARRAY_LENGTH(bodies) * 4; i++) {
		unsigned worker;
		size_t length = client_request(bytes, "MESSAGE", i, bodies[i / 4]);
		bytes[length - 1] = 'e';
		ck_assert_int_eq(send(client, bytes, length, 0), (ssize_t)length);
		ssize_t got = client_read(client, answer, sizeof(answer));
		ck_assert_int_eq(got, (ssize_t)length + 3);
		ck_assert_mem_eq(answer + 3, bytes, length);
		sscanf(answer, "W%u", &worker);
		seen |= 1u << worker;
	}
	ck_assert_uint_eq(seen, 3);
	close(client);
	fixture_close(&fixture);
}
END_TEST

/* Mails, timers and what is to be sent have their turn however much comes in. */
START_TEST(a_round_ends_though_there_is_more_to_read)
{
	struct net_config config = fixture_config(PV_TRANSPORT_UDP, "127.0.0.1");
	fixture_open(&fixture, 1, &config, NULL);
	struct net_address server = net_group_bound(fixture.group, 0);
	int client = client_open(SOCK_DGRAM, NULL, &server);
	struct net_seen *seen = &fixture.seen[0];
	seen->is_silent = true;
	for (unsigned i = 0; i < 200; i++) {
		size_t length = client_request(bytes, "OPTIONS", i, 0);
		ck_assert_int_eq(send(client, bytes, length, 0), (ssize_t)length);
	}
	fixture_turn(&fixture, 0);
	unsigned first = atomic_load(&seen->messages);
	ck_assert(first > 0 && first < 200);
	ck_assert(fixture.workers.workers[0].again);
	fixture_turn(&fixture, 0);
	ck_assert_uint_eq(atomic_load(&seen->messages), 200);
	ck_assert(!fixture.workers.workers[0].again);
	close(client);
	fixture_close(&fixture);
}
END_TEST

/* What one batch sends: three lengths in turn, so that trains are made out of order. */
START_TEST(datagrams_of_one_length_leave_together_and_arrive_apart)
{
	struct net_config config = fixture_config(PV_TRANSPORT_UDP, "127.0.0.1");
	fixture_open(&fixture, 1, &config, NULL);
	struct net_address server = net_group_bound(fixture.group, 0);
	struct worker *worker = &fixture.workers.workers[0];
	int client = client_open(SOCK_DGRAM, NULL, &server);
	struct sockaddr_storage own;
	socklen_t own_length = sizeof(own);
	ck_assert_int_eq(getsockname(client, (struct sockaddr *)&own, &own_length), 0);
	struct path to = {.transport = PV_TRANSPORT_UDP, .listener = 0};
	net_address_from_sockaddr((struct sockaddr *)&own, &to.peer);
	uint64_t coupled = metrics_sum(METRIC_net_udp_coupled);
	uint64_t sent = metrics_sum(METRIC_net_udp_sent);
	for (unsigned i = 0; i < 100; i++) {
		struct buffer *one = buffer_take(&worker->buffers, 2000);
		one->length = i % 3 == 2 ? 1900 : 200 + i % 3;
		memset(one->bytes, 'a' + (int)(i % 26), one->length);
		memcpy(one->bytes, &i, sizeof(i));
		net_send(fixture.seen[0].net, &to, one, 0);
		buffer_unref(&worker->buffers, one);
	}
	fixture_turn(&fixture, 0);
	bool seen[100] = {0};
	unsigned last[3] = {0};
	for (unsigned n = 0; n < 100; n++) {
		unsigned i;
		ssize_t got = client_read(client, answer, sizeof(answer));
		ck_assert_int_gt(got, 0);
		memcpy(&i, answer, sizeof(i));
		ck_assert(i < 100 && !seen[i]);
		ck_assert_int_eq(got, i % 3 == 2 ? 1900 : 200 + (int)(i % 3));
		ck_assert_int_eq(answer[got - 1], 'a' + (int)(i % 26));
		/* within a length the order stays */
		ck_assert(last[i % 3] <= i);
		last[i % 3] = i;
		seen[i] = true;
	}
	ck_assert_uint_eq(metrics_sum(METRIC_net_udp_sent) - sent, 100);
	/* of 67 that are short enough; fellows are looked for a few trains back only */
	ck_assert_uint_ge(metrics_sum(METRIC_net_udp_coupled) - coupled, 50);
	ck_assert_uint_eq(worker->buffers.bytes_used, 0);
	close(client);
	fixture_close(&fixture);
}
END_TEST

/* Of a thousand new requests, when 12 turns have each found `count` datagrams that had come 30 ms
 * before the worker woke, and each of them took so long. */
static unsigned refused_after(unsigned count, unsigned takes_ms)
{
	struct net_config config = fixture_config(PV_TRANSPORT_UDP, "127.0.0.1");
	fixture_open(&fixture, 1, &config, NULL);
	struct net_address server = net_group_bound(fixture.group, 0);
	int client = client_open(SOCK_DGRAM, NULL, &server);
	unsigned refused = 0;
	fixture.seen[0].is_silent = true;
	fixture.seen[0].takes_ms = takes_ms;
	ck_assert(!net_is_overloaded(fixture.seen[0].net));
	for (unsigned turn = 0; turn < 12; turn++) {
		for (unsigned i = 0; i < count; i++) {
			size_t length = client_request(bytes, "OPTIONS", i, 0);
			ck_assert_int_eq(send(client, bytes, length, 0), (ssize_t)length);
		}
		poll(NULL, 0, 30);
		fixture_turn(&fixture, 0);
	}
	for (unsigned i = 0; i < 1000; i++)
		refused += net_is_overloaded(fixture.seen[0].net);
	close(client);
	fixture_close(&fixture);
	return refused;
}

/* The first of the second batch has waited for all of the first one. */
START_TEST(wait_for_our_work_has_new_requests_refused)
{
	unsigned refused = refused_after(UDP_BATCH + 1, 1);
	ck_assert_uint_gt(refused, 100);
	ck_assert_uint_lt(refused, 1000);
}
END_TEST

START_TEST(wait_for_the_machine_to_wake_us_does_not)
{
	ck_assert_uint_eq(refused_after(1, 0), 0);
}
END_TEST

START_TEST(keepalives_and_garbage_are_counted_and_dropped)
{
	struct net_config config = fixture_config(PV_TRANSPORT_UDP, "127.0.0.1");
	static const char stun[20] = "\0\1\0\0\x21\x12\xa4\x42";
	uint64_t kept = metrics_sum(METRIC_net_keepalives);
	uint64_t garbage = metrics_sum(METRIC_net_garbage);
	fixture_open(&fixture, 1, &config, NULL);
	struct net_address server = net_group_bound(fixture.group, 0);
	int client = client_open(SOCK_DGRAM, NULL, &server);
	ck_assert_int_eq(send(client, "\r\n\r\n", 4, 0), 4);
	ck_assert_int_eq(send(client, "", 1, 0), 1);
	ck_assert_int_eq(send(client, "", 0, 0), 0);
	ck_assert_int_eq(send(client, stun, sizeof(stun), 0), sizeof(stun));
	ck_assert_int_eq(send(client, "this is no SIP at all\r\n\r\n", 25, 0), 25);
	/* a message behind CRLFs is a message */
	memcpy(bytes, "\r\n\r\n", 4);
	size_t length = client_request(bytes + 4, "OPTIONS", 1, 0);
	send(client, bytes, length + 4, 0);
	FIXTURE_UNTIL(&fixture, 1, fixture.seen[0].messages == 1);
	ck_assert_uint_eq(fixture.seen[0].last_length, length);
	ck_assert_uint_eq(metrics_sum(METRIC_net_keepalives) - kept, 4);
	ck_assert_uint_eq(metrics_sum(METRIC_net_garbage) - garbage, 1);
	close(client);
	fixture_close(&fixture);
}
END_TEST

START_TEST(message_over_the_limit_is_dropped)
{
	struct net_config config = fixture_config(PV_TRANSPORT_UDP, "127.0.0.1");
	config.message_max = 1000;
	fixture_open(&fixture, 1, &config, NULL);
	struct net_address server = net_group_bound(fixture.group, 0);
	int client = client_open(SOCK_DGRAM, NULL, &server);
	uint64_t before = metrics_sum(METRIC_net_too_large);
	send(client, bytes, client_request(bytes, "OPTIONS", 1, 2000), 0);
	send(client, bytes, client_request(bytes, "OPTIONS", 2, 0), 0);
	FIXTURE_UNTIL(&fixture, 1, fixture.seen[0].messages == 1);
	ck_assert_uint_eq(metrics_sum(METRIC_net_too_large) - before, 1);
	close(client);
	fixture_close(&fixture);
}
END_TEST

START_TEST(refused_port_is_told_to_the_sender)
{
	struct net_config config = fixture_config(PV_TRANSPORT_UDP, "127.0.0.1");
	fixture_open(&fixture, 1, &config, NULL);
	struct net_address server = net_group_bound(fixture.group, 0);
	/* a port that was ours a moment ago and is nobody's now */
	int client = client_open(SOCK_DGRAM, NULL, &server);
	struct sockaddr_storage gone;
	socklen_t length = sizeof(gone);
	struct path to = {.transport = PV_TRANSPORT_UDP, .listener = NET_ANY_LISTENER};
	getsockname(client, (struct sockaddr *)&gone, &length);
	net_address_from_sockaddr((struct sockaddr *)&gone, &to.peer);
	close(client);
	struct worker *worker = &fixture.workers.workers[0];
	struct buffer *buffer = buffer_take(&worker->buffers, 100);
	buffer->length = 100;
	memset(buffer->bytes, 'x', 100);
	net_send(fixture.seen[0].net, &to, buffer, 4711);
	buffer_unref(&worker->buffers, buffer);
	FIXTURE_UNTIL(&fixture, 1, fixture.seen[0].errors == 1);
	ck_assert_uint_eq(fixture.seen[0].last_sender, 4711);
	ck_assert_int_eq(fixture.seen[0].last_error, ECONNREFUSED);
	ck_assert_uint_eq(worker->buffers.bytes_used, 0);
	fixture_close(&fixture);
}
END_TEST

START_TEST(answer_leaves_from_the_address_that_was_asked)
{
	struct net_config config = fixture_config(PV_TRANSPORT_UDP, "0.0.0.0");
	fixture_open(&fixture, 1, &config, NULL);
	struct net_address server = net_group_bound(fixture.group, 0);
	ck_assert(net_address_parse(PV_SPAN("127.0.0.2"), server.port, &server));
	/* connected: it takes nothing from any other address */
	int client = client_open(SOCK_DGRAM, "127.0.0.1", &server);
	send(client, bytes, client_request(bytes, "OPTIONS", 1, 0), 0);
	FIXTURE_UNTIL(&fixture, 1, fixture.seen[0].messages == 1);
	ck_assert_int_gt(client_read(client, answer, sizeof(answer)), 0);
	struct path path = fixture.seen[0].last_path;
	struct pv_span sent_by;
	char expected[64];
	ck_assert_int_eq(net_local(fixture.seen[0].net, &path, &sent_by), 0);
	snprintf(expected, sizeof(expected), "127.0.0.2:%u", server.port);
	ck_assert_uint_eq(sent_by.length, strlen(expected));
	ck_assert_mem_eq(sent_by.at, expected, sent_by.length);
	ck_assert(net_is_local(fixture.seen[0].net,
		&(struct net_address){
			.ip = {127, 0, 0, 1}, .family = NET_IPV4, .port = server.port}));
	close(client);
	fixture_close(&fixture);
}
END_TEST

START_TEST(ipv6_works_beside_ipv4)
{
	struct net_config config = fixture_config(PV_TRANSPORT_UDP, "127.0.0.1");
	config.listen_count = 2;
	config.listen[1].transport = PV_TRANSPORT_UDP;
	ck_assert(net_address_parse(PV_SPAN("[::]"), 0, &config.listen[1].address));
	fixture_open(&fixture, 1, &config, NULL);
	struct net_address server = net_group_bound(fixture.group, 1);
	ck_assert(net_address_parse(PV_SPAN("::1"), server.port, &server));
	int client = client_open(SOCK_DGRAM, NULL, &server);
	send(client, bytes, client_request(bytes, "OPTIONS", 1, 0), 0);
	FIXTURE_UNTIL(&fixture, 1, fixture.seen[0].messages == 1);
	ck_assert_int_gt(client_read(client, answer, sizeof(answer)), 0);
	struct path path = {.peer = fixture.seen[0].last_path.peer,
		.transport = PV_TRANSPORT_UDP,
		.listener = NET_ANY_LISTENER};
	struct pv_span sent_by;
	char expected[64];
	ck_assert_int_eq(net_local(fixture.seen[0].net, &path, &sent_by), 0);
	snprintf(expected, sizeof(expected), "[::1]:%u", server.port);
	ck_assert_uint_eq(sent_by.length, strlen(expected));
	ck_assert_mem_eq(sent_by.at, expected, sent_by.length);
	close(client);
	fixture_close(&fixture);
}
END_TEST

START_TEST(port_of_somebody_else_is_not_shared)
{
	struct net_config config = fixture_config(PV_TRANSPORT_UDP, "127.0.0.1");
	struct worker_group workers;
	struct net_group *group = NULL;
	unsigned bad = 99;
	fixture_open(&fixture, 1, &config, NULL);
	config.listen[0].address = net_group_bound(fixture.group, 0);
	ck_assert_int_eq(worker_group_init(&workers, 1, NULL), 0);
	ck_assert_int_eq(net_group_open(&group, &config, &workers, &bad), -EADDRINUSE);
	ck_assert_uint_eq(bad, 0);
	ck_assert_ptr_null(group);
	worker_group_done(&workers);
	fixture_close(&fixture);
}
END_TEST

START_TEST(public_address_is_what_we_call_ourselves)
{
	struct net_config config = fixture_config(PV_TRANSPORT_UDP, "127.0.0.1");
	struct path path = {.transport = PV_TRANSPORT_UDP, .listener = NET_ANY_LISTENER};
	struct pv_span sent_by;
	ck_assert(net_address_parse(PV_SPAN("203.0.113.5"), 5070, &config.public_address));
	fixture_open(&fixture, 1, &config, NULL);
	ck_assert(net_address_parse(PV_SPAN("127.0.0.1"), 9, &path.peer));
	ck_assert_int_eq(net_local(fixture.seen[0].net, &path, &sent_by), 0);
	ck_assert_uint_eq(sent_by.length, strlen("203.0.113.5:5070"));
	ck_assert_mem_eq(sent_by.at, "203.0.113.5:5070", sent_by.length);
	ck_assert(net_is_local(fixture.seen[0].net, &config.public_address));
	path = (struct path){
		.transport = PV_TRANSPORT_TCP, .peer = path.peer, .listener = NET_ANY_LISTENER};
	ck_assert_int_eq(net_local(fixture.seen[0].net, &path, &sent_by), -EADDRNOTAVAIL);
	fixture_close(&fixture);
}
END_TEST

START_TEST(flood_of_one_source_is_cut_and_others_pass)
{
	struct net_config config = fixture_config(PV_TRANSPORT_UDP, "127.0.0.1");
	config.source_rate = 10;
	config.source_burst = 5;
	fixture_open(&fixture, 1, &config, NULL);
	fixture.seen[0].is_silent = true;
	uint64_t before = metrics_sum(METRIC_net_screened);
	struct net_address server = net_group_bound(fixture.group, 0);
	int loud = client_open(SOCK_DGRAM, "127.0.0.1", &server);
	int quiet = client_open(SOCK_DGRAM, "127.0.0.2", &server);
	for (unsigned i = 0; i < 100; i++)
		send(loud, bytes, client_request(bytes, "INVITE", i, 0), 0);
	FIXTURE_UNTIL(&fixture, 1, metrics_sum(METRIC_net_screened) > before + 80);
	ck_assert_uint_ge(fixture.seen[0].messages, 5);
	unsigned passed = fixture.seen[0].messages;
	/* what ends a call is never refused, nor is anybody else */
	send(loud, bytes, client_request(bytes, "BYE", 1, 0), 0);
	send(loud, bytes, client_request(bytes, "ACK", 1, 0), 0);
	send(quiet, bytes, client_request(bytes, "INVITE", 500, 0), 0);
	FIXTURE_UNTIL(&fixture, 1, fixture.seen[0].messages == passed + 3);
	close(loud), close(quiet);
	fixture_close(&fixture);
}
END_TEST

START_TEST(flood_of_what_ends_calls_is_cut_later)
{
	struct net_config config = fixture_config(PV_TRANSPORT_UDP, "127.0.0.1");
	config.source_rate = 2;
	config.source_burst = 1;
	fixture_open(&fixture, 1, &config, NULL);
	fixture.seen[0].is_silent = true;
	uint64_t before = metrics_sum(METRIC_net_screened);
	struct net_address server = net_group_bound(fixture.group, 0);
	int loud = client_open(SOCK_DGRAM, "127.0.0.1", &server);
	for (unsigned i = 0; i < 100; i++)
		send(loud, bytes, client_request(bytes, "INFO", i, 0), 0);
	FIXTURE_UNTIL(&fixture, 1, metrics_sum(METRIC_net_screened) > before + 50);
	ck_assert_uint_ge(fixture.seen[0].messages, 10);
	close(loud);
	fixture_close(&fixture);
}
END_TEST

START_TEST(without_packets_datagrams_are_dropped_and_counted)
{
	struct net_config config = fixture_config(PV_TRANSPORT_UDP, "127.0.0.1");
	fixture_open(&fixture, 2, &config, NULL);
	fixture.seen[0].is_silent = fixture.seen[1].is_silent = true;
	struct net_address server = net_group_bound(fixture.group, 0);
	int client = client_open(SOCK_DGRAM, NULL, &server);
	uint64_t before = metrics_sum(METRIC_net_packets_exhausted);
	for (unsigned i = 0; i < 20; i++)
		send(client, bytes, client_request(bytes, "OPTIONS", i, 0), 0);
	/* the first take of a packet fails, whichever worker has the datagrams; the next works */
	slab_starve(1);
	FIXTURE_UNTIL(&fixture, 2, fixture.seen[0].messages + fixture.seen[1].messages == 19);
	ck_assert_uint_eq(metrics_sum(METRIC_net_packets_exhausted) - before, 1);
	close(client);
	fixture_close(&fixture);
}
END_TEST

TEST_MAIN("udp", flood_of_one_source_is_cut_and_others_pass, flood_of_what_ends_calls_is_cut_later,
	without_packets_datagrams_are_dropped_and_counted, one_source_loads_all_workers_by_call_id,
	what_is_claimed_stays_where_it_came_or_ends, large_datagrams_pass_whole_to_both_workers,
	a_round_ends_though_there_is_more_to_read,
	datagrams_of_one_length_leave_together_and_arrive_apart,
	wait_for_our_work_has_new_requests_refused, wait_for_the_machine_to_wake_us_does_not,
	keepalives_and_garbage_are_counted_and_dropped, message_over_the_limit_is_dropped,
	refused_port_is_told_to_the_sender, answer_leaves_from_the_address_that_was_asked,
	ipv6_works_beside_ipv4, port_of_somebody_else_is_not_shared,
	public_address_is_what_we_call_ourselves)
