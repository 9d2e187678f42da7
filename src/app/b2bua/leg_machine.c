/* SPDX-License-Identifier: Apache-2.0 */
/* leg_machine.c — one dialog of ours: whose INVITE is under way, and how it ends (RFC 3261 §13,
 * §14, §15). */
#include "app/b2bua/machines.h"

/*
 *               +-------+   we accept: 2xx     +------+
 *               | SETUP |--------------------->| OKED |<---------------+
 *               +-------+                      +------+                |
 *      they: 2xx  |                     ACK |      | we leave          | we accept: 2xx
 *                 V    we ACK               V      V                   |
 *             +-------+------------>+------+    +---------+        +-------+
 *             | OWING |             | CALM |    | PARTING |        | ASKED |
 *             +-------+             +------+    +---------+        +-------+
 *                 A                  |  A  |      | ACK, or none    A    |
 *       they: 2xx |    we ask: INVITE|  |  +------|-----------------+    |
 *             +--------+<------------+  |         |  they: INVITE        |
 *             | ASKING |----------------+<--------|----------------------+
 *             +--------+  they refuse             |        we refuse
 *                                                 V
 *    every state: they say BYE -> GONE       +---------+  answered, or not   +------+
 *                 we leave: BYE ------------>| LEAVING |-------------------->| GONE |
 *                                            +---------+                     +------+
 *
 * SETUP has no BYE of ours: who has no final answer yet is refused or cancelled by the bridge. A
 * BYE of theirs in it (of an early dialog, §15) is the bridge's to act on.
 */
#define GO(state, what)                   \
	{                                 \
		LEG_##state, true, (what) \
	}
#define BYE  (LEG_SEND_BYE)
#define OVER (LEG_STOP_RESEND | LEG_TELL_LEFT | LEG_FREE)

/* clang-format off */
const struct b2bua_cell leg_cells[LEG_STATE_COUNT][LEG_EVENT_COUNT] = {
	[LEG_SETUP] = {
		[LEG_GOT_INVITE]  = GO(SETUP,   LEG_REFUSE_500),
		[LEG_WE_ACCEPT]   = GO(OKED,    LEG_START_RESEND),
		[LEG_GOT_2XX]     = GO(OWING,   0),
		[LEG_GOT_BYE]     = GO(GONE,    OVER),
		[LEG_WE_REFUSE]   = GO(GONE,    OVER),
		[LEG_WE_LEAVE]    = GO(GONE,    OVER),
	},
	[LEG_CALM] = {
		[LEG_GOT_INVITE]  = GO(ASKED,   LEG_CARRY),
		[LEG_GOT_BYE]     = GO(GONE,    OVER),
		[LEG_WE_ASK]      = GO(ASKING,  LEG_GO),
		[LEG_WE_LEAVE]    = GO(LEAVING, BYE),
	},
	[LEG_ASKED] = {
		[LEG_GOT_INVITE]  = GO(ASKED,   LEG_REFUSE_500),
		[LEG_GOT_BYE]     = GO(GONE,    LEG_END_ASKED | OVER),
		[LEG_WE_ACCEPT]   = GO(OKED,    LEG_START_RESEND),
		[LEG_WE_REFUSE]   = GO(CALM,    0),
		[LEG_WE_LEAVE]    = GO(LEAVING, LEG_END_ASKED | BYE),
	},
	[LEG_OKED] = {
		[LEG_GOT_INVITE]  = GO(OKED,    LEG_REFUSE_500),
		[LEG_GOT_ACK]     = GO(CALM,    LEG_STOP_RESEND),
		[LEG_GOT_BYE]     = GO(GONE,    OVER),
		[LEG_NO_ACK]      = GO(LEAVING, LEG_STOP_RESEND | BYE | LEG_TELL_NO_ACK),
		[LEG_WE_LEAVE]    = GO(PARTING, 0),
	},
	[LEG_ASKING] = {
		[LEG_GOT_INVITE]  = GO(ASKING,  LEG_REFUSE_491),
		[LEG_GOT_BYE]     = GO(GONE,    OVER),
		[LEG_GOT_2XX]     = GO(OWING,   0),
		[LEG_GOT_FAILURE] = GO(CALM,    0),
		[LEG_WE_LEAVE]    = GO(LEAVING, BYE),
	},
	[LEG_OWING] = {
		[LEG_GOT_INVITE]  = GO(OWING,   LEG_REFUSE_491),
		[LEG_GOT_BYE]     = GO(GONE,    LEG_SEND_ACK | OVER),
		[LEG_WE_ACK]      = GO(CALM,    LEG_SEND_ACK),
		[LEG_WE_LEAVE]    = GO(LEAVING, LEG_SEND_ACK | BYE),
	},
	[LEG_PARTING] = {
		[LEG_GOT_ACK]     = GO(LEAVING, LEG_STOP_RESEND | BYE),
		[LEG_GOT_BYE]     = GO(GONE,    OVER),
		[LEG_NO_ACK]      = GO(LEAVING, LEG_STOP_RESEND | BYE),
	},
	[LEG_LEAVING] = {
		/* BYEs that cross: theirs is answered, ours still waits for its answer */
		[LEG_GOT_BYE]     = GO(LEAVING, 0),
		[LEG_GOT_2XX]     = GO(LEAVING, LEG_SEND_ACK),
		[LEG_LEFT]        = GO(GONE,    OVER),
	},
	[LEG_GONE] = {{0}},
};
/* clang-format on */

const char *const leg_state_names[LEG_STATE_COUNT] = {
#define ROW(name) #name,
	LEG_STATES(ROW)
#undef ROW
};

const char *const leg_event_names[LEG_EVENT_COUNT] = {
#define ROW(name) #name,
	LEG_EVENTS(ROW)
#undef ROW
};
