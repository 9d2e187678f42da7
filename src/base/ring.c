/* SPDX-License-Identifier: Apache-2.0 */
/* ring.c: a queue of fixed-size elements from one thread to one other. */
#include "base/ring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int ring_init(struct ring *ring, size_t element_size, uint32_t capacity)
{
	uint32_t size = 1;
	char *elements;

	if (element_size == 0 || capacity == 0 || capacity > 1u << 31)
		return -EINVAL;
	while (size < capacity)
		size <<= 1;
	elements = calloc(size, element_size);
	if (!elements)
		return -ENOMEM;
	memset(ring, 0, sizeof(*ring));
	ring->elements = elements;
	ring->element_size = element_size;
	ring->mask = size - 1;
	return 0;
}

void ring_done(struct ring *ring)
{
	if (!ring)
		return;
	free(ring->elements);
	ring->elements = NULL;
}

static void *element_at(const struct ring *ring, uint32_t index)
{
	return ring->elements + (size_t)(index & ring->mask) * ring->element_size;
}

void *ring_reserve(struct ring *ring)
{
	uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
	if (tail - ring->head_seen > ring->mask) {
		ring->head_seen = atomic_load_explicit(&ring->head, memory_order_acquire);
		if (tail - ring->head_seen > ring->mask)
			return NULL;
	}
	return element_at(ring, tail);
}

void ring_commit(struct ring *ring)
{
	uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
	atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
}

void *ring_peek(struct ring *ring)
{
	uint32_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
	if (head == ring->tail_seen) {
		ring->tail_seen = atomic_load_explicit(&ring->tail, memory_order_acquire);
		if (head == ring->tail_seen)
			return NULL;
	}
	return element_at(ring, head);
}

void ring_release(struct ring *ring)
{
	uint32_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
	atomic_store_explicit(&ring->head, head + 1, memory_order_release);
}

bool ring_push(struct ring *ring, const void *element)
{
	void *to = ring_reserve(ring);
	if (!to)
		return false;
	memcpy(to, element, ring->element_size);
	ring_commit(ring);
	return true;
}

bool ring_pop(struct ring *ring, void *ret_element)
{
	const void *from = ring_peek(ring);
	if (!from)
		return false;
	memcpy(ret_element, from, ring->element_size);
	ring_release(ring);
	return true;
}

uint32_t ring_length(const struct ring *ring)
{
	uint32_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
	return atomic_load_explicit(&ring->tail, memory_order_relaxed) - head;
}
