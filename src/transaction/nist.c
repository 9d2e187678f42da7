/* SPDX-License-Identifier: Apache-2.0 */
/* nist.c — the non-INVITE server transaction (RFC 3261 §17.2.2, RFC 4320). */
#include "transaction/machine.h"

/*
 *                         | request: tell; start N if the user is silent
 *                         V
 *                   +------------+
 *   request: absorb |   TRYING   |---------------------------+
 *                   +------------+                           |
 *     user 200-699:   |        | Timer N: 100                |
 *     send, start J   |        V                             |
 *                     |   +------------+  user 408,          |
 *     user 200-699    |   | PROCEEDING |  send error         |
 *     send, start J   |   |            |-------------------->+
 *     +<--------------|---|            |--+                  |
 *     |               |   +------------+<-+ request: 100     | user 408
 *     V               V                     again            V
 *   +-------------------+  Timer J, send error         +------------+
 *   |     COMPLETED     |----------------------------->| TERMINATED |
 *   |                   |--+                           +------------+
 *   +-------------------+<-+ request: send again
 *
 * RFC 4320: the only 1xx is our own 100, not before Timer E of the client has reached T2 (§4.1);
 * 408 is never sent (§4.2), since the client has timed out as well: the transaction ends in
 * silence.
 *
 * Over a stream Timer J is not zero but T1: net may need a moment to say that the connection is
 * gone, and then the response goes over a new one (§18.2.2). The RFC would forget it at once.
 *
 * ACCEPTED, a husk without bytes, is COMPLETED for a response that the user can make again (a
 * registrar knows what is bound): it comes from TRYING and PROCEEDING in the same way, ends in the
 * same way, and tells the user of a retransmission.
 */
/* clang-format off */
const struct machine machine_nist = { "nist", {
	[STATE_IDLE] = {
		[GOT_REQUEST] = GO(TRYING,     TELL | ASK_ANSWER),
	},
	[STATE_TRYING] = {
		[TIMER_N]     = GO(PROCEEDING, SEND_100),
		[GOT_REQUEST] = GO(TRYING,     ABSORB),
		[USER_SILENT] = GO(TRYING,     KEEP_REQUEST | ARM(N)),
		[USER_2XX]    = GO(COMPLETED,  STOP(N) | TRANSMIT | ARM(J)),
		[USER_FAIL]   = GO(COMPLETED,  STOP(N) | TRANSMIT | ARM(J)),
		[USER_UNKEPT] = GO(ACCEPTED,   STOP(N) | SEND_ONCE | FORGET | ARM(J)),
		[USER_408]    = GO(TERMINATED, STOP(N)),
	},
	[STATE_PROCEEDING] = {
		[GOT_REQUEST] = GO(PROCEEDING, RESEND),
		[USER_2XX]    = GO(COMPLETED,  TRANSMIT | ARM(J)),
		[USER_FAIL]   = GO(COMPLETED,  TRANSMIT | ARM(J)),
		[USER_UNKEPT] = GO(ACCEPTED,   SEND_ONCE | FORGET | ARM(J)),
		[USER_408]    = GO(TERMINATED, 0),
		[SEND_ERROR]  = GO(TERMINATED, 0),
	},
	[STATE_COMPLETED] = {
		[TIMER_J]     = GO(TERMINATED, 0),
		[GOT_REQUEST] = GO(COMPLETED,  RESEND),
		[SEND_ERROR]  = GO(TERMINATED, STOP(J)),
	},
	[STATE_ACCEPTED] = {
		[TIMER_J]     = GO(TERMINATED, 0),
		[GOT_REQUEST] = GO(ACCEPTED,   TELL_AGAIN),
		[USER_UNKEPT] = GO(ACCEPTED,   SEND_ONCE),
		[SEND_ERROR]  = GO(TERMINATED, STOP(J)),
	},
} };
