/* SPDX-License-Identifier: Apache-2.0 */
/* test_format.c — formats with their rtpmap and fmtp lines, and those that need none. */
#include <portavoz/sdp.h>

#include "descriptions.h"
#include "lib/testing.h"

static struct pv_sdp sdp;
static struct pv_sdp_formats formats;

#define SAYS(span, literal) \
	ck_assert_msg(pv_span_equal(span, PV_SPAN(literal)), "%.*s", PV_SPAN_PRINT(span))

static void read(const char *text, unsigned media)
{
	ck_assert_int_gt(parse_text(&sdp, text), 0);
	pv_sdp_formats_read(&sdp.media[media], &formats);
	ck_assert_uint_eq(formats.count, sdp.media[media].format_count);
}

START_TEST(chromiums_formats_have_their_lines)
{
	read(CHROMIUM, 0);
	ck_assert_uint_eq(formats.count, 8);
	const struct pv_sdp_format *opus = &formats.list[0], *red = &formats.list[1];
	SAYS(opus->text, "111");
	ck_assert_int_eq(opus->payload_type, 111);
	SAYS(opus->encoding, "opus");
	ck_assert_uint_eq(opus->clock_rate, 48000);
	ck_assert_uint_eq(opus->channels, 2);
	SAYS(opus->fmtp, "minptime=10;useinbandfec=1");
	SAYS(red->fmtp, "111/111");
	SAYS(formats.list[2].encoding, "G722");
	ck_assert_uint_eq(formats.list[2].channels, 1);
	SAYS(formats.list[7].encoding, "telephone-event");
	ck_assert_uint_eq(formats.list[7].clock_rate, 8000);
	ck_assert_uint_eq(formats.list[7].fmtp.length, 0);
}
END_TEST

START_TEST(static_ones_need_no_rtpmap)
{
	read(LINPHONE, 0);
	SAYS(formats.list[3].encoding, "PCMU");
	ck_assert(!formats.list[3].has_rtpmap && formats.list[0].has_rtpmap);
	SAYS(formats.list[5].encoding, "G729");
	SAYS(formats.list[5].fmtp, "annexb=yes");
	read(HEAD "m=audio 5000 RTP/AVP 10 96 200 x\r\n", 0);
	SAYS(formats.list[0].encoding, "L16");
	ck_assert_uint_eq(formats.list[0].clock_rate, 44100);
	ck_assert_uint_eq(formats.list[0].channels, 2);
	ck_assert_int_eq(formats.list[1].payload_type, 96);
	ck_assert_uint_eq(formats.list[1].encoding.length, 0);
	ck_assert_int_eq(formats.list[2].payload_type, -1);
	ck_assert_int_eq(formats.list[3].payload_type, -1);
	read(HEAD "m=audio 5000 RTP/AVP 0 0\r\n", 0);
	SAYS(formats.list[0].encoding, "PCMU");
	SAYS(formats.list[1].encoding, "PCMU");
}
END_TEST

/* What a line says goes before the table; the first of two counts; another m-line's does not. */
START_TEST(lines_count_where_they_stand)
{
	read(HEAD "m=audio 5000 RTP/AVP 0 96 97 0\r\na=rtpmap:0 L16/8000/2\r\n"
		  "a=rtpmap:96 a/1\r\na=rtpmap:96 b/2\r\na=fmtp:96 one\r\na=fmtp:96 two\r\n"
		  "a=rtpmap:97 broken\r\na=rtpmap:97 x/y\r\na=rtpmap:98 other/1\r\n"
		  "m=audio 5002 RTP/AVP 97\r\na=rtpmap:97 c/3\r\n",
		0);
	SAYS(formats.list[0].encoding, "L16");
	ck_assert_uint_eq(formats.list[0].channels, 2);
	SAYS(formats.list[1].encoding, "a");
	SAYS(formats.list[1].fmtp, "one");
	ck_assert_uint_eq(formats.list[2].encoding.length, 0);
	SAYS(formats.list[3].encoding, "L16");
	pv_sdp_formats_read(&sdp.media[1], &formats);
	SAYS(formats.list[0].encoding, "c");
}
END_TEST

START_TEST(formats_may_be_words)
{
	read(IPV6, 1);
	ck_assert_int_eq(formats.list[0].payload_type, -1);
	SAYS(formats.list[0].text, "MCPTT");
	SAYS(formats.list[0].fmtp, "mc_queueing;mc_priority=5");
}
END_TEST

/* RFC 3551 tables 4 and 5. */
START_TEST(the_table_is_that_of_rfc_3551)
{
	static const char *const names[35] = {[0] = "PCMU",
		[3] = "GSM",
		[4] = "G723",
		[5] = "DVI4",
		[6] = "DVI4",
		[7] = "LPC",
		[8] = "PCMA",
		[9] = "G722",
		[10] = "L16",
		[11] = "L16",
		[12] = "QCELP",
		[13] = "CN",
		[14] = "MPA",
		[15] = "G728",
		[16] = "DVI4",
		[17] = "DVI4",
		[18] = "G729",
		[25] = "CelB",
		[26] = "JPEG",
		[28] = "nv",
		[31] = "H261",
		[32] = "MPV",
		[33] = "MP2T",
		[34] = "H263"};
	for (int type = -1; type <= 128; type++) {
		const struct pv_sdp_static_format *row = pv_sdp_static_format(type);
		const char *name = type >= 0 && type < 35 && names[type] ? names[type] : "";
		ck_assert_msg(pv_span_equal(row->encoding, pv_span_of(name)), "%d", type);
		ck_assert_msg((row->clock_rate > 0) == (*name != 0), "%d", type);
	}
	ck_assert_uint_eq(pv_sdp_static_format(6)->clock_rate, 16000);
	ck_assert_uint_eq(pv_sdp_static_format(9)->clock_rate, 8000);
	ck_assert_uint_eq(pv_sdp_static_format(34)->clock_rate, 90000);
}
END_TEST

TEST_MAIN("format", chromiums_formats_have_their_lines, static_ones_need_no_rtpmap,
	lines_count_where_they_stand, formats_may_be_words, the_table_is_that_of_rfc_3551)
