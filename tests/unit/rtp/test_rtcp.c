/* SPDX-License-Identifier: Apache-2.0 */
/* test_rtcp.c: RTCP compounds: what is in them, and every cut of them before a guard page. */
#include "rtp/rtcp.h"

#include <errno.h>
#include <string.h>

#include "lib/guard_page.h"
#include "lib/testing.h"

/* clang-format off */
#define SR    "\x81\xc8\x00\x0c" "\x11\x11\x11\x11" "\xe0\x00\x00\x01\x80\x00\x00\x00" \
	      "\x00\x00\x03\xe8" "\x00\x00\x00\x64" "\x00\x00\x3e\x80"                 \
	      "\x22\x22\x22\x22" "\x40\xff\xff\xfe" "\x00\x01\x00\x05" "\x00\x00\x00\x18" \
	      "\x00\x01\x80\x00" "\x00\x00\x80\x00"
#define SDES  "\x81\xca\x00\x02" "\x11\x11\x11\x11" "\x01\x01" "a" "\x00"
#define BYE   "\x82\xcb\x00\x02" "\x11\x11\x11\x11" "\x33\x33\x33\x33"
/* floor request, priority 5 */
#define FLOOR "\x80\xcc\x00\x04" "\x11\x11\x11\x11" "MCPT" "\x00\x02\x05\x00" "\x0d\x02\x80\x00"
#define PAD   "\xa0\xc9\x00\x02" "\x44\x44\x44\x44" "\x00\x00\x00\x04"
/* clang-format on */
static const char compound[] = SR SDES BYE FLOOR PAD;
#define COMPOUND (sizeof(compound) - 1)

static unsigned walk_all(
	const char *bytes, size_t length, struct rtcp_packet packets[8], bool *ret_is_bad)
{
	struct rtcp_walk walk;
	unsigned count = 0;
	rtcp_walk_begin(&walk, guard_page_put(bytes, length), length);
	while (count < 8 && rtcp_walk_next(&walk, &packets[count]))
		count++;
	*ret_is_bad = walk.is_bad;
	return count;
}

START_TEST(a_compound_is_walked)
{
	static const uint8_t types[] = {RTCP_SR, RTCP_SDES, RTCP_BYE, RTCP_APP, RTCP_RR};
	struct rtcp_packet packets[8];
	bool is_bad;
	ck_assert_uint_eq(walk_all(compound, COMPOUND, packets, &is_bad), 5);
	ck_assert(!is_bad);
	for (unsigned i = 0; i < 5; i++)
		ck_assert_uint_eq(packets[i].type, types[i]);
	ck_assert_uint_eq(packets[4].body_length, 4); /* the padding is not of it */
	ck_assert(rtcp_is_valid(compound, COMPOUND));
}
END_TEST

START_TEST(a_sender_report)
{
	struct rtcp_packet packets[8];
	struct rtcp_report report;
	struct rtcp_block block;
	bool is_bad;
	walk_all(compound, COMPOUND, packets, &is_bad);
	ck_assert_int_eq(rtcp_report_parse(&packets[0], &report), 0);
	ck_assert(report.is_sender);
	ck_assert_uint_eq(report.ssrc, 0x11111111);
	ck_assert_uint_eq(report.ntp, 0xe000000180000000);
	ck_assert_uint_eq(rtcp_ntp_middle(report.ntp), 0x00018000);
	ck_assert_uint_eq(report.rtp_timestamp, 1000);
	ck_assert_uint_eq(report.packets, 100);
	ck_assert_uint_eq(report.octets, 16000);
	ck_assert_uint_eq(report.block_count, 1);
	rtcp_block_parse(&report, 0, &block);
	ck_assert_uint_eq(block.ssrc, 0x22222222);
	ck_assert_uint_eq(block.fraction_lost, 64);
	ck_assert_int_eq(block.lost, -2);
	ck_assert_uint_eq(block.highest, 0x00010005);
	ck_assert_uint_eq(block.jitter, 24);
	ck_assert_uint_eq(block.last_sr, 0x00018000);
	ck_assert_uint_eq(block.since_last_sr, 0x8000);
}
END_TEST

START_TEST(app_and_bye)
{
	struct rtcp_packet packets[8];
	struct rtcp_app app;
	uint32_t ssrc;
	bool is_bad;
	walk_all(compound, COMPOUND, packets, &is_bad);
	ck_assert(rtcp_bye_source(&packets[2], 0, &ssrc));
	ck_assert(rtcp_bye_source(&packets[2], 1, &ssrc));
	ck_assert_uint_eq(ssrc, 0x33333333);
	ck_assert(!rtcp_bye_source(&packets[2], 2, &ssrc));
	ck_assert(!rtcp_bye_source(&packets[1], 0, &ssrc));
	ck_assert_int_eq(rtcp_app_parse(&packets[3], &app), 0);
	ck_assert_mem_eq(app.name, "MCPT", 4);
	ck_assert_uint_eq(app.subtype, 0);
	ck_assert_uint_eq(app.data_length, 8);
	ck_assert_uint_eq(app.data[2], 5);
	ck_assert_int_eq(rtcp_app_parse(&packets[0], &app), -EBADMSG);
}
END_TEST

/* Reads all that a view of any kind can point at: the guard page is behind it. */
static void touch_all(const struct rtcp_packet *packet)
{
	struct rtcp_report report;
	struct rtcp_block block;
	struct rtcp_app app;
	uint32_t ssrc, sum = 0;
	for (size_t i = 0; i < packet->body_length; i++)
		sum += packet->body[i];
	if (rtcp_report_parse(packet, &report) == 0)
		for (unsigned i = 0; i < report.block_count; i++) {
			rtcp_block_parse(&report, i, &block);
			sum += block.jitter;
		}
	if (rtcp_app_parse(packet, &app) == 0)
		sum += app.data_length ? app.data[app.data_length - 1] : 0;
	for (unsigned i = 0; i < packet->count; i++)
		sum += rtcp_bye_source(packet, i, &ssrc) ? ssrc : 0;
	ck_assert(sum != 1);
}

START_TEST(no_cut_reads_on)
{
	static const size_t ends[] = {0, 52, 64, 76, 96, 108};
	ck_assert_uint_eq(COMPOUND, 108);
	for (size_t length = 0; length <= COMPOUND; length++) {
		struct rtcp_packet packets[8];
		bool is_bad, is_end = false;
		unsigned count = walk_all(compound, length, packets, &is_bad);
		for (unsigned i = 0; i < count; i++)
			touch_all(&packets[i]);
		for (unsigned i = 0; i < 6; i++)
			is_end |= ends[i] == length;
		ck_assert_msg(is_bad == !is_end, "cut at %zu", length);
		ck_assert(rtcp_is_valid(guard_page_put(compound, length), length) ==
			  (is_end && length > 0));
	}
}
END_TEST

START_TEST(every_length_field_and_count_is_bounded)
{
	for (size_t at = 0; at < COMPOUND; at++)
		for (unsigned value = 0; value < 256; value += 5) {
			struct rtcp_packet packets[8];
			char bytes[sizeof(compound)];
			bool is_bad;
			memcpy(bytes, compound, sizeof(compound));
			bytes[at] = (char)value;
			unsigned count = walk_all(bytes, COMPOUND, packets, &is_bad);
			for (unsigned i = 0; i < count; i++)
				touch_all(&packets[i]);
		}
}
END_TEST

START_TEST(what_is_no_rtcp)
{
	/* version 1; a type of RTP; padding in the middle; padding longer than the packet; odd */
	ck_assert(!rtcp_is_valid("\x40\xc9\x00\x01\x00\x00\x00\x00", 8));
	ck_assert(!rtcp_is_valid("\x80\x60\x00\x01\x00\x00\x00\x00", 8));
	ck_assert(!rtcp_is_valid(PAD BYE, 24));
	ck_assert(!rtcp_is_valid("\xa0\xc9\x00\x01\x00\x00\x00\x0c", 8));
	ck_assert(!rtcp_is_valid("\xa0\xc9\x00\x01\x00\x00\x00\x03", 8));
	/* feedback alone, as RFC 5506 allows, and types that nobody knows */
	ck_assert(rtcp_is_valid("\x81\xce\x00\x02\x00\x00\x00\x01\x00\x00\x00\x02", 12));
	ck_assert(rtcp_is_valid("\x80\xdf\x00\x00", 4));
	ck_assert(!rtcp_is_valid("", 0));
}
END_TEST

START_TEST(a_report_that_is_shorter_than_its_count)
{
	struct rtcp_packet packet = {.type = RTCP_RR, .count = 1, .body = (const uint8_t *)SR};
	struct rtcp_report report;
	for (packet.body_length = 0; packet.body_length < 28; packet.body_length++)
		ck_assert_int_eq(rtcp_report_parse(&packet, &report), -EBADMSG);
	ck_assert_int_eq(rtcp_report_parse(&packet, &report), 0);
	ck_assert(!report.is_sender);
}
END_TEST

TEST_MAIN("rtcp", a_compound_is_walked, a_sender_report, app_and_bye, no_cut_reads_on,
	every_length_field_and_count_is_bounded, what_is_no_rtcp,
	a_report_that_is_shorter_than_its_count)
