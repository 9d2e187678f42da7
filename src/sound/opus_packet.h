/* SPDX-License-Identifier: Apache-2.0 */
/* opus_packet.h: what an Opus packet says of itself without being decoded (RFC 6716 §3). */
#ifndef SOUND_OPUS_PACKET_H
#define SOUND_OPUS_PACKET_H

#include <stddef.h>
#include <stdint.h>

/* How long it lasts, in samples at 48 kHz: 120 to 5760; 0: it is no Opus packet. */
uint32_t opus_packet_ticks(const void *packet, size_t length);

enum opus_activity {
	OPUS_ACTIVITY_UNKNOWN, /* a mode without the flag (CELT), or no Opus packet */
	OPUS_ACTIVITY_NONE,    /* not transmitted (DTX), or found to be no voice */
	OPUS_ACTIVITY_VOICE,
};

/* By length, and by the flags that its first frame begins with (§4.2.3). */
enum opus_activity opus_packet_activity(const void *packet, size_t length);

#endif
