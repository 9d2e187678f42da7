/* SPDX-License-Identifier: Apache-2.0 */
/* wheel.h: a hierarchical timer wheel for arbitrary delays: milliseconds to years, O(1) to arm. */
#ifndef BASE_WHEEL_H
#define BASE_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

#define WHEEL_SLOT_BITS 6
#define WHEEL_SLOTS     64
#define WHEEL_LEVELS    11 /* 11 * 6 bits cover every 64-bit deadline */

/* Inside the object that waits. Zeroed memory is a node that is not armed. */
struct wheel_node {
	struct list link;
	uint64_t deadline_ms;
};

/*
 * Owner: one thread. Lock: none. 11 KB, of which only the levels in use are touched.
 * A node is at the level of the highest 6-bit digit in which its deadline differs from `now_ms`,
 * so the lowest level that is not empty holds the earliest nodes; a slot that is reached is dealt
 * out to the levels below. A node is dealt out at most once per level.
 */
struct wheel {
	uint64_t now_ms;                 /* how far the wheel has turned */
	uint64_t occupied[WHEEL_LEVELS]; /* a set bit may be stale, a clear one never is */
	struct list slots[WHEEL_LEVELS][WHEEL_SLOTS];
};

void wheel_init(struct wheel *wheel, uint64_t now_ms);

/* For nodes in memory that is not zeroed, before their first use. */
static inline void wheel_node_init(struct wheel_node *node)
{
	list_link_init(&node->link);
}

/* Arms (or moves) `node` to fire at `deadline_ms`; one in the past fires at the next expire. */
void wheel_arm(struct wheel *wheel, struct wheel_node *node, uint64_t deadline_ms);

/* Safe on a node that is not armed. */
static inline void wheel_cancel(struct wheel_node *node)
{
	list_remove(&node->link);
}

static inline bool wheel_is_armed(const struct wheel_node *node)
{
	return list_is_linked(&node->link);
}

/* One node that is due, disarmed, earliest first; NULL when there is none. Call until NULL. */
struct wheel_node *wheel_expire(struct wheel *wheel, uint64_t now_ms);

/*
 * When to call wheel_expire next, or UINT64_MAX: never later than the first deadline; earlier when
 * that is far away and a slot must be dealt out before.
 */
uint64_t wheel_next(struct wheel *wheel);

#endif
