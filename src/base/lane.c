/* SPDX-License-Identifier: Apache-2.0 */
/* lane.c: a FIFO of deadlines that all have the same delay, so that arm and cancel are O(1). */
#include "base/lane.h"

void lane_init(struct lane *lane, uint32_t delay_ms)
{
	list_init(&lane->waiting);
	lane->delay_ms = delay_ms;
}

struct lane_node *lane_expire(struct lane *lane, uint64_t now_ms)
{
	struct list *first = list_first(&lane->waiting);
	struct lane_node *node;

	if (!first)
		return NULL;
	node = container_of(first, struct lane_node, link);
	if (node->deadline_ms > now_ms)
		return NULL;
	list_remove(first);
	return node;
}
