/* SPDX-License-Identifier: Apache-2.0 */
/* machine.h — the form of the four machines: state x event -> next state and actions. */
#ifndef TRANSACTION_MACHINE_H
#define TRANSACTION_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "transaction/timers.h"
#include "transaction/transaction.h"

enum machine_kind { MACHINE_ICT, MACHINE_NICT, MACHINE_IST, MACHINE_NIST, MACHINE_COUNT };

/* The states of all four; each machine uses some. */
/* clang-format off */
#define STATES(ROW)     \
	ROW(IDLE)       \
	ROW(CALLING)    \
	ROW(TRYING)     \
	ROW(PROCEEDING) \
	ROW(CANCELLING) \
	ROW(COMPLETED)  \
	ROW(CONFIRMED)  \
	ROW(ACCEPTED)   \
	ROW(TERMINATED)
/* clang-format on */

enum transaction_state {
#define ROW(name) STATE_##name,
	STATES(ROW)
#undef ROW
		STATE_COUNT,
};

/* What can happen. The timers come first, with the numbers of enum timer. */
#define EVENTS(ROW)                                                      \
	ROW(GOT_1XX)                                                     \
	ROW(GOT_2XX)                                                     \
	ROW(GOT_FAIL)    /* 300 to 699 */                                \
	ROW(GOT_REQUEST) /* a new one in IDLE, later a retransmission */ \
	ROW(GOT_ACK)                                                     \
	ROW(USER_SENDS) /* the request of a client transaction */        \
	ROW(USER_CANCELS)                                                \
	ROW(USER_RESTARTS_C)                                             \
	ROW(USER_1XX)                                                    \
	ROW(USER_2XX)                                                    \
	ROW(USER_FAIL)                                                   \
	ROW(USER_UNKEPT) /* a final response that it can make again */   \
	ROW(USER_408)    /* of a NIST, which must not send it */         \
	ROW(USER_SILENT) /* was told of a request and did not answer */  \
	ROW(SEND_ERROR)

enum transaction_event {
	EVENT_TIMERS_END = TIMER_COUNT - 1,
#define ROW(name) name,
	EVENTS(ROW)
#undef ROW
		EVENT_COUNT,
	EVENT_NONE = EVENT_COUNT,
};

/* Actions, in the order in which machine.c performs them. */
/* 1. stop timers */
#define STOP(letter) (UINT64_C(1) << TIMER_##letter)
/* 2. send */
#define ACTION(n) (UINT64_C(1) << (32 + (n)))
#define TRANSMIT  ACTION(0) /* the bytes of this step, and keep them */
#define SEND_ONCE ACTION(1) /* the bytes of this step, which are not kept */
#define RESEND    ACTION(2) /* the bytes that are kept */
#define SEND_ACK \
	ACTION(3) /* an ACK for the response of this step; it takes the place of the INVITE */
#define SEND_100 \
	ACTION(4) /* 100 to the request of this step, or to the one that is kept; keep it */
#define KEEP_REQUEST ACTION(5)  /* its head, for a later SEND_100 */
#define HOLD_CANCEL  ACTION(6)  /* make the CANCEL, send it later */
#define SEND_CANCEL  ACTION(7)  /* now: the held one or a new one */
#define DROP_CANCEL  ACTION(8)  /* the held one is not needed */
#define FORGET       ACTION(9)  /* let go of the bytes that are kept */
#define ABSORB       ACTION(10) /* a retransmission that needs no answer: counted */
/* 3. start timers; a doubling timer that is started by itself takes its next step */
#define ARM(letter) (UINT64_C(1) << (16 + TIMER_##letter))
#define PACE_T2     ACTION(11) /* the doubling timer goes to T2 at once */
/* 4. tell the user */
#define TELL         ACTION(12) /* the request or response of this step */
#define TELL_ACK     ACTION(13)
#define TELL_TIMEOUT ACTION(14)
#define TELL_C       ACTION(15)
#define TELL_ERROR   ACTION(16)
#define TELL_AGAIN   ACTION(17) /* a retransmission, to be answered once more */
/* 5. what follows at once: a timer of zero ms, or one of these */
#define ASK_ANSWER ACTION(18) /* USER_SILENT, if the user did not answer while it was told */
#define ASK_CANCEL ACTION(19) /* USER_CANCELS, if a CANCEL is held */
/* 6. free, when the state is TERMINATED */

#define STOPPED(actions) ((uint32_t)(actions)&0xffff)
#define ARMED(actions)   ((uint32_t)((actions) >> 16) & 0xffff)

/* An empty cell means: ignore and count. */
struct cell {
	uint8_t next;
	bool live;
	uint64_t actions;
};

#define GO(state, what)                     \
	{                                   \
		STATE_##state, true, (what) \
	}

struct machine {
	const char *name;
	struct cell cells[STATE_COUNT][EVENT_COUNT];
};

extern const struct machine machine_ict, machine_nict, machine_ist, machine_nist;
extern const struct machine *const machines[MACHINE_COUNT];
extern const char *const state_names[STATE_COUNT];
extern const char *const event_names[EVENT_COUNT];

/* The timer that waits at `place` in `state`, or TIMER_COUNT: the only one there that has a cell.
 */
enum timer machine_timer(
	enum machine_kind kind, enum transaction_state state, enum timer_place place);

/* One event for one transaction. */
struct step {
	struct transaction_layer *layer;
	struct transaction *transaction;
	const struct pv_message *message; /* the request or response that is the event, or NULL */
	const struct path *from;          /* where it came from */
	struct buffer *bytes;             /* what the user wants to send, or NULL */
	struct pv_span reason;            /* of USER_CANCELS */
	int error;                        /* of SEND_ERROR */
};

/* Looks up the cell, performs its actions. False when it is empty. The transaction may be gone
 * afterwards. */
bool machine_step(const struct step *step, enum transaction_event event);

/* Shorthand for an event that carries nothing. */
bool machine_event(
	struct transaction_layer *layer, struct transaction *t, enum transaction_event event);

#endif
