/* SPDX-License-Identifier: Apache-2.0 */
/* rtcp_write.h: the RTCP that one participant sends about its own stream and one that it hears. */
#ifndef RTP_RTCP_WRITE_H
#define RTP_RTCP_WRITE_H

#include "rtp/rtcp.h"

#define RTCP_CNAME_MAX 32
/* SR, one block, SDES with a CNAME of that length and its padding, BYE. */
#define RTCP_WRITTEN_MAX (28 + RTCP_BLOCK_SIZE + 8 + 2 + RTCP_CNAME_MAX + 4 + 8)

struct rtcp_statement {
	uint32_t ssrc;
	bool is_sender; /* SR, else RR */
	/* only of a sender */
	uint64_t ntp;             /* 32.32 seconds of a clock of the sender's (RFC 3550 §4) */
	uint32_t rtp_timestamp;   /* of that moment */
	uint32_t packets, octets; /* RTP sent; payload bytes */
	const struct rtcp_block *block; /* about the stream that is heard; NULL: none is */
	const char *cname;              /* at most RTCP_CNAME_MAX bytes (§6.5.1) */
	bool is_bye;                    /* it leaves: the last one (§6.6) */
};

/* Writes a compound (§6.1) of at most RTCP_WRITTEN_MAX bytes into `ret_bytes`; its length. */
size_t rtcp_write(const struct rtcp_statement *statement, uint8_t *ret_bytes);

#endif
