/* SPDX-License-Identifier: Apache-2.0 */
/* test_packet.c: RTP headers: every field, every prefix before a guard page, what does not fit. */
#include "rtp/packet.h"

#include <errno.h>
#include <string.h>

#include "lib/guard_page.h"
#include "lib/testing.h"

#define BASIC "\x80\x00\x12\x34\x00\x00\x00\xa0\xde\xad\xbe\xef"

static int parse(const char *bytes, size_t length, struct rtp_packet *packet)
{
	return rtp_packet_parse(guard_page_put(bytes, length), length, packet);
}

START_TEST(a_plain_header)
{
	struct rtp_packet p;
	ck_assert_int_eq(parse(BASIC "voice", 17, &p), 12);
	ck_assert_uint_eq(p.ssrc, 0xdeadbeef);
	ck_assert_uint_eq(p.timestamp, 160);
	ck_assert_uint_eq(p.sequence, 0x1234);
	ck_assert_uint_eq(p.payload_type, 0);
	ck_assert(!p.marker && !p.has_extension);
	ck_assert_uint_eq(p.payload_length, 5);
	ck_assert_mem_eq(p.payload, "voice", 5);
	/* no payload is a packet, too */
	ck_assert_int_eq(parse(BASIC, 12, &p), 12);
	ck_assert_uint_eq(p.payload_length, 0);
}
END_TEST

/* two CSRCs, marker, type 101, an extension of one word, a payload of two bytes, two of padding */
static const char full[] = "\xb2\xe5\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03"
			   "\x00\x00\x00\x0a\x00\x00\x00\x0b"
			   "\xbe\xde\x00\x01\x10\xff\x00\x00"
			   "hi\x00\x02";
#define FULL (sizeof(full) - 1)

START_TEST(everything_at_once)
{
	struct rtp_packet p;
	ck_assert_int_eq(parse(full, FULL, &p), 28);
	ck_assert(p.marker);
	ck_assert_uint_eq(p.payload_type, 101);
	ck_assert_uint_eq(p.csrc_count, 2);
	ck_assert_uint_eq(p.csrcs[7], 0x0b);
	ck_assert(p.has_extension);
	ck_assert_uint_eq(p.extension_profile, 0xbede);
	ck_assert_uint_eq(p.extension_length, 4);
	ck_assert_uint_eq(p.extension[1], 0xff);
	ck_assert_uint_eq(p.payload_length, 2);
	ck_assert_mem_eq(p.payload, "hi", 2);
}
END_TEST

START_TEST(no_prefix_reads_on)
{
	for (size_t length = 0; length < FULL; length++) {
		struct rtp_packet p = {.ssrc = 77};
		int header = parse(full, length, &p);
		/* a cut one whose last byte happens to be a padding that fits */
		if (header > 0)
			ck_assert_uint_le(28 + p.payload_length, length);
		else
			ck_assert_uint_eq(p.ssrc, 77);
		if (length < 28)
			ck_assert_int_eq(header, -EBADMSG);
	}
}
END_TEST

START_TEST(what_does_not_fit)
{
	struct rtp_packet p;
	char bytes[16];
	memcpy(bytes, BASIC "\x00\x00\x00\x05", 16);
	bytes[0] = 0x40; /* version 1 */
	ck_assert_int_eq(parse(bytes, 16, &p), -EBADMSG);
	bytes[0] = (char)0xa0; /* more padding than there are bytes */
	ck_assert_int_eq(parse(bytes, 16, &p), -EBADMSG);
	bytes[15] = 0; /* padding that does not count itself */
	ck_assert_int_eq(parse(bytes, 16, &p), -EBADMSG);
	bytes[15] = 4; /* nothing but padding */
	ck_assert_int_eq(parse(bytes, 16, &p), 12);
	ck_assert_uint_eq(p.payload_length, 0);
	bytes[0] = (char)0x90; /* an extension of five words in none */
	bytes[15] = 5;
	ck_assert_int_eq(parse(bytes, 16, &p), -EBADMSG);
	bytes[0] = (char)0x82; /* two CSRCs in the room of one */
	ck_assert_int_eq(parse(bytes, 16, &p), -EBADMSG);
}
END_TEST

TEST_MAIN("packet", a_plain_header, everything_at_once, no_prefix_reads_on, what_does_not_fit)
