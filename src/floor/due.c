/* SPDX-License-Identifier: Apache-2.0 */
/* due.c: the timers of a floor: when something is due, and which event that is. */
#include "floor/private.h"

bool due_is_unlimited(const struct floor *floor, const struct floor_member *member)
{
	return member->is_emergency || floor->settings.max_talk_ms == 0;
}

/* ---- of one who holds a place ---- */

/* T1 is restarted by each packet, without a word: media_ms is all that is kept of it. */
static uint64_t t1_of(const struct floor *floor, const struct floor_member *holder)
{
	return MAX(holder->granted_ms, holder->media_ms) + floor->settings.end_of_rtp_ms;
}

static uint64_t t2_of(const struct floor *floor, const struct floor_member *holder)
{
	if (!holder->talking_ms || due_is_unlimited(floor, holder))
		return FLOOR_NEVER;
	return holder->talking_ms + floor->settings.max_talk_ms;
}

static uint64_t nearly_of(const struct floor *floor, const struct floor_member *holder)
{
	const struct floor_settings *settings = &floor->settings;
	if (holder->is_warned || settings->warning_ms == 0 ||
		settings->warning_ms >= settings->max_talk_ms)
		return FLOOR_NEVER;
	uint64_t t2 = t2_of(floor, holder);
	return t2 == FLOOR_NEVER ? FLOOR_NEVER : t2 - settings->warning_ms;
}

uint64_t due_of_holder(const struct floor *floor, const struct floor_member *holder)
{
	if (holder->state == FLOOR_MEMBER_RESERVED)
		return holder->stop_ms;
	uint64_t due = MIN(t1_of(floor, holder), holder->again_ms);
	if (holder->state == FLOOR_MEMBER_STOPPING)
		return MIN(due, holder->stop_ms);
	due = MIN(due, t2_of(floor, holder));
	return MIN(due, nearly_of(floor, holder));
}

void due_silent(struct floor *floor, struct floor_member *holder, uint64_t now_ms)
{
	if (holder->state == FLOOR_MEMBER_PERMITTED)
		holder->why = FLOOR_WHY_SILENT;
	participant_step(floor, holder, FLOOR_MEMBER_EVENT_T1, now_ms);
}

static void permitted_due(struct floor *floor, struct floor_member *holder, uint64_t now_ms)
{
	if (t2_of(floor, holder) <= now_ms)
		decide_stop(floor, holder, FLOOR_WHY_MAX_TALK, FLOOR_REVOKE_TOO_LONG, now_ms);
	else if (nearly_of(floor, holder) <= now_ms)
		participant_step(floor, holder, FLOOR_MEMBER_EVENT_NEARLY, now_ms);
	else
		participant_step(floor, holder, FLOOR_MEMBER_EVENT_T20, now_ms);
}

static void holder_due(struct floor *floor, struct floor_member *holder, uint64_t now_ms)
{
	if (holder->state == FLOOR_MEMBER_RESERVED)
		participant_step(floor, holder, FLOOR_MEMBER_EVENT_HANG, now_ms);
	else if (t1_of(floor, holder) <= now_ms)
		due_silent(floor, holder, now_ms);
	else if (holder->state == FLOOR_MEMBER_PERMITTED)
		permitted_due(floor, holder, now_ms);
	else
		participant_step(floor, holder,
			holder->stop_ms <= now_ms ? FLOOR_MEMBER_EVENT_T3 : FLOOR_MEMBER_EVENT_T8,
			now_ms);
}

/* One holder with something due; NULL. Each time something is done its next is later. */
static struct floor_member *find_due(const struct floor *floor, uint64_t now_ms)
{
	LIST_EACH(link, &floor->holders)
	if (due_of_holder(floor, floor_member_of(link)) <= now_ms)
		return floor_member_of(link);
	return NULL;
}

/* ---- of the others ---- */

static struct floor_member *first_intruder(const struct floor *floor)
{
	struct list *first = list_first(&floor->intruders);
	return first ? floor_member_of(first) : NULL;
}

/* T8 of those who send without the floor; the oldest is in front. */
static void intruders_due(struct floor *floor, uint64_t now_ms)
{
	struct floor_member *member;
	while ((member = first_intruder(floor)) && member->again_ms <= now_ms) {
		bool sends = member->media_ms > member->stop_ms;
		participant_step(floor, member,
			sends ? FLOOR_MEMBER_EVENT_T8 : FLOOR_MEMBER_EVENT_QUIET, now_ms);
	}
}

static uint64_t deadline_of(const struct floor *floor)
{
	uint64_t due = MIN(floor->inactive_ms, floor->idle_ms);
	const struct floor_member *intruder = first_intruder(floor);
	if (!list_is_empty(&floor->asks))
		return 0;
	if (intruder)
		due = MIN(due, intruder->again_ms);
	LIST_EACH(link, &floor->holders)
	{
		uint64_t of_holder = due_of_holder(floor, floor_member_of(link));
		due = MIN(due, of_holder);
	}
	return due;
}

void due_finish(struct floor *floor)
{
	/* who waited and asks anew may be back in a moment */
	if (floor->is_queue_changed && list_is_empty(&floor->asks)) {
		floor->is_queue_changed = false;
		say_places(floor);
	}
	if (floor->is_status_owed)
		say_status_others(floor);
	floor->is_status_owed = false;
	floor->deadline_ms = deadline_of(floor);
	if (floor->is_changed)
		floor->hooks->changed(floor);
	floor->is_changed = false;
}

void floor_due(struct floor *floor, uint64_t now_ms)
{
	struct floor_member *holder;
	while ((holder = find_due(floor, now_ms)))
		holder_due(floor, holder, now_ms);
	intruders_due(floor, now_ms);
	if (floor->idle_ms <= now_ms)
		general_step(floor, FLOOR_EVENT_T7, NULL, now_ms);
	decide_all(floor, now_ms);
	if (floor->inactive_ms <= now_ms)
		general_step(floor, FLOOR_EVENT_T4, NULL, now_ms);
	due_finish(floor);
}
