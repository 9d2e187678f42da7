/* SPDX-License-Identifier: Apache-2.0 */
/* copies.h: the listeners to whom the kernel copies what is said. */
#ifndef MEDIA_COPIES_H
#define MEDIA_COPIES_H

#include "media/fastpath/copier.h"
#include "media/member.h"
#include "media/relay.h"

/*
 * A listener is copied to when it gets what all others of its codec get, under a header of its own,
 * and the way to it is known. Everybody else is sent to; which of them it is, is asked for each
 * packet, so nothing has to be taken back when something changes.
 */

/* Looks for the way to it, when that is due: it was described, heard or locked, or a second is
 * over. */
void copies_watch(struct relay *relay, struct member *member);

/* What many get: room for an RTP header, then a payload; `length` of both. `piece` is the caller's
 * until the end. One at a time. */
void copies_begin(struct relay *relay, struct copier_piece *piece, uint8_t *frame, uint32_t length);
void copies_end(struct relay *relay);

/* Whether its way is the one that was found. */
bool copies_reach(const struct relay *relay, const struct member *member, uint32_t length);

/* Where its header for `frame` is to be written; NULL: it must be sent to, or the frame is for it
 * alone. Takes nothing yet. */
static inline uint8_t *copies_place(const struct relay *relay, const struct member *member,
	const uint8_t *frame, uint32_t length)
{
	if (!relay->copier || !copier_is_at(relay->copier, frame + RTP_HEADER_SIZE) ||
		!copies_reach(relay, member, length))
		return NULL;
	return copier_place(relay->copier, &member->copy.target);
}

/* It is written: counted as sent. */
void copies_add(struct relay *relay, struct member *member, uint32_t length);

#endif
