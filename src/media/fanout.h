/* SPDX-License-Identifier: Apache-2.0 */
/* fanout.h: one packet to all who listen, and what they get while nobody talks. */
#ifndef MEDIA_FANOUT_H
#define MEDIA_FANOUT_H

#include "media/group.h"
#include "media/member.h"
#include "rtp/packet.h"

/* 20 ms of ours: room for a header, and a payload of `length` bytes. */
struct fanout_frame {
	size_t length;
	uint8_t bytes[RTP_HEADER_SIZE + CODEC_FRAME_BYTES_MAX];
};

/* A packet of one who is heard: forwarded, mixed, or both. */
void fanout_speech(struct group *group, struct member *talker, const struct rtp_packet *packet);

/* A packet of one who is heard to all others of its codec. In front of its payload there is room
 * for a header. */
void fanout_forward(struct group *group, struct member *talker, const struct rtp_packet *packet);

/* A packet of it that nobody gets, a key: its number is taken out, so that it does not look lost.
 */
void fanout_skip(struct group *group, struct member *talker, const struct rtp_packet *packet);
/* The same of a type that is no sound to be forwarded: comfort noise, or what was not agreed on. */
void fanout_no_speech(struct group *group, struct member *member, const struct rtp_packet *packet);

/* A piece of a talker's to all of a group (or of a branch of it) whose codec it is, but to himself.
 * `frame`: room for a header, then the payload. */
void fanout_piece(struct group *group, unsigned codec, const struct member *talker,
	const struct splice_packet *piece, uint8_t *frame);

/* A piece of a talker's that was made for one listener. */
void fanout_piece_to(struct group *group, struct member *member, const struct splice_packet *piece,
	struct fanout_frame *frame);

/* A frame to all of a codec who do not speak; and to one member. */
void fanout_frame(struct group *group, unsigned codec, struct fanout_frame *frame);
void fanout_frame_to(struct group *group, struct member *member, struct fanout_frame *frame);

/* Each 20 ms: a frame of its tone, or of silence, to each listener that hears nothing else. */
void fanout_pass(struct group *group);

/* Whether another's next packet is on its way to it. */
bool fanout_is_fed(const struct group *group, const struct member *member);

/* It hears the tone from the next frame on: over talk (overlay.h), or where nobody talks alone. */
void fanout_tone(struct member *member, enum tone tone);

#endif
