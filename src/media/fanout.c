/* SPDX-License-Identifier: Apache-2.0 */
/* fanout.c: one packet to all who listen, and what they get while nobody talks. */
#include "media/fanout.h"

#include <string.h>

#include "base/metrics.h"
#include "media/away.h"
#include "media/button.h"
#include "media/group_record.h"
#include "media/group_report.h"
#include "media/conference.h"
#include "media/copies.h"
#include "media/mixer.h"
#include "media/overlay.h"
#include "media/relay.h"
#include "media/repack.h"
#include "media/voice_key.h"

/* Who got a talker's packet so lately gets nothing of ours: the next one is on its way. */
#define FED_MS 80
/* Comfort noise once a second. */
#define COMFORT_FRAMES 50
/*
 * A talker's packet is sent once for each listener, so no more is forwarded than can have been
 * said: as much as time went by, and what a network that was held up brings at once. A packet is as
 * long as it says, and the shortest that phones use; more in a second are no voice.
 */
#define SOUND_MS_AT_ONCE 1000
#define PACKET_MS_LEAST  5
#define HEADER_EXTENSION 0x10

static struct member *listener_of(struct list *link)
{
	return container_of(link, struct member, listening);
}

/* A radio gets its bits between header and payload. */
static void send_to_radio(struct member *member, const uint8_t *frame, uint32_t length)
{
	uint8_t bytes[MEDIA_PACKET_MAX + ED137_SIZE];
	if (length > MEDIA_PACKET_MAX)
		return;
	memcpy(bytes, frame, RTP_HEADER_SIZE);
	bytes[0] |= HEADER_EXTENSION;
	size_t at = RTP_HEADER_SIZE + voice_key_extension(member, bytes + RTP_HEADER_SIZE);
	memcpy(bytes + at, frame + RTP_HEADER_SIZE, length - RTP_HEADER_SIZE);
	end_send(&member->audio, bytes, (uint32_t)(length + at - RTP_HEADER_SIZE), false);
}

static void send_to(struct member *member, const uint8_t *frame, uint32_t length)
{
	if (UNLIKELY(member->is_radio))
		send_to_radio(member, frame, length);
	else
		end_send(&member->audio, frame, length, false);
}

/* ---- packets ---- */

/* Most do not. */
static inline bool hears_tone(struct group *group, struct member *member, struct overlay_talk *talk)
{
	return UNLIKELY(member->tone != TONE_COUNT) && overlay_is_due(group, member, talk);
}

void fanout_piece_to(struct group *group, struct member *member, const struct splice_packet *piece,
	struct fanout_frame *frame)
{
	struct relay *relay = group->relay;
	if (!splice_forward(&member->splice, piece, relay->now_ns, frame->bytes))
		return;
	member->fed_ms = relay->now_ms;
	send_to(member, frame->bytes, (uint32_t)(RTP_HEADER_SIZE + frame->length));
}

static void forward_with_tone(struct group *group, struct member *member,
	const struct splice_packet *piece, struct overlay_talk *talk)
{
	struct splice_packet blended = *piece;
	struct fanout_frame own;
	own.length = overlay_blend(group, member, talk, own.bytes + RTP_HEADER_SIZE);
	blended.payload_length = (uint32_t)own.length;
	if (own.length > 0)
		fanout_piece_to(group, member, &blended, &own);
}

/*
 * To all others of its codec, in one pass. The payload stays where it came; each listener's header
 * is written in front of it, over the talker's own, which is not needed any more, or where the
 * kernel copies from.
 */
void fanout_piece(struct group *group, unsigned codec, const struct member *talker,
	const struct splice_packet *piece, uint8_t *frame)
{
	struct relay *relay = group->relay;
	uint32_t length = RTP_HEADER_SIZE + piece->payload_length;
	struct copier_piece copied;
	struct overlay_talk talk = {
		piece->source, piece->run, codec, frame + RTP_HEADER_SIZE, piece->payload_length};
	uint32_t ticks = repack_ticks(codec, talk.payload, talk.length);
	copies_begin(relay, &copied, frame, length);
	LIST_EACH(link, &group->listeners[codec])
	{
		struct member *member = listener_of(link);
		if (member == talker)
			continue;
		if (UNLIKELY(ticks > member->ticks_most)) {
			repack_forward(group, member, piece, &talk);
			continue;
		}
		if (hears_tone(group, member, &talk)) {
			forward_with_tone(group, member, piece, &talk);
			continue;
		}
		uint8_t *header = copies_place(relay, member, frame, length);
		if (!splice_forward(&member->splice, piece, relay->now_ns, header ? header : frame))
			continue;
		member->fed_ms = relay->now_ms;
		if (header)
			copies_add(relay, member, length);
		else
			send_to(member, frame, length);
	}
	copies_end(relay);
}

void fanout_forward(struct group *group, struct member *talker, const struct rtp_packet *packet)
{
	struct splice_packet piece;
	/* in front of the payload there is at least a header, in a buffer that is ours */
	uint8_t *frame = (uint8_t *)packet->payload - RTP_HEADER_SIZE;
	if (splice_source_packet(&talker->source, packet, group->relay->now_ns, &piece) !=
		SPLICE_NEW)
		return;
	/* what it holds tells more than when the one before it was sent */
	uint32_t ticks = repack_ticks(talker->codec, packet->payload, packet->payload_length);
	if (ticks >= PACKET_MS_LEAST * talker->source.clock_ms)
		piece.ticks = ticks;
	/* to other threads first: they send at the same time */
	if (UNLIKELY(group->away.threads[talker->codec]))
		away_speech(group, talker, &piece, packet->payload);
	fanout_piece(group, talker->codec, talker, &piece, frame);
}

void fanout_skip(struct group *group, struct member *talker, const struct rtp_packet *packet)
{
	splice_source_skip(&talker->source, packet, group->relay->now_ns);
	mixer_skip(group, talker, packet);
}

void fanout_no_speech(struct group *group, struct member *member, const struct rtp_packet *packet)
{
	metrics_add(METRIC_media_dropped_codec, 1);
	if (member->is_speaking)
		fanout_skip(group, member, packet);
}

static bool is_faster_than_sound(
	const struct group *group, struct member *talker, const struct rtp_packet *packet)
{
	struct token_bucket *sound = &talker->sound;
	uint32_t ms = voice_key_packet_ms(talker, packet);
	if (UNLIKELY(!sound->interval_ns))
		token_bucket_init(sound, 1000, SOUND_MS_AT_ONCE);
	return !token_bucket_take(sound, group->relay->now_ns, MAX(ms, PACKET_MS_LEAST));
}

void fanout_speech(struct group *group, struct member *talker, const struct rtp_packet *packet)
{
	if (UNLIKELY(is_faster_than_sound(group, talker, packet))) {
		metrics_add(METRIC_media_dropped_rate, 1);
		return;
	}
	/* first, for what goes out is written over the packet's header */
	group_record_sound(group, talker, packet);
	if (group->settings->floor == MEDIA_FLOOR_PTT)
		group_hear_level(talker, packet);
	if (LIKELY(mixer_hear(group, talker, packet)))
		fanout_forward(group, talker, packet);
}

static void send_frame(struct group *group, struct member *member, uint8_t type,
	struct fanout_frame *frame, bool marker)
{
	struct relay *relay = group->relay;
	uint32_t length = (uint32_t)(RTP_HEADER_SIZE + frame->length);
	uint8_t *header = copies_place(relay, member, frame->bytes, length);
	splice_own(&member->splice, type, GROUP_FRAME_MS, frame->length, marker, relay->now_ns,
		header ? header : frame->bytes);
	if (header)
		copies_add(relay, member, length);
	else
		send_to(member, frame->bytes, length);
}

static void frame_to(struct group *group, struct member *member, struct fanout_frame *frame,
	struct overlay_talk *talk)
{
	struct fanout_frame blended;
	if (hears_tone(group, member, talk)) {
		blended.length =
			overlay_blend(group, member, talk, blended.bytes + RTP_HEADER_SIZE);
		if (blended.length == 0)
			return;
		frame = &blended;
	}
	bool is_first = group->relay->now_ms - member->fed_ms >= FED_MS;
	member->fed_ms = group->relay->now_ms;
	send_frame(group, member, member->splice.payload_type, frame, is_first);
}

/* A mix as a stream: that of all, or that of one member alone. */
static struct overlay_talk talk_of(
	const void *stream, unsigned codec, const struct fanout_frame *frame)
{
	return (struct overlay_talk){.stream = stream,
		.codec = codec,
		.payload = frame->bytes + RTP_HEADER_SIZE,
		.length = frame->length};
}

void fanout_frame_to(struct group *group, struct member *member, struct fanout_frame *frame)
{
	if (UNLIKELY(member->is_away)) {
		away_frame_to(member, frame);
		return;
	}
	struct overlay_talk talk = talk_of(member, member->codec, frame);
	frame_to(group, member, frame, &talk);
}

void fanout_frame(struct group *group, unsigned codec, struct fanout_frame *frame)
{
	struct overlay_talk talk = talk_of(&group->listeners[codec], codec, frame);
	struct copier_piece copied;
	if (UNLIKELY(group->away.threads[codec]))
		away_frame(group, codec, frame);
	copies_begin(
		group->relay, &copied, frame->bytes, (uint32_t)(RTP_HEADER_SIZE + frame->length));
	LIST_EACH(link, &group->listeners[codec])
	{
		struct member *member = listener_of(link);
		if (!member->is_speaking && !member->is_trailing)
			frame_to(group, member, frame, &talk);
	}
	copies_end(group->relay);
}

static void send_own(struct group *group, struct member *member, uint8_t type,
	const uint8_t *payload, size_t length, bool marker)
{
	struct fanout_frame frame = {.length = length};
	if (length > 0)
		memcpy(frame.bytes + RTP_HEADER_SIZE, payload, length);
	send_frame(group, member, type, &frame, marker);
}

void fanout_tone(struct member *member, enum tone tone)
{
	if (UNLIKELY(member->is_away)) {
		away_tone(member, tone);
		return;
	}
	member->tone = (uint8_t)tone;
	member->tone_ms = 0;
	/* who is fed hears it with the next packet of talk */
	member->blended_ms = member->fed_ms;
}

/* The next frame of its tone; false when that is over. */
static bool play_tone(struct group *group, struct member *member)
{
	const uint8_t *payload;
	size_t length;
	unsigned frame = (member->tone_ms + GROUP_FRAME_MS - 1) / GROUP_FRAME_MS;
	if (!tone_payload(group->relay->media->tones, (enum tone)member->tone,
		    (enum codec_id)member->codec, frame, &payload, &length)) {
		overlay_end(group->relay, member);
		return false;
	}
	member->tone_ms = (uint16_t)((frame + 1) * GROUP_FRAME_MS);
	send_own(group, member, member->splice.payload_type, payload, length, frame == 0);
	return true;
}

/* R2S keep-alive: bits and no sound, instead of silence. */
static void keep_radio(struct group *group, struct member *member)
{
	uint32_t frames = ed137_period_ms(member->said->radio_period_ms) / GROUP_FRAME_MS;
	if (member->quiet_frames++ % frames == 0)
		send_own(group, member, ED137_KEEPALIVE_TYPE, NULL, 0, false);
}

/* `silence` of its codec; of no length where that has none. */
static void keep_alive(struct group *group, struct member *member, struct fanout_frame *silence)
{
	const struct media_group_settings *settings = group->settings;
	static const uint8_t noise = TONE_NOISE_LEVEL;
	if (UNLIKELY(member->is_radio)) {
		keep_radio(group, member);
		return;
	}
	if (settings->keepalive == MEDIA_KEEPALIVE_NONE)
		return;
	if (settings->keepalive == MEDIA_KEEPALIVE_COMFORT && member->noise_type) {
		if (member->quiet_frames++ % COMFORT_FRAMES == 0)
			send_own(group, member, member->noise_type, &noise, 1, false);
		return;
	}
	/* after speech that was played out fast there is still something to be heard */
	if (splice_ahead_ms(&member->splice, group->relay->now_ns) >= GROUP_FRAME_MS)
		return;
	if (silence->length > 0)
		send_frame(group, member, member->splice.payload_type, silence, false);
}

bool fanout_is_fed(const struct group *group, const struct member *member)
{
	/* what came last of one who has ended */
	if (member->fed_ms == group->relay->now_ms)
		return true;
	/* a branch does not know how many speak */
	return (group->speaker_count > member->is_speaking || group->is_branch) &&
	       group->relay->now_ms - member->fed_ms < FED_MS;
}

static void feed(struct group *group, struct member *member, struct fanout_frame *silence)
{
	bool is_blended =
		fanout_is_fed(group, member) && group->relay->now_ms - member->blended_ms < FED_MS;
	if (UNLIKELY(member->tone != TONE_COUNT) && !is_blended && play_tone(group, member))
		return;
	if (fanout_is_fed(group, member))
		member->quiet_frames = 0;
	else
		keep_alive(group, member, silence);
}

/* To each listener of a codec what it hears while nobody is heard. Most of them get the same. */
static void feed_all(struct group *group, unsigned codec)
{
	struct fanout_frame silence = {.length = 0};
	struct copier_piece copied;
	const uint8_t *payload;
	size_t length;
	if (tone_silence(group->relay->media->tones, (enum codec_id)codec, &payload, &length)) {
		memcpy(silence.bytes + RTP_HEADER_SIZE, payload, length);
		silence.length = length;
	}
	copies_begin(
		group->relay, &copied, silence.bytes, (uint32_t)(RTP_HEADER_SIZE + silence.length));
	LIST_EACH(link, &group->listeners[codec])
	{
		feed(group, listener_of(link), &silence);
	}
	copies_end(group->relay);
}

/* Keys whose end was lost, speakers that fell silent. */
static void tick_buttons(struct group *group)
{
	LIST_EACH(link, &group->voice_keys)
	{
		voice_key_tick(container_of(link, struct voice_key, link));
	}
	LIST_EACH_SAFE(link, &group->pressing)
	{
		button_tick(container_of(link, struct member, pressing));
	}
}

void fanout_pass(struct group *group)
{
	if (group->settings->floor == MEDIA_FLOOR_OPEN)
		conference_tick(group);
	mixer_run(group);
	overlay_tick(group);
	for (unsigned codec = 0; codec < CODEC_COUNT; codec++)
		if (!list_is_empty(&group->listeners[codec]))
			feed_all(group, codec);
	tick_buttons(group);
}
