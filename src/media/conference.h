/* SPDX-License-Identifier: Apache-2.0 */
/* conference.h: who is heard in a group without a floor: the loudest. */
#ifndef MEDIA_CONFERENCE_H
#define MEDIA_CONFERENCE_H

#include "media/group.h"
#include "media/member.h"

/*
 * All microphones of a conference are open, and most packets that come to it are silence. What is
 * silent to the last bit is thrown away before anything else is asked of it. Who is louder than
 * background is heard from that packet on, as long as there is room, or in the place of somebody
 * much softer; who has been silent for a while is not.
 */

/* RTP of a member of an open group. */
void conference_hear(struct group *group, struct member *member, const struct media_packet *packet);

/* Its settings are others: the loudest go on, if fewer may speak at once. */
void conference_set(struct group *group);

/* Each 20 ms: who sends nothing any more is not heard any more. */
void conference_tick(struct group *group);

/* Silence to the last bit, as a phone sends it that is muted. */
bool conference_is_nothing(const struct member *member, const struct media_packet *packet);

#endif
