/* SPDX-License-Identifier: Apache-2.0 */
/* transcoder.h: both ways of a transcoded session, its RTCP, and the stock of what that takes. */
#ifndef MEDIA_TRANSCODER_H
#define MEDIA_TRANSCODER_H

#include <stdatomic.h>

#include "base/slab.h"
#include "media/end.h"
#include "media/reporter.h"
#include "media/voice.h"

/* Owner: the relay thread. Lifetime: as long as its session is transcoded. */
struct transcoder {
	struct voice voices[MEDIA_ENDS]; /* [i] hears end i and speaks to the other one */
	struct reporter reporters[MEDIA_ENDS];
	struct stream_end *ends;
	char cname[RTCP_CNAME_MAX]; /* random (RFC 7022) */
	_Alignas(16) char coders[]; /* decoder and encoder of each way */
};

/*
 * All transcoders of a relay thread. Coders lie in reserved address space, which costs memory only
 * once it is used; resamplers, which their library insists on allocating, are made at start, two
 * ways for each transcoder. So nothing is allocated while calls run.
 *
 *   transcoder_reserve    any worker; what it reserves is there for transcoder_take
 *   the others            the relay thread, or main while it does not run
 */
struct transcoders {
	struct slab slab;
	struct resampler **resamplers; /* [capacity][MEDIA_ENDS][2]: up, down */
	uint32_t capacity;
	_Atomic uint32_t reserved;
};

/* `count` as in media_config. 0 or -ENOMEM. */
int transcoders_init(struct transcoders *transcoders, uint32_t count);
void transcoders_done(struct transcoders *transcoders);

/* False when all are reserved. */
bool transcoder_reserve(struct transcoders *transcoders);
void transcoder_release(struct transcoders *transcoders);

/* One that has been reserved, for these ends; NULL when it was not. */
struct transcoder *transcoder_take(
	struct transcoders *transcoders, struct stream_end ends[MEDIA_ENDS], uint64_t now_ms);
void transcoder_give(struct transcoders *transcoders, struct transcoder *transcoder);

/* What the ends speak, from now on; the same again changes nothing. 0, or the error of voice_set:
 * it must be given back then. */
int transcoder_set(
	struct transcoder *transcoder, const struct media_coding *const codings[MEDIA_ENDS]);

/* RTP or RTCP that came from an end. */
void transcoder_hear(struct transcoder *transcoder, struct stream_end *from,
	const struct media_packet *packet, uint64_t now_ns);

/* Once a second: reports, when they are due. */
void transcoder_watch(struct transcoder *transcoder, uint64_t now_ns);

#endif
