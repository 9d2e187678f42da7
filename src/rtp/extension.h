/* SPDX-License-Identifier: Apache-2.0 */
/* extension.h: one element of an RTP header extension (RFC 8285). */
#ifndef RTP_EXTENSION_H
#define RTP_EXTENSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rtp/packet.h"

#define RTP_EXTENSION_ONE_BYTE      0xbede /* §4.2 */
#define RTP_EXTENSION_TWO_BYTE      0x1000 /* §4.3: the lowest four bits are the application's */
#define RTP_EXTENSION_TWO_BYTE_MASK 0xfff0

/*
 * The data of the first element of number `id` (1 to 14 in the one-byte form, to 255 in the
 * two-byte form). False: there is none, or what is there does not fit.
 */
bool rtp_extension_find(
	const struct rtp_packet *packet, uint8_t id, const uint8_t **ret_data, size_t *ret_length);

#endif
