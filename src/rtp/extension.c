/* SPDX-License-Identifier: Apache-2.0 */
/* extension.c: one element of an RTP header extension (RFC 8285). */
#include "rtp/extension.h"

/* Of the one-byte form: nothing is to be read behind it (§4.2). */
#define ID_STOP 15

/* The head of an element: what it is, where its data are. */
struct head {
	uint8_t id;
	size_t size, length;
};

static bool read_one_byte(const uint8_t *at, size_t left, struct head *ret)
{
	*ret = (struct head){at[0] >> 4, 1, (size_t)(at[0] & 0xf) + 1};
	return ret->id != ID_STOP;
}

static bool read_two_byte(const uint8_t *at, size_t left, struct head *ret)
{
	if (left < 2)
		return false;
	*ret = (struct head){at[0], 2, at[1]};
	return true;
}

bool rtp_extension_find(
	const struct rtp_packet *packet, uint8_t id, const uint8_t **ret_data, size_t *ret_length)
{
	bool is_short = packet->extension_profile == RTP_EXTENSION_ONE_BYTE;
	bool is_long =
		(packet->extension_profile & RTP_EXTENSION_TWO_BYTE_MASK) == RTP_EXTENSION_TWO_BYTE;
	if (!packet->has_extension || (!is_short && !is_long) || id == 0)
		return false;
	struct head head;
	for (size_t at = 0; at < packet->extension_length; at += head.size + head.length) {
		const uint8_t *here = packet->extension + at;
		size_t left = packet->extension_length - at;
		head = (struct head){0, 1, 0};
		if (*here == 0)
			continue; /* padding */
		if (is_short ? !read_one_byte(here, left, &head)
			     : !read_two_byte(here, left, &head))
			return false;
		if (head.size + head.length > left)
			return false;
		if (head.id == id) {
			*ret_data = here + head.size;
			*ret_length = head.length;
			return true;
		}
	}
	return false;
}
