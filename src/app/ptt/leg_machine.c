/* SPDX-License-Identifier: Apache-2.0 */
/* leg_machine.c — a member's dialog with the focus: whose INVITE is under way, and how it ends (RFC
 * 3261 §13, §14, §15). */
#include "app/ptt/machine.h"

/*
 *     +---------+  the roster: in: 2xx    +------+  ACK    +------+  we ask   +--------+
 *     | JOINING |------------------------>| OKED |-------->| CALM |---------->| ASKING |
 *     +---------+                         +------+         |      |<----------|        |
 *        |  refused, or they cancel         |  A           +------+ 2xx: ACK; +--------+
 *        |                                  |  | they: INVITE, |A   refused
 *        |                                  |  | we: 2xx       ||
 *        |                         we leave |  +---------------+| 2xx: ACK
 *        |    +---------+                   V                   |
 *        |    | CALLING |------------> +---------+              |
 *        |    |         |---------.    | PARTING |              |
 *        |    +---------+  2xx    |    +---------+              |
 *        |       | we leave       `-------|---------------------+
 *        |       V                        | ACK, or none
 *        |    +----------+  2xx: ACK  +---------+  answered, or not   +------+
 *        |    | DROPPING |----------->| LEAVING |-------------------->| GONE |
 *        |    +----------+            +---------+                     +------+
 *        |          | failure                                          A  A
 *        +----------+--------------------------------------------------+  |
 *    every state with a dialog: they say BYE -----------------------------+
 *
 * LET_GO comes once: with the first step of the way out.
 */
#define GO(state, what)                       \
	{                                     \
		PTT_LEG_##state, true, (what) \
	}
#define BYE  (PTT_LET_GO | PTT_SEND_BYE)
#define OVER (PTT_STOP_RESEND | PTT_LET_GO | PTT_OVER)

/* clang-format off */
const struct ptt_cell ptt_leg_cells[PTT_LEG_STATE_COUNT][PTT_LEG_EVENT_COUNT] = {
	[PTT_LEG_JOINING] = {
		[PTT_LEG_GOT_INVITE]  = GO(JOINING,  PTT_REFUSE_500),
		[PTT_LEG_WE_ACCEPT]   = GO(OKED,     PTT_START_RESEND),
		[PTT_LEG_WE_REFUSE]   = GO(GONE,     OVER),
		[PTT_LEG_WE_LEAVE]    = GO(GONE,     OVER | PTT_REFUSE_WAITING),
	},
	[PTT_LEG_CALLING] = {
		[PTT_LEG_GOT_INVITE]  = GO(CALLING,  PTT_REFUSE_491),
		[PTT_LEG_GOT_BYE]     = GO(DROPPING, PTT_LET_GO | PTT_SEND_CANCEL),
		[PTT_LEG_GOT_2XX]     = GO(CALM,     PTT_SEND_ACK),
		[PTT_LEG_GOT_FAILURE] = GO(GONE,     OVER),
		[PTT_LEG_WE_LEAVE]    = GO(DROPPING, PTT_LET_GO | PTT_SEND_CANCEL),
	},
	[PTT_LEG_DROPPING] = {
		[PTT_LEG_GOT_2XX]     = GO(LEAVING,  PTT_SEND_ACK | PTT_SEND_BYE),
		[PTT_LEG_GOT_FAILURE] = GO(GONE,     PTT_STOP_RESEND | PTT_OVER),
	},
	[PTT_LEG_CALM] = {
		[PTT_LEG_GOT_INVITE]  = GO(CALM,     PTT_ANSWER),
		[PTT_LEG_GOT_BYE]     = GO(GONE,     OVER),
		[PTT_LEG_WE_ASK]      = GO(ASKING,   PTT_GO),
		[PTT_LEG_WE_ACCEPT]   = GO(OKED,     PTT_START_RESEND),
		[PTT_LEG_WE_LEAVE]    = GO(LEAVING,  BYE),
	},
	[PTT_LEG_OKED] = {
		[PTT_LEG_GOT_INVITE]  = GO(OKED,     PTT_REFUSE_500),
		[PTT_LEG_GOT_ACK]     = GO(CALM,     PTT_STOP_RESEND),
		[PTT_LEG_GOT_BYE]     = GO(GONE,     OVER),
		[PTT_LEG_NO_ACK]      = GO(LEAVING,  PTT_STOP_RESEND | BYE),
		[PTT_LEG_WE_LEAVE]    = GO(PARTING,  PTT_LET_GO),
	},
	[PTT_LEG_ASKING] = {
		[PTT_LEG_GOT_INVITE]  = GO(ASKING,   PTT_REFUSE_491),
		[PTT_LEG_GOT_BYE]     = GO(GONE,     OVER),
		[PTT_LEG_GOT_2XX]     = GO(CALM,     PTT_SEND_ACK),
		[PTT_LEG_GOT_FAILURE] = GO(CALM,     0),
		[PTT_LEG_WE_LEAVE]    = GO(LEAVING,  BYE),
	},
	[PTT_LEG_PARTING] = {
		[PTT_LEG_GOT_ACK]     = GO(LEAVING,  PTT_STOP_RESEND | PTT_SEND_BYE),
		[PTT_LEG_GOT_BYE]     = GO(GONE,     PTT_STOP_RESEND | PTT_OVER),
		[PTT_LEG_NO_ACK]      = GO(LEAVING,  PTT_STOP_RESEND | PTT_SEND_BYE),
	},
	[PTT_LEG_LEAVING] = {
		/* BYEs that cross: theirs is answered, ours still waits for its answer */
		[PTT_LEG_GOT_BYE]     = GO(LEAVING,  0),
		[PTT_LEG_GOT_2XX]     = GO(LEAVING,  PTT_SEND_ACK),
		[PTT_LEG_LEFT]        = GO(GONE,     PTT_OVER),
	},
	[PTT_LEG_GONE] = {{0}},
};
/* clang-format on */

const char *const ptt_leg_state_names[PTT_LEG_STATE_COUNT] = {
#define ROW(name) #name,
	PTT_LEG_STATES(ROW)
#undef ROW
};

const char *const ptt_leg_event_names[PTT_LEG_EVENT_COUNT] = {
#define ROW(name) #name,
	PTT_LEG_EVENTS(ROW)
#undef ROW
};
