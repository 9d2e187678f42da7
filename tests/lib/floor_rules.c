/* SPDX-License-Identifier: Apache-2.0 */
/* floor_rules.c: what must be true of any floor after any input. */
#include "lib/floor_rules.h"

#include "base/macros.h"

static unsigned length_of(const struct list *list, unsigned states)
{
	unsigned length = 0;
	LIST_EACH(link, list)
	{
		if (!(states >> floor_member_of(link)->state & 1))
			return UINT16_MAX + 1; /* one that does not belong here */
		length++;
	}
	return length;
}

#define STATE(name) (1U << FLOOR_MEMBER_##name)

static const char *lists_broken(const struct floor *floor)
{
	unsigned holders = STATE(PERMITTED) | STATE(STOPPING) | STATE(RESERVED);
	if (length_of(&floor->holders, holders) != floor->holder_count)
		return "holders";
	if (length_of(&floor->queue, STATE(WAITS)) != floor->queue_count)
		return "queue";
	if (length_of(&floor->next, STATE(NEXT)) != floor->next_count)
		return "next";
	if (length_of(&floor->asks, STATE(ASKS)) > UINT16_MAX)
		return "asks";
	if (length_of(&floor->intruders, STATE(INTRUDES)) > UINT16_MAX)
		return "intruders";
	return NULL;
}

static const char *counts_broken(const struct floor *floor)
{
	if (floor->holder_count > floor->settings.talkers)
		return "more hold the floor than may";
	if (floor->queue_count > floor->settings.queue)
		return "the queue is longer than its places";
	if (floor->next_count > floor->stopping_count)
		return "more are next than places come free";
	if (floor->holder_count < floor->settings.talkers && floor->queue_count + floor->next_count)
		return "somebody waits although there is room";
	return NULL;
}

/* The higher rank before the lower, then who has asked first. */
static bool is_sorted(const struct list *list)
{
	const struct floor_member *before = NULL;
	LIST_EACH(link, list)
	{
		const struct floor_member *member = floor_member_of(link);
		unsigned rank = member->is_emergency * 256U + member->priority;
		if (before && before->is_emergency * 256U + before->priority < rank)
			return false;
		if (before && before->is_emergency * 256U + before->priority == rank &&
			before->asked >= member->asked)
			return false;
		before = member;
	}
	return true;
}

static const char *state_broken(const struct floor *floor)
{
	unsigned holders = floor->holder_count, talkers = floor->settings.talkers;
	unsigned wanted = floor->member_count == 0 ? FLOOR_STATE_STOPPED
			  : holders == 0           ? FLOOR_STATE_FREE
			  : holders < talkers      ? FLOOR_STATE_SHARED
			  : floor->stopping_count  ? FLOOR_STATE_REVOKING
						   : FLOOR_STATE_FULL;
	return floor->state == wanted ? NULL : "the state is not what the counts say";
}

static const char *member_broken(const struct floor *floor, const struct floor_member *member)
{
	bool is_open = member->gate & FLOOR_GATE_OPEN;
	if (is_open != floor_is_holder(member))
		return "heard without the floor, or not heard with it";
	if (is_open && !floor_may_request(floor, member))
		return "a listener is heard";
	if (member->state == FLOOR_MEMBER_PERMITTED && member->talking_ms &&
		member->talking_ms < member->granted_ms)
		return "T2 began before the grant";
	return NULL;
}

/* A floor that somebody holds is left by a timer that is no further than the longest of them. */
static const char *deadline_broken(const struct floor *floor, uint64_t latest_ms)
{
	bool must = floor->holder_count || !list_is_empty(&floor->intruders);
	uint64_t most = MAX(floor->settings.end_of_rtp_ms, floor->settings.hang_ms);
	if (!list_is_empty(&floor->asks) && floor->deadline_ms != 0)
		return "a request that is decided at no time";
	if (!must)
		return NULL;
	most = MAX(most, floor->settings.revoke_again_ms);
	return floor->deadline_ms <= latest_ms + most + 1000000 ? NULL : "no timer";
}

const char *floor_broken(const struct floor *floor)
{
	const char *broken = lists_broken(floor);
	unsigned heard = 0, members = 0;
	uint64_t latest_ms = 0;
	broken = broken ? broken : counts_broken(floor);
	broken = broken ? broken : state_broken(floor);
	if (!broken && (!is_sorted(&floor->queue) || !is_sorted(&floor->next)))
		broken = "the queue is in disorder";
	LIST_EACH(link, &floor->members)
	{
		const struct floor_member *member = floor_member_in(link);
		broken = broken ? broken : member_broken(floor, member);
		heard += floor_is_holder(member);
		members++;
		latest_ms = MAX(latest_ms, MAX(member->granted_ms, member->media_ms));
		latest_ms = MAX(latest_ms, member->released_ms);
	}
	if (heard > floor->settings.talkers)
		return "too many are heard";
	if (members != floor->member_count)
		return "members";
	return broken ? broken : deadline_broken(floor, latest_ms);
}
