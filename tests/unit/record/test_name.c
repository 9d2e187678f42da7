/* SPDX-License-Identifier: Apache-2.0 */
/* test_name.c: names of files, whatever people call themselves. */
#include "record/name.h"

#include <stdio.h>

#include "lib/testing.h"

#define WALL_MS UINT64_C(1767225600123) /* 2026-01-01 00:00:00.123 UTC */

static void named(const char *group, const char *member, const char *expected)
{
	char text[256];
	struct pv_writer w;
	pv_writer_init(&w, text, sizeof(text) - 1);
	name_put(&w, pv_span_of(group), WALL_MS, pv_span_of(member));
	ck_assert(!w.overflow);
	text[pv_writer_length(&w)] = '\0';
	ck_assert_str_eq(text, expected);
}

START_TEST(plain)
{
	named("ops", "alice", "ops-20260101T000000.123Z-alice");
	named("ops", "sip:alice@example.test", "ops-20260101T000000.123Z-alice");
	named("ops", "SIPS:Al_ice-2@example.test;x=y", "ops-20260101T000000.123Z-Al_ice-2");
}
END_TEST

START_TEST(hostile)
{
	named("..", "../../etc/passwd", "__-20260101T000000.123Z-______etc_passwd");
	named(".", "sip:%2e/\n\x01\xc3\xa9@x", "_-20260101T000000.123Z-_2e_____");
	named("", "", "_-20260101T000000.123Z-_");
	named("ops", "sip:@example.test", "ops-20260101T000000.123Z-_");
}
END_TEST

START_TEST(lengthy)
{
	char group[300], expected[256];
	memset(group, 'g', sizeof(group));
	group[sizeof(group) - 1] = '\0';
	snprintf(expected, sizeof(expected), "%.80s-20260101T000000.123Z-%.80s", group, group);
	named(group, group, expected);
}
END_TEST

START_TEST(times)
{
	char text[32];
	struct pv_writer w;
	pv_writer_init(&w, text, sizeof(text));
	name_put_time(&w, WALL_MS, false);
	ck_assert(pv_span_equal(pv_writer_span(&w), PV_SPAN("2026-01-01T00:00:00.123Z")));
}
END_TEST

TEST_MAIN("record/name", plain, hostile, lengthy, times)
