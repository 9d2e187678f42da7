/* SPDX-License-Identifier: Apache-2.0 */
/* test_quality.c: the E-model at values that are known, and its ends. */
#include "rtp/quality.h"

#include "lib/testing.h"

static double rating(enum quality_codec codec, double delay_ms, double loss)
{
	struct quality_input input = {.codec = codec, .delay_ms = delay_ms, .loss = loss};
	return quality_rating(&input);
}

START_TEST(the_defaults_of_g107_score_4_41)
{
	ck_assert_double_eq_tol(rating(QUALITY_G711, 0, 0), 93.2, 1e-9);
	ck_assert_double_eq_tol(quality_score(93.2), 4.41, 0.005);
	ck_assert_double_eq(rating(QUALITY_UNKNOWN, 0, 0), rating(QUALITY_G711, 0, 0));
}
END_TEST

/* G.107 Annex B table B.1: bounds of user satisfaction */
START_TEST(scores_of_annex_b)
{
	ck_assert_double_eq_tol(quality_score(90), 4.34, 0.005);
	ck_assert_double_eq_tol(quality_score(80), 4.03, 0.01);
	ck_assert_double_eq_tol(quality_score(70), 3.60, 0.005);
	ck_assert_double_eq_tol(quality_score(60), 3.10, 0.005);
	ck_assert_double_eq_tol(quality_score(50), 2.58, 0.005);
	ck_assert_double_eq(quality_score(0), 1);
	ck_assert_double_eq(quality_score(-5), 1);
	ck_assert_double_eq(quality_score(100), 4.5);
	for (double r = 0; r <= 100; r += 0.25)
		ck_assert(quality_score(r) >= 1 && quality_score(r) <= 4.5);
}
END_TEST

START_TEST(codecs_cost_what_g113_says)
{
	ck_assert_double_eq_tol(rating(QUALITY_G729, 0, 0), 82.2, 1e-9);
	ck_assert_double_eq_tol(quality_score(rating(QUALITY_G729, 0, 0)), 4.10, 0.005);
	ck_assert_double_eq_tol(rating(QUALITY_G723, 0, 0), 78.2, 1e-9);
	ck_assert_double_eq_tol(rating(QUALITY_GSM_EFR, 0, 0), 88.2, 1e-9);
}
END_TEST

START_TEST(delay_has_a_knee)
{
	ck_assert_double_eq_tol(rating(QUALITY_G711, 100, 0), 93.2 - 2.4, 1e-9);
	ck_assert_double_eq_tol(rating(QUALITY_G711, 177.3, 0), 93.2 - 4.2552, 1e-9);
	ck_assert_double_eq_tol(rating(QUALITY_G711, 250, 0), 93.2 - 6 - 7.997, 1e-9);
	ck_assert_double_eq(rating(QUALITY_G711, -1, 0), 93.2);
}
END_TEST

START_TEST(loss_costs_by_robustness_and_burst)
{
	/* 95 * 1 / (1 + 25.1), 11 + 84 * 2 / (2 + 19) */
	ck_assert_double_eq_tol(rating(QUALITY_G711, 0, 0.01), 93.2 - 3.63985, 1e-4);
	ck_assert_double_eq_tol(rating(QUALITY_G729, 0, 0.02), 93.2 - 19, 1e-9);
	struct quality_input burst = {.codec = QUALITY_G711, .loss = 0.05, .burst_ratio = 2};
	ck_assert_double_lt(quality_rating(&burst), rating(QUALITY_G711, 0, 0.05));
	ck_assert_double_eq(rating(QUALITY_G711, 1000, 1), 0);
	ck_assert_double_eq(rating(QUALITY_G711, 0, -0.5), 93.2);
	ck_assert_double_eq(rating(QUALITY_G711, 0, 7), rating(QUALITY_G711, 0, 1));
}
END_TEST

START_TEST(static_payload_types)
{
	ck_assert_uint_eq(quality_codec_of(0), QUALITY_G711);
	ck_assert_uint_eq(quality_codec_of(8), QUALITY_G711);
	ck_assert_uint_eq(quality_codec_of(18), QUALITY_G729);
	ck_assert_uint_eq(quality_codec_of(96), QUALITY_UNKNOWN);
	ck_assert_uint_eq(quality_rate_of(9), 8000);
	ck_assert_uint_eq(quality_rate_of(34), 90000);
	ck_assert_uint_eq(quality_rate_of(1), 0);
	ck_assert_uint_eq(quality_rate_of(96), 0);
	ck_assert_uint_eq(quality_rate_of(127), 0);
}
END_TEST

TEST_MAIN("quality", the_defaults_of_g107_score_4_41, scores_of_annex_b, codecs_cost_what_g113_says,
	delay_has_a_knee, loss_costs_by_robustness_and_burst, static_payload_types)
