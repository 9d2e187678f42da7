/* SPDX-License-Identifier: Apache-2.0 */
/* branch.h: the legs of a group that are not on its own relay thread, on theirs. */
#ifndef MEDIA_BRANCH_H
#define MEDIA_BRANCH_H

#include "media/group.h"
#include "media/member.h"
#include "media/trunk.h"
#include "sound/ed137.h"

/*
 * A branch is a struct group without a floor: it has listeners, which get keep-alive and tones here
 * and what the owner posts (away.h). It is there from its first leg to its last, known by the
 * group's id. A leg is a struct member whose lease is LEASE_LEG: ports, latch, stream. What it
 * sends is passed on to the owner, as far as the owner wants it (enum away_gate).
 */

/* A leg comes and goes, or is described anew. The first is -ENOBUFS when there is no room. */
int branch_add(struct relay *relay, struct member *leg);
/* The member may join now: its leg is there. */
void branch_ready(struct member *leg);
void branch_change(struct member *leg);
void branch_remove(struct member *leg);

/* What the group is like, as its owner showed it last. Each second. */
void branch_watch(struct group *branch);

/* What the owner wants of a leg now, enum away_gate. */
unsigned branch_gate_of(struct member *leg);

/* The bits that a radio gets back, as its owner heard them. */
enum ed137_ptt branch_ptt_of(const struct member *leg);

/* What comes to the ports of a leg. */
void branch_deliver(
	struct relay *relay, struct stream_end *from, const struct media_packet *packet);
/* A floor packet of its. */
void branch_floor(struct member *leg, const struct media_packet *packet);

/* It has begun to speak, and is not heard. */
void branch_spoke(struct member *leg);

/* From the owner; by enum trunk_kind. */
void branch_speech(struct relay *relay, struct trunk_item *item);
void branch_mix(struct relay *relay, struct trunk_item *item);
void branch_frame(struct relay *relay, struct trunk_item *item);
void branch_tone(struct relay *relay, struct trunk_item *item);
void branch_say(struct relay *relay, struct trunk_item *item);
void branch_gate(struct relay *relay, struct trunk_item *item);
void branch_status(struct relay *relay, struct trunk_item *item);

#endif
