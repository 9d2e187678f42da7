/* SPDX-License-Identifier: Apache-2.0 */
/* test_demux.c: every first byte is of one kind, RTP and RTCP are told apart by the second. */
#include "rtp/demux.h"

#include "lib/testing.h"

static enum rtp_kind kind(unsigned first, unsigned second)
{
	uint8_t bytes[2] = {(uint8_t)first, (uint8_t)second};
	return rtp_kind_of(bytes, sizeof(bytes));
}

/* RFC 7983 figure 3 */
START_TEST(first_bytes_are_those_of_rfc_7983)
{
	static const struct {
		unsigned first, last;
		enum rtp_kind kind;
	} ranges[] = {
		{0, 3, RTP_KIND_STUN},
		{4, 15, RTP_KIND_OTHER},
		{16, 19, RTP_KIND_ZRTP},
		{20, 63, RTP_KIND_DTLS},
		{64, 79, RTP_KIND_TURN},
		{80, 127, RTP_KIND_OTHER},
		{128, 191, RTP_KIND_RTP},
		{192, 255, RTP_KIND_OTHER},
	};
	unsigned next = 0;
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		ck_assert_uint_eq(ranges[i].first, next);
		for (; next <= ranges[i].last; next++)
			ck_assert_msg(kind(next, 0) == ranges[i].kind, "first byte %u", next);
	}
	ck_assert_uint_eq(next, 256);
}
END_TEST

START_TEST(rtcp_is_192_to_223)
{
	for (unsigned second = 0; second < 256; second++)
		ck_assert_uint_eq(kind(0x80, second),
			second >= 192 && second <= 223 ? RTP_KIND_RTCP : RTP_KIND_RTP);
}
END_TEST

START_TEST(one_byte_is_nothing)
{
	ck_assert_uint_eq(rtp_kind_of("\x80", 1), RTP_KIND_OTHER);
	ck_assert_uint_eq(rtp_kind_of("", 0), RTP_KIND_OTHER);
}
END_TEST

TEST_MAIN("demux", first_bytes_are_those_of_rfc_7983, rtcp_is_192_to_223, one_byte_is_nothing)
