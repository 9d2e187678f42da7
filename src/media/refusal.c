/* SPDX-License-Identifier: Apache-2.0 */
/* refusal.c: a phone that begins to speak without having the floor is told so by a tone. */
#include "media/refusal.h"

#include "base/metrics.h"
#include "media/branch.h"
#include "media/fanout.h"
#include "media/group.h"
#include "media/member.h"
#include "media/relay.h"
#include "media/voice_key.h"
#include "sound/activity.h"
#include "sound/level.h"

/* -dBov: voice is louder, as where it is a button, and by so much louder than the background. */
#define VOICE_LEVEL ACTIVITY_LEVEL_VOX
#define ABOVE_DB    12
/* The background is what is softest: it falls by a quarter of the difference a packet, rises by 1
 * dB in so much time, and need not be known better than this. */
#define FALL_PART       4
#define RISE_MS         200
#define BACKGROUND_MOST 60
/* A word, and no cough: so much voice within little more time. */
#define START_MS 120
/* Speech is over after so much silence. */
#define PAUSE_MS 800
/* Sound of ours, or of another, comes back from the room for so long. */
#define ECHO_MS 1000
/* Who has a conversation beside the phone is not told at each of its sentences. */
#define AGAIN_MS 5000

static bool has_level(const struct member *member)
{
	return member->codec == CODEC_PCMU || member->codec == CODEC_PCMA ||
	       member->said->level_extension;
}

bool refusal_listens(const struct member *member)
{
	const struct media_group_settings *settings = member->group->settings;
	return settings->has_refuse_tone && settings->floor == MEDIA_FLOOR_PTT &&
	       !member->channel && !member->is_away && has_level(member);
}

/* False where the level cannot be known. */
static bool read_level(
	const struct member *member, const struct rtp_packet *packet, uint8_t *ret_level)
{
	struct level level = level_of_packet(
		packet, (enum codec_id)member->codec, member->said->level_extension);
	*ret_level = level.level;
	return level.from != LEVEL_UNKNOWN && packet->payload_type == member->voice_type;
}

static void learn_background(struct refusal *refusal, uint8_t level, unsigned ms)
{
	/* at first it is taken for loud, until it is known better */
	if (refusal->background == 0)
		refusal->background = VOICE_LEVEL;
	level = MIN(level, BACKGROUND_MOST);
	if (level > refusal->background) {
		unsigned softer = (unsigned)level - refusal->background;
		refusal->background += (uint8_t)((softer + FALL_PART - 1) / FALL_PART);
		refusal->risen_ms = 0;
		return;
	}
	refusal->risen_ms = (uint16_t)(refusal->risen_ms + ms);
	if (refusal->risen_ms < RISE_MS)
		return;
	refusal->risen_ms = 0;
	refusal->background -= refusal->background > 1 && level < refusal->background;
}

/* Whether its loudspeaker is silent, and has been for a while. */
static bool is_alone(struct refusal *refusal, const struct member *member, uint64_t now_ms)
{
	uint64_t heard_ms = MAX(refusal->loud_at_ms, member->fed_ms);
	if (member->tone != TONE_COUNT)
		heard_ms = now_ms;
	refusal->loud_at_ms = heard_ms;
	return heard_ms == 0 || now_ms - heard_ms >= ECHO_MS;
}

/* Voice, or a pause in it. */
static void count_voice(struct refusal *refusal, bool is_voice, unsigned ms, uint64_t now_ms)
{
	if (is_voice) {
		refusal->voice_ms = (uint16_t)MIN(refusal->voice_ms + ms, START_MS);
		refusal->voice_at_ms = now_ms;
		return;
	}
	refusal->voice_ms -= (uint16_t)MIN(refusal->voice_ms, ms / 2);
	if (now_ms - refusal->voice_at_ms >= PAUSE_MS) {
		refusal->voice_ms = 0;
		refusal->is_over = false;
	}
}

/* Once in what it says, and where that began in silence. */
static bool is_to_be_told(struct refusal *refusal, const struct member *member, uint64_t now_ms)
{
	bool is_heard_alone = is_alone(refusal, member, now_ms);
	if (refusal->voice_ms > 0 && !is_heard_alone)
		refusal->is_over = true;
	if (refusal->is_over || refusal->voice_ms < START_MS)
		return false;
	refusal->is_over = true;
	if (refusal->told_at_ms && now_ms - refusal->told_at_ms < AGAIN_MS)
		return false;
	refusal->told_at_ms = now_ms;
	return true;
}

void refusal_hear(struct member *member, const struct media_packet *packet)
{
	struct refusal *refusal = &member->refusal;
	uint64_t now_ms = member->group->relay->now_ms;
	struct rtp_packet rtp;
	uint8_t level;
	if (!refusal_listens(member) || rtp_packet_parse(packet->bytes, packet->length, &rtp) < 0 ||
		!read_level(member, &rtp, &level))
		return;
	unsigned ms = voice_key_packet_ms(member, &rtp);
	learn_background(refusal, level, ms);
	bool is_voice = level < VOICE_LEVEL && level + ABOVE_DB <= refusal->background;
	count_voice(refusal, is_voice, ms, now_ms);
	if (!is_to_be_told(refusal, member, now_ms))
		return;
	if (member->lease->kind == LEASE_LEG)
		branch_spoke(member);
	else
		refusal_answer(member);
}

void refusal_rest(struct member *member)
{
	uint64_t now_ms = member->group->relay->now_ms;
	member->refusal.loud_at_ms = member->refusal.voice_at_ms = now_ms;
	member->refusal.is_over = true;
}

void refusal_answer(struct member *member)
{
	const struct group *group = member->group;
	bool is_idle = member->floor.state == FLOOR_MEMBER_LISTENS && group->speaker_count == 0;
	if (!is_idle || !group->settings->has_refuse_tone || member->voice_key ||
		!list_is_linked(&member->listening))
		return;
	metrics_add(METRIC_group_speech_refused, 1);
	fanout_tone(member, TONE_DENIED);
}
