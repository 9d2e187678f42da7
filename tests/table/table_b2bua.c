/* SPDX-License-Identifier: Apache-2.0 */
/* table_b2bua.c — the machines of a leg and of a bridge: every state with every event against rules
 * that are written down again; no state dangles, each can be left, what is said is said once. */
#include "app/b2bua/machines.h"
#include "base/macros.h"
#include "lib/testing.h"

struct rule {
	unsigned state, event, next, actions;
	const char *section;
};

#define LEG(state, event, next, actions, section)                      \
	{                                                              \
		LEG_##state, LEG_##event, LEG_##next, actions, section \
	}
#define BRIDGE(state, event, next, actions, section)                                  \
	{                                                                             \
		BRIDGE_##state, BRIDGE_EVENT_##event, BRIDGE_##next, actions, section \
	}
#define GONE (LEG_STOP_RESEND | LEG_TELL_LEFT | LEG_FREE)

/* clang-format off */
static const struct rule legs[] = {
	LEG(SETUP,   GOT_INVITE,  SETUP,   LEG_REFUSE_500, "RFC 3261 §14.2"),
	LEG(SETUP,   WE_ACCEPT,   OKED,    LEG_START_RESEND, "§13.3.1.4"),
	LEG(SETUP,   GOT_2XX,     OWING,   0, "§13.2.2.4"),
	LEG(SETUP,   GOT_BYE,     GONE,    GONE, "§15"),
	LEG(SETUP,   WE_REFUSE,   GONE,    GONE, "§13.3.1.3"),
	LEG(SETUP,   WE_LEAVE,    GONE,    GONE, "§9.1: CANCEL or a refusal says it"),
	LEG(CALM,    GOT_INVITE,  ASKED,   LEG_CARRY, "§14.2"),
	LEG(CALM,    GOT_BYE,     GONE,    GONE, "§15.1.2"),
	LEG(CALM,    WE_ASK,      ASKING,  LEG_GO, "§14.1"),
	LEG(CALM,    WE_LEAVE,    LEAVING, LEG_SEND_BYE, "§15.1.1"),
	LEG(ASKED,   GOT_INVITE,  ASKED,   LEG_REFUSE_500, "§14.2"),
	LEG(ASKED,   GOT_BYE,     GONE,    LEG_END_ASKED | GONE, "§15.1.2: what is pending gets 487"),
	LEG(ASKED,   WE_ACCEPT,   OKED,    LEG_START_RESEND, "§13.3.1.4"),
	LEG(ASKED,   WE_REFUSE,   CALM,    0, "§14.1"),
	LEG(ASKED,   WE_LEAVE,    LEAVING, LEG_END_ASKED | LEG_SEND_BYE, "§15.1.1"),
	LEG(OKED,    GOT_INVITE,  OKED,    LEG_REFUSE_500, "§14.2"),
	LEG(OKED,    GOT_ACK,     CALM,    LEG_STOP_RESEND, "§13.3.1.4"),
	LEG(OKED,    GOT_BYE,     GONE,    GONE, "§15.1.2"),
	LEG(OKED,    NO_ACK,      LEAVING, LEG_STOP_RESEND | LEG_SEND_BYE | LEG_TELL_NO_ACK, "§13.3.1.4"),
	LEG(OKED,    WE_LEAVE,    PARTING, 0, "§15: not before the ACK"),
	LEG(ASKING,  GOT_INVITE,  ASKING,  LEG_REFUSE_491, "§14.2"),
	LEG(ASKING,  GOT_BYE,     GONE,    GONE, "§15.1.2"),
	LEG(ASKING,  GOT_2XX,     OWING,   0, "§13.2.2.4"),
	LEG(ASKING,  GOT_FAILURE, CALM,    0, "§14.1"),
	LEG(ASKING,  WE_LEAVE,    LEAVING, LEG_SEND_BYE, "§15.1.1"),
	LEG(OWING,   GOT_INVITE,  OWING,   LEG_REFUSE_491, "§14.2"),
	LEG(OWING,   GOT_BYE,     GONE,    LEG_SEND_ACK | GONE, "§13.2.2.4"),
	LEG(OWING,   WE_ACK,      CALM,    LEG_SEND_ACK, "§13.2.2.4"),
	LEG(OWING,   WE_LEAVE,    LEAVING, LEG_SEND_ACK | LEG_SEND_BYE, "§13.2.2.4: ACK, then BYE"),
	LEG(PARTING, GOT_ACK,     LEAVING, LEG_STOP_RESEND | LEG_SEND_BYE, "§15"),
	LEG(PARTING, GOT_BYE,     GONE,    GONE, "§15.1.2"),
	LEG(PARTING, NO_ACK,      LEAVING, LEG_STOP_RESEND | LEG_SEND_BYE, "§13.3.1.4"),
	LEG(LEAVING, GOT_BYE,     LEAVING, 0, "§15.1.2"),
	LEG(LEAVING, GOT_2XX,     LEAVING, LEG_SEND_ACK, "§13.2.2.4"),
	LEG(LEAVING, LEFT,        GONE,    GONE, "§15.1.1"),
};

static const struct rule bridges[] = {
	BRIDGE(CALLING,    CALLEE_RINGS,   CALLING,    BRIDGE_PASS_RINGING, "a phone rings"),
	BRIDGE(CALLING,    CALLEE_ANSWERS, TALKING,    BRIDGE_ADOPT | BRIDGE_ACCEPT_CALLER, "the first that answers"),
	BRIDGE(CALLING,    LEFT_ANSWERS,   CALLING,    BRIDGE_DROP_CALLEE, "§15: its early dialog is over"),
	BRIDGE(CALLING,    CALLEES_FAIL,   CANCELLING, BRIDGE_REFUSE_CALLER, "nobody does"),
	BRIDGE(CALLING,    CALLER_CANCELS, CANCELLING, BRIDGE_REFUSE_CALLER | BRIDGE_CANCEL_CALLEES, "§9.2"),
	BRIDGE(CALLING,    LEG_BYE,        CANCELLING, BRIDGE_REFUSE_CALLER | BRIDGE_CANCEL_CALLEES, "§15"),
	BRIDGE(CALLING,    END,            CANCELLING, BRIDGE_REFUSE_CALLER | BRIDGE_CANCEL_CALLEES, "the operator"),
	BRIDGE(CALLING,    FORK_GONE,      OVER,       BRIDGE_FREE, "its transaction is gone"),
	BRIDGE(CANCELLING, CALLEE_ANSWERS, CANCELLING, BRIDGE_DROP_CALLEE, "§9.1: 2xx crosses CANCEL"),
	BRIDGE(CANCELLING, LEFT_ANSWERS,   CANCELLING, BRIDGE_DROP_CALLEE, "its early dialog is over"),
	BRIDGE(CANCELLING, FORK_GONE,      OVER,       BRIDGE_FREE, "nothing rings"),
	BRIDGE(TALKING,    CALLEE_ANSWERS, TALKING,    BRIDGE_DROP_CALLEE, "§13.2.2.4: another phone"),
	BRIDGE(TALKING,    LEFT_ANSWERS,   TALKING,    BRIDGE_DROP_CALLEE, "its early dialog is over"),
	BRIDGE(TALKING,    LEG_BYE,        ENDING,     BRIDGE_LEAVE_OTHER, "one hangs up"),
	BRIDGE(TALKING,    END,            ENDING,     BRIDGE_LEAVE_BOTH, "deadline, silence, operator"),
	BRIDGE(TALKING,    LEGS_GONE,      OVER,       BRIDGE_FREE, "both are gone"),
	BRIDGE(ENDING,     CALLEE_ANSWERS, ENDING,     BRIDGE_DROP_CALLEE, "another phone"),
	BRIDGE(ENDING,     LEFT_ANSWERS,   ENDING,     BRIDGE_DROP_CALLEE, "its early dialog is over"),
	BRIDGE(ENDING,     LEGS_GONE,      OVER,       BRIDGE_FREE, "both are gone"),
};
/* clang-format on */

static const struct rule *rule_of(
	const struct rule *rules, size_t count, unsigned state, unsigned event)
{
	for (size_t i = 0; i < count; i++)
		if (rules[i].state == state && rules[i].event == event)
			return &rules[i];
	return NULL;
}

static void must_follow(const struct b2bua_cell *cell, const struct rule *rule, const char *state,
	const char *event)
{
	ck_assert_msg(cell->live == (rule != NULL), "%s x %s", state, event);
	if (!rule)
		return;
	ck_assert_msg(cell->next == rule->next, "%s x %s: %s", state, event, rule->section);
	ck_assert_msg(cell->actions == rule->actions, "%s x %s: %s", state, event, rule->section);
}

START_TEST(every_cell_of_a_leg)
{
	for (unsigned s = 0; s < LEG_STATE_COUNT; s++)
		for (unsigned e = 0; e < LEG_EVENT_COUNT; e++)
			must_follow(&leg_cells[s][e], rule_of(legs, ARRAY_LENGTH(legs), s, e),
				leg_state_names[s], leg_event_names[e]);
}
END_TEST

START_TEST(every_cell_of_a_bridge)
{
	for (unsigned s = 0; s < BRIDGE_STATE_COUNT; s++)
		for (unsigned e = 0; e < BRIDGE_EVENT_COUNT; e++)
			must_follow(&bridge_cells[s][e],
				rule_of(bridges, ARRAY_LENGTH(bridges), s, e),
				bridge_state_names[s], bridge_event_names[e]);
}
END_TEST

/* From every state of a leg that we may want to end there is a way that needs nobody else's word
 * but our timers': WE_LEAVE, then NO_ACK or LEFT. */
START_TEST(a_leg_can_always_be_ended)
{
	for (unsigned s = 0; s < LEG_STATE_COUNT; s++) {
		static const enum leg_event ways[] = {LEG_WE_LEAVE, LEG_NO_ACK, LEG_LEFT};
		unsigned state = s;
		for (unsigned i = 0; i < ARRAY_LENGTH(ways); i++)
			if (leg_cells[state][ways[i]].live)
				state = leg_cells[state][ways[i]].next;
		ck_assert_msg(state == LEG_GONE, "%s stays", leg_state_names[s]);
	}
}
END_TEST

/* A leg is freed exactly where it is gone, and its bridge is told then. */
START_TEST(gone_is_told_and_freed)
{
	for (unsigned s = 0; s < LEG_STATE_COUNT; s++)
		for (unsigned e = 0; e < LEG_EVENT_COUNT; e++) {
			const struct b2bua_cell *cell = &leg_cells[s][e];
			bool freed = cell->actions & LEG_FREE, told = cell->actions & LEG_TELL_LEFT;
			ck_assert(freed == told);
			ck_assert(!cell->live || freed == (cell->next == LEG_GONE));
		}
	for (unsigned s = 0; s < BRIDGE_STATE_COUNT; s++)
		for (unsigned e = 0; e < BRIDGE_EVENT_COUNT; e++) {
			const struct b2bua_cell *cell = &bridge_cells[s][e];
			bool freed = cell->actions & BRIDGE_FREE;
			ck_assert(!cell->live || freed == (cell->next == BRIDGE_OVER));
		}
}
END_TEST

TEST_MAIN("b2bua", every_cell_of_a_leg, every_cell_of_a_bridge, a_leg_can_always_be_ended,
	gone_is_told_and_freed)
