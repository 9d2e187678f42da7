/* SPDX-License-Identifier: Apache-2.0 */
/* overlay.h: talk that is coded already, made anew for some: with a tone, or in shorter packets. */
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
 * stream that is heard so and an encoder for each leg, out of what the thread has reserved. A
 * decoder that begins in the middle of a stream is wrong at first, so the talk is forwarded for
 * another moment, and the tone waits. With none left, and where a packet lasts as long as none that
 * is made, the tone takes the talk's place, which is counted (group_tones_alone).
 *
 * A stream whose packets are too long for some of its listeners (repack.h) is decoded likewise, and
 * encoded once for all of those.
 */

/* Of a packet: CODEC_PACKET_MS_MAX in frames. */
#define OVERLAY_PARTS_MAX (CODEC_PACKET_MS_MAX / GROUP_FRAME_MS)

/* A stream, decoded. Owner: the relay thread. Lifetime: while somebody hears a tone over it, and a
 * moment more. */
struct overlay_source {
	struct list link;   /* of group.overlaid */
	const void *stream; /* compared, never followed */
	uint32_t run;       /* of the stream: another one is another numbering */
	uint8_t codec;
	uint64_t used_ms;
	uint32_t decoded;                   /* samples, since it began */
	int16_t samples[CODEC_SAMPLES_MAX]; /* of its newest packet */
	/* The same in packets of 20 ms, for those who take none as long. */
	bool is_encoding;
	struct codec_settings settings;
	unsigned part_count; /* of the newest packet; 0: not encoded yet */
	struct overlay_part {
		size_t length;
		uint8_t payload[CODEC_FRAME_BYTES_MAX];
	} parts[OVERLAY_PARTS_MAX];
	struct codec_encoder *encoder;
	_Alignas(16) char decoder[];
};

/* An encoder. Owner: the relay thread. Lifetime: from the first packet of talk under a leg's tone
 * to the tone's end. */
struct overlay {
	const void *stream; /* behind whose packets it goes on; compared, never followed */
	uint32_t run;
	_Alignas(16) char encoder[];
};

/* All of a relay thread, in reserved address space. */
struct overlays {
	struct slab sources, legs;
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
	int from;  /* of the decoded samples: where those begin that are to be coded */
	struct overlay_source *source;
};

/* Whether the leg hears a tone with this packet. One that is over is ended. False as well while the
 * coders get ready by packets that it gets as they are. */
bool overlay_is_due(struct group *group, struct member *member, struct overlay_talk *talk);

/* Then: the packet with the tone in it: its bytes in `ret_payload`, which has room for
 * CODEC_FRAME_BYTES_MAX. 0: the tone has the leg. */
size_t overlay_blend(struct group *group, struct member *member, const struct overlay_talk *talk,
	uint8_t *ret_payload);

/* The packet in several of 20 ms, coded once for all who take none as long; good until the next
 * packet of the group. How many; 0: it cannot be. */
unsigned overlay_cut(
	struct group *group, struct overlay_talk *talk, const struct overlay_part **ret_parts);

/* Its encoder goes back, the tone goes on; the tone is over, too. */
void overlay_give(struct relay *relay, struct member *member);
void overlay_end(struct relay *relay, struct member *member);

/* Each 20 ms: streams that nobody hears with a tone any more. And the group is closed. */
void overlay_tick(struct group *group);
void overlay_close(struct group *group);

#endif
