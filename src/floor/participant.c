/* SPDX-License-Identifier: Apache-2.0 */
/* participant.c: what is said to one member of a group and whether it is heard (TS 24.380 §6.3.5).
 */
#include "floor/private.h"

/*
 *      +------+   join: Taken or Idle   +---------+  packet: Revoke 3    +----------+
 *      | GONE |------------------------>| LISTENS |--------------------->| INTRUDES |--+ T8:
 *      +------+                         |         |<---------------------|          |  | Revoke
 *         A  leave, from every state    +---------+  quiet, release      +----------+<-+
 *                                request |  A   A                          | request
 *                                        V  |   |                          |
 *                         release, Deny  +---------+<----------------------+
 *                     +------------------|  ASKS   |  decided at the end of the tick
 *                     |                  +---------+
 *                     |     taken, queue  |   |   |  it takes the place of another
 *                     |        +----------+   |   +------------+
 *                     |        V              |                V
 *                     |    +-------+  outranked, then    +--------+
 *                     |<---| WAITS |<--------------------|  NEXT  |--> release, Deny: LISTENS
 *                     |    +-------+  queued |           +--------+
 *                     |        | its turn    | Granted        | the place is free
 *                     |        +-----------> V <--------------+
 *                     |              +-----------+<---------------------+ request: Granted
 *                     |<-------------| PERMITTED |--------+             |
 *                     |  release, T1,+-----------+        | release,    |
 *                     |  cut               |              | hang time   |
 *                     |        Revoke, T3  V              V             |
 *                     |              +----------+     +----------+      |
 *                     |<-------------| STOPPING |     | RESERVED |------+
 *                     |  release, T1,|          |--+  |          |
 *                     V  T3          +----------+  |  +----------+
 *                  LISTENS            A            |       | the hang time is over
 *                                     +--T8: Revoke+       V
 *                                                       LISTENS
 *
 * A request with a higher rank from WAITS or NEXT is a new one (ASKS). Where a talker without
 * floor packets must stop there is no STOPPING: it is cut. A member that is in no need of it has no
 * state of its own for "floor idle" and "floor taken": 500 listeners do not move with each talker.
 *
 * Left by a timer: ASKS (at once), PERMITTED (T1, T2), STOPPING (T3), RESERVED (hang), INTRUDES
 * (T8). Not by one: GONE; LISTENS, until it asks; WAITS and NEXT, until those who talk are ended
 * by T1, T2 or T3. Of a talker in an emergency T2 does not count: T1, release and Revoke remain.
 */
#define GO(state, what)                            \
	{                                          \
		FLOOR_MEMBER_##state, true, (what) \
	}
#define ON(event)  [FLOOR_MEMBER_EVENT_##event]
#define DO(action) FLOOR_MEMBER_DO_##action
#define GRANT_HELD (DO(OPEN) | DO(T20))
#define TAKEN_AWAY (DO(REVOKE) | DO(CLOSE) | DO(BEEPS) | DO(FREED))
#define GIVEN_BACK (DO(CLOSE) | DO(FREED))

/* clang-format off */
const struct floor_cell floor_member_cells[FLOOR_MEMBER_STATE_COUNT][FLOOR_MEMBER_EVENT_COUNT] = {
	[FLOOR_MEMBER_GONE] = {
		ON(JOIN)     = GO(LISTENS,   DO(STATUS)),
	},
	[FLOOR_MEMBER_LISTENS] = {
		ON(LEAVE)    = GO(GONE,      0),
		ON(REQUEST)  = GO(ASKS,      0),
		ON(RELEASE)  = GO(LISTENS,   DO(STATUS)),
		ON(POSITION) = GO(LISTENS,   DO(POSITION)),
		ON(MEDIA)    = GO(INTRUDES,  DO(REVOKE) | DO(T8)),
		ON(GRANT)    = GO(PERMITTED, GRANT_HELD),
		ON(PROMISE)  = GO(NEXT,      0),
	},
	[FLOOR_MEMBER_ASKS] = {
		ON(LEAVE)    = GO(GONE,      0),
		ON(REQUEST)  = GO(ASKS,      0),
		ON(RELEASE)  = GO(LISTENS,   DO(STATUS)),
		ON(POSITION) = GO(ASKS,      DO(POSITION)),
		ON(GRANT)    = GO(PERMITTED, DO(OPEN)),
		ON(ENQUEUE)  = GO(WAITS,     0),
		ON(PROMISE)  = GO(NEXT,      0),
		ON(REFUSE)   = GO(LISTENS,   DO(DENY)),
	},
	[FLOOR_MEMBER_WAITS] = {
		ON(LEAVE)    = GO(GONE,      0),
		ON(REQUEST)  = GO(WAITS,     DO(POSITION)),
		ON(RAISE)    = GO(ASKS,      0),
		ON(RELEASE)  = GO(LISTENS,   DO(STATUS)),
		ON(POSITION) = GO(WAITS,     DO(POSITION)),
		ON(MEDIA)    = GO(WAITS,     DO(REVOKE) | DO(T8)),
		ON(GRANT)    = GO(PERMITTED, GRANT_HELD),
		ON(PROMISE)  = GO(NEXT,      0),
		ON(REFUSE)   = GO(LISTENS,   DO(DENY)),
	},
	[FLOOR_MEMBER_NEXT] = {
		ON(LEAVE)    = GO(GONE,      0),
		ON(REQUEST)  = GO(NEXT,      DO(POSITION)),
		ON(RAISE)    = GO(ASKS,      0),
		ON(RELEASE)  = GO(LISTENS,   DO(STATUS)),
		ON(POSITION) = GO(NEXT,      DO(POSITION)),
		ON(MEDIA)    = GO(NEXT,      DO(REVOKE) | DO(T8)),
		ON(GRANT)    = GO(PERMITTED, GRANT_HELD),
		ON(ENQUEUE)  = GO(WAITS,     0),
		ON(REFUSE)   = GO(LISTENS,   DO(DENY)),
	},
	[FLOOR_MEMBER_PERMITTED] = {
		ON(LEAVE)    = GO(GONE,      GIVEN_BACK),
		ON(REQUEST)  = GO(PERMITTED, DO(GRANTED)),
		ON(RAISE)    = GO(PERMITTED, DO(GRANTED)),
		ON(RELEASE)  = GO(LISTENS,   GIVEN_BACK | DO(ROGER)),
		ON(KEEP)     = GO(RESERVED,  DO(CLOSE) | DO(ROGER) | DO(HANG) | DO(STATUS)),
		ON(POSITION) = GO(PERMITTED, DO(POSITION)),
		ON(MEDIA)    = GO(PERMITTED, DO(TALK)),
		ON(GRANT)    = GO(PERMITTED, DO(GRANTED)),
		ON(STOP)     = GO(STOPPING,  DO(REVOKE) | DO(T3)),
		ON(CUT)      = GO(LISTENS,   TAKEN_AWAY),
		ON(T1)       = GO(LISTENS,   GIVEN_BACK | DO(BEEPS)),
		ON(NEARLY)   = GO(PERMITTED, DO(WARN)),
		ON(T20)      = GO(PERMITTED, DO(GRANTED) | DO(T20)),
	},
	[FLOOR_MEMBER_STOPPING] = {
		ON(LEAVE)    = GO(GONE,      GIVEN_BACK),
		ON(RELEASE)  = GO(LISTENS,   GIVEN_BACK),
		ON(KEEP)     = GO(LISTENS,   GIVEN_BACK),
		ON(POSITION) = GO(STOPPING,  DO(POSITION)),
		ON(CUT)      = GO(LISTENS,   TAKEN_AWAY),
		ON(T1)       = GO(LISTENS,   GIVEN_BACK | DO(BEEPS)),
		ON(T3)       = GO(LISTENS,   GIVEN_BACK | DO(BEEPS)),
		ON(T8)       = GO(STOPPING,  DO(REVOKE) | DO(T8)),
	},
	[FLOOR_MEMBER_RESERVED] = {
		ON(LEAVE)    = GO(GONE,      DO(FREED)),
		ON(REQUEST)  = GO(PERMITTED, DO(OPEN)),
		ON(RELEASE)  = GO(RESERVED,  DO(STATUS)),
		ON(KEEP)     = GO(RESERVED,  DO(STATUS)),
		ON(POSITION) = GO(RESERVED,  DO(POSITION)),
		ON(MEDIA)    = GO(RESERVED,  DO(REVOKE) | DO(T8)),
		ON(GRANT)    = GO(PERMITTED, GRANT_HELD),
		ON(CUT)      = GO(LISTENS,   DO(FREED)),
		ON(HANG)     = GO(LISTENS,   DO(FREED)),
	},
	[FLOOR_MEMBER_INTRUDES] = {
		ON(LEAVE)    = GO(GONE,      0),
		ON(REQUEST)  = GO(ASKS,      0),
		ON(RELEASE)  = GO(LISTENS,   DO(STATUS)),
		ON(POSITION) = GO(INTRUDES,  DO(POSITION)),
		ON(GRANT)    = GO(PERMITTED, GRANT_HELD),
		ON(PROMISE)  = GO(NEXT,      0),
		ON(T8)       = GO(INTRUDES,  DO(REVOKE) | DO(T8)),
		ON(QUIET)    = GO(LISTENS,   0),
	},
};
/* clang-format on */

const char *const floor_member_state_names[FLOOR_MEMBER_STATE_COUNT] = {
#define ROW(name) #name,
	FLOOR_MEMBER_STATES(ROW)
#undef ROW
};

const char *const floor_member_event_names[FLOOR_MEMBER_EVENT_COUNT] = {
#define ROW(name) #name,
	FLOOR_MEMBER_EVENTS(ROW)
#undef ROW
};

/* ---- the lists follow the states ---- */

static bool has_place(unsigned state)
{
	return state == FLOOR_MEMBER_PERMITTED || state == FLOOR_MEMBER_STOPPING ||
	       state == FLOOR_MEMBER_RESERVED;
}

static void count(struct floor *floor, unsigned state, int change)
{
	floor->holder_count = (uint16_t)(floor->holder_count + change * has_place(state));
	floor->stopping_count =
		(uint16_t)(floor->stopping_count + change * (state == FLOOR_MEMBER_STOPPING));
	floor->next_count = (uint16_t)(floor->next_count + change * (state == FLOOR_MEMBER_NEXT));
	floor->queue_count =
		(uint16_t)(floor->queue_count + change * (state == FLOOR_MEMBER_WAITS));
}

static void enter_list(struct floor *floor, struct floor_member *member, unsigned state)
{
	switch ((enum floor_member_state)state) {
	case FLOOR_MEMBER_ASKS:
		rank_into_asks(floor, member);
		break;
	case FLOOR_MEMBER_WAITS:
		rank_into_waiting(&floor->queue, member);
		break;
	case FLOOR_MEMBER_NEXT:
		rank_into_waiting(&floor->next, member);
		break;
	case FLOOR_MEMBER_PERMITTED:
	case FLOOR_MEMBER_STOPPING:
	case FLOOR_MEMBER_RESERVED:
		list_push_tail(&floor->holders, &member->in_list);
		break;
	case FLOOR_MEMBER_INTRUDES:
		list_push_tail(&floor->intruders, &member->in_list);
		break;
	case FLOOR_MEMBER_GONE:
	case FLOOR_MEMBER_LISTENS:
	case FLOOR_MEMBER_STATE_COUNT:
		break;
	}
}

/* A holder keeps its place in the list of holders, whatever kind it becomes, and who asks is put in
 * anew each time, because its rank may be another. */
static bool stays_in_list(unsigned from, unsigned to)
{
	return (has_place(from) && has_place(to)) ||
	       (from == to && from != FLOOR_MEMBER_ASKS && from != FLOOR_MEMBER_INTRUDES);
}

static bool is_waiting(unsigned state)
{
	return state == FLOOR_MEMBER_WAITS || state == FLOOR_MEMBER_NEXT;
}

static void move(struct floor *floor, struct floor_member *member, unsigned to)
{
	unsigned from = member->state;
	if (!stays_in_list(from, to)) {
		list_remove(&member->in_list);
		enter_list(floor, member, to);
	}
	count(floor, from, -1);
	count(floor, to, 1);
	if (is_waiting(from) != is_waiting(to) || (is_waiting(from) && from != to)) {
		floor->is_queue_changed = floor->is_changed = true;
		if (!is_waiting(to))
			member->place_told = 0;
	}
	if (from == FLOOR_MEMBER_RESERVED || to == FLOOR_MEMBER_RESERVED)
		floor->is_changed = true;
	member->state = (uint8_t)to;
}

void participant_set_gate(struct floor_member *member)
{
	unsigned gate = 0;
	switch ((enum floor_member_state)member->state) {
	case FLOOR_MEMBER_PERMITTED: /* T2 counts from the first packet */
		gate = FLOOR_GATE_OPEN | (member->talking_ms ? 0 : FLOOR_GATE_ASK);
		break;
	case FLOOR_MEMBER_STOPPING:
		gate = FLOOR_GATE_OPEN;
		break;
	case FLOOR_MEMBER_LISTENS:
	case FLOOR_MEMBER_WAITS:
	case FLOOR_MEMBER_NEXT:
	case FLOOR_MEMBER_RESERVED: /* an open microphone can be told so */
		gate = member->terms.has_packets ? FLOOR_GATE_ASK : 0;
		break;
	case FLOOR_MEMBER_GONE:
	case FLOOR_MEMBER_ASKS:
	case FLOOR_MEMBER_INTRUDES: /* media_ms is enough */
	case FLOOR_MEMBER_STATE_COUNT:
		break;
	}
	member->gate = (uint8_t)gate;
}

/* ---- actions ---- */

static void do_close(struct floor *floor, struct floor_member *member, uint64_t now_ms)
{
	floor->closed_ms = now_ms;
	floor->is_changed = true;
	floor->hooks->closed(floor, member, (enum floor_why)member->why);
}

static void do_open(struct floor *floor, struct floor_member *member, uint64_t now_ms)
{
	member->granted = ++floor->grants;
	member->granted_ms = now_ms;
	member->talking_ms = 0;
	member->again_ms = FLOOR_NEVER;
	member->is_warned = false;
	member->granted_count = 0;
	floor->is_changed = true;
	participant_set_gate(member);
	floor->hooks->opened(floor, member);
	say_granted(floor, member, now_ms);
	floor->hooks->tone(floor, member, FLOOR_TONE_GRANTED);
	general_announce(floor, now_ms);
}

/* C20 counts the first Granted, too. */
static void do_t20(struct floor *floor, struct floor_member *member, uint64_t now_ms)
{
	const struct floor_settings *settings = &floor->settings;
	member->granted_count++;
	bool is_again = member->terms.has_packets && settings->granted_again_ms &&
			member->granted_count < settings->granted_most;
	member->again_ms = is_again ? now_ms + settings->granted_again_ms : FLOOR_NEVER;
}

static void do_t8(struct floor *floor, struct floor_member *member, uint64_t now_ms)
{
	member->again_ms = now_ms + floor->settings.revoke_again_ms;
	if (member->state == FLOOR_MEMBER_INTRUDES)
		member->stop_ms = now_ms;
}

static void do_t3(struct floor *floor, struct floor_member *member, uint64_t now_ms)
{
	member->stop_ms = now_ms + floor->settings.grace_ms;
	do_t8(floor, member, now_ms);
	general_step(floor, FLOOR_EVENT_STOPPING, NULL, now_ms);
}

static void do_hang(struct floor *floor, struct floor_member *member, uint64_t now_ms)
{
	member->stop_ms = now_ms + floor->settings.hang_ms;
	member->again_ms = now_ms;
}

static void do_talk(struct floor_member *member, uint64_t now_ms)
{
	member->talking_ms = MAX(now_ms, 1);
	member->again_ms = FLOOR_NEVER;
	participant_set_gate(member);
}

static void do_warn(struct floor *floor, struct floor_member *member)
{
	member->is_warned = true;
	floor->hooks->tone(floor, member, FLOOR_TONE_NEARLY_OVER);
}

static void do_deny(struct floor *floor, struct floor_member *member)
{
	floor->denied++;
	say_deny(floor, member, member->cause);
	floor->hooks->tone(floor, member, FLOOR_TONE_DENIED);
}

/* What a place that is given up or taken away comes with. */
static void do_ends(
	struct floor *floor, struct floor_member *member, unsigned actions, uint64_t now_ms)
{
	if (actions & DO(REVOKE))
		say_revoke(floor, member);
	if (actions & DO(CLOSE))
		do_close(floor, member, now_ms);
	if (actions & DO(BEEPS))
		floor->hooks->tone(floor, member, FLOOR_TONE_REVOKED);
	if (actions & DO(ROGER))
		floor->hooks->tone(floor, member, FLOOR_TONE_ROGER);
}

static void do_begins(
	struct floor *floor, struct floor_member *member, unsigned actions, uint64_t now_ms)
{
	if (actions & DO(OPEN))
		do_open(floor, member, now_ms);
	if (actions & DO(T20))
		do_t20(floor, member, now_ms);
	if (actions & DO(T8))
		do_t8(floor, member, now_ms);
	if (actions & DO(T3))
		do_t3(floor, member, now_ms);
	if (actions & DO(HANG))
		do_hang(floor, member, now_ms);
	if (actions & DO(TALK))
		do_talk(member, now_ms);
	if (actions & DO(WARN))
		do_warn(floor, member);
}

static void do_answers(
	struct floor *floor, struct floor_member *member, unsigned actions, uint64_t now_ms)
{
	if (actions & DO(GRANTED))
		say_granted(floor, member, now_ms);
	if (actions & DO(DENY))
		do_deny(floor, member);
	if (actions & DO(POSITION))
		say_position(floor, member);
	if (actions & DO(STATUS))
		floor_say_status(floor, member);
	if (actions & DO(FREED))
		general_freed(floor, now_ms);
}

void participant_step(struct floor *floor, struct floor_member *member,
	enum floor_member_event event, uint64_t now_ms)
{
	const struct floor_cell *cell = &floor_member_cells[member->state][event];
	if (!cell->live)
		return;
	move(floor, member, cell->next);
	participant_set_gate(member);
	do_ends(floor, member, cell->actions, now_ms);
	do_begins(floor, member, cell->actions, now_ms);
	do_answers(floor, member, cell->actions, now_ms);
}
