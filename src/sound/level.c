/* SPDX-License-Identifier: Apache-2.0 */
/* level.c: how loud a packet is. */
#include "sound/level.h"

#include "base/macros.h"
#include "codec/g711.h"
#include "rtp/extension.h"
#include "sound/mix.h"
#include "sound/opus_packet.h"

#define VOICE_BIT 0x80
/* What a coder calls voice, however loud it is: voice, but not loud enough for the echo guard. */
#define LEVEL_CODER_VOICE 32

/* Softer than that is silence: 16-bit samples end there. */
#define LEVEL_SOFTEST 89

/* Full scale is a square wave, 2^30 (RFC 6464 §3: overload). The bounds lie halfway between two
 * levels, and go down by 1 dB each. */
static uint8_t level_of_power(uint32_t power)
{
	const uint64_t step = UINT64_C(3411613790); /* 2^32 * 10^-0.1 */
	uint64_t bound = UINT64_C(956973408) << 2;  /* 2^30 * 10^-0.05, times 4 */
	for (uint8_t level = 0; level <= LEVEL_SOFTEST; level++) {
		if ((uint64_t)power * 4 >= bound)
			return level;
		bound = bound * step >> 32;
	}
	return LEVEL_SILENCE;
}

uint8_t level_of_samples(const int16_t *samples, size_t count)
{
	return count ? level_of_power(mix_power(samples, count)) : LEVEL_SILENCE;
}

/* Every second sample tells enough. */
static uint8_t level_of_g711(const int16_t table[256], const uint8_t *payload, size_t length)
{
	uint64_t sum = 0;
	size_t count = 0;
	for (size_t i = 0; i < length; i += 2, count++)
		sum += (uint32_t)(table[payload[i]] * table[payload[i]]);
	return count ? level_of_power((uint32_t)(sum / count)) : LEVEL_SILENCE;
}

bool level_extension(const struct rtp_packet *packet, uint8_t id, struct level *ret)
{
	const uint8_t *data;
	size_t length;
	if (id == 0 || !rtp_extension_find(packet, id, &data, &length) || length == 0)
		return false;
	*ret = (struct level){LEVEL_EXTENSION, data[0] & ~VOICE_BIT & 0xff, data[0] & VOICE_BIT};
	return true;
}

static struct level level_of_opus(const uint8_t *payload, size_t length)
{
	switch (opus_packet_activity(payload, length)) {
	case OPUS_ACTIVITY_UNKNOWN:
		break;
	case OPUS_ACTIVITY_NONE:
		return (struct level){LEVEL_CODER, LEVEL_SILENCE, false};
	case OPUS_ACTIVITY_VOICE:
		return (struct level){LEVEL_CODER, LEVEL_CODER_VOICE, true};
	}
	return (struct level){.from = LEVEL_UNKNOWN, .level = LEVEL_SILENCE};
}

struct level level_of_packet(
	const struct rtp_packet *packet, enum codec_id codec, uint8_t extension_id)
{
	struct level level = {.from = LEVEL_UNKNOWN, .level = LEVEL_SILENCE};
	if (level_extension(packet, extension_id, &level))
		return level;
	if (codec == CODEC_OPUS)
		return level_of_opus(packet->payload, packet->payload_length);
	if (codec == CODEC_PCMU || codec == CODEC_PCMA) {
		level.from = LEVEL_ENERGY;
		level.level = level_of_g711(codec == CODEC_PCMU ? g711_from_ulaw : g711_from_alaw,
			packet->payload, packet->payload_length);
	}
	return level;
}
