/* SPDX-License-Identifier: Apache-2.0 */
/* copy.h: what a relay thread writes down for the kernel to copy. Compiled by both compilers: plain
 * integers, no pointer. */
#ifndef MEDIA_FASTPATH_COPY_H
#define MEDIA_FASTPATH_COPY_H

#include <stdint.h>

/*
 * Copies of one trigger. They queue up on lo, where a processor holds 1,000 packets
 * (net.core.netdev_max_backlog): three batches under way leave room for others.
 */
#define COPY_BATCH             256
#define COPY_BATCHES_UNDER_WAY 3
/* Of a thread; a power of two, and more than may be under way. */
#define COPY_BATCHES 4
/* Of an RTP header, which stands in front of what is copied. */
#define COPY_HEADER 12

/* Where a copy goes. As in its headers: network order; IPv4 in the first words, the others 0. */
struct copy_target {
	uint16_t from_port, to_port;
	uint32_t from[4], to[4];
	uint32_t interface; /* that it leaves by; lo: it is for this host */
	uint32_t priority;  /* within that interface's queue, as a socket's SO_PRIORITY */
	uint8_t class;      /* TOS or traffic class */
	uint8_t version;    /* of IP: 4 or 6; 0: cannot be copied to */
	uint16_t unused;
};

/* One copy. */
struct copy_entry {
	uint8_t header[COPY_HEADER]; /* RTP's, in network order */
	struct copy_target target;
	uint32_t is_refused; /* writer: the program */
};

/* What becomes of one trigger. Writers: the relay thread, but for what the program says of it. */
struct copy_batch {
	/* That the trigger must name, random, written last; 0: no trigger is right. Whoever changes
	 * it to 0 has the batch: the program, to copy it, or the thread, to give it up. */
	uint64_t key;
	uint64_t done; /* the program's: the key of what was copied */
	uint32_t count;
	uint32_t refused; /* the program's: how many were not */
	uint64_t room[5];
	struct copy_entry entries[COPY_BATCH];
};

/* What a trigger has in front of its payload, in the place of the RTP header. Host order. */
struct copy_trigger {
	uint32_t batch;  /* its index in the map */
	uint32_t key[2]; /* the batch's, the lower half first; nobody else knows it */
};

/* By which a trigger is known: a socket of ours, on 127.0.0.1 or ::1, that sends to itself. Network
 * order. */
struct copy_socket {
	uint16_t port;
	uint16_t version;
};

_Static_assert(sizeof(struct copy_entry) == 64, "an entry is a cache line");
_Static_assert(sizeof(struct copy_batch) % 64 == 0, "entries begin on a cache line");
_Static_assert(sizeof(struct copy_trigger) == COPY_HEADER, "a trigger is a header long");

#endif
