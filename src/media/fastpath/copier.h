/* SPDX-License-Identifier: Apache-2.0 */
/* copier.h: one payload to many, under a header each: the kernel makes the copies. */
#ifndef MEDIA_FASTPATH_COPIER_H
#define MEDIA_FASTPATH_COPIER_H

#include <stdbool.h>
#include <stdint.h>

#include "media/fastpath/copy.h"

/*
 * A relay thread writes headers and targets into memory that the kernel's program (copy.bpf.c)
 * reads, and sends one datagram to itself by lo, the trigger. The program makes the copies of it,
 * mostly before that one send returns. So nothing is installed that could become wrong: who is not
 * written down gets nothing, and a dead daemon sends no triggers.
 *
 * Where the fast path is not active, or the kernel is older than 5.17, there is no place for
 * anybody, and all is sent by sendto as before.
 *
 * Who may call what, when
 *
 *   copiers_new, _free         main; no relay thread runs
 *   copiers_follow, _retry     main
   copiers_error              main
 *   copiers_count              any thread
 *   all others                 the copier's relay thread
 */
struct copiers;
struct fastpath;
/* Owner: a relay thread. Lifetime: its copiers'. */
struct copier;

/* A copier for each thread, idle. Fewer than `least` entries of a piece are handed back; 0: as many
 * as are worth a trigger. 0 or -ENOMEM. */
int copiers_new(
	struct copiers **ret_copiers, struct fastpath *fastpath, unsigned threads, uint32_t least);
/* NULL is accepted. Before the fast path is freed. Nothing stays in the kernel. */
void copiers_free(struct copiers *copiers);

/*
 * The fast path may have become active, or not be so any more: they work while it is. True when
 * that changed. Whether they work, and why not: copiers_error.
 */
bool copiers_follow(struct copiers *copiers);
/* Now and then: where triggers did not reach the program (-ENODATA), or somebody has taken it away,
 * that is tried again, after ever longer waits, from 1 s to 64 s. True when they work now, or do
 * not any more, or there is another reason why not. */
bool copiers_retry(struct copiers *copiers, uint64_t now_ms);
/* 0: they work. -ENOSYS: there is no such program; -ENODATA: triggers do not reach it; -EINVAL: the
 * kernel is too old; -ENOTCONN: the fast path is not active. */
int copiers_error(const struct copiers *copiers);

struct copier *copiers_of(struct copiers *copiers, unsigned thread);

/* Why an entry that was added is handed back, to be sent in another way. */
enum copier_refusal {
	COPIER_FEW,    /* not enough of them to be worth a trigger */
	COPIER_FAILED, /* the trigger could not be sent, or this copy was not made */
};

/* One payload. It stays as it is until the end. */
struct copier_piece {
	const uint8_t *payload;
	uint32_t length;
	uint64_t now_ms;
	/* Told within copier_add and copier_end of each entry that the kernel does not copy. */
	void (*refused)(void *owner, const struct copier_piece *piece,
		const uint8_t header[COPY_HEADER], enum copier_refusal why);
};

void copier_begin(struct copier *copier, const struct copier_piece *piece);
/* Whether this is the payload that has begun. */
bool copier_is_at(const struct copier *copier, const void *payload);
/*
 * Where the header for `target`, which has a version, is to be written; NULL: the kernel is not to
 * copy now. That takes nothing: copier_add does, for the same target, when the header is there.
 */
uint8_t *copier_place(struct copier *copier, const struct copy_target *target);
/* `owner` is for `refused`. */
void copier_add(struct copier *copier, const struct copy_target *target, void *owner);
/* What was added goes out. */
void copier_end(struct copier *copier);

struct copier_counts {
	uint64_t triggers;
	uint64_t copies;  /* made */
	uint64_t refused; /* COPIER_FAILED */
	uint64_t lost;    /* of triggers that the program has not seen in time; seen to too late */
};

/* Of all threads. A moment old. */
void copiers_count(const struct copiers *copiers, struct copier_counts *ret_counts);

#endif
