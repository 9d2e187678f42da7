/* SPDX-License-Identifier: Apache-2.0 */
/* away.c: members of a group whose legs are on other relay threads, at the group's own thread. */
#include "media/away.h"

#include <string.h>

#include "base/metrics.h"
#include "media/channel.h"
#include "media/fanout.h"
#include "media/refusal.h"
#include "media/relay.h"
#include "media/voice_key.h"

static unsigned thread_of(const struct member *member)
{
	return member->lease->twin->relay->index;
}

static uint64_t leg_of(const struct member *member)
{
	return atomic_load_explicit(&member->lease->twin->handle, memory_order_acquire);
}

bool away_has_leg(const struct member *member)
{
	return leg_of(member) != 0;
}

/* ---- what the leg passes on ---- */

static uint32_t gate_of(const struct member *member)
{
	bool is_in_the_mix = member->is_speaking || member->is_trailing;
	uint32_t gate = is_in_the_mix ? AWAY_GATE_SPEAKING : 0;
	/* who has pressed is listened to, so that it is known what was clipped */
	if (member->is_speaking || member->voice_key || member->channel || member->pressed_ns)
		gate |= AWAY_GATE_SOUND;
	else if (member->group->settings->floor == MEDIA_FLOOR_OPEN)
		gate |= AWAY_GATE_LOUD;
	if (member->is_speaking && member->voice_key)
		gate |= (uint32_t)member->voice_key->said.ptt << AWAY_GATE_PTT_SHIFT;
	return gate;
}

/* What this member is to be told found no room. */
static void owe(struct member *member, enum member_owed what)
{
	member->owed |= (uint8_t)what;
	member->group->away.is_owing = true;
}

/* Only to be quick: the leg looks at its gate with each packet that comes, and each second. But of
 * one that is muffled hardly any come. */
static void post_gate(struct member *member)
{
	struct relay *relay = member->group->relay;
	uint64_t leg = leg_of(member);
	struct trunk_item *item = leg ? trunk_item(relay, thread_of(member), TRUNK_GATE, 0) : NULL;
	if (leg && !item)
		owe(member, MEMBER_OWED_GATE);
	if (!item)
		return;
	item->member = leg;
	trunk_send(relay, thread_of(member));
}

void away_gate(struct member *member)
{
	struct lease *lease = member->lease;
	uint32_t gate = gate_of(member);
	if (atomic_load_explicit(&lease->gate, memory_order_relaxed) == gate)
		return;
	atomic_store_explicit(&lease->gate, gate, memory_order_release);
	post_gate(member);
}

void away_count(struct group *group, struct member *member)
{
	const struct lease *leg = member->lease->twin;
	uint32_t now = atomic_load_explicit(&leg->ungranted, memory_order_relaxed);
	group->ungranted += now - member->leg_ungranted;
	member->leg_ungranted = now;
}

/* ---- who listens ---- */

void away_deaf(struct group *group, struct member *member)
{
	struct group_away *away = &group->away;
	unsigned thread = thread_of(member), codec = member->away_codec;
	if (!list_is_linked(&member->listening))
		return;
	list_remove(&member->listening);
	if (--away->counts[codec][thread] == 0)
		away->threads[codec] &= ~(UINT64_C(1) << thread);
}

void away_listen(struct group *group, struct member *member)
{
	struct group_away *away = &group->away;
	unsigned thread = thread_of(member);
	away_deaf(group, member);
	if (member->codec == CODEC_NONE || !member->said->receives)
		return;
	member->away_codec = member->codec;
	away->counts[member->codec][thread]++;
	away->threads[member->codec] |= UINT64_C(1) << thread;
	list_push_tail(&away->listeners, &member->listening);
}

uint32_t away_ssrc(const struct member *member)
{
	return atomic_load_explicit(&member->lease->twin->ssrc, memory_order_acquire);
}

/* ---- to legs elsewhere ---- */

static void put_bytes(struct trunk_item *item, size_t room, const uint8_t *bytes, size_t length)
{
	memcpy(item->bytes + room, bytes, length);
	item->length = (uint16_t)(room + length);
}

/* The next thread of a set, taken out of it. */
static unsigned next_of(uint64_t *threads)
{
	unsigned thread = (unsigned)__builtin_ctzll(*threads);
	*threads &= *threads - 1;
	return thread;
}

void away_speech(struct group *group, const struct member *talker,
	const struct splice_packet *piece, const uint8_t *payload)
{
	uint64_t threads = group->away.threads[talker->codec];
	if (piece->payload_length > TRUNK_BYTES_MAX - RTP_HEADER_SIZE) {
		metrics_add(METRIC_group_passed_lost, 1);
		return;
	}
	while (threads) {
		unsigned thread = next_of(&threads);
		struct trunk_item *item = trunk_item(group->relay, thread, TRUNK_SPEECH, 0);
		if (!item)
			continue;
		item->codec = talker->codec;
		item->group = group->id;
		item->member = talker->is_away && thread_of(talker) == thread ? leg_of(talker) : 0;
		item->piece = *piece;
		put_bytes(item, RTP_HEADER_SIZE, payload, piece->payload_length);
		trunk_send(group->relay, thread);
	}
}

void away_frame(struct group *group, unsigned codec, const struct fanout_frame *frame)
{
	uint64_t threads = group->away.threads[codec];
	while (threads) {
		unsigned thread = next_of(&threads);
		struct trunk_item *item = trunk_item(group->relay, thread, TRUNK_MIX, 0);
		if (!item)
			continue;
		item->codec = (uint8_t)codec;
		item->group = group->id;
		put_bytes(item, RTP_HEADER_SIZE, frame->bytes + RTP_HEADER_SIZE, frame->length);
		trunk_send(group->relay, thread);
	}
}

/* To one leg; false: there is no room. */
static bool post(const struct member *member, enum trunk_kind kind, uint8_t tone,
	const uint8_t *bytes, size_t length)
{
	struct relay *relay = member->group->relay;
	uint64_t leg = leg_of(member);
	uint32_t kept = kind == TRUNK_FRAME ? 0 : TRUNK_KEPT;
	struct trunk_item *item = leg ? trunk_item(relay, thread_of(member), kind, kept) : NULL;
	if (!item)
		return !leg;
	item->member = leg;
	item->codec = member->away_codec;
	item->tone = tone;
	put_bytes(item, kind == TRUNK_FRAME ? RTP_HEADER_SIZE : 0, bytes, length);
	trunk_send(relay, thread_of(member));
	return true;
}

void away_frame_to(const struct member *member, const struct fanout_frame *frame)
{
	post(member, TRUNK_FRAME, 0, frame->bytes + RTP_HEADER_SIZE, frame->length);
}

void away_tone(const struct member *member, enum tone tone)
{
	static const uint8_t nothing[1];
	post(member, TRUNK_TONE, (uint8_t)tone, nothing, 0);
}

void away_say(struct member *member, const uint8_t *bytes, size_t length)
{
	if (!post(member, TRUNK_SAY, 0, bytes, length))
		owe(member, MEMBER_OWED_WORD);
}

/* ---- to all floor channels elsewhere ---- */

/* Those of the holders, and the originator, that are on this thread. */
static void name_legs(struct group *group, unsigned thread, struct away_status *status)
{
	struct floor_member *originator = group->floor.originator;
	unsigned count = 0;
	LIST_EACH(link, &group->floor.holders)
	{
		struct floor_member *holder = floor_member_of(link);
		const struct member *member = member_of_floor(holder);
		if (!floor_is_holder(holder) || !member->is_away || thread_of(member) != thread)
			continue;
		if (count < ARRAY_LENGTH(status->holders))
			status->holders[count++] = leg_of(member);
	}
	if (!originator || !group->floor.settings.is_broadcast)
		return;
	const struct member *member = member_of_floor(originator);
	if (member->is_away && thread_of(member) == thread)
		status->originator = leg_of(member);
}

static void say_to(struct group *group, const struct floor_saying *saying, uint64_t threads)
{
	const struct channel_status status = channel_status_of(saying);
	while (threads) {
		unsigned thread = next_of(&threads);
		struct away_status all = {.status = status};
		struct trunk_item *item = trunk_item(group->relay, thread, TRUNK_STATUS, 0);
		if (!item) {
			group->away.owed_threads |= UINT64_C(1) << thread;
			continue;
		}
		name_legs(group, thread, &all);
		item->group = group->id;
		put_bytes(item, 0, (const uint8_t *)&all, sizeof(all));
		trunk_send(group->relay, thread);
	}
}

void away_say_all(struct group *group, const struct floor_saying *saying)
{
	uint64_t threads = 0;
	LIST_EACH(link, &group->channels)
	{
		const struct member *member = channel_of(link)->member;
		if (member->is_away)
			threads |= UINT64_C(1) << thread_of(member);
	}
	group->away.owed_threads &= ~threads; /* it is newer */
	say_to(group, saying, threads);
}

static void say_owed_to(struct group *group, struct member *member)
{
	unsigned owed = member->owed;
	member->owed = 0;
	if (owed & MEMBER_OWED_GATE)
		post_gate(member);
	if (owed & MEMBER_OWED_WORD && member->channel)
		floor_say_again(&group->floor, &member->floor, group->relay->now_ms);
}

void away_say_owed(struct group *group)
{
	struct group_away *away = &group->away;
	uint64_t threads = away->owed_threads;
	if (threads) {
		const struct floor_saying saying = floor_status(&group->floor);
		away->owed_threads = 0;
		say_to(group, &saying, threads);
	}
	if (!away->is_owing)
		return;
	away->is_owing = false;
	LIST_EACH(link, &group->members)
	{
		struct member *member = container_of(link, struct member, link);
		if (member->owed)
			say_owed_to(group, member);
	}
}

/* ---- from them ---- */

/* It may have left, or its group may be gone, since this was posted. */
static struct member *sender_of(struct relay *relay, const struct trunk_item *item)
{
	struct member *member = slab_get(&relay->members, item->member);
	return member && member->is_away && member->group ? member : NULL;
}

static struct media_packet packet_of(const struct trunk_item *item)
{
	return (struct media_packet){.bytes = item->bytes,
		.length = item->length,
		.kind = (enum rtp_kind)item->rtp_kind,
		.component = (enum component)item->component};
}

void away_hear(struct relay *relay, struct trunk_item *item)
{
	struct member *member = sender_of(relay, item);
	const struct media_packet packet = packet_of(item);
	if (!member)
		return;
	/* of what is passed on: how much of a spurt was lost on its way to us */
	rtp_receiver_packet(&member->audio.receiver, packet.bytes, packet.length, relay->now_ns);
	member_packet(relay, member, &packet);
}

/* One of those who were waited for. */
void away_hear_ready(struct relay *relay, struct trunk_item *item)
{
	member_look_for_legs(relay);
}

void away_hear_floor(struct relay *relay, struct trunk_item *item)
{
	struct member *member = sender_of(relay, item);
	const struct media_packet packet = packet_of(item);
	if (member && member->channel)
		channel_hear(member->channel, &packet);
}

void away_hear_spoke(struct relay *relay, struct trunk_item *item)
{
	struct member *member = sender_of(relay, item);
	if (member)
		refusal_answer(member);
}
