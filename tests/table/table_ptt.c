/* SPDX-License-Identifier: Apache-2.0 */
/* table_ptt.c — the machine of a member's leg: every state with every event against rules that are
 * written down again; each state can be left, and what a leg holds is let go of once. */
#include "app/ptt/machine.h"
#include "base/macros.h"
#include "lib/testing.h"

struct rule {
	unsigned state, event, next, actions;
	const char *section;
};

#define LEG(state, event, next, actions, section)                                  \
	{                                                                          \
		PTT_LEG_##state, PTT_LEG_##event, PTT_LEG_##next, actions, section \
	}
#define GONE (PTT_STOP_RESEND | PTT_LET_GO | PTT_OVER)
#define LEFT (PTT_STOP_RESEND | PTT_OVER)
#define BYE  (PTT_LET_GO | PTT_SEND_BYE)

/* clang-format off */
static const struct rule legs[] = {
	LEG(JOINING,  GOT_INVITE,  JOINING,  PTT_REFUSE_500, "RFC 3261 §14.2"),
	LEG(JOINING,  WE_ACCEPT,   OKED,     PTT_START_RESEND, "§13.3.1.4"),
	LEG(JOINING,  WE_REFUSE,   GONE,     GONE, "§13.3.1.3"),
	LEG(JOINING,  WE_LEAVE,    GONE,     GONE | PTT_REFUSE_WAITING, "§9.2"),
	LEG(CALLING,  GOT_INVITE,  CALLING,  PTT_REFUSE_491, "§14.2"),
	LEG(CALLING,  GOT_BYE,     DROPPING, PTT_LET_GO | PTT_SEND_CANCEL, "§15: an early dialog ends"),
	LEG(CALLING,  GOT_2XX,     CALM,     PTT_SEND_ACK, "§13.2.2.4"),
	LEG(CALLING,  GOT_FAILURE, GONE,     GONE, "§13.2.2.3"),
	LEG(CALLING,  WE_LEAVE,    DROPPING, PTT_LET_GO | PTT_SEND_CANCEL, "§9.1"),
	LEG(DROPPING, GOT_2XX,     LEAVING,  PTT_SEND_ACK | PTT_SEND_BYE, "§9.1: 2xx crosses CANCEL"),
	LEG(DROPPING, GOT_FAILURE, GONE,     LEFT, "§9.1: 487"),
	LEG(CALM,     GOT_INVITE,  CALM,     PTT_ANSWER, "§14.2"),
	LEG(CALM,     GOT_BYE,     GONE,     GONE, "§15.1.2"),
	LEG(CALM,     WE_ASK,      ASKING,   PTT_GO, "§14.1"),
	LEG(CALM,     WE_ACCEPT,   OKED,     PTT_START_RESEND, "§13.3.1.4"),
	LEG(CALM,     WE_LEAVE,    LEAVING,  BYE, "§15.1.1"),
	LEG(OKED,     GOT_INVITE,  OKED,     PTT_REFUSE_500, "§14.2"),
	LEG(OKED,     GOT_ACK,     CALM,     PTT_STOP_RESEND, "§13.3.1.4"),
	LEG(OKED,     GOT_BYE,     GONE,     GONE, "§15.1.2"),
	LEG(OKED,     NO_ACK,      LEAVING,  PTT_STOP_RESEND | BYE, "§13.3.1.4"),
	LEG(OKED,     WE_LEAVE,    PARTING,  PTT_LET_GO, "§15: not before the ACK"),
	LEG(ASKING,   GOT_INVITE,  ASKING,   PTT_REFUSE_491, "§14.2"),
	LEG(ASKING,   GOT_BYE,     GONE,     GONE, "§15.1.2"),
	LEG(ASKING,   GOT_2XX,     CALM,     PTT_SEND_ACK, "§13.2.2.4"),
	LEG(ASKING,   GOT_FAILURE, CALM,     0, "§14.1"),
	LEG(ASKING,   WE_LEAVE,    LEAVING,  BYE, "§15.1.1"),
	LEG(PARTING,  GOT_ACK,     LEAVING,  PTT_STOP_RESEND | PTT_SEND_BYE, "§15"),
	LEG(PARTING,  GOT_BYE,     GONE,     LEFT, "§15.1.2"),
	LEG(PARTING,  NO_ACK,      LEAVING,  PTT_STOP_RESEND | PTT_SEND_BYE, "§13.3.1.4"),
	LEG(LEAVING,  GOT_BYE,     LEAVING,  0, "§15.1.2"),
	LEG(LEAVING,  GOT_2XX,     LEAVING,  PTT_SEND_ACK, "§13.2.2.4"),
	LEG(LEAVING,  LEFT,        GONE,     PTT_OVER, "§15.1.1"),
};
/* clang-format on */

static const struct rule *rule_of(unsigned state, unsigned event)
{
	for (size_t i = 0; i < ARRAY_LENGTH(legs); i++)
		if (legs[i].state == state && legs[i].event == event)
			return &legs[i];
	return NULL;
}

START_TEST(every_cell)
{
	for (unsigned s = 0; s < PTT_LEG_STATE_COUNT; s++)
		for (unsigned e = 0; e < PTT_LEG_EVENT_COUNT; e++) {
			const struct ptt_cell *cell = &ptt_leg_cells[s][e];
			const struct rule *rule = rule_of(s, e);
			ck_assert_msg(cell->live == (rule != NULL), "%s x %s",
				ptt_leg_state_names[s], ptt_leg_event_names[e]);
			if (!rule)
				continue;
			ck_assert_msg(cell->next == rule->next && cell->actions == rule->actions,
				"%s x %s: %s", ptt_leg_state_names[s], ptt_leg_event_names[e],
				rule->section);
		}
}
END_TEST

/* From every state there is a way to the end that needs nobody else's word but our timers': a
 * request of ours always ends, with an answer or without. */
START_TEST(a_leg_can_always_be_ended)
{
	for (unsigned s = 0; s < PTT_LEG_STATE_COUNT; s++) {
		static const enum ptt_leg_event ways[] = {
			PTT_LEG_WE_LEAVE, PTT_LEG_NO_ACK, PTT_LEG_GOT_FAILURE, PTT_LEG_LEFT};
		unsigned state = s;
		for (unsigned i = 0; i < ARRAY_LENGTH(ways); i++)
			if (ptt_leg_cells[state][ways[i]].live)
				state = ptt_leg_cells[state][ways[i]].next;
		ck_assert_msg(state == PTT_LEG_GONE, "%s stays", ptt_leg_state_names[s]);
	}
}
END_TEST

/* States in which it still holds its media and its place in the roster. */
static bool holds(unsigned state)
{
	return state != PTT_LEG_DROPPING && state != PTT_LEG_PARTING && state != PTT_LEG_LEAVING &&
	       state != PTT_LEG_GONE;
}

START_TEST(let_go_once)
{
	for (unsigned s = 0; s < PTT_LEG_STATE_COUNT; s++)
		for (unsigned e = 0; e < PTT_LEG_EVENT_COUNT; e++) {
			const struct ptt_cell *cell = &ptt_leg_cells[s][e];
			bool lets_go = cell->actions & PTT_LET_GO, over = cell->actions & PTT_OVER;
			if (!cell->live)
				continue;
			ck_assert(lets_go == (holds(s) && !holds(cell->next)));
			ck_assert(over == (cell->next == PTT_LEG_GONE));
		}
}
END_TEST

TEST_MAIN("ptt", every_cell, a_leg_can_always_be_ended, let_go_once)
