/* SPDX-License-Identifier: Apache-2.0 */
/* group_report.h: how a group is: who talks, who waits. */
#ifndef MEDIA_GROUP_REPORT_H
#define MEDIA_GROUP_REPORT_H

#include "media/group.h"
#include "media/member.h"

void group_report(const struct group *group, struct media_group_report *ret_report);
/* Where any thread may read it. */
void group_publish(struct group *group);

/* In dBFS: RFC 6464's levels with their sign. */
static inline int8_t group_level(const struct member *member)
{
	return (int8_t)-member->level;
}

/* How loud a packet of a talker is; where the codec does not tell without being decoded, as before.
 */
void group_hear_level(struct member *member, const struct rtp_packet *packet);

#endif
