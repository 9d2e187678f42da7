/* SPDX-License-Identifier: Apache-2.0 */
/* bench_forward.c: what the relay costs a packet, beside a bare loop of epoll, recvfrom and sendto.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "lib/bench.h"
#include "media/relay.h"
#include "runtime/pin.h"

/*
 * bench_forward [calls] [seconds]: both relays run in one thread on core 0, the load on core 1
 * sends 50 packets a second of 172 bytes into each leg, spread evenly over the 20 ms. The figure is
 * the scheduler's time of the relaying thread for each packet that came out. Rounds of all kinds
 * take turns; the median of three is printed.
 */
#define ROUNDS 3
#define RATE   50
#define LENGTH 172

struct load {
	unsigned legs;
	double seconds;
	uint16_t *ports; /* [legs]: where to send */
	int fd;          /* all phones */
	uint64_t sent, received;
};

static struct sockaddr_in loopback(uint16_t port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static void must(bool condition, const char *what)
{
	if (condition)
		return;
	perror(what);
	exit(1);
}

static int open_socket(struct sockaddr_in *ret_at)
{
	socklen_t length = sizeof(*ret_at);
	int size = 8 << 20;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	*ret_at = loopback(0);
	must(fd >= 0 && bind(fd, (struct sockaddr *)ret_at, length) == 0, "bind");
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	getsockname(fd, (struct sockaddr *)ret_at, &length);
	return fd;
}

static void send_one(struct load *load, uint64_t number)
{
	uint8_t packet[LENGTH] = {0x80, 0};
	unsigned leg = (unsigned)(number % load->legs);
	struct sockaddr_in to = loopback(load->ports[leg]);
	uint16_t sequence = htons((uint16_t)(number / load->legs));
	uint32_t timestamp = htonl((uint32_t)(160 * (number / load->legs)));
	memcpy(packet + 2, &sequence, 2);
	memcpy(packet + 4, &timestamp, 4);
	packet[11] = (uint8_t)leg;
	if (sendto(load->fd, packet, sizeof(packet), 0, (struct sockaddr *)&to, sizeof(to)) > 0)
		load->sent++;
}

static void drain(struct load *load)
{
	char packet[LENGTH];
	while (recv(load->fd, packet, sizeof(packet), 0) > 0)
		load->received++;
}

/* What is due, in slots of 100 us. */
static void *offer(void *context)
{
	struct load *load = context;
	uint64_t start = bench_now_ns(), number = 0;
	uint64_t total = (uint64_t)(load->legs * RATE * load->seconds);
	pin_thread(1);
	while (number < total) {
		uint64_t due = (bench_now_ns() - start) * load->legs * RATE / 1000000000;
		for (; number < due && number < total; number++)
			send_one(load, number);
		drain(load);
		struct timespec slot = {.tv_nsec = 100000};
		nanosleep(&slot, NULL);
	}
	for (unsigned i = 0; i < 100 && load->received < load->sent; i++) {
		poll(NULL, 0, 1);
		drain(load);
	}
	return NULL;
}

static uint64_t cpu_ns(pthread_t thread)
{
	struct timespec now;
	clockid_t clock;
	pthread_getcpuclockid(thread, &clock);
	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Runs the load against `thread`; ns a packet. */
static double measure(struct load *load, pthread_t thread)
{
	pthread_t loader;
	load->sent = load->received = 0;
	uint64_t before = cpu_ns(thread);
	pthread_create(&loader, NULL, offer, load);
	pthread_join(loader, NULL);
	uint64_t took = cpu_ns(thread) - before;
	if (load->received < load->sent)
		printf("lost %llu of %llu\n", (unsigned long long)(load->sent - load->received),
			(unsigned long long)load->sent);
	return (double)took / (double)load->received;
}

/* ---- the bare loop ---- */

struct bare_leg {
	int fd;
	struct bare_leg *other;
	struct sockaddr_in target;
};

struct bare {
	struct bare_leg *legs;
	int epoll_fd, stop_fd[2];
};

static void bare_ready(struct bare_leg *leg)
{
	char packet[2048];
	struct sockaddr_in from;
	socklen_t length = sizeof(from);
	ssize_t got;
	while ((got = recvfrom(
			leg->fd, packet, sizeof(packet), 0, (struct sockaddr *)&from, &length)) > 0)
		sendto(leg->other->fd, packet, (size_t)got, 0,
			(struct sockaddr *)&leg->other->target, sizeof(leg->other->target));
}

static void *bare_run(void *context)
{
	struct bare *bare = context;
	struct epoll_event events[256];
	pin_thread(0);
	for (;;) {
		int count = epoll_wait(bare->epoll_fd, events, 256, -1);
		for (int i = 0; i < count; i++) {
			if (!events[i].data.ptr)
				return NULL;
			bare_ready(events[i].data.ptr);
		}
	}
}

static void bare_watch(struct bare *bare, int fd, void *what)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = what};
	must(epoll_ctl(bare->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
}

static double bare_round(struct load *load, const struct sockaddr_in *phones)
{
	struct bare bare = {.legs = calloc(load->legs, sizeof(*bare.legs))};
	pthread_t thread;
	bare.epoll_fd = epoll_create1(0);
	must(bare.legs && pipe(bare.stop_fd) == 0, "bare");
	bare_watch(&bare, bare.stop_fd[0], NULL);
	for (unsigned i = 0; i < load->legs; i++) {
		struct sockaddr_in at;
		bare.legs[i].fd = open_socket(&at);
		bare.legs[i].other = &bare.legs[i ^ 1];
		bare.legs[i].target = *phones;
		load->ports[i] = ntohs(at.sin_port);
		bare_watch(&bare, bare.legs[i].fd, &bare.legs[i]);
	}
	pthread_create(&thread, NULL, bare_run, &bare);
	double ns = measure(load, thread);
	must(write(bare.stop_fd[1], "", 1) == 1, "stop");
	pthread_join(thread, NULL);
	for (unsigned i = 0; i < load->legs; i++)
		close(bare.legs[i].fd);
	close(bare.epoll_fd);
	close(bare.stop_fd[0]);
	close(bare.stop_fd[1]);
	free(bare.legs);
	return ns;
}

/* ---- the relay ---- */

static void take_calls(struct media *media, struct load *load, const struct sockaddr_in *phones)
{
	static const unsigned locals[2] = {0, 0};
	struct media_description description = {
		.dscp = MEDIA_DSCP_DEFAULT, .watch = MEDIA_WATCH_TALK};
	for (unsigned i = 0; i < 2; i++) {
		description.ends[i].offer = 1;
		media_address_from((const struct sockaddr *)phones, &description.ends[i].rtp);
	}
	for (unsigned i = 0; i < load->legs; i += 2) {
		struct media_lease lease;
		while (media_take(media, 0, locals, 0, &lease) < 0)
			sched_yield();
		load->ports[i] = lease.port[0];
		load->ports[i + 1] = lease.port[1];
		media_set(media, 0, lease.session, &description);
	}
}

static double relay_round_of(struct load *load, const struct sockaddr_in *phones, uint32_t tick_us)
{
	struct worker_group group;
	struct media *media;
	struct sockaddr_in local = loopback(0);
	unsigned core = 0;
	must(worker_group_init(&group, 1, NULL) == 0, "workers");
	struct media_config config = {.workers = &group,
		.local_count = 1,
		.port_first = 16384,
		.port_last = 32767,
		.threads = 1,
		.pin = &core,
		.pin_count = 1,
		.timeout_ms = 60000,
		.hold_timeout_ms = 60000,
		.dscp = 46,
		.tick_us = tick_us};
	media_address_from((struct sockaddr *)&local, &config.locals[0]);
	must(media_new(&media, &config) == 0 && media_start(media) == 0, "media");
	take_calls(media, load, phones);
	double ns = measure(load, media->relays[0].thread);
	media_stop(media);
	media_free(media);
	worker_group_done(&group);
	return ns;
}

static int compare(const void *a, const void *b)
{
	return *(const double *)a < *(const double *)b ? -1 : 1;
}

int main(int argc, char **argv)
{
	unsigned calls = argc > 1 ? (unsigned)atoi(argv[1]) : 500;
	struct load load = {.legs = 2 * calls, .seconds = argc > 2 ? atof(argv[2]) : 2};
	struct sockaddr_in phones;
	double ns[4][ROUNDS];
	static const char *const names[4] = {"bare epoll, recvfrom, sendto", "relay",
		"relay, media.tick 500 us", "relay, media.tick 1 ms"};
	load.fd = open_socket(&phones);
	load.ports = calloc(load.legs, sizeof(*load.ports));
	must(load.ports, "ports");
	for (unsigned round = 0; round < ROUNDS; round++) {
		ns[0][round] = bare_round(&load, &phones);
		ns[1][round] = relay_round_of(&load, &phones, 0);
		ns[2][round] = relay_round_of(&load, &phones, 500);
		ns[3][round] = relay_round_of(&load, &phones, 1000);
	}
	printf("%u calls, %u packets/s in and out\n", calls, load.legs * RATE);
	for (unsigned kind = 0; kind < 4; kind++) {
		qsort(ns[kind], ROUNDS, sizeof(double), compare);
		bench_print(names[kind], ns[kind][ROUNDS / 2]);
	}
	close(load.fd);
	free(load.ports);
	return 0;
}
