/* SPDX-License-Identifier: Apache-2.0 */
/* mixer.h: what those hear whom packets cannot be forwarded to: several voices, or other codecs. */
#ifndef MEDIA_MIXER_H
#define MEDIA_MIXER_H

#include "base/slab.h"
#include "codec/codec.h"
#include "codec/ladder.h"
#include "media/group.h"
#include "media/member.h"
#include "sound/jitter.h"
#include "sound/mix.h"

/*
 * Each speaker is decoded once. The sum of all is encoded once for each codec and shared by all who
 * do not speak; each speaker gets the sum without himself in an encoding of his own. Where one
 * alone speaks, those of his codec are forwarded to, and only the others hear the mix. It works at
 * the highest rate that one of them can say or play: 8, 16 or 48 kHz (audience.h).
 *
 * Who ends, or is ended, has said more than was mixed yet: a tail, said to those who have not been
 * forwarded it. Who speaks next meanwhile is mixed with it.
 */
#define MIXER_RATE_MAX    48000
#define MIXER_SAMPLES_MAX (MIXER_RATE_MAX / 1000 * GROUP_FRAME_MS)

/* One speaker. */
struct mixer_strand {
	struct member *member; /* NULL: free, or a tail of one who has left */
	uint8_t codec;         /* that it is decoded from and encoded to */
	uint32_t band;         /* sample rate that what it says needs */
	bool is_used;
	bool is_heard;     /* said something in this frame */
	bool is_tail;      /* it does not speak any more */
	bool is_forwarded; /* that tail, to those of its codec */
	uint64_t ended_ms;
	struct jitter jitter;
	struct ladder up, down;
	struct codec_decoder *decoder;
	struct codec_encoder *encoder;
	int16_t samples[MIXER_SAMPLES_MAX];
};

/* The sum of all in one codec. */
struct mixer_out {
	bool is_begun;
	struct codec_settings settings; /* that it is encoded with */
	struct ladder down;
	struct codec_encoder *encoder;
};

/* Owner: the relay thread. Lifetime: while its group needs one. */
struct mixer {
	uint32_t rate;
	bool is_many;       /* more than one speak, or did so a moment ago */
	uint64_t many_ms;   /* when more than one spoke last */
	uint64_t needed_ms; /* when somebody needed a mix last */
	unsigned tails;     /* strands that are one */
	uint32_t band;      /* that what is in the air needs, at most `rate` */
	struct mixer_strand strands[MEDIA_GROUP_TALKERS_MAX];
	struct mixer_out outs[CODEC_COUNT];
	struct mix mix;
	_Alignas(16) char coders[];
};

/* All of a relay thread, in reserved address space, which costs memory only once it is used. */
int mixers_init(struct slab *mixers, uint32_t count);

/* A packet of one who is heard: true when it must be forwarded, too, to those of its codec. */
bool mixer_hear(struct group *group, struct member *member, const struct rtp_packet *packet);

/* A packet of it that is no sound: comfort noise, a key. It is no loss. */
void mixer_skip(struct group *group, const struct member *member, const struct rtp_packet *packet);

/* Each 20 ms: what is in the air goes out. */
void mixer_run(struct group *group);

/* It does not speak any more: what waits is still said, nothing else is. */
void mixer_end(struct group *group, struct member *member);

/* It leaves, and what it said last may go on. */
void mixer_leave(struct group *group, struct member *member);

/* The group is closed. */
void mixer_done(struct group *group);

#endif
