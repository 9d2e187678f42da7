/* SPDX-License-Identifier: Apache-2.0 */
/* test_histogram.c: buckets cover every value once; percentiles are close. */
#include "base/histogram.h"

#include "lib/testing.h"

static struct histogram histogram;
static struct histogram other;

START_TEST(buckets_are_in_order_and_without_gaps)
{
	for (uint32_t bucket = 0; bucket + 2 < HISTOGRAM_BUCKETS; bucket++) {
		uint64_t end = histogram_bucket_end(bucket);
		ck_assert_uint_eq(histogram_bucket(end), bucket);
		ck_assert_uint_eq(histogram_bucket(end + 1), bucket + 1);
	}
	ck_assert_uint_eq(histogram_bucket(0), 0);
	ck_assert_uint_eq(histogram_bucket(UINT64_MAX), HISTOGRAM_BUCKETS - 1);
}
END_TEST

START_TEST(a_bucket_is_narrow)
{
	for (uint64_t value = 16; value < (uint64_t)1 << 39; value = value * 3 / 2) {
		uint64_t end = histogram_bucket_end(histogram_bucket(value));
		ck_assert_uint_ge(end, value);
		ck_assert_uint_le((end - value) * 16, value);
	}
}
END_TEST

START_TEST(percentiles_of_a_known_row)
{
	histogram_init(&histogram);
	ck_assert_uint_eq(histogram_percentile(&histogram, 50), 0);
	ck_assert_uint_eq(histogram_mean(&histogram), 0);
	for (uint64_t value = 1; value <= 10000; value++)
		histogram_record(&histogram, value);
	ck_assert_uint_eq(histogram_count(&histogram), 10000);
	ck_assert_uint_eq(histogram_mean(&histogram), 5000);
	ck_assert_uint_eq(histogram_percentile(&histogram, 100), 10000);
	ck_assert_uint_ge(histogram_percentile(&histogram, 50), 5000);
	ck_assert_uint_le(histogram_percentile(&histogram, 50), 5320);
	ck_assert_uint_ge(histogram_percentile(&histogram, 99), 9900);
	ck_assert_uint_eq(histogram_percentile(&histogram, 0), 1);
}
END_TEST

START_TEST(merging_adds_everything)
{
	histogram_init(&histogram);
	histogram_init(&other);
	histogram_record(&histogram, 10);
	histogram_record(&other, 1000);
	histogram_record(&other, 30);
	histogram_merge(&histogram, &other);
	ck_assert_uint_eq(histogram_count(&histogram), 3);
	ck_assert_uint_eq(histogram_mean(&histogram), 1040 / 3);
	ck_assert_uint_eq(histogram_percentile(&histogram, 100), 1000);
	ck_assert_uint_eq(histogram_count(&other), 2);
}
END_TEST

START_TEST(what_is_too_large_is_reported_as_the_largest)
{
	histogram_init(&histogram);
	histogram_record(&histogram, UINT64_MAX / 2);
	ck_assert_uint_eq(histogram_percentile(&histogram, 50), UINT64_MAX / 2);
}
END_TEST

TEST_MAIN("histogram", buckets_are_in_order_and_without_gaps, a_bucket_is_narrow,
	percentiles_of_a_known_row, merging_adds_everything,
	what_is_too_large_is_reported_as_the_largest)
