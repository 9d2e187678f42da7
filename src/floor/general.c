/* SPDX-License-Identifier: Apache-2.0 */
/* general.c: who of a group may talk (TS 24.380 §6.3.4). */
#include "floor/private.h"

/*
 *    +---------+  the first joins     +------+  asked: grant          +------+
 *    | STOPPED |--------------------->| FREE |----------------------->| FULL |--+ asked: queue,
 *    |         |<---------------------|      |<-----------------------|      |  | or Deny
 *    +---------+  the last leaves     +------+  freed, nobody waits:  |      |<-+
 *                                      |  A     Idle to all           +------+
 *         T4: say that nobody talks    |  |                            A |  A |
 *         T7: Idle again               |  |           freed: the next  | |  | | a talker with
 *                     talkers > 1:     |  |           is granted,      | |  | | floor packets must
 *                     asked: grant     |  | freed     Taken to all     +-+  | | stop: Revoke
 *                                      V  |                               | |
 *                                     +--------+      the last place      | V
 *                              +------| SHARED |---------------------->  +----------+
 *               asked: grant,  |      |        |<----------------------  | REVOKING |--+ asked:
 *               Taken to all   +----->|        |   freed (FULL, too)     |          |  | queue,
 * Deny
 *                                     +--------+                         |          |<-+ or next
 *                                                                        +----------+
 *
 * A place is used by who talks, by who was told to stop and still may (T3), and for the hang time
 * by who released it. With one talker SHARED is never entered, and the rest is the figure of the
 * specification. "Enter Idle" takes the head of the queue first: FREED serves, and only then is it
 * counted who talks. In REVOKING who stops is followed by who is next; nobody new is stopped while
 * a place that comes free is promised to nobody.
 *
 * Left by a timer: FULL, SHARED and REVOKING by those of their talkers. Not by one: STOPPED, and
 * FREE, which T4 only speaks of: whether a silent group ends is call control's to say.
 */
#define GO(state, what)                           \
	{                                         \
		FLOOR_STATE_##state, true, (what) \
	}
#define ON(event)  [FLOOR_EVENT_##event]
#define DO(action) FLOOR_DO_##action

/* clang-format off */
const struct floor_cell floor_cells[FLOOR_STATE_COUNT][FLOOR_EVENT_COUNT] = {
	[FLOOR_STATE_STOPPED] = {
		ON(OPENED)    = GO(FREE,     DO(ARM)),
	},
	[FLOOR_STATE_FREE] = {
		ON(EMPTIED)   = GO(STOPPED,  DO(DISARM)),
		ON(ASKED)     = GO(FREE,     DO(GRANT)),
		ON(FREED)     = GO(FREE,     DO(SERVE)),
		ON(NONE)      = GO(FREE,     0),
		ON(SOME)      = GO(SHARED,   DO(DISARM) | DO(TELL)),
		ON(ALL)       = GO(FULL,     DO(DISARM) | DO(TELL)),
		ON(T4)        = GO(FREE,     DO(INACTIVE)),
		ON(T7)        = GO(FREE,     DO(IDLE)),
	},
	[FLOOR_STATE_SHARED] = {
		ON(ASKED)     = GO(SHARED,   DO(GRANT)),
		ON(FREED)     = GO(SHARED,   DO(SERVE)),
		ON(NONE)      = GO(FREE,     DO(ARM) | DO(TELL)),
		ON(SOME)      = GO(SHARED,   DO(TELL)),
		ON(ALL)       = GO(FULL,     DO(TELL)),
		ON(STOPPING)  = GO(SHARED,   0),
	},
	[FLOOR_STATE_FULL] = {
		ON(ASKED)     = GO(FULL,     DO(QUEUE)),
		ON(OUTRANKED) = GO(FULL,     DO(PREEMPT)),
		ON(FREED)     = GO(FULL,     DO(SERVE)),
		ON(NONE)      = GO(FREE,     DO(ARM) | DO(TELL)),
		ON(SOME)      = GO(SHARED,   DO(TELL)),
		ON(ALL)       = GO(FULL,     DO(TELL)),
		ON(STOPPING)  = GO(REVOKING, 0),
	},
	[FLOOR_STATE_REVOKING] = {
		ON(ASKED)     = GO(REVOKING, DO(QUEUE)),
		ON(OUTRANKED) = GO(REVOKING, DO(PREEMPT)),
		ON(FREED)     = GO(REVOKING, DO(SERVE)),
		ON(NONE)      = GO(FREE,     DO(ARM) | DO(TELL)),
		ON(SOME)      = GO(SHARED,   DO(TELL)),
		ON(ALL)       = GO(FULL,     DO(TELL)),
		ON(STOPPING)  = GO(REVOKING, 0),
	},
};
/* clang-format on */

const char *const floor_state_names[FLOOR_STATE_COUNT] = {
#define ROW(name) #name,
	FLOOR_STATES(ROW)
#undef ROW
};

const char *const floor_event_names[FLOOR_EVENT_COUNT] = {
#define ROW(name) #name,
	FLOOR_EVENTS(ROW)
#undef ROW
};

/* ---- actions ---- */

static void arm_inactive(struct floor *floor, uint64_t from_ms)
{
	uint32_t after_ms = floor->settings.inactive_ms;
	floor->inactive_ms = after_ms ? from_ms + after_ms : FLOOR_NEVER;
}

/* C7 counts the first Idle, too. */
static void arm_idle(struct floor *floor, uint64_t now_ms)
{
	const struct floor_settings *settings = &floor->settings;
	bool is_again = settings->idle_again_ms && floor->idle_count < settings->idle_most;
	floor->idle_ms = is_again ? now_ms + settings->idle_again_ms : FLOOR_NEVER;
}

static void do_idle(struct floor *floor, uint64_t now_ms)
{
	floor->idle_count++;
	say_status_others(floor);
	arm_idle(floor, now_ms);
}

static void do_inactive(struct floor *floor, uint64_t now_ms)
{
	arm_inactive(floor, now_ms);
	floor->hooks->inactive(floor);
}

static void do_arm(struct floor *floor, uint64_t now_ms)
{
	floor->idle_count = 1;
	arm_idle(floor, now_ms);
	arm_inactive(floor, floor->closed_ms);
}

void general_rearm(struct floor *floor, uint64_t now_ms)
{
	if (floor->state != FLOOR_STATE_FREE)
		return;
	arm_idle(floor, now_ms);
	arm_inactive(floor, floor->closed_ms);
}

static void do_requests(
	struct floor *floor, unsigned actions, struct floor_member *member, uint64_t now_ms)
{
	if (actions & DO(GRANT))
		participant_step(floor, member, FLOOR_MEMBER_EVENT_GRANT, now_ms);
	if (actions & DO(QUEUE))
		decide_queue(floor, member, now_ms);
	if (actions & DO(PREEMPT))
		decide_preempt(floor, member, now_ms);
}

void general_step(
	struct floor *floor, enum floor_event event, struct floor_member *member, uint64_t now_ms)
{
	const struct floor_cell *cell = &floor_cells[floor->state][event];
	if (!cell->live)
		return;
	floor->state = cell->next;
	do_requests(floor, cell->actions, member, now_ms);
	if (cell->actions & DO(SERVE))
		decide_serve(floor, now_ms);
	if (cell->actions & DO(DISARM))
		floor->inactive_ms = floor->idle_ms = FLOOR_NEVER;
	if (cell->actions & DO(ARM))
		do_arm(floor, now_ms);
	if (cell->actions & DO(TELL))
		say_status_others(floor);
	if (cell->actions & DO(IDLE))
		do_idle(floor, now_ms);
	if (cell->actions & DO(INACTIVE))
		do_inactive(floor, now_ms);
}

static enum floor_event how_many_talk(const struct floor *floor)
{
	if (floor->holder_count == 0)
		return FLOOR_EVENT_NONE;
	return floor->holder_count < floor->settings.talkers ? FLOOR_EVENT_SOME : FLOOR_EVENT_ALL;
}

void general_announce(struct floor *floor, uint64_t now_ms)
{
	general_step(floor, how_many_talk(floor), NULL, now_ms);
	if (floor->stopping_count > 0)
		general_step(floor, FLOOR_EVENT_STOPPING, NULL, now_ms);
}

void general_freed(struct floor *floor, uint64_t now_ms)
{
	uint64_t grants = floor->grants;
	general_step(floor, FLOOR_EVENT_FREED, NULL, now_ms);
	if (floor->grants == grants) /* a grant has announced it */
		general_announce(floor, now_ms);
}
