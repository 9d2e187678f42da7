/* SPDX-License-Identifier: Apache-2.0 */
/* rtcp_write.c: the RTCP that one participant sends about its own stream and one that it hears. */
#include "rtp/rtcp_write.h"

#include <string.h>

#include "base/macros.h"
#include "rtp/bytes.h"

#define SDES_CNAME 1
#define LOST_MOST  0x7fffff /* 24 bits with a sign (§6.4.1) */

/* Version 2, no padding; `end` closes the packet that began at `to`. */
static void write_header(uint8_t *to, const uint8_t *end, unsigned count, uint8_t type)
{
	to[0] = (uint8_t)(0x80 | count);
	to[1] = type;
	bytes_put_u16(to + 2, (uint16_t)((end - to) / 4 - 1));
}

static uint8_t *put_u32(uint8_t *to, uint32_t value)
{
	bytes_put_u32(to, value);
	return to + 4;
}

static uint8_t *write_block(uint8_t *to, const struct rtcp_block *block)
{
	int32_t lost = MAX(MIN(block->lost, LOST_MOST), -LOST_MOST - 1);
	to = put_u32(to, block->ssrc);
	to = put_u32(to, (uint32_t)block->fraction_lost << 24 | ((uint32_t)lost & 0xffffff));
	to = put_u32(to, block->highest);
	to = put_u32(to, block->jitter);
	to = put_u32(to, block->last_sr);
	return put_u32(to, block->since_last_sr);
}

static uint8_t *write_report(uint8_t *start, const struct rtcp_statement *statement)
{
	uint8_t *to = put_u32(start + RTCP_HEADER_SIZE, statement->ssrc);
	if (statement->is_sender) {
		to = put_u32(to, (uint32_t)(statement->ntp >> 32));
		to = put_u32(to, (uint32_t)statement->ntp);
		to = put_u32(to, statement->rtp_timestamp);
		to = put_u32(to, statement->packets);
		to = put_u32(to, statement->octets);
	}
	if (statement->block)
		to = write_block(to, statement->block);
	write_header(start, to, statement->block ? 1 : 0, statement->is_sender ? RTCP_SR : RTCP_RR);
	return to;
}

/* One chunk, closed by one to four zeros up to a multiple of four (§6.5). */
static uint8_t *write_cname(uint8_t *start, const struct rtcp_statement *statement)
{
	size_t length = MIN(strlen(statement->cname), RTCP_CNAME_MAX);
	size_t item = ROUND_UP(2 + length + 1, 4);
	uint8_t *to = put_u32(start + RTCP_HEADER_SIZE, statement->ssrc);
	memset(to, 0, item);
	to[0] = SDES_CNAME;
	to[1] = (uint8_t)length;
	memcpy(to + 2, statement->cname, length);
	write_header(start, to + item, 1, RTCP_SDES);
	return to + item;
}

static uint8_t *write_bye(uint8_t *start, const struct rtcp_statement *statement)
{
	uint8_t *to = put_u32(start + RTCP_HEADER_SIZE, statement->ssrc);
	write_header(start, to, 1, RTCP_BYE);
	return to;
}

size_t rtcp_write(const struct rtcp_statement *statement, uint8_t *ret_bytes)
{
	uint8_t *to = write_report(ret_bytes, statement);
	to = write_cname(to, statement);
	if (statement->is_bye)
		to = write_bye(to, statement);
	return (size_t)(to - ret_bytes);
}
