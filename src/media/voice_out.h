/* SPDX-License-Identifier: Apache-2.0 */
/* voice_out.h: the packets that a voice makes. */
#ifndef MEDIA_VOICE_OUT_H
#define MEDIA_VOICE_OUT_H

#include "media/voice.h"
#include "rtp/event.h"

/* Sound at the rate that comes in, at most CODEC_SAMPLES_MAX samples: as many packets as it
 * completes. */
void voice_out_sound(struct voice *voice, const int16_t *samples, size_t count);

/* Silence, `count` samples at the rate that goes out, in which nothing is sent. */
void voice_out_skip(struct voice *voice, uint64_t count);

/* What waits goes out, filled up with silence. */
void voice_out_flush(struct voice *voice);

/* As it came, in our stream. */
void voice_out_passed(struct voice *voice, const struct rtp_packet *packet);

void voice_out_event(
	struct voice *voice, uint32_t timestamp, const struct rtp_event *event, bool marker);
void voice_out_noise(
	struct voice *voice, uint32_t timestamp, const uint8_t *payload, size_t length);

#endif
