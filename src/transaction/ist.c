/* SPDX-License-Identifier: Apache-2.0 */
/* ist.c — the INVITE server transaction (RFC 3261 §17.2.1, RFC 6026 §8.7). */
#include "transaction/machine.h"

/*
 *                          | INVITE: tell; 100 if the user is silent
 *     INVITE: send again   V
 *     user 1xx: send  +------------+  send error
 *             +------>| PROCEEDING |----------------------------------+
 *             +-------|            |                                  |
 *                     +------------+                                  |
 *       user 300-699:   |        |  user 2xx:                         |
 *       send, start G,H |        |  send, start L                     |
 *                       V        +-----------------+                  |
 *   INVITE, G:   +-----------+                     V                  |
 *   send again   | COMPLETED |               +----------+ INVITE: absorb
 *         +----->|           |               | ACCEPTED |--+ user 2xx: send
 *         +------|           |               +----------+<-+ ACK: tell
 *                +-----------+ Timer H,            |                  |
 *             ACK:  |        | send error          | Timer L          |
 *             start |        +------------------+  |                  |
 *             I     V                           |  |                  |
 *                +-----------+ ACK: absorb      |  |                  |
 *                | CONFIRMED |--+               V  V                  V
 *                |           |<-+          +--------------------------+
 *                +-----------+  Timer I    |        TERMINATED        |
 *                   |--------------------->+--------------------------+
 *
 * ACCEPTED keeps no bytes: a 2xx is retransmitted by the UAS behind us, end to end (§13.3.1.4).
 */
/* clang-format off */
const struct machine machine_ist = { "ist", {
	[STATE_IDLE] = {
		[GOT_REQUEST] = GO(PROCEEDING, TELL | ASK_ANSWER),
	},
	[STATE_PROCEEDING] = {
		[GOT_REQUEST] = GO(PROCEEDING, RESEND),
		[USER_SILENT] = GO(PROCEEDING, SEND_100),
		[USER_1XX]    = GO(PROCEEDING, TRANSMIT),
		[USER_2XX]    = GO(ACCEPTED,   SEND_ONCE | FORGET | ARM(L)),
		[USER_FAIL]   = GO(COMPLETED,  TRANSMIT | ARM(G) | ARM(H)),
		[SEND_ERROR]  = GO(TERMINATED, 0),
	},
	[STATE_COMPLETED] = {
		[TIMER_G]     = GO(COMPLETED,  RESEND | ARM(G)),
		[TIMER_H]     = GO(TERMINATED, STOP(G)),
		[GOT_REQUEST] = GO(COMPLETED,  RESEND),
		[GOT_ACK]     = GO(CONFIRMED,  STOP(G) | STOP(H) | FORGET | ARM(I)),
		[SEND_ERROR]  = GO(TERMINATED, STOP(G) | STOP(H)),
	},
	[STATE_CONFIRMED] = {
		[TIMER_I]     = GO(TERMINATED, 0),
		[GOT_REQUEST] = GO(CONFIRMED,  ABSORB),
		[GOT_ACK]     = GO(CONFIRMED,  ABSORB),
	},
	[STATE_ACCEPTED] = {
		[TIMER_L]     = GO(TERMINATED, 0),
		[GOT_REQUEST] = GO(ACCEPTED,   ABSORB),
		[GOT_ACK]     = GO(ACCEPTED,   TELL_ACK),
		[USER_2XX]    = GO(ACCEPTED,   SEND_ONCE),
	},
} };
