/* SPDX-License-Identifier: Apache-2.0 */
/* fanout.h: one packet to all who listen, and what they get while nobody talks. */
#ifndef MEDIA_FANOUT_H
#define MEDIA_FANOUT_H

#include "media/group.h"
#include "media/member.h"
#include "rtp/packet.h"

/*
 * A talker's packet to all others of its codec, in one pass. The payload stays where it came; each
 * listener's header is written in front of it, over the talker's own, which is not needed any more.
 */
void fanout_forward(struct group *group, struct member *talker, const struct rtp_packet *packet);

/* Each 20 ms: a frame of its tone, or of silence, to each listener that hears nothing else. */
void fanout_pass(struct group *group);

/* It hears the tone from the next pass on, and nothing else meanwhile. */
void fanout_tone(struct member *member, enum tone tone);

#endif
