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

/*
 * A client that is in a hurry asks, lets go, acknowledges and asks again some times a second. One
 * message may be answered by two, and a grant or its end by one to each member, so no more are
 * read: not of a datagram, in which there is room for hundreds, and not of a second. Releases are
 * counted by themselves: were one bucket for all, who asks and lets go in an even beat could have
 * each Request read and no Release, and would keep the floor.
 */
#define MESSAGES_OF_A_DATAGRAM 8
#define MESSAGES_A_SECOND      20
#define MESSAGES_AT_ONCE       40

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

static void drop(struct channel *channel, enum metric_id why)
{
	channel->dropped++;
	metrics_add(why, 1);
}

bool channel_admits(struct channel *channel, enum floor_message_type type, uint64_t now_ns)
{
	bool gives_back = type == FLOOR_MESSAGE_RELEASE;
	struct token_bucket *bucket = gives_back ? &channel->releases : &channel->messages;
	bool is_admitted = token_bucket_take(bucket, now_ns, 1);
	if (!is_admitted)
		drop(channel, METRIC_group_floor_refused);
	return is_admitted;
}

void channel_hear(struct channel *channel, const struct media_packet *packet)
{
	const uint8_t *at = packet->bytes;
	uint32_t left = packet->length;
	struct floor_message message;
	bool counts = channel->member->group && channel->member->floor.state != FLOOR_MEMBER_GONE &&
		      button_counts(channel->member, MEDIA_TRIGGER_RTCP);
	if (!counts || !floor_message_is_datagram(packet->bytes, packet->length)) {
		drop(channel, METRIC_group_floor_dropped);
		return;
	}
	/* several messages may come in one datagram (§8.2.1) */
	for (unsigned read = 0; left > 0; read++) {
		if (read == MESSAGES_OF_A_DATAGRAM) {
			drop(channel, METRIC_group_floor_refused);
			break;
		}
		int took = floor_message_parse(at, left, &message);
		if (took <= 0) {
			drop(channel, METRIC_group_floor_dropped);
			break;
		}
		if (!channel_admits(channel, message.type, channel->member->group->relay->now_ns))
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

struct channel_status channel_status_of(const struct floor_saying *saying)
{
	struct channel_status status = {.word = saying->word,
		.may_request = saying->may_request,
		.sequence = saying->sequence,
		.indicator = saying->indicator};
	if (!saying->party)
		return status;
	const struct member *party = container_of(saying->party, struct member, floor);
	if (!party->said->is_anonymous)
		memcpy(status.party, party->said->identity,
			strnlen(party->said->identity, sizeof(status.party) - 1));
	return status;
}

void channel_say_status(
	struct channel *channel, const struct channel_status *status, bool may_request)
{
	const struct member *member = channel->member;
	struct floor_message message = {.type = status->word, .ssrc = channel->ssrc};
	floor_message_put(&message, FLOOR_FIELD_INDICATOR, status->indicator);
	floor_message_put(&message, FLOOR_FIELD_SEQUENCE, status->sequence);
	if (status->word == FLOOR_TAKEN) {
		floor_message_put(&message, FLOOR_FIELD_PERMISSION, may_request);
		/* with which the talker's sound comes on this leg */
		message.has |= FLOOR_HAS(AUDIO_SSRC);
		message.audio_ssrc = member->is_away ? away_ssrc(member) : member->splice.ssrc;
		if (status->party[0])
			message.has |= FLOOR_HAS(PARTY);
		message.texts[FLOOR_FIELD_PARTY] =
			(struct pv_span){status->party, strlen(status->party)};
	}
	send_message(channel, &message);
}

static void say_status(struct channel *channel, const struct floor_saying *saying)
{
	const struct member *member = channel->member;
	const struct channel_status status = channel_status_of(saying);
	channel_say_status(
		channel, &status, floor_may_request(&member->group->floor, &member->floor));
}

void channel_say(struct channel *channel, const struct floor_saying *saying)
{
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
	case FLOOR_IDLE:
		say_status(channel, saying);
		return;
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
	token_bucket_init(&channel->messages, MESSAGES_A_SECOND, MESSAGES_AT_ONCE);
	token_bucket_init(&channel->releases, MESSAGES_A_SECOND, MESSAGES_AT_ONCE);
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
