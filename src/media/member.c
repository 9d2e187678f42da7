/* SPDX-License-Identifier: Apache-2.0 */
/* member.c: a member's leg of a group: added, changed, dropped, watched; its packets. */
#include "media/member.h"

#include <string.h>

#include "base/metrics.h"
#include "media/away.h"
#include "media/branch.h"
#include "media/button.h"
#include "media/channel.h"
#include "media/conference.h"
#include "media/copies.h"
#include "media/fanout.h"
#include "media/group_report.h"
#include "media/muffle.h"
#include "media/relay.h"
#include "media/repack.h"
#include "media/score.h"
#include "media/voice_key.h"
#include "sound/level.h"

/* Of a conference: who was silent for so long is not likely to speak up at once. */
#define MUFFLE_QUIET_MS 2000
/* What is let through of a muffled phone is counted in packets, and one that sends few is not to
 * look dead. Not heard for so long, or for a part of the time that silence may last, it is listened
 * to until it is heard again. Phones of 20 ms are heard each 1.3 s. */
#define MUFFLE_UNHEARD_MS   3000
#define MUFFLE_UNHEARD_PART 3

/* ---- packets ---- */

static void hear_event(struct member *member, const struct rtp_packet *packet)
{
	struct group *group = member->group;
	if (member->floor.gate & FLOOR_GATE_OPEN) {
		/* a talker's keys are not passed on; that he sends them keeps his floor */
		floor_media(&group->floor, &member->floor, group->relay->now_ms);
		fanout_skip(group, member, packet);
	}
	button_event(member, packet);
}

/* Sound without the floor: nobody hears it. */
static void discard(struct group *group, struct member *member)
{
	member->ungranted++;
	group->ungranted++;
	metrics_add(METRIC_media_dropped_ungranted, 1);
}

/* How loud a talker is, for who watches. */
static void hear_speech(struct group *group, struct member *member, const struct rtp_packet *packet)
{
	struct level level = level_of_packet(
		packet, (enum codec_id)member->codec, member->said->level_extension);
	if (level.from != LEVEL_UNKNOWN)
		member->level = level.level;
	fanout_speech(group, member, packet);
}

static void hear_rtp(struct member *member, const struct media_packet *packet)
{
	struct group *group = member->group;
	uint8_t type = packet->bytes[1] & 0x7f;
	struct rtp_packet rtp;
	bool is_event = type == member->event_type && type != 0;
	bool is_asked = member->floor.gate & FLOOR_GATE_ASK;
	if (UNLIKELY(member->voice_key) && !is_event && voice_key_hear(member, packet)) {
		floor_media(&group->floor, &member->floor, group->relay->now_ms);
		return;
	}
	/* most of what comes to a group is silence of those who listen: out with it */
	if (LIKELY(!is_event &&
		    !floor_media(&group->floor, &member->floor, group->relay->now_ms))) {
		discard(group, member);
		if (UNLIKELY(group->settings->has_refuse_tone))
			refusal_hear(member, packet);
		if (UNLIKELY(is_asked))
			group_touch(group);
		return;
	}
	if (rtp_packet_parse(packet->bytes, packet->length, &rtp) < 0) {
		metrics_add(METRIC_media_dropped_not_rtp, 1);
		return;
	}
	if (is_event)
		hear_event(member, &rtp);
	else if (type == member->voice_type)
		hear_speech(group, member, &rtp);
	else
		fanout_no_speech(group, member, &rtp);
	group_touch(group);
}

void member_packet(struct relay *relay, struct member *member, const struct media_packet *packet)
{
	if (UNLIKELY(!member->group))
		return;
	if (LIKELY(packet->kind == RTP_KIND_RTP)) {
		if (member->group->settings->floor == MEDIA_FLOOR_OPEN)
			conference_hear(member->group, member, packet);
		else
			hear_rtp(member, packet);
	} else if (packet->kind == RTP_KIND_RTCP) {
		reporter_hear(&member->reporter, packet, relay->now_ns);
		/* floor packets by their name, wherever they come */
		if (member->channel && floor_message_is_datagram(packet->bytes, packet->length))
			channel_hear(member->channel, packet);
	}
}

static void deliver(struct relay *relay, struct stream_end *from, const struct media_packet *packet)
{
	member_packet(relay, from->owner, packet);
}

/* ---- sound that nobody is to hear ---- */

/* What the kernel has thrown away since the last look. */
static void count_muffled(struct member *member)
{
	uint32_t now = muffle_count(member->audio.fds[COMPONENT_RTP]);
	uint32_t more = now - member->muffled;
	member->muffled = now;
	member->ungranted += more;
	metrics_add(METRIC_media_dropped_ungranted, more);
	if (member->group)
		member->group->ungranted += more;
}

void member_unmuffle(struct member *member)
{
	if (member->is_away && member->group)
		away_gate(member);
	if (!member->audio.is_muffled)
		return;
	count_muffled(member);
	muffle_off(member->audio.fds[COMPONENT_RTP]);
	member->audio.is_muffled = false;
	if (member->group)
		member->audio.whole_ms = member->group->relay->now_ms;
}

/* Silence to the last bit in its codec. */
static uint8_t silence_of(const struct member *member)
{
	if (member->codec == CODEC_PCMU)
		return 0xff;
	return member->codec == CODEC_PCMA ? 0xd5 : 0;
}

static bool is_heard_of(const struct relay *relay, const struct member *member)
{
	uint64_t most = relay_timeout_ms(relay, member->watch) / MUFFLE_UNHEARD_PART;
	return relay->now_ms - member->audio.heard_ms < MIN(most, MUFFLE_UNHEARD_MS);
}

/* Whether all sound of it, or all silence in a conference, may be thrown away unseen. */
static bool may_be_muffled(const struct relay *relay, struct member *member)
{
	if (!member->group || member->is_speaking || member->channel || member->voice_key ||
		member->codec == CODEC_NONE || !latch_is_locked(&member->audio.rtp) ||
		!is_heard_of(relay, member) || refusal_listens(member))
		return false;
	bool is_leg = member->lease->kind == LEASE_LEG;
	if (is_leg && (!member->group->is_known || branch_gate_of(member) & AWAY_GATE_SOUND))
		return false;
	if (member->group->settings->floor != MEDIA_FLOOR_OPEN)
		return true;
	return silence_of(member) && relay->now_ms - member->loud_ms > MUFFLE_QUIET_MS;
}

static void muffle(struct relay *relay, struct member *member)
{
	bool is_open = member->group->settings->floor == MEDIA_FLOOR_OPEN;
	struct muffle how = {.source = member->audio.rtp.source,
		.voice_type = member->voice_type,
		.silence = is_open ? silence_of(member) : 0};
	int fd = member->audio.fds[COMPONENT_RTP];
	member->muffled = muffle_count(fd);
	if (relay->cannot_muffle)
		return;
	/* where the kernel has no filters, there is no need to ask each second */
	relay->cannot_muffle = muffle_on(fd, &how) < 0;
	member->audio.is_muffled = !relay->cannot_muffle;
	if (member->audio.is_muffled)
		rtp_receiver_rest(&member->audio.receiver);
}

static void watch_muffle(struct relay *relay, struct member *member)
{
	bool may_be = may_be_muffled(relay, member);
	if (member->audio.is_muffled && may_be)
		count_muffled(member);
	else if (member->audio.is_muffled)
		member_unmuffle(member);
	else if (may_be)
		muffle(relay, member);
}

/* ---- what is told ---- */

static void report(
	const struct relay *relay, const struct member *member, struct media_member_report *ret)
{
	struct media_member_report report = {
		.member = member->lease->id,
		.group = member->lease->group,
		.leg = member->is_away ? member->lease->twin->id : 0,
		.tag = member->said->tag,
		.age_ms = relay->now_ms - member->added_ms,
		.floor_packets = member->channel ? member->channel->packets : 0,
		.floor_dropped = member->channel ? member->channel->dropped +
							   member->channel->end.dropped_third
						 : 0,
		.ungranted = member->ungranted,
		.talked_ms = member->talked_ms,
		.thread = relay->index,
		.spurts = member->spurts,
		.presses = member->presses,
		.is_silent = member->is_silent,
		.is_talking = member->is_speaking,
		.codec = member->codec,
		.level = group_level(member),
	};
	if (member->group)
		report.position = floor_place(&member->group->floor, &member->floor);
	end_report(&member->audio, member->added_ms, relay->now_ms, &report.audio);
	score_alone(&report.audio, &member->audio);
	*ret = report;
}

void member_publish(struct relay *relay, struct member *member)
{
	struct media_member_report now;
	report(relay, member, &now);
	lease_publish(member->lease, &now);
}

static void told(struct relay *relay, struct stream_end *end, unsigned events)
{
	struct member *member = end->owner;
	uint32_t bits = (events & END_HEARD ? MEDIA_TOLD_HEARD_0 : 0) |
			(events & END_LOCKED ? MEDIA_TOLD_LOCKED_0 : 0);
	if (events & END_LOCKED) /* the filter knows another source */
		member_unmuffle(member);
	copies_watch(relay, member);
	member_publish(relay, member);
	relay_tell(member->lease, bits);
}

void member_orphan(struct member *member)
{
	relay_tell(member->lease, MEDIA_TOLD_CLOSED);
}

/* ---- its life ---- */

static struct member *add(
	struct relay *relay, struct lease *lease, const struct media_member_description *said)
{
	struct member *member = slab_take(&relay->members);
	if (!member)
		return NULL;
	memset(member, 0, sizeof(*member));
	member->is_away = lease->kind == LEASE_MEMBER && lease->twin;
	if (!member->is_away)
		end_init(&member->audio, stock_pair(&relay->stock, lease->pairs[0]), 0);
	member->audio.deliver = lease->kind == LEASE_LEG ? branch_deliver : deliver;
	member->audio.told = told;
	member->audio.owner = member;
	/* each listener's stream is ours, and so are the reports: nobody hears of it */
	member->audio.hides_ssrc = true;
	member->lease = lease;
	member->said = said;
	member->tone = TONE_COUNT;
	member->level = LEVEL_SILENCE;
	member->added_ms = member->watch_ms = relay->now_ms;
	member->watch = said->watch;
	reporter_begin(&member->reporter, relay->now_ms);
	lease->object = member;
	if (lease->kind == LEASE_MEMBER)
		lease_show(lease, slab_handle(&relay->members, member));
	return member;
}

/* What it speaks; streams whose codec stays go on unbroken. */
static void describe_coding(struct relay *relay, struct member *member)
{
	const struct media_coding *coding = &member->said->audio.coding;
	const struct codec_row *row;
	uint32_t event_rate;
	member->codec = CODEC_NONE;
	if (coding->codec == CODEC_NONE || coding->codec >= CODEC_COUNT)
		return;
	row = codec_row((enum codec_id)coding->codec);
	event_rate = coding->event_rate ? coding->event_rate : row->clock;
	member->codec = coding->codec;
	member->voice_type = coding->sends.voice;
	member->event_type = coding->sends.events;
	member->noise_type = coding->gets.noise;
	splice_set(&member->splice, row->clock, coding->gets.voice, relay->now_ns);
	if (member->source.clock_ms != row->clock / 1000)
		splice_source_begin(&member->source, row->clock);
	if (member->keys.clock_ms != event_rate / 1000)
		keys_begin(&member->keys, event_rate);
}

/* A re-INVITE may give the floor packets up, and take them up again. */
static void describe_channel(struct relay *relay, struct member *member, uint8_t dscp)
{
	const struct media_floor_end *floor = &member->said->floor;
	const struct lease *lease = member->lease, *leg = member->is_away ? lease->twin : lease;
	if (!floor->offer && member->channel) {
		channel_close(relay, member->channel);
		member->channel = NULL;
	} else if (floor->offer && leg->pair_count > 1 && !member->channel) {
		member->channel = channel_open(relay, member,
			member->is_away ? NULL : stock_pair(&relay->stock, lease->pairs[1]));
	}
	if (member->channel)
		channel_describe(member->channel, floor, dscp, relay->now_ms);
}

static void describe(
	struct relay *relay, struct member *member, const struct media_member_description *said)
{
	uint8_t dscp = said->dscp <= 63 ? said->dscp : relay->stock.dscp;
	member->said = said;
	member->copy = (struct member_copy){0};
	member_unmuffle(member);
	if (!member->is_away) {
		end_describe(&member->audio, &said->audio, relay->now_ms);
		port_pair_mark(member->audio.pair, dscp);
	}
	describe_coding(relay, member);
	repack_describe(member);
	member->is_radio = said->is_radio;
	describe_channel(relay, member, dscp);
	if (member->watch != said->watch) {
		member->watch = said->watch;
		member->watch_ms = relay->now_ms;
	}
}

static void leave(struct member *member)
{
	if (member->lease->kind == LEASE_LEG)
		branch_remove(member);
	else
		group_remove(member->group, member);
}

static void free_ports(struct relay *relay, struct member *member)
{
	port_pair_remember(member->audio.pair, &member->audio.rtp.source, relay->now_ms);
	end_done(&member->audio);
}

static void drop(struct relay *relay, struct lease *lease)
{
	struct member *member = lease->object;
	struct media_member_report final = {
		.member = lease->id, .group = lease->group, .thread = relay->index};
	final.audio.first_ms = UINT64_MAX;
	if (member) {
		member_unmuffle(member);
		if (member->group)
			leave(member);
		list_remove(&member->link);
		report(relay, member, &final);
		if (member->channel)
			channel_close(relay, member->channel);
		if (!member->is_away)
			free_ports(relay, member);
		lease_show(lease, 0);
		slab_give(&relay->members, member);
	}
	lease_publish(lease, &final);
	relay_end_lease(relay, lease);
}

static void join(struct relay *relay, struct member *member)
{
	bool is_leg = member->lease->kind == LEASE_LEG;
	if (member->is_away && !away_has_leg(member)) {
		/* what is said to it would be lost */
		list_push_tail(&relay->groups.awaited, &member->link);
		return;
	}
	struct group *group = is_leg ? NULL : group_find(relay, member->lease->group);
	if (is_leg && branch_add(relay, member) == 0) {
		branch_ready(member);
		return;
	}
	if (group)
		group_add(group, member);
	else
		member_orphan(member);
}

static void hear_description(
	struct relay *relay, struct lease *lease, const struct media_member_description *said)
{
	struct member *member = lease->object;
	bool is_new = !member;
	if (is_new)
		member = add(relay, lease, said);
	/* there is room for as many members as there are port pairs for them */
	if (!member) {
		relay_tell(lease, MEDIA_TOLD_CLOSED);
		return;
	}
	describe(relay, member, said);
	copies_watch(relay, member);
	if (is_new)
		join(relay, member);
	else if (member->group && lease->kind == LEASE_LEG)
		branch_change(member);
	else if (member->group)
		group_change(member->group, member);
	member_publish(relay, member);
}

/* Before its first description, and before its leg is there, they wait. */
static void hear_presses(struct lease *lease)
{
	struct member *member = lease->object;
	struct media_press press;
	while (member && member->group && lease_pressed(lease, &press))
		button_press(member, &press);
}

void member_hear(struct relay *relay, struct lease *lease)
{
	const struct lease_said *said = lease_hear(lease);
	if (said && said->is_dropped) {
		drop(relay, lease);
		return;
	}
	if (said)
		hear_description(relay, lease, &said->member);
	hear_presses(lease);
}

void member_look_for_legs(struct relay *relay)
{
	LIST_EACH_SAFE(link, &relay->groups.awaited)
	{
		struct member *member = container_of(link, struct member, link);
		if (!away_has_leg(member))
			continue;
		list_remove(link);
		join(relay, member);
		hear_presses(member->lease);
	}
}

/* ---- each second ---- */

static void send_report(struct relay *relay, struct member *member, bool is_bye)
{
	const struct splice *splice = &member->splice;
	struct reporter_stream stream = {.ssrc = splice->ssrc,
		.timestamp = splice_timestamp(splice, relay->now_ns),
		.packets = splice->packets,
		.octets = splice->octets,
		.cname = member->group->cname,
		.is_bye = is_bye};
	reporter_send(&member->reporter, &member->audio, &stream, relay->now_ns);
}

static bool has_reports(const struct member *member)
{
	return member->group && !member->is_away && member->codec != CODEC_NONE &&
	       !member->audio.is_secure;
}

void member_say_bye(struct member *member)
{
	if (has_reports(member) && member->splice.packets > 0)
		send_report(member->group->relay, member, true);
}

static uint64_t last_heard(const struct member *member)
{
	uint64_t heard = MAX(member->watch_ms, member->audio.heard_ms);
	return member->channel ? MAX(heard, member->channel->end.heard_ms) : heard;
}

void member_watch(struct relay *relay, struct member *member)
{
	uint64_t most = relay_timeout_ms(relay, member->watch);
	/* of one that is elsewhere its leg knows */
	bool is_silent = !member->is_away && relay->now_ms >= last_heard(member) + most;
	bool is_news = is_silent != member->is_silent;
	member->is_silent = is_silent;
	watch_muffle(relay, member);
	copies_watch(relay, member);
	if (member->is_away && member->group)
		away_count(member->group, member);
	atomic_store_explicit(
		&member->lease->ungranted, (uint32_t)member->ungranted, memory_order_relaxed);
	if (has_reports(member) && reporter_is_due(&member->reporter, relay->now_ms))
		send_report(relay, member, false);
	member_publish(relay, member);
	if (is_news && is_silent)
		metrics_add(METRIC_media_timeouts, 1);
	if (is_news)
		relay_tell(member->lease, is_silent ? MEDIA_TOLD_SILENT : MEDIA_TOLD_AGAIN);
}
