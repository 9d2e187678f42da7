/* SPDX-License-Identifier: Apache-2.0 */
/* rtcp.h: the RTCP packets of a datagram, seen in place (RFC 3550 §6). */
#ifndef RTP_RTCP_H
#define RTP_RTCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RTCP_HEADER_SIZE 4
#define RTCP_BLOCK_SIZE  24 /* of a report block */

enum rtcp_type {
	RTCP_SR = 200,
	RTCP_RR = 201,
	RTCP_SDES = 202,
	RTCP_BYE = 203,
	RTCP_APP = 204,
	RTCP_RTPFB = 205, /* RFC 4585 */
	RTCP_PSFB = 206,  /* RFC 4585 */
	RTCP_XR = 207,    /* RFC 3611 */
};

/* One packet of a compound. Points into the datagram. */
struct rtcp_packet {
	uint8_t type;        /* enum rtcp_type, or one that we do not know */
	uint8_t count;       /* report blocks, sources, subtype or format: five bits */
	const uint8_t *body; /* behind the header, without padding */
	size_t body_length;
};

/* Where a walk over a datagram is; rtcp_walk_begin makes one. */
struct rtcp_walk {
	const uint8_t *at;
	size_t left;
	bool is_bad; /* it ended at something that does not fit */
};

void rtcp_walk_begin(struct rtcp_walk *walk, const void *bytes, size_t length);

/* The next packet; false at the end, and at the first that is not well formed: see `is_bad`. */
bool rtcp_walk_next(struct rtcp_walk *walk, struct rtcp_packet *ret_packet);

/* Whether all of the datagram is RTCP packets and there is at least one. Compounds that begin with
 * neither SR nor RR pass: reduced-size RTCP (RFC 5506) and floor control look so. */
bool rtcp_is_valid(const void *bytes, size_t length);

/* A sender's or receiver's report (RFC 3550 §6.4). */
struct rtcp_report {
	uint32_t ssrc; /* who reports */
	bool is_sender;
	/* only of a sender */
	uint64_t ntp;
	uint32_t rtp_timestamp;
	uint32_t packets, octets;
	/* both: read each with rtcp_block_parse */
	const uint8_t *blocks;
	uint8_t block_count;
};

/* 0, or -EBADMSG: neither SR nor RR, or shorter than it says. */
int rtcp_report_parse(const struct rtcp_packet *packet, struct rtcp_report *ret_report);

/* What one receiver says of one source (§6.4.1). */
struct rtcp_block {
	uint32_t ssrc;          /* of the source */
	uint8_t fraction_lost;  /* of 256, since the last report */
	int32_t lost;           /* since the beginning; duplicates may make it negative */
	uint32_t highest;       /* extended sequence number */
	uint32_t jitter;        /* time stamp units */
	uint32_t last_sr;       /* middle 32 bits of the NTP time of the last SR; 0 none came */
	uint32_t since_last_sr; /* 1/65536 s */
};

/* Block `index` of a report; it must be below block_count. */
void rtcp_block_parse(const struct rtcp_report *report, unsigned index, struct rtcp_block *ret);

/* An application's packet (§6.7): floor control is one. */
struct rtcp_app {
	uint8_t subtype;
	uint32_t ssrc;
	char name[4]; /* not terminated */
	const uint8_t *data;
	size_t data_length;
};

/* 0, or -EBADMSG: no APP, or too short. */
int rtcp_app_parse(const struct rtcp_packet *packet, struct rtcp_app *ret_app);

/* Source `index` (below packet->count) of a BYE (§6.6); false when the packet is too short. */
bool rtcp_bye_source(const struct rtcp_packet *packet, unsigned index, uint32_t *ret_ssrc);

/* The middle 32 bits of an NTP time, as reports quote it. */
static inline uint32_t rtcp_ntp_middle(uint64_t ntp)
{
	return (uint32_t)(ntp >> 16);
}

#endif
