/* SPDX-License-Identifier: Apache-2.0 */
/* stress_ring.c: one producer, one consumer: every element once, whole, in order. */
#include "base/ring.h"

#include "lib/threads.h"

#define ELEMENTS 1000000

struct element {
	uint64_t number, twice, check;
};

static struct ring ring;

static struct element element_of(uint64_t number)
{
	return (struct element){number, 2 * number, ~number};
}

static bool push_copy(uint64_t number)
{
	struct element element = element_of(number);
	return ring_push(&ring, &element);
}

static bool push_in_place(uint64_t number)
{
	struct element *place = ring_reserve(&ring);
	if (!place)
		return false;
	*place = element_of(number);
	ring_commit(&ring);
	return true;
}

static void produce(unsigned unused)
{
	for (uint64_t i = 0; i < ELEMENTS; i++)
		while (!(i % 3 ? push_copy(i) : push_in_place(i)))
			sched_yield();
}

static bool pop_copy(struct element *ret_element)
{
	return ring_pop(&ring, ret_element);
}

static bool pop_in_place(struct element *ret_element)
{
	struct element *place = ring_peek(&ring);
	if (!place)
		return false;
	*ret_element = *place;
	ring_release(&ring);
	return true;
}

static void consume(unsigned unused)
{
	struct element element;
	for (uint64_t i = 0; i < ELEMENTS; i++) {
		while (!(i % 5 ? pop_copy(&element) : pop_in_place(&element)))
			sched_yield();
		MUST(element.number == i);
		MUST(element.twice == 2 * i);
		MUST(element.check == ~i);
		MUST(ring_length(&ring) <= 64);
	}
}

int main(void)
{
	MUST(ring_init(&ring, sizeof(struct element), 64) == 0);
	threads_add(1, produce);
	threads_add(1, consume);
	threads_run();
	MUST(ring_length(&ring) == 0);
	ring_done(&ring);
	return 0;
}
