/* SPDX-License-Identifier: Apache-2.0 */
/* mix_harness.h: phones of all codecs that say tones, and know which of them they hear. */
#ifndef TESTS_MEDIA_MIX_HARNESS_H
#define TESTS_MEDIA_MIX_HARNESS_H

#include <math.h>

#include "codec/codec.h"
#include "lib/tone.h"
#include "unit/media/group_harness.h"

static struct leg legs[6];

/* What phones listen for. */
#define TONES 9

/* What a phone says: a tone in its codec. */
struct voice_of {
	double hertz, also; /* 0: nothing beside it */
	enum codec_id codec;
	uint32_t rate;
	double at;
	_Alignas(16) char encoder[65536], decoder[65536];
	double sines[TONES], cosines[TONES];
	double loud[TONES]; /* packet by packet, whatever its phase */
	uint32_t heard;
	/* the stream that comes */
	uint32_t ssrc, timestamp;
	uint16_t sequence;
	unsigned packets, breaks, leaps; /* another SSRC or number; a time that is not the next */
	uint8_t last[CODEC_FRAME_BYTES_MAX];
	size_t last_length;
};
static struct voice_of voices[6];
static const double tones[TONES] = {400, 700, 1000, 1900, 12000, 600, 900, 350, 1600};

static inline void give_voice(unsigned i, double hertz, enum codec_id codec)
{
	static const struct codec_settings defaults;
	struct voice_of *voice = &voices[i];
	memset(voice, 0, sizeof(*voice));
	voice->hertz = hertz;
	voice->codec = codec;
	voice->rate = codec_row(codec)->rate;
	ck_assert_int_eq(codec_encoder_init((struct codec_encoder *)voice->encoder, codec,
				 voice->rate, &defaults),
		0);
	ck_assert_int_eq(
		codec_decoder_init((struct codec_decoder *)voice->decoder, codec, voice->rate), 0);
}

static inline void join_with(unsigned i, double hertz, enum codec_id codec)
{
	leg_take(&legs[i], i + 1, false);
	give_voice(i, hertz, codec);
	uint8_t type = codec == CODEC_OPUS ? 111 : codec_row(codec)->payload_type;
	legs[i].said.audio.coding.codec = (uint8_t)codec;
	legs[i].said.audio.coding.sends.voice = legs[i].said.audio.coding.gets.voice = type;
	legs[i].phone.payload_type = type;
	leg_set(&legs[i]);
}

/* What it said last, as it was sent. */
static uint8_t said_last[CODEC_FRAME_BYTES_MAX];
static size_t said_length;

/* 20 ms of its tone, `volume` of full scale; 0: silence. */
static inline void says(unsigned i, double volume)
{
	struct voice_of *voice = &voices[i];
	int16_t samples[960];
	uint8_t bytes[12 + CODEC_FRAME_BYTES_MAX];
	uint32_t count = voice->rate / 50;
	for (uint32_t n = 0; n < count; n++, voice->at++)
		samples[n] =
			(int16_t)(volume * 32767 *
				  (sin(2 * M_PI * voice->hertz * voice->at / voice->rate) +
					  sin(2 * M_PI * voice->also * voice->at / voice->rate)));
	int length =
		codec_encode((struct codec_encoder *)voice->encoder, samples, count, bytes + 12);
	ck_assert_int_gt(length, 0);
	memcpy(said_last, bytes + 12, (size_t)length);
	said_length = (size_t)length;
	write_rtp(&legs[i].phone, bytes, "");
	legs[i].phone.timestamp += codec_row(voice->codec)->clock / 50 - 160;
	send_bytes(&legs[i].phone, 0, legs[i].lease.port, bytes, 12 + (size_t)length);
}

static inline void listen_to(struct voice_of *voice, const uint8_t *payload, size_t length)
{
	int16_t samples[CODEC_SAMPLES_MAX];
	int count = codec_decode((struct codec_decoder *)voice->decoder, payload, length, samples);
	ck_assert_int_gt(count, 0);
	for (unsigned i = 0; i < TONES; i++)
		voice->loud[i] += tone_amplitude(samples, (size_t)count, tones[i], voice->rate) *
				  count / 32767;
	for (int n = 0; n < count; n++, voice->heard++)
		for (unsigned i = 0; i < TONES; i++) {
			double angle = 2 * M_PI * tones[i] * voice->heard / voice->rate;
			voice->sines[i] += samples[n] * sin(angle);
			voice->cosines[i] += samples[n] * cos(angle);
		}
}

static inline void follow_stream(struct voice_of *voice, const uint8_t *bytes, size_t length)
{
	uint16_t sequence = bytes_u16(bytes + 2);
	uint32_t timestamp = bytes_u32(bytes + 4), ssrc = bytes_u32(bytes + 8);
	uint32_t step = codec_row(voice->codec)->clock / 50;
	bool is_first = voice->packets++ == 0;
	voice->breaks +=
		!is_first && (ssrc != voice->ssrc || sequence != (uint16_t)(voice->sequence + 1));
	voice->leaps += !is_first && timestamp != voice->timestamp + step;
	voice->ssrc = ssrc;
	voice->sequence = sequence;
	voice->timestamp = timestamp;
	voice->last_length = length - 12;
	memcpy(voice->last, bytes + 12, voice->last_length);
}

/* All that has come to a phone. */
static inline void hears_out(unsigned i)
{
	uint8_t bytes[1500];
	for (;;) {
		ssize_t length = recv(legs[i].phone.fds[0], bytes, sizeof(bytes), MSG_DONTWAIT);
		if (length < 12)
			return;
		follow_stream(&voices[i], bytes, (size_t)length);
		listen_to(&voices[i], bytes + 12, (size_t)length - 12);
	}
}

static inline void frame(unsigned count)
{
	fake_clock_advance(&clock_here, 10);
	for (unsigned n = 0; n < 4; n++)
		turn();
	fake_clock_advance(&clock_here, 10);
	turn();
	for (unsigned i = 0; i < count; i++)
		hears_out(i);
}

static inline void forget_heard(void)
{
	for (unsigned i = 0; i < 6; i++) {
		memset(voices[i].sines, 0, sizeof(voices[i].sines));
		memset(voices[i].loud, 0, sizeof(voices[i].loud));
		memset(voices[i].cosines, 0, sizeof(voices[i].cosines));
		voices[i].heard = 0;
	}
}

/* Amplitude of a tone that a phone has heard, of full scale. */
static inline double amount(unsigned i, unsigned tone)
{
	const struct voice_of *voice = &voices[i];
	if (voice->heard == 0)
		return 0;
	return 2 * hypot(voice->sines[tone], voice->cosines[tone]) / voice->heard / 32767;
}

static inline void must_hear(unsigned i, unsigned tone, double volume)
{
	ck_assert_msg(
		amount(i, tone) > 0.7 * volume, "%u hears %g of tone %u", i, amount(i, tone), tone);
}

static inline void must_not_hear(unsigned i, unsigned tone)
{
	ck_assert_msg(amount(i, tone) < 0.01, "%u hears %g of tone %u", i, amount(i, tone), tone);
}

#endif
