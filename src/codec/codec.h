/* SPDX-License-Identifier: Apache-2.0 */
/* codec.h: voice codecs: what each is called and counts in, and coders on memory that the caller
 * has. */
#ifndef CODEC_CODEC_H
#define CODEC_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <portavoz/span.h>

/* The longest packet that is decoded and the highest rate that anything here works at. */
#define CODEC_PACKET_MS_MAX 120 /* RFC 6716 §3.2: so much may one Opus packet hold */
#define CODEC_RATE_MAX      48000
#define CODEC_SAMPLES_MAX   (CODEC_RATE_MAX / 1000 * CODEC_PACKET_MS_MAX)
/* The highest rate at which one codec is made another: there is none that has more and no Opus. */
#define CODEC_RATE_BESIDE_MAX 16000
/* The longest packet that is made, in milliseconds and in bytes (G.711 and G.722: 8 a ms). */
#define CODEC_FRAME_MS_MAX    60
#define CODEC_FRAME_BYTES_MAX 640

enum codec_id {
	CODEC_NONE,
	CODEC_PCMU,
	CODEC_PCMA,
	CODEC_G722,
	CODEC_OPUS,
	CODEC_COUNT,
};

#define CODEC_TYPE_DYNAMIC 255

/* As a=rtpmap has it: RFC 3551 §6, RFC 7587 §7. */
struct codec_row {
	struct pv_span name;
	uint32_t clock;       /* of RTP time stamps in Hz: G.722 counts 8000 (RFC 3551 §4.5.2) */
	uint32_t rate;        /* samples a second that are in it */
	uint8_t channels;     /* of the rtpmap; what we code has one */
	uint8_t payload_type; /* static, or CODEC_TYPE_DYNAMIC */
};

/* `codec` is neither CODEC_NONE nor CODEC_COUNT. */
const struct codec_row *codec_row(enum codec_id codec);

/* By encoding name without case, clock in Hz, and channels (0 counts as 1); CODEC_NONE when it is
 * none of these. What is not built has its name, too. */
enum codec_id codec_find(struct pv_span name, uint32_t clock, unsigned channels);

/* Whether this program can code it. */
bool codec_is_built(enum codec_id codec);

/* Whether what one says can be said in the other: both are built, and their sample rates meet. */
bool codec_is_joined(enum codec_id a, enum codec_id b);

/* The rate at which `codec` is coded when the other end has `other`: Opus takes the rate of its
 * partner, so that only G.711 beside G.722 needs a resampler. At most CODEC_RATE_BESIDE_MAX. */
uint32_t codec_rate_beside(enum codec_id codec, enum codec_id other);

/* The packet time in ms that is sent when an SDP asks for `wanted` (0: nothing): 10 to 60, and for
 * Opus one that it has frames of. Never longer than what was asked for, but for what is under 10.
 */
unsigned codec_packet_ms(enum codec_id codec, unsigned wanted);

/* What an SDP lets an encoder do, and what it is for. All zero: the defaults. */
struct codec_settings {
	uint32_t bitrate; /* bit/s at most; 0 = what suits the rate (Opus) */
	bool has_fec;     /* the far end reads redundancy within packets (Opus: useinbandfec) */
	bool is_constant; /* constant bit rate (Opus: cbr) */
	/* What the far end plays and records at most, as samples a second (Opus: maxplaybackrate,
	 * sprop-maxcapturerate); 0 = it did not say, or all that the codec has. */
	uint32_t playback_rate, capture_rate;
	/* Some packets between those of another encoder: it begins at once, with little delay, and
	 * costs little (Opus: CELT alone, a third of the rest; no redundancy in it). */
	bool is_brief;
};

bool codec_settings_are_same(const struct codec_settings *a, const struct codec_settings *b);

/* What is of use of `codec`'s sound to one who says so, or comes from him: 8000, 16000 or 48000. */
uint32_t codec_playback_rate(enum codec_id codec, const struct codec_settings *settings);
uint32_t codec_capture_rate(enum codec_id codec, const struct codec_settings *settings);

/* From the value of an a=fmtp line (RFC 7587 §6.1); what is unknown or does not fit is ignored. */
void codec_settings_read(enum codec_id codec, struct pv_span fmtp, struct codec_settings *ret);

/*
 * Coders. Owner: one thread. They lie in memory of the caller's, aligned to 16 bytes, hold nothing
 * but that memory and need no end; to begin anew is to call _init again. No function below
 * allocates or blocks.
 */
struct codec_decoder;
struct codec_encoder;

/* Bytes that the largest decoder and encoder of the codecs as built need; multiples of 16. */
size_t codec_decoder_size(void);
size_t codec_encoder_size(void);

/* `rate`: samples a second that come out or go in: 8000 for PCMU and PCMA, 16000 for G.722, 8000,
 * 16000 or 48000 for Opus. 0, -ENOTSUP when the codec is not built, or -EINVAL. */
int codec_decoder_init(struct codec_decoder *decoder, enum codec_id codec, uint32_t rate);
int codec_encoder_init(struct codec_encoder *encoder, enum codec_id codec, uint32_t rate,
	const struct codec_settings *settings);

/* From the next packet on there is no more in the sound than `rate` samples a second can hold,
 * however many there are: no bits are spent on what is not there. Where the far end wants less
 * still, it stays at that. */
void codec_encoder_narrow(struct codec_encoder *encoder, uint32_t rate);

/* The encoder goes on where another one's stream is: `decoder`, of the same codec and rate, has
 * decoded its packets up to one of these samples, as many as codec_packet_ms gives. So far as the
 * codec lets it, whoever plays both streams one after the other hears nothing of the change. */
void codec_encoder_follow(struct codec_encoder *encoder, const struct codec_decoder *decoder,
	const int16_t *samples, size_t count);

/* One payload. Samples written (> 0), or -EBADMSG: empty, longer than CODEC_PACKET_MS_MAX, or not
 * of this codec. `ret_samples` has room for CODEC_PACKET_MS_MAX at the decoder's rate. */
int codec_decode(
	struct codec_decoder *decoder, const void *payload, size_t length, int16_t *ret_samples);

/*
 * What may have been said in `count` samples (at most CODEC_SAMPLES_MAX, in whole 2.5 ms) that were
 * lost. `next` is the payload behind the gap, or NULL: it may tell (Opus's redundancy). Samples
 * written, `count` where the codec can; less only where it fails.
 */
int codec_conceal(struct codec_decoder *decoder, const void *next, size_t next_length, size_t count,
	int16_t *ret_samples);

/* One packet of `count` samples, a length that codec_packet_ms gives. Bytes written into
 * `ret_payload`, which has room for CODEC_FRAME_BYTES_MAX, or -EINVAL. */
int codec_encode(
	struct codec_encoder *encoder, const int16_t *samples, size_t count, uint8_t *ret_payload);

#endif
