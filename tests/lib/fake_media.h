/* SPDX-License-Identifier: Apache-2.0 */
/* fake_media.h — relay threads that relay nothing: they remember what they were told, and say what
 * they are told to. */
#ifndef TESTS_FAKE_MEDIA_H
#define TESTS_FAKE_MEDIA_H

#include "media/command.h"
#include "runtime/worker.h"

#define FAKE_SESSIONS 64

struct fake_session {
	media_id id; /* 0: free */
	uint64_t owner;
	struct media_lease lease;
	unsigned locals[MEDIA_ENDS];
	bool is_set, is_dropped, has_transcoder;
	bool has_report, is_silent; /* for media_read_report */
	unsigned changes;           /* media_set calls */
	struct media_description said;
	struct worker_task task;
	struct media *media;
};

/*
 * Stands in for the functions of media/command.h; link it in place of them. Owner: the test, one
 * worker. Sessions have ports 20000 and 20002, 20004 and 20006 …, in the order of their taking.
 */
struct media {
	struct worker *worker;
	struct media_user user;
	struct fake_session sessions[FAKE_SESSIONS];
	unsigned taken; /* ever: the next session's number */
	unsigned limit; /* sessions at once; what is more gets -ENOBUFS */
	unsigned refused;
	unsigned transcoders; /* reserved at once; what is more gets -ENOBUFS */
};

void fake_media_init(struct media *media, struct worker *worker);
/* Sessions that were taken and have not ended. */
unsigned fake_media_in_use(const struct media *media);
/* The n-th session ever taken, from 0; NULL when it has ended. */
struct fake_session *fake_media_session(struct media *media, unsigned n);
/* The user hears of it, as enum media_told. */
void fake_media_tell(struct media *media, unsigned n, uint32_t told);
/* It hears of silence and its end at once, and finds in the report which came last. */
void fake_media_tell_late(struct media *media, unsigned n, bool is_silent);

#endif
