/* SPDX-License-Identifier: Apache-2.0 */
/* group_record.c: what a talker says goes to the recorder, where its group is recorded. */
#include "media/group_record.h"

#include "media/relay.h"

void group_record_begin(struct group *group, struct member *member)
{
	const struct relay *relay = group->relay;
	const struct record_begin begin = {.group = group->settings->record,
		.member = member->said->identity,
		.trigger = media_trigger_name(member->spurt.trigger),
		.began_ms = member->spurt.began_wall_ms,
		.priority = member->spurt.priority,
		.is_emergency = member->spurt.is_emergency};
	member->record = recorder_begin(relay->media->recorder, relay->index, &begin);
}

void group_record_sound(
	const struct group *group, struct member *member, const struct rtp_packet *packet)
{
	const struct relay *relay = group->relay;
	if (LIKELY(member->record == RECORD_NONE))
		return;
	const struct record_frame frame = {.codec = member->codec,
		.sequence = packet->sequence,
		.timestamp = packet->timestamp,
		.came_ms = relay->now_ms,
		.payload = packet->payload,
		.length = packet->payload_length};
	recorder_put(relay->media->recorder, relay->index, member->record, &frame);
}

void group_record_end(struct group *group, struct member *member, const struct media_spurt *spurt)
{
	const struct relay *relay = group->relay;
	const struct record_end end = {.why = media_spurt_end_name(spurt->end),
		.packets = spurt->packets,
		.lost = spurt->lost,
		.length_ms = spurt->length_ms,
		.grant_us = spurt->grant_us,
		.clipped = spurt->clipped};
	recorder_end(relay->media->recorder, relay->index, member->record, &end);
	member->record = RECORD_NONE;
}
