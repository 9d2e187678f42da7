/* SPDX-License-Identifier: Apache-2.0 */
/* listen.h: plays a recorded file back: WAV as it lies there, Ogg Opus through the codec floor. */
#ifndef TESTS_RECORD_LISTEN_H
#define TESTS_RECORD_LISTEN_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/codec.h"

#define LISTEN_SECONDS 8
#define LISTEN_RATE    16000

/* What was heard, at `rate`. */
struct listened {
	uint32_t rate;
	size_t count;
	unsigned packets;
	bool is_ended; /* the file says so */
	int16_t samples[LISTEN_SECONDS * LISTEN_RATE];
};

static inline uint32_t listen_u32(const uint8_t *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static inline uint8_t *listen_read(const char *path, size_t *ret_length)
{
	FILE *file = fopen(path, "rb");
	ck_assert_msg(file != NULL, "%s", path);
	uint8_t *bytes = malloc(1 << 20);
	*ret_length = fread(bytes, 1, 1 << 20, file);
	fclose(file);
	return bytes;
}

static inline void listen_wav(const uint8_t *bytes, size_t length, struct listened *ret)
{
	ck_assert(memcmp(bytes, "RIFF", 4) == 0 && memcmp(bytes + 8, "WAVE", 4) == 0);
	ck_assert_uint_eq(listen_u32(bytes + 4), length - 8);
	ck_assert_uint_eq(listen_u32(bytes + 40), length - 44);
	ret->rate = listen_u32(bytes + 24);
	ret->count = (length - 44) / 2;
	ck_assert_uint_le(ret->count, LISTEN_SECONDS * LISTEN_RATE);
	for (size_t i = 0; i < ret->count; i++)
		ret->samples[i] = (int16_t)(bytes[44 + 2 * i] | bytes[45 + 2 * i] << 8);
	ret->is_ended = true;
}

/* RFC 3533 §6: pages; no packet of ours is longer than a page. Two packets of headers first. */
static inline void listen_ogg(const uint8_t *bytes, size_t length, struct listened *ret)
{
	struct codec_decoder *decoder = aligned_alloc(16, codec_decoder_size());
	ret->rate = LISTEN_RATE;
	ck_assert_int_eq(codec_decoder_init(decoder, CODEC_OPUS, LISTEN_RATE), 0);
	for (size_t at = 0; at < length;) {
		const uint8_t *page = bytes + at;
		ck_assert(length - at >= 27 && memcmp(page, "OggS", 4) == 0);
		size_t body = 27 + page[26], packet = 0;
		ret->is_ended = page[5] & 4;
		for (unsigned i = 0; i < page[26]; i++) {
			packet += page[27 + i];
			if (page[27 + i] == 255)
				continue;
			if (ret->packets++ >= 2) {
				ck_assert_uint_le(ret->count + CODEC_SAMPLES_MAX,
					LISTEN_SECONDS * LISTEN_RATE);
				int got = codec_decode(
					decoder, page + body, packet, ret->samples + ret->count);
				ck_assert_int_gt(got, 0);
				ret->count += (size_t)got;
			}
			body += packet;
			packet = 0;
		}
		at += body + packet;
		ck_assert_uint_le(at, length);
	}
	free(decoder);
}

/* By what it begins with. `ret` is large: a static one. */
static inline void listen_to(const char *path, struct listened *ret)
{
	size_t length;
	uint8_t *bytes = listen_read(path, &length);
	memset(ret, 0, sizeof(*ret));
	ck_assert_uint_ge(length, 44);
	if (memcmp(bytes, "OggS", 4) == 0)
		listen_ogg(bytes, length, ret);
	else
		listen_wav(bytes, length, ret);
	free(bytes);
}

#endif
