/* SPDX-License-Identifier: Apache-2.0 */
/* offer_answer.c — offer and answer in the messages of a dialog, as who stands between sees them
 * pass (RFC 3264, RFC 3262 §5, RFC 3311 §5, RFC 6337 §2.2). */
#include "sdp/offer_answer.h"

/*
 *               INVITE with SDP                    INVITE without
 *            +--------------------- NEW, STABLE ----------------------+
 *            V                                                        V
 *      +-----------+  1xx with SDP   +-----------+              +---------+
 *      | IN_INVITE |---------------->| PREVIEWED |              | INVITED |
 *      +-----------+   unreliable    +-----------+              +---------+
 *        |   | reliable 1xx            |   |     reliable 1xx    |     |
 *        |   | with SDP                |   |     with SDP        V     | 2xx with SDP
 *        |   +-----------> SETTLED <---+   |    PRACK     +--------+   |
 *        |                 |     ^ ^       |  +-----------| IN_1XX |   |
 *        |       UPDATE or |     | +-------|--+  with SDP +--------+   |
 *        |       PRACK     V     | 200     |                           V
 *        |     IN_UPDATE, IN_PRACK         |          ACK         +--------+
 *    2xx |             | 2xx               | 2xx    with SDP      | IN_2XX |
 *        |             V                   |      +---------------+--------+
 *        |   AFTER_UPDATE, AFTER_PRACK     |      |
 *        V         200 |                   V      V
 *     STABLE <---------+----------------- STABLE
 *
 * A failure goes back to STABLE, or to SETTLED when the INVITE goes on; to NEW when there is no
 * dialog yet. An offer while another waits, and an INVITE while another is in progress, are
 * refused. What has no cell means nothing.
 */
#define GO(state, what)                     \
	{                                   \
		OFFER_##state, true, (what) \
	}

/* clang-format off */
const struct offer_cell offer_cells[OFFER_STATE_COUNT][OFFER_EVENT_COUNT] = {
	[OFFER_NEW] = {
		[GOT_INVITE_SDP]      = GO(IN_INVITE,    OFFER_TAKE),
		[GOT_INVITE_BARE]     = GO(INVITED,      0),
	},
	[OFFER_INVITED] = {
		[GOT_INVITE_SDP]      = GO(INVITED,      OFFER_INVITE_GLARE),
		[GOT_INVITE_BARE]     = GO(INVITED,      OFFER_INVITE_GLARE),
		[GOT_EARLY_SDP]       = GO(INVITED,      OFFER_PREVIEW),
		[GOT_RELIABLE_SDP]    = GO(IN_1XX,       OFFER_TAKE),
		[GOT_PRACK_SDP]       = GO(INVITED,      OFFER_INVITE_GLARE),
		[GOT_UPDATE_SDP]      = GO(INVITED,      OFFER_INVITE_GLARE),
		[GOT_OK_SDP]          = GO(IN_2XX,       OFFER_TAKE),
		[GOT_OK_BARE]         = GO(STABLE,       OFFER_MISSING),
		[GOT_INVITE_FAILED]   = GO(NEW,          0),
		[GOT_REINVITE_FAILED] = GO(STABLE,       0),
	},
	[OFFER_IN_INVITE] = {
		[GOT_INVITE_SDP]      = GO(IN_INVITE,    OFFER_INVITE_GLARE),
		[GOT_INVITE_BARE]     = GO(IN_INVITE,    OFFER_INVITE_GLARE),
		[GOT_EARLY_SDP]       = GO(PREVIEWED,    OFFER_PREVIEW),
		[GOT_RELIABLE_SDP]    = GO(SETTLED,      OFFER_ANSWER),
		[GOT_PRACK_SDP]       = GO(IN_INVITE,    OFFER_GLARE),
		[GOT_UPDATE_SDP]      = GO(IN_INVITE,    OFFER_GLARE),
		[GOT_OK_SDP]          = GO(STABLE,       OFFER_ANSWER),
		[GOT_OK_BARE]         = GO(STABLE,       OFFER_MISSING | OFFER_ROLLBACK),
		[GOT_INVITE_FAILED]   = GO(NEW,          OFFER_ROLLBACK),
		[GOT_REINVITE_FAILED] = GO(STABLE,       OFFER_ROLLBACK),
	},
	[OFFER_PREVIEWED] = {
		[GOT_INVITE_SDP]      = GO(PREVIEWED,    OFFER_INVITE_GLARE),
		[GOT_INVITE_BARE]     = GO(PREVIEWED,    OFFER_INVITE_GLARE),
		[GOT_EARLY_SDP]       = GO(PREVIEWED,    OFFER_PREVIEW),
		[GOT_RELIABLE_SDP]    = GO(SETTLED,      OFFER_ANSWER),
		[GOT_PRACK_SDP]       = GO(PREVIEWED,    OFFER_GLARE),
		[GOT_UPDATE_SDP]      = GO(PREVIEWED,    OFFER_GLARE),
		[GOT_OK_SDP]          = GO(STABLE,       OFFER_ANSWER),
		[GOT_OK_BARE]         = GO(STABLE,       OFFER_ADOPT), /* RFC 3261 §13.2.1: the first one is it */
		[GOT_INVITE_FAILED]   = GO(NEW,          OFFER_ROLLBACK),
		[GOT_REINVITE_FAILED] = GO(STABLE,       OFFER_ROLLBACK),
	},
	[OFFER_IN_1XX] = {
		[GOT_INVITE_SDP]      = GO(IN_1XX,       OFFER_INVITE_GLARE),
		[GOT_INVITE_BARE]     = GO(IN_1XX,       OFFER_INVITE_GLARE),
		[GOT_PRACK_SDP]       = GO(SETTLED,      OFFER_ANSWER),
		[GOT_PRACK_BARE]      = GO(IN_1XX,       OFFER_MISSING),
		[GOT_UPDATE_SDP]      = GO(IN_1XX,       OFFER_GLARE),
		[GOT_OK_SDP]          = GO(IN_2XX,       OFFER_REPEAT),
		[GOT_OK_BARE]         = GO(IN_2XX,       0),
		[GOT_INVITE_FAILED]   = GO(NEW,          OFFER_ROLLBACK),
		[GOT_REINVITE_FAILED] = GO(STABLE,       OFFER_ROLLBACK),
	},
	[OFFER_IN_2XX] = {
		[GOT_INVITE_SDP]      = GO(IN_2XX,       OFFER_GLARE),
		[GOT_INVITE_BARE]     = GO(IN_2XX,       OFFER_GLARE),
		[GOT_PRACK_SDP]       = GO(STABLE,       OFFER_ANSWER), /* the 2xx came before it */
		[GOT_UPDATE_SDP]      = GO(IN_2XX,       OFFER_GLARE),
		[GOT_ACK_SDP]         = GO(STABLE,       OFFER_ANSWER),
		[GOT_ACK_BARE]        = GO(STABLE,       OFFER_MISSING | OFFER_ROLLBACK),
	},
	[OFFER_IN_PRACK] = {
		[GOT_INVITE_SDP]      = GO(IN_PRACK,     OFFER_INVITE_GLARE),
		[GOT_INVITE_BARE]     = GO(IN_PRACK,     OFFER_INVITE_GLARE),
		[GOT_PRACK_SDP]       = GO(IN_PRACK,     OFFER_GLARE),
		[GOT_PRACK_OK_SDP]    = GO(SETTLED,      OFFER_ANSWER),
		[GOT_PRACK_OK_BARE]   = GO(SETTLED,      OFFER_MISSING | OFFER_ROLLBACK),
		[GOT_PRACK_FAILED]    = GO(SETTLED,      OFFER_ROLLBACK),
		[GOT_UPDATE_SDP]      = GO(IN_PRACK,     OFFER_GLARE),
		[GOT_OK_SDP]          = GO(AFTER_PRACK,  OFFER_REPEAT),
		[GOT_OK_BARE]         = GO(AFTER_PRACK,  0),
		[GOT_INVITE_FAILED]   = GO(NEW,          OFFER_ROLLBACK),
		[GOT_REINVITE_FAILED] = GO(AFTER_PRACK,  0),
	},
	[OFFER_IN_UPDATE] = {
		[GOT_INVITE_SDP]      = GO(IN_UPDATE,    OFFER_INVITE_GLARE),
		[GOT_INVITE_BARE]     = GO(IN_UPDATE,    OFFER_INVITE_GLARE),
		[GOT_PRACK_SDP]       = GO(IN_UPDATE,    OFFER_GLARE),
		[GOT_UPDATE_SDP]      = GO(IN_UPDATE,    OFFER_GLARE),
		[GOT_UPDATE_OK_SDP]   = GO(SETTLED,      OFFER_ANSWER),
		[GOT_UPDATE_OK_BARE]  = GO(SETTLED,      OFFER_MISSING | OFFER_ROLLBACK),
		[GOT_UPDATE_FAILED]   = GO(SETTLED,      OFFER_ROLLBACK),
		[GOT_OK_SDP]          = GO(AFTER_UPDATE, OFFER_REPEAT),
		[GOT_OK_BARE]         = GO(AFTER_UPDATE, 0),
		[GOT_INVITE_FAILED]   = GO(NEW,          OFFER_ROLLBACK),
		[GOT_REINVITE_FAILED] = GO(AFTER_UPDATE, 0),
	},
	[OFFER_SETTLED] = {
		[GOT_INVITE_SDP]      = GO(SETTLED,      OFFER_INVITE_GLARE),
		[GOT_INVITE_BARE]     = GO(SETTLED,      OFFER_INVITE_GLARE),
		[GOT_PRACK_SDP]       = GO(IN_PRACK,     OFFER_TAKE),
		[GOT_UPDATE_SDP]      = GO(IN_UPDATE,    OFFER_TAKE),
		[GOT_OK_SDP]          = GO(STABLE,       OFFER_REPEAT),
		[GOT_OK_BARE]         = GO(STABLE,       0),
		[GOT_INVITE_FAILED]   = GO(NEW,          OFFER_ROLLBACK),
		[GOT_REINVITE_FAILED] = GO(STABLE,       0), /* what was agreed within it holds (RFC 6141 §3) */
	},
	[OFFER_STABLE] = {
		[GOT_INVITE_SDP]      = GO(IN_INVITE,    OFFER_TAKE),
		[GOT_INVITE_BARE]     = GO(INVITED,      0),
		[GOT_UPDATE_SDP]      = GO(AFTER_UPDATE, OFFER_TAKE),
	},
	[OFFER_AFTER_PRACK] = {
		[GOT_INVITE_SDP]      = GO(AFTER_PRACK,  OFFER_GLARE),
		[GOT_INVITE_BARE]     = GO(AFTER_PRACK,  OFFER_GLARE),
		[GOT_PRACK_SDP]       = GO(AFTER_PRACK,  OFFER_GLARE),
		[GOT_PRACK_OK_SDP]    = GO(STABLE,       OFFER_ANSWER),
		[GOT_PRACK_OK_BARE]   = GO(STABLE,       OFFER_MISSING | OFFER_ROLLBACK),
		[GOT_PRACK_FAILED]    = GO(STABLE,       OFFER_ROLLBACK),
		[GOT_UPDATE_SDP]      = GO(AFTER_PRACK,  OFFER_GLARE),
	},
	[OFFER_AFTER_UPDATE] = {
		[GOT_INVITE_SDP]      = GO(AFTER_UPDATE, OFFER_GLARE),
		[GOT_INVITE_BARE]     = GO(AFTER_UPDATE, OFFER_GLARE),
		[GOT_UPDATE_SDP]      = GO(AFTER_UPDATE, OFFER_GLARE),
		[GOT_UPDATE_OK_SDP]   = GO(STABLE,       OFFER_ANSWER),
		[GOT_UPDATE_OK_BARE]  = GO(STABLE,       OFFER_MISSING | OFFER_ROLLBACK),
		[GOT_UPDATE_FAILED]   = GO(STABLE,       OFFER_ROLLBACK),
	},
};
/* clang-format on */

const char *const offer_state_names[OFFER_STATE_COUNT] = {
#define ROW(name) [OFFER_##name] = #name,
	OFFER_STATES(ROW)
#undef ROW
};

const char *const offer_event_names[OFFER_EVENT_COUNT] = {
#define ROW(name) [GOT_##name] = #name,
	OFFER_EVENTS(ROW)
#undef ROW
};

/* Events that bring a description. */
#define EVENT_BIT(name) (1u << GOT_##name)
#define WITH_SDP                                                                         \
	(EVENT_BIT(INVITE_SDP) | EVENT_BIT(EARLY_SDP) | EVENT_BIT(RELIABLE_SDP) |        \
		EVENT_BIT(PRACK_SDP) | EVENT_BIT(PRACK_OK_SDP) | EVENT_BIT(UPDATE_SDP) | \
		EVENT_BIT(UPDATE_OK_SDP) | EVENT_BIT(OK_SDP) | EVENT_BIT(ACK_SDP))

/* Who has begun already gets 500, the one who crosses him 491. */
static unsigned refusal(
	const struct offer_answer *dialog, const struct offer_cell *cell, enum offer_side from)
{
	if (cell->actions & OFFER_GLARE)
		return from == dialog->offerer ? 500 : 491;
	if (cell->actions & OFFER_INVITE_GLARE)
		return from == dialog->inviter ? 500 : 491;
	return 0;
}

struct offer_step offer_answer_look(
	const struct offer_answer *dialog, enum offer_event event, enum offer_side from)
{
	const struct offer_cell *cell = &offer_cells[dialog->state][event];
	if (!cell->live)
		return (struct offer_step){WITH_SDP & 1u << event ? OFFER_REPEAT : 0, 0};
	return (struct offer_step){cell->actions, refusal(dialog, cell, from)};
}

struct offer_step offer_answer_step(
	struct offer_answer *dialog, enum offer_event event, enum offer_side from)
{
	const struct offer_cell *cell = &offer_cells[dialog->state][event];
	struct offer_step step = offer_answer_look(dialog, event, from);
	if (!cell->live || step.refuse)
		return step;
	if (event == GOT_INVITE_SDP || event == GOT_INVITE_BARE)
		dialog->inviter = from;
	if (cell->actions & OFFER_TAKE)
		dialog->offerer = from;
	if (event == GOT_OK_SDP || event == GOT_OK_BARE)
		dialog->confirmed = true;
	dialog->state = cell->next;
	return step;
}

/* Offers wait in the messages that their states are named after. */
bool offer_answer_waits(const struct offer_answer *dialog)
{
	static const bool waits[OFFER_STATE_COUNT] = {
		[OFFER_IN_INVITE] = true,
		[OFFER_PREVIEWED] = true,
		[OFFER_IN_1XX] = true,
		[OFFER_IN_2XX] = true,
		[OFFER_IN_PRACK] = true,
		[OFFER_IN_UPDATE] = true,
		[OFFER_AFTER_PRACK] = true,
		[OFFER_AFTER_UPDATE] = true,
	};
	return waits[dialog->state];
}
