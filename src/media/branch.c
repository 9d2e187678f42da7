/* SPDX-License-Identifier: Apache-2.0 */
/* branch.c: the legs of a group that are not on its own relay thread, on theirs. */
#include "media/branch.h"

#include <errno.h>
#include <string.h>

#include "base/metrics.h"
#include "media/away.h"
#include "media/channel.h"
#include "media/conference.h"
#include "media/fanout.h"
#include "media/overlay.h"
#include "media/refusal.h"
#include "media/relay.h"
#include "rtp/bytes.h"

/* ---- legs ---- */

/* The one that was needed last is looked at first. */
static struct group *find(struct relay *relay, media_id id)
{
	struct list *open = &relay->groups.open;
	LIST_EACH(link, open)
	{
		struct group *branch = container_of(link, struct group, link);
		if (!branch->is_branch || branch->id != id)
			continue;
		list_remove(link);
		list_push_head(open, link);
		return branch;
	}
	return NULL;
}

void branch_watch(struct group *branch)
{
	struct media_group_report report;
	if (media_read_group(branch->relay->media, branch->id, &report) < 0)
		return;
	branch->own.floor = report.floor;
	branch->own.keepalive = report.keepalive;
	branch->own.has_refuse_tone = report.refuse_tone;
	branch->is_known = true;
}

int branch_add(struct relay *relay, struct member *leg)
{
	media_id id = leg->lease->group;
	struct group *branch = find(relay, id);
	if (!branch)
		branch = group_open_branch(relay, id);
	if (!branch)
		return -ENOBUFS;
	leg->group = branch;
	list_push_tail(&branch->members, &leg->link);
	branch->member_count++;
	branch_change(leg);
	lease_show(leg->lease, slab_handle(&relay->members, leg));
	return 0;
}

void branch_change(struct member *leg)
{
	group_hear_or_not(leg->group, leg);
	branch_gate_of(leg);
	atomic_store_explicit(&leg->lease->ssrc, leg->splice.ssrc, memory_order_release);
}

void branch_remove(struct member *leg)
{
	struct group *branch = leg->group;
	member_say_bye(leg);
	list_remove(&leg->listening);
	overlay_end(branch->relay, leg);
	list_remove(&leg->link);
	leg->group = NULL;
	if (--branch->member_count == 0)
		group_close_branch(branch);
}

unsigned branch_gate_of(struct member *leg)
{
	unsigned gate = atomic_load_explicit(&leg->lease->twin->gate, memory_order_acquire);
	bool was_speaking = leg->is_speaking;
	leg->is_speaking = gate & AWAY_GATE_SPEAKING;
	if (was_speaking && !leg->is_speaking)
		refusal_rest(leg);
	return gate;
}

enum ed137_ptt branch_ptt_of(const struct member *leg)
{
	uint32_t gate = atomic_load_explicit(&leg->lease->twin->gate, memory_order_acquire);
	return (enum ed137_ptt)(gate >> AWAY_GATE_PTT_SHIFT);
}

/* ---- to the owner ---- */

static void pass_on(struct member *leg, enum trunk_kind kind, const struct media_packet *packet)
{
	struct lease *twin = leg->lease->twin;
	uint64_t member = atomic_load_explicit(&twin->handle, memory_order_acquire);
	if (!member) /* it is not there yet, or not any more */
		return;
	struct trunk_item *item = NULL;
	/* who is not heard may send what it likes */
	uint32_t kept = kind == TRUNK_READY || leg->is_speaking ? 0 : TRUNK_KEPT;
	if (packet->length <= TRUNK_BYTES_MAX)
		item = trunk_item(leg->group->relay, twin->relay->index, kind, kept);
	else
		metrics_add(METRIC_group_passed_lost, 1);
	if (!item)
		return;
	item->member = member;
	item->rtp_kind = (uint8_t)packet->kind;
	item->component = (uint8_t)packet->component;
	item->length = (uint16_t)packet->length;
	memcpy(item->bytes, packet->bytes, packet->length);
	trunk_send(leg->group->relay, twin->relay->index);
}

void branch_ready(struct member *leg)
{
	const struct media_packet nothing = {.bytes = (const uint8_t *)""};
	pass_on(leg, TRUNK_READY, &nothing);
}

void branch_spoke(struct member *leg)
{
	const struct media_packet nothing = {.bytes = (const uint8_t *)""};
	pass_on(leg, TRUNK_SPOKE, &nothing);
}

static bool is_wanted(struct member *leg, const struct media_packet *packet)
{
	unsigned gate = branch_gate_of(leg);
	if (gate & AWAY_GATE_SOUND) {
		member_unmuffle(leg); /* the word of it may be late */
		return true;
	}
	if (!(gate & AWAY_GATE_LOUD) || conference_is_nothing(leg, packet))
		return false;
	leg->loud_ms = leg->group->relay->now_ms;
	return true;
}

static void hear_rtp(struct member *leg, const struct media_packet *packet)
{
	uint8_t type = packet->bytes[1] & 0x7f;
	bool is_event = type == leg->event_type && type != 0;
	if (is_event || is_wanted(leg, packet)) {
		pass_on(leg, TRUNK_HEARD, packet);
		return;
	}
	leg->ungranted++;
	metrics_add(METRIC_media_dropped_ungranted, 1);
	if (UNLIKELY(leg->group->settings->has_refuse_tone))
		refusal_hear(leg, packet);
}

void branch_deliver(struct relay *relay, struct stream_end *from, const struct media_packet *packet)
{
	struct member *leg = from->owner;
	if (UNLIKELY(!leg->group))
		return;
	if (LIKELY(packet->kind == RTP_KIND_RTP)) {
		hear_rtp(leg, packet);
	} else if (packet->kind == RTP_KIND_RTCP) {
		reporter_hear(&leg->reporter, packet, relay->now_ns);
		if (leg->channel && floor_message_is_datagram(packet->bytes, packet->length))
			branch_floor(leg, packet);
	}
}

void branch_floor(struct member *leg, const struct media_packet *packet)
{
	enum floor_message_type first = floor_message_type_of(packet->bytes);
	if (leg->group && channel_admits(leg->channel, first, leg->group->relay->now_ns))
		pass_on(leg, TRUNK_FLOOR, packet);
}

/* ---- from the owner ---- */

static struct member *leg_of(struct relay *relay, const struct trunk_item *item)
{
	struct member *leg = slab_get(&relay->members, item->member);
	return leg && leg->lease->kind == LEASE_LEG && leg->group ? leg : NULL;
}

static struct fanout_frame frame_of(const struct trunk_item *item)
{
	struct fanout_frame frame = {.length = item->length - RTP_HEADER_SIZE};
	memcpy(frame.bytes + RTP_HEADER_SIZE, item->bytes + RTP_HEADER_SIZE, frame.length);
	return frame;
}

void branch_speech(struct relay *relay, struct trunk_item *item)
{
	struct group *branch = find(relay, item->group);
	const struct member *talker = slab_get(&relay->members, item->member);
	if (branch)
		fanout_piece(branch, item->codec, talker, &item->piece, item->bytes);
}

void branch_mix(struct relay *relay, struct trunk_item *item)
{
	struct group *branch = find(relay, item->group);
	struct fanout_frame frame = frame_of(item);
	if (branch)
		fanout_frame(branch, item->codec, &frame);
}

void branch_frame(struct relay *relay, struct trunk_item *item)
{
	struct member *leg = leg_of(relay, item);
	struct fanout_frame frame = frame_of(item);
	/* what is encoded for one codec is nothing to one that has changed to another */
	if (leg && list_is_linked(&leg->listening) && leg->codec == item->codec)
		fanout_frame_to(leg->group, leg, &frame);
}

void branch_tone(struct relay *relay, struct trunk_item *item)
{
	struct member *leg = leg_of(relay, item);
	if (leg && list_is_linked(&leg->listening))
		fanout_tone(leg, (enum tone)item->tone);
}

void branch_say(struct relay *relay, struct trunk_item *item)
{
	struct member *leg = leg_of(relay, item);
	if (!leg || !leg->channel)
		return;
	bytes_put_u32(item->bytes + FLOOR_MESSAGE_SSRC_AT, leg->channel->ssrc);
	end_send(&leg->channel->end, item->bytes, item->length, false);
}

static bool is_one_of(const uint64_t *handles, size_t count, uint64_t handle)
{
	for (size_t i = 0; i < count; i++)
		if (handles[i] == handle)
			return true;
	return false;
}

void branch_status(struct relay *relay, struct trunk_item *item)
{
	struct group *branch = find(relay, item->group);
	struct away_status all;
	if (!branch || item->length != sizeof(all))
		return;
	memcpy(&all, item->bytes, sizeof(all));
	LIST_EACH(link, &branch->members)
	{
		struct member *leg = container_of(link, struct member, link);
		uint64_t handle = slab_handle(&relay->members, leg);
		if (!leg->channel || is_one_of(all.holders, ARRAY_LENGTH(all.holders), handle))
			continue;
		bool may_ask = leg->said->may_talk && !leg->said->is_muted &&
			       (all.status.may_request || handle == all.originator);
		channel_say_status(leg->channel, &all.status, may_ask);
	}
}

/* What was thrown away unseen is wanted now, or the other way round. */
void branch_gate(struct relay *relay, struct trunk_item *item)
{
	struct member *leg = leg_of(relay, item);
	if (leg && branch_gate_of(leg) & AWAY_GATE_SOUND)
		member_unmuffle(leg);
}
