/* SPDX-License-Identifier: Apache-2.0 */
/* voice_harness.h: one voice, somebody who speaks into it and the packets that it makes. */
#ifndef TESTS_MEDIA_VOICE_HARNESS_H
#define TESTS_MEDIA_VOICE_HARNESS_H

#include "base/macros.h"
#include "base/metrics.h"
#include "lib/testing.h"
#include "lib/tone.h"
#include "media/voice.h"
#include "rtp/bytes.h"

#define AMPLITUDE 8000

static struct voice voice;
static uint64_t now_ns;

/* ---- what comes out ---- */

#define MADE_MAX 600
static struct made {
	struct rtp_packet packet;
	uint8_t bytes[RTP_HEADER_SIZE + CODEC_FRAME_BYTES_MAX];
} made[MADE_MAX];
static unsigned made_count;

static inline void keep(void *context, const void *bytes, uint32_t length)
{
	ck_assert_uint_lt(made_count, MADE_MAX);
	struct made *next = &made[made_count++];
	ck_assert_uint_le(length, sizeof(next->bytes));
	memcpy(next->bytes, bytes, length);
	ck_assert_int_eq(rtp_packet_parse(next->bytes, length, &next->packet), RTP_HEADER_SIZE);
}

/* All that came out, decoded at `rate`; how many samples. */
static inline size_t hear_all(enum codec_id codec, uint32_t rate, int16_t *ret, size_t room)
{
	struct codec_decoder *decoder = malloc(codec_decoder_size());
	size_t count = 0;
	ck_assert_int_eq(codec_decoder_init(decoder, codec, rate), 0);
	for (unsigned i = 0; i < made_count && count + CODEC_SAMPLES_MAX <= room; i++) {
		if (made[i].packet.payload_type != voice.to.gets.voice)
			continue;
		int got = codec_decode(decoder, made[i].packet.payload,
			made[i].packet.payload_length, ret + count);
		ck_assert_int_gt(got, 0);
		count += (size_t)got;
	}
	free(decoder);
	return count;
}

/* ---- who speaks ---- */

static struct speaker {
	struct codec_encoder *encoder;
	uint32_t rate, clock; /* for each millisecond */
	uint32_t ssrc, timestamp;
	uint16_t sequence;
	uint8_t payload[CODEC_FRAME_BYTES_MAX];
	size_t said; /* samples */
	double hertz;
} speaker;

static inline struct media_coding coding_of(enum codec_id codec, uint8_t packet_ms)
{
	uint8_t type = codec_row(codec)->payload_type;
	if (type == CODEC_TYPE_DYNAMIC)
		type = 111;
	struct media_types types = {.voice = type, .events = 101, .noise = 13};
	struct media_coding coding = {
		.codec = (uint8_t)codec, .packet_ms = packet_ms, .sends = types, .gets = types};
	/* each side has numbers of its own */
	if (codec == CODEC_OPUS)
		coding.gets.events = 97;
	return coding;
}

static inline void voice_close(void)
{
	free(voice.parts.decoder);
	free(voice.parts.encoder);
	resampler_free(voice.parts.up);
	resampler_free(voice.parts.down);
	free(speaker.encoder);
	memset(&voice, 0, sizeof(voice));
	memset(&speaker, 0, sizeof(speaker));
}

/* False when the two are not built. */
static inline bool voice_open(enum codec_id from, enum codec_id to, uint8_t packet_ms)
{
	static const struct codec_settings plain;
	struct media_coding in = coding_of(from, 20), out = coding_of(to, packet_ms);
	if (!codec_is_joined(from, to))
		return false;
	made_count = 0;
	now_ns = UINT64_C(1000000000);
	voice.parts = (struct voice_parts){.decoder = malloc(codec_decoder_size()),
		.encoder = malloc(codec_encoder_size()),
		.send = keep};
	if (resampler_is_built()) {
		resampler_new(&voice.parts.up, 8000, 16000);
		resampler_new(&voice.parts.down, 16000, 8000);
	}
	ck_assert_int_eq(voice_set(&voice, &in, &out), 0);
	uint32_t rate = codec_rate_beside(from, to);
	speaker = (struct speaker){.encoder = malloc(codec_encoder_size()),
		.rate = rate / 1000,
		.clock = codec_row(from)->clock / 1000,
		.ssrc = 0x1234,
		.timestamp = 0xffffff00, /* wraps soon */
		.sequence = 0xfffc,
		.hertz = 400};
	ck_assert_int_eq(codec_encoder_init(speaker.encoder, from, rate, &plain), 0);
	return true;
}

static inline struct rtp_packet next_packet(unsigned ms)
{
	int16_t samples[CODEC_RATE_MAX / 1000 * CODEC_FRAME_MS_MAX];
	size_t count = speaker.rate * ms;
	tone_make(samples, count, speaker.said, speaker.hertz, speaker.rate * 1000, AMPLITUDE);
	int length = codec_encode(speaker.encoder, samples, count, speaker.payload);
	ck_assert_int_gt(length, 0);
	struct rtp_packet packet = {.ssrc = speaker.ssrc,
		.timestamp = speaker.timestamp,
		.sequence = speaker.sequence++,
		.payload_type = voice.from.sends.voice,
		.payload = speaker.payload,
		.payload_length = (size_t)length};
	speaker.said += count;
	speaker.timestamp += ms * speaker.clock;
	now_ns += ms * UINT64_C(1000000);
	return packet;
}

/* `count` packets of `ms` each, in order. */
static inline void speak_ms(unsigned ms, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct rtp_packet packet = next_packet(ms);
		voice_hear(&voice, &packet, now_ns);
	}
}

/* The packets from `first` on follow one another without a gap, `ms` apart, without a marker. */
static inline void check_unbroken(unsigned first, unsigned ms)
{
	for (unsigned i = first; i < made_count; i++) {
		const struct rtp_packet *packet = &made[i].packet, *before = &made[i - 1].packet;
		ck_assert_uint_eq(packet->ssrc, before->ssrc);
		ck_assert_uint_eq(packet->sequence, (uint16_t)(before->sequence + 1));
		ck_assert_uint_eq(packet->timestamp, before->timestamp + ms * voice.to_clock);
		ck_assert_uint_eq(packet->payload_type, voice.to.gets.voice);
		ck_assert(!packet->marker);
	}
}

#endif
