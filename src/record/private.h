/* SPDX-License-Identifier: Apache-2.0 */
/* private.h: what a relay thread and the writer's thread share. */
#ifndef RECORD_PRIVATE_H
#define RECORD_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/ring.h"
#include "record/spurt.h"

enum record_kind { RECORD_BEGIN, RECORD_FRAME, RECORD_END };

/* What goes through a ring. */
struct record_entry {
	uint8_t kind; /* enum record_kind */
	uint8_t codec;
	uint16_t slot;
	union {
		struct {
			struct record_begin begin; /* `member` points at the copy */
			uint64_t wall_ms;
			char member[RECORD_MEMBER_MAX];
		};
		struct {
			uint64_t came_ms;
			uint32_t timestamp;
			uint16_t sequence, length;
			uint8_t payload[RECORD_PAYLOAD_MAX];
		};
		struct {
			struct record_end end;
			uint32_t dropped;
		};
	};
};

/* Of one relay thread. */
struct record_lane {
	struct ring ring; /* of struct record_entry */
	/* The relay thread's. */
	_Alignas(CACHE_LINE) uint32_t room; /* for frames; the rest of the ring is for ends */
	uint16_t free_count;
	uint16_t free[RECORD_SPURTS];
	uint32_t dropped[RECORD_SPURTS]; /* frames of that slot */
	bool is_taken[RECORD_SPURTS];
	/* The writer's. */
	_Alignas(CACHE_LINE) struct spurt *spurts[RECORD_SPURTS];
};

/* Immutable. Owner: the recorder, under its lock. */
struct record_group {
	uint64_t id;
	char *name, *folder;
};

struct recorder {
	struct recorder_config config; /* constant */
	/* Published once, when the first group is recorded; then constant. */
	_Atomic(struct record_lane *) *lanes; /* by relay thread */
	int bell;                             /* eventfd, -1: no thread runs */
	_Atomic bool sleeps, stops;
	pthread_t thread;
	bool has_thread;
	/* Main's and the writer's. */
	pthread_mutex_t lock;
	struct record_group *groups;
	unsigned group_count;
	/* The writer's. */
	struct spurt *unused;
	bool is_failing; /* the disk did, and it was said */
};

/* Everything that is in the rings now. */
void writer_drain(struct recorder *recorder);
/* All that are open end now. */
void writer_end_all(struct recorder *recorder);
/* `context` is the recorder. */
void *writer_main(void *context);

#endif
