/* SPDX-License-Identifier: Apache-2.0 */
/* file_wav.c: the bytes of a WAV file: 16-bit samples, one channel. */
#include "sound/file_wav.h"

#include <stdbool.h>
#include <string.h>

#define SAMPLE_BYTES 2
#define BITS         16
#define FORMAT_PCM   1
#define FORMAT_SIZE  16
#define CHANNELS     1
/* Of the header, what the first length counts: all but the first eight bytes. */
#define COUNTED (WAV_HEADER_SIZE - 8)

/* Numbers of WAV are little-endian. */
static void put_u16(uint8_t *to, uint32_t value)
{
	to[0] = (uint8_t)value;
	to[1] = (uint8_t)(value >> 8);
}

static void put_u32(uint8_t *to, uint32_t value)
{
	put_u16(to, value);
	put_u16(to + 2, value >> 16);
}

void wav_header(uint32_t rate, uint32_t samples, uint8_t ret_bytes[WAV_HEADER_SIZE])
{
	/* lengths have 32 bits; what is longer counts as unknown, too */
	bool is_known = samples <= (UINT32_MAX - COUNTED) / SAMPLE_BYTES;
	uint32_t length = is_known ? samples * SAMPLE_BYTES : UINT32_MAX;
	memcpy(ret_bytes, "RIFF", 4);
	put_u32(ret_bytes + 4, is_known ? length + COUNTED : UINT32_MAX);
	memcpy(ret_bytes + 8, "WAVEfmt ", 8);
	put_u32(ret_bytes + 16, FORMAT_SIZE);
	put_u16(ret_bytes + 20, FORMAT_PCM);
	put_u16(ret_bytes + 22, CHANNELS);
	put_u32(ret_bytes + 24, rate);
	put_u32(ret_bytes + 28, rate * CHANNELS * SAMPLE_BYTES);
	put_u16(ret_bytes + 32, CHANNELS * SAMPLE_BYTES);
	put_u16(ret_bytes + 34, BITS);
	memcpy(ret_bytes + 36, "data", 4);
	put_u32(ret_bytes + 40, length);
}

size_t wav_samples(const int16_t *samples, size_t count, uint8_t *ret_bytes)
{
	for (size_t i = 0; i < count; i++)
		put_u16(ret_bytes + i * SAMPLE_BYTES, (uint16_t)samples[i]);
	return count * SAMPLE_BYTES;
}
