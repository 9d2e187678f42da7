/* SPDX-License-Identifier: Apache-2.0 */
/* overlay.h: a leg's tone over talk that is forwarded, or mixed for many. */
#ifndef MEDIA_OVERLAY_H
#define MEDIA_OVERLAY_H

#include "base/slab.h"
#include "codec/codec.h"
#include "media/group.h"
#include "media/member.h"

/*
 * What a leg gets is coded already, and the same for many. While it hears a tone, what comes to it
 * is decoded, once for all who hear one, the tone is added, and the sum is coded for that leg
 * alone. G.711 has no memory and needs nothing for it. G.722 and Opus need a decoder for each
 * stream that is heard so and an encoder for each leg, out of what the thread has reserved. With
 * none left, and where a packet lasts as long as none that is made, the tone takes the talk's
 * place, which is counted (group_tones_alone).
 */

/* A stream, decoded. Owner: the relay thread. Lifetime: while somebody hears a tone over it, and a
 * moment more. */
struct overlay_source {
	struct list link;   /* of group.overlaid */
	const void *stream; /* compared, never followed */
	uint32_t run;       /* of the stream: another one is another numbering */
	uint8_t codec;
	uint64_t used_ms;
	int16_t samples[CODEC_SAMPLES_MAX]; /* of its newest packet */
	_Alignas(16) char decoder[];
};

/* All of a relay thread, in reserved address space. */
struct overlays {
	struct slab sources;
	struct slab encoders; /* of legs (member.overlay), from the first packet of talk under a
				 tone to its end */
};

/* `count` legs at once, 0 = 32. 0 or -ENOMEM. */
int overlays_init(struct overlays *overlays, uint32_t count);
void overlays_done(struct overlays *overlays);

/* A packet of talk, for all of one codec who get it; begins with what follows `payload` zero. */
struct overlay_talk {
	const void *stream;
	uint32_t run;
	unsigned codec;
	const uint8_t *payload;
	size_t length;
	int count; /* samples; 0: it has not been decoded, < 0: it cannot be */
	const int16_t *samples;
};

/* Whether the leg hears a tone now. One that is over is ended. */
bool overlay_is_due(const struct group *group, struct member *member);

/* The packet with the tone in it: its bytes in `ret_payload`, which has room for
 * CODEC_FRAME_BYTES_MAX. 0: the tone has the leg. */
size_t overlay_blend(struct group *group, struct member *member, struct overlay_talk *talk,
	uint8_t *ret_payload);

/* Its encoder goes back, the tone goes on; the tone is over, too. */
void overlay_give(struct relay *relay, struct member *member);
void overlay_end(struct relay *relay, struct member *member);

/* Each 20 ms: streams that nobody hears with a tone any more. And the group is closed. */
void overlay_tick(struct group *group);
void overlay_close(struct group *group);

#endif
