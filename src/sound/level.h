/* SPDX-License-Identifier: Apache-2.0 */
/* level.h: how loud a packet is. */
#ifndef SOUND_LEVEL_H
#define SOUND_LEVEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "codec/codec.h"
#include "rtp/packet.h"

/* Levels are -dBov, as RFC 6464 §3 counts them: 0 the loudest, 127 silence. */
#define LEVEL_SILENCE 127

enum level_from {
	LEVEL_UNKNOWN,   /* it must be decoded to tell */
	LEVEL_EXTENSION, /* the sender says so (RFC 6464) */
	LEVEL_ENERGY,    /* measured */
	LEVEL_CODER,     /* the coder found voice or silence, a level is made up for it */
};

struct level {
	enum level_from from;
	uint8_t level;
	bool is_voice; /* where the sender says so: the V bit, or Opus's activity flag */
};

/* As the sender says it in the header extension of number `id` (1 to 255; RFC 6464 in RFC 8285's
 * one-byte or two-byte form). False: it does not. */
bool level_extension(const struct rtp_packet *packet, uint8_t id, struct level *ret);

/*
 * The cheapest way there is: the extension (id 0: not negotiated), G.711 by its table, Opus by size
 * and activity flag. LEVEL_UNKNOWN for G.722, and for Opus in a mode that has no flag: decode it,
 * and ask level_of_samples.
 */
struct level level_of_packet(
	const struct rtp_packet *packet, enum codec_id codec, uint8_t extension_id);

uint8_t level_of_samples(const int16_t *samples, size_t count);

#endif
