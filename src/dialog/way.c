/* SPDX-License-Identifier: Apache-2.0 */
/* way.c — the path of a request of ours is found, and the next one. */
#include "dialog/way.h"

int way_find(struct way *way, struct net *net, const struct dialog *dialog,
	void (*done)(struct resolve *resolve))
{
	struct pv_uri hop;
	if (dialog->has_path) {
		way->path = dialog->path;
		return 1;
	}
	if (dialog_next_hop(dialog, &hop) < 0)
		return -1;
	way->resolve.done = done;
	int count = resolve_start(net, &hop, &way->resolve);
	way->is_resolving = count == 0;
	return count > 0 ? way_found(way) : count;
}

bool way_found(struct way *way)
{
	way->is_resolving = false;
	if (!way->resolve.count)
		return false;
	way->path = way->resolve.targets[0];
	way->next = 1;
	return true;
}

bool way_next(struct way *way)
{
	if (net_leave_stream(&way->path))
		return true;
	if (!way->next || way->next >= way->resolve.count)
		return false;
	way->path = way->resolve.targets[way->next++];
	return true;
}

void way_done(struct way *way)
{
	if (way->is_resolving)
		resolve_cancel(&way->resolve);
	way->is_resolving = false;
}
