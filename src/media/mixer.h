/* SPDX-License-Identifier: Apache-2.0 */
/* mixer.h: what those hear whom packets cannot be forwarded to: several voices, or other codecs. */
#ifndef MEDIA_MIXER_H
#define MEDIA_MIXER_H

#include "base/slab.h"
#include "codec/codec.h"
#include "media/group.h"
#include "media/member.h"
#include "media/mixer_out.h"
#include "media/strand.h"
#include "sound/mix.h"

/*
 * Each speaker is decoded once. The sum of all is encoded once for each codec and shared by all who
 * do not speak; each speaker gets the sum without himself in an encoding of his own. Where one
 * alone speaks, those of his codec are forwarded to, and only the others hear the mix. It works at
 * the highest rate that one of them can say or play: 8, 16 or 48 kHz (audience.h).
 *
 * Who ends, or is ended, has said more than was mixed yet: a tail, said to those who have not been
 * forwarded it. Who speaks next meanwhile is mixed with it.
 *
 * Each packet is heard once by each listener, whether it is forwarded or mixed. Where a second one
 * begins to speak, what waits of the first has been forwarded to those of its codec, and is mixed
 * for the others alone (strand.h). Where one is left, what waits of it is forwarded at once, and
 * the next packet behind it.
 */
#define MIXER_SAMPLES_MAX JITTER_FRAME_MAX

/* Owner: the relay thread. Lifetime: while its group needs one. */
struct mixer {
	uint32_t rate;
	bool is_many;       /* more than one speak, or did so a moment ago */
	uint64_t many_ms;   /* when more than one spoke last */
	uint64_t needed_ms; /* when somebody needed a mix last */
	unsigned tails;     /* strands that are one */
	uint32_t band;      /* that what is in the air needs, at most `rate` */
	bool is_split;      /* of this frame, those of one codec have heard more than others */
	struct strand strands[MEDIA_GROUP_TALKERS_MAX];
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
