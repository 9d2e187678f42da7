/* SPDX-License-Identifier: Apache-2.0 */
/* session.h: two ends that forward to each other. */
#ifndef MEDIA_SESSION_H
#define MEDIA_SESSION_H

#include "media/end.h"
#include "media/lease.h"
#include "media/shortcut.h"
#include "media/transcoder.h"

/* Owner: the relay thread. Lifetime: from its first description to its drop. */
struct session {
	struct stream_end ends[MEDIA_ENDS];
	struct lease *lease;
	struct transcoder *transcoder; /* NULL: packets are forwarded as they are */
	bool has_reserved;             /* it was reserved here, for what is foreign */
	struct media_coding codings[MEDIA_ENDS];
	enum media_watch watch;
	bool is_silent;
	uint8_t missing; /* as in the report */
	struct shortcut shortcut;
	uint64_t added_ms;
	uint64_t watch_ms; /* since when `watch` holds: silence is counted from there at the
			      earliest */
	uint64_t missed_ms[MEDIA_ENDS]; /* when it was told last that this end is missing */
};

/* A description came for a lease: ADD, CHANGE or DROP, whichever it is. */
void session_hear(struct relay *relay, struct lease *lease);

/* Once a second: silence is told, the report is written. */
void session_watch(struct relay *relay, struct session *session);

/*
 * Nothing is transcoded, both sources are locked, both ends may be sent to, and all that is wanted
 * of a packet is that it goes to the other end: the one place that says so, for whoever forwards by
 * other means.
 */
static inline bool session_is_plain(const struct session *session)
{
	if (session->transcoder)
		return false;
	for (unsigned i = 0; i < MEDIA_ENDS; i++) {
		const struct stream_end *end = &session->ends[i];
		if (!latch_is_locked(&end->rtp) || media_address_is_none(&end->rtp.target) ||
			end->is_silenced)
			return false;
	}
	return true;
}

/* What is known of it now. */
void session_report(
	const struct relay *relay, const struct session *session, struct media_report *ret_report);

#endif
