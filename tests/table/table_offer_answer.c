/* SPDX-License-Identifier: Apache-2.0 */
/* table_offer_answer.c — walks every state and event of the offer/answer machine against the rules
 * of the RFCs, written down again. */
#include <stdio.h>

#include "base/macros.h"
#include "lib/testing.h"
#include "sdp/offer_answer.h"

struct rule {
	enum offer_state state;
	enum offer_event event;
	enum offer_state next;
	unsigned actions;
	const char *section;
};

#define RULE(state, event, next, actions, section)                         \
	{                                                                  \
		OFFER_##state, GOT_##event, OFFER_##next, actions, section \
	}
/* What is refused: the state stays. */
#define REFUSED(state, event, actions, section) RULE(state, event, state, actions, section)

#define TAKE    OFFER_TAKE
#define ANSWER  OFFER_ANSWER
#define PREVIEW OFFER_PREVIEW
#define REPEAT  OFFER_REPEAT
#define ADOPT   OFFER_ADOPT
#define VOID    OFFER_ROLLBACK
#define BROKEN  OFFER_MISSING
#define GLARE   OFFER_GLARE
#define SECOND  OFFER_INVITE_GLARE

/* clang-format off */
static const struct rule rules[] = {
	/* RFC 6337 §2.2, patterns 1 and 3: the INVITE offers */
	RULE(NEW,       INVITE_SDP,   IN_INVITE, TAKE,    "RFC 3261 §13.2.1"),
	RULE(STABLE,    INVITE_SDP,   IN_INVITE, TAKE,    "RFC 3261 §14.1"),
	RULE(IN_INVITE, OK_SDP,       STABLE,    ANSWER,  "RFC 3261 §13.2.1"),
	RULE(IN_INVITE, RELIABLE_SDP, SETTLED,   ANSWER,  "RFC 3262 §5"),
	RULE(IN_INVITE, EARLY_SDP,    PREVIEWED, PREVIEW, "RFC 6337 §3.1.1"),
	RULE(PREVIEWED, EARLY_SDP,    PREVIEWED, PREVIEW, "RFC 6337 §3.1.1"),
	RULE(PREVIEWED, RELIABLE_SDP, SETTLED,   ANSWER,  "RFC 3262 §5"),
	RULE(PREVIEWED, OK_SDP,       STABLE,    ANSWER,  "RFC 3261 §13.2.1"),
	RULE(PREVIEWED, OK_BARE,      STABLE,    ADOPT,   "RFC 3261 §13.2.1"),
	RULE(IN_INVITE, OK_BARE,      STABLE,    BROKEN | VOID, "RFC 3261 §13.2.1"),

	/* patterns 2 and 4: the other side offers */
	RULE(NEW,     INVITE_BARE,  INVITED, 0,       "RFC 3261 §13.2.1"),
	RULE(STABLE,  INVITE_BARE,  INVITED, 0,       "RFC 3261 §14.1"),
	RULE(INVITED, EARLY_SDP,    INVITED, PREVIEW, "RFC 6337 §3.1.1"),
	RULE(INVITED, RELIABLE_SDP, IN_1XX,  TAKE,    "RFC 3262 §5"),
	RULE(INVITED, OK_SDP,       IN_2XX,  TAKE,    "RFC 3261 §13.3.1.4"),
	RULE(INVITED, OK_BARE,      STABLE,  BROKEN,  "RFC 3261 §13.3.1.4"),
	RULE(IN_1XX,  PRACK_SDP,    SETTLED, ANSWER,  "RFC 3262 §5"),
	RULE(IN_1XX,  PRACK_BARE,   IN_1XX,  BROKEN,  "RFC 3262 §5"),
	RULE(IN_1XX,  OK_SDP,       IN_2XX,  REPEAT,  "RFC 3262 §3"),
	RULE(IN_1XX,  OK_BARE,      IN_2XX,  0,       "RFC 3262 §3"),
	RULE(IN_2XX,  ACK_SDP,      STABLE,  ANSWER,  "RFC 3261 §13.2.2.4"),
	RULE(IN_2XX,  PRACK_SDP,    STABLE,  ANSWER,  "RFC 3262 §5"),
	RULE(IN_2XX,  ACK_BARE,     STABLE,  BROKEN | VOID, "RFC 3261 §13.2.2.4"),

	/* pattern 5: PRACK offers */
	RULE(SETTLED,     PRACK_SDP,     IN_PRACK, TAKE,          "RFC 3262 §5"),
	RULE(IN_PRACK,    PRACK_OK_SDP,  SETTLED,  ANSWER,        "RFC 3262 §5"),
	RULE(IN_PRACK,    PRACK_OK_BARE, SETTLED,  BROKEN | VOID, "RFC 3262 §5"),
	RULE(IN_PRACK,    PRACK_FAILED,  SETTLED,  VOID,          "RFC 3264 §4"),
	RULE(AFTER_PRACK, PRACK_OK_SDP,  STABLE,   ANSWER,        "RFC 3262 §5"),
	RULE(AFTER_PRACK, PRACK_OK_BARE, STABLE,   BROKEN | VOID, "RFC 3262 §5"),
	RULE(AFTER_PRACK, PRACK_FAILED,  STABLE,   VOID,          "RFC 3264 §4"),

	/* pattern 6: UPDATE offers */
	RULE(SETTLED,      UPDATE_SDP,     IN_UPDATE,    TAKE,          "RFC 3311 §5.1"),
	RULE(STABLE,       UPDATE_SDP,     AFTER_UPDATE, TAKE,          "RFC 3311 §5.1"),
	RULE(IN_UPDATE,    UPDATE_OK_SDP,  SETTLED,      ANSWER,        "RFC 3311 §5.1"),
	RULE(IN_UPDATE,    UPDATE_OK_BARE, SETTLED,      BROKEN | VOID, "RFC 3311 §5.1"),
	RULE(IN_UPDATE,    UPDATE_FAILED,  SETTLED,      VOID,          "RFC 3311 §5.1"),
	RULE(AFTER_UPDATE, UPDATE_OK_SDP,  STABLE,       ANSWER,        "RFC 3311 §5.1"),
	RULE(AFTER_UPDATE, UPDATE_OK_BARE, STABLE,       BROKEN | VOID, "RFC 3311 §5.1"),
	RULE(AFTER_UPDATE, UPDATE_FAILED,  STABLE,       VOID,          "RFC 3311 §5.1"),

	/* the 2xx of an INVITE in which all was said before */
	RULE(SETTLED,   OK_SDP,  STABLE,       REPEAT, "RFC 6337 §3.1.1"),
	RULE(SETTLED,   OK_BARE, STABLE,       0,      "RFC 3262 §5"),
	RULE(IN_PRACK,  OK_SDP,  AFTER_PRACK,  REPEAT, "RFC 6337 §3.1.1"),
	RULE(IN_PRACK,  OK_BARE, AFTER_PRACK,  0,      "RFC 3262 §3"),
	RULE(IN_UPDATE, OK_SDP,  AFTER_UPDATE, REPEAT, "RFC 6337 §3.1.1"),
	RULE(IN_UPDATE, OK_BARE, AFTER_UPDATE, 0,      "RFC 3311 §5.1"),

	/* the first INVITE fails: there is no dialog */
	RULE(INVITED,   INVITE_FAILED, NEW, 0,    "RFC 3261 §13.2.2.3"),
	RULE(IN_INVITE, INVITE_FAILED, NEW, VOID, "RFC 3261 §13.2.2.3"),
	RULE(PREVIEWED, INVITE_FAILED, NEW, VOID, "RFC 3261 §13.2.2.3"),
	RULE(IN_1XX,    INVITE_FAILED, NEW, VOID, "RFC 3261 §13.2.2.3"),
	RULE(IN_PRACK,  INVITE_FAILED, NEW, VOID, "RFC 3261 §13.2.2.3"),
	RULE(IN_UPDATE, INVITE_FAILED, NEW, VOID, "RFC 3261 §13.2.2.3"),
	RULE(SETTLED,   INVITE_FAILED, NEW, VOID, "RFC 3261 §13.2.2.3"),

	/* a later one fails: the session is as it was; offers of other requests go on waiting */
	RULE(INVITED,   REINVITE_FAILED, STABLE,       0,    "RFC 3261 §14.1"),
	RULE(IN_INVITE, REINVITE_FAILED, STABLE,       VOID, "RFC 3261 §14.1"),
	RULE(PREVIEWED, REINVITE_FAILED, STABLE,       VOID, "RFC 3261 §14.1"),
	RULE(IN_1XX,    REINVITE_FAILED, STABLE,       VOID, "RFC 3261 §14.1"),
	RULE(IN_PRACK,  REINVITE_FAILED, AFTER_PRACK,  0,    "RFC 6141 §3"),
	RULE(IN_UPDATE, REINVITE_FAILED, AFTER_UPDATE, 0,    "RFC 6141 §3"),
	RULE(SETTLED,   REINVITE_FAILED, STABLE,       0,    "RFC 6141 §3"),

	/* an INVITE while one is in progress */
	REFUSED(INVITED,   INVITE_SDP,  SECOND, "RFC 3261 §14.2"),
	REFUSED(INVITED,   INVITE_BARE, SECOND, "RFC 3261 §14.2"),
	REFUSED(IN_INVITE, INVITE_SDP,  SECOND, "RFC 3261 §14.2"),
	REFUSED(IN_INVITE, INVITE_BARE, SECOND, "RFC 3261 §14.2"),
	REFUSED(PREVIEWED, INVITE_SDP,  SECOND, "RFC 3261 §14.2"),
	REFUSED(PREVIEWED, INVITE_BARE, SECOND, "RFC 3261 §14.2"),
	REFUSED(IN_1XX,    INVITE_SDP,  SECOND, "RFC 3261 §14.2"),
	REFUSED(IN_1XX,    INVITE_BARE, SECOND, "RFC 3261 §14.2"),
	REFUSED(IN_PRACK,  INVITE_SDP,  SECOND, "RFC 3261 §14.2"),
	REFUSED(IN_PRACK,  INVITE_BARE, SECOND, "RFC 3261 §14.2"),
	REFUSED(IN_UPDATE, INVITE_SDP,  SECOND, "RFC 3261 §14.2"),
	REFUSED(IN_UPDATE, INVITE_BARE, SECOND, "RFC 3261 §14.2"),
	REFUSED(SETTLED,   INVITE_SDP,  SECOND, "RFC 3261 §14.2"),
	REFUSED(SETTLED,   INVITE_BARE, SECOND, "RFC 3261 §14.2"),
	/* an offer before the one that the INVITE asked for */
	REFUSED(INVITED,   PRACK_SDP,   SECOND, "RFC 3262 §5"),
	REFUSED(INVITED,   UPDATE_SDP,  SECOND, "RFC 3311 §5.1"),

	/* an offer, or the request for one, while one waits */
	REFUSED(IN_INVITE,    PRACK_SDP,   GLARE, "RFC 3264 §4"),
	REFUSED(IN_INVITE,    UPDATE_SDP,  GLARE, "RFC 3311 §5.2"),
	REFUSED(PREVIEWED,    PRACK_SDP,   GLARE, "RFC 3264 §4"),
	REFUSED(PREVIEWED,    UPDATE_SDP,  GLARE, "RFC 3311 §5.2"),
	REFUSED(IN_1XX,       UPDATE_SDP,  GLARE, "RFC 3311 §5.2"),
	REFUSED(IN_2XX,       INVITE_SDP,  GLARE, "RFC 6337 §4.3"),
	REFUSED(IN_2XX,       INVITE_BARE, GLARE, "RFC 6337 §4.3"),
	REFUSED(IN_2XX,       UPDATE_SDP,  GLARE, "RFC 3311 §5.2"),
	REFUSED(IN_PRACK,     PRACK_SDP,   GLARE, "RFC 3264 §4"),
	REFUSED(IN_PRACK,     UPDATE_SDP,  GLARE, "RFC 3311 §5.2"),
	REFUSED(IN_UPDATE,    PRACK_SDP,   GLARE, "RFC 3264 §4"),
	REFUSED(IN_UPDATE,    UPDATE_SDP,  GLARE, "RFC 3311 §5.2"),
	REFUSED(AFTER_PRACK,  INVITE_SDP,  GLARE, "RFC 6337 §4.3"),
	REFUSED(AFTER_PRACK,  INVITE_BARE, GLARE, "RFC 6337 §4.3"),
	REFUSED(AFTER_PRACK,  PRACK_SDP,   GLARE, "RFC 3264 §4"),
	REFUSED(AFTER_PRACK,  UPDATE_SDP,  GLARE, "RFC 3311 §5.2"),
	REFUSED(AFTER_UPDATE, INVITE_SDP,  GLARE, "RFC 6337 §4.3"),
	REFUSED(AFTER_UPDATE, INVITE_BARE, GLARE, "RFC 6337 §4.3"),
	REFUSED(AFTER_UPDATE, UPDATE_SDP,  GLARE, "RFC 3311 §5.2"),
};
/* clang-format on */

static const struct rule *rule_for(unsigned state, unsigned event)
{
	const struct rule *found = NULL;
	for (size_t i = 0; i < ARRAY_LENGTH(rules); i++)
		if (rules[i].state == state && rules[i].event == event) {
			ck_assert_msg(!found, "two rules for %s %s", offer_state_names[state],
				offer_event_names[event]);
			found = &rules[i];
		}
	return found;
}

#define EACH_CELL(state, event)                                      \
	for (unsigned state = 0; state < OFFER_STATE_COUNT; state++) \
		for (unsigned event = 0; event < OFFER_EVENT_COUNT; event++)

START_TEST(every_cell_is_as_the_rfc_says)
{
	EACH_CELL(state, event)
	{
		const struct offer_cell *cell = &offer_cells[state][event];
		const struct rule *rule = rule_for(state, event);
		char what[128];
		snprintf(what, sizeof(what), "%s %s (%s)", offer_state_names[state],
			offer_event_names[event], rule ? rule->section : "no rule");
		ck_assert_msg(cell->live == (rule != NULL), "%s: live %d", what, cell->live);
		if (!rule)
			continue;
		ck_assert_msg(cell->next == rule->next, "%s: goes to %s", what,
			offer_state_names[cell->next]);
		ck_assert_msg(cell->actions == rule->actions, "%s: %x", what, cell->actions);
	}
}
END_TEST

static bool waits(unsigned state)
{
	struct offer_answer dialog = {.state = (uint8_t)state};
	return offer_answer_waits(&dialog);
}

/* An offer comes where none waits, and waits; it waits until it is answered or void, or while what
 * happens has nothing to do with it. */
START_TEST(an_offer_waits_until_its_answer)
{
	EACH_CELL(state, event)
	{
		const struct offer_cell *cell = &offer_cells[state][event];
		bool before = waits(state), after = waits(cell->next);
		if (!cell->live)
			continue;
		char what[64];
		snprintf(what, sizeof(what), "%s %s", offer_state_names[state],
			offer_event_names[event]);
		if (cell->actions & OFFER_TAKE)
			ck_assert_msg(!before && after, "%s takes", what);
		else if (cell->actions & (OFFER_ANSWER | OFFER_ADOPT))
			ck_assert_msg(before && !after, "%s answers", what);
		else if (cell->actions & OFFER_ROLLBACK)
			ck_assert_msg(!after, "%s rolls back", what);
		else
			ck_assert_msg(before == after, "%s loses or invents an offer", what);
	}
}
END_TEST

/* Two offers never wait at once: whatever could bring one is an answer or is refused. */
START_TEST(no_second_offer_gets_through)
{
	static const enum offer_event bring[] = {GOT_INVITE_SDP, GOT_UPDATE_SDP, GOT_PRACK_SDP};
	for (unsigned state = 0; state < OFFER_STATE_COUNT; state++)
		for (size_t i = 0; waits(state) && i < ARRAY_LENGTH(bring); i++) {
			const struct offer_cell *cell = &offer_cells[state][bring[i]];
			if (!cell->live) {
				/* PRACK outside of an INVITE: a retransmission. */
				ck_assert(bring[i] == GOT_PRACK_SDP && state == OFFER_AFTER_UPDATE);
				continue;
			}
			ck_assert(
				cell->actions & (OFFER_ANSWER | OFFER_GLARE | OFFER_INVITE_GLARE));
		}
}
END_TEST

static bool is_inviting(unsigned state)
{
	return offer_cells[state][GOT_INVITE_FAILED].live;
}

START_TEST(an_invite_ends_by_a_2xx_or_a_failure_only)
{
	EACH_CELL(state, event)
	{
		const struct offer_cell *cell = &offer_cells[state][event];
		bool ends = event == GOT_OK_SDP || event == GOT_OK_BARE ||
			    event == GOT_INVITE_FAILED || event == GOT_REINVITE_FAILED;
		bool begins = !is_inviting(state) && !(cell->actions & OFFER_GLARE) &&
			      (event == GOT_INVITE_SDP || event == GOT_INVITE_BARE);
		if (!cell->live)
			continue;
		ck_assert_msg(is_inviting(cell->next) == (begins || (is_inviting(state) && !ends)),
			"%s %s", offer_state_names[state], offer_event_names[event]);
		ck_assert(!ends || is_inviting(state));
	}
	for (unsigned state = 0; state < OFFER_STATE_COUNT; state++)
		for (unsigned event = GOT_OK_SDP; event <= GOT_OK_BARE; event++)
			ck_assert(offer_cells[state][event].live == is_inviting(state));
}
END_TEST

static uint32_t grow(uint32_t set, bool backwards)
{
	for (uint32_t before = 0; before != set;) {
		before = set;
		EACH_CELL(state, event)
		{
			const struct offer_cell *cell = &offer_cells[state][event];
			unsigned from = backwards ? cell->next : state;
			unsigned to = backwards ? state : cell->next;
			if (cell->live && set >> from & 1)
				set |= 1u << to;
		}
	}
	return set;
}

START_TEST(no_state_dangles)
{
	uint32_t all = (1u << OFFER_STATE_COUNT) - 1;
	ck_assert_uint_eq(grow(1u << OFFER_NEW, false), all);
	ck_assert_uint_eq(grow(1u << OFFER_STABLE, true), all);
}
END_TEST

/* Who has begun is told 500, the other 491, and nothing has happened. */
START_TEST(refusals_depend_on_who_began)
{
	EACH_CELL(state, event)
	{
		const struct offer_cell *cell = &offer_cells[state][event];
		for (unsigned bits = 0; bits < 8; bits++) {
			struct offer_answer dialog = {.state = (uint8_t)state,
				.inviter = bits & 1,
				.offerer = bits >> 1 & 1};
			struct offer_answer before = dialog;
			enum offer_side from = (enum offer_side)(bits >> 2);
			struct offer_step step =
				offer_answer_step(&dialog, (enum offer_event)event, from);
			unsigned began =
				cell->actions & OFFER_GLARE ? before.offerer : before.inviter;
			bool refused = cell->actions & (OFFER_GLARE | OFFER_INVITE_GLARE);
			ck_assert_uint_eq(step.refuse, !refused ? 0 : from == began ? 500 : 491);
			if (refused)
				ck_assert(memcmp(&before, &dialog, sizeof(dialog)) == 0);
			ck_assert_uint_eq(dialog.state, cell->live ? cell->next : state);
			if (cell->live && cell->actions & OFFER_TAKE)
				ck_assert_uint_eq(dialog.offerer, from);
		}
	}
}
END_TEST

/* No description passes without a word about it. */
START_TEST(every_description_means_something_or_is_rewritten)
{
	EACH_CELL(state, event)
	{
		struct offer_answer dialog = {.state = (uint8_t)state};
		struct offer_step step =
			offer_answer_look(&dialog, (enum offer_event)event, OFFER_CALLER);
		const char *name = offer_event_names[event];
		bool described = strlen(name) > 4 && strcmp(name + strlen(name) - 4, "_SDP") == 0;
		bool said =
			step.actions & (OFFER_TAKE | OFFER_ANSWER | OFFER_PREVIEW | OFFER_REPEAT);
		ck_assert_msg(said == (described && !step.refuse), "%s %s",
			offer_state_names[state], name);
	}
}
END_TEST

TEST_MAIN("table", every_cell_is_as_the_rfc_says, an_offer_waits_until_its_answer,
	no_second_offer_gets_through, an_invite_ends_by_a_2xx_or_a_failure_only, no_state_dangles,
	refusals_depend_on_who_began, every_description_means_something_or_is_rewritten)
