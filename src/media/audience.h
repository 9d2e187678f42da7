/* SPDX-License-Identifier: Apache-2.0 */
/* audience.h: what those who listen to a group can take, as far as it is shared among them. */
#ifndef MEDIA_AUDIENCE_H
#define MEDIA_AUDIENCE_H

#include "media/group.h"

/* Somebody listens or speaks, does not any more, or was described anew: all are looked at again
 * when that is needed next. */
void audience_change(struct group *group);

/* The sample rate of the group's mix: the highest that one who listens can play, or who speaks can
 * say, in his codec: 8000, 16000 or 48000. */
uint32_t audience_rate(struct group *group);

/* What all listeners of a codec can take: the lowest bit rate, redundancy where each reads it, the
 * highest playback rate, for who plays less decodes all the same (RFC 7587 §6.1). */
const struct codec_settings *audience_settings(struct group *group, unsigned codec);

/* Whether anybody listens in that codec. */
bool audience_has(const struct group *group, unsigned codec);

#endif
