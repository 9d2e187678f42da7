/* SPDX-License-Identifier: Apache-2.0 */
/* strand.h: one speaker in a mix: what waits of what it says, and who has heard that already. */
#ifndef MEDIA_STRAND_H
#define MEDIA_STRAND_H

#include "codec/codec.h"
#include "codec/ladder.h"
#include "rtp/packet.h"
#include "sound/jitter.h"

struct member;

/*
 * Those of the speaker's codec may be forwarded its packets while the others hear it mixed, some
 * frames later. When they go over to the mix, what waits is not said to them again; when they come
 * back, what waits is forwarded to them first (mixer.c).
 *
 * Owner: the relay thread. Lifetime: its mixer's; used from a speaker's first packet on until all
 * that it said has been heard.
 */
struct strand {
	struct member *member; /* NULL: free, or a tail of one who has left */
	uint8_t codec;         /* that it is decoded from and encoded to, ... */
	uint32_t rate;         /* ... at so many samples a second */
	uint32_t band;         /* sample rate that what it says needs */
	bool is_used;
	bool is_heard; /* said something in this frame */
	bool is_tail;  /* it does not speak any more */
	/* Those of its codec have been forwarded all that was put in; or what came before a time
	 * stamp, as long as any of that waits. */
	bool is_forwarded, is_forwarded_in_part;
	uint32_t forwarded_until;
	uint32_t forwarded; /* so many samples of this frame, from its beginning */
	uint64_t ended_ms;
	struct jitter jitter;
	struct ladder up, down;
	struct codec_decoder *decoder;
	struct codec_encoder *encoder; /* of the sum without it, for itself */
	int16_t samples[JITTER_FRAME_MAX];
};

/* Begins with what `member` says. 0, or the error of a coder; then it is as it was. */
int strand_begin(struct strand *strand, struct member *member, uint32_t rate);

/* A packet of it; `is_forwarded`: those of its codec get it as it is. */
void strand_put(
	struct strand *strand, const struct rtp_packet *packet, bool is_forwarded, uint64_t now_ns);

/* The next 20 ms, at `rate`. */
void strand_pull(struct strand *strand, uint32_t rate, uint64_t now_ns);

/* Its 20 ms as those of a codec are to hear them: without what they have been forwarded. NULL:
 * nothing. `scratch` is used where they hear a part. */
const int16_t *strand_heard_by(
	const struct strand *strand, unsigned codec, uint32_t rate, int16_t *scratch);

/* Whether those of a codec have been forwarded all that waits. */
static inline bool strand_was_forwarded(const struct strand *strand, unsigned codec)
{
	return strand->is_forwarded && strand->codec == codec;
}

#endif
