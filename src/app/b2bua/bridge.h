/* SPDX-License-Identifier: Apache-2.0 */
/* bridge.h: a call: what its two legs are to one another. */
#ifndef APP_B2BUA_BRIDGE_H
#define APP_B2BUA_BRIDGE_H

#include "app/b2bua/leg.h"

/* Why a leg gets BYE: enum call_why, or this: another phone has the call. */
#define WHY_ELSEWHERE CALL_WHY_COUNT

/* A call. Owner: the worker. Lifetime: as its machine says. */
struct bridge {
	uint64_t legs[2];           /* by enum bridge_side; 0 = not there yet, or over */
	uint64_t invite;            /* exchange of the INVITE that began it; 0 = answered */
	uint64_t server;            /* and its transaction */
	struct buffer *replaces;    /* the Replaces that its phone gets; or NULL */
	struct list ringing;        /* legs of phones that have not answered */
	struct session_terms terms; /* what the caller will be told in the 2xx */
	uint8_t faces;              /* how many phones the caller has heard of */
	uint8_t state;              /* enum bridge_state */
	uint8_t why;                /* enum call_why, when we end it */
	uint64_t call;              /* handle in the table of calls, which has its deadline */
};

struct pv_span why_reason(unsigned why);
/* Of a caller who has no final answer yet. */
unsigned why_status(unsigned why);

/* ---- bridge.c ---- */
struct bridge *bridge_new(struct b2bua *b);
/* What an event of a bridge brings; the rest is zero. */
struct bridge_news {
	struct leg *leg;                  /* whose event it is */
	const struct pv_message *message; /* a response, CANCEL or BYE of it */
	unsigned status;                  /* CALLEES_FAIL */
	struct buffer *accept;            /* CALLEE_ANSWERS: the caller's 2xx */
};
/* The bridge and its legs may be gone afterwards. */
void bridge_step(struct b2bua *b, struct bridge *bridge, enum bridge_event event,
	const struct bridge_news *news);
/* We end it: BYE to both, or a refusal and CANCEL. NULL is accepted. */
void bridge_end(struct b2bua *b, struct bridge *bridge, unsigned why);
/* One of its legs is over. */
void bridge_leg_left(struct b2bua *b, struct leg *leg);
/* The phones that ring no more are forgotten; FORK_GONE. */
void bridge_fork_gone(struct b2bua *b, struct bridge *bridge);

#endif
