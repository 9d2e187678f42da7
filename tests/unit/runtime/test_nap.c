/* SPDX-License-Identifier: Apache-2.0 */
/* test_nap.c: a worker naps where work is dense and about to follow, and not otherwise. */
#include "lib/testing.h"

#include "runtime/nap.h"

#define US UINT64_C(1000)
#define MS UINT64_C(1000000)

static struct nap nap;
static uint64_t now_ns;

/* A round that begins `after` the last one ended and takes 10 us; how long it wants to nap. */
static uint32_t round_of(uint64_t after_ns, uint32_t work)
{
	uint64_t begun_ns = now_ns + after_ns;
	now_ns = begun_ns + 10 * US;
	return nap_length(&nap, work, begun_ns, now_ns);
}

static void start(void)
{
	nap = (struct nap){0};
	now_ns = 1000 * MS;
}

/* Wakes that come every 300 us: 26 a window. */
static void make_dense(void)
{
	start();
	for (unsigned i = 0; i < 60; i++)
		round_of(300 * US, 1);
	ck_assert(nap.is_dense);
}

START_TEST(little_traffic_is_answered_at_once)
{
	start();
	for (unsigned i = 0; i < 1000; i++) {
		ck_assert(!nap_before(&nap, now_ns + MS));
		ck_assert_uint_eq(round_of(MS, 1), 0);
	}
}
END_TEST

START_TEST(dense_traffic_gathers)
{
	make_dense();
	for (unsigned i = 0; i < 100; i++)
		ck_assert_uint_eq(round_of(NAP_NS + 60 * US, 4), NAP_NS / 1000);
}
END_TEST

START_TEST(an_empty_nap_is_the_last)
{
	make_dense();
	ck_assert_uint_gt(round_of(300 * US, 1), 0);
	ck_assert_uint_eq(round_of(NAP_NS, 0), 0);
}
END_TEST

START_TEST(less_work_ends_the_naps)
{
	make_dense();
	for (unsigned i = 0; i < 40; i++)
		round_of(700 * US, 1); /* 11 a window */
	ck_assert(!nap.is_dense);
	make_dense();
	round_of(20 * MS, 1); /* slept through most of a window */
	ck_assert(!nap.is_dense);
}
END_TEST

/* 16 datagrams every 4 ms, all within 0.1 ms: one nap takes them all in, and none follows. */
START_TEST(the_rhythm_of_bursts_is_learnt)
{
	make_dense();
	unsigned first = 0, after = 0;
	for (unsigned burst = 0; burst < 100; burst++) {
		uint64_t woken_ns = now_ns + 3 * MS;
		bool before = nap_before(&nap, woken_ns);
		uint32_t length;
		now_ns = woken_ns;
		if (before) {
			length = round_of(NAP_NS, 16);
		} else {
			length = round_of(0, 1);
			if (length)
				length = round_of(NAP_NS, 15);
			else
				round_of(50 * US, 15);
		}
		if (burst >= 50) {
			first += before;
			after += length > 0;
		}
	}
	ck_assert_uint_eq(first, 50);
	ck_assert_uint_eq(after, 0);
}
END_TEST

/* A nap before the work that brings no second datagram was a mistake, and is unlearnt. */
START_TEST(lone_datagrams_are_not_made_to_wait)
{
	make_dense();
	unsigned naps = 0;
	for (unsigned i = 0; i < 100; i++) {
		nap.is_dense = true; /* whatever the window says */
		now_ns += 3 * MS;
		bool before = nap_before(&nap, now_ns);
		uint32_t length = round_of(before ? NAP_NS : 0, 1);
		if (length)
			round_of(NAP_NS, 0);
		if (i >= 20)
			naps += before + (length > 0);
	}
	ck_assert_uint_eq(naps, 0);
}
END_TEST

TEST_MAIN("nap", little_traffic_is_answered_at_once, dense_traffic_gathers,
	an_empty_nap_is_the_last, less_work_ends_the_naps, the_rhythm_of_bursts_is_learnt,
	lone_datagrams_are_not_made_to_wait)
