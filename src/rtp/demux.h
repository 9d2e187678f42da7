/* SPDX-License-Identifier: Apache-2.0 */
/* demux.h: what a datagram on a media port is, by its first two bytes. */
#ifndef RTP_DEMUX_H
#define RTP_DEMUX_H

#include <stddef.h>
#include <stdint.h>

/* RFC 7983 §7; RTP and RTCP apart by RFC 5761 §4. */
enum rtp_kind {
	RTP_KIND_OTHER, /* none of these, or too short to tell */
	RTP_KIND_RTP,
	RTP_KIND_RTCP,
	RTP_KIND_STUN,
	RTP_KIND_ZRTP,
	RTP_KIND_DTLS,
	RTP_KIND_TURN, /* channel data */
};

/* First and last packet type of RTCP: what RTP would be payload types 64 to 95 with the marker. */
#define RTCP_TYPE_FIRST 192
#define RTCP_TYPE_LAST  223

/* Looks at no more than two bytes: says what it claims to be, not that it is well formed. */
static inline enum rtp_kind rtp_kind_of(const void *bytes, size_t length)
{
	const uint8_t *at = (const uint8_t *)bytes;
	if (length < 2)
		return RTP_KIND_OTHER;
	if (at[0] >= 128 && at[0] <= 191)
		return at[1] >= RTCP_TYPE_FIRST && at[1] <= RTCP_TYPE_LAST ? RTP_KIND_RTCP
									   : RTP_KIND_RTP;
	if (at[0] <= 3)
		return RTP_KIND_STUN;
	if (at[0] >= 20 && at[0] <= 63)
		return RTP_KIND_DTLS;
	if (at[0] >= 64 && at[0] <= 79)
		return RTP_KIND_TURN;
	return at[0] >= 16 && at[0] <= 19 ? RTP_KIND_ZRTP : RTP_KIND_OTHER;
}

#endif
