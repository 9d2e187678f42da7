/* SPDX-License-Identifier: Apache-2.0 */
/* test_address.c — addresses of c=, o= and a=rtcp. */
#include "sdp/private.h"

#include "lib/testing.h"

static const struct {
	const char *text;
	enum pv_sdp_family family;
	const char *address;
	bool name, multicast, zero;
} good[] = {
	{"IN IP4 192.0.2.1", PV_SDP_IP4, "192.0.2.1", false, false, false},
	{"in ip4\t192.0.2.1", PV_SDP_IP4, "192.0.2.1", false, false, false},
	{"IN IP4 0.0.0.0", PV_SDP_IP4, "0.0.0.0", false, false, true},
	{"IN IP4 224.2.36.42/127", PV_SDP_IP4, "224.2.36.42", false, true, false},
	{"IN IP4 239.255.255.255/127/3", PV_SDP_IP4, "239.255.255.255", false, true, false},
	{"IN IP4 240.0.0.1", PV_SDP_IP4, "240.0.0.1", false, false, false},
	{"IN IP4 phone.example.test", PV_SDP_IP4, "phone.example.test", true, false, false},
	{"IN IP6 2001:db8::9:1", PV_SDP_IP6, "2001:db8::9:1", false, false, false},
	{"IN IP6 ::", PV_SDP_IP6, "::", false, false, true},
	{"IN IP6 ::ffff:192.0.2.1", PV_SDP_IP6, "::ffff:192.0.2.1", false, false, false},
	{"IN IP6 ff15::101/3", PV_SDP_IP6, "ff15::101", false, true, false},
	{"IN IP6 host", PV_SDP_IP6, "host", true, false, false},
	{"PSTN E164 +49301", PV_SDP_OTHER_NETWORK, "PSTN E164 +49301", false, false, false},
};

START_TEST(addresses_are_read_and_written_back)
{
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct pv_sdp_address address, again;
		struct pv_writer w;
		char out[128];
		ck_assert_msg(sdp_address_read(pv_span_of(good[i].text), &address) == 0, "%s",
			good[i].text);
		ck_assert_int_eq(address.family, good[i].family);
		ck_assert(pv_span_equal(address.text, pv_span_of(good[i].address)));
		ck_assert_int_eq(address.is_name, good[i].name);
		ck_assert_int_eq(address.is_multicast, good[i].multicast);
		ck_assert_int_eq(address.is_zero, good[i].zero);
		pv_writer_init(&w, out, sizeof(out));
		sdp_address_write(&w, &address);
		ck_assert_int_eq(sdp_address_read(pv_writer_span(&w), &again), 0);
		ck_assert_int_eq(again.family, address.family);
		ck_assert(pv_span_equal(again.text, address.text));
	}
}
END_TEST

START_TEST(malformed_ones_are_refused_and_leave_the_result_alone)
{
	static const char *const bad[] = {"", "IN", "IN IP4", "IN IP4 ", "IN IP4 a b", "IN IP5 a",
		"IN IP4 1.2.3", "IN IP4 1.2.3.256", "IN IP4 1.2.3.4.5", "IN IP4 ::1", "IN IP4 1",
		"IN IP6 192.0.2.1", "IN IP6 [::1]", "IN IP6 fe80::1%eth0", "IN IP6 1::2::3",
		"IN IP4 192.0.2.1/x", "IN IP4 /1", "IN IP4 .a", "IN IP4 -a", "IN IP4 a,b",
		"IN IP4 192.0.2.1;x", "IN IP6 11111111111111111111111111111111111111111111:1"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct pv_sdp_address address = {.family = PV_SDP_IP6, .text = PV_SPAN("kept")};
		ck_assert_msg(sdp_address_read(pv_span_of(bad[i]), &address) == -1, "%s", bad[i]);
		ck_assert(pv_span_equal(address.text, PV_SPAN("kept")));
	}
}
END_TEST

TEST_MAIN("address", addresses_are_read_and_written_back,
	malformed_ones_are_refused_and_leave_the_result_alone)
