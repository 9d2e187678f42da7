/* SPDX-License-Identifier: Apache-2.0 */
/* outline.h — how the parts of an m-line are hashed, so that an answer is hashed as its offer was.
 */
#ifndef SDP_OUTLINE_H
#define SDP_OUTLINE_H

#include "sdp/private.h"

uint16_t outline_kind(const struct pv_sdp_media *media);
/* Whether its formats say something: those of SCTP are ports or the like, and differ. */
bool outline_comparable(const struct pv_sdp_media *media);
/* By name, rate and channels; by the text where it has no name. */
uint16_t outline_codec(const struct pv_sdp_format *format);
uint16_t outline_number(const struct pv_sdp_format *format);

#endif
