/* SPDX-License-Identifier: Apache-2.0 */
/* away.h: members of a group whose legs are on other relay threads, at the group's own thread. */
#ifndef MEDIA_AWAY_H
#define MEDIA_AWAY_H

#include "media/channel.h"
#include "media/group.h"
#include "media/member.h"
#include "media/trunk.h"
#include "rtp/packet.h"

struct fanout_frame;

/*
 * Such a member has two leases. One is the member's: its floor, its buttons, its place among the
 * others are here, in a struct member without ports. The other one (`twin`) is the leg's: ports,
 * latch, stream, tones and RTCP are on the thread that it names (branch.h). The worker tells both
 * what it describes, so only packets pass between the threads.
 */

/* What a leg passes on to the owner; bits of lease.gate. */
enum away_gate {
	AWAY_GATE_SOUND = 1 << 0,    /* all of its sound */
	AWAY_GATE_LOUD = 1 << 1,     /* sound that is not silence to the last bit */
	AWAY_GATE_SPEAKING = 1 << 2, /* it is heard by the others */
	AWAY_GATE_PTT_SHIFT = 8,     /* bits that a radio gets back while it speaks */
};

/* Whether its leg is described on its thread. */
bool away_has_leg(const struct member *member);

/* Tells the leg what to pass on, as the member is now. */
void away_gate(struct member *member);

/* Each frame: what found no room between the threads is said again, as it is now. */
void away_say_owed(struct group *group);

/* Counts in the group what the leg has thrown away since the last look. */
void away_count(struct group *group, struct member *member);

/* Whether it listens, by its description: it is counted for its thread. */
void away_listen(struct group *group, struct member *member);
void away_deaf(struct group *group, struct member *member);

/* The SSRC of what its leg sends to it. */
uint32_t away_ssrc(const struct member *member);

/* ---- to legs elsewhere ---- */

/* A talker's packet, once for each thread that has listeners of its codec. */
void away_speech(struct group *group, const struct member *talker,
	const struct splice_packet *piece, const uint8_t *payload);
void away_frame(struct group *group, unsigned codec, const struct fanout_frame *frame);
void away_frame_to(const struct member *member, const struct fanout_frame *frame);
void away_tone(const struct member *member, enum tone tone);
/* A floor packet; the SSRC of its sender is the leg's to write. */
void away_say(struct member *member, const uint8_t *bytes, size_t length);
/* Taken or Idle, once for each thread that has floor channels of the group. */
void away_say_all(struct group *group, const struct floor_saying *saying);

/* What a TRUNK_STATUS carries: a leg is named by its handle. */
struct away_status {
	struct channel_status status;
	uint64_t holders[MEDIA_GROUP_TALKERS_MAX]; /* who are not told */
	uint64_t originator; /* of a broadcast group: may ask, whatever `status` says */
};

/* ---- from them ---- */

void away_hear(struct relay *relay, struct trunk_item *item);
void away_hear_ready(struct relay *relay, struct trunk_item *item);
void away_hear_floor(struct relay *relay, struct trunk_item *item);
void away_hear_spoke(struct relay *relay, struct trunk_item *item);

#endif
