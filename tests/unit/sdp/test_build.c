/* SPDX-License-Identifier: Apache-2.0 */
/* test_build.c — descriptions of our own. */
#include <portavoz/sdp.h>

#include "descriptions.h"
#include "lib/testing.h"

static char out[2048];
static struct pv_sdp sdp;

START_TEST(an_answer_is_built_and_read)
{
	static const uint8_t types[] = {8, 96};
	struct pv_sdp_session session = {.id = 18446744073709551615u,
		.version = 2,
		.address = pv_sdp_address_of(PV_SPAN("2001:db8::5"), true),
		.name = PV_SPAN("ops")};
	struct pv_writer w;
	ck_assert_int_gt(parse_text(&sdp, LINPHONE), 0);
	pv_writer_init(&w, out, sizeof(out));
	pv_sdp_build_session(&w, &session);
	pv_sdp_build_media(&w, PV_SPAN("audio"), 16384, PV_SPAN("RTP/AVP"), types, 2);
	pv_sdp_build_rtpmap(&w, 8, PV_SPAN("PCMA"), 8000, 1);
	pv_sdp_build_rtpmap(&w, 96, PV_SPAN("opus"), 48000, 2);
	pv_sdp_build_fmtp(&w, 96, PV_SPAN("useinbandfec=1"));
	pv_sdp_build_direction(&w, PV_SDP_RECVONLY);
	pv_sdp_build_attribute(&w, PV_SPAN("ptime"), PV_SPAN("20"));
	pv_sdp_build_attribute(&w, PV_SPAN("rtcp-mux"), PV_SPAN(""));
	pv_sdp_build_rejected(&w, &sdp.media[1]);
	ck_assert(!w.overflow);
	ck_assert(pv_span_equal(pv_writer_span(&w),
		PV_SPAN("v=0\r\no=- 18446744073709551615 2 IN IP6 2001:db8::5\r\ns=ops\r\n"
			"c=IN IP6 2001:db8::5\r\nt=0 0\r\nm=audio 16384 RTP/AVP 8 96\r\n"
			"a=rtpmap:8 PCMA/8000\r\na=rtpmap:96 opus/48000/2\r\n"
			"a=fmtp:96 useinbandfec=1\r\na=recvonly\r\na=ptime:20\r\na=rtcp-mux\r\n"
			"m=video 0 RTP/AVPF 96\r\n")));
	ck_assert_int_eq(pv_sdp_parse(&sdp, out, pv_writer_length(&w)), (int)pv_writer_length(&w));
	ck_assert_int_eq(sdp.media[0].direction, PV_SDP_RECVONLY);
	ck_assert(sdp.media[0].rtcp_mux && sdp.media[0].ptime == 20);
	ck_assert(pv_sdp_is_rejected(&sdp.media[1]));
}
END_TEST

START_TEST(names_may_be_left_out)
{
	struct pv_sdp_session session = {.address = pv_sdp_address_of(PV_SPAN("192.0.2.1"), false)};
	struct pv_writer w;
	pv_writer_init(&w, out, sizeof(out));
	pv_sdp_build_session(&w, &session);
	ck_assert(pv_span_equal(pv_writer_span(&w),
		PV_SPAN("v=0\r\no=- 0 0 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\n"
			"t=0 0\r\n")));
	ck_assert_int_gt(parse_text(&sdp, HEAD "m=video 0 RTP/AVP\r\n"), 0);
	pv_writer_init(&w, out, sizeof(out));
	pv_sdp_build_rejected(&w, &sdp.media[0]);
	ck_assert(pv_span_equal(pv_writer_span(&w), PV_SPAN("m=video 0 RTP/AVP 0\r\n")));
}
END_TEST

TEST_MAIN("build", an_answer_is_built_and_read, names_may_be_left_out)
