/* SPDX-License-Identifier: Apache-2.0 */
/* group_report.c: how a group is: who talks, who waits. */
#include "media/group_report.h"

#include "media/relay.h"
#include "sound/level.h"

static struct media_speaker speaker_of(const struct group *group, const struct member *member)
{
	bool is_open = group->settings->floor == MEDIA_FLOOR_OPEN;
	uint64_t since_ms = member->is_speaking ? member->spurt.began_ms : member->asked_ms;
	return (struct media_speaker){
		.tag = member->said->tag,
		.member = member->lease->id,
		.since_ms = (uint32_t)(group->relay->now_ms - since_ms),
		.trigger = is_open ? member->spurt.trigger : member->floor.trigger,
		.priority = member->floor.priority,
		.level = group_level(member),
		.is_emergency = member->floor.is_emergency,
	};
}

/* Those who wait: the next ones first, then the queue. */
static void report_waiting(
	const struct group *group, const struct list *head, struct media_group_report *report)
{
	LIST_EACH(link, head)
	{
		const struct member *member = member_of_floor(floor_member_of(link));
		if (report->waiting_count < ARRAY_LENGTH(report->waiting))
			report->waiting[report->waiting_count] = speaker_of(group, member);
		report->waiting_count++;
	}
}

static bool is_reserved(const struct group *group)
{
	LIST_EACH(link, &group->floor.holders)
	if (floor_member_of(link)->state == FLOOR_MEMBER_RESERVED)
		return true;
	return false;
}

void group_report(const struct group *group, struct media_group_report *ret_report)
{
	const struct relay *relay = group->relay;
	struct media_group_report report = {
		.group = group->id,
		.age_ms = relay->now_ms - group->opened_ms,
		.idle_ms = group->speaker_count ? 0 : relay->now_ms - group->quiet_ms,
		.emergency_tag = group->emergency_tag,
		.spurts = group->spurts,
		.denied = group->denied,
		.revoked = group->revoked,
		.ungranted = group->ungranted,
		.thread = relay->index,
		.members = group->member_count,
		.change = group->change,
		.talker_count = (uint16_t)group->speaker_count,
		.is_emergency = group->floor.is_emergency,
		.floor = group->settings->floor,
		.keepalive = group->settings->keepalive,
		.refuse_tone = group->settings->has_refuse_tone,
		.is_revoking = group->floor.state == FLOOR_STATE_REVOKING,
		.is_reserved = is_reserved(group),
	};
	for (unsigned i = 0; i < group->speaker_count; i++)
		report.talkers[i] = speaker_of(group, group->speakers[i]);
	report_waiting(group, &group->floor.next, &report);
	report_waiting(group, &group->floor.queue, &report);
	*ret_report = report;
}

void group_hear_level(struct member *member, const struct rtp_packet *packet)
{
	struct level level = level_of_packet(
		packet, (enum codec_id)member->codec, member->said->level_extension);
	if (level.from != LEVEL_UNKNOWN)
		member->level = level.level;
}

void group_publish(struct group *group)
{
	struct media_group_report report;
	group_report(group, &report);
	lease_publish(group->lease, &report);
}
