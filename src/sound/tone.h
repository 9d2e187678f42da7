/* SPDX-License-Identifier: Apache-2.0 */
/* tone.h: what a phone without a display is told, as payloads that are ready to be sent. */
#ifndef SOUND_TONE_H
#define SOUND_TONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <portavoz/span.h>

#include "codec/codec.h"

#define TONE_FRAME_MS 20
#define TONE_MS_MAX   400
#define TONE_FRAMES   (TONE_MS_MAX / TONE_FRAME_MS)

enum tone {
	TONE_GRANTED,     /* a short beep */
	TONE_DENIED,      /* a low double beep */
	TONE_QUEUED,      /* a rising pair */
	TONE_REVOKED,     /* three beeps */
	TONE_NEARLY_OVER, /* a tick */
	TONE_ROGER,       /* a falling pair: the talker has ended */
	TONE_COUNT,
};

/* Of noise so many frames are made and said over and over. */
#define TONE_NOISE_FRAMES 25
/* The payload of comfort noise where it was negotiated (RFC 3389 §3): the level in -dBov. */
#define TONE_NOISE_LEVEL 70

/* The pool: G.711 and G.722 take 160 bytes a frame, Opus less. */
#define TONE_BYTES (CODEC_COUNT * (TONE_COUNT * TONE_FRAMES + TONE_NOISE_FRAMES + 1) * 164)

struct tone_frame {
	uint32_t at; /* in the pool */
	uint16_t length;
};

/*
 * Everything that can be said, made once. Owner: whoever starts the threads; constant from then on,
 * so any thread may read it. Some 500 KB, so it is not for the stack.
 */
struct tones {
	uint8_t frames[TONE_COUNT]; /* of each tone */
	struct tone_frame said[CODEC_COUNT][TONE_COUNT][TONE_FRAMES];
	struct tone_frame noise[CODEC_COUNT][TONE_NOISE_FRAMES];
	struct tone_frame silence[CODEC_COUNT];
	int16_t samples8[TONE_COUNT][TONE_MS_MAX * 8];
	int16_t samples16[TONE_COUNT][TONE_MS_MAX * 16];
	int16_t samples48[TONE_COUNT][TONE_MS_MAX * 48];
	uint32_t used;
	uint8_t pool[TONE_BYTES];
};

/* Makes them for each codec as built; `encoder` is room for one (codec_encoder_size) that is free
 * again afterwards. 0, or the error of an encoder. */
int tones_make(struct tones *tones, struct codec_encoder *encoder);

/*
 * The payload of frame `frame` of a tone, 20 ms of it. False when the tone is over, or the codec is
 * not built.
 */
bool tone_payload(const struct tones *tones, enum tone tone, enum codec_id codec, unsigned frame,
	const uint8_t **ret_payload, size_t *ret_length);

/* 20 ms of silence, and frame `frame` (any number) of quiet noise. False: not built. */
bool tone_silence(const struct tones *tones, enum codec_id codec, const uint8_t **ret_payload,
	size_t *ret_length);
bool tone_noise(const struct tones *tones, enum codec_id codec, unsigned frame,
	const uint8_t **ret_payload, size_t *ret_length);

/* How long it lasts, the silence behind it counted. */
unsigned tone_ms(const struct tones *tones, enum tone tone);

/*
 * The talk `samples`, `count` of them at 8000, 16000 or 48000 Hz, with the tone in it that is `ms`
 * old where they begin, into `ret_samples`; where the tone is over there is talk alone.
 */
void tone_add(const struct tones *tones, enum tone tone, unsigned ms, uint32_t rate,
	const int16_t *samples, size_t count, int16_t *ret_samples);

/* The same in a payload of PCMU or PCMA, as many bytes of it. */
void tone_add_g711(const struct tones *tones, enum tone tone, unsigned ms, enum codec_id codec,
	const uint8_t *payload, size_t length, uint8_t *ret_payload);

#endif
