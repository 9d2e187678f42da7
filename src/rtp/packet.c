/* SPDX-License-Identifier: Apache-2.0 */
/* packet.c: an RTP packet seen in place (RFC 3550 §5.1). */
#include "rtp/packet.h"

#include <errno.h>

#include "rtp/bytes.h"

#define PADDING_BIT   0x20
#define EXTENSION_BIT 0x10
#define CSRC_MASK     0x0f
#define MARKER_BIT    0x80

/* The extension that begins at `offset`: where it ends, or 0 when it does not fit. */
static size_t parse_extension(
	const uint8_t *at, size_t offset, size_t length, struct rtp_packet *packet)
{
	if (length - offset < 4)
		return 0;
	packet->extension_profile = bytes_u16(at + offset);
	packet->extension_length = (size_t)bytes_u16(at + offset + 2) * 4;
	offset += 4;
	if (length - offset < packet->extension_length)
		return 0;
	packet->extension = at + offset;
	return offset + packet->extension_length;
}

int rtp_packet_parse(const void *bytes, size_t length, struct rtp_packet *ret_packet)
{
	const uint8_t *at = bytes;
	if (length < RTP_HEADER_SIZE || at[0] >> 6 != RTP_VERSION)
		return -EBADMSG;
	struct rtp_packet packet = {
		.ssrc = bytes_u32(at + 8),
		.timestamp = bytes_u32(at + 4),
		.sequence = bytes_u16(at + 2),
		.payload_type = at[1] & ~MARKER_BIT,
		.marker = at[1] & MARKER_BIT,
		.csrc_count = at[0] & CSRC_MASK,
		.has_extension = at[0] & EXTENSION_BIT,
		.csrcs = at + RTP_HEADER_SIZE,
	};
	size_t header = RTP_HEADER_SIZE + 4u * packet.csrc_count;
	if (header > length)
		return -EBADMSG;
	if (packet.has_extension)
		header = parse_extension(at, header, length, &packet);
	if (header == 0)
		return -EBADMSG;
	/* the last byte counts the padding, itself included */
	size_t padding = at[0] & PADDING_BIT ? at[length - 1] : 0;
	if (padding > length - header || (at[0] & PADDING_BIT && padding == 0))
		return -EBADMSG;
	packet.payload = at + header;
	packet.payload_length = length - header - padding;
	*ret_packet = packet;
	return (int)header;
}
