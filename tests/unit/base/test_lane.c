/* SPDX-License-Identifier: Apache-2.0 */
/* test_lane.c: lanes expire in order, re-arm to the tail, cancel at any time. */
#include "base/lane.h"

#include "lib/testing.h"

static struct lane lane;
static struct lane_node nodes[3];

static void start(void)
{
	lane_init(&lane, 500);
	for (int i = 0; i < 3; i++)
		lane_node_init(&nodes[i]);
}

START_TEST(an_empty_lane_has_nothing)
{
	start();
	ck_assert_uint_eq(lane_next(&lane), UINT64_MAX);
	ck_assert_ptr_null(lane_expire(&lane, UINT64_MAX));
}
END_TEST

START_TEST(nodes_expire_in_order_and_not_before_their_time)
{
	start();
	lane_arm(&lane, &nodes[0], 1000);
	lane_arm(&lane, &nodes[1], 1000);
	lane_arm(&lane, &nodes[2], 1200);
	ck_assert_uint_eq(lane_next(&lane), 1500);
	ck_assert_ptr_null(lane_expire(&lane, 1499));
	ck_assert_ptr_eq(lane_expire(&lane, 1500), &nodes[0]);
	ck_assert(!lane_is_armed(&nodes[0]));
	ck_assert_ptr_eq(lane_expire(&lane, 1500), &nodes[1]);
	ck_assert_ptr_null(lane_expire(&lane, 1500));
	ck_assert_uint_eq(lane_next(&lane), 1700);
	ck_assert_ptr_eq(lane_expire(&lane, 9999), &nodes[2]);
}
END_TEST

START_TEST(arming_again_moves_to_the_tail_even_from_another_lane)
{
	struct lane slow;
	start();
	lane_init(&slow, 4000);
	lane_arm(&lane, &nodes[0], 0);
	lane_arm(&lane, &nodes[1], 10);
	lane_arm(&lane, &nodes[0], 20);
	ck_assert_ptr_eq(lane_expire(&lane, 600), &nodes[1]);
	lane_arm(&slow, &nodes[0], 30);
	ck_assert_uint_eq(lane_next(&lane), UINT64_MAX);
	ck_assert_uint_eq(lane_next(&slow), 4030);
}
END_TEST

START_TEST(cancel_is_safe_at_any_time)
{
	struct lane_node zeroed = {0};
	start();
	lane_cancel(&zeroed);
	lane_cancel(&nodes[0]);
	lane_arm(&lane, &nodes[0], 0);
	lane_arm(&lane, &nodes[1], 0);
	ck_assert(lane_is_armed(&nodes[0]));
	lane_cancel(&nodes[0]);
	lane_cancel(&nodes[0]);
	ck_assert(!lane_is_armed(&nodes[0]));
	ck_assert_ptr_eq(lane_expire(&lane, 500), &nodes[1]);
	ck_assert_ptr_null(lane_expire(&lane, 500));
	ck_assert_uint_eq(sizeof(struct lane_node), 24);
}
END_TEST

TEST_MAIN("lane", an_empty_lane_has_nothing, nodes_expire_in_order_and_not_before_their_time,
	arming_again_moves_to_the_tail_even_from_another_lane, cancel_is_safe_at_any_time)
