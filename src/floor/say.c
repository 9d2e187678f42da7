/* SPDX-License-Identifier: Apache-2.0 */
/* say.c: what is said of the floor, and what stands in it (TS 24.380 §8.2). */
#include "floor/private.h"

static bool is_peril(const struct floor *floor)
{
	LIST_EACH(link, &floor->holders)
	if (floor_member_of(link)->is_peril)
		return true;
	return false;
}

/* §8.2.3.15. */
static uint16_t indicator_of(const struct floor *floor)
{
	const struct floor_settings *settings = &floor->settings;
	unsigned type = (settings->is_broadcast ? FLOOR_INDICATOR_BROADCAST : 0) |
			(floor->is_emergency ? FLOOR_INDICATOR_EMERGENCY : 0) |
			(is_peril(floor) ? FLOOR_INDICATOR_PERIL : 0);
	if (!type)
		type = FLOOR_INDICATOR_NORMAL;
	return (uint16_t)(type | (settings->queue ? FLOOR_INDICATOR_QUEUEING : 0) |
			  (settings->talkers > 1 ? FLOOR_INDICATOR_MULTI : 0));
}

/* What T2 leaves, in seconds, rounded down. One whom it does not end must not be told its value:
 * the client would cut itself. */
static uint16_t duration_of(
	const struct floor *floor, const struct floor_member *member, uint64_t now_ms)
{
	uint64_t left_ms = floor->settings.max_talk_ms;
	if (due_is_unlimited(floor, member))
		return FLOOR_UNLIMITED_S;
	if (member->talking_ms) {
		uint64_t spent_ms = now_ms - MIN(now_ms, member->talking_ms);
		left_ms -= MIN(left_ms, spent_ms);
	}
	return (uint16_t)MIN(left_ms / 1000, FLOOR_UNLIMITED_S - 1);
}

static void say(struct floor *floor, struct floor_member *member, struct floor_saying saying)
{
	saying.indicator = indicator_of(floor);
	floor->hooks->say(floor, member, &saying);
}

void say_granted(struct floor *floor, struct floor_member *member, uint64_t now_ms)
{
	say(floor, member,
		(struct floor_saying){.word = FLOOR_GRANTED,
			.priority = member->priority,
			.duration_s = duration_of(floor, member, now_ms)});
}

void say_deny(struct floor *floor, struct floor_member *member, unsigned cause)
{
	say(floor, member, (struct floor_saying){.word = FLOOR_DENY, .cause = (uint16_t)cause});
}

void say_revoke(struct floor *floor, struct floor_member *member)
{
	say(floor, member, (struct floor_saying){.word = FLOOR_REVOKE, .cause = member->cause});
}

static uint8_t position_of(unsigned place)
{
	if (place == 0)
		return FLOOR_POSITION_NONE;
	return (uint8_t)(place < FLOOR_POSITION_NONE ? place : FLOOR_POSITION_UNKNOWN);
}

static void say_place(
	struct floor *floor, struct floor_member *member, unsigned place, bool is_unsaid)
{
	say(floor, member,
		(struct floor_saying){.word = FLOOR_POSITION,
			.position = position_of(place),
			.priority = place ? member->priority : 0,
			.is_unsaid = is_unsaid});
}

void say_position(struct floor *floor, struct floor_member *member)
{
	unsigned place = floor_place(floor, member);
	if (place)
		member->place_told = position_of(place);
	say_place(floor, member, place, false);
}

/* Who waits for a talker to be stopped may be one who cannot queue: he is told when it is his
 * (TS 24.380 §6.3.4.4). */
static void tell_place(struct floor *floor, struct floor_member *member, unsigned place)
{
	bool is_new = member->place_told == 0;
	if (member->place_told == position_of(place))
		return;
	member->place_told = position_of(place);
	say_place(floor, member, place, !member->terms.can_queue);
	if (is_new)
		floor->hooks->tone(floor, member, FLOOR_TONE_QUEUED);
}

void say_places(struct floor *floor)
{
	unsigned place = 0;
	LIST_EACH(link, &floor->next)
	tell_place(floor, floor_member_of(link), ++place);
	LIST_EACH(link, &floor->queue)
	tell_place(floor, floor_member_of(link), ++place);
}

/* Taken by the latest who talks, or Idle. Only these two are numbered. */
struct floor_saying floor_status(struct floor *floor)
{
	struct floor_member *talker = floor_talker(floor);
	return (struct floor_saying){.word = talker ? FLOOR_TAKEN : FLOOR_IDLE,
		.may_request = !floor->settings.is_broadcast,
		.party = talker,
		.sequence = ++floor->sequence,
		.indicator = indicator_of(floor)};
}

void floor_say_status(struct floor *floor, struct floor_member *member)
{
	struct floor_saying saying = floor_status(floor);
	saying.may_request = floor_may_request(floor, member);
	floor->hooks->say(floor, member, &saying);
}

void say_status_others(struct floor *floor)
{
	struct floor_saying saying = floor_status(floor);
	floor->hooks->say_others(floor, &saying);
}

void floor_say_again(struct floor *floor, struct floor_member *member, uint64_t now_ms)
{
	if (member->state == FLOOR_MEMBER_PERMITTED)
		say_granted(floor, member, now_ms);
	else if (member->state == FLOOR_MEMBER_STOPPING)
		say_revoke(floor, member);
	else if (floor_is_waiting(member))
		say_position(floor, member);
	else if (member->state != FLOOR_MEMBER_GONE)
		floor_say_status(floor, member);
}
