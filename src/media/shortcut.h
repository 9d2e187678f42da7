/* SPDX-License-Identifier: Apache-2.0 */
/* shortcut.h: a session that only forwards is forwarded by the kernel: the one place that opens and
 * closes that way. */
#ifndef MEDIA_SHORTCUT_H
#define MEDIA_SHORTCUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/lane.h"

struct relay;
struct session;
struct stream_end;

/*
 * Open: each end's `flow` has an entry, and RTP of the end's locked source is forwarded before it
 * reaches our socket. Everything else comes here as ever, so what is said of a session (latch,
 * silence, counts) holds whether it is open or not, and who changes one closes it first. It opens
 * when both sockets have been read until they were empty. A packet that comes to one between that
 * look and the entry, some microseconds, may be overtaken by the next one; none is lost.
 * A packet under way while it closes is counted when it opens again, or not at all.
 * Owner: the relay thread. Lifetime: its session's. Zeroed memory is closed.
 */
struct shortcut {
	bool is_open;
	bool was_open;         /* ever */
	uint32_t changes;      /* of interfaces and routes, when they were looked at last */
	uint64_t look_ms;      /* when they are looked at again, whether they change or not */
	struct lane_node node; /* in relay.shortcuts, or relay.resting, or in neither */
};

/* Something has changed by which it might open: it is tried at the end of the round. */
void shortcut_want(struct relay *relay, struct session *session);
/* Before anything of the session is changed. Counts are right afterwards. */
void shortcut_close(struct relay *relay, struct session *session);
/* The session ends. */
void shortcut_done(struct relay *relay, struct session *session);

/* What the kernel has counted is in the ends' counts, as if they had received it themselves. */
void shortcut_poll(struct relay *relay, struct session *session);
/* Once a second: closed where it is of no use any more, tried again where it is closed. */
void shortcut_watch(struct relay *relay, struct session *session);

/* At the end of a round. */
void shortcuts_run(struct relay *relay);

#endif
