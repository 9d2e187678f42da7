/* SPDX-License-Identifier: Apache-2.0 */
/* bridge_machine.c — what the two legs of a call are to one another. */
#include "app/b2bua/machines.h"

/*
 *              INVITE
 *                |
 *                V       callees fail: refuse the caller
 *           +---------+---------------------------------------------+
 *    1xx: +-| CALLING |                                             |
 *    pass +>|         |--+ caller cancels, we end it:               |
 *           +---------+  | refuse the caller, CANCEL the callees    |
 *     2xx: adopt |       V                                          |
 *     the phone, |   +------------+ 2xx: ACK and BYE at once        |
 *     accept the |   | CANCELLING |--+                              |
 *     caller     |   |            |<-+                              |
 *                V   +------------+                                 |
 *           +---------+      | nothing rings any more               |
 *           | TALKING |      +------------------------------------> |
 *           +---------+                                             |
 *                | one end hangs up: BYE to the other               |
 *                | we end it: BYE to both                           |
 *                V                                                  V
 *           +---------+  both dialogs are over               +------------+
 *           | ENDING  |------------------------------------->|    OVER    |
 *           +---------+                                      +------------+
 *
 * A bridge has a deadline in every state but OVER: CALLING and CANCELLING end with their
 * transactions, TALKING by calls.max_duration, ENDING with its BYEs.
 */
#define GO(state, what)                      \
	{                                    \
		BRIDGE_##state, true, (what) \
	}

/* clang-format off */
const struct b2bua_cell bridge_cells[BRIDGE_STATE_COUNT][BRIDGE_EVENT_COUNT] = {
	[BRIDGE_CALLING] = {
		[BRIDGE_EVENT_CALLEE_RINGS]   = GO(CALLING,    BRIDGE_PASS_RINGING),
		[BRIDGE_EVENT_CALLEE_ANSWERS] = GO(TALKING,    BRIDGE_ADOPT | BRIDGE_ACCEPT_CALLER),
		[BRIDGE_EVENT_LEFT_ANSWERS]   = GO(CALLING,    BRIDGE_DROP_CALLEE),
		[BRIDGE_EVENT_CALLEES_FAIL]   = GO(CANCELLING, BRIDGE_REFUSE_CALLER),
		[BRIDGE_EVENT_CALLER_CANCELS] = GO(CANCELLING, BRIDGE_REFUSE_CALLER | BRIDGE_CANCEL_CALLEES),
		[BRIDGE_EVENT_LEG_BYE]        = GO(CANCELLING, BRIDGE_REFUSE_CALLER | BRIDGE_CANCEL_CALLEES),
		[BRIDGE_EVENT_END]            = GO(CANCELLING, BRIDGE_REFUSE_CALLER | BRIDGE_CANCEL_CALLEES),
		/* its server transaction is gone with its connection */
		[BRIDGE_EVENT_FORK_GONE]      = GO(OVER,       BRIDGE_FREE),
	},
	[BRIDGE_CANCELLING] = {
		[BRIDGE_EVENT_CALLEE_ANSWERS] = GO(CANCELLING, BRIDGE_DROP_CALLEE),
		[BRIDGE_EVENT_LEFT_ANSWERS]   = GO(CANCELLING, BRIDGE_DROP_CALLEE),
		[BRIDGE_EVENT_FORK_GONE]      = GO(OVER,       BRIDGE_FREE),
	},
	[BRIDGE_TALKING] = {
		[BRIDGE_EVENT_CALLEE_ANSWERS] = GO(TALKING,    BRIDGE_DROP_CALLEE),
		[BRIDGE_EVENT_LEFT_ANSWERS]   = GO(TALKING,    BRIDGE_DROP_CALLEE),
		[BRIDGE_EVENT_LEG_BYE]        = GO(ENDING,     BRIDGE_LEAVE_OTHER),
		[BRIDGE_EVENT_END]            = GO(ENDING,     BRIDGE_LEAVE_BOTH),
		[BRIDGE_EVENT_LEGS_GONE]      = GO(OVER,       BRIDGE_FREE),
	},
	[BRIDGE_ENDING] = {
		[BRIDGE_EVENT_CALLEE_ANSWERS] = GO(ENDING,     BRIDGE_DROP_CALLEE),
		[BRIDGE_EVENT_LEFT_ANSWERS]   = GO(ENDING,     BRIDGE_DROP_CALLEE),
		[BRIDGE_EVENT_LEGS_GONE]      = GO(OVER,       BRIDGE_FREE),
	},
	[BRIDGE_OVER] = {{0}},
};
/* clang-format on */

const char *const bridge_state_names[BRIDGE_STATE_COUNT] = {
#define ROW(name) #name,
	BRIDGE_STATES(ROW)
#undef ROW
};

const char *const bridge_event_names[BRIDGE_EVENT_COUNT] = {
#define ROW(name) #name,
	BRIDGE_EVENTS(ROW)
#undef ROW
};
