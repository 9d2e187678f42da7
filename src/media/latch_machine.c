/* SPDX-License-Identifier: Apache-2.0 */
/* latch_machine.c: the latch as a table: state x event -> next state and actions. */
#include "media/latch.h"

/*
 *                 +------+   offer, usable                     offer, blind
 *                 | IDLE |------------------+       +----------------------------+
 *                 +------+                  V       V                            |
 *                                   +-----------+ +-------+                      |
 *              +------------------->| ANNOUNCED | | BLIND |<---------------------+
 *              |   offer, usable    +-----------+ +-------+     offer, blind     |
 *              |                      |   |   |     |   |                        |
 *              |            announced |   |   |     |   | a host, a stranger:    |
 *              |                      |   |   |     |   | send there             |
 *              |                      |   |   |     |   |                        |
 *              |       +--------------+   |   | a stranger is heard, not sent to |
 *              |       V    a host: sent  V   V     V   V                        |
 *              |  +--------+    to   +-------------+ +-----------------+         |
 *              |  | LOCKED |<--------| LOCKED_HOST |<| LOCKED_STRANGER |         |
 *              |  +--------+announced+-------------+ +-----------------+         |
 *              |       |                  |   a host  |     | announced: LOCKED  |
 *              |       |   said again     |           |     |                    |
 *              |       V                  V           V     V                    |
 *              |     +----------+   +----------------+                           |
 *              +-----| REOPENED |   | REOPENED_BLIND |---------------------------+
 *                    +----------+   +----------------+
 *               elected as in ANNOUNCED and BLIND; the source that served before passes, and is
 *               elected again by its rank when it is heard after LATCH_LATE_MS
 *
 * Each state takes each offer: the arrows of LOCKED* to ANNOUNCED and BLIND are left out above.
 * There is no event for silence: a silent source stays locked, or silence would be the way in.
 * GOES_ON is no way in: the stream itself is the proof. It leads from LOCKED to LOCKED_HOST, and
 * leaves the other two what they are.
 */

const char *const latch_state_names[LATCH_STATE_COUNT] = {
#define ROW(name) [LATCH_##name] = #name,
	LATCH_STATES(ROW)
#undef ROW
};

const char *const latch_event_names[LATCH_EVENT_COUNT] = {
#define ROW(name) [LATCH_##name] = #name,
	LATCH_EVENTS(ROW)
#undef ROW
};

#define GO(state, what)                     \
	{                                   \
		LATCH_##state, true, (what) \
	}
#define DO(action) LATCH_##action

/* A source is taken and the packet goes on. */
#define LOCK (LATCH_TAKE | LATCH_TELL | LATCH_PASS)

/* clang-format off */
const struct latch_cell latch_machine[LATCH_STATE_COUNT][LATCH_EVENT_COUNT] = {
	[LATCH_IDLE] = {
		[LATCH_OFFER]            = GO(ANNOUNCED,       DO(AIM_ANNOUNCED)),
		[LATCH_OFFER_BLIND]      = GO(BLIND,           DO(AIM_NOWHERE)),
	},
	[LATCH_ANNOUNCED] = {
		[LATCH_OFFER]            = GO(ANNOUNCED,       DO(AIM_ANNOUNCED)),
		[LATCH_OFFER_BLIND]      = GO(BLIND,           DO(AIM_NOWHERE)),
		[LATCH_AGAIN]            = GO(ANNOUNCED,       0),
		[LATCH_GOT_ANNOUNCED]    = GO(LOCKED,          LOCK | DO(AIM_SOURCE)),
		[LATCH_HEARD_HOST]       = GO(ANNOUNCED,       DO(PASS)),
		[LATCH_ELECTED_HOST]     = GO(LOCKED_HOST,     LOCK | DO(AIM_SOURCE)),
		[LATCH_ELECTED_STRANGER] = GO(LOCKED_STRANGER, LOCK),
		[LATCH_RTP_MOVED]        = GO(ANNOUNCED,       DO(AIM_RTP)),
	},
	[LATCH_BLIND] = {
		[LATCH_OFFER]            = GO(ANNOUNCED,       DO(AIM_ANNOUNCED)),
		[LATCH_OFFER_BLIND]      = GO(BLIND,           DO(AIM_NOWHERE)),
		[LATCH_AGAIN_BLIND]      = GO(BLIND,           0),
		[LATCH_HEARD_HOST]       = GO(BLIND,           DO(PASS)),
		[LATCH_ELECTED_HOST]     = GO(LOCKED_HOST,     LOCK | DO(AIM_SOURCE)),
		[LATCH_ELECTED_STRANGER] = GO(LOCKED_STRANGER, LOCK | DO(AIM_SOURCE)),
		[LATCH_RTP_MOVED]        = GO(BLIND,           DO(AIM_RTP)),
	},
	[LATCH_REOPENED] = {
		[LATCH_OFFER]            = GO(ANNOUNCED,       DO(LEAVE) | DO(AIM_ANNOUNCED)),
		[LATCH_OFFER_BLIND]      = GO(BLIND,           DO(LEAVE) | DO(AIM_NOWHERE)),
		[LATCH_AGAIN]            = GO(REOPENED,        DO(DOUBT)),
		[LATCH_GOT_SOURCE]       = GO(REOPENED,        DO(PASS)),
		[LATCH_GOT_ANNOUNCED]    = GO(LOCKED,          LOCK | DO(AIM_SOURCE)),
		[LATCH_HEARD_HOST]       = GO(REOPENED,        DO(PASS)),
		[LATCH_ELECTED_HOST]     = GO(LOCKED_HOST,     LOCK | DO(AIM_SOURCE)),
		[LATCH_ELECTED_STRANGER] = GO(LOCKED_STRANGER, LOCK | DO(AIM_ANNOUNCED)),
		[LATCH_RTP_MOVED]        = GO(ANNOUNCED,       DO(LEAVE) | DO(AIM_RTP)),
	},
	[LATCH_REOPENED_BLIND] = {
		[LATCH_OFFER]            = GO(ANNOUNCED,       DO(LEAVE) | DO(AIM_ANNOUNCED)),
		[LATCH_OFFER_BLIND]      = GO(BLIND,           DO(LEAVE) | DO(AIM_NOWHERE)),
		[LATCH_AGAIN_BLIND]      = GO(REOPENED_BLIND,  DO(DOUBT)),
		[LATCH_GOT_SOURCE]       = GO(REOPENED_BLIND,  DO(PASS)),
		[LATCH_HEARD_HOST]       = GO(REOPENED_BLIND,  DO(PASS)),
		[LATCH_ELECTED_HOST]     = GO(LOCKED_HOST,     LOCK | DO(AIM_SOURCE)),
		[LATCH_ELECTED_STRANGER] = GO(LOCKED_STRANGER, LOCK | DO(AIM_SOURCE)),
		[LATCH_RTP_MOVED]        = GO(BLIND,           DO(LEAVE) | DO(AIM_RTP)),
	},
	[LATCH_LOCKED] = {
		[LATCH_OFFER]            = GO(ANNOUNCED,       DO(LEAVE) | DO(AIM_ANNOUNCED)),
		[LATCH_OFFER_BLIND]      = GO(BLIND,           DO(LEAVE) | DO(AIM_NOWHERE)),
		[LATCH_AGAIN]            = GO(REOPENED,        DO(DOUBT)),
		[LATCH_GOT_SOURCE]       = GO(LOCKED,          DO(PASS)),
		[LATCH_GOES_ON]          = GO(LOCKED_HOST,     LOCK | DO(AIM_ALONG)),
		[LATCH_RTP_MOVED]        = GO(ANNOUNCED,       DO(LEAVE) | DO(AIM_RTP)),
	},
	[LATCH_LOCKED_HOST] = {
		[LATCH_OFFER]            = GO(ANNOUNCED,       DO(LEAVE) | DO(AIM_ANNOUNCED)),
		[LATCH_OFFER_BLIND]      = GO(BLIND,           DO(LEAVE) | DO(AIM_NOWHERE)),
		[LATCH_AGAIN]            = GO(REOPENED,        DO(DOUBT)),
		[LATCH_AGAIN_BLIND]      = GO(REOPENED_BLIND,  DO(DOUBT)),
		[LATCH_GOT_SOURCE]       = GO(LOCKED_HOST,     DO(PASS)),
		[LATCH_GOES_ON]          = GO(LOCKED_HOST,     LOCK | DO(AIM_ALONG)),
		[LATCH_GOT_ANNOUNCED]    = GO(LOCKED,          LOCK | DO(AIM_SOURCE)),
		[LATCH_RTP_MOVED]        = GO(BLIND,           DO(LEAVE) | DO(AIM_RTP)),
	},
	[LATCH_LOCKED_STRANGER] = {
		[LATCH_OFFER]            = GO(ANNOUNCED,       DO(LEAVE) | DO(AIM_ANNOUNCED)),
		[LATCH_OFFER_BLIND]      = GO(BLIND,           DO(LEAVE) | DO(AIM_NOWHERE)),
		[LATCH_AGAIN]            = GO(REOPENED,        DO(DOUBT)),
		[LATCH_AGAIN_BLIND]      = GO(REOPENED_BLIND,  DO(DOUBT)),
		[LATCH_GOT_SOURCE]       = GO(LOCKED_STRANGER, DO(PASS)),
		[LATCH_GOES_ON]          = GO(LOCKED_STRANGER, LOCK | DO(AIM_ALONG)),
		[LATCH_GOT_ANNOUNCED]    = GO(LOCKED,          LOCK | DO(AIM_SOURCE)),
		[LATCH_ELECTED_HOST]     = GO(LOCKED_HOST,     LOCK | DO(AIM_SOURCE)),
	},
};
