/* SPDX-License-Identifier: Apache-2.0 */
/* starve_tcp.c: exchanges over connections again and again, the n-th slab, buffer or packet request
 * failing each time. */
#include "base/slab.h"
#include "lib/net_testing.h"
#include "net/tcp.h"

#define WORKERS 2
#define TURNS   6
#define SENDER  UINT64_C(77)

static struct net_fixture fixture;
static struct fake_clock fake;
static struct net_address server;
static uint32_t packets_at_start[WORKERS];
static uint64_t connections_at_start;
static char bytes[70000], answer[70000];

static struct net *net_at(unsigned worker)
{
	return net_of(fixture.group, worker);
}

static void turns(void)
{
	for (unsigned i = 0; i < TURNS; i++)
		for (unsigned worker = 0; worker < WORKERS; worker++)
			fixture_turn(&fixture, worker);
}

/* Packets that others gave back come home with the next one that is taken. */
static uint32_t packets_used(unsigned worker)
{
	struct packet_pool *pool = &net_at(worker)->packets;
	packet_give(pool, packet_take(pool, 1));
	return pool->small.used + pool->large.used;
}

static void begin(void)
{
	struct net_config config = fixture_config(PV_TRANSPORT_TCP, "127.0.0.1");
	fake_clock_init(&fake, 1000000);
	fixture_open(&fixture, WORKERS, &config, &fake.clock);
	fixture.workers.home_key =
		(struct siphash_key){3, 4}; /* messages 1 to 3 are at home on both */
	server = net_group_bound(fixture.group, 0);
	connections_at_start = metrics_sum(METRIC_net_connections);
	for (unsigned i = 0; i < WORKERS; i++)
		packets_at_start[i] = packets_used(i);
}

/* Everything was given back, whatever failed. */
static void end(void)
{
	FIXTURE_UNTIL(
		&fixture, WORKERS, metrics_sum(METRIC_net_connections) == connections_at_start);
	turns();
	ck_assert_uint_eq(net_at(0)->group->connections, 0);
	for (unsigned i = 0; i < WORKERS; i++) {
		struct net *net = net_at(i);
		ck_assert_uint_eq(net->tcp->flows.used, 0);
		ck_assert_uint_eq(net->tcp->pieces.used, 0);
		ck_assert_uint_eq(net->worker->buffers.bytes_used, 0);
		ck_assert_uint_eq(packets_used(i), packets_at_start[i]);
	}
	fixture_close(&fixture);
}

/* A connection of worker 0 whose other end is ours. A pair of local sockets: what one end writes
 * the other has at once. `ret` 0: there was no room for it. */
static int open_pair(uint64_t *ret)
{
	struct net_address peer;
	int ends[2];
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	ck_assert(net_address_parse(PV_SPAN("192.0.2.7"), 40000, &peer));
	struct flow *flow = flow_new(net_at(0), ends[0], &peer, 0, true);
	if (flow)
		flow_start_reading(flow);
	*ret = flow ? flow_id(flow) : 0;
	return ends[1];
}

static void write_all(int client, const char *from, size_t length)
{
	/* the server may have closed the connection: that is one of the ways in which it fails */
	if (send(client, from, length, MSG_NOSIGNAL) < 0)
		ck_assert(errno == EPIPE || errno == ECONNRESET);
	turns();
}

/* A message and half of another, which grows; the rest with a third; a ping; something that is no
 * SIP. Their homes are on both workers, and they are answered. */
static void receive(void)
{
	uint64_t flow;
	int client = open_pair(&flow);
	size_t first = client_request(bytes, "MESSAGE", 1, 300);
	size_t second = client_request(bytes + first, "MESSAGE", 2, 20000);
	size_t third = client_request(bytes + first + second, "OPTIONS", 3, 0);
	size_t all = first + second + third;
	for (size_t at = 0; at < all; at += 600)
		write_all(client, bytes + at, MIN((size_t)600, all - at));
	write_all(client, "\r\n\r\n", 4);
	write_all(client, "no SIP at all\r\n\r\n", 17);
	close(client);
}

static bool send_by(unsigned worker, const struct path *to)
{
	struct buffer_pool *pool = &fixture.workers.workers[worker].buffers;
	size_t length = client_request(bytes, "MESSAGE", 9, 500);
	struct buffer *buffer = buffer_take(pool, length);
	if (!buffer)
		return false; /* the caller's own failure, told by its own means */
	memcpy(buffer->bytes, bytes, length);
	buffer->length = (uint32_t)length;
	net_send(net_at(worker), to, buffer, SENDER);
	buffer_unref(pool, buffer);
	return true;
}

/* Both workers send on a connection, the last when it is gone. What did not arrive was told of. */
static void send_on_a_flow(void)
{
	struct path to = {.transport = PV_TRANSPORT_TCP};
	unsigned sent = 0;
	int client = open_pair(&to.flow);
	if (to.flow) {
		sent += send_by(0, &to);
		sent += send_by(1, &to);
		turns();
	}
	size_t length = client_request(bytes, "MESSAGE", 9, 500);
	ssize_t got = recv(client, answer, sizeof(answer), 0);
	unsigned arrived = got > 0 ? (unsigned)((size_t)got / length) : 0;
	close(client);
	turns();
	if (to.flow)
		sent += send_by(1, &to);
	turns();
	ck_assert_uint_eq(sent, arrived + fixture.seen[0].errors + fixture.seen[1].errors);
}

static int listen_somewhere(struct net_address *ret)
{
	struct sockaddr_storage own;
	struct net_address address;
	socklen_t length = sizeof(own);
	ck_assert(net_address_parse(PV_SPAN("127.0.0.1"), 0, &address));
	socklen_t size = net_address_to_sockaddr(&address, &own);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&own, size), 0);
	ck_assert_int_eq(listen(listener, 4), 0);
	getsockname(listener, (struct sockaddr *)&own, &length);
	net_address_from_sockaddr((struct sockaddr *)&own, ret);
	return listener;
}

static bool accept_peer(int listener, int *ret)
{
	if (*ret < 0)
		*ret = accept(listener, NULL, NULL);
	return *ret >= 0;
}

static bool has_bytes(int peer)
{
	return recv(peer, answer, sizeof(answer), MSG_DONTWAIT | MSG_PEEK) > 0;
}

/* A connection of our own: its peer gets the bytes, or the sender is told. */
static void connect_and_send(void)
{
	struct path to = {.transport = PV_TRANSPORT_TCP, .listener = NET_ANY_LISTENER};
	int peer = -1, listener = listen_somewhere(&to.peer);
	if (send_by(0, &to))
		FIXTURE_UNTIL(
			&fixture, WORKERS, accept_peer(listener, &peer) || fixture.seen[0].errors);
	if (peer >= 0)
		FIXTURE_UNTIL(&fixture, WORKERS, has_bytes(peer) || fixture.seen[0].errors);
	close(peer);
	/* opened, and then there was no room for the bytes: it goes when it is idle */
	close(listener);
	turns();
	fake_clock_advance(&fake, 3600000);
}

/* Each n fails another request for memory, until there is none left to fail: so many there were. */
static unsigned survive(void (*exchange)(void))
{
	unsigned n = 0;
	bool failed;
	do {
		begin();
		slab_starve(++n);
		exchange();
		failed = slab_starve_countdown == 0;
		slab_starve(0);
		end();
	} while (failed && n < 200);
	ck_assert_uint_lt(n, 200);
	return n - 1;
}

START_TEST(receiving_survives)
{
	ck_assert_uint_ge(survive(receive), 12);
}
END_TEST

START_TEST(sending_survives)
{
	ck_assert_uint_ge(survive(send_on_a_flow), 8);
	ck_assert_uint_eq(survive(connect_and_send), 3);
}
END_TEST

/* Nobody who sends waits for ever: a send that finds no room is told of. */
static void told_without(uint32_t n)
{
	struct path to = {.transport = PV_TRANSPORT_TCP, .listener = NET_ANY_LISTENER};
	begin();
	to.peer = server;
	size_t length = client_request(bytes, "MESSAGE", 9, 500);
	struct buffer_pool *pool = &fixture.workers.workers[0].buffers;
	struct buffer *buffer = buffer_take(pool, length);
	buffer->length = (uint32_t)length;
	slab_starve(n);
	net_send(net_at(0), &to, buffer, SENDER);
	ck_assert_uint_eq(slab_starve_countdown, 0);
	buffer_unref(pool, buffer);
	turns();
	ck_assert_uint_eq(fixture.seen[0].errors, 1);
	ck_assert_uint_eq(fixture.seen[0].last_sender, SENDER);
	ck_assert_int_eq(fixture.seen[0].last_error, ENOBUFS);
}

START_TEST(a_sender_without_room_is_told)
{
	for (uint32_t n = 1; n <= 2; n++) {
		told_without(n);
		/* what is open has nothing to say, and goes when it is idle */
		fake_clock_advance(&fake, 3600000);
		end();
	}
}
END_TEST

TEST_MAIN("starve_tcp", receiving_survives, sending_survives, a_sender_without_room_is_told)
