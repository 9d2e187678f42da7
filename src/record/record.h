/* SPDX-License-Identifier: Apache-2.0 */
/* record.h: each talk spurt of a group as a file of sound with a line of JSON beside it. */
#ifndef RECORD_RECORD_H
#define RECORD_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <portavoz/span.h>
#include "base/clock.h"
#include "codec/codec.h"

struct recorder;

/*
 * Who may call what, when
 *
 *   recorder_new, recorder_free          main; free when no relay thread runs any more
 *   recorder_configure                   main, at start and at each reload
 *   recorder_begin, _put, _end           relay thread number `thread`, each its own
 *
 * A relay thread copies what its talkers say into a ring of its own and goes on; it never waits,
 * allocates nothing, and rings the writer at most once while that sleeps. One thread takes
 * everything out of the rings, decodes and encodes, and writes files. A disk that is slow or full
 * costs frames of the recording, which are counted, and nothing else.
 *
 * All accept a NULL recorder (nothing is recorded), and recorder_put and _end accept RECORD_NONE.
 */

/* A group that is recorded. Copied. */
struct recorder_group {
	uint64_t id;         /* what recorder_begin names it by, not 0 */
	struct pv_span name; /* for file names and the JSON line */
	const char *folder;  /* made when it is not there */
};

enum record_format {
	RECORD_BEST, /* Ogg Opus where Opus is built, else WAV */
	RECORD_WAV,
};

#define RECORD_THREADS_MAX 64
/* At most so many spurts of one relay thread at once; more are not recorded (record_refused). */
#define RECORD_SPURTS 128
/* Payloads that are longer are dropped (record_frames_dropped). */
#define RECORD_PAYLOAD_MAX 1280
#define RECORD_MEMBER_MAX  120

struct recorder_config {
	unsigned threads; /* relay threads, at most RECORD_THREADS_MAX */
	uint32_t frames;  /* room in the ring of each; 0: 1024 */
	enum record_format format;
	const struct clock *clock; /* NULL: the system's; it names the files */
	/* For tests: nothing is written before recorder_free, which writes all. */
	bool has_no_thread;
};

/* No thread runs and no ring is there until a group is to be recorded. 0 or -ENOMEM. */
int recorder_new(struct recorder **ret, const struct recorder_config *config);
/* Ends the files that are open, as if their spurts ended now. NULL is accepted. */
void recorder_free(struct recorder *recorder);

/* The groups that are recorded from now on; spurts that have begun go on where they were. 0, or
 * -ENOMEM or -EAGAIN (no thread could be started): then it stays as it was. */
int recorder_configure(
	struct recorder *recorder, const struct recorder_group *groups, unsigned count);

/* A recording in progress. */
typedef uint32_t record_id;
#define RECORD_NONE 0

/* Names are constant: "dtmf". */
struct record_begin {
	uint64_t group;     /* id in recorder_configure; another one, or 0: not recorded */
	const char *member; /* user name or URI of who talks, terminated */
	const char *trigger;
	uint64_t began_ms; /* Unix time; 0: now, by the recorder's clock */
	uint8_t priority;
	bool is_emergency;
};

/* One RTP packet of the talker, as it is heard by the others. */
struct record_frame {
	uint8_t codec;      /* enum codec_id; it may change within a spurt */
	uint16_t sequence;  /* of RTP, as is the time stamp: gaps are filled */
	uint32_t timestamp; /* in units of the codec's clock */
	uint64_t came_ms;   /* monotonic; gaps are not longer than what went by. 0: not known */
	const void *payload;
	size_t length;
};

struct record_end {
	const char *why; /* constant: "released" */
	uint32_t packets, lost;
	uint32_t length_ms; /* of the floor */
	uint32_t grant_us;  /* 0: not known */
	uint32_t clipped;   /* frames of speech before the grant */
};

/* RECORD_NONE: the group is not recorded, or there is no room. */
record_id recorder_begin(
	struct recorder *recorder, unsigned thread, const struct record_begin *begin);
void recorder_put(struct recorder *recorder, unsigned thread, record_id record,
	const struct record_frame *frame);
void recorder_end(
	struct recorder *recorder, unsigned thread, record_id record, const struct record_end *end);

#endif
