/* SPDX-License-Identifier: Apache-2.0 */
/* ict.c — the INVITE client transaction (RFC 3261 §17.1.1, RFC 6026 §8.4, Timer C of §16.8). */
#include "transaction/machine.h"

/*
 *                        | INVITE from the user: send, start A, B
 *        Timer A         V
 *        send again  +-----------+  Timer B: tell timeout
 *            +------>|  CALLING  |  send error: tell error
 *            +-------|           |---------------------------------------+
 *                    +-----------+                                       |
 *       300-699:      |    |    | 2xx: tell                              |
 *       ACK, tell     |    |    | start M                                |
 *     +---------------+    |    +---------------+                        |
 *     |            1xx: tell, start C           |                        |
 *     |                    V                    |                        |
 *     |  300-699     +------------+  2xx        |                        |
 *     +<-------------| PROCEEDING |------------>+                        |
 *     |              +------------+             |                        |
 *     |                    | user cancels:      |                        |
 *     |                    | CANCEL, start X    |                        |
 *     |                    V                    |                        |
 *     |  300-699     +------------+  2xx        |    Timer X:            |
 *     +<-------------| CANCELLING |------------>+    tell timeout        |
 *     |              +------------+----------------------------------->  +
 *     V                                         V                        |
 *  +-----------+ 300-699: ACK again      +----------+ 2xx: tell          |
 *  | COMPLETED |--+                      | ACCEPTED |--+                 |
 *  +-----------+<-+                      +----------+<-+                 |
 *     | Timer D, send error                     | Timer M                V
 *     |                                         |                 +------------+
 *     +-----------------------------------------+---------------->| TERMINATED |
 *                                                                 +------------+
 *
 * A user who cancels in CALLING is heard when the first 1xx comes (§9.1). Timer C starts itself
 * anew, so that a user who does not act on it is asked again. CANCELLING is PROCEEDING with an end:
 * §9.1 gives a cancelled INVITE 64*T1.
 */
/* clang-format off */
const struct machine machine_ict = { "ict", {
	[STATE_IDLE] = {
		[USER_SENDS]      = GO(CALLING,    TRANSMIT | ARM(A) | ARM(B)),
	},
	[STATE_CALLING] = {
		[TIMER_A]         = GO(CALLING,    RESEND | ARM(A)),
		[TIMER_B]         = GO(TERMINATED, STOP(A) | DROP_CANCEL | TELL_TIMEOUT),
		[GOT_1XX]         = GO(PROCEEDING, STOP(A) | STOP(B) | ARM(C) | TELL | ASK_CANCEL),
		[GOT_2XX]         = GO(ACCEPTED,   STOP(A) | STOP(B) | DROP_CANCEL | FORGET | ARM(M) | TELL),
		[GOT_FAIL]        = GO(COMPLETED,  STOP(A) | STOP(B) | DROP_CANCEL | SEND_ACK | ARM(D) | TELL),
		[USER_CANCELS]    = GO(CALLING,    HOLD_CANCEL),
		[SEND_ERROR]      = GO(TERMINATED, STOP(A) | STOP(B) | DROP_CANCEL | TELL_ERROR),
	},
	[STATE_PROCEEDING] = {
		[TIMER_C]         = GO(PROCEEDING, ARM(C) | TELL_C),
		[GOT_1XX]         = GO(PROCEEDING, TELL),
		[GOT_2XX]         = GO(ACCEPTED,   STOP(C) | FORGET | ARM(M) | TELL),
		[GOT_FAIL]        = GO(COMPLETED,  STOP(C) | SEND_ACK | ARM(D) | TELL),
		[USER_CANCELS]    = GO(CANCELLING, STOP(C) | SEND_CANCEL | ARM(X)),
		[USER_RESTARTS_C] = GO(PROCEEDING, STOP(C) | ARM(C)),
	},
	[STATE_CANCELLING] = {
		[TIMER_X]         = GO(TERMINATED, TELL_TIMEOUT),
		[GOT_1XX]         = GO(CANCELLING, TELL),
		[GOT_2XX]         = GO(ACCEPTED,   STOP(X) | FORGET | ARM(M) | TELL),
		[GOT_FAIL]        = GO(COMPLETED,  STOP(X) | SEND_ACK | ARM(D) | TELL),
	},
	[STATE_COMPLETED] = {
		/* The user has its final response: a lost ACK is no 503, only an end. */
		[TIMER_D]         = GO(TERMINATED, 0),
		[GOT_FAIL]        = GO(COMPLETED,  RESEND),
		[SEND_ERROR]      = GO(TERMINATED, STOP(D)),
	},
	[STATE_ACCEPTED] = {
		/* Retransmitted and forked 2xx go upstream through the server transaction's own Accepted state. */
		[TIMER_M]         = GO(TERMINATED, 0),
		[GOT_2XX]         = GO(ACCEPTED,   TELL),
	},
} };
