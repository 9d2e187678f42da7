/* SPDX-License-Identifier: Apache-2.0 */
/* test_verdict.c — every verdict has a status, a Warning code and a text. */
#include <portavoz/sdp.h>

#include "lib/testing.h"

START_TEST(every_verdict_has_its_row)
{
	for (int verdict = 1; verdict < PV_SDP_VERDICT_COUNT; verdict++) {
		const struct pv_sdp_verdict_row *row = pv_sdp_verdict_row(-verdict);
		ck_assert(row->status == 488 || row->status == 400);
		ck_assert(row->warning >= 300 && row->warning <= 399);
		ck_assert(strlen(row->text) > 4 && !strpbrk(row->text, "\"\\\r\n"));
		ck_assert(strncmp(row->section, "RFC ", 4) == 0);
	}
	ck_assert_str_eq(pv_sdp_verdict_row(-PV_SDP_NO_CODEC)->name, "NO_CODEC");
	ck_assert_str_eq(pv_sdp_verdict_row(0)->name, "NONE");
	ck_assert_str_eq(pv_sdp_verdict_row(1)->name, "NONE");
	ck_assert_str_eq(pv_sdp_verdict_row(-PV_SDP_VERDICT_COUNT)->name, "NONE");
}
END_TEST

START_TEST(a_warning_is_written)
{
	char out[128];
	struct pv_writer w;
	pv_writer_init(&w, out, sizeof(out));
	pv_sdp_warning_write(&w, -PV_SDP_ANSWER_FORMAT, PV_SPAN("example.test"));
	ck_assert(pv_span_equal(pv_writer_span(&w),
		PV_SPAN("305 example.test \"Answer with no format of the offer\"")));
}
END_TEST

TEST_MAIN("verdict", every_verdict_has_its_row, a_warning_is_written)
