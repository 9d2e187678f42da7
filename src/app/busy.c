/* SPDX-License-Identifier: Apache-2.0 */
/* busy.c: what workers share so that any of them can refuse a new request in an overload. */
#include "app/busy.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/reserve.h"
#include <portavoz/writer.h>

/*
 * Bits by hash of the call, in four fields that take turns: one is written for 33 s, and read for
 * 33 s more; the next one is cleared ahead of its turn, when nobody reads or writes it. A bit that
 * was left over from long ago costs a hop, no more.
 */
#define FIELDS     4
#define FIELD_BITS (1u << 21)
#define TURN_SHIFT 15 /* ms: 32,768 */
#define WORD_BITS  64

#define TAG "tag="

struct busy {
	_Atomic uint64_t *fields[FIELDS];
	_Atomic uint64_t turn;
	void *map;
	size_t map_size;
	char marked[sizeof(TAG) - 1 + BUSY_MARK]; /* as it stands in a message */
};

int busy_new(struct busy **ret)
{
	struct busy *busy = calloc(1, sizeof(*busy));
	struct pv_writer w;
	if (!busy)
		return -ENOMEM;
	busy->map = reserve_take(FIELDS * (size_t)FIELD_BITS / 8, &busy->map_size);
	if (!busy->map) {
		busy_free(busy);
		return -ENOMEM;
	}
	for (unsigned i = 0; i < FIELDS; i++)
		busy->fields[i] =
			(_Atomic uint64_t *)busy->map + i * (size_t)(FIELD_BITS / WORD_BITS);
	pv_writer_init(&w, busy->marked, sizeof(busy->marked));
	pv_put_text(&w, TAG "busy-");
	pv_put_hex(&w, random_u64(), 8);
	pv_put_char(&w, '-');
	*ret = busy;
	return 0;
}

void busy_free(struct busy *busy)
{
	if (!busy)
		return;
	reserve_give(busy->map, busy->map_size);
	free(busy);
}

/* Whoever sees a new turn first clears the field of the next one. */
static void take_turn(struct busy *busy, uint64_t turn)
{
	uint64_t seen = atomic_load_explicit(&busy->turn, memory_order_relaxed);
	if (seen >= turn || !atomic_compare_exchange_strong_explicit(&busy->turn, &seen, turn,
				    memory_order_relaxed, memory_order_relaxed))
		return;
	_Atomic uint64_t *field = busy->fields[(turn + 1) % FIELDS];
	for (size_t i = 0; i < FIELD_BITS / WORD_BITS; i++)
		if (atomic_load_explicit(&field[i], memory_order_relaxed))
			atomic_store_explicit(&field[i], 0, memory_order_relaxed);
}

static uint64_t bit_of(uint64_t call)
{
	return UINT64_C(1) << (call % WORD_BITS);
}

static size_t word_of(uint64_t call)
{
	return call / WORD_BITS % (FIELD_BITS / WORD_BITS);
}

void busy_note(struct busy *busy, uint64_t call, uint64_t now_ms)
{
	uint64_t turn = now_ms >> TURN_SHIFT;
	take_turn(busy, turn);
	_Atomic uint64_t *word = &busy->fields[turn % FIELDS][word_of(call)];
	if (!(atomic_load_explicit(word, memory_order_relaxed) & bit_of(call)))
		atomic_fetch_or_explicit(word, bit_of(call), memory_order_relaxed);
}

bool busy_may_know(const struct busy *busy, uint64_t call, uint64_t now_ms)
{
	uint64_t turn = now_ms >> TURN_SHIFT;
	uint64_t both = atomic_load_explicit(
				&busy->fields[turn % FIELDS][word_of(call)], memory_order_relaxed) |
			atomic_load_explicit(&busy->fields[(turn - 1) % FIELDS][word_of(call)],
				memory_order_relaxed);
	return both & bit_of(call);
}

struct pv_span busy_mark(const struct busy *busy)
{
	return (struct pv_span){busy->marked + sizeof(TAG) - 1, BUSY_MARK};
}

bool busy_is_marked(const struct busy *busy, struct pv_span ack)
{
	return memmem(ack.at, ack.length, busy->marked, sizeof(busy->marked)) != NULL;
}
