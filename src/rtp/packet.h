/* SPDX-License-Identifier: Apache-2.0 */
/* packet.h: an RTP packet seen in place (RFC 3550 §5.1). */
#ifndef RTP_PACKET_H
#define RTP_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RTP_HEADER_SIZE 12
#define RTP_VERSION     2

/* Points into the datagram; good for as long as that is. */
struct rtp_packet {
	uint32_t ssrc;
	uint32_t timestamp;
	uint16_t sequence;
	uint8_t payload_type;
	bool marker;
	uint8_t csrc_count;
	bool has_extension;
	uint16_t extension_profile; /* what "defined by profile" says (§5.3.1, RFC 8285) */
	const uint8_t *csrcs;       /* csrc_count numbers of 32 bits */
	const uint8_t *extension;   /* its data, without the four bytes in front */
	size_t extension_length;
	const uint8_t *payload; /* without padding */
	size_t payload_length;
};

/*
 * The whole of `bytes` as one packet: the length of its header (> 0), or -EBADMSG when version,
 * CSRCs, extension or padding do not fit. *ret_packet is untouched then.
 */
int rtp_packet_parse(const void *bytes, size_t length, struct rtp_packet *ret_packet);

#endif
