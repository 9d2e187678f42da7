/* SPDX-License-Identifier: Apache-2.0 */
/* test_attribute.c — names and values of attributes, and which of them lead past a relay. */
#include "sdp/private.h"

#include "lib/testing.h"

static const struct {
	const char *text;
	enum sdp_attribute_id id;
	enum sdp_class class;
	const char *value;
} rows[] = {
	{"rtpmap:0 PCMU/8000", SDP_RTPMAP, SDP_PAYLOAD_LINE, "0 PCMU/8000"},
	{"FMTP: 0 x", SDP_FMTP, SDP_PAYLOAD_LINE, "0 x"},
	{"rtcp-fb:* nack", SDP_RTCP_FB, SDP_PAYLOAD_LINE, "* nack"},
	{"rtcp:53020 IN IP6 ::1", SDP_RTCP, SDP_RTCP_LINE, "53020 IN IP6 ::1"},
	{"rtcp-mux", SDP_RTCP_MUX, SDP_KEPT, ""},
	{"rtcp-muxx", SDP_ATTRIBUTE_OTHER, SDP_KEPT, ""},
	{"sendonly ", SDP_SENDONLY, SDP_DIRECTION_LINE, ""},
	{"candidate:1 1 UDP", SDP_CANDIDATE, SDP_BYPASS, "1 1 UDP"},
	{"Candidate : 1", SDP_CANDIDATE, SDP_BYPASS, "1"},
	{"remote-candidates:1", SDP_REMOTE_CANDIDATES, SDP_BYPASS, "1"},
	{"end-of-candidates", SDP_END_OF_CANDIDATES, SDP_BYPASS, ""},
	{"ice-ufrag:x", SDP_ICE_UFRAG, SDP_BYPASS, "x"},
	{"ice-lite", SDP_ATTRIBUTE_OTHER, SDP_BYPASS, ""},
	{"ICE-pwd:x", SDP_ATTRIBUTE_OTHER, SDP_BYPASS, "x"},
	{"ccap:1 IN IP4 192.0.2.1 5000", SDP_CCAP, SDP_BYPASS, "1 IN IP4 192.0.2.1 5000"},
	{"x-candidate-ipv6:1", SDP_ATTRIBUTE_OTHER, SDP_BYPASS, "1"},
	{"x-cand", SDP_ATTRIBUTE_OTHER, SDP_KEPT, ""},
	{"icecream", SDP_ATTRIBUTE_OTHER, SDP_KEPT, ""},
	{"altc:1 IP6 ::1 5000", SDP_ALTC, SDP_BYPASS, "1 IP6 ::1 5000"},
	{"alt:1 1", SDP_ALT, SDP_BYPASS, "1 1"},
	{"source-filter: incl IN IP4 * a", SDP_SOURCE_FILTER, SDP_BYPASS, "incl IN IP4 * a"},
	{"crypto:1 a:b", SDP_CRYPTO, SDP_KEPT, "1 a:b"},
	{"setup:actpass", SDP_ATTRIBUTE_OTHER, SDP_KEPT, "actpass"},
	{":x", SDP_ATTRIBUTE_OTHER, SDP_KEPT, "x"},
	{"", SDP_ATTRIBUTE_OTHER, SDP_KEPT, ""},
};

START_TEST(attributes_are_known_by_name)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sdp_attribute attribute;
		sdp_attribute_read(pv_span_of(rows[i].text), &attribute);
		ck_assert_msg(attribute.id == rows[i].id, "%s: %d", rows[i].text, attribute.id);
		ck_assert_msg(attribute.class == rows[i].class, "%s", rows[i].text);
		ck_assert_msg(
			pv_span_equal(pv_span_trim(attribute.value), pv_span_of(rows[i].value)),
			"%s", rows[i].text);
	}
}
END_TEST

START_TEST(every_row_finds_itself)
{
	static const char *const names[] = {
#define ROW(id, name, class) [SDP_##id] = name,
		SDP_ATTRIBUTES(ROW)
#undef ROW
	};
	for (unsigned id = 1; id < SDP_ATTRIBUTE_COUNT; id++) {
		struct sdp_attribute attribute;
		sdp_attribute_read(pv_span_of(names[id]), &attribute);
		ck_assert_uint_eq(attribute.id, id);
	}
}
END_TEST

TEST_MAIN("attribute", attributes_are_known_by_name, every_row_finds_itself)
