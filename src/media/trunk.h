/* SPDX-License-Identifier: Apache-2.0 */
/* trunk.h: what one relay thread passes to another: a packet of a group, or a word about a leg. */
#ifndef MEDIA_TRUNK_H
#define MEDIA_TRUNK_H

#include <stdatomic.h>

#include "base/mailbox.h"
#include "base/ring.h"
#include "media/command.h"
#include "sound/splice.h"

struct media;
struct relay;

/* No voice and no floor packet is longer; what is longer is dropped and counted. */
#define TRUNK_BYTES_MAX 1488
/* Of each thread to each other one. */
#define TRUNK_ITEMS 256
/* Of these so many are for the sound of who is heard alone, and for a word to a whole thread: what
 * a listener may send at will (keys, floor packets, a wave of requests) does not take a talker's
 * packets with it. 64 are a frame of each of eight talkers, eight times over. */
#define TRUNK_KEPT 64

enum trunk_kind {
	/* to a group's owner, of a leg that is elsewhere */
	TRUNK_HEARD, /* a datagram that its latch let pass; `component` of the socket */
	TRUNK_READY, /* it is there: the owner would see it at its next frame, too */
	TRUNK_FLOOR, /* one of its floor channel */
	TRUNK_SPOKE, /* it begins to speak, and is not heard (refusal.h) */
	/* from the owner, to a branch */
	TRUNK_SPEECH, /* a talker's packet, to all of `codec` but the leg `member` */
	TRUNK_MIX,    /* 20 ms of ours, to all of `codec` who do not speak */
	/* from the owner, to a leg */
	TRUNK_FRAME, /* 20 ms of ours */
	TRUNK_TONE,  /* `tone` */
	TRUNK_SAY,   /* a floor packet */
	TRUNK_GATE,  /* its gate is another: look */
	/* from the owner, to a branch */
	TRUNK_STATUS, /* Taken or Idle, to all floor channels of legs of it */
	TRUNK_KINDS,
};

/* What is said is where the receiver may write: in front of a payload there is room for a header.
 */
struct trunk_item {
	uint8_t kind, codec, tone, component, rtp_kind;
	uint16_t length; /* of `bytes`, a header's room counted */
	media_id group;
	uint64_t member; /* a handle of the receiver's slab of members */
	struct splice_packet piece;
	_Alignas(8) uint8_t bytes[TRUNK_BYTES_MAX];
};

/*
 * One for each thread that may post to a relay. An item that finds it full is lost and counted
 * (group_passed_lost): sound is one of many, and what the floor says is owed and said again at the
 * next frame (away_owed). What must not be lost (whether a leg is heard, what a group is like) is
 * written where the other thread looks.
 * Owner: the posting thread pushes, the receiving one pops. Lifetime: the media's.
 */
struct trunk {
	struct ring ring;
	struct mail mail; /* to the receiver; under way while `is_posted` */
	_Atomic bool is_posted;
};

/* 0 or -ENOMEM. With one thread there is none. Memory is touched when it is used. */
int trunks_init(struct relay *relay, unsigned threads);
void trunks_done(struct relay *relay);

/* The place for an item to that thread, to be filled and sent; NULL, counted, where not more than
 * `kept` places are left: 0, or TRUNK_KEPT. */
struct trunk_item *trunk_item(struct relay *from, unsigned to, enum trunk_kind kind, uint32_t kept);
void trunk_send(struct relay *from, unsigned to);

/* What waits in one, at its mail. */
void trunk_hear(struct relay *relay, struct trunk *trunk);

#endif
