/* SPDX-License-Identifier: Apache-2.0 */
/* score.h: how both directions of an end sounded, out of what was counted. */
#ifndef MEDIA_SCORE_H
#define MEDIA_SCORE_H

#include "media/end.h"
#include "media/report.h"

/* Fills score_from and score_to of end `index`, the counts of both ends being there. */
void score_end(struct media_report *report, unsigned index, const struct stream_end *ends);

/* The same for an end whose stream begins and ends with us: its own loss, and what its RTCP says of
 * ours. */
void score_alone(struct media_end_report *report, const struct stream_end *end);

#endif
