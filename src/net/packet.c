/* SPDX-License-Identifier: Apache-2.0 */
/* packet.c: takes packets from their worker's slab and brings them home from others. */
#include "net/packet.h"

int packet_pool_init(struct packet_pool *pool)
{
	int error =
		slab_init(&pool->small, "packets", sizeof(struct packet) + PACKET_BYTES, PACKETS);
	shared_stack_init(&pool->returned);
	if (error)
		return error;
	return slab_init(&pool->large, "large_packets", sizeof(struct packet) + PACKET_LARGE_BYTES,
		PACKETS_LARGE);
}

void packet_pool_done(struct packet_pool *pool)
{
	if (!pool)
		return;
	slab_done(&pool->small);
	slab_done(&pool->large);
}

static void give_here(struct packet_pool *pool, struct packet *packet)
{
	slab_give(packet->is_large ? &pool->large : &pool->small, packet);
}

static void collect(struct packet_pool *pool)
{
	struct shared_link *link = shared_stack_take_all(&pool->returned);
	while (link) {
		struct shared_link *next = shared_link_next(link);
		give_here(pool, container_of(link, struct packet, link));
		link = next;
	}
}

struct packet *packet_take(struct packet_pool *pool, size_t length)
{
	bool is_large = length > PACKET_BYTES;
	if (length > PACKET_LARGE_BYTES)
		return NULL;
	collect(pool);
	struct packet *packet = slab_take(is_large ? &pool->large : &pool->small);
	if (!packet)
		return NULL;
	packet->home = pool;
	packet->is_large = is_large;
	packet->at = packet->bytes;
	packet->length = 0;
	packet->sender = 0;
	packet->error = 0;
	return packet;
}

void packet_give(struct packet_pool *here, struct packet *packet)
{
	if (packet->home == here)
		give_here(here, packet);
	else
		shared_stack_push(&packet->home->returned, &packet->link);
}
