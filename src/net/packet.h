/* SPDX-License-Identifier: Apache-2.0 */
/* packet.h: a datagram, or a message of a stream, that can be posted to another worker as it lies.
 */
#ifndef NET_PACKET_H
#define NET_PACKET_H

#include "base/mailbox.h"
#include "base/shared_stack.h"
#include "base/slab.h"
#include "net/net.h"

#define PACKET_BYTES       2048  /* an ordinary one */
#define PACKET_LARGE_BYTES 65536 /* what does not fit into that */
#define PACKETS            8192
#define PACKETS_LARGE      256

struct packet_pool;

/*
 * Owner: the thread that took it, then the one that it is posted to. Lifetime: until packet_give,
 * which brings it home from any thread. Lock: none.
 */
struct packet {
	struct mail mail; /* MAIL_PACKET, MAIL_SEND, MAIL_FLOW_GONE */
	struct shared_link link;
	struct packet_pool *home;
	struct path path;
	char *at; /* the message, inside `bytes` */
	uint32_t length;
	bool is_large;
	int error;            /* MAIL_FLOW_GONE: what became of the bytes */
	uint64_t sender;      /* MAIL_SEND, MAIL_FLOW_GONE */
	uint64_t received_ns; /* when its receiver had it: how long it waited in the mailbox */
	char bytes[];
};

/* Owner: one worker, but for `returned`. */
struct packet_pool {
	struct slab small, large;
	struct shared_stack returned; /* given back by other threads */
};

int packet_pool_init(struct packet_pool *pool);
void packet_pool_done(struct packet_pool *pool);

/* Room for `length` bytes, `at` at their start; NULL when the slab is empty (counted there). */
struct packet *packet_take(struct packet_pool *pool, size_t length);
/* From any thread; `here` is the pool of the caller's own worker. */
void packet_give(struct packet_pool *here, struct packet *packet);

#endif
