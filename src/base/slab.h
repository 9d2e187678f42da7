/* SPDX-License-Identifier: Apache-2.0 */
/* slab.h: objects of one size in reserved address space, named by handles that go stale. */
#ifndef BASE_SLAB_H
#define BASE_SLAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/poison.h"

/*
 * In front of every object. The generation is odd while the object is taken and even while it is
 * free; fresh pages are zero, so an object that was never touched is a free one.
 */
struct slab_prefix {
	uint32_t generation;
	uint32_t link; /* taken: its own index; free: index + 1 of the next free one, 0 ends */
};

/*
 * Owner: one thread. Lifetime: from slab_init to slab_done. Lock: none.
 * The address space for `capacity` objects is reserved at once, pages become real only when first
 * used, and the object given last is taken first, so that the hot ones stay in the cache.
 */
struct slab {
	char *objects; /* object 0; its prefix is 8 bytes before */
	uint32_t stride;
	uint32_t capacity;
	uint32_t free_list; /* index + 1 of the object given last, 0 = none */
	uint32_t touched;   /* objects below this index were taken at least once */
	uint32_t object_size;
	uint32_t used;
	uint32_t peak;
	uint64_t refused; /* takes that found the slab full */
	const char *name;
	void *map;
	size_t map_size;
};

/*
 * Reserves room for `capacity` objects of `object_size` bytes, aligned to 16. `name` is kept, not
 * copied. 0, -EINVAL (zero size or capacity) or -ENOMEM.
 */
int slab_init(struct slab *slab, const char *name, size_t object_size, uint32_t capacity);

/* The same with objects that lie on multiples of `alignment`, a power of two from 16 to 4096. */
int slab_init_aligned(struct slab *slab, const char *name, size_t object_size, uint32_t capacity,
	uint32_t alignment);

/* Gives the memory back, whoever still holds an object. NULL and zeroed slabs are accepted. */
void slab_done(struct slab *slab);

/* An object with whatever the last user left in it; NULL when full, counted in `refused`. */
void *slab_take(struct slab *slab);

/* Gives the object back; every handle to it becomes stale. NULL is accepted. */
void slab_give(struct slab *slab, void *object);

static inline struct slab_prefix *slab_prefix_of(const void *object)
{
	return (struct slab_prefix *)((char *)object - sizeof(struct slab_prefix));
}

/* The index of a taken object. */
static inline uint32_t slab_index(const struct slab *slab, const void *object)
{
	return slab_prefix_of(object)->link;
}

/* The object at an index, taken or not; NULL when it was never taken. */
static inline void *slab_at(const struct slab *slab, uint32_t index)
{
	if (index >= slab->touched)
		return NULL;
	return slab->objects + (size_t)index * slab->stride;
}

static inline uint32_t slab_generation(const void *object)
{
	return slab_prefix_of(object)->generation;
}

/* A name for a taken object: generation << 32 | index. Never 0. */
static inline uint64_t slab_handle(const struct slab *slab, const void *object)
{
	return (uint64_t)slab_generation(object) << 32 | slab_index(slab, object);
}

/* The object that the handle names, or NULL when it was given back since, or never existed. */
static inline void *slab_get(const struct slab *slab, uint64_t handle)
{
	void *object = slab_at(slab, (uint32_t)handle);
	uint32_t generation = (uint32_t)(handle >> 32);
	if (!object || !(generation & 1) || slab_generation(object) != generation)
		return NULL;
	return object;
}

/* Whether the object is taken now (for walks over slab_at(0 .. touched)). */
static inline bool slab_is_taken(const void *object)
{
	return slab_generation(object) & 1;
}

/*
 * For tests: the n-th next take of this thread, from any slab or buffer pool, fails once, as if
 * it were full. 0 turns it off.
 */
void slab_starve(uint32_t n);

/* Counts one take; true when it is the one that must fail. For the pools of this floor. */
extern _Thread_local uint32_t slab_starve_countdown INITIAL_EXEC;
static inline bool slab_is_starved(void)
{
	return UNLIKELY(slab_starve_countdown) && --slab_starve_countdown == 0;
}

#endif
