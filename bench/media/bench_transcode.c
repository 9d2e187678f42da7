/* SPDX-License-Identifier: Apache-2.0 */
/* bench_transcode.c: what 20 ms of a transcoded stream cost, from packet to packet, without the
 * system calls on either side, for each pair of codecs as built. */
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "lib/bench.h"
#include "media/voice.h"
#include "rtp/bytes.h"

#define PACKETS 100
#define TYPE    100

static struct voice voice;
static struct packet_kept {
	uint8_t payload[CODEC_FRAME_BYTES_MAX];
	int length;
} packets[PACKETS];
static uint32_t said, clock_ms;

static void discard(void *context, const void *bytes, uint32_t length)
{
	BENCH_KEEP(bytes);
}

/* Something like a voice: a buzz whose pitch and volume wander, and noise. */
static void make_packets(enum codec_id codec, uint32_t rate)
{
	static const struct codec_settings plain;
	struct codec_encoder *encoder = malloc(codec_encoder_size());
	int16_t samples[CODEC_RATE_MAX / 50];
	uint32_t phase = 0;
	codec_encoder_init(encoder, codec, rate, &plain);
	for (unsigned i = 0; i < PACKETS; i++) {
		uint32_t period = rate / (120 + i % 40), volume = 2000 + i * 37 % 50 * 100;
		for (unsigned j = 0; j < rate / 50; j++, phase++)
			samples[j] = (int16_t)((phase % period * volume / period) - volume / 2 +
					       (uint32_t)random() % 500);
		packets[i].length = codec_encode(encoder, samples, rate / 50, packets[i].payload);
	}
	free(encoder);
}

static void run(uint64_t count)
{
	for (uint64_t i = 0; i < count; i++, said++) {
		const struct packet_kept *kept = &packets[said % PACKETS];
		struct rtp_packet packet = {.ssrc = 1,
			.timestamp = said * 20 * clock_ms,
			.sequence = (uint16_t)said,
			.payload_type = TYPE,
			.payload = kept->payload,
			.payload_length = (size_t)kept->length};
		/* the clock goes with the sound, else it would be refused as too much */
		voice_hear(&voice, &packet, (said + 1) * UINT64_C(20000000));
	}
}

static void measure(enum codec_id from, enum codec_id to, bool has_fec)
{
	char name[64];
	struct media_coding in = {.codec = (uint8_t)from, .sends.voice = TYPE};
	struct media_coding out = {
		.codec = (uint8_t)to, .settings.has_fec = has_fec, .gets.voice = TYPE};
	if (voice_set(&voice, &in, &out) < 0)
		return;
	make_packets(from, codec_rate_beside(from, to));
	said = 0;
	voice.heard_ns = voice.credit_ns = 0;
	clock_ms = codec_row(from)->clock / 1000;
	snprintf(name, sizeof(name), "%s to %s%s, 20 ms", codec_row(from)->name.at,
		codec_row(to)->name.at, has_fec ? " with FEC" : "");
	bench_run(name, run, 500);
}

int main(void)
{
	voice.parts = (struct voice_parts){.decoder = malloc(codec_decoder_size()),
		.encoder = malloc(codec_encoder_size()),
		.send = discard};
	if (resampler_is_built()) {
		resampler_new(&voice.parts.up, 8000, 16000);
		resampler_new(&voice.parts.down, 16000, 8000);
	}
	for (unsigned from = CODEC_NONE + 1; from < CODEC_COUNT; from++)
		for (unsigned to = CODEC_NONE + 1; to < CODEC_COUNT; to++)
			if (from != to)
				measure((enum codec_id)from, (enum codec_id)to, false);
	measure(CODEC_PCMU, CODEC_OPUS, true);
	resampler_free(voice.parts.up);
	resampler_free(voice.parts.down);
	free(voice.parts.decoder);
	free(voice.parts.encoder);
	return 0;
}
