/* SPDX-License-Identifier: Apache-2.0 */
/* table_floor.c: the machines of a floor: every state with every event against rules that are
 * written down again; no state dangles, and which ones no timer ends is written down, too. */
#include "base/macros.h"
#include "floor/machines.h"
#include "lib/testing.h"

struct rule {
	unsigned state, event, next, actions;
	const char *why;
};

#define GENERAL(state, event, next, actions, why)                                          \
	{                                                                                  \
		FLOOR_STATE_##state, FLOOR_EVENT_##event, FLOOR_STATE_##next, actions, why \
	}
#define MEMBER(state, event, next, actions, why)                                                \
	{                                                                                       \
		FLOOR_MEMBER_##state, FLOOR_MEMBER_EVENT_##event, FLOOR_MEMBER_##next, actions, \
			why                                                                     \
	}
#define G(action) FLOOR_DO_##action
#define U(action) FLOOR_MEMBER_DO_##action

/* clang-format off */
static const struct rule general[] = {
	GENERAL(STOPPED,  OPENED,    FREE,     G(ARM), "6.3.4: no implicit request: Idle"),
	GENERAL(FREE,     EMPTIED,   STOPPED,  G(DISARM), "6.3.4: released"),
	GENERAL(FREE,     ASKED,     FREE,     G(GRANT), "6.3.4: Floor Request"),
	GENERAL(FREE,     FREED,     FREE,     G(SERVE), "nobody waits here, and that is harmless"),
	GENERAL(FREE,     NONE,      FREE,     0, "nothing new to tell"),
	GENERAL(FREE,     SOME,      SHARED,   G(DISARM) | G(TELL), "6.3.4: Taken to all others"),
	GENERAL(FREE,     ALL,       FULL,     G(DISARM) | G(TELL), "6.3.4: Taken to all others"),
	GENERAL(FREE,     T4,        FREE,     G(INACTIVE), "6.3.4: T4"),
	GENERAL(FREE,     T7,        FREE,     G(IDLE), "6.3.4: T7"),
	GENERAL(SHARED,   ASKED,     SHARED,   G(GRANT), "one more may talk"),
	GENERAL(SHARED,   FREED,     SHARED,   G(SERVE), "the queue first"),
	GENERAL(SHARED,   NONE,      FREE,     G(ARM) | G(TELL), "6.3.4: Idle to all"),
	GENERAL(SHARED,   SOME,      SHARED,   G(TELL), "another talks than was told"),
	GENERAL(SHARED,   ALL,       FULL,     G(TELL), "Taken to all others"),
	GENERAL(SHARED,   STOPPING,  SHARED,   0, "a place is free all the same"),
	GENERAL(FULL,     ASKED,     FULL,     G(QUEUE), "6.3.4: queue, or Deny 1 or 7"),
	GENERAL(FULL,     OUTRANKED, FULL,     G(PREEMPT), "6.3.4: pre-emptive"),
	GENERAL(FULL,     FREED,     FULL,     G(SERVE), "6.3.4: the head of the queue first"),
	GENERAL(FULL,     NONE,      FREE,     G(ARM) | G(TELL), "6.3.4: Idle to all"),
	GENERAL(FULL,     SOME,      SHARED,   G(TELL), "one has gone, others talk"),
	GENERAL(FULL,     ALL,       FULL,     G(TELL), "another talks"),
	GENERAL(FULL,     STOPPING,  REVOKING, 0, "6.3.4: pending Floor Revoke"),
	GENERAL(REVOKING, ASKED,     REVOKING, G(QUEUE), "6.3.4: queued"),
	GENERAL(REVOKING, OUTRANKED, REVOKING, G(PREEMPT), "6.3.4: in front"),
	GENERAL(REVOKING, FREED,     REVOKING, G(SERVE), "6.3.4: who is next"),
	GENERAL(REVOKING, NONE,      FREE,     G(ARM) | G(TELL), "6.3.4: enter Idle"),
	GENERAL(REVOKING, SOME,      SHARED,   G(TELL), "one has gone, others talk"),
	GENERAL(REVOKING, ALL,       FULL,     G(TELL), "another talks"),
	GENERAL(REVOKING, STOPPING,  REVOKING, 0, "one more is told to stop"),
};

#define BACK  (U(CLOSE) | U(FREED))
#define AWAY  (U(REVOKE) | BACK | U(BEEPS))
#define FIRST (U(OPEN))
#define LATER (U(OPEN) | U(T20))
#define NOISE (U(REVOKE) | U(T8))

static const struct rule members[] = {
	MEMBER(GONE,      JOIN,     LISTENS,   U(STATUS), "a late joiner gets Taken or Idle"),
	MEMBER(LISTENS,   LEAVE,    GONE,      0, "6.3.5"),
	MEMBER(LISTENS,   REQUEST,  ASKS,      0, "decided at the end of the tick"),
	MEMBER(LISTENS,   RELEASE,  LISTENS,   U(STATUS), "a lost Idle must heal"),
	MEMBER(LISTENS,   POSITION, LISTENS,   U(POSITION), "254"),
	MEMBER(LISTENS,   MEDIA,    INTRUDES,  NOISE, "6.3.5: Revoke 3"),
	MEMBER(LISTENS,   GRANT,    PERMITTED, LATER, "a dispatcher"),
	MEMBER(LISTENS,   PROMISE,  NEXT,      0, "a dispatcher"),
	MEMBER(ASKS,      LEAVE,    GONE,      0, "6.3.5"),
	MEMBER(ASKS,      REQUEST,  ASKS,      0, "twice in a tick: the latest counts"),
	MEMBER(ASKS,      RELEASE,  LISTENS,   U(STATUS), "and given back in the same tick"),
	MEMBER(ASKS,      POSITION, ASKS,      U(POSITION), "254"),
	MEMBER(ASKS,      GRANT,    PERMITTED, FIRST, "6.3.5"),
	MEMBER(ASKS,      ENQUEUE,  WAITS,     0, "6.3.5: its place is told"),
	MEMBER(ASKS,      PROMISE,  NEXT,      0, "6.3.4: in front"),
	MEMBER(ASKS,      REFUSE,   LISTENS,   U(DENY), "6.3.5"),
	MEMBER(WAITS,     LEAVE,    GONE,      0, "6.3.5"),
	MEMBER(WAITS,     REQUEST,  WAITS,     U(POSITION), "asked again: its place"),
	MEMBER(WAITS,     RAISE,    ASKS,      0, "a higher rank: a new request"),
	MEMBER(WAITS,     RELEASE,  LISTENS,   U(STATUS), "leaves the queue, Taken"),
	MEMBER(WAITS,     POSITION, WAITS,     U(POSITION), "6.3.5"),
	MEMBER(WAITS,     MEDIA,    WAITS,     NOISE, "Revoke 3, it keeps its place"),
	MEMBER(WAITS,     GRANT,    PERMITTED, LATER, "6.3.4: T20"),
	MEMBER(WAITS,     PROMISE,  NEXT,      0, "a dispatcher"),
	MEMBER(WAITS,     REFUSE,   LISTENS,   U(DENY), "may not talk any more, or fewer places"),
	MEMBER(NEXT,      LEAVE,    GONE,      0, "6.3.5"),
	MEMBER(NEXT,      REQUEST,  NEXT,      U(POSITION), "asked again: its place"),
	MEMBER(NEXT,      RAISE,    ASKS,      0, "a higher rank: a new request"),
	MEMBER(NEXT,      RELEASE,  LISTENS,   U(STATUS), "leaves the queue, Taken"),
	MEMBER(NEXT,      POSITION, NEXT,      U(POSITION), "6.3.5"),
	MEMBER(NEXT,      MEDIA,    NEXT,      NOISE, "Revoke 3, it keeps its place"),
	MEMBER(NEXT,      GRANT,    PERMITTED, LATER, "6.3.4: T20"),
	MEMBER(NEXT,      ENQUEUE,  WAITS,     0, "outranked by another"),
	MEMBER(NEXT,      REFUSE,   LISTENS,   U(DENY), "the same, and no place in the queue"),
	MEMBER(PERMITTED, LEAVE,    GONE,      BACK, "6.3.5"),
	MEMBER(PERMITTED, REQUEST,  PERMITTED, U(GRANTED), "6.3.5: with what is left of T2"),
	MEMBER(PERMITTED, RAISE,    PERMITTED, U(GRANTED), "the same with a higher rank"),
	MEMBER(PERMITTED, RELEASE,  LISTENS,   BACK | U(ROGER), "6.3.5"),
	MEMBER(PERMITTED, KEEP,     RESERVED,  U(CLOSE) | U(ROGER) | U(HANG) | U(STATUS), "hang time"),
	MEMBER(PERMITTED, POSITION, PERMITTED, U(POSITION), "254"),
	MEMBER(PERMITTED, MEDIA,    PERMITTED, U(TALK), "the first packet: T2, not T20"),
	MEMBER(PERMITTED, GRANT,    PERMITTED, U(GRANTED), "a dispatcher, once more"),
	MEMBER(PERMITTED, STOP,     STOPPING,  U(REVOKE) | U(T3), "6.3.5"),
	MEMBER(PERMITTED, CUT,      LISTENS,   AWAY, "no floor packets, or no grace"),
	MEMBER(PERMITTED, T1,       LISTENS,   BACK | U(BEEPS), "6.3.4: no Revoke"),
	MEMBER(PERMITTED, NEARLY,   PERMITTED, U(WARN), "before T2"),
	MEMBER(PERMITTED, T20,      PERMITTED, U(GRANTED) | U(T20), "6.3.4"),
	MEMBER(STOPPING,  LEAVE,    GONE,      BACK, "6.3.5"),
	MEMBER(STOPPING,  RELEASE,  LISTENS,   BACK, "6.3.5"),
	MEMBER(STOPPING,  KEEP,     LISTENS,   BACK, "no hang time for who must stop"),
	MEMBER(STOPPING,  POSITION, STOPPING,  U(POSITION), "254"),
	MEMBER(STOPPING,  CUT,      LISTENS,   AWAY, "muted, fewer talkers"),
	MEMBER(STOPPING,  T1,       LISTENS,   BACK | U(BEEPS), "6.3.4"),
	MEMBER(STOPPING,  T3,       LISTENS,   BACK | U(BEEPS), "6.3.4"),
	MEMBER(STOPPING,  T8,       STOPPING,  NOISE, "6.3.5: Revoke again"),
	MEMBER(RESERVED,  LEAVE,    GONE,      U(FREED), "6.3.5"),
	MEMBER(RESERVED,  REQUEST,  PERMITTED, FIRST, "nobody else can have asked for it"),
	MEMBER(RESERVED,  RELEASE,  RESERVED,  U(STATUS), "a lost Idle must heal"),
	MEMBER(RESERVED,  KEEP,     RESERVED,  U(STATUS), "a lost Idle must heal"),
	MEMBER(RESERVED,  POSITION, RESERVED,  U(POSITION), "254"),
	MEMBER(RESERVED,  MEDIA,    RESERVED,  NOISE, "not heard before it asks"),
	MEMBER(RESERVED,  GRANT,    PERMITTED, LATER, "a dispatcher"),
	MEMBER(RESERVED,  CUT,      LISTENS,   U(FREED), "a higher rank, a dispatcher"),
	MEMBER(RESERVED,  HANG,     LISTENS,   U(FREED), "the time is over"),
	MEMBER(INTRUDES,  LEAVE,    GONE,      0, "6.3.5"),
	MEMBER(INTRUDES,  REQUEST,  ASKS,      0, "now it asks"),
	MEMBER(INTRUDES,  RELEASE,  LISTENS,   U(STATUS), "6.3.5"),
	MEMBER(INTRUDES,  POSITION, INTRUDES,  U(POSITION), "254"),
	MEMBER(INTRUDES,  GRANT,    PERMITTED, LATER, "a dispatcher"),
	MEMBER(INTRUDES,  PROMISE,  NEXT,      0, "a dispatcher"),
	MEMBER(INTRUDES,  T8,       INTRUDES,  NOISE, "6.3.5: once per T8 while packets come"),
	MEMBER(INTRUDES,  QUIET,    LISTENS,   0, "none came"),
};
/* clang-format on */

static const struct rule *rule_of(
	const struct rule *rules, size_t count, unsigned state, unsigned event)
{
	const struct rule *found = NULL;
	for (size_t i = 0; i < count; i++)
		if (rules[i].state == state && rules[i].event == event) {
			ck_assert_msg(!found, "%s: said twice", rules[i].why);
			found = &rules[i];
		}
	return found;
}

static void must_follow(const struct floor_cell *cell, const struct rule *rule, const char *state,
	const char *event)
{
	ck_assert_msg(cell->live == (rule != NULL), "%s x %s", state, event);
	if (!rule)
		return;
	ck_assert_msg(cell->next == rule->next, "%s x %s: %s", state, event, rule->why);
	ck_assert_msg(cell->actions == rule->actions, "%s x %s: %s", state, event, rule->why);
}

START_TEST(every_cell_of_the_group)
{
	for (unsigned s = 0; s < FLOOR_STATE_COUNT; s++)
		for (unsigned e = 0; e < FLOOR_EVENT_COUNT; e++)
			must_follow(&floor_cells[s][e],
				rule_of(general, ARRAY_LENGTH(general), s, e), floor_state_names[s],
				floor_event_names[e]);
}
END_TEST

START_TEST(every_cell_of_a_member)
{
	for (unsigned s = 0; s < FLOOR_MEMBER_STATE_COUNT; s++)
		for (unsigned e = 0; e < FLOOR_MEMBER_EVENT_COUNT; e++)
			must_follow(&floor_member_cells[s][e],
				rule_of(members, ARRAY_LENGTH(members), s, e),
				floor_member_state_names[s], floor_member_event_names[e]);
}
END_TEST

/* Every state is entered by some cell, and left by some. */
START_TEST(no_state_dangles)
{
	unsigned entered = 0, left = 0;
	for (unsigned s = 0; s < FLOOR_STATE_COUNT; s++)
		for (unsigned e = 0; e < FLOOR_EVENT_COUNT; e++) {
			const struct floor_cell *cell = &floor_cells[s][e];
			if (!cell->live || cell->next == s)
				continue;
			entered |= 1U << cell->next;
			left |= 1U << s;
		}
	ck_assert_uint_eq(entered, (1U << FLOOR_STATE_COUNT) - 1);
	ck_assert_uint_eq(left, (1U << FLOOR_STATE_COUNT) - 1);
	entered = left = 0;
	for (unsigned s = 0; s < FLOOR_MEMBER_STATE_COUNT; s++)
		for (unsigned e = 0; e < FLOOR_MEMBER_EVENT_COUNT; e++) {
			const struct floor_cell *cell = &floor_member_cells[s][e];
			if (!cell->live || cell->next == s)
				continue;
			entered |= 1U << cell->next;
			left |= 1U << s;
		}
	ck_assert_uint_eq(entered, (1U << FLOOR_MEMBER_STATE_COUNT) - 1);
	ck_assert_uint_eq(left, (1U << FLOOR_MEMBER_STATE_COUNT) - 1);
}
END_TEST

/* A member can leave in every state; who has a place gives it back, who is heard is closed. */
START_TEST(all_may_leave)
{
	for (unsigned s = FLOOR_MEMBER_GONE + 1; s < FLOOR_MEMBER_STATE_COUNT; s++) {
		const struct floor_cell *cell = &floor_member_cells[s][FLOOR_MEMBER_EVENT_LEAVE];
		ck_assert_msg(cell->live && cell->next == FLOOR_MEMBER_GONE, "%s stays",
			floor_member_state_names[s]);
	}
}
END_TEST

#define BIT(state) (1U << FLOOR_MEMBER_##state)

/* What opens, closes and frees is said in the cells where that happens, and nowhere else. */
START_TEST(heard_and_not_heard)
{
	const unsigned heard = BIT(PERMITTED) | BIT(STOPPING), place = heard | BIT(RESERVED);
	for (unsigned s = 0; s < FLOOR_MEMBER_STATE_COUNT; s++)
		for (unsigned e = 0; e < FLOOR_MEMBER_EVENT_COUNT; e++) {
			const struct floor_cell *cell = &floor_member_cells[s][e];
			if (!cell->live)
				continue;
			const char *name = floor_member_state_names[s];
			bool was = heard >> s & 1, is = heard >> cell->next & 1;
			bool had = place >> s & 1, has = place >> cell->next & 1;
			ck_assert_msg(!(cell->actions & U(OPEN)) == !(is && !was), "%s", name);
			ck_assert_msg(!(cell->actions & U(CLOSE)) == !(was && !is), "%s", name);
			ck_assert_msg(!(cell->actions & U(FREED)) == !(had && !has), "%s", name);
		}
}
END_TEST

/* Every message of a client is answered in every state, but a request of one who must stop. */
START_TEST(nobody_is_left_without_an_answer)
{
	for (unsigned s = FLOOR_MEMBER_GONE + 1; s < FLOOR_MEMBER_STATE_COUNT; s++) {
		const struct floor_cell *cells = floor_member_cells[s];
		ck_assert(cells[FLOOR_MEMBER_EVENT_RELEASE].live);
		ck_assert(cells[FLOOR_MEMBER_EVENT_RELEASE].actions & (U(STATUS) | U(FREED)));
		ck_assert(cells[FLOOR_MEMBER_EVENT_POSITION].actions & U(POSITION));
		ck_assert(cells[FLOOR_MEMBER_EVENT_REQUEST].live == (s != FLOOR_MEMBER_STOPPING));
	}
}
END_TEST

/* The states that a timer ends by itself, and those that none does. ASKS ends with its tick. */
START_TEST(states_that_no_timer_ends)
{
	static const enum floor_member_event timers[] = {FLOOR_MEMBER_EVENT_T1,
		FLOOR_MEMBER_EVENT_T3, FLOOR_MEMBER_EVENT_HANG, FLOOR_MEMBER_EVENT_QUIET};
	unsigned ended = 0;
	for (unsigned s = 0; s < FLOOR_MEMBER_STATE_COUNT; s++)
		for (unsigned i = 0; i < ARRAY_LENGTH(timers); i++) {
			const struct floor_cell *cell = &floor_member_cells[s][timers[i]];
			if (cell->live && cell->next == FLOOR_MEMBER_LISTENS)
				ended |= 1U << s;
		}
	ck_assert_uint_eq(ended, BIT(PERMITTED) | BIT(STOPPING) | BIT(RESERVED) | BIT(INTRUDES));
	/* WAITS and NEXT: until those who talk are ended by theirs; GONE and LISTENS: for ever */
}
END_TEST

TEST_MAIN("floor", every_cell_of_the_group, every_cell_of_a_member, no_state_dangles, all_may_leave,
	heard_and_not_heard, nobody_is_left_without_an_answer, states_that_no_timer_ends)
