/* SPDX-License-Identifier: Apache-2.0 */
/* net_testing.h: a net of some workers on loopback that records and echoes, and clients for it. */
#ifndef TESTS_NET_TESTING_H
#define TESTS_NET_TESTING_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/metrics.h"
#include "lib/testing.h"
#include "net/net.h"

/* What one worker's user saw. Written by the worker, read by the test after the answer or the end.
 */
struct net_seen {
	struct net *net;
	unsigned index;
	bool is_silent;    /* records, does not echo */
	unsigned takes_ms; /* for each message */
	_Atomic unsigned messages, errors, flows_gone;
	_Atomic uint64_t last_sender, last_flow;
	_Atomic int last_error;
	size_t last_length;
	struct path last_path;
	char last_bytes[65536];
};

struct net_fixture {
	struct worker_group workers;
	struct net_group *group;
	struct net_seen seen[4];
	bool is_running;
};

/* Answers "W<worker> " and the message's own bytes. */
static void fixture_message(
	void *context, const char *bytes, size_t length, const struct path *from)
{
	static _Thread_local char answer[66000];
	struct net_seen *seen = context;
	seen->last_length = length;
	seen->last_path = *from;
	memcpy(seen->last_bytes, bytes, length);
	atomic_fetch_add(&seen->messages, 1);
	if (seen->takes_ms > 0)
		poll(NULL, 0, (int)seen->takes_ms);
	if (seen->is_silent)
		return;
	size_t head = (size_t)snprintf(answer, sizeof(answer), "W%u ", seen->index);
	memcpy(answer + head, bytes, length);
	net_send_copy(seen->net, from, (struct pv_span){answer, MIN(head + length, 65507)});
}

static void fixture_error(void *context, uint64_t sender, int error)
{
	struct net_seen *seen = context;
	atomic_store(&seen->last_sender, sender);
	atomic_store(&seen->last_error, error);
	atomic_fetch_add(&seen->errors, 1);
}

static void fixture_flow_gone(void *context, uint64_t flow)
{
	struct net_seen *seen = context;
	atomic_store(&seen->last_flow, flow);
	atomic_fetch_add(&seen->flows_gone, 1);
}

static inline void fixture_open(struct net_fixture *fixture, unsigned workers,
	const struct net_config *config, const struct clock *clock)
{
	memset(fixture, 0, sizeof(*fixture));
	ck_assert_int_eq(worker_group_init(&fixture->workers, workers, clock), 0);
	ck_assert_int_eq(net_group_open(&fixture->group, config, &fixture->workers, NULL), 0);
	for (unsigned i = 0; i < workers; i++) {
		struct net_seen *seen = &fixture->seen[i];
		struct net_user user = {.message = fixture_message,
			.send_error = fixture_error,
			.flow_gone = fixture_flow_gone,
			.context = seen};
		seen->net = net_of(fixture->group, i);
		seen->index = i;
		net_set_user(seen->net, &user);
	}
}

static inline void fixture_start(struct net_fixture *fixture)
{
	ck_assert_int_eq(worker_group_start(&fixture->workers), 0);
	fixture->is_running = true;
}

static inline void fixture_close(struct net_fixture *fixture)
{
	if (fixture->is_running)
		worker_group_stop(&fixture->workers);
	net_group_close(fixture->group);
	worker_group_done(&fixture->workers);
}

/* One turn of a worker that has no thread: what its sockets have now, mails, timers, sends. */
static inline void fixture_turn(struct net_fixture *fixture, unsigned worker)
{
	worker_poll_once(&fixture->workers.workers[worker]);
}

/* Turns of all workers until the condition holds; at most five seconds of waiting for the kernel.
 */
#define FIXTURE_UNTIL(fixture, count, condition)                                  \
	do {                                                                      \
		for (unsigned turn_ = 0; !(condition) && turn_ < 5000; turn_++) { \
			for (unsigned w_ = 0; w_ < (count); w_++)                 \
				fixture_turn(fixture, w_);                        \
			if (!(condition))                                         \
				poll(NULL, 0, 1);                                 \
		}                                                                 \
		ck_assert(condition);                                             \
	} while (0)

static inline struct net_config fixture_config(enum pv_transport transport, const char *host)
{
	struct net_config config = {.listen_count = 1};
	config.listen[0].transport = transport;
	ck_assert(net_address_parse(pv_span_of(host), 0, &config.listen[0].address));
	return config;
}

/* A client's socket, bound to `from` (NULL: any) and connected to `to`. */
static inline int client_open(int type, const char *from, const struct net_address *to)
{
	struct sockaddr_storage address;
	struct net_address own;
	socklen_t length = net_address_to_sockaddr(to, &address);
	int fd = socket(address.ss_family, type, 0);
	ck_assert_int_ge(fd, 0);
	if (from) {
		struct sockaddr_storage bound;
		ck_assert(net_address_parse(pv_span_of(from), 0, &own));
		socklen_t own_length = net_address_to_sockaddr(&own, &bound);
		ck_assert_int_eq(bind(fd, (struct sockaddr *)&bound, own_length), 0);
	}
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, length), 0);
	return fd;
}

/* The next bytes that come within five seconds; -1 when none do. */
static inline ssize_t client_read(int fd, void *bytes, size_t size)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	if (poll(&wait, 1, 5000) <= 0)
		return -1;
	return recv(fd, bytes, size, 0);
}

/* A request with its own Call-ID and a body of `body` bytes; returns its length. */
static inline size_t client_request(char *to, const char *method, unsigned number, size_t body)
{
	int head = sprintf(to,
		"%s sip:x@example.test SIP/2.0\r\n"
		"Via: SIP/2.0/UDP 127.0.0.1:5999;branch=z9hG4bKtest%u\r\n"
		"From: <sip:a@example.test>;tag=1\r\n"
		"To: <sip:x@example.test>\r\n"
		"Call-ID: call-%u@test\r\n"
		"CSeq: 1 %s\r\n"
		"Content-Length: %zu\r\n\r\n",
		method, number, number, method, body);
	memset(to + head, 'b', body);
	return (size_t)head + body;
}

#endif
