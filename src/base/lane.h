/* SPDX-License-Identifier: Apache-2.0 */
/* lane.h: a FIFO of deadlines that all have the same delay, so that arm and cancel are O(1). */
#ifndef BASE_LANE_H
#define BASE_LANE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

/* Inside the object that waits. Zeroed memory is a node that is not armed. */
struct lane_node {
	struct list link;
	uint64_t deadline_ms;
};

/* Owner: one thread. Lock: none. `now_ms` must never go backwards between calls. */
struct lane {
	struct list waiting; /* oldest first; equal delays keep it sorted */
	uint32_t delay_ms;
};

void lane_init(struct lane *lane, uint32_t delay_ms);

/* For nodes in memory that is not zeroed, before their first use. */
static inline void lane_node_init(struct lane_node *node)
{
	list_link_init(&node->link);
}

/* Arms `node` to fire lane->delay_ms from `now_ms`. One that is armed, in any lane, moves. */
static inline void lane_arm(struct lane *lane, struct lane_node *node, uint64_t now_ms)
{
	list_remove(&node->link);
	node->deadline_ms = now_ms + lane->delay_ms;
	list_push_tail(&lane->waiting, &node->link);
}

/* Safe on a node that is not armed. */
static inline void lane_cancel(struct lane_node *node)
{
	list_remove(&node->link);
}

static inline bool lane_is_armed(const struct lane_node *node)
{
	return list_is_linked(&node->link);
}

/* When the first node fires, or UINT64_MAX. */
static inline uint64_t lane_next(const struct lane *lane)
{
	const struct list *first = list_first(&lane->waiting);
	return first ? container_of(first, struct lane_node, link)->deadline_ms : UINT64_MAX;
}

/* One node that is due, disarmed, the oldest first; NULL when there is none. Call until NULL. */
struct lane_node *lane_expire(struct lane *lane, uint64_t now_ms);

#endif
