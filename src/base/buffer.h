/* SPDX-License-Identifier: Apache-2.0 */
/* buffer.h: reference-counted bytes, for messages that are kept to be sent again. */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stddef.h>
#include <stdint.h>

/* sizes of the blocks, header included: steps small enough that little of a block is wasted */
#define BUFFER_CLASS_COUNT 19
#define BUFFER_LARGEST     66560
#define BUFFER_HEADER_SIZE 8

/* Owner: the thread of its pool. References are not atomic. */
struct buffer {
	uint32_t length;     /* bytes in use, the taker sets it; while free: the link to the next */
	uint16_t references; /* 0 = free */
	uint8_t class;       /* index of its size class */
	uint8_t flags;       /* the taker's own, 0 when taken */
	char bytes[];
};

/* The blocks of one size: reserved address space, real only where touched, last given first. */
struct buffer_class {
	char *blocks;
	uint32_t free_list; /* where the block given last is, in 64-byte units, + 1; 0 = none */
	uint32_t touched;   /* blocks below this index were taken at least once */
	uint32_t capacity;
	uint32_t used;
	uint32_t peak;
};

/* Owner: one thread. Lifetime: from init to done. Lock: none. */
struct buffer_pool {
	struct buffer_class classes[BUFFER_CLASS_COUNT];
	void *map;
	size_t map_size;
	uint64_t refused;    /* takes that found their class full, or asked for too much */
	uint64_t bytes_used; /* in blocks that are taken, headers included */
};

/* A limit per class that suits a worker: address space, not memory. */
#define BUFFER_DEFAULT_BYTES_PER_CLASS ((size_t)2 << 30)

/*
 * Reserves `bytes_per_class` of address space for each size class (at least one block each).
 * 0 or -ENOMEM.
 */
int buffer_pool_init(struct buffer_pool *pool, size_t bytes_per_class);

/* Gives the memory back. NULL and zeroed pools are accepted. */
void buffer_pool_done(struct buffer_pool *pool);

/*
 * A buffer with room for at least `capacity` bytes, length 0, one reference, bytes not zeroed.
 * NULL (counted) when its class is full or `capacity` is above BUFFER_LARGEST - 8.
 */
struct buffer *buffer_take(struct buffer_pool *pool, size_t capacity);

/* One more reference; returns the buffer. */
struct buffer *buffer_ref(struct buffer *buffer);

/* One reference less; the last one gives it back. NULL is accepted. */
void buffer_unref(struct buffer_pool *pool, struct buffer *buffer);

/* How many bytes fit into the buffer. */
size_t buffer_capacity(const struct buffer *buffer);

/*
 * Moves the bytes to the smallest class that holds `length` of them and returns the buffer to use
 * from now on: a new one (the old was given back), or the same when nothing is gained, when it is
 * shared, or when the smaller class is full. Never fails.
 */
struct buffer *buffer_shrink(struct buffer_pool *pool, struct buffer *buffer);

#endif
