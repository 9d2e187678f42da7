/* SPDX-License-Identifier: Apache-2.0 */
/* tape.h: a file that is sound: payloads and silence go in, Ogg Opus or WAV comes out. */
#ifndef RECORD_TAPE_H
#define RECORD_TAPE_H

#include "codec/codec.h"
#include "record/record.h"
#include "sound/file_ogg.h"
#include "sound/file_wav.h"

#define TAPE_BUFFER     8192
#define TAPE_FRAME_MS   20
#define TAPE_FRAME_MOST (CODEC_RATE_MAX / 1000 * TAPE_FRAME_MS)

/*
 * Opus goes into Ogg as it came; all else is decoded, and coded again in frames of 20 ms. In a WAV
 * file lies what was decoded. The codec may change; the rate of a WAV file cannot, and what has
 * another one is refused.
 *
 * Owner: the writer's thread. The coders' memory is behind it: tape_size.
 */
struct tape {
	int file;
	bool is_wav;
	int error;           /* the first of writing, 0 or -errno; nothing is written after it */
	uint8_t codec;       /* that the decoder is for; CODEC_NONE: none yet */
	bool is_passed;      /* Opus that needs no decoder */
	uint32_t rate;       /* of the decoded samples */
	uint64_t samples;    /* WAV: written so far */
	uint64_t sound_ms10; /* tenths of a millisecond that are in the file */
	uint32_t fill;       /* samples that wait for a whole frame */
	uint32_t buffered;   /* bytes that wait to be written */
	struct codec_decoder *decoder;
	struct codec_encoder *encoder;
	int16_t waiting[CODEC_SAMPLES_MAX + TAPE_FRAME_MOST];
	uint8_t buffer[TAPE_BUFFER];
	struct ogg ogg;
};

/* Bytes of a tape with its coders; aligned to 16. */
size_t tape_size(void);

/* The ending of its file's name: "opus" or "wav". */
bool tape_is_wav(enum record_format format);

/* `file` is open for writing and empty, and stays its owner's. 0 or -errno. */
int tape_begin(struct tape *tape, int file, bool is_wav, uint8_t codec, uint32_t serial,
	struct pv_span title);
/* One payload. 0, -EBADMSG (it is none of that codec), -ENOTSUP (the codec is not built, or does
 * not fit into this file), or an error of the disk. */
int tape_payload(struct tape *tape, uint8_t codec, const void *payload, size_t length);
/* `ms` of which nothing came. */
int tape_gap(struct tape *tape, uint32_t ms);
/* All that waits is written, and the header of a WAV file is put right. The first error of all. */
int tape_end(struct tape *tape);

#endif
