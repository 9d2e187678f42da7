/* SPDX-License-Identifier: Apache-2.0 */
/* prebuffer.c: a leg's last packets, kept so that the first syllable is not lost. */
#include "sound/prebuffer.h"

#include <string.h>

#include "base/macros.h"

#define KEPT_NS (PREBUFFER_MS * UINT64_C(1000000))
#define NOWHERE UINT32_MAX

/* Stands before each datagram. */
struct record {
	uint64_t came_ns;
	uint32_t length;
};

static uint32_t size_of(uint32_t length)
{
	return (uint32_t)ROUND_UP(sizeof(struct record) + length, 8);
}

static struct record oldest(const struct prebuffer *prebuffer)
{
	struct record record;
	memcpy(&record, prebuffer->memory + prebuffer->head, sizeof(record));
	return record;
}

void prebuffer_begin(struct prebuffer *prebuffer, void *memory, size_t size)
{
	*prebuffer = (struct prebuffer){.memory = memory, .size = (uint32_t)size};
}

static void drop_oldest(struct prebuffer *prebuffer)
{
	prebuffer->head += size_of(oldest(prebuffer).length);
	prebuffer->count--;
	if (prebuffer->is_wrapped && prebuffer->head == prebuffer->limit) {
		prebuffer->head = 0;
		prebuffer->is_wrapped = false;
	}
}

/* Where `size` bytes are free in one piece, or NOWHERE. */
static uint32_t find_place(struct prebuffer *prebuffer, uint32_t size)
{
	if (prebuffer->count == 0) {
		prebuffer->head = prebuffer->tail = 0;
		prebuffer->is_wrapped = false;
	}
	if (prebuffer->is_wrapped)
		return prebuffer->head - prebuffer->tail >= size ? prebuffer->tail : NOWHERE;
	if (prebuffer->size - prebuffer->tail >= size)
		return prebuffer->tail;
	if (prebuffer->head < size)
		return NOWHERE;
	prebuffer->limit = prebuffer->tail;
	prebuffer->is_wrapped = true;
	return 0;
}

void prebuffer_put(
	struct prebuffer *prebuffer, const void *datagram, size_t length, uint64_t now_ns)
{
	struct record record = {now_ns, (uint32_t)length};
	if (length > PREBUFFER_PACKET_MAX || size_of(record.length) > prebuffer->size)
		return;
	uint32_t size = size_of(record.length), place;
	while ((place = find_place(prebuffer, size)) == NOWHERE)
		drop_oldest(prebuffer);
	memcpy(prebuffer->memory + place, &record, sizeof(record));
	memcpy(prebuffer->memory + place + sizeof(record), datagram, length);
	prebuffer->tail = place + size;
	prebuffer->count++;
}

void prebuffer_forget(struct prebuffer *prebuffer, uint64_t before_ns)
{
	while (prebuffer->count > 0 && oldest(prebuffer).came_ns < before_ns)
		drop_oldest(prebuffer);
}

bool prebuffer_take(struct prebuffer *prebuffer, uint64_t now_ns, const uint8_t **ret_datagram,
	size_t *ret_length, uint64_t *ret_came_ns)
{
	prebuffer_forget(prebuffer, now_ns - MIN(now_ns, KEPT_NS));
	if (prebuffer->count == 0)
		return false;
	struct record record = oldest(prebuffer);
	*ret_datagram = prebuffer->memory + prebuffer->head + sizeof(record);
	*ret_length = record.length;
	*ret_came_ns = record.came_ns;
	drop_oldest(prebuffer);
	return true;
}
