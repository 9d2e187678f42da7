/* SPDX-License-Identifier: Apache-2.0 */
/* decide.c: what becomes of requests, and of those who must give way. */
#include "floor/private.h"

unsigned decide_forbids(const struct floor *floor, const struct floor_member *member)
{
	if (!floor_may_request(floor, member))
		return FLOOR_DENY_RECEIVE_ONLY;
	/* a phone that presses a key alone is granted: it cannot tell a Deny from a fault */
	if (floor->member_count == 1 && member->terms.has_packets)
		return FLOOR_DENY_ALONE;
	return 0;
}

void decide_raise_emergency(struct floor *floor, const struct floor_member *member)
{
	if (!member->is_emergency || floor->is_emergency)
		return;
	floor->is_emergency = floor->is_changed = true;
}

void decide_refuse(
	struct floor *floor, struct floor_member *member, unsigned cause, uint64_t now_ms)
{
	member->cause = (uint8_t)cause;
	participant_step(floor, member, FLOOR_MEMBER_EVENT_REFUSE, now_ms);
}

void decide_queue(struct floor *floor, struct floor_member *member, uint64_t now_ms)
{
	if (!member->may_queue || floor->settings.queue == 0)
		decide_refuse(floor, member, FLOOR_DENY_TAKEN, now_ms);
	else if (floor->queue_count >= floor->settings.queue)
		decide_refuse(floor, member, FLOOR_DENY_QUEUE_FULL, now_ms);
	else
		participant_step(floor, member, FLOOR_MEMBER_EVENT_ENQUEUE, now_ms);
}

/* ---- who must stop ---- */

void decide_cut(struct floor *floor, struct floor_member *member, enum floor_why why,
	enum floor_revoke_cause cause, uint64_t now_ms)
{
	member->why = (uint8_t)why;
	member->cause = (uint8_t)cause;
	participant_step(floor, member, FLOOR_MEMBER_EVENT_CUT, now_ms);
}

void decide_stop(struct floor *floor, struct floor_member *member, enum floor_why why,
	enum floor_revoke_cause cause, uint64_t now_ms)
{
	if (member->state != FLOOR_MEMBER_PERMITTED || !member->terms.has_packets ||
		floor->settings.grace_ms == 0) {
		decide_cut(floor, member, why, cause, now_ms);
		return;
	}
	member->why = (uint8_t)why;
	member->cause = (uint8_t)cause;
	participant_step(floor, member, FLOOR_MEMBER_EVENT_STOP, now_ms);
}

/* How one may come to the floor although all places are used. */
enum way {
	NO_WAY,
	STOPPED_ALREADY, /* a place comes free and is promised to nobody */
	STOP_A_TALKER,
	PASS_ONE, /* who is next gives way */
};

static enum way find_way(const struct floor *floor, const struct floor_member *member,
	bool is_forced, struct floor_member **ret_other)
{
	if (floor->next_count < floor->stopping_count &&
		(is_forced || rank_takes_a_stopping(floor, member)))
		return STOPPED_ALREADY;
	*ret_other = rank_lowest(floor, is_forced ? NULL : member);
	if (*ret_other)
		return STOP_A_TALKER;
	*ret_other = rank_last_next(floor);
	if (*ret_other && (is_forced || rank_takes(floor, member, *ret_other)))
		return PASS_ONE;
	return NO_WAY;
}

/* Next comes before stopping: where the talker is cut its place goes to who is next. */
static void take(struct floor *floor, struct floor_member *member, bool is_forced, uint64_t now_ms)
{
	struct floor_member *other = NULL;
	switch (find_way(floor, member, is_forced, &other)) {
	case STOPPED_ALREADY:
		participant_step(floor, member, FLOOR_MEMBER_EVENT_PROMISE, now_ms);
		break;
	case STOP_A_TALKER:
		floor->preempted++;
		participant_step(floor, member, FLOOR_MEMBER_EVENT_PROMISE, now_ms);
		decide_stop(floor, other, is_forced ? FLOOR_WHY_GRANTED_AWAY : FLOOR_WHY_PREEMPTED,
			FLOOR_REVOKE_PREEMPTED, now_ms);
		break;
	case PASS_ONE:
		decide_queue(floor, other, now_ms);
		participant_step(floor, member, FLOOR_MEMBER_EVENT_PROMISE, now_ms);
		break;
	case NO_WAY:
		decide_queue(floor, member, now_ms);
		break;
	}
}

void decide_preempt(struct floor *floor, struct floor_member *member, uint64_t now_ms)
{
	take(floor, member, false, now_ms);
}

void decide_give(struct floor *floor, struct floor_member *member, uint64_t now_ms)
{
	bool has_room = floor->holder_count < floor->settings.talkers;
	if (!floor_is_waiting(member))
		member->asked = ++floor->requests;
	if (has_room || member->state == FLOOR_MEMBER_RESERVED)
		participant_step(floor, member, FLOOR_MEMBER_EVENT_GRANT, now_ms);
	else if (member->state != FLOOR_MEMBER_NEXT)
		take(floor, member, true, now_ms);
}

/* ---- who comes in ---- */

static struct floor_member *first_waiting(const struct floor *floor)
{
	struct list *first = list_first(&floor->next);
	if (!first)
		first = list_first(&floor->queue);
	return first ? floor_member_of(first) : NULL;
}

void decide_serve(struct floor *floor, uint64_t now_ms)
{
	struct floor_member *member;
	while (floor->holder_count < floor->settings.talkers && (member = first_waiting(floor)))
		participant_step(floor, member, FLOOR_MEMBER_EVENT_GRANT, now_ms);
}

static void decide_one(struct floor *floor, struct floor_member *member, uint64_t now_ms)
{
	struct floor_member *other = NULL;
	unsigned cause = decide_forbids(floor, member);
	bool was_emergency = floor->is_emergency;
	if (cause) {
		decide_refuse(floor, member, cause, now_ms);
		return;
	}
	decide_raise_emergency(floor, member);
	member->asked = ++floor->requests;
	bool has_room = floor->holder_count < floor->settings.talkers;
	bool outranks = !has_room && find_way(floor, member, false, &other) != NO_WAY;
	general_step(floor, outranks ? FLOOR_EVENT_OUTRANKED : FLOOR_EVENT_ASKED, member, now_ms);
	/* where it does not talk at once the others would not know */
	if (floor->is_emergency != was_emergency && !floor_is_holder(member))
		floor->is_status_owed = true;
}

void decide_all(struct floor *floor, uint64_t now_ms)
{
	for (struct list *first; (first = list_first(&floor->asks));) {
		struct floor_member *member = floor_member_of(first);
		decide_one(floor, member, now_ms);
		if (member->state == FLOOR_MEMBER_ASKS) /* no cell forgets one; if it did */
			decide_refuse(floor, member, FLOOR_DENY_INTERNAL, now_ms);
	}
}

/* ---- what changes ---- */

void decide_trim_next(struct floor *floor, uint64_t now_ms)
{
	struct floor_member *last;
	unsigned talkers = floor->settings.talkers;
	unsigned free = talkers > floor->holder_count ? talkers - floor->holder_count : 0;
	while (floor->next_count > floor->stopping_count + free && (last = rank_last_next(floor)))
		decide_queue(floor, last, now_ms);
}

void decide_enforce(
	struct floor *floor, struct floor_member *member, enum floor_why why, uint64_t now_ms)
{
	if (floor_may_request(floor, member))
		return;
	decide_cut(floor, member, why, FLOOR_REVOKE_NO_PERMISSION, now_ms);
	decide_refuse(floor, member, FLOOR_DENY_RECEIVE_ONLY, now_ms);
}
