/* SPDX-License-Identifier: Apache-2.0 */
/* voice_key.h: buttons that are in the sound itself: speaking up, un-mute, the bits of radios. */
#ifndef MEDIA_VOICE_KEY_H
#define MEDIA_VOICE_KEY_H

#include "base/slab.h"
#include "codec/codec.h"
#include "media/member.h"
#include "sound/activity.h"
#include "sound/ed137.h"
#include "sound/prebuffer.h"

#define VOICE_KEY_TRIGGERS \
	(1u << MEDIA_TRIGGER_VOX | 1u << MEDIA_TRIGGER_MUTE | 1u << MEDIA_TRIGGER_ED137)

/*
 * Owner: the relay thread. Lifetime: while one of these triggers counts for its member, or while it
 * is in a conference with a codec that must be decoded to tell how loud it is. Only such members
 * have one, for each of their packets must be looked at, and the last 300 ms kept.
 */
struct voice_key {
	struct list link; /* of group.voice_keys */
	struct member *member;
	struct activity activity;
	struct prebuffer prebuffer;
	struct ed137 said;       /* of its last packet with bits */
	struct ed137_link radio; /* whether it is there */
	bool asks_again;         /* it was pre-empted, and its bit is set */
	uint64_t asked_ns;       /* when its bit asked last */
	bool is_mute;            /* un-mute counts, with its settings */
	bool can_decode;
	uint8_t codec; /* of the decoder */
	_Alignas(16) uint8_t kept[PREBUFFER_BYTES];
	_Alignas(16) char decoder[]; /* where a packet does not tell its level */
};

int voice_keys_init(struct slab *voice_keys, uint32_t count);

/* As its description and its group have it: takes or gives back its key. */
void voice_key_describe(struct relay *relay, struct member *member);
void voice_key_give(struct relay *relay, struct member *member);

/* Its group's settings are others. */
void voice_key_set(struct voice_key *key);

/* How long a packet of its codec lasts. */
unsigned voice_key_packet_ms(const struct member *member, const struct rtp_packet *packet);

/* How loud a packet is, -dBov, decoded where nothing cheaper tells. */
uint8_t voice_key_level(struct voice_key *key, const struct rtp_packet *packet);

/* A packet of a member that has one. True: it was a keep-alive and no sound. */
bool voice_key_hear(struct member *member, const struct media_packet *packet);

/* Each 20 ms: pauses, and packets that do not come any more. */
void voice_key_tick(struct voice_key *key);

/* It is heard from now on: what it had said before, oldest first. False: there is no more. */
bool voice_key_take(struct voice_key *key, struct rtp_packet *ret_packet);

/* Its request came to nothing, or its floor was taken away: it must begin again. */
void voice_key_refused(struct member *member);

/* Another took its floor: a bit that stays set waits for its turn. */
void voice_key_preempted(struct member *member);

/* Somebody is heard, or nobody is any more. */
void voice_key_taken(struct group *group);

/* ---- what a radio gets ---- */

/* The extension of a packet to it: whether it has the floor, whether somebody is heard. */
size_t voice_key_extension(const struct member *member, uint8_t ret_bytes[ED137_SIZE]);

#endif
