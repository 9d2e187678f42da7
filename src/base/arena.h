/* SPDX-License-Identifier: Apache-2.0 */
/* arena.h: memory that is taken piece by piece and given back all at once. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

/* Owner: one thread. Lifetime: of the memory that the caller lends. Never calls malloc. */
struct arena {
	char *start;
	char *at;
	char *end;
	size_t peak;    /* most bytes ever in use */
	size_t refused; /* takes that did not fit */
};

/* Uses `size` bytes at `memory`, which must outlive the arena; the start is aligned to 16. */
void arena_init(struct arena *arena, void *memory, size_t size);

/* `size` bytes aligned to 16, not zeroed; NULL (counted) when full. */
void *arena_take(struct arena *arena, size_t size);

/* Everything taken becomes free. */
void arena_reset(struct arena *arena);

/* A point to come back to: what was taken after arena_mark is free after arena_rewind. */
static inline size_t arena_mark(const struct arena *arena)
{
	return (size_t)(arena->at - arena->start);
}

void arena_rewind(struct arena *arena, size_t mark);

static inline size_t arena_used(const struct arena *arena)
{
	return (size_t)(arena->at - arena->start);
}

#endif
