/* SPDX-License-Identifier: Apache-2.0 */
/* test_direction.c — directions from either side. */
#include <portavoz/sdp.h>

#include "lib/testing.h"

START_TEST(directions_have_their_names)
{
	ck_assert(pv_span_equal(pv_sdp_direction_text(PV_SDP_INACTIVE), PV_SPAN("inactive")));
	ck_assert(pv_span_equal(pv_sdp_direction_text(PV_SDP_SENDONLY), PV_SPAN("sendonly")));
	ck_assert(pv_span_equal(pv_sdp_direction_text(PV_SDP_RECVONLY), PV_SPAN("recvonly")));
	ck_assert(pv_span_equal(pv_sdp_direction_text(PV_SDP_SENDRECV), PV_SPAN("sendrecv")));
}
END_TEST

START_TEST(the_other_side_sees_them_reversed)
{
	ck_assert_int_eq(pv_sdp_direction_reverse(PV_SDP_INACTIVE), PV_SDP_INACTIVE);
	ck_assert_int_eq(pv_sdp_direction_reverse(PV_SDP_SENDONLY), PV_SDP_RECVONLY);
	ck_assert_int_eq(pv_sdp_direction_reverse(PV_SDP_RECVONLY), PV_SDP_SENDONLY);
	ck_assert_int_eq(pv_sdp_direction_reverse(PV_SDP_SENDRECV), PV_SDP_SENDRECV);
}
END_TEST

START_TEST(an_answer_is_put_right)
{
	ck_assert_int_eq(
		pv_sdp_direction_answer(PV_SDP_SENDONLY, PV_SDP_SENDRECV), PV_SDP_RECVONLY);
	ck_assert_int_eq(
		pv_sdp_direction_answer(PV_SDP_RECVONLY, PV_SDP_SENDRECV), PV_SDP_SENDONLY);
	ck_assert_int_eq(
		pv_sdp_direction_answer(PV_SDP_SENDONLY, PV_SDP_SENDONLY), PV_SDP_INACTIVE);
	ck_assert_int_eq(
		pv_sdp_direction_answer(PV_SDP_INACTIVE, PV_SDP_SENDRECV), PV_SDP_INACTIVE);
	ck_assert_int_eq(
		pv_sdp_direction_answer(PV_SDP_SENDRECV, PV_SDP_RECVONLY), PV_SDP_RECVONLY);
}
END_TEST

TEST_MAIN("direction", directions_have_their_names, the_other_side_sees_them_reversed,
	an_answer_is_put_right)
