/* SPDX-License-Identifier: Apache-2.0 */
/* test_tcp.c: connections: framing, limits, deadlines, and flows of other workers. */
#include <fcntl.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "lib/net_testing.h"

static struct net_fixture fixture;
static struct fake_clock fake;
static char bytes[200000];
static char answer[200000];

static struct net_address open_tcp(unsigned workers, struct net_config *config)
{
	fake_clock_init(&fake, 1000000);
	fixture_open(&fixture, workers, config, &fake.clock);
	return net_group_bound(fixture.group, 0);
}

static struct buffer *buffer_of(unsigned worker, const char *text, size_t length)
{
	struct buffer *buffer = buffer_take(&fixture.workers.workers[worker].buffers, length);
	ck_assert_ptr_nonnull(buffer);
	memcpy(buffer->bytes, text, length);
	buffer->length = (uint32_t)length;
	return buffer;
}

static void send_by(unsigned worker, const struct path *to, size_t length, uint64_t sender)
{
	struct worker *here = &fixture.workers.workers[worker];
	struct buffer *buffer = buffer_of(worker, bytes, length);
	net_send(fixture.seen[worker].net, to, buffer, sender);
	buffer_unref(&here->buffers, buffer);
}

/* The peer closed: recv says 0, or that the connection was reset. */
static bool is_closed(int client)
{
	char rest[512];
	ssize_t got = recv(client, rest, sizeof(rest), MSG_DONTWAIT);
	return got == 0 || (got < 0 && errno == ECONNRESET);
}

static uint64_t connections(void)
{
	return metrics_sum(METRIC_net_connections);
}

START_TEST(message_arrives_byte_by_byte)
{
	struct net_config config = fixture_config(PV_TRANSPORT_TCP, "127.0.0.1");
	struct net_address server = open_tcp(1, &config);
	int client = client_open(SOCK_STREAM, NULL, &server);
	size_t length = client_request(bytes, "OPTIONS", 1, 100);
	for (size_t i = 0; i < length; i++) {
		ck_assert_uint_eq(fixture.seen[0].messages, 0);
		ck_assert_int_eq(send(client, bytes + i, 1, 0), 1);
		fixture_turn(&fixture, 0);
	}
	FIXTURE_UNTIL(&fixture, 1, fixture.seen[0].messages == 1);
	ck_assert_uint_eq(fixture.seen[0].last_length, length);
	ck_assert_mem_eq(fixture.seen[0].last_bytes, bytes, length);
	ck_assert_int_eq(client_read(client, answer, sizeof(answer)), (ssize_t)length + 3);
	ck_assert_uint_eq(fixture.workers.workers[0].buffers.bytes_used, 0);
	ck_assert_uint_eq(FLOW_WORKER(fixture.seen[0].last_path.flow), 0);
	close(client);
	FIXTURE_UNTIL(&fixture, 1, fixture.seen[0].flows_gone == 1);
	ck_assert_uint_eq(fixture.seen[0].last_flow, fixture.seen[0].last_path.flow);
	fixture_close(&fixture);
}
END_TEST

START_TEST(large_message_arrives_in_any_pieces)
{
	static const size_t pieces[] = {1, 7, 100, 1460, 9000, 60000};
	struct net_config config = fixture_config(PV_TRANSPORT_TCP, "127.0.0.1");
	struct net_address server = open_tcp(1, &config);
	int client = client_open(SOCK_STREAM, NULL, &server);
	fixture.seen[0].is_silent = true;
	for (unsigned i = 0; i < ARRAY_LENGTH(pieces); i++) {
		/* two and a half messages, then the rest: no piece ends where a message does */
		size_t one = client_request(bytes, "MESSAGE", i, i == 0 ? 600 : 30000);
		for (unsigned copy = 1; copy < 3; copy++)
			memcpy(bytes + copy * one, bytes, one);
		for (size_t at = 0; at < 3 * one; at += pieces[i]) {
			size_t count = MIN(pieces[i], 3 * one - at);
			ck_assert_int_eq(send(client, bytes + at, count, 0), (ssize_t)count);
			fixture_turn(&fixture, 0);
		}
		FIXTURE_UNTIL(&fixture, 1, fixture.seen[0].messages == 3 * (i + 1));
		ck_assert_uint_eq(fixture.seen[0].last_length, one);
		ck_assert_mem_eq(fixture.seen[0].last_bytes, bytes, one);
	}
	ck_assert_uint_eq(fixture.workers.workers[0].buffers.bytes_used, 0);
	close(client);
	fixture_close(&fixture);
}
END_TEST

START_TEST(double_crlf_is_answered)
{
	struct net_config config = fixture_config(PV_TRANSPORT_TCP, "127.0.0.1");
	struct net_address server = open_tcp(1, &config);
	int client = client_open(SOCK_STREAM, NULL, &server);
	send(client, "\r\n\r\n", 4, 0);
	FIXTURE_UNTIL(&fixture, 1, recv(client, answer, 10, MSG_DONTWAIT | MSG_PEEK) > 0);
	ck_assert_int_eq(client_read(client, answer, 10), 2);
	ck_assert_mem_eq(answer, "\r\n", 2);
	close(client);
	fixture_close(&fixture);
}
END_TEST

START_TEST(huge_content_length_is_refused_and_closed)
{
	struct net_config config = fixture_config(PV_TRANSPORT_TCP, "127.0.0.1");
	struct net_address server = open_tcp(1, &config);
	int client = client_open(SOCK_STREAM, NULL, &server);
	size_t length = client_request(bytes, "MESSAGE", 1, 0);
	char *value = strstr(bytes, "Content-Length: 0");
	int head = sprintf(value, "Content-Length: 4000000000\r\n\r\n");
	length = (size_t)(value - bytes) + (size_t)head;
	send(client, bytes, length, 0);
	FIXTURE_UNTIL(&fixture, 1, fixture.seen[0].flows_gone == 1);
	ssize_t got = client_read(client, answer, sizeof(answer) - 1);
	ck_assert_int_gt(got, 0);
	answer[got] = '\0';
	ck_assert_ptr_nonnull(strstr(answer, "SIP/2.0 513 Message Too Large\r\n"));
	ck_assert_ptr_nonnull(strstr(answer, "branch=z9hG4bKtest1"));
	ck_assert_ptr_nonnull(strstr(answer, "Call-ID: call-1@test\r\n"));
	ck_assert_int_eq(client_read(client, answer, 10), 0);
	ck_assert_uint_eq(fixture.seen[0].messages, 0);
	close(client);
	fixture_close(&fixture);
}
END_TEST

START_TEST(garbage_closes_the_connection)
{
	struct net_config config = fixture_config(PV_TRANSPORT_TCP, "127.0.0.1");
	struct net_address server = open_tcp(1, &config);
	int client = client_open(SOCK_STREAM, NULL, &server);
	send(client, "\x16\x03\x01\x02\x00\x01", 6, 0);
	FIXTURE_UNTIL(&fixture, 1, is_closed(client));
	ck_assert_uint_eq(fixture.workers.workers[0].buffers.bytes_used, 0);
	close(client);
	fixture_close(&fixture);
}
END_TEST

START_TEST(half_a_message_has_a_deadline)
{
	struct net_config config = fixture_config(PV_TRANSPORT_TCP, "127.0.0.1");
	config.message_deadline_ms = 10000;
	struct net_address server = open_tcp(1, &config);
	int client = client_open(SOCK_STREAM, NULL, &server);
	size_t length = client_request(bytes, "OPTIONS", 1, 0);
	send(client, bytes, 20, 0);
	FIXTURE_UNTIL(&fixture, 1, worker_next_ms(&fixture.workers.workers[0]) == 1010000);
	/* more bytes of the same message gain no time */
	fake_clock_advance(&fake, 9000);
	send(client, bytes + 20, length - 21, 0);
	fixture_turn(&fixture, 0);
	ck_assert_uint_eq(fixture.seen[0].flows_gone, 0);
	fake_clock_advance(&fake, 1001);
	FIXTURE_UNTIL(&fixture, 1, fixture.seen[0].flows_gone == 1);
	ck_assert(is_closed(client));
	ck_assert_uint_eq(fixture.workers.workers[0].buffers.bytes_used, 0);
	close(client);
	fixture_close(&fixture);
}
END_TEST

START_TEST(who_connects_and_says_nothing_has_a_deadline)
{
	struct net_config config = fixture_config(PV_TRANSPORT_TCP, "127.0.0.1");
	config.message_deadline_ms = 10000;
	uint64_t before = connections();
	struct net_address server = open_tcp(1, &config);
	int client = client_open(SOCK_STREAM, NULL, &server);
	FIXTURE_UNTIL(&fixture, 1, connections() == before + 1);
	fake_clock_advance(&fake, 9999);
	fixture_turn(&fixture, 0);
	ck_assert_uint_eq(connections(), before + 1);
	fake_clock_advance(&fake, 2);
	FIXTURE_UNTIL(&fixture, 1, is_closed(client));
	ck_assert_uint_eq(connections(), before);
	close(client);
	fixture_close(&fixture);
}
END_TEST

START_TEST(silent_connection_is_closed_when_idle)
{
	struct net_config config = fixture_config(PV_TRANSPORT_TCP, "127.0.0.1");
	config.idle_ms = 60000;
	uint64_t before = connections();
	struct net_address server = open_tcp(1, &config);
	int client = client_open(SOCK_STREAM, NULL, &server);
	FIXTURE_UNTIL(&fixture, 1, connections() == before + 1);
	fake_clock_advance(&fake, 59000);
	send(client, "\r\n", 2, 0);
	FIXTURE_UNTIL(&fixture, 1, worker_next_ms(&fixture.workers.workers[0]) == 1000000 + 119000);
	fake_clock_advance(&fake, 60001);
	FIXTURE_UNTIL(&fixture, 1, is_closed(client));
	ck_assert_uint_eq(connections(), before);
	close(client);
	fixture_close(&fixture);
}
END_TEST

START_TEST(peer_that_never_reads_is_closed)
{
	struct net_config config = fixture_config(PV_TRANSPORT_TCP, "127.0.0.1");
	config.queue_max = 100000;
	struct net_address server = open_tcp(1, &config);
	int client = client_open(SOCK_STREAM, NULL, &server);
	fixture.seen[0].is_silent = true;
	send(client, bytes, client_request(bytes, "OPTIONS", 1, 0), 0);
	FIXTURE_UNTIL(&fixture, 1, fixture.seen[0].messages == 1);
	struct path to = fixture.seen[0].last_path;
	memset(bytes, 'x', 50000);
	/* the kernel takes some megabytes, then the queue fills, then senders are told */
	for (unsigned i = 0; i < 1000 && !fixture.seen[0].errors; i++) {
		send_by(0, &to, 50000, i + 1);
		fixture_turn(&fixture, 0);
	}
	ck_assert_uint_eq(fixture.seen[0].errors, 1);
	ck_assert_int_eq(fixture.seen[0].last_error, ENOBUFS);
	ck_assert_uint_eq(fixture.seen[0].flows_gone, 0);
	fake_clock_advance(&fake, 10001);
	FIXTURE_UNTIL(&fixture, 1, fixture.seen[0].flows_gone == 1);
	/* those that waited are told too */
	ck_assert_uint_gt(fixture.seen[0].errors, 1);
	ck_assert_int_eq(fixture.seen[0].last_error, ETIMEDOUT);
	ck_assert_uint_eq(fixture.workers.workers[0].buffers.bytes_used, 0);
	close(client);
	fixture_close(&fixture);
}
END_TEST

START_TEST(messages_of_one_connection_reach_both_homes)
{
	unsigned share[2] = {0};
	struct net_config config = fixture_config(PV_TRANSPORT_TCP, "127.0.0.1");
	fixture_open(&fixture, 2, &config, NULL);
	struct net_address server = net_group_bound(fixture.group, 0);
	fixture_start(&fixture);
	int client = client_open(SOCK_STREAM, NULL, &server);
	for (unsigned i = 0; i < 64; i++) {
		unsigned worker;
		size_t length = client_request(bytes, "OPTIONS", i, i * 100);
		ck_assert_int_eq(send(client, bytes, length, 0), (ssize_t)length);
		for (size_t got = 0; got < length + 3;) {
			ssize_t count = client_read(client, answer + got, sizeof(answer) - got);
			ck_assert_int_gt(count, 0);
			got += (size_t)count;
		}
		ck_assert_int_eq(sscanf(answer, "W%u", &worker), 1);
		ck_assert_mem_eq(answer + 3, bytes, length);
		share[worker]++;
	}
	ck_assert_uint_gt(share[0], 8);
	ck_assert_uint_gt(share[1], 8);
	close(client);
	fixture_close(&fixture);
}
END_TEST

START_TEST(send_to_a_flow_that_is_gone_comes_back)
{
	struct net_config config = fixture_config(PV_TRANSPORT_TCP, "127.0.0.1");
	struct net_address server = open_tcp(2, &config);
	int client = client_open(SOCK_STREAM, NULL, &server);
	fixture.seen[0].is_silent = fixture.seen[1].is_silent = true;
	send(client, bytes, client_request(bytes, "OPTIONS", 1, 0), 0);
	FIXTURE_UNTIL(&fixture, 2, fixture.seen[0].messages + fixture.seen[1].messages == 1);
	struct path to = fixture.seen[fixture.seen[0].messages ? 0 : 1].last_path;
	unsigned owner = FLOW_WORKER(to.flow), other = 1 - owner;
	ck_assert_uint_lt(owner, 2);
	close(client);
	FIXTURE_UNTIL(&fixture, 2, fixture.seen[owner].flows_gone == 1);
	ck_assert_uint_eq(fixture.seen[owner].last_flow, to.flow);
	send_by(other, &to, 100, 99);
	send_by(owner, &to, 100, 98);
	FIXTURE_UNTIL(&fixture, 2, fixture.seen[other].errors == 1);
	ck_assert_uint_eq(fixture.seen[other].last_sender, 99);
	ck_assert_int_eq(fixture.seen[other].last_error, EPIPE);
	ck_assert_uint_eq(fixture.seen[owner].errors, 1);
	ck_assert_uint_eq(fixture.seen[owner].last_sender, 98);
	fixture_close(&fixture);
}
END_TEST

START_TEST(connections_have_a_limit)
{
	struct net_config config = fixture_config(PV_TRANSPORT_TCP, "127.0.0.1");
	config.connections_per_source = 2;
	config.connections = 3;
	uint64_t before = connections();
	struct net_address server = open_tcp(1, &config);
	int first = client_open(SOCK_STREAM, "127.0.0.1", &server);
	int second = client_open(SOCK_STREAM, "127.0.0.1", &server);
	FIXTURE_UNTIL(&fixture, 1, connections() == before + 2);
	int third = client_open(SOCK_STREAM, "127.0.0.1", &server);
	FIXTURE_UNTIL(&fixture, 1, is_closed(third));
	/* another source has its own share, until all is taken */
	int other = client_open(SOCK_STREAM, "127.0.0.2", &server);
	FIXTURE_UNTIL(&fixture, 1, connections() == before + 3);
	int last = client_open(SOCK_STREAM, "127.0.0.3", &server);
	FIXTURE_UNTIL(&fixture, 1, is_closed(last));
	/* a place that became free is given again */
	close(first);
	FIXTURE_UNTIL(&fixture, 1, connections() == before + 2);
	int again = client_open(SOCK_STREAM, "127.0.0.1", &server);
	FIXTURE_UNTIL(&fixture, 1, connections() == before + 3);
	ck_assert(!is_closed(second) && !is_closed(other) && !is_closed(again));
	close(second), close(third), close(other), close(last), close(again);
	fixture_close(&fixture);
	ck_assert_uint_eq(connections(), before);
}
END_TEST

START_TEST(the_limit_of_a_source_may_change)
{
	struct net_config config = fixture_config(PV_TRANSPORT_TCP, "127.0.0.1");
	uint64_t before = connections();
	struct net_address server = open_tcp(1, &config);
	int first = client_open(SOCK_STREAM, "127.0.0.1", &server);
	FIXTURE_UNTIL(&fixture, 1, connections() == before + 1);
	net_group_set_limits(fixture.group, 0, 0, 1);
	/* who came before the limit does not count, and is not counted out */
	int second = client_open(SOCK_STREAM, "127.0.0.1", &server);
	FIXTURE_UNTIL(&fixture, 1, connections() == before + 2);
	int third = client_open(SOCK_STREAM, "127.0.0.1", &server);
	FIXTURE_UNTIL(&fixture, 1, is_closed(third));
	close(first);
	FIXTURE_UNTIL(&fixture, 1, connections() == before + 1);
	int fourth = client_open(SOCK_STREAM, "127.0.0.1", &server);
	FIXTURE_UNTIL(&fixture, 1, is_closed(fourth));
	net_group_set_limits(fixture.group, 0, 0, 0);
	int fifth = client_open(SOCK_STREAM, "127.0.0.1", &server);
	FIXTURE_UNTIL(&fixture, 1, connections() == before + 2);
	close(second), close(third), close(fourth), close(fifth);
	fixture_close(&fixture);
	ck_assert_uint_eq(connections(), before);
}
END_TEST

START_TEST(one_connection_serves_many_sends_to_a_peer)
{
	struct net_config config = fixture_config(PV_TRANSPORT_TCP, "127.0.0.1");
	struct net_address server = open_tcp(1, &config);
	/* a peer that listens: its socket is made like a client's and bound only */
	int listening = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct path to = {.transport = PV_TRANSPORT_TCP, .listener = NET_ANY_LISTENER};
	socklen_t length = sizeof(own);
	ck_assert_int_eq(bind(listening, (struct sockaddr *)&own, length), 0);
	ck_assert_int_eq(listen(listening, 8), 0);
	getsockname(listening, (struct sockaddr *)&own, &length);
	net_address_from_sockaddr((struct sockaddr *)&own, &to.peer);
	memset(bytes, 'm', 1000);
	for (unsigned i = 0; i < 5; i++)
		send_by(0, &to, 1000, i + 1);
	fixture_turn(&fixture, 0);
	int peer = accept(listening, NULL, NULL);
	ck_assert_int_ge(peer, 0);
	FIXTURE_UNTIL(
		&fixture, 1, recv(peer, answer, sizeof(answer), MSG_PEEK | MSG_DONTWAIT) == 5000);
	send_by(0, &to, 1000, 6);
	FIXTURE_UNTIL(
		&fixture, 1, recv(peer, answer, sizeof(answer), MSG_PEEK | MSG_DONTWAIT) == 6000);
	fcntl(listening, F_SETFL, O_NONBLOCK);
	ck_assert_int_lt(accept(listening, NULL, NULL), 0);
	/* a request may come back over it */
	send(peer, bytes, client_request(bytes, "OPTIONS", 1, 0), 0);
	FIXTURE_UNTIL(&fixture, 1, fixture.seen[0].messages == 1);
	ck_assert(net_address_equal(&fixture.seen[0].last_path.peer, &to.peer));
	ck_assert_uint_eq(fixture.seen[0].errors, 0);
	ck_assert_uint_ne(server.port, to.peer.port);
	close(peer);
	close(listening);
	fixture_close(&fixture);
}
END_TEST

START_TEST(refused_connection_is_told_to_every_sender)
{
	struct net_config config = fixture_config(PV_TRANSPORT_TCP, "127.0.0.1");
	struct net_address server = open_tcp(1, &config);
	struct path to = {
		.transport = PV_TRANSPORT_TCP, .listener = NET_ANY_LISTENER, .peer = server};
	int client = client_open(SOCK_STREAM, NULL, &server);
	struct sockaddr_storage gone;
	socklen_t length = sizeof(gone);
	/* a client's own port: bound, but nobody listens there */
	getsockname(client, (struct sockaddr *)&gone, &length);
	net_address_from_sockaddr((struct sockaddr *)&gone, &to.peer);
	close(client);
	FIXTURE_UNTIL(&fixture, 1, fixture.seen[0].flows_gone == 1);
	send_by(0, &to, 100, 1);
	send_by(0, &to, 100, 2);
	FIXTURE_UNTIL(&fixture, 1, fixture.seen[0].errors == 2);
	ck_assert_int_eq(fixture.seen[0].last_error, ECONNREFUSED);
	/* no flow was ever open, so none is reported gone */
	ck_assert_uint_eq(fixture.seen[0].flows_gone, 1);
	ck_assert_uint_eq(fixture.workers.workers[0].buffers.bytes_used, 0);
	fixture_close(&fixture);
}
END_TEST

START_TEST(drained_group_accepts_nobody)
{
	struct net_config config = fixture_config(PV_TRANSPORT_TCP, "127.0.0.1");
	struct net_address server = open_tcp(2, &config);
	int client = client_open(SOCK_STREAM, NULL, &server);
	send(client, bytes, client_request(bytes, "OPTIONS", 1, 0), 0);
	FIXTURE_UNTIL(&fixture, 2, fixture.seen[0].messages + fixture.seen[1].messages == 1);
	net_group_drain(fixture.group);
	fixture_turn(&fixture, 0);
	fixture_turn(&fixture, 1);
	struct sockaddr_storage address;
	socklen_t length = net_address_to_sockaddr(&server, &address);
	int late = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_lt(connect(late, (struct sockaddr *)&address, length), 0);
	ck_assert_int_eq(errno, ECONNREFUSED);
	/* those that are connected go on */
	send(client, bytes, client_request(bytes, "OPTIONS", 2, 0), 0);
	FIXTURE_UNTIL(&fixture, 2, fixture.seen[0].messages + fixture.seen[1].messages == 2);
	close(late), close(client);
	fixture_close(&fixture);
}
END_TEST

START_TEST(large_requests_prefer_a_stream_where_we_have_one)
{
	struct net_config config = fixture_config(PV_TRANSPORT_UDP, "127.0.0.1");
	struct path to = {.transport = PV_TRANSPORT_UDP, .listener = 0, .tcp_if_large = 1};
	ck_assert(net_address_parse(PV_SPAN("127.0.0.1"), 9, &to.peer));
	fixture_open(&fixture, 1, &config, NULL);
	ck_assert(!net_prefer_stream(fixture.seen[0].net, &to, 1301));
	fixture_close(&fixture);
	config.listen_count = 2;
	config.listen[1] = config.listen[0];
	config.listen[1].transport = PV_TRANSPORT_TCP;
	fixture_open(&fixture, 1, &config, NULL);
	ck_assert(!net_prefer_stream(fixture.seen[0].net, &to, 1300));
	ck_assert(net_prefer_stream(fixture.seen[0].net, &to, 1301));
	ck_assert_uint_eq(to.transport, PV_TRANSPORT_TCP);
	ck_assert(!net_prefer_stream(fixture.seen[0].net, &to, 1301));
	fixture_close(&fixture);
}
END_TEST

/* Opens descriptors until the process has none left; how many. */
static unsigned take_all(int *fds, unsigned most)
{
	unsigned count = 0;
	while (count < most && (fds[count] = dup(0)) >= 0)
		count++;
	return count;
}

START_TEST(without_descriptors_accepting_pauses)
{
	static int fds[2000];
	struct net_config config = fixture_config(PV_TRANSPORT_TCP, "127.0.0.1");
	struct rlimit limit = {1000, 1000};
	struct net_address server = open_tcp(1, &config);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	uint64_t pauses = metrics_sum(METRIC_net_accept_pauses), before = connections();
	int client = client_open(SOCK_STREAM, NULL, &server);
	unsigned count = take_all(fds, ARRAY_LENGTH(fds));
	ck_assert_uint_lt(count, ARRAY_LENGTH(fds));
	FIXTURE_UNTIL(&fixture, 1, metrics_sum(METRIC_net_accept_pauses) == pauses + 1);
	/* it does not spin on what it cannot take */
	for (unsigned i = 0; i < 5; i++)
		fixture_turn(&fixture, 0);
	ck_assert_uint_eq(metrics_sum(METRIC_net_accept_pauses), pauses + 1);
	ck_assert_uint_eq(connections(), before);
	while (count > 0)
		close(fds[--count]);
	fake_clock_advance(&fake, 201);
	FIXTURE_UNTIL(&fixture, 1, connections() == before + 1);
	close(client);
	fixture_close(&fixture);
}
END_TEST

START_TEST(idle_connections_are_cheap)
{
	enum { COUNT = 200 };
	static int clients[COUNT];
	struct net_config config = fixture_config(PV_TRANSPORT_TCP, "127.0.0.1");
	struct net_address server = open_tcp(1, &config);
	uint64_t before = connections();
	fixture.seen[0].is_silent = true;
	for (unsigned i = 0; i < COUNT; i++) {
		clients[i] = client_open(SOCK_STREAM, NULL, &server);
		size_t length = client_request(bytes, "OPTIONS", i, 0);
		ck_assert_int_eq(send(clients[i], bytes, length, 0), (ssize_t)length);
	}
	FIXTURE_UNTIL(&fixture, 1, fixture.seen[0].messages == COUNT);
	ck_assert_uint_eq(connections(), before + COUNT);
	/* no buffer stays with a connection that has nothing half-read */
	ck_assert_uint_eq(fixture.workers.workers[0].buffers.bytes_used, 0);
	for (unsigned i = 0; i < COUNT; i++)
		close(clients[i]);
	FIXTURE_UNTIL(&fixture, 1, connections() == before);
	ck_assert_uint_eq(fixture.seen[0].flows_gone, COUNT);
	fixture_close(&fixture);
}
END_TEST

TEST_MAIN("tcp", without_descriptors_accepting_pauses, idle_connections_are_cheap,
	message_arrives_byte_by_byte, large_message_arrives_in_any_pieces, double_crlf_is_answered,
	huge_content_length_is_refused_and_closed, garbage_closes_the_connection,
	half_a_message_has_a_deadline, who_connects_and_says_nothing_has_a_deadline,
	silent_connection_is_closed_when_idle, peer_that_never_reads_is_closed,
	messages_of_one_connection_reach_both_homes, send_to_a_flow_that_is_gone_comes_back,
	connections_have_a_limit, the_limit_of_a_source_may_change,
	one_connection_serves_many_sends_to_a_peer, refused_connection_is_told_to_every_sender,
	drained_group_accepts_nobody, large_requests_prefer_a_stream_where_we_have_one)
