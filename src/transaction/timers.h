/* SPDX-License-Identifier: Apache-2.0 */
/* timers.h — every timer of the transaction layer, a row each (RFC 3261 table 4, RFC 6026, RFC
 * 4320). */
#ifndef TRANSACTION_TIMERS_H
#define TRANSACTION_TIMERS_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/worker.h"

struct transaction;
struct transaction_config;
struct transaction_layer;

/* A to M and C are the RFC's letters. N and X have none there: the 100 of RFC 4320 §4.1, and the
 * end of a cancelled INVITE that nobody answers (RFC 3261 §9.1). */
#define TIMERS(ROW) \
	ROW(A)      \
	ROW(B)      \
	ROW(C) ROW(D) ROW(E) ROW(F) ROW(G) ROW(H) ROW(I) ROW(J) ROW(K) ROW(L) ROW(M) ROW(N) ROW(X)

enum timer {
#define ROW(letter) TIMER_##letter,
	TIMERS(ROW)
#undef ROW
		TIMER_COUNT,
};

/* What a delay is counted in. */
enum timer_unit {
	UNIT_T1,
	UNIT_T4,
	UNIT_C,
	UNIT_UNTIL_T2, /* as long as Timer E needs until it is reset to T2: T1 + 2*T1 + 4*T1 ...
			  (RFC 4320 §4.1) */
};

enum timer_repeat {
	ONCE,
	DOUBLES,       /* T1, 2*T1, 4*T1 ... */
	DOUBLES_TO_T2, /* the same, at most T2 */
};

/* What becomes of it where the transport is reliable. */
enum timer_reliable {
	ALWAYS,          /* the same */
	UNRELIABLE_ONLY, /* not armed */
	AT_ONCE,         /* zero */
	SHORTLY,         /* T1: as long as a connection that is gone may take to say so */
};

/* The two places in a transaction where a timer can wait. */
enum timer_place { PLACE_RESEND, PLACE_LIFE, PLACE_COUNT };

struct timer_row {
	char letter;
	const char *machine;
	uint16_t times;
	enum timer_unit unit;
	uint32_t at_least_ms;
	enum timer_repeat repeat;
	enum timer_reliable reliable;
	enum timer_place place;
	uint32_t slack_ms; /* how late it may fire, so that wake-ups are shared */
	const char *meaning;
	const char *section;
};

extern const struct timer_row timer_rows[TIMER_COUNT];

#define TIMER_STEPS 7 /* a doubling timer: T1 to 64 * T1 */
#define TIMER_LANES 20

/* Owner: the worker. Lifetime: the layer's. A lane per distinct delay, slack and place. */
struct timers {
	struct worker *worker;
	struct worker_lane lanes[TIMER_LANES];
	uint8_t lane_place[TIMER_LANES];
	unsigned lane_count;
	struct worker_lane *lane_of[TIMER_COUNT][TIMER_STEPS];
	struct worker_lane *lane_shortly[TIMER_COUNT]; /* NULL where that is not in the row */
};

/* Milliseconds of a timer's n-th wait; 0 = it does not wait an n-th time. */
uint32_t timer_delay(const struct transaction_config *config, enum timer timer, unsigned step);

/* What it waits where the transport is reliable and its row says SHORTLY; else 0. */
uint32_t timer_delay_shortly(const struct transaction_config *config, enum timer timer);

/* Adds the lanes to the worker. `fire` is called with `layer` for a node of each place. */
void timers_init(struct timers *timers, struct worker *worker,
	const struct transaction_config *config,
	void (*const fire[PLACE_COUNT])(void *, struct lane_node *, uint64_t), void *layer);

#endif
