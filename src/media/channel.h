/* SPDX-License-Identifier: Apache-2.0 */
/* channel.h: a member's floor packets (TS 24.380) on a port of their own. */
#ifndef MEDIA_CHANNEL_H
#define MEDIA_CHANNEL_H

#include "base/list.h"
#include "base/slab.h"
#include "base/token_bucket.h"
#include "media/end.h"
#include "media/member.h"
#include "rtp/floor_message.h"

/*
 * A packet is known by the source address of its leg: the announced one, or, behind NAT, another
 * port of a host that the SDP or the signalling came from. What comes from elsewhere is dropped and
 * counted, and is not answered.
 * Owner: the relay thread. Lifetime: its member's, from the description that agrees on it.
 */
struct channel {
	struct stream_end end;
	struct list link; /* of group.channels */
	struct member *member;
	uint32_t ssrc;         /* of the server in this channel */
	uint32_t granted_ssrc; /* that the member should talk with */
	uint64_t packets, dropped;
	struct token_bucket messages, releases; /* of those that it may send */
};

static inline struct channel *channel_of(struct list *link)
{
	return container_of(link, struct channel, link);
}

static inline struct list *channel_link(struct channel *channel)
{
	return &channel->link;
}

/* On these ports (NULL: its leg's, on another thread); NULL when there is no room. */
struct channel *channel_open(struct relay *relay, struct member *member, struct port_pair *pair);
void channel_close(struct relay *relay, struct channel *channel);
void channel_describe(
	struct channel *channel, const struct media_floor_end *said, uint8_t dscp, uint64_t now_ms);

/* What the floor says, in bytes. */
void channel_say(struct channel *channel, const struct floor_saying *saying);

/* Taken or Idle, without whom it is said to. */
struct channel_status {
	uint8_t word; /* enum floor_word */
	bool may_request;
	uint16_t sequence, indicator;
	char party[MEDIA_IDENTITY_MAX]; /* empty: nobody is named */
};

struct channel_status channel_status_of(const struct floor_saying *saying);
/* That, on the thread of the channel's leg. */
void channel_say_status(
	struct channel *channel, const struct channel_status *status, bool may_request);

/* Whether another floor message of it is read now: so many a second, and some at once. */
bool channel_admits(struct channel *channel, enum floor_message_type type, uint64_t now_ns);

/* Floor packets that came on another port of the leg, as some clients send them. */
void channel_hear(struct channel *channel, const struct media_packet *packet);

#endif
