/* SPDX-License-Identifier: Apache-2.0 */
/* test_wheel.c: the wheel against the plain truth, at every distance. */
#include "base/wheel.h"

#include "lib/testing.h"

#define COUNT 4000

static struct wheel wheel;
static struct wheel_node nodes[COUNT];
static uint64_t seed;

static uint64_t pseudo_random(void)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return seed >> 11;
}

static void start(uint64_t now_ms)
{
	wheel_init(&wheel, now_ms);
	for (int i = 0; i < COUNT; i++)
		wheel_node_init(&nodes[i]);
	seed = 42;
}

START_TEST(an_empty_wheel_has_nothing)
{
	start(123456789);
	ck_assert_uint_eq(wheel_next(&wheel), UINT64_MAX);
	ck_assert_ptr_null(wheel_expire(&wheel, 123456789 + 1000000000));
}
END_TEST

START_TEST(every_distance_fires_on_its_millisecond)
{
	static const uint64_t distances[] = {0, 1, 63, 64, 65, 4095, 4096, 4097, 32000, 262143,
		262144, 3600000, 86400000, 7ull * 86400000, 400ull * 86400000, (uint64_t)1 << 40};
	static const uint64_t origins[] = {0, 1, 63, 4095, 1767225600123, ((uint64_t)1 << 42) - 1};

	for (size_t i = 0; i < ARRAY_LENGTH(origins); i++)
		for (size_t k = 0; k < ARRAY_LENGTH(distances); k++) {
			uint64_t due = origins[i] + distances[k];
			start(origins[i]);
			wheel_arm(&wheel, &nodes[0], due);
			ck_assert_uint_le(wheel_next(&wheel), due);
			if (distances[k] > 0)
				ck_assert_ptr_null(wheel_expire(&wheel, due - 1));
			ck_assert(wheel_is_armed(&nodes[0]));
			ck_assert_uint_eq(wheel_next(&wheel), due);
			ck_assert_ptr_eq(wheel_expire(&wheel, due), &nodes[0]);
			ck_assert(!wheel_is_armed(&nodes[0]));
			ck_assert_uint_eq(wheel_next(&wheel), UINT64_MAX);
		}
}
END_TEST

START_TEST(the_past_fires_at_once)
{
	start(5000);
	wheel_arm(&wheel, &nodes[0], 10);
	ck_assert_uint_le(wheel_next(&wheel), 5000);
	ck_assert_ptr_eq(wheel_expire(&wheel, 5000), &nodes[0]);
}
END_TEST

START_TEST(the_end_of_time_is_a_deadline_too)
{
	start(5000);
	wheel_arm(&wheel, &nodes[0], UINT64_MAX - 1);
	ck_assert_ptr_null(wheel_expire(&wheel, (uint64_t)1 << 50));
	ck_assert_ptr_eq(wheel_expire(&wheel, UINT64_MAX - 1), &nodes[0]);
}
END_TEST

/* 0 = not armed */
static uint64_t due[COUNT];

/* How many nodes are not in the state that `due` says. */
static unsigned disagreements(uint64_t now)
{
	unsigned wrong = 0;
	for (int k = 0; k < COUNT; k++)
		wrong += (due[k] != 0 && due[k] <= now) ||
			 wheel_is_armed(&nodes[k]) != (due[k] != 0);
	return wrong;
}

static void arm_or_cancel_one(uint64_t now)
{
	unsigned i = (unsigned)(pseudo_random() % COUNT);
	unsigned range = (unsigned)(pseudo_random() % 22);

	if (pseudo_random() % 4 == 0) {
		wheel_cancel(&nodes[i]);
		due[i] = 0;
	} else {
		due[i] = now + 1 + pseudo_random() % ((uint64_t)1 << range);
		wheel_arm(&wheel, &nodes[i], due[i]);
	}
}

/* Random arms, moves and cancels; fires exactly what is due, in order of deadlines. */
START_TEST(a_random_life_agrees_with_the_plain_truth)
{
	uint64_t now = 999999;
	unsigned fired = 0;
	unsigned wrong = 0;

	start(now);
	for (int step = 0; step < 30000; step++) {
		uint64_t last = 0;
		struct wheel_node *node;

		arm_or_cancel_one(now);
		if (step % 8)
			continue;
		now += pseudo_random() % ((uint64_t)1 << (pseudo_random() % 14));
		while ((node = wheel_expire(&wheel, now))) {
			uint64_t *its = &due[node - nodes];
			wrong += *its == 0 || *its > now || *its < last;
			last = *its;
			*its = 0;
			fired++;
		}
		if (step % 64 == 0)
			wrong += disagreements(now);
	}
	ck_assert_uint_eq(wrong, 0);
	ck_assert_uint_gt(fired, 5000);
}
END_TEST

START_TEST(next_leads_to_every_deadline_without_polling)
{
	unsigned fired = 0;
	unsigned wakes = 0;
	uint64_t now = 777;

	start(now);
	for (int i = 0; i < 100; i++)
		wheel_arm(&wheel, &nodes[i], now + 1 + pseudo_random() % 100000000);
	while ((now = wheel_next(&wheel)) != UINT64_MAX) {
		struct wheel_node *node;
		wakes++;
		while ((node = wheel_expire(&wheel, now))) {
			ck_assert_uint_eq(node->deadline_ms, now);
			fired++;
		}
	}
	ck_assert_uint_eq(fired, 100);
	ck_assert_uint_le(wakes, 600);
}
END_TEST

START_TEST(one_millisecond_fires_in_the_order_of_arming)
{
	start(0);
	for (int i = 0; i < 10; i++)
		wheel_arm(&wheel, &nodes[i], 70000);
	for (int i = 0; i < 10; i++)
		ck_assert_ptr_eq(wheel_expire(&wheel, 70000), &nodes[i]);
	ck_assert_ptr_null(wheel_expire(&wheel, 70000));
}
END_TEST

TEST_MAIN("wheel", an_empty_wheel_has_nothing, every_distance_fires_on_its_millisecond,
	the_past_fires_at_once, the_end_of_time_is_a_deadline_too,
	a_random_life_agrees_with_the_plain_truth, next_leads_to_every_deadline_without_polling,
	one_millisecond_fires_in_the_order_of_arming)
