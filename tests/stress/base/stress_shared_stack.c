/* SPDX-License-Identifier: Apache-2.0 */
/* stress_shared_stack.c: packets go from their owner over rings to others, and all come home. */
#include "base/shared_stack.h"

#include <string.h>

#include "base/ring.h"
#include "lib/threads.h"

#define HELPERS 2
#define PACKETS 64
#define TRIPS   500000

struct packet {
	struct shared_link back;
	uint64_t stamp[4];
};

static struct packet packets[PACKETS];
static struct shared_stack home;
static struct ring to_helper[HELPERS]; /* of struct packet pointers */

static void send(struct packet *packet, uint64_t trip)
{
	for (unsigned i = 0; i < ARRAY_LENGTH(packet->stamp); i++)
		packet->stamp[i] = trip;
	while (!ring_push(&to_helper[trip % HELPERS], &packet))
		sched_yield();
}

/* Packets that the helpers have marked; how many. */
static unsigned collect(struct packet **free_packets, unsigned count)
{
	struct shared_link *link = shared_stack_take_all(&home);
	unsigned before = count;
	while (link) {
		struct packet *packet = container_of(link, struct packet, back);
		link = shared_link_next(link);
		MUST(packet->stamp[0] == ~packet->stamp[1]);
		MUST(count < PACKETS);
		free_packets[count++] = packet;
	}
	return count - before;
}

static void own(unsigned unused)
{
	struct packet *free_packets[PACKETS];
	unsigned count = PACKETS;
	uint64_t trip = 0;

	for (unsigned i = 0; i < PACKETS; i++)
		free_packets[i] = &packets[i];
	while (trip < TRIPS || count < PACKETS) {
		unsigned came;
		if (trip < TRIPS && count)
			send(free_packets[--count], trip++);
		came = collect(free_packets, count);
		count += came;
		if (!came && (count == 0 || trip == TRIPS))
			sched_yield();
	}
}

static void help(unsigned number)
{
	struct packet *packet;
	for (unsigned i = 0; i < TRIPS / HELPERS; i++) {
		while (!ring_pop(&to_helper[number], &packet))
			sched_yield();
		MUST(packet->stamp[0] == packet->stamp[3]);
		packet->stamp[0] = ~packet->stamp[1];
		shared_stack_push(&home, &packet->back);
	}
}

int main(void)
{
	shared_stack_init(&home);
	for (unsigned i = 0; i < HELPERS; i++)
		MUST(ring_init(&to_helper[i], sizeof(struct packet *), PACKETS) == 0);
	threads_add(1, own);
	threads_add(HELPERS, help);
	threads_run();
	MUST(shared_stack_take_all(&home) == NULL);
	for (unsigned i = 0; i < HELPERS; i++)
		ring_done(&to_helper[i]);
	return 0;
}
