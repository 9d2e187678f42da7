/* SPDX-License-Identifier: Apache-2.0 */
/* verdict.h — why a member does not get the floor, or loses it, in words. */
#ifndef APP_PTT_VERDICT_H
#define APP_PTT_VERDICT_H

#include <stdbool.h>

#include <portavoz/span.h>

#define PTT_REFUSALS(ROW)                                          \
	ROW(NONE, "")                                              \
	ROW(OPEN, "everybody may speak")                           \
	ROW(TRIGGER, "\"api\" is not among the member's triggers") \
	ROW(LISTENS, "listen only")                                \
	ROW(MUTED, "muted by the dispatcher")                      \
	ROW(BROADCAST, "another one's broadcast")                  \
	ROW(NO_EMERGENCY, "not one of emergency_members")          \
	ROW(TAKEN, "somebody talks")                               \
	ROW(QUEUE_FULL, "the queue is full")                       \
	ROW(TOO_OFTEN, "asks too often")                           \
	ROW(ALONE, "nobody else is in")                            \
	ROW(STOPPING, "has just been told to stop")                \
	ROW(TOO_LONG, "has talked for max_talk")                   \
	ROW(PREEMPTED, "somebody else takes the floor")            \
	ROW(DISPATCHER, "by the dispatcher")                       \
	ROW(NOTHING, "has no floor and waits for none")            \
	ROW(CLEARED, "there is no emergency")                      \
	ROW(GONE, "has just left")                                 \
	ROW(SERVER, "the server is busy")

enum ptt_refusal {
#define ROW(name, text) PTT_REFUSED_##name,
	PTT_REFUSALS(ROW)
#undef ROW
		PTT_REFUSED_COUNT,
};

/* Constant, terminated. */
struct pv_span ptt_refusal_text(enum ptt_refusal refusal);

/* Causes of Floor Deny and Floor Revoke (TS 24.380 §8.2.3.4). `rights` is what is known of a member
 * whose request is refused for what he is; PTT_REFUSED_NONE: nothing. */
enum ptt_refusal ptt_refusal_of_deny(unsigned cause, enum ptt_refusal rights);
enum ptt_refusal ptt_refusal_of_revoke(unsigned cause, enum ptt_refusal rights);

/* Why one like this does not get the floor at all. */
static inline enum ptt_refusal ptt_refusal_by_rights(bool listen_only, bool is_muted, bool may_talk)
{
	if (listen_only)
		return PTT_REFUSED_LISTENS;
	if (is_muted)
		return PTT_REFUSED_MUTED;
	return may_talk ? PTT_REFUSED_NONE : PTT_REFUSED_BROADCAST;
}

#endif
