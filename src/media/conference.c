/* SPDX-License-Identifier: Apache-2.0 */
/* conference.c: who is heard in a group without a floor. */
#include "media/conference.h"

#include <string.h>

#include "base/metrics.h"
#include "media/arbiter.h"
#include "media/fanout.h"
#include "media/relay.h"
#include "media/voice_key.h"
#include "sound/level.h"

/* -dBov: what is louder is speech. */
#define SPEECH_LEVEL 52
/* Silence that ends it: pauses between words are none. */
#define HANG_MS 600
/* To take another one's place, one must be louder by so many dB. */
#define LOUDER_DB 6
/* Of one whose level cannot be known: the softest speech, heard where there is room. */
#define UNKNOWN_LEVEL (SPEECH_LEVEL - 1)
/* A level falls by so many dB a packet, so that it is that of words and not of pauses. */
#define FADE_DB 1

/* Zero in both of G.711's laws, from both sides. */
static bool is_zero(const struct member *member, uint8_t code)
{
	if (member->codec == CODEC_PCMU)
		return code == 0xff || code == 0x7f;
	return member->codec == CODEC_PCMA && (code == 0xd5 || code == 0x55);
}

/* Sixteen bytes at a time, for there are many. */
static bool is_constant(const uint8_t *at, size_t length)
{
	/* each byte is the one before it */
	return memcmp(at, at + 1, length - 1) == 0;
}

bool conference_is_nothing(const struct member *member, const struct media_packet *packet)
{
	const uint8_t *payload = packet->bytes + RTP_HEADER_SIZE;
	return packet->bytes[0] == RTP_VERSION << 6 && packet->length > RTP_HEADER_SIZE &&
	       is_zero(member, payload[0]) &&
	       is_constant(payload, packet->length - RTP_HEADER_SIZE);
}

static void discard(struct group *group, struct member *member)
{
	member->ungranted++;
	group->ungranted++;
	metrics_add(METRIC_media_dropped_ungranted, 1);
}

static bool may_speak(const struct member *member)
{
	return member->said->may_talk && !member->said->is_muted && member->said->sends;
}

/* The softest of those who are heard. */
static struct member *softest(const struct group *group)
{
	struct member *found = group->speakers[0];
	for (unsigned i = 1; i < group->speaker_count; i++)
		if (group->speakers[i]->level > found->level)
			found = group->speakers[i];
	return found;
}

static void begin(struct group *group, struct member *member)
{
	arbiter_begin_spurt(group, member, MEDIA_TRIGGER_VOX);
	group->change++;
	group_tell(group, MEDIA_GROUP_TOLD_FLOOR);
}

static void end(struct group *group, struct member *member, enum media_spurt_end why)
{
	arbiter_end_spurt(group, member, why);
	group->change++;
	group_tell(group, MEDIA_GROUP_TOLD_FLOOR);
}

static unsigned most_of(const struct group *group)
{
	return MIN(MAX(group->settings->talkers, 1), MEDIA_GROUP_TALKERS_MAX);
}

/* One who speaks and is not heard yet. */
static void admit(struct group *group, struct member *member)
{
	if (group->speaker_count >= most_of(group)) {
		struct member *other = softest(group);
		if (other->level < member->level + LOUDER_DB)
			return;
		end(group, other, MEDIA_SPURT_PREEMPTED);
	}
	begin(group, member);
}

static void note_level(struct member *member, const struct rtp_packet *packet)
{
	struct level level = level_of_packet(
		packet, (enum codec_id)member->codec, member->said->level_extension);
	uint8_t now = level.level;
	if (level.from == LEVEL_UNKNOWN)
		now = member->voice_key ? voice_key_level(member->voice_key, packet)
					: UNKNOWN_LEVEL;
	member->level = MIN(now, MIN(member->level + FADE_DB, LEVEL_SILENCE));
	member->loud_ms = now < SPEECH_LEVEL ? member->group->relay->now_ms : member->loud_ms;
}

void conference_hear(struct group *group, struct member *member, const struct media_packet *packet)
{
	struct rtp_packet rtp;
	uint64_t now_ms = group->relay->now_ms;
	if (LIKELY(!member->is_speaking && conference_is_nothing(member, packet))) {
		discard(group, member);
		return;
	}
	if (rtp_packet_parse(packet->bytes, packet->length, &rtp) < 0) {
		metrics_add(METRIC_media_dropped_not_rtp, 1);
		return;
	}
	if (rtp.payload_type != member->voice_type) {
		if (member->is_speaking && rtp.payload_type == member->event_type)
			fanout_skip(group, member, &rtp);
		else
			fanout_no_speech(group, member, &rtp);
		return;
	}
	note_level(member, &rtp);
	if (!member->is_speaking && member->loud_ms == now_ms && may_speak(member))
		admit(group, member);
	if (member->is_speaking)
		fanout_speech(group, member, &rtp);
	else
		discard(group, member);
}

void conference_set(struct group *group)
{
	while (group->speaker_count > most_of(group))
		end(group, softest(group), MEDIA_SPURT_REVOKED);
}

void conference_tick(struct group *group)
{
	uint64_t now_ms = group->relay->now_ms;
	for (unsigned i = group->speaker_count; i-- > 0;) {
		struct member *member = group->speakers[i];
		if (!may_speak(member))
			end(group, member, MEDIA_SPURT_REVOKED);
		else if (now_ms - member->loud_ms > HANG_MS)
			end(group, member, MEDIA_SPURT_RELEASED);
	}
}
