/* SPDX-License-Identifier: Apache-2.0 */
/* test_alarm.c: alarms ring at the first tick behind their deadline, once, and not when cancelled.
 */
#include "base/macros.h"
#include "lib/testing.h"
#include "runtime/alarm.h"

#define TICK_MS 100

static struct worker_group group;
static struct fake_clock the_clock;
static struct alarms alarms;
static unsigned rung[3], again;

static void on_alarm(void *context, struct alarm *alarm, uint64_t now_ms)
{
	ck_assert_uint_eq(now_ms, clock_now_ms(&the_clock.clock));
	rung[alarm->kind]++;
	if (again) {
		again--;
		alarm_set(&alarms, alarm, alarm->kind, now_ms + 1);
	}
}

static void begin(void)
{
	fake_clock_init(&the_clock, 1000);
	memset(rung, 0, sizeof(rung));
	memset(&alarms, 0, sizeof(alarms));
	ck_assert_int_eq(worker_group_init(&group, 1, &the_clock.clock), 0);
	alarms_init(&alarms, &group.workers[0], TICK_MS, on_alarm, NULL);
}

static void pass(unsigned ms)
{
	for (unsigned i = 0; i < ms; i += 10) {
		fake_clock_advance(&the_clock, 10);
		worker_run_once(&group.workers[0]);
	}
}

START_TEST(each_rings_once_when_it_is_due)
{
	struct alarm near = {0}, far = {0};
	begin();
	ck_assert(worker_next_ms(&group.workers[0]) == UINT64_MAX);
	alarm_set(&alarms, &near, 0, 1150);
	alarm_set(&alarms, &far, 1, 1000 + 3600 * 1000);
	pass(140);
	ck_assert_uint_eq(rung[0], 0);
	pass(60);
	ck_assert_uint_eq(rung[0], 1);
	pass(3600 * 1000 - 300);
	ck_assert_uint_eq(rung[1], 0);
	pass(200);
	ck_assert_uint_eq(rung[0], 1);
	ck_assert_uint_eq(rung[1], 1);
	/* nothing is in it: nobody wakes any more */
	pass(TICK_MS);
	ck_assert(worker_next_ms(&group.workers[0]) == UINT64_MAX);
	worker_group_done(&group);
}
END_TEST

START_TEST(moved_cancelled_and_never)
{
	struct alarm moved = {0}, cancelled = {0}, never = {0};
	begin();
	alarm_set(&alarms, &moved, 0, 1100);
	alarm_set(&alarms, &moved, 0, 1500);
	alarm_set(&alarms, &cancelled, 1, 1100);
	alarm_cancel(&cancelled);
	alarm_set(&alarms, &never, 2, 1100);
	alarm_set(&alarms, &never, 2, UINT64_MAX);
	pass(300);
	ck_assert_uint_eq(rung[0], 0);
	pass(1000);
	ck_assert_uint_eq(rung[0], 1);
	ck_assert_uint_eq(rung[1], 0);
	ck_assert_uint_eq(rung[2], 0);
	alarm_cancel(&moved);
	worker_group_done(&group);
}
END_TEST

START_TEST(may_be_set_again_while_it_rings)
{
	struct alarm alarm = {0};
	begin();
	again = 1;
	alarm_set(&alarms, &alarm, 0, 1100);
	pass(110);
	ck_assert_uint_eq(rung[0], 1);
	pass(TICK_MS);
	ck_assert_uint_eq(rung[0], 2);
	worker_group_done(&group);
}
END_TEST

TEST_MAIN("alarm", each_rings_once_when_it_is_due, moved_cancelled_and_never,
	may_be_set_again_while_it_rings)
