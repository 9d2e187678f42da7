/* SPDX-License-Identifier: Apache-2.0 */
/* nict.c — the non-INVITE client transaction (RFC 3261 §17.1.2). */
#include "transaction/machine.h"

/*
 *                       | request from the user: send, start E, F
 *        Timer E        V
 *        send again +-----------+  Timer F: tell timeout
 *           +------>|  TRYING   |  send error: tell error
 *           +-------|           |----------------------------+
 *                   +-----------+                            |
 *      200-699: tell  |    | 1xx: tell                       |
 *      start K        |    V                                 |
 *                     |  +------------+ Timer F, send error  |
 *        200-699      |  | PROCEEDING |--------------------->+
 *      +<-------------|--|            |--+ 1xx: tell         |
 *      |              |  +------------+<-+ Timer E: send     |
 *      |              |                    again, each T2    |
 *      V              V                                      V
 *    +------------------+  Timer K                     +------------+
 *    |    COMPLETED     |----------------------------->| TERMINATED |
 *    +------------------+                              +------------+
 *
 * COMPLETED keeps no bytes: it only absorbs retransmitted responses.
 */
/* clang-format off */
const struct machine machine_nict = { "nict", {
	[STATE_IDLE] = {
		[USER_SENDS] = GO(TRYING,     TRANSMIT | ARM(E) | ARM(F)),
	},
	[STATE_TRYING] = {
		[TIMER_E]    = GO(TRYING,     RESEND | ARM(E)),
		[TIMER_F]    = GO(TERMINATED, STOP(E) | TELL_TIMEOUT),
		[GOT_1XX]    = GO(PROCEEDING, TELL),
		[GOT_2XX]    = GO(COMPLETED,  STOP(E) | STOP(F) | FORGET | ARM(K) | TELL),
		[GOT_FAIL]   = GO(COMPLETED,  STOP(E) | STOP(F) | FORGET | ARM(K) | TELL),
		[SEND_ERROR] = GO(TERMINATED, STOP(E) | STOP(F) | TELL_ERROR),
	},
	[STATE_PROCEEDING] = {
		[TIMER_E]    = GO(PROCEEDING, RESEND | ARM(E) | PACE_T2),
		[TIMER_F]    = GO(TERMINATED, STOP(E) | TELL_TIMEOUT),
		[GOT_1XX]    = GO(PROCEEDING, TELL),
		[GOT_2XX]    = GO(COMPLETED,  STOP(E) | STOP(F) | FORGET | ARM(K) | TELL),
		[GOT_FAIL]   = GO(COMPLETED,  STOP(E) | STOP(F) | FORGET | ARM(K) | TELL),
		[SEND_ERROR] = GO(TERMINATED, STOP(E) | STOP(F) | TELL_ERROR),
	},
	[STATE_COMPLETED] = {
		[TIMER_K]    = GO(TERMINATED, 0),
		[GOT_2XX]    = GO(COMPLETED,  ABSORB),
		[GOT_FAIL]   = GO(COMPLETED,  ABSORB),
	},
} };
