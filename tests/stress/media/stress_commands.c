/* SPDX-License-Identifier: Apache-2.0 */
/* stress_commands.c: workers take, change and drop sessions while phones speak through them and
 * others read: every session ends once, no port is lost, no packet goes to the wrong call. */
#include <arpa/inet.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/metrics.h"
#include "base/random.h"
#include "lib/threads.h"
#include "media/command.h"
#include "media/media.h"
#include "runtime/worker.h"

#define WORKERS  3
#define RELAYS   2
#define SESSIONS 1500 /* of each worker, one after the other, LIVE at a time */
#define LIVE     6
#define WORDS    4

static struct worker_group group;
static struct media *media;
static _Atomic uint64_t shown_session; /* for the reader */
static _Atomic unsigned workers_left;
static unsigned ended[WORKERS], heard[WORKERS];

struct live {
	struct media_lease lease;
	struct media_description description;
	int phones[2];
	uint32_t tag; /* in each packet of this session */
	uint16_t sequence;
	bool is_transcoded;
};

static struct sockaddr_in loopback(uint16_t port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(0x7f400000 | ((unsigned)getpid() & 0x3fffff))};
}

static void on_told(void *context, media_id session, uint64_t owner, uint32_t told)
{
	heard[owner] += told & (MEDIA_TOLD_HEARD_0 | MEDIA_TOLD_HEARD_1) ? 1 : 0;
}

static void on_ended(
	void *context, media_id session, uint64_t owner, const struct media_report *report)
{
	MUST(report->session == session);
	ended[owner]++;
}

static int open_phone(struct media_address *ret_address)
{
	struct sockaddr_in at = loopback(0);
	socklen_t length = sizeof(at);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	MUST(fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
	MUST(getsockname(fd, (struct sockaddr *)&at, &length) == 0);
	media_address_from((struct sockaddr *)&at, ret_address);
	return fd;
}

static void speak(struct live *live, unsigned from)
{
	struct sockaddr_in to = loopback(live->lease.port[from]);
	uint8_t bytes[32] = {0x80, 0};
	uint16_t sequence = htons(live->sequence++);
	memcpy(bytes + 2, &sequence, 2);
	memcpy(bytes + 12, &live->tag, 4);
	sendto(live->phones[from], bytes, sizeof(bytes), 0, (struct sockaddr *)&to, sizeof(to));
}

/* Whatever has come must be of this session. */
static void hear_out(struct live *live)
{
	uint8_t bytes[64];
	for (unsigned i = 0; i < 2; i++)
		while (recv(live->phones[i], bytes, sizeof(bytes), 0) > 0)
			MUST(live->is_transcoded || memcmp(bytes + 12, &live->tag, 4) == 0);
}

static void begin(struct live *live, unsigned number, uint32_t tag)
{
	static const unsigned locals[2] = {0, 0};
	memset(live, 0, sizeof(*live));
	live->tag = tag;
	live->description.dscp = MEDIA_DSCP_DEFAULT;
	while (media_take(media, number, locals, number, &live->lease) < 0) {
		worker_run_once(&group.workers[number]);
		sched_yield();
	}
	for (unsigned i = 0; i < 2; i++) {
		live->phones[i] = open_phone(&live->description.ends[i].rtp);
		live->description.ends[i].offer = 1;
	}
}

/* Reserves, often while the relay thread reads a description, and begins or ends transcoding. */
static void change_coding(struct live *live, unsigned number)
{
	if (media_reserve_transcoder(media, number, live->lease.session) < 0)
		return;
	live->is_transcoded = true;
	live->description.ends[0].coding.codec = random_below(2) ? CODEC_PCMU : CODEC_NONE;
	live->description.ends[1].coding.codec = CODEC_PCMA;
}

static void converse(struct live *live, unsigned number)
{
	for (unsigned i = 0; i < WORDS; i++) {
		live->description.ends[random_below(2)].offer++;
		live->description.watch = (enum media_watch)random_below(3);
		if (live->tag % 8 == 0)
			change_coding(live, number);
		media_set(media, number, live->lease.session, &live->description);
		atomic_store(&shown_session, live->lease.session);
		speak(live, i % 2);
		hear_out(live);
		if (random_below(4) == 0)
			sched_yield();
	}
}

static void end(struct live *live, unsigned number)
{
	unsigned before = ended[number];
	hear_out(live);
	media_drop(media, number, live->lease.session);
	media_drop(media, number, live->lease.session);
	/* the phones' ports must not be another's while a packet to them may be under way */
	while (ended[number] == before) {
		worker_run_once(&group.workers[number]);
		sched_yield();
	}
	close(live->phones[0]);
	close(live->phones[1]);
}

static void work(unsigned number)
{
	static struct live live[WORKERS][LIVE];
	for (unsigned i = 0; i < SESSIONS; i++) {
		struct live *here = &live[number][i % LIVE];
		if (i >= LIVE)
			end(here, number);
		begin(here, number, number << 24 | i);
		for (unsigned n = 0; n < LIVE && n <= i; n++)
			converse(&live[number][n], number);
		worker_run_once(&group.workers[number]);
	}
	for (unsigned i = 0; i < LIVE; i++)
		end(&live[number][i], number);
	atomic_fetch_sub(&workers_left, 1);
}

static void read_reports(unsigned unused)
{
	while (atomic_load(&workers_left) > 0) {
		struct media_report report;
		struct media_status status;
		media_id session = atomic_load(&shown_session);
		if (media_read_report(media, session, &report) == 0)
			MUST(report.session == session && report.thread < RELAYS);
		for (unsigned i = 0; i < RELAYS; i++) {
			media_status(media, i, &status);
			MUST(status.pairs_bound <= status.pairs_total);
		}
		media_set_timeouts(media, 1000 + random_below(1000), 5000);
		sched_yield();
	}
}

/* Every pair is in the stock again. */
static void all_are_back(void)
{
	struct pollfd none;
	for (unsigned i = 0; i < RELAYS; i++) {
		struct media_status status;
		for (unsigned wait = 0; wait < 20000; wait++) {
			media_status(media, i, &status);
			if (status.sessions == 0 && status.pairs_stock == status.pairs_bound)
				break;
			poll(&none, 0, 1);
		}
		MUST(status.sessions == 0 && status.pairs_stock == status.pairs_bound);
	}
}

int main(void)
{
	struct sockaddr_in local = loopback(0);
	struct media_user user = {.told = on_told, .ended = on_ended};
	MUST(worker_group_init(&group, WORKERS, NULL) == 0);
	struct media_config config = {.workers = &group,
		.local_count = 1,
		.port_first = 25000,
		.port_last = 26999,
		.threads = RELAYS,
		.timeout_ms = 1000,
		.hold_timeout_ms = 5000,
		.tick_us = 200,
		.quarantine_ms = 30,
		.stock = 16};
	media_address_from((struct sockaddr *)&local, &config.locals[0]);
	MUST(media_new(&media, &config) == 0);
	for (unsigned i = 0; i < WORKERS; i++)
		media_set_user(media, i, &user);
	MUST(media_start(media) == 0);
	atomic_store(&workers_left, WORKERS);
	threads_add(WORKERS, work);
	threads_add(1, read_reports);
	threads_run();
	all_are_back();
	media_stop(media);
	for (unsigned i = 0; i < WORKERS; i++)
		MUST(ended[i] == SESSIONS);
	printf("forwarded=%llu heard=%u\n", (unsigned long long)metrics_sum(METRIC_media_forwarded),
		heard[0] + heard[1] + heard[2]);
	MUST(metrics_sum(METRIC_media_forwarded) > 0);
	media_free(media);
	worker_group_done(&group);
	return 0;
}
