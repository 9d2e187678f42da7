/* SPDX-License-Identifier: Apache-2.0 */
/* cell.c — a shard's pool of cells, lists of bindings, and texts that span cells. */
#include "registry/cell.h"

#include <errno.h>
#include <string.h>

#include "base/reserve.h"
#include "base/slab.h"

int cell_pool_init(struct cell_pool *pool, uint32_t capacity)
{
	*pool = (struct cell_pool){.capacity = capacity, .touched = 1};
	pool->cells = reserve_take((size_t)capacity * CELL_SIZE, &pool->map_size);
	return pool->cells ? 0 : -ENOMEM;
}

void cell_pool_done(struct cell_pool *pool)
{
	if (!pool)
		return;
	reserve_give(pool->cells, pool->map_size);
	pool->cells = NULL;
}

/* Relaxed: the lock of the shard orders writers; readers believe no link before the sequence
 * agrees. */
static uint64_t word_get(const struct cell_pool *pool, uint32_t index, unsigned word)
{
	return atomic_load_explicit(&pool->cells[index].word[word], memory_order_relaxed);
}

static void word_set(struct cell_pool *pool, uint32_t index, unsigned word, uint64_t value)
{
	atomic_store_explicit(&pool->cells[index].word[word], value, memory_order_release);
}

static uint32_t more_get(const struct cell_pool *pool, uint32_t index)
{
	union cell_image image;
	image.words[0] = word_get(pool, index, 0);
	return image.more;
}

static void more_set(struct cell_pool *pool, uint32_t index, uint32_t more)
{
	union cell_image image;
	image.words[0] = 0;
	image.more = more;
	word_set(pool, index, 0, image.words[0]);
}

static uint32_t take_one(struct cell_pool *pool)
{
	uint32_t index = pool->free_list;
	if (slab_is_starved())
		return 0;
	if (index)
		pool->free_list = more_get(pool, index);
	else if (pool->touched < pool->capacity)
		index = pool->touched++;
	return index;
}

uint32_t cell_take_chain(struct cell_pool *pool, unsigned count)
{
	uint32_t first = 0;
	for (unsigned i = 0; i < count; i++) {
		uint32_t index = take_one(pool);
		if (!index) {
			cell_give_chain(pool, first);
			return 0;
		}
		more_set(pool, index, first);
		pool->used++;
		first = index;
	}
	return first;
}

void cell_give_chain(struct cell_pool *pool, uint32_t first)
{
	while (first) {
		uint32_t more = more_get(pool, first);
		more_set(pool, first, pool->free_list);
		pool->free_list = first;
		pool->used--;
		first = more;
	}
}

union links_word {
	uint64_t word;
	struct cell_links links;
};

struct cell_links links_load(const struct cell_pool *pool, uint32_t index, unsigned word)
{
	union links_word value = {.word = word_get(pool, index, word)};
	return value.links;
}

static void links_store(
	struct cell_pool *pool, uint32_t index, unsigned word, struct cell_links links)
{
	union links_word value = {.links = links};
	word_set(pool, index, word, value.word);
}

void links_push(struct cell_pool *pool, uint32_t *head, uint32_t index, unsigned word)
{
	uint32_t second = *head;
	links_store(pool, index, word, (struct cell_links){.next = second});
	if (second) {
		struct cell_links links = links_load(pool, second, word);
		links.previous = index;
		links_store(pool, second, word, links);
	}
	*head = index;
}

void links_remove(struct cell_pool *pool, uint32_t *head, uint32_t index, unsigned word)
{
	struct cell_links links = links_load(pool, index, word);
	if (links.next) {
		struct cell_links next = links_load(pool, links.next, word);
		next.previous = links.previous;
		links_store(pool, links.next, word, next);
	}
	if (links.previous) {
		struct cell_links previous = links_load(pool, links.previous, word);
		previous.next = links.next;
		links_store(pool, links.previous, word, previous);
	} else {
		*head = links.next;
	}
	links_store(pool, index, word, (struct cell_links){0});
}

void cell_cursor_init(struct cell_cursor *cursor, struct cell_pool *pool, union cell_image *first,
	char *at, size_t room)
{
	cursor->pool = pool;
	cursor->here = first;
	cursor->at = at;
	cursor->room = room;
	cursor->index = 0;
}

/* On to the next text cell, loaded; false when there is none. */
static bool cursor_step(struct cell_cursor *cursor)
{
	uint32_t more = cursor->here->more;
	if (!cell_load(cursor->pool, more, &cursor->spare))
		return false;
	cursor->index = more;
	cursor->here = &cursor->spare;
	cursor->at = cursor->spare.text.text;
	cursor->room = CELL_TEXT;
	return true;
}

void cell_cursor_close(struct cell_cursor *cursor)
{
	if (cursor->index)
		cell_store(cursor->pool, cursor->index, &cursor->spare);
}

void cell_cursor_write(struct cell_cursor *cursor, const char *bytes, size_t length)
{
	while (length) {
		size_t count = MIN(length, cursor->room);
		memcpy(cursor->at, bytes, count);
		cursor->at += count;
		cursor->room -= count;
		bytes += count;
		length -= count;
		if (length) {
			cell_cursor_close(cursor);
			if (!cursor_step(cursor))
				return;
		}
	}
}

bool cell_cursor_read(struct cell_cursor *cursor, char *ret, size_t length)
{
	while (length) {
		if (cursor->room == 0 && !cursor_step(cursor))
			return false;
		size_t count = MIN(length, cursor->room);
		memcpy(ret, cursor->at, count);
		cursor->at += count;
		cursor->room -= count;
		ret += count;
		length -= count;
	}
	return true;
}

bool cell_cursor_equal(struct cell_cursor *cursor, const char *bytes, size_t length)
{
	while (length) {
		if (cursor->room == 0 && !cursor_step(cursor))
			return false;
		size_t count = MIN(length, cursor->room);
		if (memcmp(bytes, cursor->at, count) != 0)
			return false;
		cursor->at += count;
		cursor->room -= count;
		bytes += count;
		length -= count;
	}
	return true;
}
