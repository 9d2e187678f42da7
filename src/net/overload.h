/* SPDX-License-Identifier: Apache-2.0 */
/* overload.h: whether a worker is behind, judged by how long messages wait for it. */
#ifndef NET_OVERLOAD_H
#define NET_OVERLOAD_H

#include <stdbool.h>
#include <stdint.h>

/*
 * After the idea of CoDel (RFC 8289): not the length of the queue says that we are behind, but a
 * delay that never went below a target for a whole interval. A burst that is worked off is none.
 */
#define OVERLOAD_DELAY_NS    UINT64_C(25000000)  /* a message waits longer than this ... */
#define OVERLOAD_INTERVAL_NS UINT64_C(100000000) /* ... for all of this: behind */
#define OVERLOAD_CALM_NS     UINT64_C(200000000) /* below half the delay for this: caught up */

/* Owner: the worker. Zeroed memory is ready. */
struct overload {
	uint64_t high_since_ns; /* 0 = the delay is not high */
	uint64_t low_since_ns;  /* 0 = the delay is not low */
	bool is_on;
};

/* Tells that a message which is handled at `now_ns` has waited `delay_ns`. True when the verdict
 * changed. */
bool overload_note(struct overload *overload, uint64_t now_ns, uint64_t delay_ns);

#endif
