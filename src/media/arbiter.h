/* SPDX-License-Identifier: Apache-2.0 */
/* arbiter.h: a group's floor on its relay thread: what goes into floor/floor.h, and what becomes of
 * what it says. */
#ifndef MEDIA_ARBITER_H
#define MEDIA_ARBITER_H

#include "media/group.h"
#include "media/member.h"

void arbiter_init(struct group *group);
/* The group's settings are others. */
void arbiter_set(struct group *group);

void arbiter_join(struct group *group, struct member *member);
/* The member's description is another one. */
void arbiter_change(struct group *group, struct member *member);
/* It has floor packets now: it is told who talks. */
void arbiter_inform(struct group *group, struct member *member);
void arbiter_leave(struct group *group, struct member *member);

/* Decides what was asked in this round, does what is due, answers presses. */
void arbiter_run(struct group *group);

/* The talk spurt of a member that is heard begins or ends: for the record, and the gate. */
void arbiter_begin_spurt(struct group *group, struct member *member, uint8_t trigger);
void arbiter_end_spurt(struct group *group, struct member *member, enum media_spurt_end why);

#endif
