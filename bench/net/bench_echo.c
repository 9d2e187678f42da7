/* SPDX-License-Identifier: Apache-2.0 */
/* bench_echo.c: what receiving, homing and sending cost a message, with the waiting that goes with
 * it. */
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "net/net.h"
#include "runtime/pin.h"
#include "runtime/private.h"

/*
 * bench_echo [workers] [seconds]: two threads of SIP workers share core 0, the client has core 1.
 * For each rate it prints the CPU of the workers a message (one in, one out), how often they woke,
 * how often one rang another, and how many messages found their home at once.
 */
static const unsigned rates[] = {1000, 4000, 20000, 60000};

struct run {
	struct worker_group group;
	struct net_group *net;
	struct net_address server;
	unsigned rate;
	double seconds;
	uint64_t sent, received;
};

struct echo {
	struct net *net;
	struct worker *worker;
};

static void on_message(void *context, const char *bytes, size_t length, const struct path *from)
{
	struct echo *echo = context;
	struct buffer *buffer = buffer_take(&echo->worker->buffers, length);
	memcpy(buffer->bytes, bytes, length);
	buffer->length = (uint32_t)length;
	net_send(echo->net, from, buffer, 0);
	buffer_unref(&echo->worker->buffers, buffer);
}

static uint64_t now_ns(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static uint64_t cpu_ns(const struct run *run)
{
	uint64_t sum = 0;
	for (unsigned i = 0; i < run->group.count; i++) {
		clockid_t clock;
		pthread_getcpuclockid(run->group.workers[i].private_->thread, &clock);
		sum += now_ns(clock);
	}
	return sum;
}

static size_t write_request(char *to, uint64_t number)
{
	return (size_t)sprintf(to,
		"OPTIONS sip:bench@127.0.0.1 SIP/2.0\r\n"
		"Via: SIP/2.0/UDP 127.0.0.1:5999;branch=z9hG4bK-%llu-1\r\n"
		"From: <sip:a@example.test>;tag=%llu\r\nTo: <sip:bench@127.0.0.1>\r\n"
		"Call-ID: %llu-4711@127.0.0.1\r\nCSeq: 1 OPTIONS\r\n"
		"Contact: <sip:a@127.0.0.1:5999>\r\nMax-Forwards: 70\r\n"
		"Subject: Performance Test\r\nContent-Length: 0\r\n\r\n",
		(unsigned long long)number, (unsigned long long)number, (unsigned long long)number);
}

static void drain(int fd, struct run *run)
{
	char answer[2048];
	while (recv(fd, answer, sizeof(answer), MSG_DONTWAIT) > 0)
		run->received++;
}

/* As SIPp does it: all that is due, once a millisecond. */
static void offer(int fd, struct run *run)
{
	char request[1024];
	uint64_t start = now_ns(CLOCK_MONOTONIC);
	uint64_t total = (uint64_t)(run->rate * run->seconds);
	while (run->sent < total) {
		uint64_t due = (now_ns(CLOCK_MONOTONIC) - start) * run->rate / 1000000000;
		for (; run->sent < due && run->sent < total; run->sent++)
			if (send(fd, request, write_request(request, run->sent), 0) < 0)
				perror("send");
		drain(fd, run);
		poll(NULL, 0, 1);
	}
	for (unsigned i = 0; i < 50 && run->received < run->sent; i++) {
		poll(NULL, 0, 2);
		drain(fd, run);
	}
}

static int client(const struct run *run)
{
	struct sockaddr_storage address;
	socklen_t length = net_address_to_sockaddr(&run->server, &address);
	int fd = socket(AF_INET, SOCK_DGRAM, 0), size = 4 << 20;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	connect(fd, (struct sockaddr *)&address, length);
	return fd;
}

static void *pinned(void *context)
{
	struct run *run = context;
	pin_thread(1);
	int fd = client(run);
	offer(fd, run);
	close(fd);
	return NULL;
}

static void measure(unsigned workers, double seconds, unsigned rate)
{
	struct run run = {.rate = rate, .seconds = seconds};
	struct net_config config = {.listen_count = 1};
	struct echo echoes[WORKERS_MAX];
	uint64_t wakes = 0, rings = 0, posts = 0;
	pthread_t thread;
	net_address_parse(PV_SPAN("127.0.0.1"), 0, &config.listen[0].address);
	if (worker_group_init(&run.group, workers, NULL) ||
		net_group_open(&run.net, &config, &run.group, NULL))
		exit(1);
	run.server = net_group_bound(run.net, 0);
	for (unsigned i = 0; i < workers; i++) {
		struct net_user user = {.message = on_message, .context = &echoes[i]};
		echoes[i] = (struct echo){net_of(run.net, i), &run.group.workers[i]};
		net_set_user(echoes[i].net, &user);
	}
	pin_thread(0); /* the workers inherit it */
	worker_group_start(&run.group);
	pthread_create(&thread, NULL, pinned, &run);
	pthread_join(thread, NULL);
	uint64_t cpu = cpu_ns(&run);
	for (unsigned i = 0; i < workers; i++) {
		wakes += run.group.workers[i].wakes;
		rings += mailbox_rings(&run.group.workers[i].mailbox);
		posts += mailbox_posts(&run.group.workers[i].mailbox);
	}
	worker_group_stop(&run.group);
	printf("%6u/s  %6.2f us a message  %5.2f wakes  %5.2f rings  %5.2f posts  %llu lost\n",
		rate, (double)cpu / 1000 / (double)run.sent, (double)wakes / (double)run.sent,
		(double)rings / (double)run.sent, (double)posts / (double)run.sent,
		(unsigned long long)(run.sent - run.received));
	net_group_close(run.net);
	worker_group_done(&run.group);
}

int main(int argc, char **argv)
{
	unsigned workers = argc > 1 ? (unsigned)atoi(argv[1]) : 2;
	double seconds = argc > 2 ? atof(argv[2]) : 0.5;
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++)
		measure(workers, seconds, rates[i]);
	return 0;
}
