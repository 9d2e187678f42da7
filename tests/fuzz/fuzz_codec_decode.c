/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_codec_decode.c: payloads of any bytes, and losses between them, through each decoder; what
 * comes out is encoded again. */
#include <errno.h>
#include <stdlib.h>

#include "codec/codec.h"
#include "fuzz.h"

enum op { OP_DECODE, OP_CONCEAL, OP_CONCEAL_NEXT, OP_ANEW };

struct coders {
	struct codec_decoder *decoder;
	struct codec_encoder *encoder;
	enum codec_id codec;
	uint32_t rate;
	uint32_t packet; /* samples */
};

/* False when there is no such codec or rate. */
static bool begin(struct coders *coders, uint8_t what)
{
	static const struct codec_settings settings = {.has_fec = true};
	coders->codec = (enum codec_id)(what % CODEC_COUNT);
	coders->rate = what & 0x80 ? 16000 : 8000;
	if (codec_decoder_init(coders->decoder, coders->codec, coders->rate) < 0)
		return false;
	MUST(codec_encoder_init(coders->encoder, coders->codec, coders->rate, &settings) == 0);
	coders->packet = coders->rate / 1000 * codec_packet_ms(coders->codec, what >> 1 & 0x3f);
	return true;
}

static void encode(struct coders *coders, const int16_t *samples, size_t count)
{
	uint8_t payload[CODEC_FRAME_BYTES_MAX];
	if (count < coders->packet)
		return;
	int length = codec_encode(coders->encoder, samples, coders->packet, payload);
	MUST(length > 0 && length <= (int)sizeof(payload));
}

static void step(struct coders *coders, uint8_t op, const uint8_t *bytes, size_t length)
{
	int16_t samples[CODEC_SAMPLES_MAX];
	size_t lost = coders->rate / 400 * (1 + (op >> 2) % 48); /* 2.5 to 120 ms */
	int count = 0;
	switch ((enum op)(op % 4)) {
	case OP_DECODE:
		count = codec_decode(coders->decoder, bytes, length, samples);
		MUST(count == -EBADMSG || count > 0);
		MUST(count <= (int)(coders->rate / 1000 * CODEC_PACKET_MS_MAX));
		break;
	case OP_CONCEAL:
		count = codec_conceal(coders->decoder, NULL, 0, lost, samples);
		MUST(count == (int)lost);
		break;
	case OP_CONCEAL_NEXT:
		count = codec_conceal(coders->decoder, bytes, length, lost, samples);
		MUST(count >= 0 && count <= (int)lost);
		break;
	case OP_ANEW:
		MUST(codec_decoder_init(coders->decoder, coders->codec, coders->rate) == 0);
		break;
	}
	if (count > 0)
		encode(coders, samples, (size_t)count);
}

/* codec and rate; then op, length and so many bytes, again and again */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct coders coders = {
		.decoder = malloc(codec_decoder_size()), .encoder = malloc(codec_encoder_size())};
	if (size > 0 && begin(&coders, data[0]))
		for (size_t at = 1; at + 2 <= size;) {
			uint8_t op = data[at];
			size_t length = data[at + 1];
			at += 2;
			length = length < size - at ? length : size - at;
			step(&coders, op, data + at, length);
			at += length;
		}
	free(coders.decoder);
	free(coders.encoder);
	return 0;
}
