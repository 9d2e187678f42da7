/* SPDX-License-Identifier: Apache-2.0 */
/* bytes.h: numbers in network order at any address. */
#ifndef RTP_BYTES_H
#define RTP_BYTES_H

#include <stdint.h>

static inline uint16_t bytes_u16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t bytes_u24(const uint8_t *at)
{
	return (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2];
}

static inline uint32_t bytes_u32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | bytes_u24(at + 1);
}

static inline uint64_t bytes_u64(const uint8_t *at)
{
	return (uint64_t)bytes_u32(at) << 32 | bytes_u32(at + 4);
}

static inline void bytes_put_u16(uint8_t *to, uint16_t value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

static inline void bytes_put_u32(uint8_t *to, uint32_t value)
{
	bytes_put_u16(to, (uint16_t)(value >> 16));
	bytes_put_u16(to + 2, (uint16_t)value);
}

#endif
