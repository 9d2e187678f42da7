/* SPDX-License-Identifier: Apache-2.0 */
/* offer_answer.h — who owes an answer in a dialog: state x event -> next state and actions (RFC
 * 3264 §4, RFC 6337). */
#ifndef SDP_OFFER_ANSWER_H
#define SDP_OFFER_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

/* Which message an offer waits in for its answer, and whether an INVITE is in progress. */
/* clang-format off */
#define OFFER_STATES(ROW)                                                                    \
	ROW(NEW)          /* before the first INVITE */                                      \
	ROW(INVITED)      /* an INVITE without an offer: the other side offers */            \
	ROW(IN_INVITE)    /* offered by INVITE */                                            \
	ROW(PREVIEWED)    /* the same, and an unreliable 1xx has shown the answer */         \
	ROW(IN_1XX)       /* offered by a reliable 1xx; PRACK answers */                     \
	ROW(IN_2XX)       /* offered by the 2xx of an INVITE; ACK answers */                 \
	ROW(IN_PRACK)     /* offered by PRACK, the INVITE still in progress */               \
	ROW(IN_UPDATE)    /* offered by UPDATE, an INVITE still in progress */               \
	ROW(SETTLED)      /* agreed, an INVITE still in progress */                          \
	ROW(STABLE)       /* no INVITE in progress, no offer waits */                        \
	ROW(AFTER_PRACK)  /* IN_PRACK when the INVITE has ended before it */                 \
	ROW(AFTER_UPDATE) /* offered by UPDATE, no INVITE in progress */

enum offer_state {
#define ROW(name) OFFER_##name,
	OFFER_STATES(ROW)
#undef ROW
	OFFER_STATE_COUNT,
};

/* What passes. _SDP: with a description, _BARE: without. A message that means nothing without a
 * description (any 1xx, an UPDATE) is no event then. */
#define OFFER_EVENTS(ROW)                                                                    \
	ROW(INVITE_SDP)                                                                      \
	ROW(INVITE_BARE)                                                                     \
	ROW(EARLY_SDP)    /* 1xx of INVITE without 100rel */                                 \
	ROW(RELIABLE_SDP) /* 1xx of INVITE with 100rel (RFC 3262) */                         \
	ROW(PRACK_SDP)                                                                       \
	ROW(PRACK_BARE)                                                                      \
	ROW(PRACK_OK_SDP)                                                                    \
	ROW(PRACK_OK_BARE)                                                                   \
	ROW(PRACK_FAILED)                                                                    \
	ROW(UPDATE_SDP)                                                                      \
	ROW(UPDATE_OK_SDP)                                                                   \
	ROW(UPDATE_OK_BARE)                                                                  \
	ROW(UPDATE_FAILED)                                                                   \
	ROW(OK_SDP)       /* 2xx of INVITE */                                                \
	ROW(OK_BARE)                                                                         \
	ROW(ACK_SDP)      /* of a 2xx */                                                     \
	ROW(ACK_BARE)                                                                        \
	ROW(INVITE_FAILED)   /* 3xx to 6xx, timeout: the dialog never was */                 \
	ROW(REINVITE_FAILED) /* the same in a dialog that goes on */
/* clang-format on */

enum offer_event {
#define ROW(name) GOT_##name,
	OFFER_EVENTS(ROW)
#undef ROW
		OFFER_EVENT_COUNT,
};

enum offer_side { OFFER_CALLER, OFFER_CALLEE };

/* What is to be done. At most one of the first six. */
enum offer_action {
	OFFER_TAKE = 1 << 0,   /* the description is an offer: keep its outline */
	OFFER_ANSWER = 1 << 1, /* it answers the offer: check it; both are agreed now */
	/* It shows the answer that a later message brings: media may flow, nothing is agreed yet.
	 * When no offer waits (INVITED) it shows the offer. */
	OFFER_PREVIEW = 1 << 2,
	/* It means nothing (RFC 6337 §3.1.1), it may be a retransmission: rewrite it as this side's
	 * last one, so that nobody who believes it is led past us; change no media. */
	OFFER_REPEAT = 1 << 3,
	OFFER_ADOPT = 1 << 4,    /* the answer that was previewed is agreed */
	OFFER_MISSING = 1 << 5,  /* the offer or answer that must be here is not: end the call */
	OFFER_ROLLBACK = 1 << 6, /* the offer that waits is void: what was agreed before holds */
	/* Refuse the request; the state stays. Which of the two depends on who began: the verdict
	 * of offer_answer_step says it. */
	OFFER_GLARE = 1 << 7,        /* while an offer waits */
	OFFER_INVITE_GLARE = 1 << 8, /* while an INVITE is in progress */
};

/* An empty cell means: nothing to do, and the description, if any, is an OFFER_REPEAT. */
struct offer_cell {
	uint8_t next;
	bool live;
	uint16_t actions;
};

extern const struct offer_cell offer_cells[OFFER_STATE_COUNT][OFFER_EVENT_COUNT];
extern const char *const offer_state_names[OFFER_STATE_COUNT];
extern const char *const offer_event_names[OFFER_EVENT_COUNT];

/*
 * One dialog. A forked INVITE has one for each early dialog: each starts as a copy of the one that
 * saw the INVITE go. Owner and lock: the dialog's. All zero is a dialog before its INVITE.
 */
struct offer_answer {
	uint8_t state;   /* enum offer_state */
	uint8_t inviter; /* enum offer_side: who sent the INVITE in progress, or the last one */
	uint8_t offerer; /* enum offer_side: whose offer waits, or whose was the last */
	bool confirmed;  /* a 2xx was seen: INVITEs are re-INVITEs now */
};

struct offer_step {
	unsigned actions; /* enum offer_action */
	/* 0; or what the request must be refused with: 491, or 500 with a Retry-After of 0 to 10 s
	 * (RFC 3261 §14.2, RFC 3311 §5.2). */
	unsigned refuse;
};

/*
 * What `event` from `from` means, without doing it: look first, judge the description, and step
 * only if it is good. (An INVITE whose offer is refused with 488 never happened; a 2xx whose answer
 * is bad ends the call.) Responses come from whoever answers.
 */
struct offer_step offer_answer_look(
	const struct offer_answer *dialog, enum offer_event event, enum offer_side from);
/* The same, done. A refused request changes nothing, and no response to it may be fed in. */
struct offer_step offer_answer_step(
	struct offer_answer *dialog, enum offer_event event, enum offer_side from);

/* Whether the final failure of the INVITE in progress ends the dialog. */
static inline enum offer_event offer_answer_failure(const struct offer_answer *dialog)
{
	return dialog->confirmed ? GOT_REINVITE_FAILED : GOT_INVITE_FAILED;
}

/* Whether an offer waits for its answer. */
bool offer_answer_waits(const struct offer_answer *dialog);

#endif
