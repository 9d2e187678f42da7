/* SPDX-License-Identifier: Apache-2.0 */
/* arbiter.c: a group's floor on its relay thread. */
#include "media/arbiter.h"

#include <string.h>

#include "base/metrics.h"
#include "media/away.h"
#include "media/button.h"
#include "media/channel.h"
#include "media/conference.h"
#include "media/fanout.h"
#include "media/group_record.h"
#include "media/relay.h"
#include "media/voice_key.h"

static struct group *group_of(struct floor *floor)
{
	return container_of(floor, struct group, floor);
}

static void tell_worker(struct group *group, struct lease *lease, struct news_item *item)
{
	item->id = lease->id;
	item->owner = lease->owner;
	news_tell(&group->relay->news[relay_worker(lease)->index], item);
}

/* ---- talk spurts ---- */

/* From the button to the grant; what it said meanwhile nobody heard, but for what was kept. */
static void measure_grant(struct member *member, unsigned played, uint64_t now_ns)
{
	struct member_spurt *spurt = &member->spurt;
	if (!member->pressed_ns)
		return;
	uint64_t grant_ns = now_ns > member->pressed_ns ? now_ns - member->pressed_ns : 0;
	uint32_t clipped = member->floor.dropped - member->pressed_dropped;
	clipped -= MIN(clipped, played);
	spurt->grant_us = (uint32_t)MIN(MAX(grant_ns / 1000, 1), UINT32_MAX);
	spurt->clipped = (uint16_t)MIN(clipped, UINT16_MAX);
	member->pressed_ns = 0;
	metrics_record(HISTOGRAM_group_grant_time, grant_ns);
	metrics_record(HISTOGRAM_group_clipped, clipped);
}

void arbiter_begin_spurt(struct group *group, struct member *member, uint8_t trigger)
{
	const struct rtp_receiver *receiver = &member->audio.receiver;
	member->spurt = (struct member_spurt){
		.began_ms = group->relay->now_ms,
		.began_wall_ms = clock_wall_ms(group->relay->clock),
		.packets = receiver->packets,
		.lost = (uint32_t)rtp_receiver_lost(receiver),
		.trigger = trigger,
		.priority = member->floor.priority,
		.is_emergency = member->floor.is_emergency,
	};
	group_record_begin(group, member);
	group_open_gate(group, member);
	metrics_add(METRIC_group_spurts, 1);
}

void arbiter_end_spurt(struct group *group, struct member *member, enum media_spurt_end why)
{
	const struct rtp_receiver *receiver = &member->audio.receiver;
	const struct member_spurt *spurt = &member->spurt;
	uint64_t length_ms = group->relay->now_ms - spurt->began_ms;
	uint32_t lost = (uint32_t)rtp_receiver_lost(receiver);
	struct news_item item = {.kind = NEWS_SPURT,
		.spurt = {
			.group = group->id,
			.member = member->lease->id,
			.tag = member->said->tag,
			.ago_ms = length_ms,
			.began_ms = spurt->began_wall_ms,
			.length_ms = (uint32_t)length_ms,
			.packets = receiver->packets - spurt->packets,
			/* what came late after all may make it less than it was */
			.lost = lost > spurt->lost ? lost - spurt->lost : 0,
			.grant_us = spurt->grant_us,
			.clipped = spurt->clipped,
			.trigger = spurt->trigger,
			.end = (uint8_t)(group->is_closing ? MEDIA_SPURT_CLOSED : why),
			.priority = spurt->priority,
			.is_emergency = spurt->is_emergency,
		}};
	group_record_end(group, member, &item.spurt);
	group_close_gate(group, member);
	member->spurts++;
	member->talked_ms += length_ms;
	group->spurts++;
	tell_worker(group, group->lease, &item);
}

/* ---- answers ---- */

/* What a member is after its press was decided. */
static struct media_answer answer_of(
	struct group *group, const struct member *member, const struct member_press *press)
{
	const struct floor_member *floor = &member->floor, *talker = floor_talker(&group->floor);
	struct media_answer answer = {.number = press->number, .trigger = press->trigger};
	answer.position = (uint16_t)floor_place(&group->floor, floor);
	answer.outcome = MEDIA_OUTCOME_RELEASED;
	if (floor->state == FLOOR_MEMBER_PERMITTED) {
		answer.outcome = MEDIA_OUTCOME_GRANTED;
	} else if (floor->state == FLOOR_MEMBER_STOPPING) {
		/* heard for a moment more, and a request of his is not heard any more */
		answer.outcome = MEDIA_OUTCOME_REVOKED;
		answer.cause = floor->cause;
	} else if (floor_is_waiting(floor)) {
		answer.outcome = MEDIA_OUTCOME_QUEUED;
	} else if (press->cause || member->asked.cause) {
		answer.outcome = MEDIA_OUTCOME_DENIED;
		answer.cause = press->cause ? press->cause : member->asked.cause;
	} else if (press->is_ignored) {
		answer.outcome = MEDIA_OUTCOME_IGNORED;
	}
	if (talker) {
		const struct member *who = container_of(talker, struct member, floor);
		answer.talker_tag = who->said->tag;
		if (!who->said->is_anonymous)
			memcpy(answer.talker, who->said->identity, sizeof(answer.talker) - 1);
	}
	return answer;
}

/* Each press of this round has an answer of its own. */
static void answer_all(struct group *group, struct member *member)
{
	for (unsigned i = 0; i < member->asked.count; i++) {
		struct news_item item = {.kind = NEWS_ANSWER,
			.answer = answer_of(group, member, &member->asked.presses[i])};
		tell_worker(group, member->lease, &item);
	}
	list_remove(&member->asked.link);
	member->asked = (struct member_asked){0};
}

/* Whoever reads answers is told what befalls him later, too. */
static void answer_later(struct group *group, struct member *member, enum media_outcome outcome,
	const struct floor_saying *saying)
{
	static const uint16_t readers = 1 << MEDIA_TRIGGER_MESSAGE | 1 << MEDIA_TRIGGER_API |
					1 << MEDIA_TRIGGER_INFO | 1 << MEDIA_TRIGGER_HOLD;
	const struct member_press none = {.trigger = member->floor.trigger};
	struct news_item item = {.kind = NEWS_ANSWER, .answer = answer_of(group, member, &none)};
	if (list_is_linked(&member->asked.link) || !(readers >> member->floor.trigger & 1))
		return;
	item.answer.cause = saying->cause;
	item.answer.outcome = outcome;
	tell_worker(group, member->lease, &item);
}

/* ---- what the floor says ---- */

static void say(
	struct floor *floor, struct floor_member *floor_member, const struct floor_saying *saying)
{
	struct group *group = group_of(floor);
	struct member *member = member_of_floor(floor_member);
	if (member->channel && !saying->is_unsaid)
		channel_say(member->channel, saying);
	switch ((enum floor_word)saying->word) {
	case FLOOR_GRANTED:
		answer_later(group, member, MEDIA_OUTCOME_GRANTED, saying);
		break;
	case FLOOR_DENY:
		button_forget(member);
		member->asked.cause = saying->cause;
		voice_key_refused(member);
		/* one who waited, and does not any more */
		answer_later(group, member, MEDIA_OUTCOME_DENIED, saying);
		group->denied++;
		metrics_add(METRIC_group_denied, 1);
		break;
	case FLOOR_REVOKE:
		group->revoked++;
		if (saying->cause != FLOOR_REVOKE_NO_PERMISSION)
			answer_later(group, member, MEDIA_OUTCOME_REVOKED, saying);
		break;
	case FLOOR_POSITION:
		button_forget(member); /* who waits for others is not measured */
		break;
	case FLOOR_TAKEN:
	case FLOOR_IDLE:
		break;
	}
}

static void say_others(struct floor *floor, const struct floor_saying *saying)
{
	struct group *group = group_of(floor);
	/* other threads first: they send at the same time */
	away_say_all(group, saying);
	LIST_EACH(link, &group->channels)
	{
		struct channel *channel = channel_of(link);
		if (!channel->member->is_away && !floor_is_holder(&channel->member->floor))
			channel_say(channel, saying);
	}
}

/* For those who cannot read. */
static void tone(struct floor *floor, struct floor_member *floor_member, enum floor_tone which)
{
	static const enum tone tones[FLOOR_TONE_COUNT] = {
		[FLOOR_TONE_GRANTED] = TONE_GRANTED,
		[FLOOR_TONE_DENIED] = TONE_DENIED,
		[FLOOR_TONE_QUEUED] = TONE_QUEUED,
		[FLOOR_TONE_REVOKED] = TONE_REVOKED,
		[FLOOR_TONE_NEARLY_OVER] = TONE_NEARLY_OVER,
		[FLOOR_TONE_ROGER] = TONE_ROGER,
	};
	const struct group *group = group_of(floor);
	struct member *member = member_of_floor(floor_member);
	bool is_wanted =
		which == FLOOR_TONE_ROGER ? group->settings->has_roger : group->settings->has_tones;
	/* on hold it would hear it when it comes back */
	if (is_wanted && !member->channel && list_is_linked(&member->listening))
		fanout_tone(member, tones[which]);
}

/* What it said before it was heard, where speaking is its button. */
static unsigned play_before(struct group *group, struct member *member)
{
	struct rtp_packet packet;
	unsigned played = 0;
	for (; member->voice_key && voice_key_take(member->voice_key, &packet); played++)
		fanout_speech(group, member, &packet);
	return played;
}

static void opened(struct floor *floor, struct floor_member *floor_member)
{
	struct group *group = group_of(floor);
	struct member *member = member_of_floor(floor_member);
	arbiter_begin_spurt(group, member, floor_member->trigger);
	unsigned played = play_before(group, member);
	measure_grant(member, played, group->relay->now_ns);
}

static void closed(struct floor *floor, struct floor_member *floor_member, enum floor_why why)
{
	static const enum media_spurt_end ends[FLOOR_WHY_COUNT] = {
		[FLOOR_WHY_RELEASED] = MEDIA_SPURT_RELEASED,
		[FLOOR_WHY_SILENT] = MEDIA_SPURT_MEDIA_ENDED,
		[FLOOR_WHY_MAX_TALK] = MEDIA_SPURT_TIME_OVER,
		[FLOOR_WHY_PREEMPTED] = MEDIA_SPURT_PREEMPTED,
		[FLOOR_WHY_GRANTED_AWAY] = MEDIA_SPURT_GRANTED_AWAY,
		[FLOOR_WHY_REVOKED] = MEDIA_SPURT_REVOKED,
		[FLOOR_WHY_MUTED] = MEDIA_SPURT_REVOKED,
		[FLOOR_WHY_LEFT] = MEDIA_SPURT_LEFT,
		[FLOOR_WHY_SETTINGS] = MEDIA_SPURT_REVOKED,
	};
	if (why != FLOOR_WHY_RELEASED)
		voice_key_refused(member_of_floor(floor_member));
	if (why == FLOOR_WHY_PREEMPTED || why == FLOOR_WHY_GRANTED_AWAY)
		voice_key_preempted(member_of_floor(floor_member));
	arbiter_end_spurt(group_of(floor), member_of_floor(floor_member), ends[why]);
}

static void inactive(struct floor *floor)
{
	group_tell(group_of(floor), MEDIA_GROUP_TOLD_IDLE);
}

/* Who declared it: the one who talks so, as long as nobody else has. */
static void note_emergency(struct group *group)
{
	if (!group->floor.is_emergency)
		group->emergency_tag = 0;
	for (unsigned i = 0; group->floor.is_emergency && i < group->speaker_count; i++)
		if (group->speakers[i]->floor.is_emergency && !group->emergency_tag)
			group->emergency_tag = group->speakers[i]->said->tag;
}

static void changed(struct floor *floor)
{
	struct group *group = group_of(floor);
	note_emergency(group);
	group->change++;
	group_tell(group, MEDIA_GROUP_TOLD_FLOOR);
}

static const struct floor_hooks hooks = {
	.say = say,
	.say_others = say_others,
	.tone = tone,
	.opened = opened,
	.closed = closed,
	.inactive = inactive,
	.changed = changed,
};

/* ---- settings and members ---- */

static uint32_t or_default(uint32_t value, uint32_t otherwise)
{
	return value ? value : otherwise;
}

static struct floor_settings settings_of(const struct media_group_settings *group)
{
	static const uint8_t preempts[] = {
		[MEDIA_PREEMPT_EMERGENCY] = FLOOR_PREEMPT_EMERGENCY,
		[MEDIA_PREEMPT_PRIORITY] = FLOOR_PREEMPT_PRIORITY,
		[MEDIA_PREEMPT_NEVER] = FLOOR_PREEMPT_NEVER,
	};
	struct floor_settings settings = floor_settings_default;
	uint32_t max_talk_ms = or_default(group->max_talk_ms, settings.max_talk_ms);
	settings.talkers = (uint16_t)MIN(MAX(group->talkers, 1), MEDIA_GROUP_TALKERS_MAX);
	settings.queue = group->queue;
	settings.preempt = preempts[group->preempt];
	settings.is_broadcast = group->is_broadcast;
	settings.max_talk_ms = max_talk_ms == UINT32_MAX ? 0 : max_talk_ms;
	settings.hang_ms = group->hang_ms;
	settings.inactive_ms = group->idle_timeout_ms;
	settings.end_of_rtp_ms = or_default(group->t1_ms, settings.end_of_rtp_ms);
	settings.grace_ms = or_default(group->t3_ms, settings.grace_ms);
	settings.revoke_again_ms = or_default(group->t8_ms, settings.revoke_again_ms);
	settings.granted_again_ms = or_default(group->t20_ms, settings.granted_again_ms);
	settings.idle_again_ms = group->t7_ms;
	return settings;
}

static struct floor_terms terms_of(const struct member *member)
{
	const struct media_member_description *said = member->said;
	bool has_packets = member->channel != NULL;
	return (struct floor_terms){
		.priority = has_packets && said->terms.priority
				    ? MIN(said->terms.priority, said->priority)
				    : said->priority,
		.has_packets = has_packets,
		.can_queue = !has_packets || said->terms.may_queue,
		.is_listen_only = !said->may_talk,
		.may_declare_emergency = said->may_declare_emergency,
	};
}

void arbiter_init(struct group *group)
{
	struct floor_settings settings = settings_of(group->settings);
	floor_init(&group->floor, &settings, &hooks);
	group->floor.is_emergency =
		group->settings->is_emergency && group->settings->floor == MEDIA_FLOOR_PTT;
	group->floor_kind = group->settings->floor;
}

void arbiter_join(struct group *group, struct member *member)
{
	struct floor_terms terms = terms_of(member);
	uint64_t now_ms = group->relay->now_ms;
	if (group->settings->floor != MEDIA_FLOOR_PTT)
		return;
	floor_join(&group->floor, &member->floor, &terms, now_ms);
	if (member->said->is_muted)
		floor_mute(&group->floor, &member->floor, true, now_ms);
	group_touch(group);
	button_join(member);
}

void arbiter_change(struct group *group, struct member *member)
{
	struct floor_terms terms = terms_of(member);
	uint64_t now_ms = group->relay->now_ms;
	if (member->floor.state == FLOOR_MEMBER_GONE)
		return;
	floor_member_set(&group->floor, &member->floor, &terms, now_ms);
	if (member->floor.is_muted != member->said->is_muted)
		floor_mute(&group->floor, &member->floor, member->said->is_muted, now_ms);
	group_touch(group);
	button_direction(member);
}

void arbiter_inform(struct group *group, struct member *member)
{
	const struct floor_member *floor = &member->floor;
	if (floor->state != FLOOR_MEMBER_GONE && !floor_is_holder(floor))
		floor_say_status(&group->floor, &member->floor);
}

void arbiter_leave(struct group *group, struct member *member)
{
	floor_leave(&group->floor, &member->floor, group->relay->now_ms);
	button_forget(member);
	if (member->is_speaking)
		arbiter_end_spurt(group, member, MEDIA_SPURT_LEFT);
	group_touch(group);
}

/* A reload makes a conference of it, or the other way round: all go out and come in again. What is
 * thrown away unseen is another thing then, and so is whose sound must be decoded. */
static void change_kind(struct group *group)
{
	LIST_EACH(link, &group->members)
	{
		arbiter_leave(group, container_of(link, struct member, link));
	}
	group->floor_kind = group->settings->floor;
	if (group->floor_kind == MEDIA_FLOOR_OPEN) /* there is nothing to hold any more */
		floor_emergency_set(&group->floor, false, group->relay->now_ms);
	LIST_EACH(link, &group->members)
	{
		struct member *member = container_of(link, struct member, link);
		member_unmuffle(member);
		group_change_voice_key(group, member);
		arbiter_join(group, member);
	}
	changed(&group->floor); /* whoever was heard is not */
}

void arbiter_set(struct group *group)
{
	struct floor_settings settings = settings_of(group->settings);
	floor_set(&group->floor, &settings, group->relay->now_ms);
	if (group->floor_kind != group->settings->floor)
		change_kind(group);
	if (group->floor_kind == MEDIA_FLOOR_OPEN)
		conference_set(group);
	LIST_EACH(link, &group->voice_keys)
	{
		voice_key_set(container_of(link, struct voice_key, link));
	}
	group_touch(group);
}

void arbiter_run(struct group *group)
{
	uint64_t now_ms = group->relay->now_ms;
	if (floor_deadline(&group->floor) <= now_ms)
		floor_due(&group->floor, now_ms);
	while (!list_is_empty(&group->asked))
		answer_all(group, container_of(group->asked.next, struct member, asked.link));
}
