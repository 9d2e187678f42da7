/* SPDX-License-Identifier: Apache-2.0 */
/* cell.h — the 64-byte cells that records and bindings are made of: their images, and a shard's
 * pool of them. */
#ifndef REGISTRY_CELL_H
#define REGISTRY_CELL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/seqlock.h"

/*
 * Cells name each other by index, never by pointer; index 0 is nobody. A reader may hold an index
 * that is stale, so every index is checked against the pool's size and every walk is bounded. What
 * a stale index leads to is some other cell's words: garbage that the bucket's sequence exposes
 * afterwards.
 */
#define CELL_SIZE  64
#define CELL_WORDS 8

struct cell {
	_Alignas(CELL_SIZE) _Atomic uint64_t word[CELL_WORDS];
};

/* Links of a doubly linked list of bindings: one word of the binding's first cell. Only writers
 * look at them. */
struct cell_links {
	uint32_t next, previous;
};
#define CELL_WORD_EXPIRY 3 /* the list of those that expire in one slot of time */
#define CELL_WORD_FLOW   4 /* the list of those that came by one flow */

/* An address-of-record. */
#define RECORD_KEY_HERE 40
struct cell_record {
	uint32_t more; /* text cell with the rest of the key */
	uint32_t next; /* record in the same bucket */
	uint64_t hash;
	uint32_t first; /* its newest binding */
	uint16_t key_length;
	uint16_t count;
	char key[RECORD_KEY_HERE];
};

enum binding_flags { BINDING_BEHIND_NAT = 1, BINDING_LOST = 2 };

/* A binding, first cell. The lengths are those of the pieces of its text, in their order. */
struct cell_binding {
	uint32_t more;    /* the second cell */
	uint32_t sibling; /* the next binding of the record, an older one */
	uint64_t expires_ms;
	uint64_t call_id;
	struct cell_links expiry; /* stored by links_* only */
	struct cell_links flow;   /* stored by links_* only */
	uint32_t reg_id;
	uint32_t
		expiry_slot; /* that it waits in, no later than expires_ms; stored by expiry_push */
	uint16_t q;
	uint16_t contact_length;
	uint16_t params_length;
	uint16_t path_length;
	uint16_t instance_at; /* in the text: inside params, or behind everything */
	uint16_t instance_length;
	uint8_t agent_length;
	uint8_t flags;
	uint8_t unused[2];
};

/* A binding, second cell: where it came from, and the start of its text. */
#define BINDING_TEXT_HERE 20
struct cell_where {
	uint32_t more; /* text cell */
	uint16_t port;
	uint8_t family;
	uint8_t scope;
	uint32_t record; /* whose binding it is */
	uint32_t cseq;
	uint64_t flow;
	uint8_t ip[16];
	uint8_t transport;
	uint8_t listener;
	uint8_t tcp_if_large;
	uint8_t unused;
	char text[BINDING_TEXT_HERE];
};

#define CELL_TEXT 60
struct cell_text {
	uint32_t more;
	char text[CELL_TEXT];
};

union cell_image {
	uint64_t words[CELL_WORDS];
	uint32_t more; /* every kind of cell starts with it */
	struct cell_record record;
	struct cell_binding binding;
	struct cell_where where;
	struct cell_text text;
};
_Static_assert(sizeof(union cell_image) == CELL_SIZE, "an image is a cell");
_Static_assert(offsetof(struct cell_binding, expiry) == CELL_WORD_EXPIRY * 8, "a word of its own");
_Static_assert(offsetof(struct cell_binding, flow) == CELL_WORD_FLOW * 8, "a word of its own");

/* Owner: a shard. Writers hold its lock; readers may load any cell at any time. Lifetime: the
 * registry's. */
struct cell_pool {
	struct cell *cells;
	size_t map_size;
	uint32_t capacity; /* constant; index 0 is never given out */
	uint32_t touched;
	uint32_t free_list;
	uint32_t used;
};

/* 0 or -ENOMEM. */
int cell_pool_init(struct cell_pool *pool, uint32_t capacity);
void cell_pool_done(struct cell_pool *pool);

/* A chain of `count` cells linked by `more`; 0 when there are not so many. */
uint32_t cell_take_chain(struct cell_pool *pool, unsigned count);
/* Gives back a whole chain. 0 is accepted. */
void cell_give_chain(struct cell_pool *pool, uint32_t first);

/* False when `index` is none of this pool's (a stale read). Any thread. */
static inline bool cell_load(const struct cell_pool *pool, uint32_t index, union cell_image *ret)
{
	if (UNLIKELY(index == 0 || index >= pool->capacity))
		return false;
	seqlock_load_words(ret->words, pool->cells[index].word, CELL_WORDS);
	return true;
}

static inline void cell_store(struct cell_pool *pool, uint32_t index, const union cell_image *image)
{
	seqlock_store_words(pool->cells[index].word, image->words, CELL_WORDS);
}

/* All but the words of the lists that it is in. */
static inline void cell_store_binding(
	struct cell_pool *pool, uint32_t index, const union cell_image *image)
{
	_Atomic uint64_t *to = pool->cells[index].word;
	seqlock_store_words(to, image->words, CELL_WORD_EXPIRY);
	seqlock_store_words(to + CELL_WORD_FLOW + 1, image->words + CELL_WORD_FLOW + 1,
		CELL_WORDS - CELL_WORD_FLOW - 1);
}

/* The list of bindings that starts at *head, linked through `word`. Under the shard's lock. */
void links_push(struct cell_pool *pool, uint32_t *head, uint32_t index, unsigned word);
/* `head` is only touched when the binding is the first. */
void links_remove(struct cell_pool *pool, uint32_t *head, uint32_t index, unsigned word);
struct cell_links links_load(const struct cell_pool *pool, uint32_t index, unsigned word);

/* A text that goes through a cell's own space and then a chain of text cells. */
struct cell_cursor {
	struct cell_pool *pool;
	union cell_image *here; /* the image that is being written or read */
	char *at;
	size_t room;
	uint32_t index; /* of the text cell in `spare`; 0 = still in the first image */
	union cell_image spare;
};
void cell_cursor_init(struct cell_cursor *cursor, struct cell_pool *pool, union cell_image *first,
	char *at, size_t room);
/* Writes along the chain; the first image itself is the caller's to store. Close stores the last
 * cell. */
void cell_cursor_write(struct cell_cursor *cursor, const char *bytes, size_t length);
void cell_cursor_close(struct cell_cursor *cursor);
/* False on a stale index. */
bool cell_cursor_read(struct cell_cursor *cursor, char *ret, size_t length);
/* Reads on: are the next `length` bytes these? A stale index is a no. */
bool cell_cursor_equal(struct cell_cursor *cursor, const char *bytes, size_t length);

#endif
