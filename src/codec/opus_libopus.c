/* SPDX-License-Identifier: Apache-2.0 */
/* opus_libopus.c: Opus by libopus (RFC 6716, RFC 7587). */
#include <errno.h>
#include <opus.h>

#include "base/macros.h"
#include "codec/driver.h"

/*
 * One channel both ways: what comes in two is mixed by the decoder, and a receiver's "stereo" is a
 * wish (RFC 7587 §6.1).
 */
#define CHANNELS 1
/* The half of libopus's scale: on telephone speech the rest is not heard and costs as much again.
 */
#define COMPLEXITY 5
/* What an encoder that may send redundancy takes to be lost: without losses it sends none. */
#define LOSS_PERCENT  5
#define BITRATE_LEAST 6000 /* RFC 7587 §6.1 */
#define RATE_LEAST    8000 /* likewise */

static const uint8_t packet_ms[] = {10, 20, 40, 60, 0};

static size_t decoder_size(void)
{
	return (size_t)opus_decoder_get_size(CHANNELS);
}

static size_t encoder_size(void)
{
	return (size_t)opus_encoder_get_size(CHANNELS);
}

static int decoder_init(void *state, uint32_t rate)
{
	return opus_decoder_init(state, (opus_int32)rate, CHANNELS) == OPUS_OK ? 0 : -EINVAL;
}

/* The bandwidths of RFC 6716 §2, by the sample rate that each needs, and the bits that speech in
 * it wants (§2.1.1). */
static const struct band {
	uint32_t rate, bitrate;
	opus_int32 bandwidth;
} bands[] = {
	{8000, 20000, OPUS_BANDWIDTH_NARROWBAND},
	{12000, 24000, OPUS_BANDWIDTH_MEDIUMBAND},
	{16000, 32000, OPUS_BANDWIDTH_WIDEBAND},
	{24000, 40000, OPUS_BANDWIDTH_SUPERWIDEBAND},
	{48000, 48000, OPUS_BANDWIDTH_FULLBAND},
};

static void narrow(void *state, uint32_t rate, const struct codec_settings *settings)
{
	OpusEncoder *encoder = state;
	const struct band *band = bands;
	if (settings->playback_rate)
		rate = MIN(rate, settings->playback_rate);
	while (band->rate < rate && band < &bands[ARRAY_LENGTH(bands) - 1])
		band++;
	uint32_t bitrate = band->bitrate;
	if (settings->bitrate)
		bitrate = MAX(MIN(bitrate, settings->bitrate), BITRATE_LEAST);
	opus_encoder_ctl(encoder, OPUS_SET_MAX_BANDWIDTH(band->bandwidth));
	opus_encoder_ctl(encoder, OPUS_SET_BITRATE((opus_int32)bitrate));
}

static int encoder_init(void *state, uint32_t rate, const struct codec_settings *settings)
{
	OpusEncoder *encoder = state;
	int application =
		settings->is_brief ? OPUS_APPLICATION_RESTRICTED_LOWDELAY : OPUS_APPLICATION_VOIP;
	if (opus_encoder_init(encoder, (opus_int32)rate, CHANNELS, application) != OPUS_OK)
		return -EINVAL;
	opus_encoder_ctl(encoder, OPUS_SET_COMPLEXITY(COMPLEXITY));
	opus_encoder_ctl(encoder, OPUS_SET_VBR(!settings->is_constant));
	opus_encoder_ctl(encoder, OPUS_SET_INBAND_FEC(settings->has_fec));
	opus_encoder_ctl(encoder, OPUS_SET_PACKET_LOSS_PERC(settings->has_fec ? LOSS_PERCENT : 0));
	/* what a decoder remembers is another one's */
	opus_encoder_ctl(encoder, OPUS_SET_PREDICTION_DISABLED(settings->is_brief));
	narrow(encoder, rate, settings);
	return 0;
}

static int decode(
	void *state, const uint8_t *payload, size_t length, int16_t *ret_samples, size_t room)
{
	int count = opus_decode(state, payload, (opus_int32)length, ret_samples, (int)room, 0);
	return count > 0 ? count : -EBADMSG;
}

/* The last frame of a gap may lie, coarser, in the packet behind it (RFC 6716 §2.1.7); libopus
 * guesses what is before that, and all of it where there is no such packet or it tells nothing. */
static int conceal(
	void *state, const uint8_t *next, size_t next_length, size_t count, int16_t *ret_samples)
{
	int done = -1;
	if (next && next_length > 0)
		done = opus_decode(
			state, next, (opus_int32)next_length, ret_samples, (int)count, 1);
	if (done < 0)
		done = opus_decode(state, NULL, 0, ret_samples, (int)count, 0);
	return MAX(done, 0);
}

static int encode(
	void *state, const int16_t *samples, size_t count, uint8_t *ret_payload, size_t room)
{
	int length = opus_encode(state, samples, (int)count, ret_payload, (opus_int32)room);
	return length > 0 ? length : -EINVAL;
}

/* The next parameter of a list "name=value; name=value". False at its end. */
static bool next_parameter(struct pv_span *list, struct pv_span *ret_name, uint32_t *ret_value)
{
	while (!pv_span_is_empty(*list)) {
		const char *end = pv_span_find(*list, ';');
		struct pv_span one = end ? pv_span_from(list->at, end) : *list;
		*list = pv_span_skip(*list, one.length + 1);
		const char *equals = pv_span_find(one, '=');
		if (!equals)
			continue;
		*ret_name = pv_span_trim(pv_span_from(one.at, equals));
		if (pv_span_to_u32(
			    pv_span_trim(pv_span_from(equals + 1, pv_span_end(one))), ret_value))
			return true;
	}
	return false;
}

static void settings(struct pv_span fmtp, struct codec_settings *ret)
{
	struct pv_span name;
	uint32_t value;
	while (next_parameter(&fmtp, &name, &value)) {
		if (pv_span_equal_nocase(name, PV_SPAN("useinbandfec")))
			ret->has_fec = value == 1;
		else if (pv_span_equal_nocase(name, PV_SPAN("cbr")))
			ret->is_constant = value == 1;
		else if (pv_span_equal_nocase(name, PV_SPAN("maxaveragebitrate")))
			ret->bitrate = value;
		else if (pv_span_equal_nocase(name, PV_SPAN("maxplaybackrate")))
			ret->playback_rate = value >= RATE_LEAST ? value : 0;
		else if (pv_span_equal_nocase(name, PV_SPAN("sprop-maxcapturerate")))
			ret->capture_rate = value >= RATE_LEAST ? value : 0;
	}
}

const struct codec_driver codec_opus = {.decoder_size = decoder_size,
	.encoder_size = encoder_size,
	.decoder_init = decoder_init,
	.encoder_init = encoder_init,
	.narrow = narrow,
	.decode = decode,
	.conceal = conceal,
	.encode = encode,
	.settings = settings,
	.packet_ms = packet_ms,
	.rates = {8000, 16000, 48000}};
