/* SPDX-License-Identifier: Apache-2.0 */
/* slab.c: objects of one size in reserved address space, named by handles that go stale. */
#include "base/slab.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/reserve.h"

#define ALIGNMENT 16

_Thread_local uint32_t slab_starve_countdown;

void slab_starve(uint32_t n)
{
	slab_starve_countdown = n;
}

int slab_init(struct slab *slab, const char *name, size_t object_size, uint32_t capacity)
{
	return slab_init_aligned(slab, name, object_size, capacity, ALIGNMENT);
}

int slab_init_aligned(struct slab *slab, const char *name, size_t object_size, uint32_t capacity,
	uint32_t alignment)
{
	size_t stride = ROUND_UP(object_size + sizeof(struct slab_prefix), alignment);
	size_t map_size;
	void *map;

	if (object_size == 0 || capacity == 0 || capacity == UINT32_MAX || stride > UINT32_MAX)
		return -EINVAL;
	map = reserve_take(stride * capacity + alignment, &map_size);
	if (!map)
		return -ENOMEM;
	memset(slab, 0, sizeof(*slab));
	slab->name = name;
	slab->map = map;
	slab->map_size = map_size;
	slab->objects = (char *)map + alignment; /* a map begins with a page */
	slab->object_size = (uint32_t)object_size;
	slab->stride = (uint32_t)stride;
	slab->capacity = capacity;
	return 0;
}

void slab_done(struct slab *slab)
{
	if (!slab || !slab->map)
		return;
	unpoison_memory(slab->objects, (size_t)slab->touched * slab->stride);
	reserve_give(slab->map, slab->map_size);
	memset(slab, 0, sizeof(*slab));
}

static uint32_t take_index(struct slab *slab)
{
	uint32_t index = slab->free_list - 1;
	if (!slab->free_list)
		return slab->touched++;
	slab->free_list = slab_prefix_of(slab_at(slab, index))->link;
	return index;
}

void *slab_take(struct slab *slab)
{
	struct slab_prefix *prefix;
	uint32_t index;
	void *object;

	if (UNLIKELY(slab->used == slab->capacity || slab_is_starved())) {
		slab->refused++;
		return NULL;
	}
	index = take_index(slab);
	object = slab_at(slab, index);
	prefix = slab_prefix_of(object);
	prefix->generation++;
	prefix->link = index;
	unpoison_memory(object, slab->object_size);
	if (++slab->used > slab->peak)
		slab->peak = slab->used;
	return object;
}

void slab_give(struct slab *slab, void *object)
{
	struct slab_prefix *prefix;
	uint32_t index;

	if (!object)
		return;
	prefix = slab_prefix_of(object);
	index = prefix->link;
	assert(prefix->generation & 1);         /* given twice */
	assert(slab_at(slab, index) == object); /* given to another slab */
	prefix->generation++;
	prefix->link = slab->free_list;
	slab->free_list = index + 1;
	slab->used--;
	poison_memory(object, slab->object_size);
}
