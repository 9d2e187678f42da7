/* SPDX-License-Identifier: Apache-2.0 */
/* timers.c — every timer of the transaction layer, a row each (RFC 3261 table 4, RFC 6026, RFC
 * 4320). */
#include "transaction/timers.h"

#include <assert.h>

#include "transaction/transaction.h"

/* How late the end of a finished transaction may come: nobody waits for it. */
#define LAZY 250

/* clang-format off */
const struct timer_row timer_rows[TIMER_COUNT] = {
	/* letter, machine, times x unit, at least, repeat, reliable, place, slack
	 * meaning, section */
	[TIMER_A] = { 'A', "ict",   1, UNIT_T1,            0, DOUBLES,       UNRELIABLE_ONLY, PLACE_RESEND, 0,
		"send the INVITE again", "RFC 3261 §17.1.1.2" },
	[TIMER_B] = { 'B', "ict",  64, UNIT_T1,            0, ONCE,          ALWAYS,          PLACE_LIFE,   0,
		"give up on an INVITE that nobody answers: 408", "RFC 3261 §17.1.1.2" },
	[TIMER_C] = { 'C', "ict",   1, UNIT_C,             0, ONCE,          ALWAYS,          PLACE_LIFE,   1000,
		"an INVITE rings too long: the user decides", "RFC 3261 §16.8" },
	[TIMER_D] = { 'D', "ict",  64, UNIT_T1,        32000, ONCE,          AT_ONCE,         PLACE_LIFE,   LAZY,
		"answer retransmitted failures with ACK", "RFC 3261 §17.1.1.2" },
	[TIMER_E] = { 'E', "nict",  1, UNIT_T1,            0, DOUBLES_TO_T2, UNRELIABLE_ONLY, PLACE_RESEND, 0,
		"send the request again", "RFC 3261 §17.1.2.2" },
	[TIMER_F] = { 'F', "nict", 64, UNIT_T1,            0, ONCE,          ALWAYS,          PLACE_LIFE,   0,
		"give up on a request that nobody answers: 408", "RFC 3261 §17.1.2.2" },
	[TIMER_G] = { 'G', "ist",   1, UNIT_T1,            0, DOUBLES_TO_T2, UNRELIABLE_ONLY, PLACE_RESEND, 0,
		"send the failure again until ACK comes", "RFC 3261 §17.2.1" },
	[TIMER_H] = { 'H', "ist",  64, UNIT_T1,            0, ONCE,          ALWAYS,          PLACE_LIFE,   LAZY,
		"give up waiting for ACK", "RFC 3261 §17.2.1" },
	[TIMER_I] = { 'I', "ist",   1, UNIT_T4,            0, ONCE,          AT_ONCE,         PLACE_LIFE,   LAZY,
		"absorb retransmitted ACKs", "RFC 3261 §17.2.1" },
	[TIMER_J] = { 'J', "nist", 64, UNIT_T1,            0, ONCE,          SHORTLY,         PLACE_LIFE,   LAZY,
		"answer retransmitted requests; a stream may be gone (§18.2.2)", "RFC 3261 §17.2.2" },
	[TIMER_K] = { 'K', "nict",  1, UNIT_T4,            0, ONCE,          AT_ONCE,         PLACE_LIFE,   LAZY,
		"absorb retransmitted responses", "RFC 3261 §17.1.2.2" },
	[TIMER_L] = { 'L', "ist",  64, UNIT_T1,            0, ONCE,          ALWAYS,          PLACE_LIFE,   LAZY,
		"absorb INVITEs, pass 2xx down and ACK up", "RFC 6026 §8.7" },
	[TIMER_M] = { 'M', "ict",  64, UNIT_T1,            0, ONCE,          ALWAYS,          PLACE_LIFE,   LAZY,
		"pass retransmitted and further 2xx to the user", "RFC 6026 §8.4" },
	[TIMER_N] = { 'N', "nist",  1, UNIT_UNTIL_T2,      0, ONCE,          ALWAYS,          PLACE_LIFE,   0,
		"send 100 for a slow non-INVITE", "RFC 4320 §4.1" },
	[TIMER_X] = { 'X', "ict",  64, UNIT_T1,            0, ONCE,          ALWAYS,          PLACE_LIFE,   0,
		"give up on a cancelled INVITE", "RFC 3261 §9.1" },
};
/* clang-format on */

static uint32_t unit_ms(const struct transaction_config *config, enum timer_unit unit)
{
	uint32_t total = 0;
	switch (unit) {
	case UNIT_T1:
		return config->t1;
	case UNIT_T4:
		return config->t4;
	case UNIT_C:
		return config->c;
	case UNIT_UNTIL_T2:
		for (uint32_t wait = config->t1; wait && wait < config->t2; wait *= 2)
			total += wait;
		return total ? total : config->t2;
	}
	return 0;
}

uint32_t timer_delay(const struct transaction_config *config, enum timer timer, unsigned step)
{
	const struct timer_row *row = &timer_rows[timer];
	uint32_t delay = MAX(row->times * unit_ms(config, row->unit), row->at_least_ms);
	switch (row->repeat) {
	case ONCE:
		return step == 0 ? delay : 0;
	case DOUBLES: /* after 63 * T1 the next would come later than Timer B */
		return step < TIMER_STEPS - 1 ? delay << step : 0;
	case DOUBLES_TO_T2: /* the last step is T2 itself, for Proceeding (§17.1.2.2) */
		return step < TIMER_STEPS - 1 ? MIN(delay << step, config->t2) : config->t2;
	}
	return 0;
}

uint32_t timer_delay_shortly(const struct transaction_config *config, enum timer timer)
{
	return timer_rows[timer].reliable == SHORTLY ? config->t1 : 0;
}

static struct worker_lane *lane_for(struct timers *timers, uint32_t delay_ms,
	const struct timer_row *row, void (*fire)(void *, struct lane_node *, uint64_t),
	void *layer)
{
	for (unsigned i = 0; i < timers->lane_count; i++) {
		struct worker_lane *lane = &timers->lanes[i];
		if (lane->lane.delay_ms == delay_ms && lane->slack_ms == row->slack_ms &&
			timers->lane_place[i] == row->place)
			return lane;
	}
	assert(timers->lane_count < TIMER_LANES);
	struct worker_lane *lane = &timers->lanes[timers->lane_count];
	timers->lane_place[timers->lane_count++] = (uint8_t)row->place;
	worker_lane_add(timers->worker, lane, delay_ms, row->slack_ms, fire, layer);
	return lane;
}

void timers_init(struct timers *timers, struct worker *worker,
	const struct transaction_config *config,
	void (*const fire[PLACE_COUNT])(void *, struct lane_node *, uint64_t), void *layer)
{
	timers->worker = worker;
	timers->lane_count = 0;
	for (unsigned timer = 0; timer < TIMER_COUNT; timer++) {
		const struct timer_row *row = &timer_rows[timer];
		for (unsigned step = 0; step < TIMER_STEPS; step++) {
			uint32_t delay = timer_delay(config, timer, step);
			timers->lane_of[timer][step] =
				delay ? lane_for(timers, delay, row, fire[row->place], layer)
				      : NULL;
		}
		uint32_t shortly = timer_delay_shortly(config, timer);
		timers->lane_shortly[timer] =
			shortly ? lane_for(timers, shortly, row, fire[row->place], layer) : NULL;
	}
}
