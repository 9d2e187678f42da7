/* SPDX-License-Identifier: Apache-2.0 */
/* floor.c: what comes to a floor from outside, made into events of its machines. */
#include "floor/floor.h"

#include <errno.h>

#include "floor/private.h"

/* Voice and floor packets come on two ports: what was sent before Floor Release may be read after
 * it, and is no intrusion. */
#define STRAGGLERS_MS 100

const struct floor_settings floor_settings_default = {
	.talkers = 1,
	.queue = 8,
	.preempt = FLOOR_PREEMPT_EMERGENCY,
	.max_talk_ms = 30000,
	.warning_ms = 5000,
	.end_of_rtp_ms = 4000,
	.grace_ms = 3000,
	.revoke_again_ms = 1000,
	.granted_again_ms = 1000,
	.idle_most = 10,
	.granted_most = 3,
};

const char *const floor_why_names[FLOOR_WHY_COUNT] = {
#define ROW(name, text) text,
	FLOOR_WHYS(ROW)
#undef ROW
};

const char *const floor_tone_names[FLOOR_TONE_COUNT] = {
#define ROW(name) #name,
	FLOOR_TONES(ROW)
#undef ROW
};

/* ---- the floor ---- */

static struct floor_settings sane(const struct floor_settings *settings)
{
	struct floor_settings ret = *settings;
	ret.talkers = MAX(ret.talkers, 1);
	if (!ret.end_of_rtp_ms)
		ret.end_of_rtp_ms = floor_settings_default.end_of_rtp_ms;
	if (!ret.revoke_again_ms)
		ret.revoke_again_ms = floor_settings_default.revoke_again_ms;
	return ret;
}

void floor_init(
	struct floor *floor, const struct floor_settings *settings, const struct floor_hooks *hooks)
{
	*floor = (struct floor){.settings = sane(settings),
		.hooks = hooks,
		.deadline_ms = FLOOR_NEVER,
		.inactive_ms = FLOOR_NEVER,
		.idle_ms = FLOOR_NEVER};
	list_init(&floor->members);
	list_init(&floor->asks);
	list_init(&floor->next);
	list_init(&floor->queue);
	list_init(&floor->holders);
	list_init(&floor->intruders);
}

static void too_many_talk(struct floor *floor, uint64_t now_ms)
{
	while (floor->holder_count > floor->settings.talkers) {
		struct floor_member *lowest = rank_lowest(floor, NULL);
		if (!lowest) /* all have been told to stop: the latest */
			lowest = floor_member_of(list_last(&floor->holders));
		decide_cut(floor, lowest, FLOOR_WHY_SETTINGS, FLOOR_REVOKE_OTHER, now_ms);
	}
}

static void too_many_wait(struct floor *floor, uint64_t now_ms)
{
	struct list *last;
	while (floor->queue_count > floor->settings.queue && (last = list_last(&floor->queue)))
		decide_refuse(floor, floor_member_of(last), FLOOR_DENY_QUEUE_FULL, now_ms);
}

/* Who waits goes first, lest it be served a place that comes free here. */
static void enforce_all(struct floor *floor, uint64_t now_ms)
{
	LIST_EACH(link, &floor->members)
	if (!floor_may_request(floor, floor_member_in(link)))
		decide_refuse(floor, floor_member_in(link), FLOOR_DENY_RECEIVE_ONLY, now_ms);
	LIST_EACH(link, &floor->members)
	decide_enforce(floor, floor_member_in(link), FLOOR_WHY_SETTINGS, now_ms);
}

void floor_set(struct floor *floor, const struct floor_settings *settings, uint64_t now_ms)
{
	bool had_others = !floor->settings.is_broadcast;
	floor->settings = sane(settings);
	if (floor->settings.is_broadcast && had_others)
		enforce_all(floor, now_ms);
	too_many_talk(floor, now_ms);
	decide_trim_next(floor, now_ms);
	too_many_wait(floor, now_ms);
	general_freed(floor, now_ms);
	general_rearm(floor, now_ms);
	due_finish(floor);
}

/* Nobody is of an emergency any more: ranks are lower, and T2 counts from here. */
static void emergency_is_over(struct floor *floor, uint64_t now_ms)
{
	LIST_EACH(link, &floor->members)
	{
		struct floor_member *member = floor_member_in(link);
		if (member->is_emergency && member->talking_ms)
			member->talking_ms = MAX(now_ms, 1);
		member->is_emergency = false;
	}
	rank_sort_waiting(&floor->next);
	rank_sort_waiting(&floor->queue);
	floor->is_queue_changed = true;
}

void floor_emergency_set(struct floor *floor, bool is_emergency, uint64_t now_ms)
{
	if (floor->is_emergency == is_emergency)
		return;
	floor->is_emergency = is_emergency;
	floor->is_changed = true;
	if (!is_emergency)
		emergency_is_over(floor, now_ms);
	LIST_EACH(link, &floor->holders)
	{
		struct floor_member *holder = floor_member_of(link);
		if (holder->state == FLOOR_MEMBER_PERMITTED)
			say_granted(floor, holder, now_ms);
	}
	if (floor->state != FLOOR_STATE_STOPPED)
		say_status_others(floor);
	due_finish(floor);
}

/* ---- members ---- */

/* The one who opened a broadcast group, or who has been in it for longest of those who may talk.
 * Whom a dispatcher has muted keeps the right, for it may be for a moment; but it does not pass to
 * one while there is another. */
static void choose_originator(struct floor *floor)
{
	const struct floor_member *now = floor->originator;
	if (now && now->state != FLOOR_MEMBER_GONE && !now->terms.is_listen_only)
		return;
	floor->originator = NULL;
	LIST_EACH(link, &floor->members)
	{
		struct floor_member *member = floor_member_in(link);
		if (member->terms.is_listen_only || (floor->originator && member->is_muted))
			continue;
		if (!floor->originator || floor->originator->is_muted)
			floor->originator = member;
	}
}

bool floor_may_request(const struct floor *floor, const struct floor_member *member)
{
	if (member->terms.is_listen_only || member->is_muted)
		return false;
	return !floor->settings.is_broadcast || floor->originator == member;
}

void floor_join(struct floor *floor, struct floor_member *member, const struct floor_terms *terms,
	uint64_t now_ms)
{
	if (member->state != FLOOR_MEMBER_GONE)
		return;
	*member = (struct floor_member){
		.terms = *terms, .again_ms = FLOOR_NEVER, .joined = ++floor->joins};
	list_push_tail(&floor->members, &member->in_floor);
	if (floor->member_count++ == 0) {
		floor->closed_ms = now_ms;
		general_step(floor, FLOOR_EVENT_OPENED, NULL, now_ms);
	}
	choose_originator(floor);
	participant_step(floor, member, FLOOR_MEMBER_EVENT_JOIN, now_ms);
	due_finish(floor);
}

void floor_leave(struct floor *floor, struct floor_member *member, uint64_t now_ms)
{
	if (member->state == FLOOR_MEMBER_GONE)
		return;
	list_remove(&member->in_floor); /* nothing is said to it */
	floor->member_count--;
	member->why = FLOOR_WHY_LEFT;
	participant_step(floor, member, FLOOR_MEMBER_EVENT_LEAVE, now_ms);
	choose_originator(floor);
	if (floor->member_count == 0)
		general_step(floor, FLOOR_EVENT_EMPTIED, NULL, now_ms);
	due_finish(floor);
}

void floor_member_set(struct floor *floor, struct floor_member *member,
	const struct floor_terms *terms, uint64_t now_ms)
{
	if (member->state == FLOOR_MEMBER_GONE)
		return;
	member->terms = *terms;
	choose_originator(floor);
	decide_enforce(floor, member, FLOOR_WHY_SETTINGS, now_ms);
	if (!terms->has_packets)
		participant_step(floor, member, FLOOR_MEMBER_EVENT_QUIET, now_ms);
	participant_set_gate(member);
	due_finish(floor);
}

/* ---- buttons ---- */

/* The lower of what is asked and the cap; nothing asked: the cap. */
static unsigned asked_rank(const struct floor_member *member, const struct floor_ask *ask)
{
	unsigned cap = member->terms.priority;
	unsigned priority = ask->has_priority ? MIN(ask->priority, cap) : cap;
	bool is_emergency = ask->is_emergency && member->terms.may_declare_emergency;
	return (unsigned)is_emergency << 8 | priority;
}

static void note(struct floor_member *member, const struct floor_ask *ask)
{
	unsigned rank = asked_rank(member, ask);
	member->priority = (uint8_t)rank;
	member->is_emergency = rank >> 8;
	member->is_peril = ask->is_peril;
	member->trigger = ask->trigger;
	member->may_queue = ask->may_queue && member->terms.can_queue;
	member->may_preempt = ask->may_preempt;
}

static bool has_asked(const struct floor_member *member)
{
	return member->state == FLOOR_MEMBER_ASKS || floor_is_waiting(member) ||
	       floor_is_holder(member);
}

static bool is_settled(const struct floor_member *member)
{
	return member->state == FLOOR_MEMBER_PERMITTED || floor_is_waiting(member);
}

static void request_anew(struct floor *floor, struct floor_member *member,
	const struct floor_ask *ask, uint64_t now_ms)
{
	if (member->state == FLOOR_MEMBER_STOPPING) /* discarded: it has been told to stop */
		return;
	if (member->state == FLOOR_MEMBER_LISTENS)
		member->again_ms = now_ms; /* a Revoke is not owed yet */
	note(member, ask);
	if (member->state == FLOOR_MEMBER_RESERVED)
		decide_raise_emergency(floor, member);
	participant_step(floor, member, FLOOR_MEMBER_EVENT_REQUEST, now_ms);
}

static void raise_rank(struct floor *floor, struct floor_member *member,
	const struct floor_ask *ask, uint64_t now_ms)
{
	bool talks = member->state == FLOOR_MEMBER_PERMITTED;
	bool was_emergency = floor->is_emergency;
	uint8_t trigger = member->trigger;
	note(member, ask);
	if (talks) { /* its spurt goes on under the button that began it */
		member->trigger = trigger;
		decide_raise_emergency(floor, member);
	}
	participant_step(floor, member, FLOOR_MEMBER_EVENT_RAISE, now_ms);
	if (floor->is_emergency != was_emergency) /* no other talker will tell them */
		say_status_others(floor);
}

void floor_request(struct floor *floor, struct floor_member *member, const struct floor_ask *ask,
	uint64_t now_ms)
{
	bool is_higher = is_settled(member) && asked_rank(member, ask) > rank_of(member);
	/* whatever he could ask with: who presses the key of his talk again is over */
	if (ask->is_toggle && has_asked(member) && !ask->is_emergency)
		floor_release(floor, member, now_ms);
	else if (is_higher)
		raise_rank(floor, member, ask, now_ms);
	else if (is_settled(member))
		participant_step(floor, member, FLOOR_MEMBER_EVENT_REQUEST, now_ms);
	else
		request_anew(floor, member, ask, now_ms);
	due_finish(floor);
}

void floor_deny(struct floor *floor, struct floor_member *member, enum floor_deny_cause cause,
	bool has_tone)
{
	floor->denied++;
	say_deny(floor, member, cause);
	if (has_tone)
		floor->hooks->tone(floor, member, FLOOR_TONE_DENIED);
}

void floor_release(struct floor *floor, struct floor_member *member, uint64_t now_ms)
{
	bool keeps = floor->settings.hang_ms > 0;
	if (member->state == FLOOR_MEMBER_PERMITTED)
		member->why = FLOOR_WHY_RELEASED;
	if (floor_is_holder(member))
		member->released_ms = now_ms;
	/* without hang time a reservation that is there still ends as it was to */
	bool is_kept = keeps && (floor_is_holder(member) || member->state == FLOOR_MEMBER_RESERVED);
	participant_step(floor, member,
		is_kept ? FLOOR_MEMBER_EVENT_KEEP : FLOOR_MEMBER_EVENT_RELEASE, now_ms);
	due_finish(floor);
}

void floor_lost(struct floor *floor, struct floor_member *member, uint64_t now_ms)
{
	if (!floor_is_holder(member)) {
		floor_release(floor, member, now_ms);
		return;
	}
	due_silent(floor, member, now_ms);
	due_finish(floor);
}

void floor_ask_position(struct floor *floor, struct floor_member *member)
{
	participant_step(floor, member, FLOOR_MEMBER_EVENT_POSITION, 0);
}

/* ---- media ---- */

static bool is_straggler(const struct floor_member *member, uint64_t now_ms)
{
	return member->released_ms && now_ms < member->released_ms + STRAGGLERS_MS;
}

/* Revoke is owed once per T8 while packets come. */
static bool is_warned_enough(const struct floor_member *member, uint64_t now_ms)
{
	return member->state != FLOOR_MEMBER_LISTENS && now_ms < member->again_ms;
}

bool floor_media_noted(struct floor *floor, struct floor_member *member, uint64_t now_ms)
{
	bool is_heard = member->gate & FLOOR_GATE_OPEN;
	member->media_ms = now_ms;
	if (!is_heard) {
		member->dropped++;
		if (is_straggler(member, now_ms) || is_warned_enough(member, now_ms))
			return false;
		floor->intrusions++;
		member->cause = FLOOR_REVOKE_NO_PERMISSION;
	}
	participant_step(floor, member, FLOOR_MEMBER_EVENT_MEDIA, now_ms);
	due_finish(floor);
	return is_heard;
}

/* ---- a dispatcher ---- */

int floor_grant(struct floor *floor, struct floor_member *member, uint8_t trigger, uint64_t now_ms)
{
	struct floor_ask ask = {.trigger = trigger, .may_queue = true};
	if (member->state == FLOOR_MEMBER_GONE)
		return -ENOENT;
	if (member->state == FLOOR_MEMBER_STOPPING)
		return -EBUSY;
	if (!floor_may_request(floor, member))
		return -EPERM;
	if (member->state == FLOOR_MEMBER_PERMITTED) {
		participant_step(floor, member, FLOOR_MEMBER_EVENT_GRANT, now_ms);
		return 0;
	}
	if (!floor_is_waiting(member))
		note(member, &ask);
	if (member->state == FLOOR_MEMBER_LISTENS)
		member->again_ms = now_ms;
	decide_give(floor, member, now_ms);
	due_finish(floor);
	return 0;
}

int floor_revoke(struct floor *floor, struct floor_member *member, uint64_t now_ms)
{
	bool has_place = floor_is_holder(member) || member->state == FLOOR_MEMBER_RESERVED;
	bool asks = floor_is_waiting(member) || member->state == FLOOR_MEMBER_ASKS;
	if (has_place && member->state != FLOOR_MEMBER_STOPPING)
		decide_stop(floor, member, FLOOR_WHY_REVOKED, FLOOR_REVOKE_OTHER, now_ms);
	else if (asks)
		decide_refuse(floor, member, FLOOR_DENY_OTHER, now_ms);
	due_finish(floor);
	return has_place || asks ? 0 : -EALREADY;
}

void floor_mute(struct floor *floor, struct floor_member *member, bool is_muted, uint64_t now_ms)
{
	if (member->state == FLOOR_MEMBER_GONE)
		return;
	member->is_muted = is_muted;
	decide_enforce(floor, member, FLOOR_WHY_MUTED, now_ms);
	due_finish(floor);
}
