/* SPDX-License-Identifier: Apache-2.0 */
/* test_media.c — kinds and transport protocols of m-lines. */
#include "sdp/private.h"

#include "lib/testing.h"

static struct pv_sdp_media media;

START_TEST(kinds_are_known_in_any_case)
{
	static const struct {
		const char *text;
		enum pv_sdp_kind kind;
	} rows[] = {{"audio 1 a b", PV_SDP_AUDIO}, {"VIDEO 1 a b", PV_SDP_VIDEO},
		{"text 1 a b", PV_SDP_TEXT}, {"application 1 a b", PV_SDP_APPLICATION},
		{"message 1 a b", PV_SDP_MESSAGE}, {"image 1 a b", PV_SDP_IMAGE},
		{"audio2 1 a b", PV_SDP_OTHER_KIND}, {"x 1 a b", PV_SDP_OTHER_KIND}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_int_eq(sdp_media_read(pv_span_of(rows[i].text), &media), 0);
		ck_assert_int_eq(media.kind, rows[i].kind);
	}
}
END_TEST

START_TEST(profiles_say_whether_they_are_rtp_and_secret)
{
	static const struct {
		const char *text;
		bool rtp, secure;
	} rows[] = {{"audio 1 RTP/AVP 0", true, false}, {"audio 1 rtp/avpf 0", true, false},
		{"audio 1 RTP/SAVP 0", true, true}, {"audio 1 UDP/TLS/RTP/SAVPF 0", true, true},
		{"audio 1 TCP/DTLS/RTP/SAVPF 0", true, true}, {"image 1 udptl t38", false, false},
		{"application 1 udp MCPTT", false, false}, {"audio 1 RTP/AVPX 0", false, false}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_int_eq(sdp_media_read(pv_span_of(rows[i].text), &media), 0);
		ck_assert_int_eq(media.is_rtp, rows[i].rtp);
		ck_assert_int_eq(media.is_secure, rows[i].secure);
	}
}
END_TEST

START_TEST(protocols_answer_one_another_but_never_plain_for_secret)
{
#define GROUP(text) sdp_proto_group(PV_SPAN(text))
	ck_assert_uint_eq(GROUP("RTP/AVP"), GROUP("rtp/avpf"));
	ck_assert_uint_eq(GROUP("RTP/SAVPF"), GROUP("UDP/TLS/RTP/SAVPF"));
	ck_assert_uint_ne(GROUP("RTP/AVP"), GROUP("RTP/SAVP"));
	ck_assert_uint_ne(GROUP("RTP/AVP"), GROUP("TCP/RTP/AVP"));
	ck_assert_uint_eq(GROUP("udptl"), GROUP("UDPTL"));
	ck_assert_uint_ne(GROUP("udptl"), GROUP("udp"));
#undef GROUP
}
END_TEST

TEST_MAIN("media", kinds_are_known_in_any_case, profiles_say_whether_they_are_rtp_and_secret,
	protocols_answer_one_another_but_never_plain_for_secret)
