/* SPDX-License-Identifier: Apache-2.0 */
/* g711.h: one sample in µ-law and A-law (ITU-T G.711). */
#ifndef CODEC_G711_H
#define CODEC_G711_H

#include <stdint.h>

/* 16-bit samples: the 14 bits of µ-law times 4, the 13 of A-law times 8. */
extern const int16_t g711_from_ulaw[256];
extern const int16_t g711_from_alaw[256];

/* The code whose value is nearest, ties and the clipped ends as the Recommendation's decision
 * values have it. */
uint8_t g711_to_ulaw(int16_t sample);
uint8_t g711_to_alaw(int16_t sample);

#endif
