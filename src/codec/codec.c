/* SPDX-License-Identifier: Apache-2.0 */
/* codec.c: voice codecs: what each is called and counts in, and coders on memory that the caller
 * has. */
#include "codec/codec.h"

#include <errno.h>

#include "base/macros.h"
#include "codec/conceal.h"
#include "codec/driver.h"
#include "codec/resampler.h"

#define ALIGNMENT       16
#define PACKET_MS       20 /* when nobody asks for another (RFC 3551 §4.2) */
#define PACKET_MS_LEAST 10

static const struct codec_row rows[CODEC_COUNT] = {
	[CODEC_PCMU] = {PV_SPAN_INIT("PCMU"), 8000, 8000, 1, 0},
	[CODEC_PCMA] = {PV_SPAN_INIT("PCMA"), 8000, 8000, 1, 8},
	[CODEC_G722] = {PV_SPAN_INIT("G722"), 8000, 16000, 1, 9},
	[CODEC_OPUS] = {PV_SPAN_INIT("opus"), 48000, 48000, 2, CODEC_TYPE_DYNAMIC},
};

static const struct codec_driver *const drivers[CODEC_COUNT] = {
	[CODEC_PCMU] = &codec_pcmu,
	[CODEC_PCMA] = &codec_pcma,
	[CODEC_G722] = &codec_g722,
	[CODEC_OPUS] = &codec_opus,
};

struct codec_decoder {
	const struct codec_driver *driver;
	uint32_t rate;
	struct conceal conceal;
	_Alignas(ALIGNMENT) char state[];
};

struct codec_encoder {
	const struct codec_driver *driver;
	uint32_t rate;
	uint32_t band; /* rate that its sound needs */
	struct codec_settings settings;
	_Alignas(ALIGNMENT) char state[];
};

const struct codec_row *codec_row(enum codec_id codec)
{
	return &rows[codec];
}

enum codec_id codec_find(struct pv_span name, uint32_t clock, unsigned channels)
{
	for (unsigned i = CODEC_NONE + 1; i < CODEC_COUNT; i++)
		if (rows[i].clock == clock && rows[i].channels == MAX(channels, 1) &&
			pv_span_equal_nocase(rows[i].name, name))
			return (enum codec_id)i;
	return CODEC_NONE;
}

bool codec_is_built(enum codec_id codec)
{
	return codec > CODEC_NONE && codec < CODEC_COUNT && drivers[codec]->decoder_size;
}

static bool has_rate(enum codec_id codec, uint32_t rate)
{
	const struct codec_driver *driver = drivers[codec];
	for (unsigned i = 0; i < CODEC_RATES_MOST; i++)
		if (driver->rates[i] == rate)
			return true;
	return false;
}

/* The highest rate of a codec that is none above `most`. */
static uint32_t best_rate(enum codec_id codec, uint32_t most)
{
	uint32_t best = 0;
	for (unsigned i = 0; i < CODEC_RATES_MOST; i++)
		if (drivers[codec]->rates[i] <= most)
			best = MAX(best, drivers[codec]->rates[i]);
	return best;
}

uint32_t codec_rate_beside(enum codec_id codec, enum codec_id other)
{
	uint32_t best = best_rate(codec, CODEC_RATE_BESIDE_MAX);
	uint32_t rate = best_rate(other, CODEC_RATE_BESIDE_MAX);
	return has_rate(codec, rate) ? rate : best;
}

bool codec_is_joined(enum codec_id a, enum codec_id b)
{
	if (!codec_is_built(a) || !codec_is_built(b))
		return false;
	return codec_rate_beside(a, b) == codec_rate_beside(b, a) || resampler_is_built();
}

unsigned codec_packet_ms(enum codec_id codec, unsigned wanted)
{
	static const uint8_t none[] = {0};
	const uint8_t *frames = codec_is_built(codec) ? drivers[codec]->packet_ms : none;
	unsigned ms = wanted ? MIN(MAX(wanted, PACKET_MS_LEAST), CODEC_FRAME_MS_MAX) : PACKET_MS;
	if (!frames)
		return ms;
	unsigned best = PACKET_MS_LEAST;
	for (; *frames && *frames <= ms; frames++)
		best = *frames;
	return best;
}

void codec_settings_read(enum codec_id codec, struct pv_span fmtp, struct codec_settings *ret)
{
	*ret = (struct codec_settings){0};
	if (codec_is_built(codec) && drivers[codec]->settings)
		drivers[codec]->settings(fmtp, ret);
}

bool codec_settings_are_same(const struct codec_settings *a, const struct codec_settings *b)
{
	return a->bitrate == b->bitrate && a->has_fec == b->has_fec &&
	       a->is_constant == b->is_constant && a->playback_rate == b->playback_rate &&
	       a->capture_rate == b->capture_rate && a->is_brief == b->is_brief;
}

/* The lowest of 8, 16 and 48 kHz that holds `wanted` (0: all) of a codec. */
static uint32_t rate_for(enum codec_id codec, uint32_t wanted)
{
	uint32_t most = rows[codec].rate;
	wanted = wanted ? MIN(wanted, most) : most;
	return wanted <= 8000 ? 8000 : wanted <= 16000 ? 16000 : 48000;
}

uint32_t codec_playback_rate(enum codec_id codec, const struct codec_settings *settings)
{
	return rate_for(codec, settings->playback_rate);
}

uint32_t codec_capture_rate(enum codec_id codec, const struct codec_settings *settings)
{
	return rate_for(codec, settings->capture_rate);
}

void codec_encoder_follow(struct codec_encoder *encoder, const struct codec_decoder *decoder,
	const int16_t *samples, size_t count)
{
	uint8_t unsaid[CODEC_FRAME_BYTES_MAX];
	/* filters know what was before */
	codec_encode(encoder, samples, count, unsaid);
	if (encoder->driver->follow)
		encoder->driver->follow(encoder->state, decoder->state);
}

size_t codec_decoder_size(void)
{
	size_t most = 0;
	for (unsigned i = CODEC_NONE + 1; i < CODEC_COUNT; i++)
		if (codec_is_built((enum codec_id)i))
			most = MAX(most, drivers[i]->decoder_size());
	return ROUND_UP(sizeof(struct codec_decoder) + most, ALIGNMENT);
}

size_t codec_encoder_size(void)
{
	size_t most = 0;
	for (unsigned i = CODEC_NONE + 1; i < CODEC_COUNT; i++)
		if (codec_is_built((enum codec_id)i))
			most = MAX(most, drivers[i]->encoder_size());
	return ROUND_UP(sizeof(struct codec_encoder) + most, ALIGNMENT);
}

static int check(enum codec_id codec, uint32_t rate)
{
	if (!codec_is_built(codec))
		return -ENOTSUP;
	return has_rate(codec, rate) ? 0 : -EINVAL;
}

int codec_decoder_init(struct codec_decoder *decoder, enum codec_id codec, uint32_t rate)
{
	int error = check(codec, rate);
	if (error)
		return error;
	decoder->driver = drivers[codec];
	decoder->rate = rate;
	conceal_init(&decoder->conceal, rate);
	return decoder->driver->decoder_init(decoder->state, rate);
}

int codec_encoder_init(struct codec_encoder *encoder, enum codec_id codec, uint32_t rate,
	const struct codec_settings *settings)
{
	int error = check(codec, rate);
	if (error)
		return error;
	encoder->driver = drivers[codec];
	encoder->rate = encoder->band = rate;
	encoder->settings = *settings;
	return encoder->driver->encoder_init(encoder->state, rate, settings);
}

void codec_encoder_narrow(struct codec_encoder *encoder, uint32_t rate)
{
	if (rate == encoder->band || !encoder->driver->narrow)
		return;
	encoder->band = rate;
	encoder->driver->narrow(encoder->state, rate, &encoder->settings);
}

int codec_decode(
	struct codec_decoder *decoder, const void *payload, size_t length, int16_t *ret_samples)
{
	size_t room = decoder->rate / 1000 * CODEC_PACKET_MS_MAX;
	if (length == 0)
		return -EBADMSG;
	int count = decoder->driver->decode(decoder->state, payload, length, ret_samples, room);
	if (count > 0 && !decoder->driver->conceal)
		conceal_heard(&decoder->conceal, ret_samples, (size_t)count);
	return count;
}

int codec_conceal(struct codec_decoder *decoder, const void *next, size_t next_length, size_t count,
	int16_t *ret_samples)
{
	count = MIN(count, decoder->rate / 1000 * CODEC_PACKET_MS_MAX);
	if (decoder->driver->conceal)
		return decoder->driver->conceal(
			decoder->state, next, next_length, count, ret_samples);
	conceal_lost(&decoder->conceal, ret_samples, count);
	return (int)count;
}

int codec_encode(
	struct codec_encoder *encoder, const int16_t *samples, size_t count, uint8_t *ret_payload)
{
	if (count == 0 || count > encoder->rate / 1000 * CODEC_FRAME_MS_MAX)
		return -EINVAL;
	return encoder->driver->encode(
		encoder->state, samples, count, ret_payload, CODEC_FRAME_BYTES_MAX);
}
