/* SPDX-License-Identifier: Apache-2.0 */
/* channel.c: a member's floor packets (TS 24.380) on a port of their own. */
#include "media/channel.h"

#include <string.h>

#include "base/metrics.h"
#include "base/random.h"
#include "media/away.h"
#include "media/branch.h"
#include "media/button.h"
#include "media/relay.h"

/* ---- what comes ---- */

static void hear_request(struct channel *channel, const struct floor_message *message)
{
	uint16_t indicator = floor_message_has(message, FLOOR_FIELD_INDICATOR)
				     ? message->numbers[FLOOR_FIELD_INDICATOR]
				     : 0;
	struct floor_ask ask = {
		.trigger = MEDIA_TRIGGER_RTCP,
		.priority = (uint8_t)message->numbers[FLOOR_FIELD_PRIORITY],
		.has_priority = floor_message_has(message, FLOOR_FIELD_PRIORITY),
		.is_emergency = indicator & FLOOR_INDICATOR_EMERGENCY,
		.is_peril = indicator & FLOOR_INDICATOR_PERIL,
		.may_queue = true,
		.may_preempt = true,
	};
	struct member *member = channel->member;
	button_request(member, &ask, member->group->relay->now_ns);
}

static void hear_message(struct channel *channel, const struct floor_message *message)
{
	struct member *member = channel->member;
	struct group *group = member->group;
	switch (message->type) {
	case FLOOR_MESSAGE_REQUEST:
		hear_request(channel, message);
		break;
	case FLOOR_MESSAGE_RELEASE:
		button_release(member);
		break;
	case FLOOR_MESSAGE_POSITION_REQUEST:
		floor_ask_position(&group->floor, &member->floor);
		break;
	default: /* a participant's Ack, and what must be ignored (§8.1) */
		break;
	}
}

static void send_message(struct channel *channel, const struct floor_message *message)
{
	uint8_t bytes[FLOOR_MESSAGE_MAX];
	size_t length = floor_message_write(message, bytes, sizeof(bytes));
	if (length == 0)
		return;
	if (channel->member->is_away)
		away_say(channel->member, bytes, length);
	else
		end_send(&channel->end, bytes, (uint32_t)length, false);
	metrics_add(METRIC_group_floor_sent, 1);
}

static void acknowledge(struct channel *channel, const struct floor_message *of)
{
	struct floor_message ack = floor_message_ack(of, channel->ssrc, FLOOR_SOURCE_CONTROLLING);
	send_message(channel, &ack);
}

void channel_hear(struct channel *channel, const struct media_packet *packet)
{
	const uint8_t *at = packet->bytes;
	uint32_t left = packet->length;
	struct floor_message message;
	bool counts = channel->member->group && channel->member->floor.state != FLOOR_MEMBER_GONE &&
		      button_counts(channel->member, MEDIA_TRIGGER_RTCP);
	if (!counts || !floor_message_is_datagram(packet->bytes, packet->length)) {
		channel->dropped++;
		metrics_add(METRIC_group_floor_dropped, 1);
		return;
	}
	/* several messages may come in one datagram (§8.2.1) */
	while (left > 0) {
		int took = floor_message_parse(at, left, &message);
		if (took <= 0)
			break;
		channel->packets++;
		metrics_add(METRIC_group_floor_received, 1);
		if (message.wants_ack)
			acknowledge(channel, &message);
		hear_message(channel, &message);
		at += took;
		left -= (uint32_t)took;
	}
}

static void deliver(struct relay *relay, struct stream_end *from, const struct media_packet *packet)
{
	struct channel *channel = from->owner;
	if (packet->kind != RTP_KIND_RTCP)
		return;
	if (channel->member->lease->kind == LEASE_LEG)
		branch_floor(channel->member, packet);
	else
		channel_hear(channel, packet);
}

static void told(struct relay *relay, struct stream_end *end, unsigned events)
{
	struct channel *channel = end->owner;
	uint32_t bits = (events & END_HEARD ? MEDIA_TOLD_HEARD_1 : 0) |
			(events & END_LOCKED ? MEDIA_TOLD_LOCKED_1 : 0);
	member_publish(relay, channel->member);
	relay_tell(channel->member->lease, bits);
}

/* ---- what goes ---- */

/* The party of a Taken, and the SSRC that its sound comes with on this leg. */
static void put_party(
	struct channel *channel, const struct floor_saying *saying, struct floor_message *message)
{
	if (saying->party) {
		const struct member *party = container_of(saying->party, struct member, floor);
		const char *identity = party->said->identity;
		message->has |= FLOOR_HAS(PARTY);
		message->texts[FLOOR_FIELD_PARTY] =
			party->said->is_anonymous ? (struct pv_span){0}
						  : (struct pv_span){identity, strlen(identity)};
		if (party->said->is_anonymous)
			message->has &= ~FLOOR_HAS(PARTY);
	}
	message->has |= FLOOR_HAS(AUDIO_SSRC);
	message->audio_ssrc = channel->member->is_away ? away_ssrc(channel->member)
						       : channel->member->splice.ssrc;
}

void channel_say(struct channel *channel, const struct floor_saying *saying)
{
	struct member *member = channel->member;
	struct floor_message message = {.type = saying->word, .ssrc = channel->ssrc};
	floor_message_put(&message, FLOOR_FIELD_INDICATOR, saying->indicator);
	switch ((enum floor_word)saying->word) {
	case FLOOR_GRANTED:
		floor_message_put(&message, FLOOR_FIELD_DURATION, saying->duration_s);
		floor_message_put(&message, FLOOR_FIELD_PRIORITY, saying->priority);
		message.has |= FLOOR_HAS(AUDIO_SSRC);
		message.audio_ssrc = channel->granted_ssrc;
		break;
	case FLOOR_TAKEN:
		put_party(channel, saying, &message);
		floor_message_put(&message, FLOOR_FIELD_PERMISSION,
			floor_may_request(&member->group->floor, &member->floor));
		floor_message_put(&message, FLOOR_FIELD_SEQUENCE, saying->sequence);
		break;
	case FLOOR_IDLE:
		floor_message_put(&message, FLOOR_FIELD_SEQUENCE, saying->sequence);
		break;
	case FLOOR_DENY:
	case FLOOR_REVOKE:
		floor_message_put(&message, FLOOR_FIELD_CAUSE, saying->cause);
		break;
	case FLOOR_POSITION:
		floor_message_put(&message, FLOOR_FIELD_QUEUE_INFO, saying->position);
		message.queue_priority = saying->priority;
		break;
	}
	send_message(channel, &message);
}

/* ---- its life ---- */

struct channel *channel_open(struct relay *relay, struct member *member, struct port_pair *pair)
{
	struct channel *channel = slab_take(&relay->channels);
	if (!channel)
		return NULL;
	memset(channel, 0, sizeof(*channel));
	if (pair)
		end_init(&channel->end, pair, 1);
	channel->end.is_control = true;
	/* no sequence numbers: one packet of a known host elects, strangers never */
	channel->end.rtp.is_rtcp = true;
	channel->end.deliver = deliver;
	channel->end.told = told;
	channel->end.owner = channel;
	channel->member = member;
	random_bytes(&channel->ssrc, sizeof(channel->ssrc));
	random_bytes(&channel->granted_ssrc, sizeof(channel->granted_ssrc));
	return channel;
}

void channel_close(struct relay *relay, struct channel *channel)
{
	list_remove(&channel->link);
	if (channel->end.pair)
		end_done(&channel->end);
	slab_give(&relay->channels, channel);
}

void channel_describe(
	struct channel *channel, const struct media_floor_end *said, uint8_t dscp, uint64_t now_ms)
{
	struct media_end end = {.offer = said->offer,
		.rtp = said->rtp,
		.signalling = said->signalling,
		.source = said->source,
		.is_blind = said->is_blind};
	if (!channel->end.pair)
		return;
	end_describe(&channel->end, &end, now_ms);
	port_pair_mark(channel->end.pair, dscp);
}
