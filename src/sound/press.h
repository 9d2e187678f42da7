/* SPDX-License-Identifier: Apache-2.0 */
/* press.h: one press of a key that comes over two ways counts once. */
#ifndef SOUND_PRESS_H
#define SOUND_PRESS_H

#include <stdbool.h>
#include <stdint.h>

/* Phones exist that send a key as telephone event and as INFO. */
#define PRESS_SAME_MS 300
#define PRESS_KEPT    8 /* presses that may still meet their other half */

enum press_way { PRESS_EVENT, PRESS_INFO };

struct press_kept {
	uint64_t at_ns; /* 0: none */
	uint8_t way;    /* enum press_way */
	char key;
};

/* Owner: the relay thread. Lifetime: the leg's. Zeroed memory has begun. */
struct press {
	struct press_kept kept[PRESS_KEPT]; /* that came over one way only so far */
	uint32_t last[2];                   /* mark of the last press, by way */
	bool is_known[2];
};

/*
 * Whether this press is one that was not counted yet. `mark` tells the presses of one way apart:
 * the RTP time stamp of an event, the CSeq of an INFO. A press pairs with one of the other way
 * only, so that two quick presses stay two.
 */
bool press_is_new(
	struct press *press, enum press_way way, char key, uint32_t mark, uint64_t now_ns);

#endif
