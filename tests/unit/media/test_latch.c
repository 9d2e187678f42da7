/* SPDX-License-Identifier: Apache-2.0 */
/* test_latch.c: the latch's table, what each state lets in, and an attempt on each to steal the
 * stream. */
#include "media/latch.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "lib/testing.h"

#define PHONE      "203.0.113.7"
#define OTHER      "203.0.113.8"
#define SIGNALLING "198.51.100.20"
#define ATTACKER   "192.0.2.66"
#define PRIVATE    "192.168.1.5"
#define PROXY      NULL /* the signalling came through one: nothing says where the phone is */

static struct latch latch;
static uint64_t now_ms;

static struct media_address address(const char *ip, uint16_t port)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	struct media_address result;
	bool is_v6 = strchr(ip, ':');
	ck_assert_int_eq(inet_pton(is_v6 ? AF_INET6 : AF_INET, ip,
				 is_v6 ? (void *)&v6.sin6_addr : (void *)&v4.sin_addr),
		1);
	media_address_from(is_v6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4, &result);
	return result;
}

static void offer(const char *ip, uint16_t port, const char *signalling, bool is_blind)
{
	struct latch_offer said = {
		.announced = address(ip, port), .is_blind = is_blind, .is_public = true};
	if (signalling)
		said.host = address(signalling, 5060);
	latch_offer(&latch, &said, now_ms);
}

static void start(void)
{
	latch = (struct latch){0};
	now_ms = 1000000;
}

static bool send_as(const char *ip, uint16_t port, uint32_t ssrc, uint16_t sequence)
{
	struct media_address from = address(ip, port);
	struct latch_packet packet = {
		.from = &from, .ssrc = ssrc, .sequence = sequence, .is_negotiated = true};
	return latch_packet(&latch, &packet, now_ms) & LATCH_PASS;
}

/* `count` packets in order, 20 ms apart; how many passed. */
static unsigned stream(const char *ip, uint16_t port, unsigned count)
{
	static uint16_t sequence = 100;
	unsigned passed = 0;
	for (unsigned i = 0; i < count; i++, now_ms += 20)
		passed += send_as(ip, port, 0xabc, sequence++);
	return passed;
}

static bool aims_at(const char *ip, uint16_t port)
{
	struct media_address wanted = address(ip, port);
	return media_address_equal(&latch.target, &wanted);
}

static bool believes(const char *ip, uint16_t port)
{
	struct media_address wanted = address(ip, port);
	return media_address_equal(&latch.source, &wanted);
}

#define MUST_BE(wanted) \
	ck_assert_str_eq(latch_state_names[latch.state], latch_state_names[LATCH_##wanted])

/* ---- the table ---- */

static int rank_of_lock(unsigned state)
{
	return state == LATCH_LOCKED            ? 3
	       : state == LATCH_LOCKED_HOST     ? 2
	       : state == LATCH_LOCKED_STRANGER ? 1
						: 0;
}

#define EACH_CELL(state, event)                                      \
	for (unsigned state = 0; state < LATCH_STATE_COUNT; state++) \
		for (unsigned event = 0; event < LATCH_EVENT_COUNT; event++)

static bool is_packet(unsigned event)
{
	return event >= LATCH_GOT_SOURCE && event <= LATCH_GOES_ON;
}

START_TEST(every_state_takes_every_offer)
{
	for (unsigned state = 0; state < LATCH_STATE_COUNT; state++) {
		ck_assert(latch_machine[state][LATCH_OFFER].live);
		ck_assert_uint_eq(latch_machine[state][LATCH_OFFER].next, LATCH_ANNOUNCED);
		ck_assert(latch_machine[state][LATCH_OFFER].actions & LATCH_AIM_ANNOUNCED);
		ck_assert(latch_machine[state][LATCH_OFFER_BLIND].live);
		ck_assert_uint_eq(latch_machine[state][LATCH_OFFER_BLIND].next, LATCH_BLIND);
		ck_assert(latch_machine[state][LATCH_OFFER_BLIND].actions & LATCH_AIM_NOWHERE);
	}
}
END_TEST

START_TEST(a_lock_yields_upwards_only)
{
	EACH_CELL(state, event)
	{
		const struct latch_cell *cell = &latch_machine[state][event];
		if (!cell->live || !is_packet(event) || state < LATCH_LOCKED)
			continue;
		char what[100];
		snprintf(what, sizeof(what), "%s in %s", latch_event_names[event],
			latch_state_names[state]);
		if (event == LATCH_GOT_SOURCE)
			ck_assert_msg(
				cell->next == state && cell->actions == LATCH_PASS, "%s", what);
		else if (event == LATCH_GOES_ON)
			ck_assert_msg(
				cell->next == (state == LATCH_LOCKED ? LATCH_LOCKED_HOST : state),
				"%s", what);
		else
			ck_assert_msg(rank_of_lock(cell->next) > rank_of_lock(state), "%s", what);
	}
	for (unsigned event = LATCH_GOT_ANNOUNCED; event <= LATCH_ELECTED_STRANGER; event++)
		ck_assert(!latch_machine[LATCH_LOCKED][event].live);
}
END_TEST

START_TEST(strangers_are_sent_to_only_when_there_is_no_other_way)
{
	EACH_CELL(state, event)
	{
		const struct latch_cell *cell = &latch_machine[state][event];
		bool is_blind = state == LATCH_BLIND || state == LATCH_REOPENED_BLIND;
		if (cell->live && event == LATCH_ELECTED_STRANGER)
			ck_assert_int_eq(!!(cell->actions & LATCH_AIM_SOURCE), is_blind);
		if (cell->live && event == LATCH_HEARD_STRANGER)
			ck_abort_msg("a stranger passes before it is elected");
	}
}
END_TEST

START_TEST(who_is_taken_is_told_and_passes)
{
	EACH_CELL(state, event)
	{
		const struct latch_cell *cell = &latch_machine[state][event];
		if (!cell->live)
			continue;
		ck_assert_int_eq(!!(cell->actions & LATCH_TAKE), !!(cell->actions & LATCH_TELL));
		ck_assert_int_eq(!!(cell->actions & LATCH_TAKE),
			is_packet(event) && cell->next >= LATCH_LOCKED &&
				event != LATCH_GOT_SOURCE);
		/* offers move nothing, packets leave nobody */
		ck_assert(!is_packet(event) || !(cell->actions & (LATCH_LEAVE | LATCH_DOUBT)));
		ck_assert(is_packet(event) || !(cell->actions & LATCH_PASS));
	}
}
END_TEST

/* ---- how phones are found ---- */

START_TEST(the_announced_address_locks_at_once)
{
	start();
	offer(PHONE, 4000, SIGNALLING, false);
	MUST_BE(ANNOUNCED);
	ck_assert(aims_at(PHONE, 4000));
	ck_assert_uint_eq(stream(PHONE, 4000, 1), 1);
	MUST_BE(LOCKED);
	ck_assert(believes(PHONE, 4000));
	ck_assert_uint_eq(stream(PHONE, 4000, 50), 50);
}
END_TEST

START_TEST(behind_nat_the_port_is_learned)
{
	start();
	offer(PHONE, 4000, PHONE, false);
	ck_assert_uint_eq(stream(PHONE, 61234, 1), 1);
	MUST_BE(ANNOUNCED);
	ck_assert_uint_eq(stream(PHONE, 61234, 1), 1);
	MUST_BE(LOCKED_HOST);
	ck_assert(aims_at(PHONE, 61234));
}
END_TEST

START_TEST(a_private_address_from_outside_is_no_target)
{
	start();
	offer(PRIVATE, 4000, PHONE, true);
	MUST_BE(BLIND);
	ck_assert(media_address_is_none(&latch.target));
	/* not even when something comes from there */
	ck_assert_uint_eq(stream(PRIVATE, 4000, 20), 0);
	ck_assert_uint_eq(stream(PRIVATE, 4002, 20), 0);
	ck_assert(media_address_is_none(&latch.target));
	ck_assert_uint_eq(stream(PHONE, 2222, LATCH_HOST_VOTES), LATCH_HOST_VOTES);
	MUST_BE(LOCKED_HOST);
	ck_assert(aims_at(PHONE, 2222));
}
END_TEST

/* A phone behind a proxy: nobody knows its public address. */
START_TEST(a_phone_that_only_its_packets_show)
{
	start();
	offer(PRIVATE, 4000, PROXY, true);
	ck_assert_uint_eq(stream(PHONE, 2222, LATCH_STRANGER_VOTES - 1), 0);
	ck_assert_uint_eq(stream(PHONE, 2222, 1), 1);
	MUST_BE(LOCKED_STRANGER);
	ck_assert(aims_at(PHONE, 2222));
}
END_TEST

/* An SBC that sends from another host than it announces still wants media where it said. */
START_TEST(a_stranger_is_heard_and_not_sent_to)
{
	start();
	offer(PHONE, 4000, PROXY, false);
	stream(OTHER, 7000, LATCH_STRANGER_VOTES);
	MUST_BE(LOCKED_STRANGER);
	ck_assert(aims_at(PHONE, 4000));
	ck_assert_uint_eq(stream(OTHER, 7000, 10), 10);
}
END_TEST

START_TEST(packets_out_of_order_elect_nobody)
{
	start();
	offer(PRIVATE, 4000, PROXY, true);
	for (unsigned i = 0; i < 100; i++)
		ck_assert(!send_as(PHONE, 2222, 1, (uint16_t)(i * 1000)));
	for (unsigned i = 0; i < 100; i++)
		ck_assert(!send_as(PHONE, 2222, i, (uint16_t)i));
	MUST_BE(BLIND);
}
END_TEST

START_TEST(types_that_were_not_negotiated_elect_nobody)
{
	struct media_address from = address(PHONE, 2222);
	start();
	offer(PRIVATE, 4000, PROXY, true);
	for (uint16_t i = 0; i < 100; i++) {
		struct latch_packet packet = {.from = &from, .ssrc = 1, .sequence = i};
		ck_assert_uint_eq(latch_packet(&latch, &packet, now_ms), 0);
	}
	MUST_BE(BLIND);
}
END_TEST

/* ---- an attempt on each state ---- */

START_TEST(idle_is_stolen_by_nobody)
{
	start();
	ck_assert_uint_eq(stream(ATTACKER, 666, 200), 0);
	MUST_BE(IDLE);
	ck_assert(!latch_admits(&latch, &latch.source));
	ck_assert(media_address_is_none(&latch.target));
}
END_TEST

START_TEST(announced_gives_no_media_to_an_attacker)
{
	start();
	offer(PHONE, 4000, PROXY, false);
	stream(ATTACKER, 666, 200);
	ck_assert(aims_at(PHONE, 4000));
	/* and what he has got is gone with the phone's first packet */
	ck_assert_uint_eq(stream(PHONE, 4000, 1), 1);
	MUST_BE(LOCKED);
	ck_assert_uint_eq(stream(ATTACKER, 666, 200), 0);
}
END_TEST

/* Many sources, one packet each, between the packets of the phone. */
START_TEST(blind_is_not_sprayed)
{
	start();
	offer(PRIVATE, 4000, PROXY, true);
	for (unsigned i = 0; i < 1000; i++)
		ck_assert(!send_as(ATTACKER, (uint16_t)(1000 + i), i, (uint16_t)i));
	MUST_BE(BLIND);
	for (unsigned i = 0; i < 50 && latch.state == LATCH_BLIND; i++) {
		send_as(ATTACKER, (uint16_t)(5000 + i), 9, (uint16_t)i);
		stream(PHONE, 2222, 2);
	}
	MUST_BE(LOCKED_STRANGER);
	ck_assert(aims_at(PHONE, 2222));
	ck_assert_uint_eq(stream(ATTACKER, 5000, 100), 0);
}
END_TEST

/* One who keeps sending wins nothing over the phone that is where its signalling is. */
START_TEST(blind_with_known_signalling_goes_to_the_phone)
{
	start();
	offer(PRIVATE, 4000, PHONE, true);
	stream(ATTACKER, 666, LATCH_STRANGER_VOTES + 10);
	ck_assert_uint_eq(stream(PHONE, 2222, LATCH_HOST_VOTES), LATCH_HOST_VOTES);
	MUST_BE(LOCKED_HOST);
	ck_assert(aims_at(PHONE, 2222));
	ck_assert_uint_eq(stream(ATTACKER, 666, 200), 0);
	ck_assert_uint_eq(stream(PHONE, 2222, 5), 5);
}
END_TEST

START_TEST(locked_is_never_left)
{
	start();
	offer(PHONE, 4000, PHONE, false);
	stream(PHONE, 4000, 1);
	ck_assert_uint_eq(stream(ATTACKER, 666, 500), 0);
	ck_assert_uint_eq(stream(PHONE, 4002, 500), 0);
	now_ms += 3600000; /* silence opens nothing */
	ck_assert_uint_eq(stream(ATTACKER, 666, 500), 0);
	MUST_BE(LOCKED);
	ck_assert_uint_eq(stream(PHONE, 4000, 3), 3);
}
END_TEST

START_TEST(locked_host_is_left_for_the_announced_address_only)
{
	start();
	offer(PHONE, 4000, PHONE, false);
	stream(PHONE, 5000, 2);
	MUST_BE(LOCKED_HOST);
	ck_assert_uint_eq(stream(PHONE, 5002, 200), 0); /* a neighbour behind the same NAT */
	ck_assert_uint_eq(stream(ATTACKER, 666, 200), 0);
	ck_assert(aims_at(PHONE, 5000));
	ck_assert_uint_eq(stream(PHONE, 4000, 1), 1);
	MUST_BE(LOCKED);
	ck_assert(aims_at(PHONE, 4000));
}
END_TEST

START_TEST(locked_stranger_is_left_for_a_higher_rank_only)
{
	start();
	offer(OTHER, 4000, PROXY, false);
	stream(PHONE, 2222, LATCH_STRANGER_VOTES);
	MUST_BE(LOCKED_STRANGER);
	ck_assert_uint_eq(stream(ATTACKER, 666, 200), 0);
	ck_assert_uint_eq(stream(PHONE, 2224, 200), 0);
	stream(OTHER, 3000, LATCH_HOST_VOTES);
	MUST_BE(LOCKED_HOST);
	ck_assert(aims_at(OTHER, 3000));
}
END_TEST

/* A re-INVITE is no door while the phone is there: not for one who sends ten times as fast. */
START_TEST(reopened_is_not_stolen_while_the_phone_speaks)
{
	start();
	offer(PRIVATE, 4000, PROXY, true);
	stream(PHONE, 2222, LATCH_STRANGER_VOTES);
	offer(PRIVATE, 4000, PROXY, true);
	MUST_BE(REOPENED_BLIND);
	for (uint16_t i = 0; i < 90; i++, now_ms += 20) {
		ck_assert(send_as(PHONE, 2222, 0xabc, (uint16_t)(20000 + i)));
		for (uint16_t n = 0; n < 10; n++)
			ck_assert(!send_as(ATTACKER, 666, 3, (uint16_t)(10 * i + n)));
	}
	MUST_BE(REOPENED_BLIND);
	ck_assert(aims_at(PHONE, 2222));
	now_ms += 400;
	stream(PHONE, 2222, 1); /* late no more: elected again */
	MUST_BE(LOCKED_STRANGER);
	ck_assert(believes(PHONE, 2222));
}
END_TEST

START_TEST(reopened_usable_never_aims_at_an_attacker)
{
	start();
	offer(PHONE, 4000, PHONE, false);
	stream(PHONE, 5000, 2);
	offer(PHONE, 4000, PHONE, false);
	MUST_BE(REOPENED);
	now_ms += 5000; /* the phone is silent */
	stream(ATTACKER, 666, 200);
	ck_assert(!aims_at(ATTACKER, 666));
	stream(PHONE, 5000, LATCH_HOST_VOTES);
	MUST_BE(LOCKED_HOST);
	ck_assert(aims_at(PHONE, 5000));
}
END_TEST

/* ---- whose signalling is known, and who is silent ---- */

static bool is_aimed_as(const struct media_address *before)
{
	return media_address_is_none(before) ? media_address_is_none(&latch.target)
					     : media_address_equal(&latch.target, before);
}

/* The phone is heard as `count` packets from `port` and offers what it had offered, if `again`;
 * then it is muted. */
struct silence {
	const char *announced;
	bool is_blind;
	uint16_t port;
	unsigned count;
	bool again;
	enum latch_state state;
};

/* In each state that is open: where media go, and who is heard, before and after a third host has
 * sent for ten seconds. */
static const struct silence silences[] = {
	{PHONE, false, 0, 0, false, LATCH_ANNOUNCED},
	{PRIVATE, true, 0, 0, false, LATCH_BLIND},
	{PHONE, false, 4000, 1, true, LATCH_REOPENED},
	{PHONE, false, 5000, 2, true, LATCH_REOPENED},
	{PRIVATE, true, 5000, 2, true, LATCH_REOPENED_BLIND},
	{PHONE, false, 4000, 1, false, LATCH_LOCKED},
	{PHONE, false, 5000, 2, false, LATCH_LOCKED_HOST},
	{PRIVATE, true, 5000, 2, false, LATCH_LOCKED_HOST},
};

static void mute(const struct silence *silence)
{
	start();
	offer(silence->announced, 4000, PHONE, silence->is_blind);
	if (silence->count)
		stream(PHONE, silence->port, silence->count);
	if (silence->again)
		offer(silence->announced, 4000, PHONE, silence->is_blind);
	ck_assert_str_eq(latch_state_names[latch.state], latch_state_names[silence->state]);
	now_ms += LATCH_LATE_MS + LATCH_QUIET_MS;
}

static void is_not_stolen(const struct silence *silence)
{
	mute(silence);
	struct media_address target = latch.target, source = latch.source;
	ck_assert_uint_eq(stream(ATTACKER, 666, 500), 0);
	ck_assert(is_aimed_as(&target));
	ck_assert_int_eq(memcmp(&latch.source, &source, sizeof(source)), 0);
	ck_assert_str_eq(latch_state_names[latch.state], latch_state_names[silence->state]);
	/* and when it is heard it is sent to */
	uint16_t port = silence->port ? silence->port : 4000;
	ck_assert_uint_gt(stream(PHONE, port, LATCH_HOST_VOTES), 0);
	ck_assert(aims_at(PHONE, port));
	ck_assert(believes(PHONE, port));
}

START_TEST(a_muted_phone_is_stolen_by_nobody)
{
	for (unsigned i = 0; i < ARRAY_LENGTH(silences); i++)
		is_not_stolen(&silences[i]);
}
END_TEST

/* Where it is known, not even by its neighbours, whom a NAT's pool of addresses may be. */
START_TEST(a_muted_phone_keeps_its_lock_among_neighbours)
{
	for (unsigned i = 0; i < ARRAY_LENGTH(silences); i++) {
		if (!silences[i].count)
			continue;
		mute(&silences[i]);
		struct media_address target = latch.target;
		ck_assert_uint_eq(stream(OTHER, 666, 500), 0);
		ck_assert(is_aimed_as(&target));
		ck_assert(believes(PHONE, silences[i].port));
	}
}
END_TEST

/* A carrier's NAT: signalling from one address of its pool, media from another one. */
START_TEST(a_pool_of_addresses_is_one_phone)
{
	start();
	offer(PRIVATE, 4000, PHONE, true);
	ck_assert_uint_eq(stream(OTHER, 2222, LATCH_STRANGER_VOTES), 1);
	MUST_BE(LOCKED_STRANGER);
	ck_assert(aims_at(OTHER, 2222));
	/* it says the same again, by a new address, and its media have one, too */
	offer(PRIVATE, 4000, "203.0.113.9", true);
	MUST_BE(REOPENED_BLIND);
	now_ms += LATCH_LATE_MS;
	ck_assert_uint_eq(stream("203.0.113.10", 3333, LATCH_STRANGER_VOTES), 1);
	ck_assert(aims_at("203.0.113.10", 3333));
	ck_assert_uint_eq(stream(ATTACKER, 666, 100), 0);
	/* who announced a usable address is heard from beside it, and sent to where it said */
	start();
	offer(PHONE, 4000, SIGNALLING, false);
	ck_assert_uint_eq(stream(OTHER, 2222, LATCH_STRANGER_VOTES), 1);
	ck_assert(aims_at(PHONE, 4000));
}
END_TEST

/* What was announced and is not believed has no neighbours, nor has a host of a private network. */
START_TEST(there_is_no_pool_in_a_private_network)
{
	struct latch_offer said = {.announced = address(PRIVATE, 4000),
		.host = address("192.168.1.7", 5060),
		.is_blind = false};
	start();
	offer(PRIVATE, 4000, PHONE, true);
	ck_assert_uint_eq(stream("192.168.1.8", 2222, 100), 0);
	start();
	latch_offer(&latch, &said, now_ms);
	ck_assert_uint_eq(stream("192.168.1.8", 2222, 100), 0);
	ck_assert(aims_at(PRIVATE, 4000));
}
END_TEST

/* Signalling by IPv6, media by IPv4 through a NAT. */
START_TEST(signalling_by_another_family_says_nothing)
{
	start();
	offer(PRIVATE, 4000, "2001:db8::7", true);
	ck_assert_uint_eq(stream(PHONE, 2222, LATCH_STRANGER_VOTES), 1);
	ck_assert(aims_at(PHONE, 2222));
}
END_TEST

/* The phone has moved, and said so: it is believed where its signalling is now. */
START_TEST(a_muted_phone_that_moved_is_found)
{
	start();
	offer(PRIVATE, 4000, PHONE, true);
	stream(PHONE, 5000, 2);
	offer(PRIVATE, 4000, SIGNALLING, true);
	ck_assert_uint_eq(stream(ATTACKER, 666, 500), 0);
	ck_assert(aims_at(PHONE, 5000));
	ck_assert_uint_eq(stream(SIGNALLING, 6000, LATCH_HOST_VOTES), LATCH_HOST_VOTES);
	ck_assert(aims_at(SIGNALLING, 6000));
}
END_TEST

/* ---- the stream goes on from another port ---- */

/* `count` packets that only the source can have sent, 20 ms apart; how many passed. */
static unsigned go_on(const char *ip, uint16_t port, unsigned count)
{
	static uint16_t sequence = 5000;
	struct media_address from = address(ip, port);
	unsigned passed = 0;
	for (unsigned i = 0; i < count; i++, now_ms += 20) {
		struct latch_packet packet = {.from = &from,
			.ssrc = 0xabc,
			.sequence = sequence++,
			.is_negotiated = true,
			.goes_on = true};
		passed += !!(latch_packet(&latch, &packet, now_ms) & LATCH_PASS);
	}
	return passed;
}

START_TEST(the_stream_itself_is_followed_on_its_host)
{
	start();
	offer(PHONE, 4000, PHONE, false);
	stream(PHONE, 4000, 5);
	ck_assert_uint_eq(go_on(PHONE, 5000, LATCH_HOST_VOTES), 1);
	MUST_BE(LOCKED_HOST);
	ck_assert(aims_at(PHONE, 5000));
	ck_assert_uint_eq(go_on(PHONE, 6000, 3), 2);
	MUST_BE(LOCKED_HOST);
	ck_assert(aims_at(PHONE, 6000));
	ck_assert_uint_eq(stream(PHONE, 4000, 1), 1); /* announced: as ever */
	MUST_BE(LOCKED);
	ck_assert(aims_at(PHONE, 4000));
}
END_TEST

START_TEST(a_stranger_that_goes_on_is_sent_to_if_it_was)
{
	start();
	offer(PRIVATE, 4000, PROXY, true);
	stream(OTHER, 2222, LATCH_STRANGER_VOTES);
	go_on(OTHER, 3333, 2);
	MUST_BE(LOCKED_STRANGER);
	ck_assert(believes(OTHER, 3333));
	ck_assert(aims_at(OTHER, 3333));
	start();
	offer(PHONE, 4000, PROXY, false);
	stream(OTHER, 2222, LATCH_STRANGER_VOTES);
	go_on(OTHER, 3333, 2);
	ck_assert(believes(OTHER, 3333));
	ck_assert(aims_at(PHONE, 4000));
}
END_TEST

/* Whatever it looks like: media go to no other host. */
START_TEST(the_stream_is_not_followed_to_another_host)
{
	static const char *const announced[] = {PHONE, PHONE, PRIVATE};
	for (unsigned i = 0; i < 3; i++) {
		start();
		offer(announced[i], 4000, i == 2 ? PROXY : PHONE, i == 2);
		stream(PHONE, i ? 5000 : 4000, LATCH_STRANGER_VOTES);
		unsigned state = latch.state;
		ck_assert_uint_ge(state, LATCH_LOCKED);
		ck_assert_uint_eq(go_on(ATTACKER, 666, 200), 0);
		ck_assert_uint_eq(latch.state, state);
		ck_assert(aims_at(PHONE, i ? 5000 : 4000));
	}
}
END_TEST

/* Neighbours behind the same NAT who send all the time do not keep the phone out. */
START_TEST(neighbours_have_no_vote_against_the_stream)
{
	start();
	offer(PHONE, 4000, PHONE, false);
	stream(PHONE, 5000, 2);
	unsigned passed = 0;
	for (unsigned i = 0; i < 20; i++) {
		ck_assert(!send_as(PHONE, (uint16_t)(7000 + i), i, (uint16_t)i));
		passed += go_on(PHONE, 6000, 1);
	}
	ck_assert_uint_eq(passed, 19);
	ck_assert(aims_at(PHONE, 6000));
}
END_TEST

/* ---- offers and answers in a call ---- */

START_TEST(said_again_and_moved_behind_nat)
{
	start();
	offer(PHONE, 4000, PHONE, false);
	stream(PHONE, 5000, 2);
	offer(PHONE, 4000, PHONE, false);
	ck_assert(aims_at(PHONE, 5000));
	/* packets of the old mapping still come, the new one is there */
	ck_assert_uint_eq(stream(PHONE, 5000, 2), 2);
	MUST_BE(REOPENED);
	ck_assert_uint_eq(stream(PHONE, 6000, 2), 2);
	MUST_BE(LOCKED_HOST);
	ck_assert(aims_at(PHONE, 6000));
	ck_assert_uint_eq(stream(PHONE, 5000, 50), 0); /* a late one locks nothing */
	ck_assert(aims_at(PHONE, 6000));
}
END_TEST

START_TEST(a_late_packet_of_the_old_address_proves_nothing)
{
	start();
	offer(PHONE, 4000, PHONE, false);
	stream(PHONE, 4000, 5);
	offer(PHONE, 4100, PHONE, false);
	MUST_BE(ANNOUNCED);
	ck_assert(aims_at(PHONE, 4100));
	ck_assert_uint_eq(stream(PHONE, 4000, 50), 0);
	MUST_BE(ANNOUNCED);
	ck_assert_uint_eq(stream(PHONE, 4100, 1), 1);
	MUST_BE(LOCKED);
}
END_TEST

/* Who says another port and goes on sending from the old one is heard after a while. */
START_TEST(the_old_port_of_the_same_host_may_come_back)
{
	start();
	offer(PHONE, 4000, PHONE, false);
	stream(PHONE, 4000, 5);
	offer(PHONE, 4100, PHONE, false);
	now_ms += LATCH_LATE_MS;
	ck_assert_uint_eq(stream(PHONE, 4000, 2), 2);
	MUST_BE(LOCKED_HOST);
	ck_assert(aims_at(PHONE, 4000));
}
END_TEST

/* The call was transferred: the one who left must not get its media back by sending on. */
START_TEST(who_was_replaced_stays_out)
{
	start();
	offer(PHONE, 4000, PHONE, false);
	stream(PHONE, 4000, 5);
	offer(PRIVATE, 4100, OTHER, true);
	ck_assert(media_address_is_none(&latch.target));
	ck_assert_uint_eq(stream(PHONE, 4000, 500), 0); /* for ten seconds */
	MUST_BE(BLIND);
	stream(OTHER, 9000, 2);
	ck_assert(aims_at(OTHER, 9000));
}
END_TEST

START_TEST(said_again_from_announced_locks_at_once)
{
	start();
	offer(PHONE, 4000, PHONE, false);
	stream(PHONE, 4000, 5);
	offer(PHONE, 4000, PHONE, false);
	MUST_BE(REOPENED);
	stream(PHONE, 4000, 1);
	MUST_BE(LOCKED);
}
END_TEST

START_TEST(blind_becomes_usable_and_back)
{
	start();
	offer(PRIVATE, 4000, PHONE, true);
	stream(PHONE, 2222, 2);
	offer(PRIVATE, 4000, PHONE, false); /* the same numbers, another meaning */
	MUST_BE(ANNOUNCED);
	ck_assert(aims_at(PRIVATE, 4000));
	offer(PRIVATE, 4000, PHONE, true);
	MUST_BE(BLIND);
	ck_assert(media_address_is_none(&latch.target));
}
END_TEST

/* ---- RTCP, and what is never learned from ---- */

static struct latch rtp;

static void start_rtcp(const char *source, uint16_t port, uint8_t state)
{
	start();
	latch.is_rtcp = true;
	rtp = (struct latch){.state = state, .source = address(source, port)};
	rtp.target = rtp.source;
}

START_TEST(rtcp_follows_rtp_and_then_itself)
{
	start_rtcp(PHONE, 2222, LATCH_LOCKED_HOST);
	offer(PRIVATE, 4001, PHONE, true);
	latch_follow(&latch, &rtp, now_ms);
	MUST_BE(BLIND);
	ck_assert(aims_at(PHONE, 2223));
	ck_assert(!send_as(ATTACKER, 666, 0, 0));
	ck_assert(aims_at(PHONE, 2223));
	ck_assert(send_as(PHONE, 3333, 0, 0)); /* one of the host is enough */
	MUST_BE(LOCKED_HOST);
	ck_assert(aims_at(PHONE, 3333));
	latch_follow(&latch, &rtp, now_ms); /* the same host: stays */
	ck_assert(aims_at(PHONE, 3333));
}
END_TEST

/* RTP's port was moved by a NAT: RTCP's may have been, too, and serves on until then. */
START_TEST(rtcp_is_open_again_when_rtp_has_another_port)
{
	start_rtcp(PHONE, 2222, LATCH_LOCKED_HOST);
	offer(PRIVATE, 4001, PHONE, true);
	latch_follow(&latch, &rtp, now_ms);
	send_as(PHONE, 2223, 0, 0);
	rtp.source = rtp.target = address(PHONE, 3332);
	latch_follow(&latch, &rtp, now_ms);
	MUST_BE(REOPENED_BLIND);
	ck_assert(aims_at(PHONE, 2223));
	ck_assert(send_as(PHONE, 2223, 0, 0));
	ck_assert(!send_as(ATTACKER, 666, 0, 0));
	ck_assert(send_as(PHONE, 3333, 0, 0));
	MUST_BE(LOCKED_HOST);
	ck_assert(aims_at(PHONE, 3333));
}
END_TEST

START_TEST(rtcp_moves_with_rtp_to_another_host)
{
	start_rtcp(PHONE, 2222, LATCH_LOCKED_STRANGER);
	offer(PRIVATE, 4001, SIGNALLING, true);
	latch_follow(&latch, &rtp, now_ms);
	send_as(PHONE, 2223, 0, 0);
	MUST_BE(LOCKED_HOST);
	rtp.source = rtp.target = address(SIGNALLING, 3000);
	latch_follow(&latch, &rtp, now_ms);
	ck_assert(aims_at(SIGNALLING, 3001));
	ck_assert(!send_as(PHONE, 2223, 0, 0));
	ck_assert(send_as(SIGNALLING, 3001, 0, 0));
}
END_TEST

START_TEST(strangers_send_no_rtcp)
{
	start_rtcp(PHONE, 2222, LATCH_LOCKED);
	offer(PHONE, 4001, SIGNALLING, false);
	latch_follow(&latch, &rtp, now_ms);
	ck_assert(aims_at(PHONE, 4001));
	ck_assert_uint_eq(stream(ATTACKER, 666, 100), 0);
	MUST_BE(ANNOUNCED);
	/* nor does it follow a stranger that RTP only listens to */
	rtp.state = LATCH_LOCKED_STRANGER;
	rtp.source = address(OTHER, 7000);
	latch_follow(&latch, &rtp, now_ms);
	ck_assert(aims_at(PHONE, 4001));
}
END_TEST

START_TEST(what_is_admitted_without_learning)
{
	struct media_address announced = address(PHONE, 4000), host = address(PHONE, 4002),
			     stranger = address(ATTACKER, 4000);
	start();
	ck_assert(!latch_admits(&latch, &announced));
	offer(PHONE, 4000, NULL, false);
	ck_assert(latch_admits(&latch, &announced));
	ck_assert(latch_admits(&latch, &host));
	ck_assert(!latch_admits(&latch, &stranger));
	MUST_BE(ANNOUNCED);
	stream(PHONE, 4000, 1);
	ck_assert(latch_admits(&latch, &announced));
	ck_assert(!latch_admits(&latch, &host));
}
END_TEST

TEST_MAIN("latch", every_state_takes_every_offer, a_lock_yields_upwards_only,
	strangers_are_sent_to_only_when_there_is_no_other_way, who_is_taken_is_told_and_passes,
	the_announced_address_locks_at_once, behind_nat_the_port_is_learned,
	a_private_address_from_outside_is_no_target, a_phone_that_only_its_packets_show,
	a_stranger_is_heard_and_not_sent_to, packets_out_of_order_elect_nobody,
	types_that_were_not_negotiated_elect_nobody, idle_is_stolen_by_nobody,
	announced_gives_no_media_to_an_attacker, blind_is_not_sprayed,
	blind_with_known_signalling_goes_to_the_phone, locked_is_never_left,
	locked_host_is_left_for_the_announced_address_only,
	locked_stranger_is_left_for_a_higher_rank_only,
	reopened_is_not_stolen_while_the_phone_speaks, reopened_usable_never_aims_at_an_attacker,
	a_muted_phone_is_stolen_by_nobody, a_muted_phone_keeps_its_lock_among_neighbours,
	a_pool_of_addresses_is_one_phone, there_is_no_pool_in_a_private_network,
	signalling_by_another_family_says_nothing, a_muted_phone_that_moved_is_found,
	the_stream_itself_is_followed_on_its_host, a_stranger_that_goes_on_is_sent_to_if_it_was,
	the_stream_is_not_followed_to_another_host, neighbours_have_no_vote_against_the_stream,
	rtcp_is_open_again_when_rtp_has_another_port, said_again_and_moved_behind_nat,
	a_late_packet_of_the_old_address_proves_nothing,
	the_old_port_of_the_same_host_may_come_back, who_was_replaced_stays_out,
	said_again_from_announced_locks_at_once, blind_becomes_usable_and_back,
	rtcp_follows_rtp_and_then_itself, rtcp_moves_with_rtp_to_another_host,
	strangers_send_no_rtcp, what_is_admitted_without_learning)
