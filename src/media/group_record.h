/* SPDX-License-Identifier: Apache-2.0 */
/* group_record.h: what a talker says goes to the recorder, where its group is recorded. */
#ifndef MEDIA_GROUP_RECORD_H
#define MEDIA_GROUP_RECORD_H

#include "media/group.h"
#include "media/member.h"
#include "rtp/packet.h"

/* The member has begun to be heard: member->spurt is filled. */
void group_record_begin(struct group *group, struct member *member);
/* A packet of what it says, as the others hear it; in the order in which it came. */
void group_record_sound(
	const struct group *group, struct member *member, const struct rtp_packet *packet);
/* Not any more. */
void group_record_end(struct group *group, struct member *member, const struct media_spurt *spurt);

#endif
