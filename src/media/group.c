/* SPDX-License-Identifier: Apache-2.0 */
/* group.c: a push-to-talk group: opened, changed, closed; who comes and goes; its turn. */
#include "media/group.h"

#include <stdio.h>
#include <string.h>

#include "base/metrics.h"
#include "base/random.h"
#include "media/arbiter.h"
#include "media/audience.h"
#include "media/away.h"
#include "media/branch.h"
#include "media/channel.h"
#include "media/fanout.h"
#include "media/group_report.h"
#include "media/mixer.h"
#include "media/overlay.h"
#include "media/refusal.h"
#include "media/relay.h"
#include "media/voice_key.h"
#include "sound/level.h"

#define NS_PER_MS   UINT64_C(1000000)
#define GROUPS_MOST 4096
#define FRAME_NS    (GROUP_FRAME_MS * NS_PER_MS)
/* A thread that was held up for so long does not make up for it. */
#define FRAMES_BEHIND 5
/* While somebody is heard the report is written anew so often: each 200 ms. */
#define SHOWN_FRAMES 10

int groups_init(struct groups *groups, const struct media_config *config)
{
	uint32_t most = config->sessions_max ? MIN(config->sessions_max, GROUPS_MOST) : GROUPS_MOST;
	list_init(&groups->open);
	list_init(&groups->awaited);
	groups->due_ms = FLOOR_NEVER;
	groups->frame_ns = 0;
	return slab_init_aligned(&groups->slab, "groups", sizeof(struct group), most, CACHE_LINE);
}

void groups_done(struct groups *groups)
{
	slab_done(&groups->slab);
}

struct group *group_find(struct relay *relay, media_id id)
{
	LIST_EACH(link, &relay->groups.open)
	{
		struct group *group = container_of(link, struct group, link);
		if (group->id == id && !group->is_branch)
			return group;
	}
	return NULL;
}

void group_tell(struct group *group, uint32_t bits)
{
	group->told |= bits;
	group->relay->groups.due_ms = 0;
}

void group_touch(struct group *group)
{
	struct groups *groups = &group->relay->groups;
	/* what it was due for before is looked at then, too */
	groups->due_ms = MIN(groups->due_ms, floor_deadline(&group->floor));
}

/* ---- opened, changed, closed ---- */

static struct group *take_group(struct relay *relay, media_id id)
{
	struct group *group = slab_take(&relay->groups.slab);
	if (!group)
		return NULL;
	memset(group, 0, sizeof(*group));
	group->relay = relay;
	group->id = id;
	group->opened_ms = group->quiet_ms = relay->now_ms;
	list_init(&group->members);
	list_init(&group->channels);
	list_init(&group->asked);
	list_init(&group->voice_keys);
	list_init(&group->pressing);
	list_init(&group->overlaid);
	list_init(&group->away.listeners);
	for (unsigned i = 0; i < CODEC_COUNT; i++)
		list_init(&group->listeners[i]);
	snprintf(group->cname, sizeof(group->cname), "%016llx%08llx",
		(unsigned long long)random_u64(), (unsigned long long)random_u64() & 0xffffffff);
	list_push_tail(&relay->groups.open, &group->link);
	return group;
}

static struct group *open_group(
	struct relay *relay, struct lease *lease, const struct media_group_settings *settings)
{
	struct group *group = take_group(relay, lease->id);
	if (!group)
		return NULL;
	group->lease = lease;
	group->settings = settings;
	arbiter_init(group);
	lease->object = group;
	metrics_add(METRIC_groups_open, 1);
	return group;
}

struct group *group_open_branch(struct relay *relay, media_id id)
{
	struct group *branch = take_group(relay, id);
	if (!branch)
		return NULL;
	branch->is_branch = true;
	branch->settings = &branch->own;
	branch_watch(branch);
	return branch;
}

void group_close_branch(struct group *branch)
{
	overlay_close(branch);
	list_remove(&branch->link);
	slab_give(&branch->relay->groups.slab, branch);
}

static void send_away(struct group *group, struct member *member)
{
	group_remove(group, member);
	member_orphan(member);
}

/* Those who wait go first, lest the floor be theirs for a moment. */
static void send_all_away(struct group *group)
{
	LIST_EACH_SAFE(link, &group->members)
	{
		struct member *member = container_of(link, struct member, link);
		if (floor_is_waiting(&member->floor))
			send_away(group, member);
	}
	while (!list_is_empty(&group->members))
		send_away(group, container_of(group->members.next, struct member, link));
}

static void close_group(struct relay *relay, struct lease *lease)
{
	struct group *group = lease->object;
	struct media_group_report report = {.group = lease->id, .thread = relay->index};
	if (group) {
		group->is_closing = true;
		send_all_away(group);
		group_report(group, &report);
		mixer_done(group);
		overlay_close(group);
		list_remove(&group->link);
		slab_give(&relay->groups.slab, group);
		metrics_sub(METRIC_groups_open, 1);
	}
	lease_publish(lease, &report);
	relay_end_lease(relay, lease);
}

void group_hear(struct relay *relay, struct lease *lease)
{
	const struct lease_said *said = lease_hear(lease);
	struct group *group = lease->object;
	if (!said)
		return;
	if (said->is_dropped) {
		close_group(relay, lease);
		return;
	}
	if (group) {
		group->settings = &said->group;
		arbiter_set(group);
	} else {
		/* as many as there are leases may be opened, but not on one thread: members of one
		 * that is not there are told that it is closed */
		group = open_group(relay, lease, &said->group);
	}
	if (group)
		group_publish(group);
}

/* ---- members ---- */

/* Whose codec is not known hears nothing. What was not sent to one on hold is no gap in its stream:
 * it joins the talk anew. */
void group_hear_or_not(struct group *group, struct member *member)
{
	audience_change(group);
	if (UNLIKELY(member->is_away)) {
		away_listen(group, member);
		return;
	}
	/* another codec, or other settings: its tone goes on with another encoder */
	overlay_give(group->relay, member);
	list_remove(&member->listening);
	member->splice.source = NULL;
	if (member->codec != CODEC_NONE && member->said->receives)
		list_push_tail(&group->listeners[member->codec], &member->listening);
	else
		member->tone = TONE_COUNT;
}

void group_change_voice_key(struct group *group, struct member *member)
{
	voice_key_describe(group->relay, member);
	if (member->voice_key && !list_is_linked(&member->voice_key->link))
		list_push_tail(&group->voice_keys, &member->voice_key->link);
	if (UNLIKELY(member->is_away))
		away_gate(member);
}

void group_add(struct group *group, struct member *member)
{
	member->group = group;
	list_push_tail(&group->members, &member->link);
	group->member_count++;
	group_hear_or_not(group, member);
	if (member->channel)
		list_push_tail(&group->channels, channel_link(member->channel));
	group_change_voice_key(group, member);
	arbiter_join(group, member);
	group_tell(group, MEDIA_GROUP_TOLD_MEMBERS);
	metrics_add(METRIC_group_members, 1);
}

void group_change(struct group *group, struct member *member)
{
	bool has_news = member->channel && !list_is_linked(channel_link(member->channel));
	group_hear_or_not(group, member);
	if (has_news)
		list_push_tail(&group->channels, channel_link(member->channel));
	group_change_voice_key(group, member);
	arbiter_change(group, member);
	if (has_news)
		arbiter_inform(group, member);
}

void group_remove(struct group *group, struct member *member)
{
	arbiter_leave(group, member);
	mixer_leave(group, member);
	member_say_bye(member);
	if (UNLIKELY(member->is_away)) {
		away_deaf(group, member);
		away_count(group, member);
	}
	list_remove(&member->listening);
	overlay_end(group->relay, member);
	audience_change(group);
	list_remove(&member->link);
	list_remove(&member->asked.link);
	list_remove(&member->pressing);
	voice_key_give(group->relay, member);
	if (member->channel)
		list_remove(channel_link(member->channel));
	member->group = NULL;
	group->member_count--;
	group_tell(group, MEDIA_GROUP_TOLD_MEMBERS);
	metrics_sub(METRIC_group_members, 1);
}

void group_open_gate(struct group *group, struct member *member)
{
	if (member->is_speaking || group->speaker_count == ARRAY_LENGTH(group->speakers))
		return;
	member->is_speaking = true;
	member_unmuffle(member);
	if (UNLIKELY(member->is_away))
		rtp_receiver_rest(&member->audio.receiver);
	splice_source_anew(&member->source);
	group->speakers[group->speaker_count++] = member;
	audience_change(group);
	voice_key_taken(group);
}

void group_close_gate(struct group *group, struct member *member)
{
	unsigned at = 0;
	if (!member->is_speaking)
		return;
	member->is_speaking = false;
	member->level = LEVEL_SILENCE;
	refusal_rest(member);
	mixer_end(group, member);
	if (UNLIKELY(member->is_away))
		away_gate(member);
	while (group->speakers[at] != member)
		at++;
	group->speaker_count--;
	audience_change(group);
	voice_key_taken(group);
	memmove(&group->speakers[at], &group->speakers[at + 1],
		(group->speaker_count - at) * sizeof(group->speakers[0]));
	group->quiet_ms = group->relay->now_ms;
}

/* ---- its turn ---- */

static void run_group(struct group *group)
{
	struct relay *relay = group->relay;
	arbiter_run(group);
	if (group->told) {
		uint32_t told = group->told;
		group->told = 0;
		group_publish(group);
		relay_tell(group->lease, told);
	}
	relay->groups.due_ms = MIN(relay->groups.due_ms, floor_deadline(&group->floor));
}

static void run_due(struct relay *relay)
{
	struct groups *groups = &relay->groups;
	if (groups->due_ms > relay->now_ms)
		return;
	relay_read_clock(relay); /* from here a grant is measured to */
	groups->due_ms = FLOOR_NEVER;
	LIST_EACH(link, &groups->open)
	{
		struct group *group = container_of(link, struct group, link);
		if (!group->is_branch)
			run_group(group);
	}
}

static void run_frame(struct relay *relay)
{
	struct groups *groups = &relay->groups;
	if (groups->frame_ns + FRAMES_BEHIND * FRAME_NS < relay->now_ns)
		groups->frame_ns = relay->now_ns;
	groups->frame_ns += FRAME_NS;
	member_look_for_legs(relay);
	LIST_EACH(link, &groups->open)
	{
		struct group *group = container_of(link, struct group, link);
		if (UNLIKELY(group->is_branch && !group->is_known))
			branch_watch(group);
		if (!group->is_branch)
			away_say_owed(group);
		if (group->member_count > 0)
			fanout_pass(group);
		/* who watches sees levels move */
		if (group->speaker_count > 0 && ++group->shown_frames % SHOWN_FRAMES == 0)
			group_publish(group);
	}
}

void groups_run(struct relay *relay)
{
	const struct groups *groups = &relay->groups;
	if (LIKELY(list_is_empty(&groups->open) && list_is_empty(&groups->awaited)))
		return;
	run_due(relay);
	while (groups->frame_ns <= relay->now_ns)
		run_frame(relay);
}

int groups_wait_ms(const struct relay *relay, int most)
{
	const struct groups *groups = &relay->groups;
	uint64_t now_ms = relay->now_ms;
	if (list_is_empty(&groups->open) && list_is_empty(&groups->awaited))
		return most;
	/* rounded up: a round too early would be one in vain */
	uint64_t next_ms = MIN(groups->due_ms, (groups->frame_ns + NS_PER_MS - 1) / NS_PER_MS);
	return next_ms <= now_ms ? 0 : (int)MIN(next_ms - now_ms, (uint64_t)most);
}
