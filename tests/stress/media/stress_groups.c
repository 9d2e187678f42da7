/* SPDX-License-Identifier: Apache-2.0 */
/* stress_groups.c: workers open and close groups, join those of each other, press and speak, while
 * others read: everything that was taken ends once, no port is lost, each press that is answered
 * was made. With a number as argument so many legs of a group are on its own relay thread, and the
 * others on another one. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/metrics.h"
#include "base/random.h"
#include "lib/threads.h"
#include "media/group_command.h"
#include "media/media.h"
#include "runtime/worker.h"

#define WORKERS 3
#define RELAYS  2
#define GROUPS  60  /* opened by each worker, one after the other */
#define LEGS    400 /* joined by each worker, LIVE at a time */
#define LIVE    6

static struct worker_group group;
static struct media *media;
static _Atomic unsigned workers_left;

/* The groups that each worker has open now, for all to join. */
static pthread_mutex_t shown_lock = PTHREAD_MUTEX_INITIALIZER;
static struct media_group_lease shown[WORKERS];
static _Atomic uint64_t shown_member;

static unsigned members_ended[WORKERS], groups_ended[WORKERS], groups_opened[WORKERS];
static uint64_t spurts[WORKERS];
static unsigned answered[WORKERS], pressed[WORKERS];

struct leg {
	struct media_member_lease lease;
	struct media_member_description said;
	int phone;
	uint16_t sequence;
	uint32_t ssrc;
};

static struct sockaddr_in loopback(uint16_t port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(0x7f400000 | ((unsigned)getpid() & 0x3fffff))};
}

static void on_member_ended(
	void *context, media_id member, uint64_t owner, const struct media_member_report *report)
{
	MUST(report->member == member);
	members_ended[owner]++;
}

static void on_group_ended(
	void *context, media_id id, uint64_t owner, const struct media_group_report *report)
{
	MUST(report->group == id);
	groups_ended[owner]++;
}

static void on_answered(
	void *context, media_id member, uint64_t owner, const struct media_answer *answer)
{
	answered[owner] += answer->number != 0;
}

static void on_spurt(void *context, media_id id, uint64_t owner, const struct media_spurt *spurt)
{
	MUST(spurt->group == id);
	spurts[owner]++;
}

static struct media_group_settings some_settings(void)
{
	return (struct media_group_settings){
		.floor = random_below(4) == 0 ? MEDIA_FLOOR_OPEN : MEDIA_FLOOR_PTT,
		.talkers = (uint8_t)(1 + random_below(3)),
		.queue = (uint16_t)random_below(3),
		.preempt = (uint8_t)random_below(3),
		.keepalive = (uint8_t)random_below(3),
		.has_tones = random_below(2),
		.idle_timeout_ms = 50,
		.max_talk_ms = 100};
}

static void open_group(unsigned number)
{
	struct media_group_settings settings = some_settings();
	struct media_group_lease lease, before;
	MUST(media_group_open(media, number, &settings, number, &lease) == 0);
	groups_opened[number]++;
	pthread_mutex_lock(&shown_lock);
	before = shown[number];
	shown[number] = lease;
	pthread_mutex_unlock(&shown_lock);
	if (before.group) {
		media_group_close(media, number, before.group);
		media_group_close(media, number, before.group);
	}
}

static void close_last(unsigned number)
{
	media_group_close(media, number, shown[number].group);
	while (groups_ended[number] < groups_opened[number]) {
		worker_run_once(&group.workers[number]);
		sched_yield();
	}
}

static void join(struct leg *leg, unsigned number, uint32_t ssrc)
{
	static const uint8_t codecs[] = {CODEC_PCMU, CODEC_PCMU, CODEC_PCMA};
	struct media_group_lease at;
	struct sockaddr_in here = loopback(0);
	socklen_t length = sizeof(here);
	bool has_floor = random_below(3) == 0;
	uint8_t codec = codecs[random_below(3)];
	memset(leg, 0, sizeof(*leg));
	pthread_mutex_lock(&shown_lock);
	at = shown[random_below(WORKERS)];
	pthread_mutex_unlock(&shown_lock);
	if (!at.group) /* that one has not begun */
		at = shown[number];
	while (media_join(media, number, &at, 0, has_floor, number, &leg->lease) < 0) {
		worker_run_once(&group.workers[number]);
		sched_yield();
	}
	leg->ssrc = ssrc;
	leg->phone = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	MUST(leg->phone >= 0 && bind(leg->phone, (struct sockaddr *)&here, sizeof(here)) == 0);
	MUST(getsockname(leg->phone, (struct sockaddr *)&here, &length) == 0);
	media_address_from((struct sockaddr *)&here, &leg->said.audio.rtp);
	leg->said.audio.coding = (struct media_coding){.codec = codec,
		.sends = {.voice = codec == CODEC_PCMU ? 0 : 8, .events = 101},
		.gets = {.voice = codec == CODEC_PCMU ? 0 : 8}};
	leg->said.sends = leg->said.receives = leg->said.may_talk = true;
	leg->said.may_declare_emergency = true;
	leg->said.triggers = (uint16_t)(MEDIA_TRIGGERS_DEFAULT |
					(random_below(3) == 0 ? 1 << MEDIA_TRIGGER_VOX : 0));
	leg->said.dscp = MEDIA_DSCP_DEFAULT;
	leg->said.tag = ssrc;
	if (has_floor) {
		leg->said.floor.offer = 1;
		leg->said.floor.rtp = leg->said.audio.rtp;
	}
}

static void speak(struct leg *leg)
{
	struct sockaddr_in to = loopback(leg->lease.port);
	uint8_t bytes[172] = {0x80, leg->said.audio.coding.sends.voice};
	uint16_t sequence = htons(leg->sequence);
	uint32_t timestamp = htonl(leg->sequence * 160u), ssrc = htonl(leg->ssrc);
	leg->sequence++;
	memcpy(bytes + 2, &sequence, 2);
	memcpy(bytes + 4, &timestamp, 4);
	memcpy(bytes + 8, &ssrc, 4);
	for (unsigned i = 12; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i / 8 % 2 ? 0x10 : 0x90);
	sendto(leg->phone, bytes, sizeof(bytes), 0, (struct sockaddr *)&to, sizeof(to));
}

static void hear_out(struct leg *leg)
{
	uint8_t bytes[512];
	while (recv(leg->phone, bytes, sizeof(bytes), 0) > 0)
		continue;
}

static void press(struct leg *leg, unsigned number)
{
	struct media_press one = {.button = (uint8_t)random_below(MEDIA_BUTTON_COUNT),
		.trigger = MEDIA_TRIGGER_MESSAGE,
		.key = '*',
		.number = 1 + pressed[number]};
	int error = media_member_press(media, number, leg->lease.member, &one);
	MUST(error == 0 || error == -EAGAIN);
	pressed[number] += error == 0;
}

static void take_part(struct leg *leg, unsigned number)
{
	leg->said.audio.offer++;
	leg->said.is_muted = random_below(8) == 0;
	leg->said.receives = random_below(8) != 0;
	media_member_set(media, number, leg->lease.member, &leg->said);
	atomic_store(&shown_member, leg->lease.member);
	press(leg, number);
	for (unsigned i = 0; i < 3; i++)
		speak(leg);
	hear_out(leg);
}

static void leave(struct leg *leg, unsigned number)
{
	unsigned before = members_ended[number];
	media_member_drop(media, number, leg->lease.member);
	media_member_drop(media, number, leg->lease.member);
	MUST(media_member_press(media, number, leg->lease.member, &(struct media_press){0}) ==
		-ENOENT);
	while (members_ended[number] == before) {
		worker_run_once(&group.workers[number]);
		sched_yield();
	}
	close(leg->phone);
}

static void work(unsigned number)
{
	static struct leg legs[WORKERS][LIVE];
	for (unsigned i = 0; i < LEGS; i++) {
		struct leg *here = &legs[number][i % LIVE];
		if (i % (LEGS / GROUPS) == 0)
			open_group(number);
		if (i >= LIVE)
			leave(here, number);
		join(here, number, number << 24 | i);
		for (unsigned n = 0; n < LIVE && n <= i; n++)
			take_part(&legs[number][n], number);
		worker_run_once(&group.workers[number]);
	}
	for (unsigned i = 0; i < LIVE; i++)
		leave(&legs[number][i], number);
	atomic_fetch_sub(&workers_left, 1);
	close_last(number);
}

static void read_reports(unsigned unused)
{
	while (atomic_load(&workers_left) > 0) {
		struct media_member_report member;
		struct media_group_report report;
		media_id id = atomic_load(&shown_member);
		if (media_read_member(media, id, &member) == 0)
			MUST(member.member == id && member.thread < RELAYS);
		pthread_mutex_lock(&shown_lock);
		id = shown[random_below(WORKERS)].group;
		pthread_mutex_unlock(&shown_lock);
		if (media_read_group(media, id, &report) == 0)
			MUST(report.group == id && report.talker_count <= MEDIA_GROUP_TALKERS_MAX);
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

int main(int count, char **words)
{
	struct sockaddr_in local = loopback(0);
	struct media_group_user user = {.member_ended = on_member_ended,
		.group_ended = on_group_ended,
		.answered = on_answered,
		.spurt = on_spurt};
	MUST(worker_group_init(&group, WORKERS, NULL) == 0);
	struct media_config config = {.workers = &group,
		.local_count = 1,
		.port_first = 27000,
		.port_last = 28999,
		.threads = RELAYS,
		.group_budget = count > 1 ? (uint32_t)atoi(words[1]) : 0,
		.timeout_ms = 1000,
		.hold_timeout_ms = 5000,
		.quarantine_ms = 30,
		.stock = 16};
	media_address_from((struct sockaddr *)&local, &config.locals[0]);
	MUST(media_new(&media, &config) == 0);
	for (unsigned i = 0; i < WORKERS; i++)
		media_set_group_user(media, i, &user);
	MUST(media_start(media) == 0);
	atomic_store(&workers_left, WORKERS);
	threads_add(WORKERS, work);
	threads_add(1, read_reports);
	threads_run();
	all_are_back();
	media_stop(media);
	for (unsigned i = 0; i < WORKERS; i++) {
		MUST(members_ended[i] == LEGS);
		MUST(groups_ended[i] == groups_opened[i]);
		MUST(answered[i] <= pressed[i]);
	}
	printf("forwarded=%llu spurts=%llu answered=%u of %u\n",
		(unsigned long long)metrics_sum(METRIC_media_forwarded),
		(unsigned long long)(spurts[0] + spurts[1] + spurts[2]),
		answered[0] + answered[1] + answered[2], pressed[0] + pressed[1] + pressed[2]);
	MUST(metrics_sum(METRIC_media_forwarded) > 0 && spurts[0] + spurts[1] + spurts[2] > 0);
	MUST((metrics_sum(METRIC_group_passed) > 0) == (count > 1));
	MUST(metrics_sum(METRIC_group_members) == 0 && metrics_sum(METRIC_groups_open) == 0);
	media_free(media);
	worker_group_done(&group);
	return 0;
}
