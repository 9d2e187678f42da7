/* SPDX-License-Identifier: Apache-2.0 */
/* wheel.c: a hierarchical timer wheel for arbitrary delays: milliseconds to years, O(1) to arm. */
#include "base/wheel.h"

#include <stddef.h>

#define SLOT_MASK (WHEEL_SLOTS - 1)

void wheel_init(struct wheel *wheel, uint64_t now_ms)
{
	wheel->now_ms = now_ms;
	for (unsigned level = 0; level < WHEEL_LEVELS; level++) {
		wheel->occupied[level] = 0;
		for (unsigned slot = 0; slot < WHEEL_SLOTS; slot++)
			list_init(&wheel->slots[level][slot]);
	}
}

/* The highest 6-bit digit in which the two differ; 0 when they are equal. */
static unsigned level_of(uint64_t now_ms, uint64_t due_ms)
{
	return (63 - (unsigned)__builtin_clzll((now_ms ^ due_ms) | 1)) / WHEEL_SLOT_BITS;
}

/* Puts the node where its deadline says, as seen from now. */
static void place(struct wheel *wheel, struct wheel_node *node)
{
	uint64_t due_ms = MAX(node->deadline_ms, wheel->now_ms);
	unsigned level = level_of(wheel->now_ms, due_ms);
	unsigned slot = (unsigned)(due_ms >> (level * WHEEL_SLOT_BITS)) & SLOT_MASK;

	list_push_tail(&wheel->slots[level][slot], &node->link);
	wheel->occupied[level] |= (uint64_t)1 << slot;
}

void wheel_arm(struct wheel *wheel, struct wheel_node *node, uint64_t deadline_ms)
{
	list_remove(&node->link);
	node->deadline_ms = deadline_ms;
	place(wheel, node);
}

/* A slot that has nodes: the earliest of all. */
struct place {
	unsigned level;
	unsigned slot;
	uint64_t start_ms; /* the first moment that the slot covers */
};

static uint64_t start_of(const struct wheel *wheel, unsigned level, unsigned slot)
{
	unsigned shift = level * WHEEL_SLOT_BITS;
	uint64_t above = shift + WHEEL_SLOT_BITS < 64
				 ? wheel->now_ms >> (shift + WHEEL_SLOT_BITS) << WHEEL_SLOT_BITS
				 : 0;
	return (above | slot) << shift;
}

/* Finds the earliest slot that has nodes; clears the bits of those that cancels have emptied. */
static bool find_first(struct wheel *wheel, struct place *ret_place)
{
	for (unsigned level = 0; level < WHEEL_LEVELS; level++)
		while (wheel->occupied[level]) {
			unsigned slot = (unsigned)__builtin_ctzll(wheel->occupied[level]);
			if (!list_is_empty(&wheel->slots[level][slot])) {
				*ret_place =
					(struct place){level, slot, start_of(wheel, level, slot)};
				return true;
			}
			wheel->occupied[level] &= ~((uint64_t)1 << slot);
		}
	return false;
}

/* The wheel has reached the slot: its nodes go to levels below. */
static void deal_out(struct wheel *wheel, const struct place *from)
{
	struct list nodes;
	struct list *link;

	list_init(&nodes);
	list_move_all(&nodes, &wheel->slots[from->level][from->slot]);
	while ((link = list_pop_head(&nodes)))
		place(wheel, container_of(link, struct wheel_node, link));
}

struct wheel_node *wheel_expire(struct wheel *wheel, uint64_t now_ms)
{
	struct place first;
	while (find_first(wheel, &first) && first.start_ms <= now_ms) {
		wheel->now_ms = MAX(wheel->now_ms, first.start_ms);
		if (first.level == 0)
			return container_of(list_pop_head(&wheel->slots[0][first.slot]),
				struct wheel_node, link);
		deal_out(wheel, &first);
	}
	wheel->now_ms = MAX(wheel->now_ms, now_ms);
	return NULL;
}

uint64_t wheel_next(struct wheel *wheel)
{
	struct place first;
	return find_first(wheel, &first) ? first.start_ms : UINT64_MAX;
}
