/* SPDX-License-Identifier: Apache-2.0 */
/* tone.c: what a phone without a display is told, as payloads that are ready to be sent. */
#include "sound/tone.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/macros.h"
#include "codec/g711.h"

#define TWO_PI 6.28318530717958647692
/* -12 dBFS; a sine of full scale is 0 dBFS (IEC 61606). */
#define AMPLITUDE 8231
/* A beep swells and fades, so that nothing clicks. */
#define SWELL_MS 4
/* -60 dBov (RMS 33), uniform: nobody mistakes it for a dead line, nobody minds it. */
#define NOISE_PEAK 57
/* A coder that remembers says silence as it should after so many frames. */
#define SETTLE_FRAMES 10

#define G722_SILENCE     0xfd
#define G722_FRAME_BYTES (TONE_FRAME_MS * 8)

/* A beep, or with `hertz` 0 a rest. */
struct beep {
	uint16_t hertz, ms;
};

#define BEEPS_MAX 5

/* What a listener tells apart by pitch and number; silence behind the last one completes a frame.
 */
static const struct beep tones_beeps[TONE_COUNT][BEEPS_MAX] = {
	[TONE_GRANTED] = {{1000, 100}},
	[TONE_DENIED] = {{350, 120}, {0, 80}, {350, 120}},
	[TONE_QUEUED] = {{600, 100}, {0, 40}, {900, 100}},
	[TONE_REVOKED] = {{700, 80}, {0, 60}, {700, 80}, {0, 60}, {700, 80}},
	[TONE_NEARLY_OVER] = {{1600, 40}},
	[TONE_ROGER] = {{1200, 60}, {800, 60}},
};

/* What is made of them in each codec: there is nothing above 2 kHz in them. */
#define TONE_RATE_MAX 16000

/* At most TONE_FRAMES, which the test sees to. The last frame is not cut short by the coder's
 * delay: there is a frame of silence behind it. */
static unsigned frames_of(enum tone tone)
{
	unsigned ms = 0;
	for (unsigned i = 0; i < BEEPS_MAX; i++)
		ms += tones_beeps[tone][i].ms;
	return (ms + TONE_FRAME_MS - 1) / TONE_FRAME_MS + 1;
}

static double volume_at(size_t at, size_t count, uint32_t rate)
{
	size_t swell = rate / 1000 * SWELL_MS, edge = MIN(at, count - 1 - at);
	return edge < swell ? (double)edge / (double)swell : 1;
}

/* `ret_samples` are silence, and long enough. */
static void make_samples(enum tone tone, uint32_t rate, int16_t *ret_samples)
{
	for (unsigned i = 0; i < BEEPS_MAX; i++) {
		const struct beep *beep = &tones_beeps[tone][i];
		size_t count = rate / 1000 * beep->ms;
		for (size_t at = 0; at < count && beep->hertz; at++)
			ret_samples[at] =
				(int16_t)lrint(AMPLITUDE * volume_at(at, count, rate) *
					       sin(TWO_PI * beep->hertz * (double)at / rate));
		ret_samples += count;
	}
}

/* A payload into the pool. */
static int keep(
	struct tones *tones, const uint8_t *payload, int length, struct tone_frame *ret_frame)
{
	if (length < 0)
		return length;
	if ((size_t)length > sizeof(tones->pool) - tones->used)
		return -ENOSPC;
	*ret_frame = (struct tone_frame){tones->used, (uint16_t)length};
	memcpy(tones->pool + tones->used, payload, (size_t)length);
	tones->used += (uint32_t)length;
	return 0;
}

/* Where one codec is being made. */
struct making {
	struct tones *tones;
	struct codec_encoder *encoder;
	enum codec_id codec;
	uint32_t rate;
	size_t frame; /* samples */
};

static int begin(const struct making *making)
{
	static const struct codec_settings plain;
	return codec_encoder_init(making->encoder, making->codec, making->rate, &plain);
}

/* One frame, encoded, into the pool. */
static int say(const struct making *making, const int16_t *samples, struct tone_frame *ret_frame)
{
	uint8_t payload[CODEC_FRAME_BYTES_MAX];
	int length = codec_encode(making->encoder, samples, making->frame, payload);
	return keep(making->tones, payload, length, ret_frame);
}

static int make_tone(const struct making *making, enum tone tone)
{
	const struct tones *tones = making->tones;
	const int16_t *samples =
		making->rate == 8000 ? tones->samples8[tone] : tones->samples16[tone];
	int error = begin(making);
	for (unsigned i = 0; i < tones->frames[tone] && !error; i++)
		error = say(making, samples + i * making->frame,
			&making->tones->said[making->codec][tone][i]);
	return error;
}

/*
 * A coder settles first; what it says then is said over and over. Not so in G.722, where an encoder
 * answers to what its decoder remembers: a frame that is repeated grows to a hiss. Its code for the
 * smallest step up in both bands makes the steps of either smaller, and ends at a constant 8.
 */
static int make_silence(const struct making *making)
{
	static const int16_t silence[TONE_RATE_MAX / 1000 * TONE_FRAME_MS];
	struct tone_frame *frame = &making->tones->silence[making->codec];
	uint8_t payload[CODEC_FRAME_BYTES_MAX];
	if (making->codec == CODEC_G722) {
		memset(payload, G722_SILENCE, G722_FRAME_BYTES);
		return keep(making->tones, payload, G722_FRAME_BYTES, frame);
	}
	int error = begin(making);
	for (unsigned i = 0; i < SETTLE_FRAMES && !error; i++)
		error = MIN(codec_encode(making->encoder, silence, making->frame, payload), 0);
	return error ? error : say(making, silence, frame);
}

static int make_noise(const struct making *making)
{
	int16_t samples[TONE_RATE_MAX / 1000 * TONE_FRAME_MS];
	uint32_t seed = 1;
	int error = begin(making);
	for (unsigned i = 0; i < TONE_NOISE_FRAMES && !error; i++) {
		for (size_t j = 0; j < making->frame; j++) {
			seed = seed * 1664525 + 1013904223;
			samples[j] =
				(int16_t)((int)(seed >> 16) % (2 * NOISE_PEAK + 1) - NOISE_PEAK);
		}
		error = say(making, samples, &making->tones->noise[making->codec][i]);
	}
	return error;
}

static int make_codec(struct tones *tones, struct codec_encoder *encoder, enum codec_id codec)
{
	uint32_t rate = MIN(codec_row(codec)->rate, TONE_RATE_MAX);
	struct making making = {tones, encoder, codec, rate, rate / 1000 * TONE_FRAME_MS};
	int error = make_silence(&making);
	if (!error)
		error = make_noise(&making);
	for (unsigned i = 0; i < TONE_COUNT && !error; i++)
		error = make_tone(&making, (enum tone)i);
	return error;
}

int tones_make(struct tones *tones, struct codec_encoder *encoder)
{
	int error = 0;
	memset(tones, 0, offsetof(struct tones, pool));
	for (unsigned i = 0; i < TONE_COUNT; i++) {
		tones->frames[i] = (uint8_t)frames_of((enum tone)i);
		make_samples((enum tone)i, 8000, tones->samples8[i]);
		make_samples((enum tone)i, 16000, tones->samples16[i]);
		make_samples((enum tone)i, 48000, tones->samples48[i]);
	}
	for (unsigned i = CODEC_NONE + 1; i < CODEC_COUNT && !error; i++)
		if (codec_is_built((enum codec_id)i))
			error = make_codec(tones, encoder, (enum codec_id)i);
	return error;
}

static bool give(const struct tones *tones, const struct tone_frame *frame,
	const uint8_t **ret_payload, size_t *ret_length)
{
	if (frame->length == 0)
		return false;
	*ret_payload = tones->pool + frame->at;
	*ret_length = frame->length;
	return true;
}

bool tone_payload(const struct tones *tones, enum tone tone, enum codec_id codec, unsigned frame,
	const uint8_t **ret_payload, size_t *ret_length)
{
	return frame < TONE_FRAMES &&
	       give(tones, &tones->said[codec][tone][frame], ret_payload, ret_length);
}

bool tone_silence(const struct tones *tones, enum codec_id codec, const uint8_t **ret_payload,
	size_t *ret_length)
{
	return give(tones, &tones->silence[codec], ret_payload, ret_length);
}

bool tone_noise(const struct tones *tones, enum codec_id codec, unsigned frame,
	const uint8_t **ret_payload, size_t *ret_length)
{
	return give(
		tones, &tones->noise[codec][frame % TONE_NOISE_FRAMES], ret_payload, ret_length);
}

unsigned tone_ms(const struct tones *tones, enum tone tone)
{
	return tones->frames[tone] * TONE_FRAME_MS;
}

/* What is left of the tone at that age, *ret_count samples, at most `count`. */
static const int16_t *rest_of(const struct tones *tones, enum tone tone, unsigned ms, uint32_t rate,
	size_t count, size_t *ret_count)
{
	const int16_t *samples = rate == 8000    ? tones->samples8[tone]
				 : rate == 16000 ? tones->samples16[tone]
						 : tones->samples48[tone];
	unsigned left = tone_ms(tones, tone) - MIN(ms, tone_ms(tones, tone));
	*ret_count = MIN(count, rate / 1000 * left);
	return samples + (*ret_count ? rate / 1000 * ms : 0);
}

static int16_t add(int16_t talk, int16_t tone)
{
	int sum = talk + tone;
	return (int16_t)MAX(MIN(sum, INT16_MAX), INT16_MIN);
}

void tone_add(const struct tones *tones, enum tone tone, unsigned ms, uint32_t rate,
	const int16_t *samples, size_t count, int16_t *ret_samples)
{
	size_t left;
	const int16_t *beep = rest_of(tones, tone, ms, rate, count, &left);
	for (size_t i = 0; i < left; i++)
		ret_samples[i] = add(samples[i], beep[i]);
	memcpy(ret_samples + left, samples + left, (count - left) * sizeof(*samples));
}

void tone_add_g711(const struct tones *tones, enum tone tone, unsigned ms, enum codec_id codec,
	const uint8_t *payload, size_t length, uint8_t *ret_payload)
{
	size_t left;
	const int16_t *beep = rest_of(tones, tone, ms, 8000, length, &left);
	bool is_ulaw = codec == CODEC_PCMU;
	const int16_t *expand = is_ulaw ? g711_from_ulaw : g711_from_alaw;
	for (size_t i = 0; i < left; i++) {
		int16_t sample = add(expand[payload[i]], beep[i]);
		ret_payload[i] = is_ulaw ? g711_to_ulaw(sample) : g711_to_alaw(sample);
	}
	memcpy(ret_payload + left, payload + left, length - left);
}
