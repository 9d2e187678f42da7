/* SPDX-License-Identifier: Apache-2.0 */
/* buffer.c: reference-counted bytes, for messages that are kept to be sent again. */
#include "base/buffer.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/macros.h"
#include "base/poison.h"
#include "base/reserve.h"
#include "base/slab.h"

static const uint32_t block_sizes[BUFFER_CLASS_COUNT] = {
	128,
	192,
	256,
	320,
	384,
	448,
	512,
	640,
	768,
	1024,
	1280,
	1536,
	2048,
	3072,
	4096,
	8192,
	16384,
	32768,
	BUFFER_LARGEST,
};

_Static_assert(sizeof(struct buffer) == BUFFER_HEADER_SIZE, "the header is eight bytes");

/* All sizes are multiples of this: links count in it, so that no link costs a division. */
#define UNIT 64

int buffer_pool_init(struct buffer_pool *pool, size_t bytes_per_class)
{
	size_t most = (size_t)1 << 37; /* its units fit into a link */
	size_t span = ROUND_UP(MIN(MAX(bytes_per_class, (size_t)BUFFER_LARGEST), most), 4096);
	size_t map_size;
	char *map = reserve_take(span * BUFFER_CLASS_COUNT, &map_size);

	if (!map)
		return -ENOMEM;
	memset(pool, 0, sizeof(*pool));
	pool->map = map;
	pool->map_size = map_size;
	for (size_t i = 0; i < BUFFER_CLASS_COUNT; i++) {
		size_t capacity = span / block_sizes[i];
		pool->classes[i].blocks = map + i * span;
		pool->classes[i].capacity = (uint32_t)MIN(capacity, (size_t)UINT32_MAX);
	}
	return 0;
}

void buffer_pool_done(struct buffer_pool *pool)
{
	if (!pool || !pool->map)
		return;
	for (size_t i = 0; i < BUFFER_CLASS_COUNT; i++)
		unpoison_memory(
			pool->classes[i].blocks, (size_t)pool->classes[i].touched * block_sizes[i]);
	reserve_give(pool->map, pool->map_size);
	memset(pool, 0, sizeof(*pool));
}

/* The smallest class with room for `capacity` bytes, or BUFFER_CLASS_COUNT. */
static unsigned class_for(size_t capacity)
{
	unsigned i = capacity + BUFFER_HEADER_SIZE > 512 ? 7 : 0;
	while (i < BUFFER_CLASS_COUNT && block_sizes[i] - BUFFER_HEADER_SIZE < capacity)
		i++;
	return i;
}

static struct buffer *take_used(struct buffer_class *class, uint32_t size)
{
	struct buffer *buffer =
		(struct buffer *)(class->blocks + (size_t)(class->free_list - 1) * UNIT);
	class->free_list = buffer->length;
	unpoison_memory(buffer->bytes, size - BUFFER_HEADER_SIZE);
	return buffer;
}

static struct buffer *take_fresh(struct buffer_class *class, uint32_t size)
{
	uint32_t fresh = class->touched++;
	return (struct buffer *)(class->blocks + (size_t)fresh * size);
}

static struct buffer *take_from(struct buffer_pool *pool, unsigned number)
{
	struct buffer_class *class = &pool->classes[number];
	uint32_t size = block_sizes[number];
	struct buffer *buffer;

	if (UNLIKELY(class->used == class->capacity))
		return NULL;
	buffer = class->free_list ? take_used(class, size) : take_fresh(class, size);
	buffer->length = 0;
	buffer->references = 1;
	buffer->class = (uint8_t)number;
	buffer->flags = 0;
	if (++class->used > class->peak)
		class->peak = class->used;
	pool->bytes_used += size;
	return buffer;
}

static void give(struct buffer_pool *pool, struct buffer *buffer)
{
	struct buffer_class *class = &pool->classes[buffer->class];
	uint32_t size = block_sizes[buffer->class];

	buffer->length = class->free_list;
	class->free_list = (uint32_t)((size_t)((char *)buffer - class->blocks) / UNIT) + 1;
	class->used--;
	pool->bytes_used -= size;
	poison_memory(buffer->bytes, size - BUFFER_HEADER_SIZE);
}

struct buffer *buffer_take(struct buffer_pool *pool, size_t capacity)
{
	struct buffer *buffer = NULL;
	if (LIKELY(capacity <= BUFFER_LARGEST - BUFFER_HEADER_SIZE && !slab_is_starved()))
		buffer = take_from(pool, class_for(capacity));
	if (!buffer)
		pool->refused++;
	return buffer;
}

struct buffer *buffer_ref(struct buffer *buffer)
{
	assert(buffer->references > 0 && buffer->references < UINT16_MAX);
	buffer->references++;
	return buffer;
}

void buffer_unref(struct buffer_pool *pool, struct buffer *buffer)
{
	if (!buffer)
		return;
	assert(buffer->references > 0); /* given twice */
	if (--buffer->references == 0)
		give(pool, buffer);
}

size_t buffer_capacity(const struct buffer *buffer)
{
	return block_sizes[buffer->class] - BUFFER_HEADER_SIZE;
}

struct buffer *buffer_shrink(struct buffer_pool *pool, struct buffer *buffer)
{
	unsigned fitting = class_for(buffer->length);
	struct buffer *smaller;

	if (fitting >= buffer->class || buffer->references != 1)
		return buffer;
	smaller = take_from(pool, fitting);
	if (!smaller)
		return buffer;
	smaller->length = buffer->length;
	smaller->flags = buffer->flags;
	memcpy(smaller->bytes, buffer->bytes, buffer->length);
	buffer_unref(pool, buffer);
	return smaller;
}
