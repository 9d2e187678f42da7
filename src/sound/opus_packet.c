/* SPDX-License-Identifier: Apache-2.0 */
/* opus_packet.c: what an Opus packet says of itself without being decoded (RFC 6716 §3). */
#include "sound/opus_packet.h"

#include <stdbool.h>

#define TICKS_MAX 5760 /* 120 ms at 48 kHz */
/* What is not transmitted: the first byte alone, or with one behind it (§3.2.1, §3.4). */
#define DTX_LENGTH 2

enum mode { MODE_SILK, MODE_HYBRID, MODE_CELT };

/* Of each configuration (§3.1, table 2): its mode and its frame in units of 2.5 ms. */
static const struct config {
	uint8_t mode, quarters;
} configs[32] = {
	[0] = {MODE_SILK, 4},
	{MODE_SILK, 8},
	{MODE_SILK, 16},
	{MODE_SILK, 24},
	[4] = {MODE_SILK, 4},
	{MODE_SILK, 8},
	{MODE_SILK, 16},
	{MODE_SILK, 24},
	[8] = {MODE_SILK, 4},
	{MODE_SILK, 8},
	{MODE_SILK, 16},
	{MODE_SILK, 24},
	[12] = {MODE_HYBRID, 4},
	{MODE_HYBRID, 8},
	{MODE_HYBRID, 4},
	{MODE_HYBRID, 8},
	[16] = {MODE_CELT, 1},
	{MODE_CELT, 2},
	{MODE_CELT, 4},
	{MODE_CELT, 8},
	[20] = {MODE_CELT, 1},
	{MODE_CELT, 2},
	{MODE_CELT, 4},
	{MODE_CELT, 8},
	[24] = {MODE_CELT, 1},
	{MODE_CELT, 2},
	{MODE_CELT, 4},
	{MODE_CELT, 8},
	[28] = {MODE_CELT, 1},
	{MODE_CELT, 2},
	{MODE_CELT, 4},
	{MODE_CELT, 8},
};

#define TICKS_OF_QUARTER 120

static const struct config *config_of(const uint8_t *at)
{
	return &configs[at[0] >> 3];
}

/* How many frames there are; 0: it does not say. */
static unsigned frames_of(const uint8_t *at, size_t length)
{
	static const uint8_t frames[3] = {1, 2, 2};
	unsigned code = at[0] & 3;
	if (code < 3)
		return frames[code];
	return length > 1 ? at[1] & 0x3f : 0;
}

uint32_t opus_packet_ticks(const void *packet, size_t length)
{
	const uint8_t *at = packet;
	if (length == 0)
		return 0;
	uint32_t ticks = frames_of(at, length) * config_of(at)->quarters * TICKS_OF_QUARTER;
	return ticks <= TICKS_MAX ? ticks : 0;
}

/* Passes a length of one or two bytes (§3.2.1); false when it is not there. */
static bool pass_length(const uint8_t *at, size_t length, size_t *offset)
{
	if (*offset >= length)
		return false;
	*offset += at[*offset] >= 252 ? 2 : 1;
	return true;
}

/* Where the first frame begins; `length` or more when there is none. */
static size_t first_frame(const uint8_t *at, size_t length)
{
	unsigned code = at[0] & 3;
	size_t offset = code == 3 ? 2 : 1;
	if (code < 2)
		return offset;
	if (code == 2)
		return pass_length(at, length, &offset) ? offset : length;
	if (length < 2)
		return length;
	/* code 3 (§3.2.5): padding's length, then that of each frame but the last */
	if (at[1] & 0x40)
		do {
			if (offset >= length)
				return length;
		} while (at[offset++] == 255);
	if (at[1] & 0x80)
		for (unsigned i = 1; i < (at[1] & 0x3fu); i++)
			if (!pass_length(at, length, &offset))
				return length;
	return offset;
}

enum opus_activity opus_packet_activity(const void *packet, size_t length)
{
	const uint8_t *at = packet;
	if (opus_packet_ticks(packet, length) == 0)
		return OPUS_ACTIVITY_UNKNOWN;
	if (length <= DTX_LENGTH)
		return OPUS_ACTIVITY_NONE;
	const struct config *config = config_of(at);
	size_t first = first_frame(at, length);
	if (config->mode == MODE_CELT || first >= length)
		return OPUS_ACTIVITY_UNKNOWN;
	/* a flag for each 20 ms, even odds each: the first bits are the flags as they are */
	unsigned flags = config->quarters > 8 ? config->quarters / 8 : 1;
	return at[first] >> (8 - flags) ? OPUS_ACTIVITY_VOICE : OPUS_ACTIVITY_NONE;
}
