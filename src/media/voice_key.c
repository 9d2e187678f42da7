/* SPDX-License-Identifier: Apache-2.0 */
/* voice_key.c: buttons that are in the sound itself. */
#include "media/voice_key.h"

#include <string.h>

#include "media/branch.h"
#include "media/button.h"
#include "media/fanout.h"
#include "media/group.h"
#include "media/relay.h"
#include "sound/level.h"
#include "sound/opus_packet.h"

#define VOX_HANG_MS 800
/* Of what came before the speech was loud: the breath before it. */
#define BEFORE_NS (60 * UINT64_C(1000000))
/* What was decided so soon after the bit was set did not wait: its packet is heard. */
#define AT_ONCE_NS (20 * UINT64_C(1000000))
/* What PTT type 3 asks with, capped like any other (FLOOR-CONTROL). */
#define RADIO_PRIORITY 200

int voice_keys_init(struct slab *voice_keys, uint32_t count)
{
	return slab_init(
		voice_keys, "voice keys", sizeof(struct voice_key) + codec_decoder_size(), count);
}

/* ---- its life ---- */

static void tell_taken(struct voice_key *key)
{
	const struct member *member = key->member;
	const struct group *group = member->group;
	bool is_talk = group->speaker_count > 0 && !member->is_speaking;
	bool is_taken = is_talk && group->speaker_count >= group->floor.settings.talkers;
	activity_taken(&key->activity, is_talk, is_taken, group->relay->now_ns);
}

void voice_key_set(struct voice_key *key)
{
	const struct media_group_settings *settings = key->member->group->settings;
	bool is_mute = button_counts(key->member, MEDIA_TRIGGER_MUTE);
	uint32_t hang_ms = settings->vox_hang_ms ? settings->vox_hang_ms : VOX_HANG_MS;
	struct activity_settings how = {.level = is_mute ? ACTIVITY_LEVEL_MUTE : ACTIVITY_LEVEL_VOX,
		.hang_ms = hang_ms,
		.gap_ms = is_mute ? ACTIVITY_MUTE_GAP_MS : 0};
	key->is_mute = is_mute;
	key->activity.settings = how; /* who speaks goes on */
	tell_taken(key);              /* who comes in while somebody talks has an echo, too */
}

/* As agreed on: a description that says the same does not make it live longer. */
static void describe_radio(struct voice_key *key)
{
	const struct media_member_description *said = key->member->said;
	uint32_t period_ms = ed137_period_ms(said->radio_period_ms);
	uint32_t multiplier = ed137_multiplier(said->radio_multiplier);
	if (key->radio.period_ms != period_ms || key->radio.multiplier != multiplier)
		ed137_link_begin(
			&key->radio, period_ms, multiplier, key->member->group->relay->now_ns);
}

static bool needs_key(const struct member *member)
{
	if (member->group->settings->floor == MEDIA_FLOOR_OPEN)
		return member->codec == CODEC_G722 || member->codec == CODEC_OPUS;
	return member->said->triggers & VOICE_KEY_TRIGGERS;
}

void voice_key_describe(struct relay *relay, struct member *member)
{
	if (!needs_key(member)) {
		voice_key_give(relay, member);
		return;
	}
	if (member->voice_key) {
		describe_radio(member->voice_key);
		if (member->voice_key->is_mute != button_counts(member, MEDIA_TRIGGER_MUTE))
			voice_key_set(member->voice_key);
		return;
	}
	/* there is one for each member */
	struct voice_key *key = slab_take(&relay->voice_keys);
	if (!key)
		return;
	memset(key, 0, sizeof(*key));
	key->member = member;
	prebuffer_begin(&key->prebuffer, key->kept, sizeof(key->kept));
	voice_key_set(key);
	describe_radio(key);
	member->voice_key = key;
}

void voice_key_give(struct relay *relay, struct member *member)
{
	if (!member->voice_key)
		return;
	list_remove(&member->voice_key->link);
	slab_give(&relay->voice_keys, member->voice_key);
	member->voice_key = NULL;
}

/* ---- speaking up ---- */

static bool is_by_voice(const struct member *member)
{
	return member->floor.trigger == MEDIA_TRIGGER_VOX ||
	       member->floor.trigger == MEDIA_TRIGGER_MUTE;
}

static void follow(struct voice_key *key, enum activity_fact fact)
{
	struct member *member = key->member;
	struct floor_ask ask = {.trigger = button_counts(member, MEDIA_TRIGGER_VOX)
						   ? MEDIA_TRIGGER_VOX
						   : MEDIA_TRIGGER_MUTE};
	if (fact == ACTIVITY_BEGAN && !floor_is_holder(&member->floor))
		button_request(member, &ask, member->group->relay->now_ns);
	else if (fact == ACTIVITY_ENDED && floor_is_holder(&member->floor) && is_by_voice(member))
		button_release(member);
}

unsigned voice_key_packet_ms(const struct member *member, const struct rtp_packet *packet)
{
	if (member->codec == CODEC_OPUS)
		return opus_packet_ticks(packet->payload, packet->payload_length) / 48;
	return (unsigned)packet->payload_length / 8;
}

/* By decoding it, where nothing cheaper tells. */
uint8_t voice_key_level(struct voice_key *key, const struct rtp_packet *packet)
{
	static const uint32_t rates[CODEC_COUNT] = {[CODEC_PCMU] = 8000,
		[CODEC_PCMA] = 8000,
		[CODEC_G722] = 16000,
		[CODEC_OPUS] = 8000};
	struct codec_decoder *decoder = (struct codec_decoder *)key->decoder;
	enum codec_id codec = (enum codec_id)key->member->codec;
	int16_t samples[CODEC_SAMPLES_MAX];
	if (!key->can_decode || key->codec != codec)
		key->can_decode = codec_decoder_init(decoder, codec, rates[codec]) == 0;
	key->codec = (uint8_t)codec;
	int count = key->can_decode ? codec_decode(decoder, packet->payload, packet->payload_length,
					      samples)
				    : 0;
	return count > 0 ? level_of_samples(samples, (size_t)MIN(count, 960)) : LEVEL_SILENCE;
}

/* Since when nobody who is heard says anything, and all of them will give back by that: a button
 * that was pressed is kept in silence, too. 0: it is not so. */
static uint64_t pause_of(const struct group *group)
{
	uint64_t since_ns = 0;
	for (unsigned i = 0; i < group->speaker_count; i++) {
		const struct member *speaker = group->speakers[i];
		uint64_t silent_ns = speaker->voice_key && is_by_voice(speaker)
					     ? activity_silent_since(&speaker->voice_key->activity,
						       group->relay->now_ns)
					     : 0;
		if (!silent_ns)
			return 0;
		since_ns = MAX(since_ns, silent_ns);
	}
	return since_ns;
}

static void hear_voice(struct voice_key *key, const struct rtp_packet *packet, uint64_t now_ns)
{
	struct member *member = key->member;
	struct level level = level_of_packet(
		packet, (enum codec_id)member->codec, member->said->level_extension);
	if (level.from == LEVEL_UNKNOWN)
		level = (struct level){.from = LEVEL_ENERGY, .level = voice_key_level(key, packet)};
	member->level = level.level;
	if (key->activity.is_taken)
		activity_pause(&key->activity, pause_of(member->group));
	follow(key, activity_packet(
			    &key->activity, &level, voice_key_packet_ms(member, packet), now_ns));
}

/* ---- radios ---- */

/* Type 3 asks for more than type 1 of the same radio, or for as much. */
static void ask_by_radio(struct voice_key *key, enum ed137_ptt ptt)
{
	struct member *member = key->member;
	struct floor_ask ask = {.trigger = MEDIA_TRIGGER_ED137,
		.priority = MAX(RADIO_PRIORITY, member->said->priority),
		.has_priority = ptt == ED137_PTT_PRIORITY,
		.is_emergency = ptt == ED137_PTT_EMERGENCY,
		.may_queue = true,
		.may_preempt = true};
	key->asked_ns = member->group->relay->now_ns;
	button_request(member, &ask, key->asked_ns);
}

/* It does not send any more, not even that it is there: what it held down is let go. */
static void lose_radio(struct voice_key *key)
{
	bool was_down = key->said.ptt != ED137_PTT_OFF;
	key->said.ptt = ED137_PTT_OFF;
	key->asks_again = false;
	if (was_down)
		button_lost(key->member);
}

/* A bit that stays set asks once, and once more when its floor was taken by another. */
static void hear_radio(struct voice_key *key, const struct rtp_packet *packet)
{
	struct ed137 now;
	if (!ed137_read(packet, &now))
		return;
	if (now.ptt == ED137_PTT_TEST) /* it tries its button, and wants to talk to nobody */
		now.ptt = ED137_PTT_OFF;
	enum ed137_ptt before = key->said.ptt;
	key->said = now;
	if (now.ptt == before && !key->asks_again)
		return;
	key->asks_again = false;
	if (now.ptt != ED137_PTT_OFF)
		ask_by_radio(key, now.ptt);
	else
		button_release(key->member);
}

size_t voice_key_extension(const struct member *member, uint8_t ret_bytes[ED137_SIZE])
{
	const struct group *group = member->group;
	struct ed137 say = {
		.ptt = member->is_speaking && member->voice_key ? member->voice_key->said.ptt
								: ED137_PTT_OFF,
		.squelch = group->speaker_count > member->is_speaking,
		.id = member->said->radio_id,
	};
	if (UNLIKELY(group->is_branch)) {
		say.ptt = branch_ptt_of(member);
		say.squelch = fanout_is_fed(group, member);
	}
	return ed137_write(&say, ret_bytes);
}

/* ---- both ---- */

bool voice_key_hear(struct member *member, const struct media_packet *packet)
{
	struct voice_key *key = member->voice_key;
	struct rtp_packet rtp;
	uint64_t now_ns = member->group->relay->now_ns;
	if (rtp_packet_parse(packet->bytes, packet->length, &rtp) < 0)
		return false;
	ed137_link_heard(&key->radio, now_ns);
	if (button_counts(member, MEDIA_TRIGGER_ED137))
		hear_radio(key, &rtp);
	if (rtp.payload_type != member->voice_type)
		return member->said->is_radio && rtp.payload_length == 0;
	bool is_by_voice = button_counts(member, MEDIA_TRIGGER_VOX) ||
			   button_counts(member, MEDIA_TRIGGER_MUTE);
	if (is_by_voice)
		hear_voice(key, &rtp, now_ns);
	/* of a radio the packet with the bit is enough: it is decided within the round */
	if (!member->is_speaking && (is_by_voice || member->floor.state == FLOOR_MEMBER_ASKS))
		prebuffer_put(&key->prebuffer, packet->bytes, packet->length, now_ns);
	return false;
}

void voice_key_tick(struct voice_key *key)
{
	struct member *member = key->member;
	if (button_counts(member, MEDIA_TRIGGER_VOX) || button_counts(member, MEDIA_TRIGGER_MUTE))
		follow(key, activity_tick(&key->activity, member->group->relay->now_ns));
	if (member->said->is_radio && ed137_link_is_lost(&key->radio, member->group->relay->now_ns))
		lose_radio(key);
}

bool voice_key_take(struct voice_key *key, struct rtp_packet *ret_packet)
{
	struct prebuffer *prebuffer = &key->prebuffer;
	uint64_t began_ns = key->activity.began_ns, now_ns = key->member->group->relay->now_ns;
	uint64_t from_ns = UINT64_MAX;
	const uint8_t *bytes;
	size_t length;
	uint64_t came_ns;
	if (is_by_voice(key->member))
		from_ns = began_ns - MIN(began_ns, BEFORE_NS);
	else if (key->member->floor.trigger == MEDIA_TRIGGER_ED137 &&
		 now_ns - key->asked_ns < AT_ONCE_NS)
		from_ns = key->asked_ns;
	prebuffer_forget(prebuffer, from_ns);
	while (prebuffer_take(prebuffer, now_ns, &bytes, &length, &came_ns))
		if (rtp_packet_parse(bytes, length, ret_packet) > 0)
			return true;
	return false;
}

void voice_key_refused(struct member *member)
{
	if (member->voice_key)
		activity_refused(&member->voice_key->activity);
}

void voice_key_preempted(struct member *member)
{
	struct voice_key *key = member->voice_key;
	if (key)
		key->asks_again = key->said.ptt != ED137_PTT_OFF;
}

void voice_key_taken(struct group *group)
{
	LIST_EACH(link, &group->voice_keys)
	tell_taken(container_of(link, struct voice_key, link));
}
