/* SPDX-License-Identifier: Apache-2.0 */
/* machines.h: the two machines of a call: a leg (one dialog, its INVITEs and its end) and a bridge
 * (what its two legs are to one another). */
#ifndef APP_B2BUA_MACHINES_H
#define APP_B2BUA_MACHINES_H

#include <stdbool.h>
#include <stdint.h>

/* ---- leg_machine.c ---- */
#define LEG_STATES(ROW)                                                       \
	ROW(SETUP)   /* its first INVITE has no final answer */               \
	ROW(CALM)    /* confirmed, no INVITE is under way */                  \
	ROW(ASKED)   /* they sent an INVITE, which is carried to the other */ \
	ROW(OKED)    /* our 2xx is sent again and again until their ACK */    \
	ROW(ASKING)  /* our INVITE is under way to them */                    \
	ROW(OWING)   /* they sent 2xx, and our ACK waits for the other's */   \
	ROW(PARTING) /* to end, but their ACK must come first (§15) */       \
	ROW(LEAVING) /* our BYE is under way */                               \
	ROW(GONE)

enum leg_state {
#define ROW(name) LEG_##name,
	LEG_STATES(ROW)
#undef ROW
		LEG_STATE_COUNT,
};

#define LEG_EVENTS(ROW)                                                 \
	ROW(GOT_INVITE) /* inside the dialog */                         \
	ROW(GOT_ACK)    /* of our 2xx */                                \
	ROW(GOT_BYE)                                                    \
	ROW(GOT_2XX)     /* to our INVITE */                            \
	ROW(GOT_FAILURE) /* to our INVITE: 300 or more, or no answer */ \
	ROW(WE_ASK)      /* an INVITE of ours wants to go */            \
	ROW(WE_ACCEPT)   /* 2xx to their INVITE */                      \
	ROW(WE_REFUSE)   /* 300 or more to their INVITE */              \
	ROW(WE_ACK)                                                     \
	ROW(WE_LEAVE)                                                   \
	ROW(NO_ACK) /* 64*T1 after our 2xx (§13.3.1.4) */              \
	ROW(LEFT)   /* our BYE has an answer, or will have none */

enum leg_event {
#define ROW(name) LEG_##name,
	LEG_EVENTS(ROW)
#undef ROW
		LEG_EVENT_COUNT,
};

/* Actions, in the order in which leg_step performs them. */
#define LEG_STOP_RESEND  0x0001
#define LEG_START_RESEND 0x0002
#define LEG_SEND_ACK     0x0004
#define LEG_SEND_BYE     0x0008
#define LEG_TELL_LEFT    0x0010 /* the bridge: this leg is over */
#define LEG_FREE         0x0020
#define LEG_END_ASKED    0x0040 /* 487 to their INVITE; before all but the resending */
/* What the caller of leg_step does himself, for it needs the message at hand. */
#define LEG_CARRY       0x0100 /* to the other leg */
#define LEG_REFUSE_491  0x0200 /* glare (§14.2) */
#define LEG_REFUSE_500  0x0400 /* a second INVITE before the first was answered (§14.2) */
#define LEG_GO          0x0800 /* what was asked for may be sent */
#define LEG_TELL_NO_ACK 0x1000

/* ---- bridge_machine.c ---- */
#define BRIDGE_STATES(ROW)                                                \
	ROW(CALLING)    /* phones ring, the caller has no final answer */ \
	ROW(CANCELLING) /* the caller has one; phones still ring */       \
	ROW(TALKING)                                                      \
	ROW(ENDING) /* BYEs are under way */                              \
	ROW(OVER)

enum bridge_state {
#define ROW(name) BRIDGE_##name,
	BRIDGE_STATES(ROW)
#undef ROW
		BRIDGE_STATE_COUNT,
};

#define BRIDGE_EVENTS(ROW)                                                      \
	ROW(CALLEE_RINGS)                                                       \
	ROW(CALLEE_ANSWERS) /* 2xx of a phone */                                \
	ROW(LEFT_ANSWERS)   /* the same of one whose early dialog is over */    \
	ROW(CALLEES_FAIL)   /* all targets */                                   \
	ROW(CALLER_CANCELS) /* CANCEL, or BYE of the early dialog (§15) */     \
	ROW(LEG_BYE)        /* one end hung up */                               \
	ROW(END)            /* we end it: deadline, operator, media, silence */ \
	ROW(FORK_GONE)      /* nothing rings any more */                        \
	ROW(LEGS_GONE)      /* both dialogs are over */

enum bridge_event {
#define ROW(name) BRIDGE_EVENT_##name,
	BRIDGE_EVENTS(ROW)
#undef ROW
		BRIDGE_EVENT_COUNT,
};

#define BRIDGE_PASS_RINGING   0x001
#define BRIDGE_ADOPT          0x002 /* the phone that answers becomes the other leg */
#define BRIDGE_ACCEPT_CALLER  0x004
#define BRIDGE_REFUSE_CALLER  0x008
#define BRIDGE_CANCEL_CALLEES 0x010
#define BRIDGE_DROP_CALLEE    0x020 /* the phone that answers gets ACK and BYE at once */
#define BRIDGE_LEAVE_OTHER    0x040 /* BYE to the leg that did not say it */
#define BRIDGE_LEAVE_BOTH     0x080
#define BRIDGE_FREE           0x100

struct b2bua_cell {
	uint8_t next;
	bool live; /* an empty cell means: ignore and count */
	uint16_t actions;
};

extern const struct b2bua_cell leg_cells[LEG_STATE_COUNT][LEG_EVENT_COUNT];
extern const struct b2bua_cell bridge_cells[BRIDGE_STATE_COUNT][BRIDGE_EVENT_COUNT];
extern const char *const leg_state_names[LEG_STATE_COUNT];
extern const char *const leg_event_names[LEG_EVENT_COUNT];
extern const char *const bridge_state_names[BRIDGE_STATE_COUNT];
extern const char *const bridge_event_names[BRIDGE_EVENT_COUNT];

#endif
