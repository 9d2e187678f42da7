/* SPDX-License-Identifier: Apache-2.0 */
/* voice_out.c: the packets that a voice makes. */
#include "media/voice_out.h"

#include <string.h>

#include "base/macros.h"
#include "base/metrics.h"
#include "rtp/bytes.h"

#define MARKER 0x80
/* Of what is passed on undecoded: more is no packet of sound. */
#define PASSED_BYTES_MAX 1500

/* `packet` has room for the header in front of `length` bytes of payload. */
static void send_packet(struct voice *voice, uint8_t *packet, uint8_t type, bool marker,
	uint32_t timestamp, size_t length)
{
	struct voice_stream *out = &voice->out;
	packet[0] = RTP_VERSION << 6;
	packet[1] = (uint8_t)(type | (marker ? MARKER : 0));
	bytes_put_u16(packet + 2, out->sequence++);
	bytes_put_u32(packet + 4, timestamp);
	bytes_put_u32(packet + 8, out->ssrc);
	out->packets++;
	out->octets += (uint32_t)length;
	voice->parts.send(voice->parts.context, packet, (uint32_t)(RTP_HEADER_SIZE + length));
}

/* The samples that wait are a whole packet. */
static void send_frame(struct voice *voice)
{
	uint8_t packet[RTP_HEADER_SIZE + CODEC_FRAME_BYTES_MAX];
	struct voice_stream *out = &voice->out;
	int length = codec_encode(
		voice->parts.encoder, voice->samples, voice->frame, packet + RTP_HEADER_SIZE);
	voice->fill = 0;
	if (length > 0) {
		out->sent_timestamp = out->timestamp;
		out->sent_ns = voice->now_ns;
		metrics_add(METRIC_media_transcoded, 1);
		send_packet(voice, packet, voice->to.gets.voice, out->wants_marker, out->timestamp,
			(size_t)length);
		out->wants_marker = false;
	} else {
		metrics_add(METRIC_media_dropped_codec, 1);
	}
	out->timestamp += voice->frame / voice->to_rate * voice->to_clock;
}

static void append(struct voice *voice, const int16_t *samples, size_t count)
{
	while (count > 0) {
		size_t part = MIN(count, voice->frame - voice->fill);
		memcpy(voice->samples + voice->fill, samples, part * sizeof(*samples));
		voice->fill += (uint32_t)part;
		samples += part;
		count -= part;
		if (voice->fill == voice->frame)
			send_frame(voice);
	}
}

void voice_out_sound(struct voice *voice, const int16_t *samples, size_t count)
{
	int16_t resampled[CODEC_SAMPLES_MAX];
	if (voice->resampler) {
		count = resampler_run(voice->resampler, samples, count, resampled);
		samples = resampled;
	}
	append(voice, samples, count);
}

void voice_out_flush(struct voice *voice)
{
	if (voice->fill == 0)
		return;
	memset(voice->samples + voice->fill, 0,
		(voice->frame - voice->fill) * sizeof(voice->samples[0]));
	send_frame(voice);
}

void voice_out_skip(struct voice *voice, uint64_t count)
{
	uint32_t room = voice->frame - voice->fill;
	if (voice->fill > 0 && count < room) {
		memset(voice->samples + voice->fill, 0, count * sizeof(voice->samples[0]));
		voice->fill += (uint32_t)count;
		return;
	}
	if (voice->fill > 0) {
		voice_out_flush(voice);
		count -= room;
	}
	voice->out.timestamp += (uint32_t)(count * voice->to_clock / voice->to_rate);
	if (count >= voice->frame)
		voice->out.wants_marker = true;
}

void voice_out_passed(struct voice *voice, const struct rtp_packet *from)
{
	uint8_t packet[RTP_HEADER_SIZE + PASSED_BYTES_MAX];
	struct voice_stream *out = &voice->out;
	if (from->payload_length > PASSED_BYTES_MAX) {
		metrics_add(METRIC_media_dropped_codec, 1);
		return;
	}
	memcpy(packet + RTP_HEADER_SIZE, from->payload, from->payload_length);
	out->sent_timestamp = out->timestamp;
	out->sent_ns = voice->now_ns;
	send_packet(voice, packet, from->payload_type, from->marker || out->wants_marker,
		out->timestamp, from->payload_length);
	out->wants_marker = false;
}

void voice_out_event(
	struct voice *voice, uint32_t timestamp, const struct rtp_event *event, bool marker)
{
	uint8_t packet[RTP_HEADER_SIZE + RTP_EVENT_SIZE];
	uint8_t *payload = packet + RTP_HEADER_SIZE;
	payload[0] = event->number;
	payload[1] = (uint8_t)((event->end ? 0x80 : 0) | (event->volume & 0x3f));
	bytes_put_u16(payload + 2, event->duration);
	metrics_add(METRIC_media_transcoded, 1);
	send_packet(voice, packet, voice->to.gets.events, marker, timestamp, RTP_EVENT_SIZE);
}

void voice_out_noise(struct voice *voice, uint32_t timestamp, const uint8_t *payload, size_t length)
{
	uint8_t packet[RTP_HEADER_SIZE + CODEC_FRAME_BYTES_MAX];
	length = MIN(length, CODEC_FRAME_BYTES_MAX);
	memcpy(packet + RTP_HEADER_SIZE, payload, length);
	metrics_add(METRIC_media_transcoded, 1);
	send_packet(voice, packet, voice->to.gets.noise, false, timestamp, length);
}
