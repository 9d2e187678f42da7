/* SPDX-License-Identifier: Apache-2.0 */
/* rank.c: who goes before whom: in a tick, in the queue, and when a talker must stop. */
#include "floor/private.h"

/* Two who ask at once: the higher rank, then who has been in the group for longer. */
static bool asks_before(const struct floor_member *a, const struct floor_member *b)
{
	if (rank_of(a) != rank_of(b))
		return rank_of(a) > rank_of(b);
	return a->joined < b->joined;
}

void rank_into_asks(struct floor *floor, struct floor_member *member)
{
	struct list *before = floor->asks.previous;
	while (before != &floor->asks && asks_before(member, floor_member_of(before)))
		before = before->previous;
	list_insert_between(&member->in_list, before, before->next);
}

/* Those who wait: the higher rank, then who has asked first. */
static bool waits_before(const struct floor_member *a, const struct floor_member *b)
{
	if (rank_of(a) != rank_of(b))
		return rank_of(a) > rank_of(b);
	return a->asked < b->asked;
}

void rank_into_waiting(struct list *list, struct floor_member *member)
{
	struct list *before = list->previous;
	while (before != list && waits_before(member, floor_member_of(before)))
		before = before->previous;
	list_insert_between(&member->in_list, before, before->next);
}

bool rank_takes(const struct floor *floor, const struct floor_member *member,
	const struct floor_member *other)
{
	unsigned preempt = floor->settings.preempt;
	if (!member->may_preempt || preempt == FLOOR_PREEMPT_NEVER)
		return false;
	if (preempt == FLOOR_PREEMPT_PRIORITY)
		return rank_of(member) > rank_of(other);
	return member->is_emergency && !other->is_emergency;
}

void rank_sort_waiting(struct list *list)
{
	struct list unsorted;
	list_init(&unsorted);
	list_move_all(&unsorted, list);
	for (struct list *link; (link = list_pop_head(&unsorted));)
		rank_into_waiting(list, floor_member_of(link));
}

/* Is `a` rather stopped than `b`? */
static bool is_lower(const struct floor_member *a, const struct floor_member *b)
{
	bool a_talks = a->state != FLOOR_MEMBER_RESERVED;
	bool b_talks = b->state != FLOOR_MEMBER_RESERVED;
	if (a_talks != b_talks)
		return b_talks;
	if (rank_of(a) != rank_of(b))
		return rank_of(a) < rank_of(b);
	return a->granted > b->granted;
}

struct floor_member *rank_lowest(const struct floor *floor, const struct floor_member *taker)
{
	struct floor_member *lowest = NULL;
	LIST_EACH(link, &floor->holders)
	{
		struct floor_member *holder = floor_member_of(link);
		if (holder->state == FLOOR_MEMBER_STOPPING ||
			(taker && !rank_takes(floor, taker, holder)))
			continue;
		if (!lowest || is_lower(holder, lowest))
			lowest = holder;
	}
	return lowest;
}

bool rank_takes_a_stopping(const struct floor *floor, const struct floor_member *member)
{
	LIST_EACH(link, &floor->holders)
	{
		const struct floor_member *holder = floor_member_of(link);
		if (holder->state == FLOOR_MEMBER_STOPPING && rank_takes(floor, member, holder))
			return true;
	}
	return false;
}

struct floor_member *rank_last_next(const struct floor *floor)
{
	struct list *last = list_last(&floor->next);
	return last ? floor_member_of(last) : NULL;
}

unsigned floor_place(const struct floor *floor, const struct floor_member *member)
{
	unsigned place = 0;
	if (!floor_is_waiting(member))
		return 0;
	LIST_EACH(link, &floor->next)
	{
		place++;
		if (link == &member->in_list)
			return place;
	}
	LIST_EACH(link, &floor->queue)
	{
		place++;
		if (link == &member->in_list)
			return place;
	}
	return 0;
}

struct floor_member *floor_talker(const struct floor *floor)
{
	struct floor_member *latest = NULL;
	LIST_EACH(link, &floor->holders)
	{
		struct floor_member *holder = floor_member_of(link);
		if (floor_is_holder(holder) && (!latest || holder->granted > latest->granted))
			latest = holder;
	}
	return latest;
}
