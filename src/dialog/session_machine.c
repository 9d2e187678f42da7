/* SPDX-License-Identifier: Apache-2.0 */
/* session_machine.c — who refreshes a session and what happens when nobody does (RFC 4028 §10). */
#include "base/macros.h"
#include "base/random.h"
#include "dialog/session.h"

/*
 *          agreed: we        +------+  agreed: they
 *     +----------------------| OFF  |----------------------+
 *     |                      +------+                      |
 *     V    half of the interval: refresh                   V
 *  +------+                  +--------+                +--------+
 *  | OURS |----------------->| ASKING |                | THEIRS |--+ agreed: arm
 *  |      |<-----------------|        |                |        |<-+ the end anew
 *  +------+   2xx: agreed    +--------+                +--------+
 *     A                  refused |  A                      |
 *     |                          V  | 10 s                  | the end
 *     | agreed               +---------+                   |
 *     +----------------------|  AGAIN  |                   |
 *                            +---------+                   |
 *       ASKING: 408, 481, no answer;   |                   |
 *       ASKING, AGAIN: the end         V                   |
 *                            +---------+                   |
 *                            |  OVER   |<------------------+
 *                            +---------+  give up: BYE
 *
 * Every state may become OURS, THEIRS or OFF by what a later INVITE or UPDATE of either side agrees
 * on.
 */
#define GO(state, what)                       \
	{                                     \
		SESSION_##state, true, (what) \
	}
#define AGREEMENTS                                                   \
	[SESSION_EVENT_AGREED_OURS] = GO(OURS, SESSION_ARM_REFRESH), \
	[SESSION_EVENT_AGREED_THEIRS] = GO(THEIRS, SESSION_ARM_END), \
	[SESSION_EVENT_AGREED_NONE] = GO(OFF, SESSION_DISARM)

/* clang-format off */
const struct session_cell session_cells[SESSION_STATE_COUNT][SESSION_EVENT_COUNT] = {
	[SESSION_OFF] = {
		AGREEMENTS,
	},
	[SESSION_OURS] = {
		AGREEMENTS,
		[SESSION_EVENT_ALARM]   = GO(ASKING, SESSION_REFRESH | SESSION_ARM_END),
		[SESSION_EVENT_END]     = GO(OVER,   SESSION_GIVE_UP | SESSION_DISARM),
	},
	[SESSION_ASKING] = {
		AGREEMENTS,
		[SESSION_EVENT_REFUSED] = GO(AGAIN,  SESSION_ARM_RETRY),
		[SESSION_EVENT_FAILED]  = GO(OVER,   SESSION_GIVE_UP | SESSION_DISARM),
		[SESSION_EVENT_END]     = GO(OVER,   SESSION_GIVE_UP | SESSION_DISARM),
	},
	[SESSION_AGAIN] = {
		AGREEMENTS,
		[SESSION_EVENT_ALARM]   = GO(ASKING, SESSION_REFRESH | SESSION_ARM_END),
		[SESSION_EVENT_END]     = GO(OVER,   SESSION_GIVE_UP | SESSION_DISARM),
	},
	[SESSION_THEIRS] = {
		AGREEMENTS,
		[SESSION_EVENT_END]     = GO(OVER,   SESSION_GIVE_UP | SESSION_DISARM),
	},
	[SESSION_OVER] = {{0}},
};
/* clang-format on */

const char *const session_state_names[SESSION_STATE_COUNT] = {
#define ROW(name) #name,
	SESSION_STATES(ROW)
#undef ROW
};

const char *const session_event_names[SESSION_EVENT_COUNT] = {
#define ROW(name) #name,
	SESSION_EVENTS(ROW)
#undef ROW
};

uint64_t session_end_ms(const struct session_timer *timer)
{
	uint32_t interval = timer->terms.interval_s;
	return timer->refreshed_ms + (uint64_t)(interval - MIN(32, interval / 3)) * 1000;
}

static uint64_t alarm_of(const struct session_timer *timer, unsigned actions, uint64_t now_ms)
{
	if (actions & SESSION_ARM_REFRESH)
		return timer->refreshed_ms +
		       (uint64_t)MIN(timer->terms.interval_s, SESSION_MOST_S) * 500;
	if (actions & SESSION_ARM_RETRY)
		return MIN(now_ms + SESSION_RETRY_S * 1000, session_end_ms(timer));
	if (actions & SESSION_ARM_END)
		return session_end_ms(timer);
	return actions & SESSION_DISARM ? UINT64_MAX : timer->alarm_ms;
}

unsigned session_step(struct session_timer *timer, enum session_event event, uint64_t now_ms)
{
	const struct session_cell *cell = &session_cells[timer->state][event];
	if (!cell->live)
		return 0;
	timer->state = cell->next;
	timer->alarm_ms = alarm_of(timer, cell->actions, now_ms);
	return cell->actions & (SESSION_REFRESH | SESSION_GIVE_UP);
}

void session_agree(struct session_timer *timer, const struct session_terms *terms, uint64_t now_ms)
{
	timer->terms = *terms;
	timer->refreshed_ms = now_ms;
	session_step(timer,
		!terms->interval_s  ? SESSION_EVENT_AGREED_NONE
		: terms->we_refresh ? SESSION_EVENT_AGREED_OURS
				    : SESSION_EVENT_AGREED_THEIRS,
		now_ms);
}

unsigned session_due(struct session_timer *timer, uint64_t now_ms)
{
	bool ended = timer->terms.interval_s && now_ms >= session_end_ms(timer);
	return session_step(timer, ended ? SESSION_EVENT_END : SESSION_EVENT_ALARM, now_ms);
}

uint32_t session_glare_ms(bool is_ours)
{
	return is_ours ? 2100 + 10 * random_below(191) : 10 * random_below(201);
}

void session_glare(struct session_timer *timer, bool is_ours, uint64_t now_ms)
{
	uint64_t again_ms = now_ms + session_glare_ms(is_ours);
	session_step(timer, SESSION_EVENT_REFUSED, now_ms);
	timer->alarm_ms = MIN(again_ms, session_end_ms(timer));
}
