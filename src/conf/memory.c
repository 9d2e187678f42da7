/* SPDX-License-Identifier: Apache-2.0 */
/* memory.c — what a configuration points at: taken piece by piece, freed as a whole. */
#include "conf/memory.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE ((size_t)64 * 1024)

struct block {
	struct block *next;
	size_t used, size;
	alignas(max_align_t) char bytes[];
};

struct config_memory {
	struct block *blocks;
};

struct config_memory *config_memory_new(void)
{
	return calloc(1, sizeof(struct config_memory));
}

void config_memory_free(struct config_memory *memory)
{
	if (!memory)
		return;
	while (memory->blocks) {
		struct block *block = memory->blocks;
		memory->blocks = block->next;
		free(block);
	}
	free(memory);
}

void *config_memory_take(struct config_memory *memory, size_t size)
{
	size = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	struct block *block = memory->blocks;
	if (!block || block->size - block->used < size) {
		size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;
		block = calloc(1, sizeof *block + room);
		if (!block)
			return NULL;
		block->size = room;
		block->next = memory->blocks;
		memory->blocks = block;
	}
	void *piece = block->bytes + block->used;
	block->used += size;
	return piece;
}

const char *config_memory_text(struct config_memory *memory, const char *text)
{
	size_t length = strlen(text) + 1;
	char *copy = config_memory_take(memory, length);
	return copy ? memcpy(copy, text, length) : NULL;
}
