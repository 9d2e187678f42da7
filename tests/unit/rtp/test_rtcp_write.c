/* SPDX-License-Identifier: Apache-2.0 */
/* test_rtcp_write.c: what is written is read again, byte for byte where RFC 3550 §6 draws it. */
#include <string.h>

#include "lib/testing.h"
#include "rtp/rtcp_write.h"

static uint8_t bytes[RTCP_WRITTEN_MAX];

static const struct rtcp_block block = {.ssrc = 0x01020304,
	.fraction_lost = 25,
	.lost = -3,
	.highest = 0x00020010,
	.jitter = 77,
	.last_sr = 0xaabbccdd,
	.since_last_sr = 65536};

START_TEST(a_senders_report_is_read_again)
{
	struct rtcp_walk walk;
	struct rtcp_packet part;
	struct rtcp_report report;
	struct rtcp_block found;
	struct rtcp_statement statement = {.ssrc = 0xdeadbeef,
		.is_sender = true,
		.ntp = UINT64_C(0x1122334455667788),
		.rtp_timestamp = 160,
		.packets = 2,
		.octets = 320,
		.block = &block,
		.cname = "abc"};
	size_t length = rtcp_write(&statement, bytes);
	ck_assert_uint_eq(length, 28 + 24 + 16);
	ck_assert(rtcp_is_valid(bytes, length));
	rtcp_walk_begin(&walk, bytes, length);
	ck_assert(rtcp_walk_next(&walk, &part));
	ck_assert_int_eq(rtcp_report_parse(&part, &report), 0);
	ck_assert(report.is_sender);
	ck_assert_uint_eq(report.ssrc, 0xdeadbeef);
	ck_assert_uint_eq(report.ntp, statement.ntp);
	ck_assert_uint_eq(report.rtp_timestamp, 160);
	ck_assert_uint_eq(report.packets, 2);
	ck_assert_uint_eq(report.octets, 320);
	ck_assert_uint_eq(report.block_count, 1);
	rtcp_block_parse(&report, 0, &found);
	ck_assert_uint_eq(found.ssrc, block.ssrc);
	ck_assert_uint_eq(found.fraction_lost, 25);
	ck_assert_int_eq(found.lost, -3);
	ck_assert_uint_eq(found.highest, block.highest);
	ck_assert_uint_eq(found.jitter, 77);
	ck_assert_uint_eq(found.last_sr, block.last_sr);
	ck_assert_uint_eq(found.since_last_sr, 65536);
}
END_TEST

START_TEST(a_receivers_report_and_its_cname)
{
	static const uint8_t wanted[] = {0x80, 201, 0, 1, 0, 0, 0, 9, /* RR, no block */
		0x81, 202, 0, 3, 0, 0, 0, 9, 1, 3, 'a', 'b', 'c', 0, 0, 0};
	struct rtcp_statement statement = {.ssrc = 9, .cname = "abc"};
	ck_assert_uint_eq(rtcp_write(&statement, bytes), sizeof(wanted));
	ck_assert_mem_eq(bytes, wanted, sizeof(wanted));
}
END_TEST

/* However long, the item ends in one to four zeros and the compound fits. */
START_TEST(names_of_all_lengths)
{
	char name[RTCP_CNAME_MAX + 8] = "";
	for (unsigned i = 0; i < RTCP_CNAME_MAX + 4; i++) {
		struct rtcp_statement statement = {
			.is_sender = true, .block = &block, .cname = name};
		size_t length = rtcp_write(&statement, bytes);
		ck_assert_uint_le(length, RTCP_WRITTEN_MAX);
		ck_assert(rtcp_is_valid(bytes, length));
		ck_assert_uint_eq(bytes[length - 1], 0);
		ck_assert_uint_eq(bytes[28 + 24 + 8 + 1], i < RTCP_CNAME_MAX ? i : RTCP_CNAME_MAX);
		name[i] = 'x';
	}
}
END_TEST

START_TEST(losses_are_cut_to_their_field)
{
	struct rtcp_block far = {.lost = 0x7fffffff};
	struct rtcp_statement statement = {.block = &far, .cname = ""};
	rtcp_write(&statement, bytes);
	ck_assert_mem_eq(bytes + 8 + 4, "\x00\x7f\xff\xff", 4);
	far.lost = -0x7fffffff;
	rtcp_write(&statement, bytes);
	ck_assert_mem_eq(bytes + 8 + 4, "\x00\x80\x00\x00", 4);
}
END_TEST

/* The last word of a participant is behind its report and its name (§6.1). */
START_TEST(a_bye_is_the_last)
{
	struct rtcp_statement statement = {
		.ssrc = 0x11223344, .is_sender = true, .cname = "a", .is_bye = true};
	struct rtcp_walk walk;
	struct rtcp_packet part;
	uint8_t types[4] = {0};
	unsigned count = 0;
	uint32_t ssrc;
	size_t length = rtcp_write(&statement, bytes);
	ck_assert(rtcp_is_valid(bytes, length));
	rtcp_walk_begin(&walk, bytes, length);
	while (rtcp_walk_next(&walk, &part))
		types[count++] = part.type;
	ck_assert_uint_eq(count, 3);
	ck_assert_uint_eq(types[0], RTCP_SR);
	ck_assert_uint_eq(types[2], RTCP_BYE);
	ck_assert_mem_eq(bytes + length - 8, "\x81\xcb\x00\x01\x11\x22\x33\x44", 8);
	rtcp_walk_begin(&walk, bytes + length - 8, 8);
	ck_assert(rtcp_walk_next(&walk, &part));
	ck_assert(rtcp_bye_source(&part, 0, &ssrc));
	ck_assert_uint_eq(ssrc, 0x11223344);
}
END_TEST

TEST_MAIN("rtcp_write", a_senders_report_is_read_again, a_receivers_report_and_its_cname,
	names_of_all_lengths, losses_are_cut_to_their_field, a_bye_is_the_last)
