/* SPDX-License-Identifier: Apache-2.0 */
/* machine.h — the machine of a member's leg: whose INVITE is under way, and how it ends. */
#ifndef APP_PTT_MACHINE_H
#define APP_PTT_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#define PTT_LEG_STATES(ROW)                                                         \
	ROW(JOINING)  /* their INVITE waits for the roster's word */                \
	ROW(CALLING)  /* our INVITE, to one who is called out, is under way */      \
	ROW(DROPPING) /* the same, cancelled: what it is answered with is to end */ \
	ROW(CALM)     /* confirmed, no INVITE is under way */                       \
	ROW(OKED)     /* our 2xx is sent again and again until their ACK */         \
	ROW(ASKING)   /* our re-INVITE is under way */                              \
	ROW(PARTING)  /* to end, but their ACK must come first (§15) */            \
	ROW(LEAVING)  /* our BYE is under way */                                    \
	ROW(GONE)

enum ptt_leg_state {
#define ROW(name) PTT_LEG_##name,
	PTT_LEG_STATES(ROW)
#undef ROW
		PTT_LEG_STATE_COUNT,
};

#define PTT_LEG_EVENTS(ROW)                                             \
	ROW(GOT_INVITE) /* inside the dialog */                         \
	ROW(GOT_ACK)    /* of our 2xx */                                \
	ROW(GOT_BYE)                                                    \
	ROW(GOT_2XX)     /* to our INVITE */                            \
	ROW(GOT_FAILURE) /* to our INVITE: 300 or more, or no answer */ \
	ROW(WE_ASK)      /* an INVITE of ours wants to go */            \
	ROW(WE_ACCEPT)   /* 2xx to their INVITE */                      \
	ROW(WE_REFUSE)   /* 300 or more to their first INVITE */        \
	ROW(WE_LEAVE)                                                   \
	ROW(NO_ACK) /* 64*T1 after our 2xx (§13.3.1.4) */              \
	ROW(LEFT)   /* our BYE has an answer, or will have none */

enum ptt_leg_event {
#define ROW(name) PTT_LEG_##name,
	PTT_LEG_EVENTS(ROW)
#undef ROW
		PTT_LEG_EVENT_COUNT,
};

/* Actions, in the order in which ptt_leg_step performs them. */
#define PTT_STOP_RESEND  0x0001
#define PTT_START_RESEND 0x0002
#define PTT_SEND_ACK     0x0004
#define PTT_SEND_CANCEL  0x0008
#define PTT_LET_GO       0x0010 /* its media, its place in the roster, its call */
#define PTT_SEND_BYE     0x0020
#define PTT_OVER         0x0040 /* the leg goes as soon as its errand is home */
/* What the caller of ptt_leg_step does himself, for it needs the message at hand. */
#define PTT_ANSWER         0x0100
#define PTT_REFUSE_491     0x0200 /* glare (§14.2) */
#define PTT_REFUSE_500     0x0400 /* a second INVITE before the first was answered (§14.2) */
#define PTT_GO             0x0800 /* what was asked for may be sent */
#define PTT_REFUSE_WAITING 0x1000 /* the INVITE that waits for the roster */

struct ptt_cell {
	uint8_t next;
	bool live; /* an empty cell means: ignore and count */
	uint16_t actions;
};

extern const struct ptt_cell ptt_leg_cells[PTT_LEG_STATE_COUNT][PTT_LEG_EVENT_COUNT];
extern const char *const ptt_leg_state_names[PTT_LEG_STATE_COUNT];
extern const char *const ptt_leg_event_names[PTT_LEG_EVENT_COUNT];

#endif
