/* SPDX-License-Identifier: Apache-2.0 */
/* media.h: all relay threads: made, started, stopped, and how they are. */
#ifndef MEDIA_MEDIA_H
#define MEDIA_MEDIA_H

#include <stdbool.h>
#include <stdint.h>

#include "media/config.h"
#include "media/fastpath/copier.h"

/*
 * Who may call what, when
 *
 *   media_new, _start, _stop, _free    main; the workers' threads are stopped around _new and _free
 *   media_set_recorder                 main, before the threads run
 *   media_set_timeouts, _status        any thread
 *   media_run_once                     tests, instead of media_start
 *
 * What workers call is in command.h.
 */
struct fastpath;
struct media;
struct recorder;

/*
 * Binds the first ports. 0, -EINVAL (no address, no ports, values out of range), -ENOMEM, or the
 * error of the first port pair that could not be bound when none could be (-EADDRNOTAVAIL: not our
 * address; -EMFILE: no more files).
 */
int media_new(struct media **ret_media, const struct media_config *config);

/* NULL is accepted. The threads must have been stopped. Sessions in progress are forgotten. */
void media_free(struct media *media);

/* Starts the threads, pinned. 0 or -errno; none runs then. */
int media_start(struct media *media);

/* Stops them within a few milliseconds; sockets stay bound, nothing is forwarded. */
void media_stop(struct media *media);

/* Where talk spurts of groups are recorded; lives as long as the threads run. */
void media_set_recorder(struct media *media, struct recorder *recorder);

/* media.timeout and media.hold_timeout after a reload; they apply to calls in progress. */
void media_set_timeouts(struct media *media, uint32_t timeout_ms, uint32_t hold_timeout_ms);

/* For `portavozctl media`: one relay thread. */
struct media_status {
	int core;             /* that it is pinned to; -1: not pinned */
	uint32_t sessions;    /* taken and not ended */
	uint32_t pairs_bound; /* port pairs whose sockets are open: the sum of the next three */
	uint32_t pairs_used;  /* by sessions */
	uint32_t pairs_stock; /* ready for workers */
	uint32_t pairs_quarantined;
	uint32_t pairs_total; /* that it could bind, over all local addresses */
	uint64_t packets;     /* received */
	uint64_t forwarded;
	uint64_t dropped; /* for whatever reason */
	uint64_t wakes;
};

unsigned media_threads(const struct media *media);
/* `thread` must be below media_threads. A moment old. */
void media_status(const struct media *media, unsigned thread, struct media_status *ret_status);

/* Main: the fast path may have become active, or not be so any more. */
void media_follow_fastpath(struct media *media);
/* Main, now and then: where the kernel's program was not reached to copy what is said in groups,
 * that is tried again after a while. Takes up to 20 ms then. */
void media_retry_copies(struct media *media, uint64_t now_ms);
/* Whether the kernel copies what is said in groups, what it has copied, and why it does not (""
 * when the fast path is not active at all). Main. */
bool media_copies(
	const struct media *media, struct copier_counts *ret_counts, const char **ret_why);

/* The fast path that it was given, or NULL. */
const struct fastpath *media_fastpath(const struct media *media);

/* File descriptors that a configuration needs when all of its ports are in use. */
uint64_t media_files_needed(const struct media_config *config);

/* One round of a relay thread on the caller's thread: waits up to `wait_ms` for packets or mail,
 * then handles what there is. */
void media_run_once(struct media *media, unsigned thread, int wait_ms);

#endif
