/* SPDX-License-Identifier: Apache-2.0 */
/* floor.h: who may talk in a group: one arbiter for every kind of button (TS 24.380 §6.3). */
#ifndef FLOOR_FLOOR_H
#define FLOOR_FLOOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/macros.h"

/*
 * Pure: time is passed in (monotonic milliseconds), what is to be said and which stream is heard
 * goes out through hooks. No sockets, no SSRCs, no bytes, no allocation, no capacity of its own:
 * members are structs inside the caller's.
 *
 * The user's loop: feed what came (floor_request, floor_release, floor_media ...), and at the end
 * of the batch, when `floor_deadline(floor) <= now`, call floor_due. Requests are only noted until
 * then: those that came in one tick are decided together, so that the winner does not depend on
 * which packet was read first (the higher rank, then who joined first).
 */

struct floor;
struct floor_member;

#define FLOOR_NEVER UINT64_MAX

/* ---- what the group is like ---- */

enum floor_preempt {
	FLOOR_PREEMPT_NEVER,
	FLOOR_PREEMPT_EMERGENCY, /* only an emergency takes the floor from one who talks */
	FLOOR_PREEMPT_PRIORITY,  /* and a higher priority */
};

/* Milliseconds. Zero turns a timer off, but for T1 and T8 (zero: the default) and T3 (no grace). */
struct floor_settings {
	uint16_t talkers;          /* who may hold the floor at once; 0 counts as 1 */
	uint16_t queue;            /* places; 0: a request is denied when the floor is taken */
	uint8_t preempt;           /* enum floor_preempt */
	bool is_broadcast;         /* only the originator talks */
	uint32_t max_talk_ms;      /* T2, from the talker's first packet */
	uint32_t hang_ms;          /* how long the floor stays reserved for who released it */
	uint32_t warning_ms;       /* before T2's end, when T2 is longer */
	uint32_t end_of_rtp_ms;    /* T1 */
	uint32_t grace_ms;         /* T3 */
	uint32_t inactive_ms;      /* T4, from the last release or the opening */
	uint32_t idle_again_ms;    /* T7 */
	uint32_t revoke_again_ms;  /* T8 */
	uint32_t granted_again_ms; /* T20 */
	uint8_t idle_most;         /* C7, the first included */
	uint8_t granted_most;      /* C20, the first included */
};

/* The defaults of TS 24.380 §11 and of a group: one talker, 8 places, T7 off. */
extern const struct floor_settings floor_settings_default;

/* ---- what is said ---- */

/* The numbers are the subtypes of TS 24.380 §8.2.2. */
enum floor_word {
	FLOOR_GRANTED = 1,
	FLOOR_TAKEN = 2,
	FLOOR_DENY = 3,
	FLOOR_IDLE = 5,
	FLOOR_REVOKE = 6,
	FLOOR_POSITION = 9, /* Floor Queue Position Info */
};

/* Reject causes, two name spaces (§8.2). */
enum floor_deny_cause {
	FLOOR_DENY_TAKEN = 1,
	FLOOR_DENY_INTERNAL = 2,
	FLOOR_DENY_ALONE = 3,
	FLOOR_DENY_RETRY_AFTER = 4,
	FLOOR_DENY_RECEIVE_ONLY = 5,
	FLOOR_DENY_RESOURCES = 6,
	FLOOR_DENY_QUEUE_FULL = 7,
	FLOOR_DENY_OTHER = 255,
};

enum floor_revoke_cause {
	FLOOR_REVOKE_ALONE = 1,
	FLOOR_REVOKE_TOO_LONG = 2,
	FLOOR_REVOKE_NO_PERMISSION = 3,
	FLOOR_REVOKE_PREEMPTED = 4,
	FLOOR_REVOKE_RESOURCES = 6,
	FLOOR_REVOKE_OTHER = 255,
};

/* Floor Indicator (§8.2.3.15): the type of the call, never a member's rank. */
#define FLOOR_INDICATOR_NORMAL    0x8000
#define FLOOR_INDICATOR_BROADCAST 0x4000
#define FLOOR_INDICATOR_EMERGENCY 0x1000
#define FLOOR_INDICATOR_PERIL     0x0800
#define FLOOR_INDICATOR_QUEUEING  0x0400
#define FLOOR_INDICATOR_MULTI     0x0080 /* more than one may talk */

#define FLOOR_POSITION_NONE    254   /* not queued */
#define FLOOR_POSITION_UNKNOWN 255   /* further back than a position can say */
#define FLOOR_UNLIMITED_S      65535 /* Duration of a talker whom T2 does not end */

/* Good during the hook. */
struct floor_saying {
	uint8_t word;                     /* enum floor_word */
	uint8_t priority;                 /* GRANTED, POSITION */
	uint8_t position;                 /* POSITION: 1 is next */
	bool is_unsaid;                   /* POSITION: it waits, and its client knows no queue */
	bool may_request;                 /* TAKEN; see floor_may_request for one member */
	uint16_t cause;                   /* DENY, REVOKE */
	uint16_t duration_s;              /* GRANTED: what is left of T2, rounded down */
	uint16_t sequence;                /* TAKEN, IDLE; counts per floor, wraps */
	uint16_t indicator;               /* all */
	const struct floor_member *party; /* TAKEN: who talks */
};

/* For members that cannot read; the user decides who hears them. */
#define FLOOR_TONES(ROW)                                       \
	ROW(GRANTED)                                           \
	ROW(DENIED)                                            \
	ROW(QUEUED)                                            \
	ROW(REVOKED)     /* the floor was taken away */        \
	ROW(NEARLY_OVER) /* warning_ms before the end of T2 */ \
	ROW(ROGER)       /* to who has released: it was understood */

enum floor_tone {
#define ROW(name) FLOOR_TONE_##name,
	FLOOR_TONES(ROW)
#undef ROW
		FLOOR_TONE_COUNT,
};

/* Why a member is not heard any more. */
#define FLOOR_WHYS(ROW)                                                                \
	ROW(RELEASED, "released")                                                      \
	ROW(SILENT, "silent")             /* T1: no packet came */                     \
	ROW(MAX_TALK, "max-talk")         /* T2 */                                     \
	ROW(PREEMPTED, "preempted")       /* by a higher rank */                       \
	ROW(GRANTED_AWAY, "granted-away") /* a dispatcher gave the floor to another */ \
	ROW(REVOKED, "revoked")           /* by a dispatcher */                        \
	ROW(MUTED, "muted")                                                            \
	ROW(LEFT, "left")                                                              \
	ROW(SETTINGS, "settings") /* fewer talkers, or broadcast */

enum floor_why {
#define ROW(name, text) FLOOR_WHY_##name,
	FLOOR_WHYS(ROW)
#undef ROW
		FLOOR_WHY_COUNT,
};

extern const char *const floor_why_names[FLOOR_WHY_COUNT];
extern const char *const floor_tone_names[FLOOR_TONE_COUNT];

/*
 * What the user does. All must be set. A hook must not call the floor; it may read it. `say` is
 * called for members without floor packets as well: who pressed by INFO, MESSAGE or the control
 * interface is answered out of it (GRANTED, DENY, POSITION). All of it may come more than once.
 */
struct floor_hooks {
	void (*say)(struct floor *floor, struct floor_member *member,
		const struct floor_saying *saying);
	/* TAKEN or IDLE to every member for which floor_is_holder is false. */
	void (*say_others)(struct floor *floor, const struct floor_saying *saying);
	void (*tone)(struct floor *floor, struct floor_member *member, enum floor_tone tone);
	/* `member` is heard from now on; `trigger` and `granted_ms` of it are set. */
	void (*opened)(struct floor *floor, struct floor_member *member);
	/* It is not heard any more; called once for each `opened`. */
	void (*closed)(struct floor *floor, struct floor_member *member, enum floor_why why);
	/* T4: nobody has talked for inactive_ms. Said again after each further inactive_ms. */
	void (*inactive)(struct floor *floor);
	/* Who talks, who waits or the emergency has changed: once for each input at most. */
	void (*changed)(struct floor *floor);
};

/* ---- a member ---- */

/* One participant's states (§6.3.5); participant.c has the drawing. LISTENS is both "not permitted
 * and Floor Idle" and "not permitted and Floor Taken": which, the floor's state says. */
#define FLOOR_MEMBER_STATES(ROW)                                        \
	ROW(GONE)      /* "Start-stop": not in the group */             \
	ROW(LISTENS)   /* not permitted */                              \
	ROW(ASKS)      /* asked in this tick, not decided yet */        \
	ROW(WAITS)     /* in the queue */                               \
	ROW(NEXT)      /* a talker is being stopped for it */           \
	ROW(PERMITTED) /* holds the floor, heard */                     \
	ROW(STOPPING)  /* "pending Floor Revoke": heard during T3 */    \
	ROW(RESERVED)  /* released; nobody else may talk for a while */ \
	ROW(INTRUDES)  /* "not permitted but sends media" */

enum floor_member_state {
#define ROW(name) FLOOR_MEMBER_##name,
	FLOOR_MEMBER_STATES(ROW)
#undef ROW
		FLOOR_MEMBER_STATE_COUNT,
};

#define FLOOR_GATE_OPEN 1 /* its media are forwarded */
#define FLOOR_GATE_ASK  2 /* the machine wants to know of the next packet */

/* How a button was pressed. Zeroed: asks with the member's own priority, or not at all. */
struct floor_ask {
	uint8_t trigger;  /* the user's word for the kind of button; kept in the member */
	uint8_t priority; /* only if has_priority; capped by the member's */
	bool has_priority;
	bool is_emergency; /* counts only from a member that may declare one */
	bool is_peril;     /* imminent peril: shown, takes nothing from anybody */
	bool may_queue;    /* voice activity: no */
	bool may_preempt;  /* voice activity: no */
	bool is_toggle;    /* pressed again: gives back, or leaves the queue */
};

/* What is known of a member before it joins; the user may change it later by floor_member_set. */
struct floor_terms {
	uint8_t priority; /* the cap, and what it asks with when it does not say */
	bool has_packets; /* speaks TS 24.380: told by Revoke, has the grace of T3; one that
			     does not is cut at once */
	bool can_queue;   /* mc_queueing, or a phone */
	bool is_listen_only;
	bool may_declare_emergency;
};

/* Owner: the user, inside its own struct; zeroed before the first floor_join. Its floor writes it.
 * Thread: the floor's. */
struct floor_member {
	/* read for each packet */
	uint64_t media_ms; /* its latest packet that the machine did not ask for */
	uint32_t dropped;  /* packets that came without the floor */
	uint8_t gate;      /* FLOOR_GATE_* */
	uint8_t state;     /* enum floor_member_state */
	/* of its request, or of the floor that it holds */
	uint8_t priority; /* capped */
	bool is_emergency, is_peril;
	uint8_t trigger; /* as asked */
	bool may_queue, may_preempt;
	/* terms */
	bool is_muted; /* by a dispatcher: may not ask */
	struct floor_terms terms;
	/* while it holds the floor, waits or intrudes */
	uint8_t why;           /* it is being stopped: what it will end with */
	uint8_t cause;         /* what Deny or Revoke says */
	uint8_t granted_count; /* C20 */
	uint8_t place_told;    /* the queue position said last; 0 none */
	bool is_warned;        /* that T2 is nearly over */
	uint64_t joined;       /* counts joins of this floor: the smaller, the longer in it */
	uint64_t asked;        /* counts requests that were decided: the smaller, the earlier */
	uint64_t granted;      /* counts grants of this floor: the larger, the later */
	uint64_t granted_ms;   /* when it got the floor; T1 counts from it, or from media_ms */
	uint64_t talking_ms;   /* its first packet with the floor, T2 counts from it; 0 none yet */
	uint64_t stop_ms;  /* T3, or the end of the reservation; of one who intrudes: last Revoke */
	uint64_t again_ms; /* T8 or T20; FLOOR_NEVER */
	uint64_t released_ms; /* its last release; 0 none */
	struct list in_floor; /* floor->members */
	struct list in_list;  /* floor->asks, next, queue, holders or intruders, by its state */
};

static inline struct floor_member *floor_member_of(struct list *in_list)
{
	return container_of(in_list, struct floor_member, in_list);
}

static inline struct floor_member *floor_member_in(struct list *in_floor)
{
	return container_of(in_floor, struct floor_member, in_floor);
}

/* Is it heard? */
static inline bool floor_is_holder(const struct floor_member *member)
{
	return member->state == FLOOR_MEMBER_PERMITTED || member->state == FLOOR_MEMBER_STOPPING;
}

static inline bool floor_is_waiting(const struct floor_member *member)
{
	return member->state == FLOOR_MEMBER_WAITS || member->state == FLOOR_MEMBER_NEXT;
}

/* ---- the floor ---- */

/* The group's states (§6.3.4); general.c has the drawing. */
#define FLOOR_STATES(ROW)                                        \
	ROW(STOPPED)  /* "Start-stop": nobody is in the group */ \
	ROW(FREE)     /* "Floor Idle" */                         \
	ROW(SHARED)   /* some talk and one more may */           \
	ROW(FULL)     /* "Floor Taken": as many talk as may */   \
	ROW(REVOKING) /* "pending Floor Revoke": one of them must stop */

enum floor_state {
#define ROW(name) FLOOR_STATE_##name,
	FLOOR_STATES(ROW)
#undef ROW
		FLOOR_STATE_COUNT,
};

/* Owner: the user, one thread. Read as you like; only the functions below write. */
struct floor {
	uint64_t deadline_ms;  /* FLOOR_NEVER: nothing is due */
	uint8_t state;         /* enum floor_state */
	bool is_emergency;     /* until it is cleared */
	bool is_changed;       /* the hook `changed` is owed */
	bool is_queue_changed; /* places are to be told */
	bool is_status_owed;   /* Taken or Idle to all others, behind the answer to who asked */
	uint8_t idle_count;    /* C7 */
	uint16_t sequence;     /* of the last TAKEN or IDLE */
	uint32_t member_count;
	uint16_t holder_count, stopping_count, next_count, queue_count;
	struct floor_settings settings;
	const struct floor_hooks *hooks;
	struct list members;   /* longest joined first */
	struct list asks;      /* to be decided at the end of the tick */
	struct list next;      /* highest rank first; one for each that is being stopped, at most */
	struct list queue;     /* by rank, then `asked`; behind `next` */
	struct list holders;   /* have a place: PERMITTED, STOPPING, RESERVED; oldest grant first */
	struct list intruders; /* oldest T8 first */
	/* of a broadcast group: the longest joined of those who may talk */
	struct floor_member *originator;
	uint64_t joins, requests, grants; /* ever */
	uint64_t closed_ms;               /* when a talker was heard last; T4 counts from it */
	uint64_t inactive_ms, idle_ms;    /* T4, T7 are due; FLOOR_NEVER */
	uint64_t denied, preempted;       /* ever */
	uint64_t intrusions;              /* ever: Revoke 3 to one who did not send before */
};

/* An empty floor. `hooks` must outlive it. */
void floor_init(struct floor *floor, const struct floor_settings *settings,
	const struct floor_hooks *hooks);

/* Other settings, now: who is too many is cut (Revoke 255, no grace) or denied. */
void floor_set(struct floor *floor, const struct floor_settings *settings, uint64_t now_ms);

/* A member comes in: it is told who talks (Taken), or that nobody does (Idle). The first one opens
 * the floor. `member` is zeroed memory, or was in a floor and left it. */
void floor_join(struct floor *floor, struct floor_member *member, const struct floor_terms *terms,
	uint64_t now_ms);

/* Other terms, as after a re-INVITE. Who may not talk any more loses the floor. */
void floor_member_set(struct floor *floor, struct floor_member *member,
	const struct floor_terms *terms, uint64_t now_ms);

/* A member goes, at any time; nothing is said to it. Harmless on one that is not in. */
void floor_leave(struct floor *floor, struct floor_member *member, uint64_t now_ms);

/* A button was pressed. Decided by the next floor_due, which is due at once; then `say` brings
 * GRANTED, DENY or POSITION. Who talks or waits already is answered at once. */
void floor_request(struct floor *floor, struct floor_member *member, const struct floor_ask *ask,
	uint64_t now_ms);

/* A request that the user did not let come to the floor (it asks too often): Deny, which changes
 * nothing. */
void floor_deny(struct floor *floor, struct floor_member *member, enum floor_deny_cause cause,
	bool has_tone);

/* A button was let go, or Floor Release came. Answered by Taken or Idle in every state. */
void floor_release(struct floor *floor, struct floor_member *member, uint64_t now_ms);

/* It is known that no packet of the member will come: what T1 would find out later. Who waits for
 * the floor does not any more. */
void floor_lost(struct floor *floor, struct floor_member *member, uint64_t now_ms);

/* Floor Queue Position Request: `say` POSITION, 254 when it does not wait. */
void floor_ask_position(struct floor *floor, struct floor_member *member);

/* floor_media's slow half. */
bool floor_media_noted(struct floor *floor, struct floor_member *member, uint64_t now_ms);

/* Any RTP packet of a member came (voice, silence, a key): is it to be forwarded? Counts for T1, T2
 * and T20. */
static inline bool floor_media(struct floor *floor, struct floor_member *member, uint64_t now_ms)
{
	unsigned gate = member->gate;
	if (UNLIKELY(gate & FLOOR_GATE_ASK))
		return floor_media_noted(floor, member, now_ms);
	member->media_ms = now_ms;
	member->dropped += !(gate & FLOOR_GATE_OPEN);
	return gate & FLOOR_GATE_OPEN;
}

/* A dispatcher gives the floor, whatever the ranks; it takes it from the lowest talker where there
 * is no room. 0; -EPERM the member may not talk (listen-only, muted, not the originator of a
 * broadcast group); -ENOENT not in the group; -EBUSY it is being stopped. */
int floor_grant(struct floor *floor, struct floor_member *member, uint8_t trigger, uint64_t now_ms);

/* A dispatcher takes the floor, or the place in the queue. 0; -EALREADY it has neither. */
int floor_revoke(struct floor *floor, struct floor_member *member, uint64_t now_ms);

/* A dispatcher silences a member until he says otherwise: its requests are denied (5). */
void floor_mute(struct floor *floor, struct floor_member *member, bool is_muted, uint64_t now_ms);

/* The group's emergency: shown in every message until cleared. Requests that declare one raise it,
 * too. While a talker who asked by an emergency talks, T2 does not count. */
void floor_emergency_set(struct floor *floor, bool is_emergency, uint64_t now_ms);

/* When floor_due is to be called; FLOOR_NEVER. Early is harmless. */
static inline uint64_t floor_deadline(const struct floor *floor)
{
	return floor->deadline_ms;
}

/* Decides what was asked and does what is due. */
void floor_due(struct floor *floor, uint64_t now_ms);

/* ---- for messages and reports ---- */

/* May `member` ask for the floor: Permission to Request the Floor, in a Taken to it. */
bool floor_may_request(const struct floor *floor, const struct floor_member *member);

/* 1 is next; 0 it does not wait. */
unsigned floor_place(const struct floor *floor, const struct floor_member *member);

/* The member whom a Taken names: the latest granted of those who talk; NULL nobody does. */
struct floor_member *floor_talker(const struct floor *floor);

/* What `say_others` said last, for one member: Taken or Idle with a number of its own. */
void floor_say_status(struct floor *floor, struct floor_member *member);

/* The same for any number of members whom it did not reach. */
struct floor_saying floor_status(struct floor *floor);

/* What a member must know that may have missed what was said to it: that it has the floor, must
 * stop, waits, or who talks. */
void floor_say_again(struct floor *floor, struct floor_member *member, uint64_t now_ms);

#endif
