/* SPDX-License-Identifier: Apache-2.0 */
/* test_offer_answer.c — whole calls through the machine, as RFC 6337 §2.2 lists the ways to agree.
 */
#include "sdp/offer_answer.h"

#include "lib/testing.h"

#define A OFFER_CALLER
#define B OFFER_CALLEE

struct move {
	enum offer_event event;
	enum offer_side from;
	unsigned actions;
	unsigned refuse;
	enum offer_state next;
};

static struct offer_answer dialog;

static void play(const struct move *moves, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct offer_answer before = dialog;
		struct offer_step look = offer_answer_look(&dialog, moves[i].event, moves[i].from);
		ck_assert(memcmp(&before, &dialog, sizeof(dialog)) == 0);
		struct offer_step step = offer_answer_step(&dialog, moves[i].event, moves[i].from);
		ck_assert(look.actions == step.actions && look.refuse == step.refuse);
		ck_assert_msg(
			step.actions == moves[i].actions, "move %zu: does %x", i, step.actions);
		ck_assert_msg(step.refuse == moves[i].refuse, "move %zu: %u", i, step.refuse);
		ck_assert_msg(dialog.state == moves[i].next, "move %zu: to %s", i,
			offer_state_names[dialog.state]);
	}
}

#define PLAY(...)                                              \
	do {                                                   \
		const struct move moves[] = {__VA_ARGS__};     \
		play(moves, sizeof(moves) / sizeof(moves[0])); \
	} while (0)

/* clang-format off */
START_TEST(an_offer_in_the_invite)
{
	PLAY({GOT_INVITE_SDP, A, OFFER_TAKE,    0, OFFER_IN_INVITE},
	     {GOT_EARLY_SDP,  B, OFFER_PREVIEW, 0, OFFER_PREVIEWED},
	     {GOT_EARLY_SDP,  B, OFFER_PREVIEW, 0, OFFER_PREVIEWED},
	     {GOT_OK_SDP,     B, OFFER_ANSWER,  0, OFFER_STABLE},
	     {GOT_OK_SDP,     B, OFFER_REPEAT,  0, OFFER_STABLE},
	     {GOT_ACK_BARE,   A, 0,             0, OFFER_STABLE},
	     {GOT_ACK_SDP,    A, OFFER_REPEAT,  0, OFFER_STABLE});
	ck_assert(dialog.confirmed);
}
END_TEST

START_TEST(a_late_offer)
{
	PLAY({GOT_INVITE_BARE, A, 0,            0, OFFER_INVITED},
	     {GOT_EARLY_SDP,   B, OFFER_PREVIEW, 0, OFFER_INVITED},
	     {GOT_OK_SDP,      B, OFFER_TAKE,   0, OFFER_IN_2XX});
	ck_assert(offer_answer_waits(&dialog) && dialog.offerer == B);
	PLAY({GOT_OK_SDP,      B, OFFER_REPEAT, 0, OFFER_IN_2XX},
	     {GOT_ACK_SDP,     A, OFFER_ANSWER, 0, OFFER_STABLE});
	ck_assert(!offer_answer_waits(&dialog));
}
END_TEST

START_TEST(reliable_responses_and_prack)
{
	PLAY({GOT_INVITE_SDP,    A, OFFER_TAKE,   0, OFFER_IN_INVITE},
	     {GOT_PRACK_BARE,    A, 0,            0, OFFER_IN_INVITE},
	     {GOT_RELIABLE_SDP,  B, OFFER_ANSWER, 0, OFFER_SETTLED},
	     {GOT_RELIABLE_SDP,  B, OFFER_REPEAT, 0, OFFER_SETTLED},
	     {GOT_PRACK_SDP,     A, OFFER_TAKE,   0, OFFER_IN_PRACK},
	     {GOT_PRACK_OK_SDP,  B, OFFER_ANSWER, 0, OFFER_SETTLED},
	     {GOT_UPDATE_SDP,    B, OFFER_TAKE,   0, OFFER_IN_UPDATE},
	     {GOT_UPDATE_OK_SDP, A, OFFER_ANSWER, 0, OFFER_SETTLED},
	     {GOT_OK_BARE,       B, 0,            0, OFFER_STABLE});
	dialog = (struct offer_answer){0};
	PLAY({GOT_INVITE_BARE,   A, 0,            0, OFFER_INVITED},
	     {GOT_RELIABLE_SDP,  B, OFFER_TAKE,   0, OFFER_IN_1XX},
	     {GOT_RELIABLE_SDP,  B, OFFER_REPEAT, 0, OFFER_IN_1XX},
	     {GOT_PRACK_SDP,     A, OFFER_ANSWER, 0, OFFER_SETTLED},
	     {GOT_PRACK_OK_BARE, B, 0,            0, OFFER_SETTLED},
	     {GOT_OK_BARE,       B, 0,            0, OFFER_STABLE});
}
END_TEST

/* The callee holds, the caller's re-INVITE crosses it, the callee's fails; what was agreed holds. */
START_TEST(re_invites_by_either_side)
{
	PLAY({GOT_INVITE_SDP, A, OFFER_TAKE,   0, OFFER_IN_INVITE},
	     {GOT_OK_SDP,     B, OFFER_ANSWER, 0, OFFER_STABLE},
	     {GOT_INVITE_SDP, B, OFFER_TAKE,   0, OFFER_IN_INVITE},
	     {GOT_INVITE_SDP, A, OFFER_INVITE_GLARE, 491, OFFER_IN_INVITE},
	     {GOT_INVITE_BARE, B, OFFER_INVITE_GLARE, 500, OFFER_IN_INVITE},
	     {GOT_UPDATE_SDP, A, OFFER_GLARE, 491, OFFER_IN_INVITE},
	     {GOT_UPDATE_SDP, B, OFFER_GLARE, 500, OFFER_IN_INVITE});
	ck_assert_int_eq(offer_answer_failure(&dialog), GOT_REINVITE_FAILED);
	PLAY({GOT_REINVITE_FAILED, A, OFFER_ROLLBACK, 0, OFFER_STABLE},
	     {GOT_INVITE_BARE, B, 0,           0, OFFER_INVITED},
	     {GOT_OK_SDP,      A, OFFER_TAKE,  0, OFFER_IN_2XX},
	     {GOT_INVITE_SDP,  B, OFFER_GLARE, 491, OFFER_IN_2XX},
	     {GOT_ACK_SDP,     B, OFFER_ANSWER, 0, OFFER_STABLE});
}
END_TEST

START_TEST(updates_cross)
{
	dialog = (struct offer_answer){.state = OFFER_STABLE, .confirmed = true};
	PLAY({GOT_UPDATE_SDP,    A, OFFER_TAKE,     0, OFFER_AFTER_UPDATE},
	     {GOT_UPDATE_SDP,    B, OFFER_GLARE,  491, OFFER_AFTER_UPDATE},
	     {GOT_UPDATE_SDP,    A, OFFER_GLARE,  500, OFFER_AFTER_UPDATE},
	     {GOT_INVITE_SDP,    B, OFFER_GLARE,  491, OFFER_AFTER_UPDATE},
	     {GOT_UPDATE_FAILED, B, OFFER_ROLLBACK, 0, OFFER_STABLE},
	     {GOT_UPDATE_SDP,    B, OFFER_TAKE,     0, OFFER_AFTER_UPDATE},
	     {GOT_UPDATE_OK_SDP, A, OFFER_ANSWER,   0, OFFER_STABLE});
}
END_TEST

/* 401 to the first INVITE, then the same again. */
START_TEST(a_challenge_starts_anew)
{
	PLAY({GOT_INVITE_SDP, A, OFFER_TAKE, 0, OFFER_IN_INVITE});
	ck_assert_int_eq(offer_answer_failure(&dialog), GOT_INVITE_FAILED);
	PLAY({GOT_INVITE_FAILED, B, OFFER_ROLLBACK, 0, OFFER_NEW},
	     {GOT_INVITE_SDP, A, OFFER_TAKE,   0, OFFER_IN_INVITE},
	     {GOT_OK_SDP,     B, OFFER_ANSWER, 0, OFFER_STABLE});
}
END_TEST

/* Each early dialog of a fork has its own; one previews and stays silent, one answers reliably. */
START_TEST(a_fork_has_an_answer_for_each_dialog)
{
	PLAY({GOT_INVITE_SDP, A, OFFER_TAKE, 0, OFFER_IN_INVITE});
	struct offer_answer sent = dialog;
	PLAY({GOT_EARLY_SDP,  B, OFFER_PREVIEW, 0, OFFER_PREVIEWED},
	     {GOT_OK_BARE,    B, OFFER_ADOPT,   0, OFFER_STABLE});
	dialog = sent;
	PLAY({GOT_RELIABLE_SDP, B, OFFER_ANSWER, 0, OFFER_SETTLED},
	     {GOT_UPDATE_SDP,   A, OFFER_TAKE,   0, OFFER_IN_UPDATE},
	     {GOT_OK_BARE,      B, 0,            0, OFFER_AFTER_UPDATE},
	     {GOT_UPDATE_OK_SDP, B, OFFER_ANSWER, 0, OFFER_STABLE});
}
END_TEST

START_TEST(what_is_missing_is_told)
{
	PLAY({GOT_INVITE_BARE, A, 0,             0, OFFER_INVITED},
	     {GOT_OK_BARE,     B, OFFER_MISSING, 0, OFFER_STABLE},
	     {GOT_INVITE_SDP,  A, OFFER_TAKE,    0, OFFER_IN_INVITE},
	     {GOT_OK_BARE,     B, OFFER_MISSING | OFFER_ROLLBACK, 0, OFFER_STABLE},
	     {GOT_UPDATE_SDP,  A, OFFER_TAKE,    0, OFFER_AFTER_UPDATE},
	     {GOT_UPDATE_OK_BARE, B, OFFER_MISSING | OFFER_ROLLBACK, 0, OFFER_STABLE});
}
END_TEST
/* clang-format on */

TEST_MAIN("offer_answer", an_offer_in_the_invite, a_late_offer, reliable_responses_and_prack,
	re_invites_by_either_side, updates_cross, a_challenge_starts_anew,
	a_fork_has_an_answer_for_each_dialog, what_is_missing_is_told)
