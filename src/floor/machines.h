/* SPDX-License-Identifier: Apache-2.0 */
/* machines.h: the two machines of a floor as tables, and what their cells ask for. */
#ifndef FLOOR_MACHINES_H
#define FLOOR_MACHINES_H

#include "floor/floor.h"

struct floor_cell {
	uint8_t next;
	bool live;
	uint16_t actions;
};

/* ---- general.c: the group (TS 24.380 §6.3.4) ---- */

#define FLOOR_EVENTS(ROW)                                                                  \
	ROW(OPENED)    /* the first member is in */                                        \
	ROW(EMPTIED)   /* the last one has gone */                                         \
	ROW(ASKED)     /* by one who may talk, and takes the floor from nobody */          \
	ROW(OUTRANKED) /* by one who may take it from a talker, or from one who is next */ \
	ROW(FREED)     /* a place was given up or taken away */                            \
	ROW(NONE)      /* then, or after a grant: of `talkers` places none is used */      \
	ROW(SOME)      /*   not all are */                                                 \
	ROW(ALL)       /*   all are */                                                     \
	ROW(STOPPING)  /* a talker was told to stop, and has a while to do so */           \
	ROW(T4)                                                                            \
	ROW(T7)

enum floor_event {
#define ROW(name) FLOOR_EVENT_##name,
	FLOOR_EVENTS(ROW)
#undef ROW
		FLOOR_EVENT_COUNT,
};

#define FLOOR_DO_GRANT    0x0001 /* the floor to who asked */
#define FLOOR_DO_QUEUE    0x0002 /* a place in the queue, or Deny */
#define FLOOR_DO_PREEMPT  0x0004 /* stop the lowest talker; who asked is next */
#define FLOOR_DO_SERVE    0x0008 /* who is next, or first in the queue, as far as there is room */
#define FLOOR_DO_TELL     0x0010 /* Taken, or Idle, to all who do not talk */
#define FLOOR_DO_ARM      0x0020 /* T4, T7; C7 = 1 */
#define FLOOR_DO_DISARM   0x0040
#define FLOOR_DO_IDLE     0x0080 /* Idle again, T7 */
#define FLOOR_DO_INACTIVE 0x0100 /* say that nobody talks; T4 */

extern const struct floor_cell floor_cells[FLOOR_STATE_COUNT][FLOOR_EVENT_COUNT];
extern const char *const floor_state_names[FLOOR_STATE_COUNT];
extern const char *const floor_event_names[FLOOR_EVENT_COUNT];

/* ---- participant.c: one member (§6.3.5) ---- */

#define FLOOR_MEMBER_EVENTS(ROW)                                                      \
	ROW(JOIN)                                                                     \
	ROW(LEAVE)                                                                    \
	ROW(REQUEST) /* Floor Request, or a button */                                 \
	ROW(RAISE)   /* the same with a higher rank than what it has or waits with */ \
	ROW(RELEASE)                                                                  \
	ROW(KEEP)     /* as RELEASE, and the floor stays reserved for a while */      \
	ROW(POSITION) /* Floor Queue Position Request */                              \
	ROW(MEDIA)    /* a packet that the gate asks about */                         \
	ROW(GRANT)    /* the group: it has the floor */                               \
	ROW(ENQUEUE)  /* it has a place in the queue */                               \
	ROW(PROMISE)  /* it gets the place of one who is being stopped */             \
	ROW(REFUSE)   /* Deny */                                                      \
	ROW(STOP)     /* Revoke, with a while to stop talking */                      \
	ROW(CUT)      /* the floor is taken away at once */                           \
	ROW(T1)       /* no packet came */                                            \
	ROW(NEARLY)   /* T2 is nearly over */                                         \
	ROW(T3)       /* the while to stop talking is over */                         \
	ROW(T8)       /* Revoke again */                                              \
	ROW(QUIET)    /* T8, and no packet came since */                              \
	ROW(T20)      /* Granted again */                                             \
	ROW(HANG)     /* the reservation is over */

enum floor_member_event {
#define ROW(name) FLOOR_MEMBER_EVENT_##name,
	FLOOR_MEMBER_EVENTS(ROW)
#undef ROW
		FLOOR_MEMBER_EVENT_COUNT,
};

/* In the order in which a cell's actions are performed. */
#define FLOOR_MEMBER_DO_REVOKE   0x0001 /* say Revoke with the cause */
#define FLOOR_MEMBER_DO_CLOSE    0x0002 /* not heard any more */
#define FLOOR_MEMBER_DO_BEEPS    0x0004 /* tone: the floor was taken away */
#define FLOOR_MEMBER_DO_ROGER    0x0008 /* tone: the release was understood */
#define FLOOR_MEMBER_DO_OPEN     0x0010 /* heard from now on; Granted, tone; all are told */
#define FLOOR_MEMBER_DO_T20      0x0020 /* arm it: the grant came while nobody pressed */
#define FLOOR_MEMBER_DO_T8       0x0040 /* arm it */
#define FLOOR_MEMBER_DO_T3       0x0080 /* arm it, and T8; the group is told that it stops */
#define FLOOR_MEMBER_DO_HANG     0x0100 /* arm the end of the reservation */
#define FLOOR_MEMBER_DO_TALK     0x0200 /* T2 begins, T20 ends */
#define FLOOR_MEMBER_DO_WARN     0x0400 /* tone: nearly over */
#define FLOOR_MEMBER_DO_GRANTED  0x0800 /* say Granted with what is left of T2 */
#define FLOOR_MEMBER_DO_DENY     0x1000 /* say Deny with the cause, tone */
#define FLOOR_MEMBER_DO_POSITION 0x2000 /* say the place in the queue */
#define FLOOR_MEMBER_DO_STATUS   0x4000 /* say Taken or Idle */
#define FLOOR_MEMBER_DO_FREED    0x8000 /* the group is told that a place is free */

extern const struct floor_cell floor_member_cells[FLOOR_MEMBER_STATE_COUNT]
						 [FLOOR_MEMBER_EVENT_COUNT];
extern const char *const floor_member_state_names[FLOOR_MEMBER_STATE_COUNT];
extern const char *const floor_member_event_names[FLOOR_MEMBER_EVENT_COUNT];

#endif
