/* SPDX-License-Identifier: Apache-2.0 */
/* button.c: what a member presses, whatever way, becomes a request or a release of the floor. */
#include "media/button.h"

#include <errno.h>

#include "base/metrics.h"
#include "media/away.h"
#include "media/relay.h"

/* A grant and its end are told to all, written down and recorded, so one member may not ask for the
 * floor faster than anybody needs it: some presses at once, then so many a second. */
#define REQUESTS_A_SECOND 5
#define REQUESTS_AT_ONCE  10
/* Who asks too often hears so, but not each time. */
#define REFUSED_TONE_MS 1000

static uint64_t now_ms(const struct member *member)
{
	return member->group->relay->now_ms;
}

/* From here on what it says is missed, if it is not heard. */
static void note_press(struct member *member, uint64_t came_ns)
{
	member->pressed_ns = came_ns;
	member->pressed_dropped = member->floor.dropped;
	member_unmuffle(member);
}

void button_forget(struct member *member)
{
	if (!member->pressed_ns)
		return;
	member->pressed_ns = 0;
	if (member->is_away)
		away_gate(member);
}

/* What was not granted at once (a key given back, a request that is discarded) is not waited for;
 * what is to be decided is. */
static void forget_unless_asked(struct member *member)
{
	if (member->floor.state != FLOOR_MEMBER_ASKS)
		button_forget(member);
}

static bool has_asked(const struct member *member)
{
	const struct floor_member *floor = &member->floor;
	return floor->state == FLOOR_MEMBER_ASKS || floor_is_waiting(floor) ||
	       floor_is_holder(floor);
}

/* It asks too often. Who has asked, or has the floor, knows what it would be told. */
static void refuse_request(struct member *member)
{
	metrics_add(METRIC_group_requests_refused, 1);
	if (has_asked(member) || member->floor.state == FLOOR_MEMBER_GONE)
		return;
	bool has_tone = now_ms(member) >= member->refused_ms;
	if (has_tone)
		member->refused_ms = now_ms(member) + REFUSED_TONE_MS;
	floor_deny(&member->group->floor, &member->floor, FLOOR_DENY_RETRY_AFTER, has_tone);
}

static bool may_ask_now(struct member *member, const struct floor_ask *ask)
{
	struct token_bucket *requests = &member->requests;
	/* pressed again it gives back, which must always be possible */
	if (ask->is_toggle && has_asked(member))
		return true;
	if (!requests->interval_ns)
		token_bucket_init(requests, REQUESTS_A_SECOND, REQUESTS_AT_ONCE);
	return token_bucket_take(requests, member->group->relay->now_ns, 1);
}

void button_request(struct member *member, const struct floor_ask *ask, uint64_t came_ns)
{
	struct group *group = member->group;
	member->presses++;
	if (!may_ask_now(member, ask)) {
		refuse_request(member);
		return;
	}
	member->asked_ms = now_ms(member);
	note_press(member, came_ns);
	floor_request(&group->floor, &member->floor, ask, now_ms(member));
	forget_unless_asked(member);
	group_touch(group);
}

void button_release(struct member *member)
{
	member->presses++;
	floor_release(&member->group->floor, &member->floor, now_ms(member));
	forget_unless_asked(member);
	group_touch(member->group);
}

void button_lost(struct member *member)
{
	floor_lost(&member->group->floor, &member->floor, now_ms(member));
	forget_unless_asked(member);
	group_touch(member->group);
}

/* The ask of a phone's key: the same key again gives back. */
static struct floor_ask ask_by_key(enum media_trigger trigger)
{
	return (struct floor_ask){.trigger = (uint8_t)trigger,
		.may_queue = true,
		.may_preempt = true,
		.is_toggle = true};
}

static char request_key(const struct group *group)
{
	return group->settings->request_key ? group->settings->request_key : '*';
}

static char release_key(const struct group *group)
{
	return group->settings->release_key ? group->settings->release_key : '#';
}

/* False: the key means nothing here. */
static bool press_key(struct member *member, enum media_trigger trigger, char key, uint64_t came_ns)
{
	struct floor_ask ask = ask_by_key(trigger);
	if (key == request_key(member->group))
		button_request(member, &ask, came_ns);
	else if (key == release_key(member->group))
		button_release(member);
	else
		return false;
	return true;
}

/* ---- RFC 4733 ---- */

static void hear_fact(struct member *member, const struct key_fact *fact)
{
	uint64_t now_ns = member->group->relay->now_ns;
	switch (fact->what) {
	case KEY_PRESS:
		if (press_is_new(&member->press, PRESS_EVENT, fact->key, fact->timestamp, now_ns))
			press_key(member, MEDIA_TRIGGER_DTMF, fact->key, now_ns);
		break;
	case KEY_HELD:
		break;
	case KEY_LET_GO:
		if (fact->was_held && fact->key == request_key(member->group))
			button_release(member);
		break;
	}
}

void button_event(struct member *member, const struct rtp_packet *packet)
{
	struct key_fact facts[KEYS_FACTS_MAX];
	if (!button_counts(member, MEDIA_TRIGGER_DTMF))
		return;
	unsigned count = keys_event(&member->keys, packet, member->group->relay->now_ns, facts);
	for (unsigned i = 0; i < count; i++)
		hear_fact(member, &facts[i]);
	if (member->keys.is_down && !list_is_linked(&member->pressing))
		list_push_tail(&member->group->pressing, &member->pressing);
}

void button_tick(struct member *member)
{
	struct key_fact fact;
	if (keys_tick(&member->keys, member->group->relay->now_ns, &fact))
		hear_fact(member, &fact);
	if (!member->keys.is_down)
		list_remove(&member->pressing);
}

/* ---- INFO, MESSAGE, the control interface ---- */

static bool press_by_key(struct member *member, const struct media_press *press, uint64_t came_ns)
{
	return press_is_new(&member->press, PRESS_INFO, press->key, press->number,
		       member->group->relay->now_ns) &&
	       press_key(member, press->trigger, press->key, came_ns);
}

static void ask_by_word(struct member *member, const struct media_press *press, uint64_t came_ns)
{
	struct floor_ask ask = {.trigger = press->trigger,
		.priority = press->priority,
		.has_priority = press->priority != 0,
		.is_emergency = press->button == MEDIA_BUTTON_EMERGENCY,
		.may_queue = true,
		.may_preempt = true};
	button_request(member, &ask, came_ns);
}

static void grant(struct member *member, const struct media_press *press, uint64_t came_ns)
{
	struct group *group = member->group;
	member->presses++;
	note_press(member, came_ns);
	int error = floor_grant(&group->floor, &member->floor, press->trigger, now_ms(member));
	if (error)
		member->asked.cause = error == -EPERM ? FLOOR_DENY_RECEIVE_ONLY : FLOOR_DENY_OTHER;
	forget_unless_asked(member);
	group_touch(group);
}

/* False: it was not counted. */
static bool press_button(struct member *member, const struct media_press *press, uint64_t came_ns)
{
	struct floor *floor = &member->group->floor;
	switch ((enum media_button)press->button) {
	case MEDIA_BUTTON_KEY:
		return press_by_key(member, press, came_ns);
	case MEDIA_BUTTON_REQUEST:
	case MEDIA_BUTTON_EMERGENCY:
		ask_by_word(member, press, came_ns);
		return true;
	case MEDIA_BUTTON_RELEASE:
		button_release(member);
		return true;
	case MEDIA_BUTTON_GRANT:
		grant(member, press, came_ns);
		return true;
	case MEDIA_BUTTON_REVOKE:
		group_touch(member->group);
		return floor_revoke(floor, &member->floor, now_ms(member)) == 0;
	case MEDIA_BUTTON_DECLARE:
	case MEDIA_BUTTON_CLEAR:
		floor_emergency_set(floor, press->button == MEDIA_BUTTON_DECLARE, now_ms(member));
		group_touch(member->group);
		return true;
	case MEDIA_BUTTON_ASK:
		return true;
	case MEDIA_BUTTON_COUNT:
		break;
	}
	return false;
}

/* What is done to the floor is no button of the member's that it is done by. */
static bool is_order(const struct media_press *press)
{
	return press->button == MEDIA_BUTTON_REVOKE || press->button == MEDIA_BUTTON_DECLARE ||
	       press->button == MEDIA_BUTTON_CLEAR;
}

/* Its answer is given when all that came in this round is decided. */
static struct member_press *note_asked(struct member *member, const struct media_press *press)
{
	struct member_asked *asked = &member->asked;
	asked->cause = 0; /* of an earlier round */
	if (asked->count < MEMBER_ASKED_MAX)
		asked->count++;
	struct member_press *noted = &asked->presses[asked->count - 1];
	*noted = (struct member_press){.number = press->number, .trigger = press->trigger};
	return noted;
}

static void answer_soon(struct member *member)
{
	if (!list_is_linked(&member->asked.link))
		list_push_tail(&member->group->asked, &member->asked.link);
	group_tell(member->group, 0); /* the answer is given at the end of this round */
}

void button_press(struct member *member, const struct media_press *press)
{
	struct group *group = member->group;
	uint64_t came_ns = press->received_ns ? press->received_ns : group->relay->now_ns;
	struct member_press *asked = note_asked(member, press);
	bool counts = member->floor.state != FLOOR_MEMBER_GONE &&
		      (is_order(press) || press->trigger >= MEDIA_TRIGGER_COUNT ||
			      button_counts(member, press->trigger));
	asked->is_ignored = !counts || !press_button(member, press, came_ns);
	asked->cause = member->asked.cause;
	member->asked.cause = 0;
	answer_soon(member);
}

/* ---- SDP ---- */

/* On hold, whichever way: it does not both send and receive. */
static bool is_held(const struct member *member)
{
	return !member->said->sends || !member->said->receives;
}

void button_join(struct member *member)
{
	struct floor_ask ask = {
		.trigger = MEDIA_TRIGGER_RTCP,
		.priority = member->said->terms.priority,
		.has_priority = member->said->terms.priority != 0,
		.may_queue = true,
		.may_preempt = true,
	};
	member->is_held = is_held(member);
	if (!member->channel || !member->said->terms.is_request)
		return;
	if (member->said->terms.wants_granted) {
		static const struct media_press by_invite = {.trigger = MEDIA_TRIGGER_RTCP};
		note_asked(member, &by_invite);
		answer_soon(member);
	}
	button_request(member, &ask, member->group->relay->now_ns);
}

void button_direction(struct member *member)
{
	bool was_held = member->is_held;
	struct floor_ask ask = {
		.trigger = MEDIA_TRIGGER_HOLD, .may_queue = true, .may_preempt = true};
	member->is_held = is_held(member);
	if (member->is_held == was_held || !button_counts(member, MEDIA_TRIGGER_HOLD))
		return;
	if (member->is_held)
		button_release(member);
	else
		button_request(member, &ask, member->group->relay->now_ns);
}
