/* SPDX-License-Identifier: Apache-2.0 */
/* harness.h: relay threads turned by hand on a fake clock, and phones with real loopback sockets.
 */
#ifndef TESTS_MEDIA_HARNESS_H
#define TESTS_MEDIA_HARNESS_H

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/metrics.h"
#include "lib/testing.h"
#include "media/command.h"
#include "media/fastpath/fastpath.h"
#include "media/latch.h"
#include "media/media.h"
#include "runtime/worker.h"
#include "unit/media/own_network.h"

/* A loopback address of this process's own: tests run beside one another and beside daemons, and
 * want their ports to themselves. */
static inline const char *server_ip(void)
{
	static char text[INET_ADDRSTRLEN];
	unsigned pid = (unsigned)getpid();
	snprintf(text, sizeof(text), "127.%u.%u.%u", 64 + (pid >> 16 & 63), pid >> 8 & 255,
		pid & 255);
	return text;
}
#define SERVER server_ip()
/* Whoever waits longer than this for a packet has lost it. */
#define PATIENCE 5000

static struct fake_clock clock_here;
static struct worker_group group;
static struct media *media;
static struct media_config config;
static struct fastpath *fastpath_here; /* NULL: none, or the test's own */

/* What the user was told, by owner. */
#define OWNERS 64
static uint32_t told[OWNERS];
static unsigned ended_count[OWNERS];
static struct media_report final_report;

static inline struct media_address address_of(const char *ip, uint16_t port)
{
	struct media_address result;
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	if (inet_pton(AF_INET, ip, &v4.sin_addr) == 1)
		media_address_from((struct sockaddr *)&v4, &result);
	else if (inet_pton(AF_INET6, ip, &v6.sin6_addr) == 1)
		media_address_from((struct sockaddr *)&v6, &result);
	else
		ck_abort_msg("no address: %s", ip);
	return result;
}

static inline void on_told(void *context, media_id session, uint64_t owner, uint32_t bits)
{
	told[owner % OWNERS] |= bits;
}

static inline void on_ended(
	void *context, media_id session, uint64_t owner, const struct media_report *report)
{
	ck_assert_uint_eq(report->session, session);
	ended_count[owner % OWNERS]++;
	final_report = *report;
}

/* How many legs of a group are on its own thread, where a test of groups is run with two relay
 * threads; 0: with one. */
static inline unsigned spread(void)
{
	const char *legs = getenv("MEDIA_TEST_SPREAD");
	return legs ? (unsigned)atoi(legs) : 0;
}

/* With the kernel copying what is said, where it can, a test is run in a network namespace of its
 * own: the program sees all that passes by lo. */
static inline void add_fastpath(void)
{
	if (!getenv("MEDIA_TEST_COPIES"))
		return;
	if (!own_network())
		printf("# no network namespace: nothing is copied\n");
	struct fastpath_config fast = {.local_count = config.local_count,
		.port_first = config.port_first,
		.port_last = config.port_last};
	memcpy(fast.locals, config.locals, sizeof(fast.locals));
	ck_assert_int_eq(fastpath_new(&fastpath_here, &fast), 0);
	config.fastpath = fastpath_here;
	config.copies_least = 1;
}

/* One worker, one relay thread, 127.0.0.1; a test changes `config` between the two. */
static inline void prepare(unsigned workers)
{
	fake_clock_init(&clock_here, 1000000);
	ck_assert_int_eq(worker_group_init(&group, workers, &clock_here.clock), 0);
	config = (struct media_config){
		.workers = &group,
		.clock = &clock_here.clock,
		.locals = {address_of(SERVER, 0)},
		.local_count = 1,
		.port_first = 20000,
		.port_last = 20999,
		.threads = spread() ? 2 : 1,
		.group_budget = spread(),
		.timeout_ms = 60000,
		.hold_timeout_ms = 1800000,
		.dscp = 46,
		.stock = 16,
	};
}

static inline void open_media(void)
{
	struct media_user user = {.told = on_told, .ended = on_ended};
	add_fastpath();
	ck_assert_int_eq(media_new(&media, &config), 0);
	for (unsigned i = 0; i < group.count; i++)
		media_set_user(media, i, &user);
}

static inline void start(void)
{
	prepare(1);
	open_media();
}

static inline void finish(void)
{
	media_free(media);
	fastpath_free(fastpath_here);
	fastpath_here = NULL;
	worker_group_done(&group);
}

/* One round of everybody. */
static inline void turn(void)
{
	for (unsigned i = 0; i < media_threads(media); i++)
		media_run_once(media, i, 0);
	for (unsigned i = 0; i < group.count; i++)
		worker_run_once(&group.workers[i]);
}

/* Rounds until nothing is left to be done. */
static inline void settle(void)
{
	for (unsigned i = 0; i < 8; i++)
		turn();
}

/* The clock goes forward in steps that the ticks follow. */
static inline void pass(uint64_t ms)
{
	for (; ms > 100; ms -= 100) {
		fake_clock_advance(&clock_here, 100);
		turn();
	}
	fake_clock_advance(&clock_here, ms);
	settle();
}

static inline uint64_t count(enum metric_id id)
{
	return metrics_sum(id);
}

/* Rounds until the counter has reached `wanted`: how a test waits for what must not arrive. */
static inline void until_counted(enum metric_id id, uint64_t wanted)
{
	for (unsigned i = 0; i < PATIENCE && count(id) < wanted; i++) {
		media_run_once(media, 0, 1);
		turn();
	}
	ck_assert_uint_eq(count(id), wanted);
}

/* ---- phones ---- */

struct phone {
	int fds[2];                   /* RTP, RTCP */
	struct media_address address; /* of RTP */
	uint16_t sequence;
	uint32_t timestamp, ssrc;
	uint8_t payload_type;
};

static inline int bind_at(struct media_address *address)
{
	socklen_t length = sizeof(*address);
	int fd = socket(address->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(fd, 0);
	if (bind(fd, &address->any, media_address_length(address)) < 0) {
		close(fd);
		return -1;
	}
	getsockname(fd, &address->any, &length);
	return fd;
}

/* RTP and RTCP on neighbouring ports of that loopback address. */
static inline struct phone phone_open(const char *ip)
{
	static uint32_t ssrc = 0x1000;
	struct phone phone = {.sequence = 1000, .timestamp = 160, .ssrc = ssrc++};
	for (unsigned i = 0; i < 100; i++) {
		phone.address = address_of(ip, 0);
		phone.fds[0] = bind_at(&phone.address);
		struct media_address next = phone.address;
		media_address_set_port(&next, (uint16_t)(media_address_port(&phone.address) + 1));
		phone.fds[1] = bind_at(&next);
		if (phone.fds[1] >= 0)
			return phone;
		close(phone.fds[0]);
	}
	ck_abort_msg("no ports at %s", ip);
}

static inline void phone_close(struct phone *phone)
{
	close(phone->fds[0]);
	close(phone->fds[1]);
}

static inline void send_bytes(
	const struct phone *phone, unsigned which, uint16_t port, const void *bytes, size_t length)
{
	struct media_address to =
		address_of(phone->address.family == AF_INET6 ? "::1" : SERVER, port);
	ck_assert_int_eq(
		sendto(phone->fds[which], bytes, length, 0, &to.any, media_address_length(&to)),
		(ssize_t)length);
}

static inline size_t write_rtp(struct phone *phone, uint8_t *to, const char *payload)
{
	uint32_t ssrc = htonl(phone->ssrc), timestamp = htonl(phone->timestamp);
	uint16_t sequence = htons(phone->sequence);
	to[0] = 0x80;
	to[1] = phone->payload_type;
	memcpy(to + 2, &sequence, 2);
	memcpy(to + 4, &timestamp, 4);
	memcpy(to + 8, &ssrc, 4);
	memcpy(to + 12, payload, strlen(payload));
	phone->sequence++;
	phone->timestamp += 160;
	return 12 + strlen(payload);
}

/* One RTP packet in order. */
static inline void speak(struct phone *phone, uint16_t port, const char *payload)
{
	uint8_t bytes[256];
	send_bytes(phone, 0, port, bytes, write_rtp(phone, bytes, payload));
}

/* What comes to a phone's socket next, the relay working meanwhile; 0 when nothing does. */
static inline size_t receive(const struct phone *phone, unsigned which, void *to, size_t room,
	struct media_address *from)
{
	struct pollfd ready = {.fd = phone->fds[which], .events = POLLIN};
	socklen_t length = sizeof(*from);
	for (unsigned i = 0; i < PATIENCE; i++) {
		turn();
		if (poll(&ready, 1, 1) > 0) {
			ssize_t got = recvfrom(phone->fds[which], to, room, 0, &from->any, &length);
			ck_assert_int_ge(got, 0);
			return (size_t)got;
		}
	}
	return 0;
}

/* The payload of the next RTP packet must be this, and come from that port of the server. */
static inline void hear(const struct phone *phone, uint16_t port, const char *payload)
{
	struct media_address from;
	char bytes[256];
	size_t got = receive(phone, 0, bytes, sizeof(bytes), &from);
	ck_assert_msg(got >= 12, "nothing heard where '%s' was said", payload);
	ck_assert_uint_eq(got - 12, strlen(payload));
	ck_assert_mem_eq(bytes + 12, payload, got - 12);
	ck_assert_uint_eq(media_address_port(&from), port);
}

static inline bool is_quiet(const struct phone *phone)
{
	char byte;
	return recv(phone->fds[0], &byte, 1, MSG_DONTWAIT) < 0 &&
	       recv(phone->fds[1], &byte, 1, MSG_DONTWAIT) < 0;
}

/* What waits at a phone's RTP port; 0: nothing does. */
static inline size_t take_waiting(const struct phone *phone, void *to, size_t room)
{
	turn();
	ssize_t got = recv(phone->fds[0], to, room, MSG_DONTWAIT);
	return got > 0 ? (size_t)got : 0;
}

/* ---- sessions ---- */

/* Two phones and what lies between them. */
struct call {
	struct phone phones[2];
	struct media_lease lease;
	struct media_description description;
};

/* Both phones are where they say; nothing is posted yet. */
static inline void call_open(struct call *call, uint64_t owner)
{
	static const unsigned locals[2] = {0, 0};
	*call = (struct call){
		.description.dscp = MEDIA_DSCP_DEFAULT, .description.watch = MEDIA_WATCH_TALK};
	for (unsigned i = 0; i < 2; i++) {
		struct media_end *end = &call->description.ends[i];
		call->phones[i] = phone_open(i ? "127.0.0.3" : "127.0.0.2");
		end->offer = 1;
		end->rtp = end->signalling = call->phones[i].address;
	}
	ck_assert_int_eq(media_take(media, 0, locals, owner, &call->lease), 0);
}

static inline void call_set(struct call *call)
{
	media_set(media, 0, call->lease.session, &call->description);
	settle();
}

static inline void call_close(struct call *call)
{
	media_drop(media, 0, call->lease.session);
	settle();
	phone_close(&call->phones[0]);
	phone_close(&call->phones[1]);
}

/* A call in which both have spoken: both ends are locked. */
static inline void call_up(struct call *call, uint64_t owner)
{
	call_open(call, owner);
	call_set(call);
	speak(&call->phones[0], call->lease.port[0], "hello");
	hear(&call->phones[1], call->lease.port[1], "hello");
	speak(&call->phones[1], call->lease.port[1], "yes");
	hear(&call->phones[0], call->lease.port[0], "yes");
}

static inline struct media_report read_report(const struct call *call)
{
	struct media_report report;
	pass(1100);
	ck_assert_int_eq(media_read_report(media, call->lease.session, &report), 0);
	return report;
}

#endif
