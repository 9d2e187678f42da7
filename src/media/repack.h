/* SPDX-License-Identifier: Apache-2.0 */
/* repack.h: a talker's packet that is longer than a listener takes, as several. */
#ifndef MEDIA_REPACK_H
#define MEDIA_REPACK_H

#include "media/group.h"
#include "media/member.h"
#include "media/overlay.h"
#include "sound/splice.h"

/*
 * Who says a=maxptime and hears one whose packets are longer gets them in pieces of 20 ms, all
 * others as they are. G.711 and G.722 are cut where they lie; Opus is decoded and coded anew, once
 * for all such listeners (overlay.h), and is sent whole where that cannot be.
 */

/* The longest packet that it takes, by its description: member->ticks_most. */
void repack_describe(struct member *member);

/* How long a payload lasts, in time stamp units. */
uint32_t repack_ticks(unsigned codec, const uint8_t *payload, size_t length);

/* To one listener, with its tone in it. */
void repack_forward(struct group *group, struct member *member, const struct splice_packet *piece,
	struct overlay_talk *talk);

#endif
