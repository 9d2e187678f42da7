/* SPDX-License-Identifier: Apache-2.0 */
/* overload.h: how many new requests a worker may take, judged by how long messages wait for it. */
#ifndef NET_OVERLOAD_H
#define NET_OVERLOAD_H

#include <stdbool.h>
#include <stdint.h>

/*
 * After the idea of CoDel (RFC 8289): not the length of the queue says that we are behind, but a
 * delay that never went below a target for a whole interval. A burst that is worked off is none,
 * nor is a pause that the system imposes on us (a CPU quota works in periods of 100 ms). While we
 * are behind, the share of new requests that is let in shrinks, the faster the longer they wait;
 * when we are not it grows again, slowly, also while nobody comes: so goodput stays near what can
 * be carried.
 */
#define OVERLOAD_DELAY_NS    UINT64_C(20000000)  /* the shortest wait was longer than this ... */
#define OVERLOAD_INTERVAL_NS UINT64_C(120000000) /* ... in all of this: behind */
#define OVERLOAD_ALL         1024                /* the share that means "all" */
#define OVERLOAD_LEAST       16
#define OVERLOAD_GROWTH      48 /* more of the share for each interval */

/* Owner: the worker. Zeroed memory is ready: nothing is refused. */
struct overload {
	uint64_t since_ns;    /* start of the interval, 0 = none yet */
	uint64_t shortest_ns; /* wait in it */
	uint32_t refused;     /* OVERLOAD_ALL less the share that is let in */
	uint32_t credit;      /* deals the share out evenly */
};

/* Tells that messages which are handled at `now_ns` have waited `delay_ns`. True when refusing
 * began or ended. */
bool overload_note(struct overload *overload, uint64_t now_ns, uint64_t delay_ns);

/* Asked for each new request: may it come in? */
bool overload_admits(struct overload *overload);

#endif
