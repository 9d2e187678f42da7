/* SPDX-License-Identifier: Apache-2.0 */
/* spurt.h: one talk spurt that is recorded: its packets in order, its files. */
#ifndef RECORD_SPURT_H
#define RECORD_SPURT_H

#include "record/order.h"
#include "record/sheet.h"
#include "record/tape.h"

#define SPURT_NAME_MAX 256

/*
 * Owner: the writer's thread. Lifetime: from a begin to its end; the memory is used again. The file
 * is made with the first packet: who says nothing leaves none.
 */
struct spurt {
	struct spurt *next; /* while nobody uses it */
	int folder;         /* open directory, or -1 */
	int file;           /* -1: none yet, or it failed */
	bool has_failed;
	bool is_heard; /* a packet came: what is next is known */
	uint16_t next_sequence;
	uint32_t next_timestamp;
	uint64_t first_ms; /* when the first packet came; 0: not known */
	uint32_t serial;   /* of its Ogg stream */
	enum record_format format;
	struct sheet sheet;
	char group[RECORD_MEMBER_MAX], member[RECORD_MEMBER_MAX];
	char name[SPURT_NAME_MAX]; /* of the file of sound, its ending too */
	size_t stem;               /* of which so much is before the ending */
	struct tape *tape;
	struct order order; /* what is not in the tape yet */
};

/* -ENOMEM: NULL. */
struct spurt *spurt_new(void);
void spurt_free(struct spurt *spurt);

/* `folder` is an open directory, which becomes the spurt's. */
void spurt_begin(struct spurt *spurt, int folder, struct pv_span group,
	const struct record_begin *begin, uint64_t wall_ms, enum record_format format);
/* 0, or the error of the disk that has ended this recording just now. */
int spurt_put(struct spurt *spurt, const struct record_frame *frame);
/* What waits for a packet before it does not wait any longer. Likewise. */
int spurt_flush(struct spurt *spurt);
/* After a flush: ends the sound, and writes the JSON line. 0 or the error of the disk. `dropped`:
 * frames that the ring had no room for. */
int spurt_end(struct spurt *spurt, const struct record_end *end, uint32_t dropped);

#endif
