/* SPDX-License-Identifier: Apache-2.0 */
/* latch.c: ranks packets by where they come from, counts votes, and turns the latch's machine. */
#include "media/latch.h"

/* Higher outranks lower. */
enum rank { RANK_NOBODY, RANK_STRANGER, RANK_HOST, RANK_SAME, RANK_ANNOUNCED };

/* A packet in order after the candidate's last: so far ahead at most. */
#define STEP_MAX 50

static const uint8_t votes_needed[] = {[RANK_STRANGER] = LATCH_STRANGER_VOTES,
	[RANK_HOST] = LATCH_HOST_VOTES,
	[RANK_SAME] = LATCH_HOST_VOTES};

static void forget_candidate(struct latch *latch)
{
	latch->candidate = (struct media_address){0};
	latch->candidate_rank = RANK_NOBODY;
	latch->votes = 0;
}

static void aim(struct latch *latch, unsigned actions)
{
	if (actions & LATCH_AIM_ANNOUNCED)
		latch->target = latch->announced;
	else if (actions & LATCH_AIM_SOURCE)
		latch->target = latch->source;
	else if (actions & LATCH_AIM_NOWHERE)
		latch->target = (struct media_address){0};
	else if (actions & LATCH_AIM_RTP) {
		latch->target = latch->hosts[1];
		media_address_set_port(
			&latch->target, (uint16_t)(media_address_port(&latch->hosts[1]) + 1));
	}
}

/* One event; `from` is the packet's address, where it is one. Returns the actions. */
static unsigned turn(struct latch *latch, enum latch_event event, const struct media_address *from,
	uint64_t now_ms)
{
	if (event == LATCH_NO_EVENT)
		return 0;
	const struct latch_cell *cell = &latch_machine[latch->state][event];
	if (!cell->live)
		return 0;
	if (cell->actions & LATCH_LEAVE) {
		latch->old = latch->source;
		latch->source = (struct media_address){0};
	}
	if (cell->actions & (LATCH_LEAVE | LATCH_DOUBT)) {
		latch->late_until_ms = now_ms + LATCH_LATE_MS;
		latch->heard_ms = now_ms;
		forget_candidate(latch);
	}
	if (cell->actions & LATCH_TAKE) {
		bool is_sent_to = media_address_equal(&latch->target, &latch->source);
		if (is_sent_to && (cell->actions & LATCH_AIM_ALONG))
			latch->target = *from;
		latch->source = *from;
		forget_candidate(latch);
	}
	aim(latch, cell->actions);
	latch->state = cell->next;
	return cell->actions;
}

static bool is_same_announced(const struct media_address *a, const struct media_address *b)
{
	return media_address_is_none(a) ? media_address_is_none(b) : media_address_equal(a, b);
}

void latch_offer(struct latch *latch, const struct latch_offer *offer, uint64_t now_ms)
{
	bool is_again = latch->is_blind == offer->is_blind &&
			is_same_announced(&latch->announced, &offer->announced);
	latch->announced = offer->announced;
	latch->hosts[0] = offer->host;
	latch->is_blind = offer->is_blind;
	latch->is_public = offer->is_public;
	if (!is_again) /* where RTP is now is learned anew */
		latch->hosts[1] = (struct media_address){0};
	if (is_again)
		turn(latch, offer->is_blind ? LATCH_AGAIN_BLIND : LATCH_AGAIN, NULL, now_ms);
	else
		turn(latch, offer->is_blind ? LATCH_OFFER_BLIND : LATCH_OFFER, NULL, now_ms);
}

/*
 * Whether a phone may be where nothing that is known of it leads. When its signalling came through
 * another host, anywhere; or by another family, which says nothing of where a phone with both is in
 * this one. When it came from the phone itself, there is one reason only why its media come from
 * another host: a NAT with a pool of addresses, which lie side by side.
 */
static bool may_be_at(const struct latch *latch, const struct media_address *from)
{
	const struct media_address *signalling = &latch->hosts[0];
	if (signalling->family != from->family) /* or none at all */
		return true;
	return latch->is_public &&
	       (media_address_same_network(from, signalling) ||
		       (!latch->is_blind && media_address_same_network(from, &latch->announced)));
}

static enum rank rank_of(const struct latch *latch, const struct media_address *from)
{
	if (latch->is_blind) {
		/* announced and not believed: not from there either, it would be a target */
		if (media_address_same_host(from, &latch->announced))
			return RANK_NOBODY;
	} else if (media_address_same_host(from, &latch->announced)) {
		return media_address_equal(from, &latch->announced) ? RANK_ANNOUNCED : RANK_HOST;
	}
	for (unsigned i = 0; i < ARRAY_LENGTH(latch->hosts); i++)
		if (media_address_same_host(from, &latch->hosts[i]))
			return RANK_HOST;
	return latch->is_rtcp || !may_be_at(latch, from) ? RANK_NOBODY : RANK_STRANGER;
}

static void nominate(struct latch *latch, const struct latch_packet *packet, enum rank rank)
{
	latch->candidate = *packet->from;
	latch->candidate_rank = (uint8_t)rank;
	latch->votes = 1;
}

/* Counts a packet as a vote for its address; true when that elects it. The candidate must outvote
 * all others of its rank, so spraying from many addresses elects none of them. */
static bool vote(struct latch *latch, const struct latch_packet *packet, enum rank rank)
{
	if (media_address_equal(&latch->candidate, packet->from)) {
		uint16_t step = (uint16_t)(packet->sequence - latch->candidate_sequence);
		bool is_next =
			packet->ssrc == latch->candidate_ssrc && step > 0 && step <= STEP_MAX;
		latch->votes = is_next ? latch->votes + 1 : 1;
	} else if (rank > latch->candidate_rank) {
		nominate(latch, packet, rank);
	} else if (rank < latch->candidate_rank || --latch->votes > 0) {
		return false;
	} else {
		nominate(latch, packet, rank);
	}
	latch->candidate_ssrc = packet->ssrc;
	latch->candidate_sequence = packet->sequence;
	return latch->votes >= (latch->is_rtcp ? 1 : votes_needed[rank]);
}

static bool is_reopened(const struct latch *latch)
{
	return latch->state == LATCH_REOPENED || latch->state == LATCH_REOPENED_BLIND;
}

/* The locked stream from another port of the host that it is locked on: whoever else votes does not
 * count against it. */
static bool goes_on(const struct latch *latch, const struct latch_packet *packet)
{
	return packet->goes_on && latch_is_locked(latch) &&
	       media_address_same_host(packet->from, &latch->source);
}

/* Said again by the phone itself, and the source that serves is where that leads: nobody else is,
 * however silent it is. */
static bool is_where_it_was(const struct latch *latch)
{
	return !media_address_is_none(&latch->hosts[0]) &&
	       rank_of(latch, &latch->source) > RANK_STRANGER;
}

/* Whether a stranger may be voted for now. */
static bool hears_strangers(
	const struct latch *latch, const struct latch_packet *packet, uint64_t now_ms)
{
	if (!packet->is_negotiated || media_address_equal(packet->from, &latch->old))
		return false;
	return !is_reopened(latch) ||
	       (now_ms - latch->heard_ms >= LATCH_QUIET_MS && !is_where_it_was(latch));
}

static enum latch_event event_of(
	struct latch *latch, const struct latch_packet *packet, uint64_t now_ms)
{
	enum rank rank = rank_of(latch, packet->from);
	bool is_late = now_ms < latch->late_until_ms;
	if (rank == RANK_ANNOUNCED)
		return LATCH_GOT_ANNOUNCED;
	if (goes_on(latch, packet))
		return vote(latch, packet, RANK_SAME) ? LATCH_GOES_ON : LATCH_NO_EVENT;
	if (is_reopened(latch) && media_address_equal(packet->from, &latch->source)) {
		latch->heard_ms = now_ms;
		if (is_late || rank == RANK_NOBODY)
			return LATCH_GOT_SOURCE;
		return rank == RANK_HOST ? LATCH_ELECTED_HOST : LATCH_ELECTED_STRANGER;
	}
	if (rank == RANK_HOST) {
		if (is_late && media_address_equal(packet->from, &latch->old))
			return LATCH_NO_EVENT;
		return vote(latch, packet, rank) ? LATCH_ELECTED_HOST : LATCH_HEARD_HOST;
	}
	if (rank == RANK_NOBODY || !hears_strangers(latch, packet, now_ms))
		return LATCH_NO_EVENT;
	return vote(latch, packet, rank) ? LATCH_ELECTED_STRANGER : LATCH_HEARD_STRANGER;
}

unsigned latch_packet(struct latch *latch, const struct latch_packet *packet, uint64_t now_ms)
{
	if (latch_is_source(latch, packet->from))
		return LATCH_PASS;
	/* what cannot yield does not count votes, either */
	if (latch->state == LATCH_IDLE || (latch->state == LATCH_LOCKED && !goes_on(latch, packet)))
		return 0;
	unsigned actions = turn(latch, event_of(latch, packet, now_ms), packet->from, now_ms);
	return actions & (LATCH_PASS | LATCH_TELL);
}

bool latch_admits(const struct latch *latch, const struct media_address *from)
{
	if (latch->state == LATCH_IDLE)
		return false;
	if (media_address_equal(from, &latch->source))
		return true;
	return latch->state < LATCH_LOCKED && rank_of(latch, from) >= RANK_HOST &&
	       !media_address_equal(from, &latch->old);
}

void latch_follow(struct latch *rtcp, const struct latch *rtp, uint64_t now_ms)
{
	/* a stranger that is only heard changes nothing for RTCP */
	if (!media_address_equal(&rtp->target, &rtp->source))
		return;
	bool has_port = media_address_same_host(&rtcp->hosts[1], &rtp->source) &&
			!media_address_equal(&rtcp->hosts[1], &rtp->source);
	rtcp->hosts[1] = rtp->source;
	if (rtp->state == LATCH_LOCKED)
		return; /* at the announced address: so is RTCP, until it says otherwise */
	if (!media_address_same_host(&rtcp->source, &rtp->source))
		turn(rtcp, LATCH_RTP_MOVED, NULL, now_ms);
	else if (has_port) /* RTCP's own port may be another one now, too */
		turn(rtcp, rtcp->is_blind ? LATCH_AGAIN_BLIND : LATCH_AGAIN, NULL, now_ms);
}
