/* SPDX-License-Identifier: Apache-2.0 */
/* test_round_trip.c: round trips out of quoted sender's reports, and quotes that give none. */
#include "rtp/round_trip.h"

#include "lib/testing.h"

#define MS  UINT64_C(1000000)
#define NTP UINT64_C(0xe000000180000000)

static struct round_trip trip;

static bool quote(uint64_t ntp, uint32_t held_ms, uint64_t now_ns)
{
	struct rtcp_block block = {
		.last_sr = rtcp_ntp_middle(ntp),
		.since_last_sr = (uint32_t)((uint64_t)held_ms * 65536 / 1000),
	};
	return round_trip_quoted(&trip, &block, now_ns);
}

START_TEST(what_passed_less_what_it_was_held)
{
	round_trip_sent(&trip, NTP, 1000 * MS);
	ck_assert(quote(NTP, 3000, 4080 * MS));
	ck_assert_uint_ge(trip.last_us, 80000);
	ck_assert_uint_le(trip.last_us, 80016); /* a 65536th of a second */
	ck_assert(quote(NTP, 3100, 4150 * MS));
	ck_assert_uint_le(trip.last_us, 50016);
}
END_TEST

START_TEST(an_older_report_is_still_known)
{
	for (unsigned i = 0; i < 5; i++)
		round_trip_sent(&trip, NTP + ((uint64_t)i << 32), i * 5000 * MS);
	ck_assert(!quote(NTP, 0, 20010 * MS)); /* the first was forgotten */
	ck_assert_uint_eq(trip.last_us, 0);
	ck_assert(quote(NTP + (UINT64_C(1) << 32), 15000, 20010 * MS));
	ck_assert_uint_ge(trip.last_us, 10000);
}
END_TEST

START_TEST(quotes_that_give_none)
{
	round_trip_sent(&trip, NTP, 1000 * MS);
	ck_assert(!quote(0, 0, 1100 * MS));                /* no report came there */
	ck_assert(!quote(NTP + 65536, 0, 1100 * MS));      /* not one of ours */
	ck_assert(!quote(NTP, 500, 1100 * MS));            /* held for longer than it is old */
	ck_assert(!quote(NTP, 0, 1000 * MS + 61000 * MS)); /* a minute is no way */
	ck_assert_uint_eq(trip.last_us, 0);
	round_trip_sent(&trip, 5, 1000 * MS); /* its middle is 0, which means none */
	ck_assert(!quote(5, 0, 1100 * MS));
	/* a clock that runs a little fast is forgiven, and no way is shorter than a microsecond */
	ck_assert(quote(NTP, 100, 1099 * MS + MS / 2));
	ck_assert_uint_eq(trip.last_us, 1);
}
END_TEST

TEST_MAIN("round_trip", what_passed_less_what_it_was_held, an_older_report_is_still_known,
	quotes_that_give_none)
