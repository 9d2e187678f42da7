/* SPDX-License-Identifier: Apache-2.0 */
/* handover.h: one speaker is left of several: those of its codec get its packets again. */
#ifndef MEDIA_HANDOVER_H
#define MEDIA_HANDOVER_H

#include <stdbool.h>

#include "media/group.h"
#include "media/strand.h"

/* A frame that ends with a packet is waited for so long, so that none is cut. */
#define HANDOVER_MS_MOST 100

/*
 * Between two frames of a mix: what waits of the speaker is forwarded at once, and what it says
 * next is to be forwarded behind it. So its listeners miss nothing, and what they hear is later by
 * less than before. Those of other codecs go on with the mix. False: not yet; with `is_late`, what
 * is left of a packet is said in a frame of its own, filled up with silence.
 */
bool handover(struct group *group, struct strand *strand, bool is_late);

#endif
