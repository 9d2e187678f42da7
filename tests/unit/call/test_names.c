/* SPDX-License-Identifier: Apache-2.0 */
/* test_names.c: names of calls as an operator types them, and why calls end. */
#include "call/private.h"
#include "lib/testing.h"

START_TEST(names_are_read)
{
	static const char *const bad[] = {"", "1", "1.2", "1.2.", ".2.3", "1.2.3.", "1.2.3.4",
		"a.2.3", "1.2.3 ", "1..3", "-1.2.3", "1.4294967296.3", "99999999999999999999.1.1"};
	unsigned worker;
	uint64_t handle;
	ck_assert(call_name_read(PV_SPAN("1.42.7"), &worker, &handle));
	ck_assert_uint_eq(worker, 1);
	ck_assert_uint_eq(handle, UINT64_C(7) << 32 | 42);
	ck_assert(call_name_read(PV_SPAN("0.4294967295.4294967295"), &worker, &handle));
	ck_assert_uint_eq(handle, UINT64_MAX);
	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
		ck_assert_msg(!call_name_read(pv_span_of(bad[i]), &worker, &handle), "%s", bad[i]);
}
END_TEST

START_TEST(every_end_has_a_name)
{
	for (unsigned i = 0; i < CALL_WHY_COUNT; i++)
		ck_assert_uint_gt(call_why_name((enum call_why)i).length, 0);
	ck_assert(pv_span_equal(call_why_name(CALL_SILENT), PV_SPAN("media_timeout")));
	ck_assert_uint_eq(call_why_reason(CALL_CALLER_BYE).length, 0);
	ck_assert_uint_gt(call_why_reason(CALL_SILENT).length, 0);
}
END_TEST

TEST_MAIN("call/names", names_are_read, every_end_has_a_name)
