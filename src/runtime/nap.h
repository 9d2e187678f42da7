/* SPDX-License-Identifier: Apache-2.0 */
/* nap.h: whether a worker that has done its work lets more gather before it looks again. */
#ifndef RUNTIME_NAP_H
#define RUNTIME_NAP_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Sleeping and waking cost several times what a datagram costs to handle. So where work comes close
 * together it pays to nap: for a millisecond arrivals wake nobody, and other workers need not ring,
 * for the mailbox counts the thread as awake. Otherwise it waits in the kernel, and the first
 * datagram is answered at once.
 *
 * Two questions decide. Are wakes dense at all (a window of 8 ms)? And did work follow within a nap
 * the last times that it had come in this rhythm? The second is a branch predictor: bursts every
 * few milliseconds want a nap when their first datagram wakes us and none after their last.
 */
#define NAP_NS      UINT64_C(1000000)
#define NAP_HISTORY 2 /* outcomes that make a rhythm */

/* Owner: the worker's thread. Zeroed memory is ready. */
struct nap {
	uint64_t window_ns; /* when the window began */
	uint32_t wakes;  /* in this window: rounds that began with a wait and brought something */
	uint32_t work;   /* in this window: datagrams, segments, mails */
	bool is_dense;   /* what the last whole window suggests */
	uint8_t history; /* did work follow soon? one bit each, the newest lowest */
	uint8_t doubt[1 << NAP_HISTORY]; /* 0 sure that it will ... 3 sure that it will not */
	uint64_t since_ns;               /* work was done then and no more has come yet; 0 = none */
	bool napped_first;               /* this round began with a nap, before its work */
};

/* Asked when the thread wakes from a wait, at `now_ns`: true = nap before the work is done. */
bool nap_before(struct nap *nap, uint64_t now_ns);

/* Asked when a round is over and the thread is about to wait. The round began at `begun_ns` and
 * brought `work` (0 = nothing at all); it is `now_ns`. How long to nap in microseconds; 0 = wait
 * for whatever comes. */
uint32_t nap_length(struct nap *nap, uint32_t work, uint64_t begun_ns, uint64_t now_ns);

#endif
