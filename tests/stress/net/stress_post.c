/* SPDX-License-Identifier: Apache-2.0 */
/* stress_post.c: packets posted between running workers arrive once, whole, and come home. */
#include <stdio.h>
#include <string.h>

#include "lib/threads.h"
#include "net/packet.h"

#define WORKERS 4
#define ROUNDS  3000
#define BURST   40

/* One worker's part of the program. Counters are its own; `received` is read by all at the end. */
struct station {
	struct worker_task task;
	struct worker *worker;
	struct packet_pool pool;
	unsigned round;
	uint64_t posted, refused;
	_Atomic uint64_t received;
	_Atomic bool finished;
};

static struct worker_group group;
static struct station stations[WORKERS];

static void fill(struct packet *packet, unsigned length, unsigned seed)
{
	packet->length = length;
	packet->sender = seed;
	memset(packet->bytes, (int)(seed % 251), length);
}

static void on_packet(void *context, struct mail *mail)
{
	struct station *station = context;
	struct packet *packet = container_of(mail, struct packet, mail);
	char expected = (char)(packet->sender % 251);
	MUST(packet->bytes[0] == expected && packet->bytes[packet->length - 1] == expected);
	packet->bytes[0] = (char)~expected; /* it must not be seen twice */
	packet_give(&station->pool, packet);
	atomic_fetch_add(&station->received, 1);
}

static void post_burst(struct worker *worker, struct worker_task *task)
{
	struct station *station = container_of(task, struct station, task);
	for (unsigned i = 0; i < BURST; i++) {
		unsigned seed = station->round * BURST + i;
		unsigned length = seed % 97 == 0 ? 30000 : 1 + seed % PACKET_BYTES;
		struct packet *packet = packet_take(&station->pool, length);
		if (!packet) {
			station->refused++;
			continue;
		}
		fill(packet, length, seed);
		packet->mail.kind = MAIL_PACKET;
		station->posted++;
		worker_post(&group.workers[(worker->index + seed) % WORKERS], &packet->mail);
	}
	if (++station->round == ROUNDS)
		atomic_store(&station->finished, true);
	else
		worker_post(worker, &task->mail);
}

static bool all_finished(void)
{
	for (unsigned i = 0; i < WORKERS; i++)
		if (!atomic_load(&stations[i].finished))
			return false;
	return true;
}

static uint64_t sum_received(void)
{
	uint64_t sum = 0;
	for (unsigned i = 0; i < WORKERS; i++)
		sum += atomic_load(&stations[i].received);
	return sum;
}

int main(void)
{
	uint64_t posted = 0, refused = 0;
	MUST(worker_group_init(&group, WORKERS, NULL) == 0);
	for (unsigned i = 0; i < WORKERS; i++) {
		struct station *station = &stations[i];
		MUST(packet_pool_init(&station->pool) == 0);
		station->worker = &group.workers[i];
		station->task = (struct worker_task){.mail.kind = MAIL_TASK, .run = post_burst};
		worker_on_mail(station->worker, MAIL_PACKET, on_packet, station);
		worker_post(station->worker, &station->task.mail);
	}
	MUST(worker_group_start(&group) == 0);
	while (!all_finished())
		sched_yield();
	for (unsigned i = 0; i < WORKERS; i++) {
		posted += stations[i].posted;
		refused += stations[i].refused;
	}
	while (sum_received() < posted)
		sched_yield();
	worker_group_stop(&group);
	MUST(sum_received() == posted);
	MUST(posted + refused == (uint64_t)WORKERS * ROUNDS * BURST);
	for (unsigned i = 0; i < WORKERS; i++) {
		/* one take collects what others gave back */
		packet_give(&stations[i].pool, packet_take(&stations[i].pool, 1));
		MUST(stations[i].pool.small.used == 0 && stations[i].pool.large.used == 0);
		packet_pool_done(&stations[i].pool);
	}
	printf("posted %llu, refused %llu\n", (unsigned long long)posted,
		(unsigned long long)refused);
	worker_group_done(&group);
	return 0;
}
