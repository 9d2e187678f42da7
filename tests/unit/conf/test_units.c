/* SPDX-License-Identifier: Apache-2.0 */
/* test_units.c — durations and sizes to and from text. */
#include "conf/units.h"

#include <errno.h>

#include "parsing.h"

static const struct {
	const char *text;
	int64_t microseconds;
} durations[] = {
	{"30s", 30000000},
	{"20ms", 20000},
	{"500us", 500},
	{"5m", 300000000},
	{"12h", INT64_C(43200000000)},
	{"7d", INT64_C(604800000000)},
	{"0s", 0},
	{"1 s", 1000000},
	{"30", -EINVAL},
	{"", -EINVAL},
	{"s", -EINVAL},
	{"-1s", -EINVAL},
	{"30x", -EINVAL},
	{"30ss", -EINVAL},
	{"1.5s", -EINVAL},
	{"99999999999999999999999s", -ERANGE},
	{"9223372036854775807d", -ERANGE},
	{"99999999999999999999999x", -EINVAL},
};

START_TEST(test_durations)
{
	ck_assert_int_eq(units_parse_duration(durations[_i].text), durations[_i].microseconds);
}
END_TEST

static const struct {
	const char *text;
	int64_t bytes;
} sizes[] = {
	{"8M", 8 << 20},
	{"64K", 64 << 10},
	{"1G", 1 << 30},
	{"65535", 65535},
	{"8MB", -EINVAL},
	{"8m", -EINVAL},
	{"M", -EINVAL},
	{"99999999999999999999G", -ERANGE},
	{"1025G", -ERANGE},
};

START_TEST(test_sizes)
{
	ck_assert_int_eq(units_parse_size(sizes[_i].text), sizes[_i].bytes);
}
END_TEST

START_TEST(test_printing)
{
	char text[UNITS_TEXT];
	ck_assert_str_eq(units_print_duration(0, text), "0s");
	ck_assert_str_eq(units_print_duration(5400000000, text), "90m");
	ck_assert_str_eq(units_print_duration(86400000000, text), "1d");
	ck_assert_str_eq(units_print_duration(1500000, text), "1500ms");
	ck_assert_str_eq(units_print_duration(7, text), "7us");
	ck_assert_str_eq(units_print_size(262144, text), "256K");
	ck_assert_str_eq(units_print_size(65535, text), "65535");
	ck_assert_str_eq(units_print_size(0, text), "0");
}
END_TEST

int main(void)
{
	TCase *cases = testing_case("units");
	tcase_add_loop_test(cases, test_durations, 0, sizeof durations / sizeof durations[0]);
	tcase_add_loop_test(cases, test_sizes, 0, sizeof sizes / sizeof sizes[0]);
	tcase_add_test(cases, test_printing);
	return run_cases("conf/units", cases);
}
