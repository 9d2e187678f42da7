/* SPDX-License-Identifier: Apache-2.0 */
/* table_transaction.c — walks every state and event of the four machines against the RFCs' rules,
 * written down again. */
#include <stdio.h>

#include "lib/testing.h"
#include "transaction/machine.h"

/* What the RFC says is passed to the transaction user, and to the transport. */
enum tells { QUIET, MESSAGE, ACK, TIMEOUT, RINGS_TOO_LONG, FAILURE, ONCE_MORE };
enum sends { NOTHING, NEW, AGAIN, AN_ACK, A_100, A_CANCEL, LATER };

struct rule {
	enum machine_kind machine;
	enum transaction_state state;
	enum transaction_event event;
	enum transaction_state next;
	enum sends sends;
	enum tells tells;
	const char *section;
};

#define T(letter) ((enum transaction_event)TIMER_##letter)

/* clang-format off */
static const struct rule rules[] = {
	/* RFC 3261 figure 5, RFC 6026 §8.4 figure 2, §9.1, §16.8 */
	{ MACHINE_ICT, STATE_IDLE,       USER_SENDS,      STATE_CALLING,    NEW,      QUIET,          "§17.1.1.2" },
	{ MACHINE_ICT, STATE_CALLING,    T(A),            STATE_CALLING,    AGAIN,    QUIET,          "§17.1.1.2" },
	{ MACHINE_ICT, STATE_CALLING,    T(B),            STATE_TERMINATED, NOTHING,  TIMEOUT,        "§17.1.1.2" },
	{ MACHINE_ICT, STATE_CALLING,    GOT_1XX,         STATE_PROCEEDING, NOTHING,  MESSAGE,        "§17.1.1.2" },
	{ MACHINE_ICT, STATE_CALLING,    GOT_2XX,         STATE_ACCEPTED,   NOTHING,  MESSAGE,        "RFC 6026" },
	{ MACHINE_ICT, STATE_CALLING,    GOT_FAIL,        STATE_COMPLETED,  AN_ACK,   MESSAGE,        "§17.1.1.2" },
	{ MACHINE_ICT, STATE_CALLING,    SEND_ERROR,      STATE_TERMINATED, NOTHING,  FAILURE,        "§17.1.1.2" },
	{ MACHINE_ICT, STATE_CALLING,    USER_CANCELS,    STATE_CALLING,    LATER,    QUIET,          "§9.1" },
	{ MACHINE_ICT, STATE_PROCEEDING, GOT_1XX,         STATE_PROCEEDING, NOTHING,  MESSAGE,        "§17.1.1.2" },
	{ MACHINE_ICT, STATE_PROCEEDING, GOT_2XX,         STATE_ACCEPTED,   NOTHING,  MESSAGE,        "RFC 6026" },
	{ MACHINE_ICT, STATE_PROCEEDING, GOT_FAIL,        STATE_COMPLETED,  AN_ACK,   MESSAGE,        "§17.1.1.2" },
	{ MACHINE_ICT, STATE_PROCEEDING, T(C),            STATE_PROCEEDING, NOTHING,  RINGS_TOO_LONG, "§16.8" },
	{ MACHINE_ICT, STATE_PROCEEDING, USER_RESTARTS_C, STATE_PROCEEDING, NOTHING,  QUIET,          "§16.7 item 2" },
	{ MACHINE_ICT, STATE_PROCEEDING, USER_CANCELS,    STATE_CANCELLING, A_CANCEL, QUIET,          "§9.1" },
	{ MACHINE_ICT, STATE_CANCELLING, GOT_1XX,         STATE_CANCELLING, NOTHING,  MESSAGE,        "§9.1" },
	{ MACHINE_ICT, STATE_CANCELLING, GOT_2XX,         STATE_ACCEPTED,   NOTHING,  MESSAGE,        "§9.1" },
	{ MACHINE_ICT, STATE_CANCELLING, GOT_FAIL,        STATE_COMPLETED,  AN_ACK,   MESSAGE,        "§9.1" },
	{ MACHINE_ICT, STATE_CANCELLING, T(X),            STATE_TERMINATED, NOTHING,  TIMEOUT,        "§9.1" },
	{ MACHINE_ICT, STATE_COMPLETED,  GOT_FAIL,        STATE_COMPLETED,  AGAIN,    QUIET,          "§17.1.1.2" },
	{ MACHINE_ICT, STATE_COMPLETED,  SEND_ERROR,      STATE_TERMINATED, NOTHING,  QUIET,          "§17.1.1.2" },
	{ MACHINE_ICT, STATE_COMPLETED,  T(D),            STATE_TERMINATED, NOTHING,  QUIET,          "§17.1.1.2" },
	{ MACHINE_ICT, STATE_ACCEPTED,   GOT_2XX,         STATE_ACCEPTED,   NOTHING,  MESSAGE,        "RFC 6026 §7.2" },
	{ MACHINE_ICT, STATE_ACCEPTED,   T(M),            STATE_TERMINATED, NOTHING,  QUIET,          "RFC 6026 §7.2" },

	/* RFC 3261 figure 6 */
	{ MACHINE_NICT, STATE_IDLE,       USER_SENDS, STATE_TRYING,     NEW,     QUIET,   "§17.1.2.2" },
	{ MACHINE_NICT, STATE_TRYING,     T(E),       STATE_TRYING,     AGAIN,   QUIET,   "§17.1.2.2" },
	{ MACHINE_NICT, STATE_TRYING,     T(F),       STATE_TERMINATED, NOTHING, TIMEOUT, "§17.1.2.2" },
	{ MACHINE_NICT, STATE_TRYING,     GOT_1XX,    STATE_PROCEEDING, NOTHING, MESSAGE, "§17.1.2.2" },
	{ MACHINE_NICT, STATE_TRYING,     GOT_2XX,    STATE_COMPLETED,  NOTHING, MESSAGE, "§17.1.2.2" },
	{ MACHINE_NICT, STATE_TRYING,     GOT_FAIL,   STATE_COMPLETED,  NOTHING, MESSAGE, "§17.1.2.2" },
	{ MACHINE_NICT, STATE_TRYING,     SEND_ERROR, STATE_TERMINATED, NOTHING, FAILURE, "§17.1.4" },
	{ MACHINE_NICT, STATE_PROCEEDING, T(E),       STATE_PROCEEDING, AGAIN,   QUIET,   "§17.1.2.2" },
	{ MACHINE_NICT, STATE_PROCEEDING, T(F),       STATE_TERMINATED, NOTHING, TIMEOUT, "§17.1.2.2" },
	{ MACHINE_NICT, STATE_PROCEEDING, GOT_1XX,    STATE_PROCEEDING, NOTHING, MESSAGE, "§17.1.2.2" },
	{ MACHINE_NICT, STATE_PROCEEDING, GOT_2XX,    STATE_COMPLETED,  NOTHING, MESSAGE, "§17.1.2.2" },
	{ MACHINE_NICT, STATE_PROCEEDING, GOT_FAIL,   STATE_COMPLETED,  NOTHING, MESSAGE, "§17.1.2.2" },
	{ MACHINE_NICT, STATE_PROCEEDING, SEND_ERROR, STATE_TERMINATED, NOTHING, FAILURE, "§17.1.4" },
	{ MACHINE_NICT, STATE_COMPLETED,  GOT_2XX,    STATE_COMPLETED,  NOTHING, QUIET,   "§17.1.2.2" },
	{ MACHINE_NICT, STATE_COMPLETED,  GOT_FAIL,   STATE_COMPLETED,  NOTHING, QUIET,   "§17.1.2.2" },
	{ MACHINE_NICT, STATE_COMPLETED,  T(K),       STATE_TERMINATED, NOTHING, QUIET,   "§17.1.2.2" },

	/* RFC 3261 figure 7, RFC 6026 §8.7 figure 5 */
	{ MACHINE_IST, STATE_IDLE,       GOT_REQUEST, STATE_PROCEEDING, NOTHING, MESSAGE, "§17.2.1" },
	{ MACHINE_IST, STATE_PROCEEDING, USER_SILENT, STATE_PROCEEDING, A_100,   QUIET,   "§17.2.1" },
	{ MACHINE_IST, STATE_PROCEEDING, GOT_REQUEST, STATE_PROCEEDING, AGAIN,   QUIET,   "§17.2.1" },
	{ MACHINE_IST, STATE_PROCEEDING, USER_1XX,    STATE_PROCEEDING, NEW,     QUIET,   "§17.2.1" },
	{ MACHINE_IST, STATE_PROCEEDING, USER_2XX,    STATE_ACCEPTED,   NEW,     QUIET,   "RFC 6026 §7.1" },
	{ MACHINE_IST, STATE_PROCEEDING, USER_FAIL,   STATE_COMPLETED,  NEW,     QUIET,   "§17.2.1" },
	{ MACHINE_IST, STATE_PROCEEDING, SEND_ERROR,  STATE_TERMINATED, NOTHING, QUIET,   "§17.2.4" },
	{ MACHINE_IST, STATE_COMPLETED,  GOT_REQUEST, STATE_COMPLETED,  AGAIN,   QUIET,   "§17.2.1" },
	{ MACHINE_IST, STATE_COMPLETED,  T(G),        STATE_COMPLETED,  AGAIN,   QUIET,   "§17.2.1" },
	{ MACHINE_IST, STATE_COMPLETED,  T(H),        STATE_TERMINATED, NOTHING, QUIET,   "§17.2.1" },
	{ MACHINE_IST, STATE_COMPLETED,  GOT_ACK,     STATE_CONFIRMED,  NOTHING, QUIET,   "§17.2.1" },
	{ MACHINE_IST, STATE_COMPLETED,  SEND_ERROR,  STATE_TERMINATED, NOTHING, QUIET,   "§17.2.4" },
	{ MACHINE_IST, STATE_CONFIRMED,  GOT_ACK,     STATE_CONFIRMED,  NOTHING, QUIET,   "§17.2.1" },
	{ MACHINE_IST, STATE_CONFIRMED,  GOT_REQUEST, STATE_CONFIRMED,  NOTHING, QUIET,   "§17.2.1" },
	{ MACHINE_IST, STATE_CONFIRMED,  T(I),        STATE_TERMINATED, NOTHING, QUIET,   "§17.2.1" },
	{ MACHINE_IST, STATE_ACCEPTED,   GOT_REQUEST, STATE_ACCEPTED,   NOTHING, QUIET,   "RFC 6026 §7.1" },
	{ MACHINE_IST, STATE_ACCEPTED,   GOT_ACK,     STATE_ACCEPTED,   NOTHING, ACK,     "RFC 6026 §7.1" },
	{ MACHINE_IST, STATE_ACCEPTED,   USER_2XX,    STATE_ACCEPTED,   NEW,     QUIET,   "RFC 6026 §7.1" },
	{ MACHINE_IST, STATE_ACCEPTED,   T(L),        STATE_TERMINATED, NOTHING, QUIET,   "RFC 6026 §7.1" },

	/* RFC 3261 figure 8, RFC 4320 */
	{ MACHINE_NIST, STATE_IDLE,       GOT_REQUEST, STATE_TRYING,     NOTHING, MESSAGE, "§17.2.2" },
	{ MACHINE_NIST, STATE_TRYING,     USER_SILENT, STATE_TRYING,     NOTHING, QUIET,   "RFC 4320 §4.1" },
	{ MACHINE_NIST, STATE_TRYING,     T(N),        STATE_PROCEEDING, A_100,   QUIET,   "RFC 4320 §4.1" },
	{ MACHINE_NIST, STATE_TRYING,     GOT_REQUEST, STATE_TRYING,     NOTHING, QUIET,   "§17.2.2" },
	{ MACHINE_NIST, STATE_TRYING,     USER_2XX,    STATE_COMPLETED,  NEW,     QUIET,   "§17.2.2" },
	{ MACHINE_NIST, STATE_TRYING,     USER_FAIL,   STATE_COMPLETED,  NEW,     QUIET,   "§17.2.2" },
	{ MACHINE_NIST, STATE_TRYING,     USER_UNKEPT, STATE_ACCEPTED,   NEW,     QUIET,   "§17.2.2" },
	{ MACHINE_NIST, STATE_TRYING,     USER_408,    STATE_TERMINATED, NOTHING, QUIET,   "RFC 4320 §4.2" },
	{ MACHINE_NIST, STATE_PROCEEDING, GOT_REQUEST, STATE_PROCEEDING, AGAIN,   QUIET,   "§17.2.2" },
	{ MACHINE_NIST, STATE_PROCEEDING, USER_2XX,    STATE_COMPLETED,  NEW,     QUIET,   "§17.2.2" },
	{ MACHINE_NIST, STATE_PROCEEDING, USER_FAIL,   STATE_COMPLETED,  NEW,     QUIET,   "§17.2.2" },
	{ MACHINE_NIST, STATE_PROCEEDING, USER_UNKEPT, STATE_ACCEPTED,   NEW,     QUIET,   "§17.2.2" },
	{ MACHINE_NIST, STATE_PROCEEDING, USER_408,    STATE_TERMINATED, NOTHING, QUIET,   "RFC 4320 §4.2" },
	{ MACHINE_NIST, STATE_PROCEEDING, SEND_ERROR,  STATE_TERMINATED, NOTHING, QUIET,   "§17.2.4" },
	{ MACHINE_NIST, STATE_COMPLETED,  GOT_REQUEST, STATE_COMPLETED,  AGAIN,   QUIET,   "§17.2.2" },
	{ MACHINE_NIST, STATE_COMPLETED,  T(J),        STATE_TERMINATED, NOTHING, QUIET,   "§17.2.2" },
	{ MACHINE_NIST, STATE_COMPLETED,  SEND_ERROR,  STATE_TERMINATED, NOTHING, QUIET,   "§17.2.4" },
	/* ours: Completed without bytes */
	{ MACHINE_NIST, STATE_ACCEPTED,   GOT_REQUEST, STATE_ACCEPTED,   NOTHING, ONCE_MORE, "§17.2.2" },
	{ MACHINE_NIST, STATE_ACCEPTED,   USER_UNKEPT, STATE_ACCEPTED,   NEW,     QUIET,   "§17.2.2" },
	{ MACHINE_NIST, STATE_ACCEPTED,   T(J),        STATE_TERMINATED, NOTHING, QUIET,   "§17.2.2" },
	{ MACHINE_NIST, STATE_ACCEPTED,   SEND_ERROR,  STATE_TERMINATED, NOTHING, QUIET,   "§17.2.4" },
};

/* States from which no run of timers alone leads to the end: there the transaction user must act. */
static const struct { enum machine_kind machine; enum transaction_state state; } user_must_act[] = {
	{ MACHINE_ICT, STATE_IDLE }, { MACHINE_ICT, STATE_PROCEEDING }, /* Timer C only asks */
	{ MACHINE_NICT, STATE_IDLE },
	{ MACHINE_IST, STATE_IDLE }, { MACHINE_IST, STATE_PROCEEDING },
	{ MACHINE_NIST, STATE_IDLE }, { MACHINE_NIST, STATE_TRYING }, { MACHINE_NIST, STATE_PROCEEDING },
};
/* clang-format on */

static const struct machine *const all[MACHINE_COUNT] = {
	[MACHINE_ICT] = &machine_ict,
	[MACHINE_NICT] = &machine_nict,
	[MACHINE_IST] = &machine_ist,
	[MACHINE_NIST] = &machine_nist,
};

static enum sends sends_of(uint64_t actions)
{
	return actions & (TRANSMIT | SEND_ONCE) ? NEW
	       : actions & RESEND               ? AGAIN
	       : actions & SEND_ACK             ? AN_ACK
	       : actions & SEND_100             ? A_100
	       : actions & SEND_CANCEL          ? A_CANCEL
	       : actions & HOLD_CANCEL          ? LATER
						: NOTHING;
}

static enum tells tells_of(uint64_t actions)
{
	return actions & TELL           ? MESSAGE
	       : actions & TELL_ACK     ? ACK
	       : actions & TELL_TIMEOUT ? TIMEOUT
	       : actions & TELL_C       ? RINGS_TOO_LONG
	       : actions & TELL_ERROR   ? FAILURE
	       : actions & TELL_AGAIN   ? ONCE_MORE
					: QUIET;
}

static const struct rule *rule_for(unsigned machine, unsigned state, unsigned event)
{
	const struct rule *found = NULL;
	for (size_t i = 0; i < ARRAY_LENGTH(rules); i++)
		if (rules[i].machine == machine && rules[i].state == state &&
			rules[i].event == event) {
			ck_assert_msg(!found, "two rules for one cell");
			found = &rules[i];
		}
	return found;
}

#define EACH_CELL(machine, state, event)                               \
	for (unsigned machine = 0; machine < MACHINE_COUNT; machine++) \
		for (unsigned state = 0; state < STATE_COUNT; state++) \
			for (unsigned event = 0; event < EVENT_COUNT; event++)

START_TEST(every_cell_is_as_the_rfc_says)
{
	unsigned live = 0;
	EACH_CELL(machine, state, event)
	{
		const struct cell *cell = &all[machine]->cells[state][event];
		const struct rule *rule = rule_for(machine, state, event);
		char what[128];
		snprintf(what, sizeof(what), "%s state %u event %u (%s)", all[machine]->name, state,
			event, rule ? rule->section : "no rule");
		ck_assert_msg(cell->live == (rule != NULL), "%s: live %d", what, cell->live);
		if (!rule)
			continue;
		live++;
		ck_assert_msg(cell->next == rule->next, "%s: goes to %u", what, cell->next);
		ck_assert_msg(sends_of(cell->actions) == rule->sends, "%s: sends", what);
		ck_assert_msg(tells_of(cell->actions) == rule->tells, "%s: tells", what);
	}
	ck_assert_uint_eq(live, ARRAY_LENGTH(rules));
}
END_TEST

static bool is_used(unsigned machine, unsigned state)
{
	for (unsigned event = 0; event < EVENT_COUNT; event++)
		if (all[machine]->cells[state][event].live)
			return true;
	return state == STATE_TERMINATED;
}

/* Grows `set` by what leads into it, by events below `events` only, until nothing is added. */
static uint32_t leading_to(unsigned machine, uint32_t set, unsigned events)
{
	for (uint32_t before = 0; before != set;) {
		before = set;
		for (unsigned state = 0; state < STATE_COUNT; state++)
			for (unsigned event = 0; event < events; event++) {
				const struct cell *cell = &all[machine]->cells[state][event];
				if (cell->live && (set & 1u << cell->next))
					set |= 1u << state;
			}
	}
	return set;
}

static uint32_t reachable(unsigned machine)
{
	uint32_t set = 1u << STATE_IDLE;
	for (uint32_t before = 0; before != set;) {
		before = set;
		for (unsigned state = 0; state < STATE_COUNT; state++)
			for (unsigned event = 0; (set & 1u << state) && event < EVENT_COUNT;
				event++)
				if (all[machine]->cells[state][event].live)
					set |= 1u << all[machine]->cells[state][event].next;
	}
	return set;
}

START_TEST(no_state_dangles)
{
	for (unsigned machine = 0; machine < MACHINE_COUNT; machine++) {
		uint32_t from_start = reachable(machine);
		uint32_t to_end = leading_to(machine, 1u << STATE_TERMINATED, EVENT_COUNT);
		for (unsigned state = 0; state < STATE_COUNT; state++) {
			ck_assert_msg(is_used(machine, state) == ((from_start >> state) & 1),
				"%s state %u cannot be reached", all[machine]->name, state);
			if (is_used(machine, state))
				ck_assert_msg((to_end >> state) & 1, "%s state %u has no way out",
					all[machine]->name, state);
		}
	}
}
END_TEST

START_TEST(timers_end_every_state_but_those_of_the_user)
{
	for (unsigned machine = 0; machine < MACHINE_COUNT; machine++) {
		uint32_t ends = leading_to(machine, 1u << STATE_TERMINATED, TIMER_COUNT);
		uint32_t must_act = 0;
		for (size_t i = 0; i < ARRAY_LENGTH(user_must_act); i++)
			if (user_must_act[i].machine == machine)
				must_act |= 1u << user_must_act[i].state;
		for (unsigned state = 0; state < STATE_COUNT; state++)
			if (is_used(machine, state))
				ck_assert_msg(((ends >> state) & 1) != ((must_act >> state) & 1),
					"%s state %u", all[machine]->name, state);
	}
}
END_TEST

/* The timers that may be running in a state: those that have a cell there. */
static uint32_t waited_for(unsigned machine, unsigned state)
{
	uint32_t set = 0;
	for (unsigned timer = 0; timer < TIMER_COUNT; timer++)
		if (all[machine]->cells[state][timer].live)
			set |= 1u << timer;
	return set;
}

/* N waits only where the user was silent, so it is armed by a step of its own. */
#define ARMED_LATER (1u << TIMER_N)

START_TEST(timers_run_where_they_are_waited_for_and_nowhere_else)
{
	EACH_CELL(machine, state, event)
	{
		const struct cell *cell = &all[machine]->cells[state][event];
		if (!cell->live)
			continue;
		uint32_t running = waited_for(machine, state);
		if (event < TIMER_COUNT)
			running &= ~(1u << event);
		running = (running & ~STOPPED(cell->actions)) | ARMED(cell->actions);
		uint32_t wanted = waited_for(machine, cell->next);
		ck_assert_msg((running & ~ARMED_LATER) == (wanted & ~ARMED_LATER),
			"%s state %u event %u: running %x, wanted %x", all[machine]->name, state,
			event, running, wanted);
		ck_assert_msg(!(running & ~wanted), "%s state %u event %u: a timer runs on",
			all[machine]->name, state, event);
	}
}
END_TEST

START_TEST(one_timer_waits_at_a_place)
{
	for (unsigned machine = 0; machine < MACHINE_COUNT; machine++)
		for (unsigned state = 0; state < STATE_COUNT; state++) {
			unsigned at[PLACE_COUNT] = {0};
			for (unsigned timer = 0; timer < TIMER_COUNT; timer++)
				if (all[machine]->cells[state][timer].live)
					ck_assert_uint_eq(at[timer_rows[timer].place]++, 0);
		}
}
END_TEST

START_TEST(every_timer_belongs_to_its_machine)
{
	EACH_CELL(machine, state, event)
	{
		if (event < TIMER_COUNT && all[machine]->cells[state][event].live)
			ck_assert_str_eq(timer_rows[event].machine, all[machine]->name);
	}
}
END_TEST

/* RFC 3261 table 4 with the default values, RFC 6026 §8.4, §8.7: ms over UDP, and over TCP (0 = at
 * once, -1 = none). */
START_TEST(timers_have_the_values_of_table_4)
{
	static const struct {
		char letter;
		long udp, tcp;
	} table[] = {
		{'A', 500, -1},
		{'B', 32000, 32000},
		{'C', 180000, 180000},
		{'D', 32000, 0},
		{'E', 500, -1},
		{'F', 32000, 32000},
		{'G', 500, -1},
		{'H', 32000, 32000},
		{'I', 5000, 0},
		{'J', 32000, 500},
		{'K', 5000, 0},
		{'L', 32000, 32000},
		{'M', 32000, 32000},
		{'N', 3500, 3500},
		{'X', 32000, 32000},
	};
	static const struct transaction_config defaults = {
		.t1 = 500, .t2 = 4000, .t4 = 5000, .c = 180000};
	ck_assert_uint_eq(ARRAY_LENGTH(table), TIMER_COUNT);
	for (unsigned i = 0; i < TIMER_COUNT; i++) {
		const struct timer_row *row = &timer_rows[i];
		long delay = timer_delay(&defaults, i, 0);
		ck_assert_int_eq(row->letter, table[i].letter);
		ck_assert_int_eq(delay, table[i].udp);
		ck_assert_int_eq(row->reliable == ALWAYS    ? delay
				 : row->reliable == AT_ONCE ? 0
				 : row->reliable == SHORTLY
					 ? (long)timer_delay_shortly(&defaults, i)
					 : -1,
			table[i].tcp);
	}
}
END_TEST

START_TEST(doubling_timers_double)
{
	static const struct transaction_config defaults = {
		.t1 = 500, .t2 = 4000, .t4 = 5000, .c = 180000};
	static const uint32_t a[TIMER_STEPS] = {500, 1000, 2000, 4000, 8000, 16000, 0};
	static const uint32_t e[TIMER_STEPS] = {500, 1000, 2000, 4000, 4000, 4000, 4000};
	for (unsigned step = 0; step < TIMER_STEPS; step++) {
		ck_assert_uint_eq(timer_delay(&defaults, TIMER_A, step), a[step]);
		ck_assert_uint_eq(timer_delay(&defaults, TIMER_E, step), e[step]);
		ck_assert_uint_eq(timer_delay(&defaults, TIMER_G, step), e[step]);
	}
}
END_TEST

/* With a short T1 the ACK of a failure is still repeated for 32 s: the other side's T1 is not ours
 * (§17.1.1.2). */
START_TEST(timer_d_is_never_short)
{
	static const struct transaction_config quick = {.t1 = 10, .t2 = 40, .t4 = 50, .c = 1000};
	ck_assert_uint_eq(timer_delay(&quick, TIMER_D, 0), 32000);
	ck_assert_uint_eq(timer_delay(&quick, TIMER_B, 0), 640);
	ck_assert_uint_eq(timer_delay(&quick, TIMER_N, 0), 30);
}
END_TEST

TEST_MAIN("table", every_cell_is_as_the_rfc_says, no_state_dangles,
	timers_end_every_state_but_those_of_the_user,
	timers_run_where_they_are_waited_for_and_nowhere_else, one_timer_waits_at_a_place,
	every_timer_belongs_to_its_machine, timers_have_the_values_of_table_4,
	doubling_timers_double, timer_d_is_never_short)
