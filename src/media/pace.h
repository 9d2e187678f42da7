/* SPDX-License-Identifier: Apache-2.0 */
/* pace.h: how long a relay thread naps under load so that one wake serves many packets: media.tick.
 */
#ifndef MEDIA_PACE_H
#define MEDIA_PACE_H

#include <stdint.h>

/* Packets a second: up to the first each one is answered at once, from the second on naps are as
 * long as they may be. */
#define PACE_FEW  5000
#define PACE_MANY 30000

/* A rate is looked at over this long, and followed as fast. */
#define PACE_WINDOW_NS UINT64_C(8000000)

/* Owner: the relay thread. Zeroed memory has seen nothing. */
struct pace {
	uint64_t window_ns; /* when the window began */
	uint64_t packets;   /* the count by then */
	uint32_t nap_us;    /* what the last window suggests */
};

/* The nap before the next look at the sockets, at most `most_us`. `packets` is the count of all
 * that ever came. */
uint32_t pace_nap_us(struct pace *pace, uint64_t packets, uint64_t now_ns, uint32_t most_us);

#endif
