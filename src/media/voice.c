/* SPDX-License-Identifier: Apache-2.0 */
/* voice.c: one way of a transcoded stream: what comes, in which order, and what it is. */
#include "media/voice.h"

#include <errno.h>
#include <string.h>

#include "base/macros.h"
#include "base/metrics.h"
#include "base/random.h"
#include "media/voice_out.h"
#include "rtp/event.h"

/* Packets that come behind the next one count as late up to this distance; farther off the source
 * numbers anew. */
#define LATE_MOST 50
/* And so it does when it leaps forward by more (RFC 3550 A.1: MAX_DROPOUT). */
#define LEAP_MOST 3000
/* Of a loss as much is guessed; the rest is silence. */
#define CONCEAL_MS_MOST 80
/* What is passed on undecoded is taken to last so long. */
#define PASSED_MS 20
/* A coder works in these units (Opus's shortest frame). */
#define CONCEAL_US_STEP 2500

/*
 * Coding Opus costs ten times what forwarding does, so sound is coded no faster than it can have
 * been said: an end has credit for a second, regained a quarter faster than time goes by. A packet
 * costs what it lasts, and what is shorter than Opus's shortest frame costs that.
 */
#define CREDIT_US_MOST    1000000
#define PACKET_US_LEAST   2500
#define CHANGE_US         5000 /* to another codec: the coders are set anew */
#define CREDIT_REGAIN(us) ((us) + (us) / 4)

enum place { PLACE_NEXT, PLACE_LATE, PLACE_ANEW };

static void refuse(enum metric_id why)
{
	metrics_add(why, 1);
}

/* ---- setting up ---- */

static void forget_source(struct voice *voice)
{
	voice->is_heard = false;
	voice->event.is_known = false;
	voice->fill = 0;
	if (voice->resampler)
		resampler_reset(voice->resampler);
}

static int make_coders(struct voice *voice)
{
	uint32_t from = voice->from_rate * 1000, to = voice->to_rate * 1000;
	voice->resampler = from == to ? NULL : from < to ? voice->parts.up : voice->parts.down;
	if (from != to && !voice->resampler)
		return -ENOTSUP;
	int error = codec_decoder_init(voice->parts.decoder, (enum codec_id)voice->codec, from);
	if (error)
		return error;
	return codec_encoder_init(
		voice->parts.encoder, (enum codec_id)voice->to.codec, to, &voice->to.settings);
}

/* A stream of ours: numbers that nobody guesses (RFC 3550 §5.1). */
static void begin_stream(struct voice_stream *out)
{
	*out = (struct voice_stream){.is_begun = true, .wants_marker = true};
	random_bytes(&out->ssrc, sizeof(out->ssrc));
	random_bytes(&out->timestamp, sizeof(out->timestamp));
	random_bytes(&out->sequence, sizeof(out->sequence));
}

/* For a codec that comes. */
static int set_coders(struct voice *voice, enum codec_id from)
{
	enum codec_id to = (enum codec_id)voice->to.codec;
	if (!codec_is_joined(from, to))
		return -ENOTSUP;
	voice->codec = (uint8_t)from;
	voice->from_clock = codec_row(from)->clock / 1000;
	voice->to_clock = codec_row(to)->clock / 1000;
	voice->from_rate = codec_rate_beside(from, to) / 1000;
	voice->to_rate = codec_rate_beside(to, from) / 1000;
	voice->frame = voice->to_rate * codec_packet_ms(to, voice->to.packet_ms);
	return make_coders(voice);
}

int voice_set(struct voice *voice, const struct media_coding *from, const struct media_coding *to)
{
	bool is_same_codec = voice->out.is_begun && voice->to.codec == to->codec;
	if (!codec_is_joined((enum codec_id)from->codec, (enum codec_id)to->codec))
		return -ENOTSUP;
	voice->from = *from;
	voice->to = *to;
	voice->credit_us = CREDIT_US_MOST;
	int error = set_coders(voice, (enum codec_id)from->codec);
	if (error)
		return error;
	forget_source(voice);
	/* another clock under the same SSRC would confuse its receiver (RFC 7160) */
	if (!is_same_codec)
		begin_stream(&voice->out);
	return 0;
}

/* ---- order ---- */

/* Where a packet stands. *ret_missing: how many before it did not come. */
static enum place place_of(
	const struct voice *voice, const struct rtp_packet *packet, unsigned *ret_missing)
{
	int16_t ahead = (int16_t)(uint16_t)(packet->sequence - voice->next_sequence);
	*ret_missing = 0;
	if (!voice->is_heard || packet->ssrc != voice->ssrc || ahead > LEAP_MOST ||
		ahead < -LATE_MOST)
		return PLACE_ANEW;
	if (ahead < 0)
		return PLACE_LATE;
	*ret_missing = (unsigned)ahead;
	return PLACE_NEXT;
}

/* The first packet of a source, or of one that numbers anew. What time went by since the one before
 * is all that is known of how far apart they are. */
static void begin_source(struct voice *voice, const struct rtp_packet *packet)
{
	uint64_t gone_us = voice->heard_ns ? (voice->now_ns - voice->heard_ns) / 1000 : 0;
	uint64_t said_us = (uint64_t)voice->packet_ticks * 1000 / voice->from_clock;
	voice_out_flush(voice);
	if (gone_us > said_us)
		voice_out_skip(voice, (gone_us - said_us) * voice->to_rate / 1000);
	forget_source(voice);
	/* cannot fail: it has been done with the same values */
	codec_decoder_init(
		voice->parts.decoder, (enum codec_id)voice->codec, voice->from_rate * 1000);
	voice->is_heard = true;
	voice->ssrc = packet->ssrc;
	voice->next_timestamp = packet->timestamp;
	voice->out.wants_marker = true;
}

/* ---- sound ---- */

static bool may_code(struct voice *voice)
{
	uint64_t gone_us = MIN((voice->now_ns - voice->credit_ns) / 1000, CREDIT_US_MOST);
	int64_t credit_us = voice->credit_us + (int64_t)CREDIT_REGAIN(gone_us);
	voice->credit_us = MIN(credit_us, CREDIT_US_MOST);
	voice->credit_ns = voice->now_ns;
	return voice->credit_us > 0;
}

static void spend(struct voice *voice, unsigned samples)
{
	int64_t us = (int64_t)samples * 1000 / voice->from_rate;
	voice->credit_us -= MAX(us, PACKET_US_LEAST);
}

/* Guesses what was in `missing` packets that fill up to `gap` ticks; how many it filled. */
static uint32_t conceal(
	struct voice *voice, const struct rtp_packet *next, uint32_t gap, unsigned missing)
{
	int16_t samples[CODEC_SAMPLES_MAX];
	uint64_t lost = MIN((uint64_t)missing * voice->packet_ticks, gap);
	uint64_t us = MIN(lost * 1000 / voice->from_clock, CONCEAL_MS_MOST * 1000);
	us -= us % CONCEAL_US_STEP;
	int count = 0;
	if (us > 0)
		count = codec_conceal(voice->parts.decoder, next->payload, next->payload_length,
			(size_t)(us * voice->from_rate / 1000), samples);
	if (count <= 0)
		return 0;
	spend(voice, (unsigned)count);
	voice->concealed_ms += (uint32_t)count / voice->from_rate;
	metrics_add(METRIC_media_concealed_ms, (uint64_t)count / voice->from_rate);
	voice_out_sound(voice, samples, (size_t)count);
	return (uint32_t)count * voice->from_clock / voice->from_rate;
}

/* Comes to the place of the packet: what was lost before it, what was silence. */
static void close_gap(struct voice *voice, const struct rtp_packet *packet, unsigned missing)
{
	int32_t gap = (int32_t)(packet->timestamp - voice->next_timestamp);
	if (gap < 0) {
		/* its clock was set back: nothing is known but the time that went by */
		begin_source(voice, packet);
		return;
	}
	uint32_t left = (uint32_t)gap;
	if (missing > 0 && left > 0)
		left -= conceal(voice, packet, left, missing);
	if (left > 0)
		voice_out_skip(voice, (uint64_t)left * voice->to_rate / voice->from_clock);
}

/* Another codec comes from now on. False: not so soon again, or it cannot be decoded. */
static bool change_codec(struct voice *voice, enum codec_id codec, enum place *place)
{
	uint32_t clock = voice->from_clock;
	if (voice->codec == codec)
		return true;
	if (!may_code(voice)) {
		refuse(METRIC_media_dropped_rate);
		return false;
	}
	voice->credit_us -= CHANGE_US;
	if (voice->fill > 0)
		voice->credit_us -= (int64_t)(voice->frame - voice->fill) * 1000 / voice->to_rate;
	voice_out_flush(voice);
	if (set_coders(voice, codec) < 0) {
		voice->codec = CODEC_NONE; /* half of one is set: the next packet tries again */
		refuse(METRIC_media_dropped_codec);
		return false;
	}
	/* as long a packet, in the new clock */
	voice->packet_ticks = (uint32_t)((uint64_t)voice->packet_ticks * voice->from_clock / clock);
	if (voice->resampler)
		resampler_reset(voice->resampler);
	/* time stamps of another clock are not in step with what was (RFC 7160) */
	if (voice->from_clock != clock)
		*place = PLACE_ANEW;
	return true;
}

static void hear_sound(struct voice *voice, const struct rtp_packet *packet, unsigned missing)
{
	int16_t samples[CODEC_SAMPLES_MAX];
	if (!may_code(voice)) {
		refuse(METRIC_media_dropped_rate);
		return;
	}
	close_gap(voice, packet, missing);
	int count = codec_decode(
		voice->parts.decoder, packet->payload, packet->payload_length, samples);
	voice->next_timestamp = packet->timestamp;
	spend(voice, count > 0 ? (unsigned)count : 0);
	if (count <= 0) {
		refuse(METRIC_media_dropped_codec);
		return;
	}
	voice->packet_ticks = (uint32_t)count * voice->from_clock / voice->from_rate;
	voice->next_timestamp += voice->packet_ticks;
	voice->heard_ns = voice->now_ns;
	voice_out_sound(voice, samples, (size_t)count);
}

/* What the other end has as well goes on as it is. How long it lasts is not looked at: the next
 * one shows it. */
static void pass_sound(struct voice *voice, const struct rtp_packet *packet)
{
	voice_out_flush(voice);
	voice->out.timestamp += packet->timestamp - voice->next_timestamp;
	voice_out_passed(voice, packet);
	voice->packet_ticks = PASSED_MS * voice->from_clock;
	voice->out.timestamp += voice->packet_ticks;
	voice->next_timestamp = packet->timestamp + voice->packet_ticks;
	voice->heard_ns = voice->now_ns;
}

/* ---- what is no sound ---- */

/* A moment of the stream that comes, in the stream that goes. */
static uint32_t to_time(const struct voice *voice, uint32_t timestamp)
{
	int64_t ahead = (int32_t)(timestamp - voice->next_timestamp);
	uint32_t next = voice->out.timestamp + voice->fill * voice->to_clock / voice->to_rate;
	return next + (uint32_t)(ahead * voice->to_clock / voice->from_clock);
}

static uint32_t event_rate(const struct media_coding *coding)
{
	return coding->event_rate ? coding->event_rate
				  : codec_row((enum codec_id)coding->codec)->clock;
}

/* Of a packet that came. */
static uint32_t rate_of_event(const struct voice *voice, const struct rtp_packet *packet)
{
	const struct media_foreign *foreign =
		media_coding_foreign(&voice->from, packet->payload_type);
	return foreign ? foreign->rate : event_rate(&voice->from);
}

/* Where an event begins. One that counts in another clock than the sound beside it says nothing of
 * its place among it (RFC 7160): it begins where the sound is. */
static void begin_event(struct voice *voice, const struct rtp_packet *packet)
{
	bool is_in_step = rate_of_event(voice, packet) == voice->from_clock * 1000;
	voice->event = (struct voice_event){.is_known = true,
		.from_timestamp = packet->timestamp,
		.to_timestamp =
			to_time(voice, is_in_step ? packet->timestamp : voice->next_timestamp)};
}

static void hear_event(struct voice *voice, const struct rtp_packet *packet)
{
	struct rtp_event event;
	if (!voice->to.gets.events ||
		rtp_event_parse(packet->payload, packet->payload_length, &event) < 0) {
		refuse(METRIC_media_dropped_codec);
		return;
	}
	if (!voice->event.is_known || voice->event.from_timestamp != packet->timestamp)
		begin_event(voice, packet);
	uint32_t duration = (uint32_t)((uint64_t)event.duration * event_rate(&voice->to) /
				       rate_of_event(voice, packet));
	/* what is too long for its field goes on in a segment of its own (RFC 4733 §2.5.1.3) */
	uint32_t before = duration > UINT16_MAX ? duration - duration % UINT16_MAX : 0;
	event.duration = (uint16_t)(duration - before);
	voice_out_event(voice, voice->event.to_timestamp + before, &event, packet->marker);
}

/* The level goes as it is; the spectrum behind it is of the sender's rate (RFC 3389 §3). */
static void hear_noise(struct voice *voice, const struct rtp_packet *packet)
{
	size_t length = packet->payload_length;
	voice_out_flush(voice);
	if (!voice->to.gets.noise || length == 0)
		return;
	if (voice->from_rate != voice->to_rate)
		length = 1;
	voice_out_noise(voice, to_time(voice, packet->timestamp), packet->payload, length);
}

/* What a packet is. */
enum heard { HEARD_SOUND, HEARD_PASSED, HEARD_EVENT, HEARD_NOISE, HEARD_NOTHING };

static enum heard what_is(
	const struct voice *voice, const struct media_foreign *foreign, uint8_t type)
{
	const struct media_types *types = &voice->from.sends;
	if (foreign)
		return foreign->codec == CODEC_NONE ? HEARD_EVENT : HEARD_SOUND;
	if (type == types->voice)
		return voice->from.is_agreed ? HEARD_PASSED : HEARD_SOUND;
	if (types->events && type == types->events)
		return HEARD_EVENT;
	if (types->noise && type == types->noise)
		return HEARD_NOISE;
	return voice->from.is_agreed ? HEARD_PASSED : HEARD_NOTHING;
}

/* The codec that it speaks now; what is no sound goes with what is spoken. */
static enum codec_id codec_of(
	const struct voice *voice, enum heard heard, const struct media_foreign *foreign)
{
	if (heard != HEARD_SOUND && heard != HEARD_PASSED)
		return (enum codec_id)voice->codec;
	return (enum codec_id)(foreign ? foreign->codec : voice->from.codec);
}

void voice_hear(struct voice *voice, const struct rtp_packet *packet, uint64_t now_ns)
{
	const struct media_foreign *foreign =
		media_coding_foreign(&voice->from, packet->payload_type);
	enum heard heard = what_is(voice, foreign, packet->payload_type);
	unsigned missing;
	voice->now_ns = now_ns;
	enum place place = place_of(voice, packet, &missing);
	if (heard != HEARD_NOTHING && place == PLACE_LATE) {
		voice->late++;
		refuse(METRIC_media_dropped_late);
		return;
	}
	if (heard == HEARD_NOTHING) {
		refuse(METRIC_media_dropped_codec);
		return;
	}
	if (!change_codec(voice, codec_of(voice, heard, foreign), &place))
		return;
	if (place == PLACE_ANEW)
		begin_source(voice, packet);
	voice->next_sequence = (uint16_t)(packet->sequence + 1);
	if (heard == HEARD_SOUND)
		hear_sound(voice, packet, missing);
	else if (heard == HEARD_PASSED)
		pass_sound(voice, packet);
	else if (heard == HEARD_EVENT)
		hear_event(voice, packet);
	else
		hear_noise(voice, packet);
}

uint32_t voice_timestamp(const struct voice *voice, uint64_t now_ns)
{
	uint64_t gone_us = (now_ns - voice->out.sent_ns) / 1000;
	return voice->out.sent_timestamp + (uint32_t)(gone_us * voice->to_clock / 1000);
}
