/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_voice.c: packets in any order, with any numbers and payloads, through one way of a
 * transcoded stream: what comes out is numbered without a gap and no more than there was time for.
 */
#include <stdlib.h>

#include "fuzz.h"
#include "media/voice.h"
#include "rtp/bytes.h"

#define FOREIGN 8 /* payload type of the first codec beside the one agreed on */

static uint16_t next_sequence;
static uint32_t ssrc, sent_ms;

static void check_packet(void *context, const void *bytes, uint32_t length)
{
	const struct voice *voice = context;
	struct rtp_packet packet;
	MUST(rtp_packet_parse(bytes, length, &packet) == RTP_HEADER_SIZE);
	MUST(packet.ssrc == ssrc && packet.sequence == next_sequence);
	next_sequence++;
	if (voice->from.is_agreed) {
		MUST(!media_coding_foreign(&voice->from, packet.payload_type));
		return;
	}
	MUST(packet.payload_length > 0 && packet.payload_length <= CODEC_FRAME_BYTES_MAX);
	const struct media_types *types = &voice->to.gets;
	MUST(packet.payload_type == types->voice || packet.payload_type == types->events ||
		packet.payload_type == types->noise);
	if (packet.payload_type == types->voice)
		sent_ms += voice->frame / voice->to_rate;
}

static struct voice *open_voice(uint8_t what)
{
	static const struct media_types types = {.voice = 0, .events = 1, .noise = 2};
	struct voice *voice = calloc(1, sizeof(*voice));
	struct media_coding from = {.codec = what % CODEC_COUNT, .sends = types, .gets = types};
	struct media_coding to = {.codec = (uint8_t)(what / CODEC_COUNT % CODEC_COUNT),
		.packet_ms = (uint8_t)(10 * (what >> 5)),
		.sends = types,
		.gets = types};
	from.is_agreed = to.is_agreed = from.codec == to.codec;
	for (uint8_t codec = CODEC_NONE; codec < CODEC_COUNT; codec++)
		from.foreign[from.foreign_count++] = (struct media_foreign){
			.rate = 48000, .payload_type = FOREIGN + codec, .codec = codec};
	voice->parts = (struct voice_parts){.decoder = malloc(codec_decoder_size()),
		.encoder = malloc(codec_encoder_size()),
		.send = check_packet,
		.context = voice};
	if (resampler_is_built()) {
		MUST(resampler_new(&voice->parts.up, 8000, 16000) == 0);
		MUST(resampler_new(&voice->parts.down, 16000, 8000) == 0);
	}
	voice_set(voice, &from, &to);
	return voice;
}

static void close_voice(struct voice *voice)
{
	resampler_free(voice->parts.up);
	resampler_free(voice->parts.down);
	free(voice->parts.decoder);
	free(voice->parts.encoder);
	free(voice);
}

/* codec pair and packet time; then type, steps of number, time stamp and clock, length, bytes */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rtp_packet packet = {.ssrc = 1, .sequence = 100, .timestamp = 1000};
	uint64_t now_ns = 1000000000;
	if (size == 0)
		return 0;
	struct voice *voice = open_voice(data[0]);
	next_sequence = voice->out.sequence;
	ssrc = voice->out.ssrc;
	sent_ms = 0;
	for (size_t at = 1; voice->out.is_begun && at + 6 <= size;) {
		size_t length = data[at + 5];
		packet.payload_type = (data[at] & 3) | (data[at] >> 1 & 12);
		packet.marker = data[at] & 4;
		packet.ssrc += data[at] >> 7;
		packet.sequence = (uint16_t)(packet.sequence + (int8_t)data[at + 1]);
		packet.timestamp += (uint32_t)(int32_t)(int16_t)bytes_u16(data + at + 2);
		now_ns += (uint64_t)data[at + 4] * 1000000;
		at += 6;
		packet.payload = data + at;
		packet.payload_length = length < size - at ? length : size - at;
		at += packet.payload_length;
		voice_hear(voice, &packet, now_ns);
		MUST(voice->fill < voice->frame);
		/* credit; the packet that overdraws it, with what was lost before it; what waited
		 */
		MUST(sent_ms <= 1000 + (now_ns - 1000000000) / 1000000 * 5 / 4 + 400);
	}
	close_voice(voice);
	return 0;
}
