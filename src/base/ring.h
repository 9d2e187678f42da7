/* SPDX-License-Identifier: Apache-2.0 */
/* ring.h: a queue of fixed-size elements from one thread to one other. */
#ifndef BASE_RING_H
#define BASE_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

/*
 * Who may call what, when
 *
 *   ring_init, ring_done                      one thread, while no other knows the ring
 *   ring_push, ring_reserve, ring_commit      the producer, one thread
 *   ring_pop, ring_peek, ring_release         the consumer, one thread
 *   ring_length                               anyone; a guess by the time it is used
 *
 * Each side keeps a copy of the other's index and looks at the real one only when the copy says
 * full or empty, so that a cache line moves once a batch and not once an element.
 */
struct ring {
	/* the producer's line */
	_Alignas(CACHE_LINE) _Atomic uint32_t tail;
	uint32_t head_seen;
	/* the consumer's line */
	_Alignas(CACHE_LINE) _Atomic uint32_t head;
	uint32_t tail_seen;
	/* constant after ring_init */
	_Alignas(CACHE_LINE) char *elements;
	size_t element_size;
	uint32_t mask;
};

/* Room for `capacity` elements (rounded up to a power of two). 0, -EINVAL or -ENOMEM. */
int ring_init(struct ring *ring, size_t element_size, uint32_t capacity);

/* NULL and zeroed rings are accepted. Elements still inside are forgotten. */
void ring_done(struct ring *ring);

/* Copies one element in; false when full. */
bool ring_push(struct ring *ring, const void *element);

/* Copies the oldest element out; false when empty. */
bool ring_pop(struct ring *ring, void *ret_element);

/* The place of the next element, to be filled before ring_commit makes it visible; NULL if full. */
void *ring_reserve(struct ring *ring);
void ring_commit(struct ring *ring);

/* The oldest element where it lies, valid until ring_release drops it; NULL when empty. */
void *ring_peek(struct ring *ring);
void ring_release(struct ring *ring);

uint32_t ring_length(const struct ring *ring);

#endif
