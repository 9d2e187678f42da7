/* SPDX-License-Identifier: Apache-2.0 */
/* arena.c: memory that is taken piece by piece and given back all at once. */
#include "base/arena.h"

#include <assert.h>
#include <stdint.h>

#include "base/macros.h"

#define ALIGNMENT 16

void arena_init(struct arena *arena, void *memory, size_t size)
{
	size_t skip = (0 - (uintptr_t)memory) & (ALIGNMENT - 1);
	if (skip > size)
		skip = size;
	arena->start = arena->at = (char *)memory + skip;
	arena->end = (char *)memory + size;
	arena->peak = 0;
	arena->refused = 0;
}

void *arena_take(struct arena *arena, size_t size)
{
	size_t left = (size_t)(arena->end - arena->at);
	char *taken = arena->at;

	if (UNLIKELY(size > left)) {
		arena->refused++;
		return NULL;
	}
	/* The last piece may end where the memory does, be that aligned or not. */
	arena->at += MIN(ROUND_UP(size, ALIGNMENT), left);
	if (arena_used(arena) > arena->peak)
		arena->peak = arena_used(arena);
	return taken;
}

void arena_reset(struct arena *arena)
{
	arena->at = arena->start;
}

void arena_rewind(struct arena *arena, size_t mark)
{
	assert(mark <= arena_used(arena));
	arena->at = arena->start + mark;
}
