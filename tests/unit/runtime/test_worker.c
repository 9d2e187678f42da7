/* SPDX-License-Identifier: Apache-2.0 */
/* test_worker.c: rounds, timers, mail and homes of workers. */
#include <errno.h>
#include <sched.h>
#include <stdio.h>

#include "base/macros.h"
#include "lib/testing.h"
#include "runtime/pin.h"
#include "runtime/private.h"
#include "runtime/worker.h"

static struct worker_group group;

/* ---- timers ---- */

struct fired {
	unsigned count;
	uint64_t at_ms;
};

static void on_fire(void *context, struct lane_node *node, uint64_t now_ms)
{
	struct fired *fired = context;
	fired->count++;
	fired->at_ms = now_ms;
}

START_TEST(timers_fire_at_their_deadline)
{
	struct fake_clock clock;
	struct worker_lane lane = {0};
	struct lane_node node = {0};
	struct fired fired = {0};
	fake_clock_init(&clock, 1000);
	ck_assert_int_eq(worker_group_init(&group, 1, &clock.clock), 0);
	struct worker *worker = &group.workers[0];
	worker_lane_add(worker, &lane, 500, 0, on_fire, &fired);
	ck_assert(worker_next_ms(worker) == UINT64_MAX);
	worker_lane_arm(worker, &lane, &node);
	ck_assert_uint_eq(worker_next_ms(worker), 1500);
	fake_clock_advance(&clock, 499);
	worker_run_once(worker);
	ck_assert_uint_eq(fired.count, 0);
	fake_clock_advance(&clock, 1);
	worker_run_once(worker);
	ck_assert_uint_eq(fired.count, 1);
	ck_assert_uint_eq(fired.at_ms, 1500);
	worker_run_once(worker);
	ck_assert_uint_eq(fired.count, 1);
	worker_group_done(&group);
}
END_TEST

START_TEST(slack_lets_the_tick_come_later)
{
	struct fake_clock clock;
	struct worker_lane lane = {0};
	struct lane_node node = {0};
	struct fired fired = {0};
	fake_clock_init(&clock, 1000);
	ck_assert_int_eq(worker_group_init(&group, 1, &clock.clock), 0);
	struct worker *worker = &group.workers[0];
	worker_lane_add(worker, &lane, 500, 250, on_fire, &fired);
	worker_lane_arm(worker, &lane, &node);
	ck_assert_uint_eq(worker->tick_ms, 1750);
	worker_group_done(&group);
}
END_TEST

START_TEST(cancelled_timer_does_not_fire)
{
	struct fake_clock clock;
	struct worker_lane lane = {0};
	struct lane_node node = {0}, other = {0};
	struct fired fired = {0};
	fake_clock_init(&clock, 1000);
	ck_assert_int_eq(worker_group_init(&group, 1, &clock.clock), 0);
	struct worker *worker = &group.workers[0];
	worker_lane_add(worker, &lane, 100, 0, on_fire, &fired);
	worker_lane_arm(worker, &lane, &node);
	fake_clock_advance(&clock, 50);
	worker_run_once(worker);
	worker_lane_arm(worker, &lane, &other);
	lane_cancel(&node);
	fake_clock_advance(&clock, 50);
	worker_run_once(worker);
	ck_assert_uint_eq(fired.count, 0);
	fake_clock_advance(&clock, 50);
	worker_run_once(worker);
	ck_assert_uint_eq(fired.count, 1);
	worker_group_done(&group);
}
END_TEST

struct again {
	struct worker *worker;
	struct worker_lane lane;
	struct lane_node node;
	unsigned count;
};

static void arm_again(void *context, struct lane_node *node, uint64_t now_ms)
{
	struct again *again = context;
	again->count++;
	worker_lane_arm(again->worker, &again->lane, node);
}

START_TEST(timer_armed_while_it_fires_waits_its_delay)
{
	struct fake_clock clock;
	struct again again = {0};
	fake_clock_init(&clock, 1000);
	ck_assert_int_eq(worker_group_init(&group, 1, &clock.clock), 0);
	again.worker = &group.workers[0];
	worker_lane_add(again.worker, &again.lane, 10, 0, arm_again, &again);
	worker_lane_arm(again.worker, &again.lane, &again.node);
	for (unsigned i = 1; i <= 5; i++) {
		fake_clock_advance(&clock, 10);
		worker_run_once(again.worker);
		ck_assert_uint_eq(again.count, i);
		ck_assert_uint_eq(worker_next_ms(again.worker), 1000 + 10 * i + 10);
		ck_assert_uint_eq(again.worker->tick_ms, 1000 + 10 * i + 10);
	}
	worker_group_done(&group);
}
END_TEST

/* ---- mail ---- */

struct numbered {
	struct mail mail;
	unsigned number;
};

static unsigned expected;

static void on_numbered(void *context, struct mail *mail)
{
	struct numbered *numbered = container_of(mail, struct numbered, mail);
	ck_assert_uint_eq(numbered->number, expected);
	expected++;
}

struct relay {
	struct worker_task task;
	struct numbered mails[100];
};

static void post_hundred(struct worker *worker, struct worker_task *task)
{
	struct relay *relay = container_of(task, struct relay, task);
	for (unsigned i = 0; i < 100; i++) {
		relay->mails[i].mail.kind = MAIL_PACKET;
		relay->mails[i].number = i;
		worker_post(&worker->group->workers[1], &relay->mails[i].mail);
	}
	/* they leave at the end of the batch, not before */
	ck_assert_ptr_null(mailbox_take(&worker->group->workers[1].mailbox));
}

START_TEST(mail_of_a_batch_arrives_in_order)
{
	static struct relay relay;
	ck_assert_int_eq(worker_group_init(&group, 2, NULL), 0);
	worker_on_mail(&group.workers[1], MAIL_PACKET, on_numbered, NULL);
	relay.task = (struct worker_task){.mail.kind = MAIL_TASK, .run = post_hundred};
	worker_post(&group.workers[0], &relay.task.mail);
	worker_run_once(&group.workers[0]);
	ck_assert_uint_eq(expected, 0);
	worker_run_once(&group.workers[1]);
	ck_assert_uint_eq(expected, 100);
	worker_group_done(&group);
}
END_TEST

static unsigned hooks;

static void first_hook(void *context)
{
	ck_assert_uint_eq(hooks % 2, 0);
	hooks++;
}

static void second_hook(void *context)
{
	ck_assert_uint_eq(hooks % 2, 1);
	hooks++;
}

/* Mail for a sleeper waits for one nap of the poster, and no longer. */
START_TEST(mail_for_a_sleeper_is_held_once)
{
	static struct mail mails[3];
	ck_assert_int_eq(worker_group_init(&group, 2, NULL), 0);
	struct worker *poster = &group.workers[0], *sleeper = &group.workers[1];
	worker_here = poster;
	ck_assert(mailbox_sleep(&sleeper->mailbox));
	worker_post(sleeper, &mails[0]);
	worker_deliver(poster, true);
	ck_assert(mailbox_is_asleep(&sleeper->mailbox));
	worker_post(sleeper, &mails[1]);
	worker_deliver(poster, true);
	ck_assert(!mailbox_is_asleep(&sleeper->mailbox));
	mailbox_wake(&sleeper->mailbox);
	ck_assert_ptr_eq(mailbox_take(&sleeper->mailbox), &mails[0]);
	ck_assert_ptr_eq(mailbox_take(&sleeper->mailbox), &mails[1]);
	ck_assert_uint_eq(mailbox_rings(&sleeper->mailbox), 1);
	/* one that is awake costs no ring, so it gets its mail at once */
	worker_post(sleeper, &mails[2]);
	worker_deliver(poster, true);
	ck_assert_ptr_eq(mailbox_take(&sleeper->mailbox), &mails[2]);
	worker_here = NULL;
	worker_group_done(&group);
}
END_TEST

START_TEST(batch_ends_run_in_order)
{
	ck_assert_int_eq(worker_group_init(&group, 1, NULL), 0);
	worker_on_batch_end(&group.workers[0], first_hook, NULL);
	worker_on_batch_end(&group.workers[0], second_hook, NULL);
	worker_run_once(&group.workers[0]);
	worker_run_once(&group.workers[0]);
	ck_assert_uint_eq(hooks, 4);
	worker_group_done(&group);
}
END_TEST

/* ---- homes ---- */

START_TEST(homes_are_even_and_stable)
{
	unsigned share[5] = {0};
	char call_id[32];
	ck_assert_int_eq(worker_group_init(&group, 5, NULL), 0);
	for (unsigned i = 0; i < 10000; i++) {
		snprintf(call_id, sizeof(call_id), "%u-1@127.0.0.1", i);
		unsigned home = worker_home(&group, pv_span_of(call_id));
		ck_assert_uint_lt(home, 5);
		ck_assert_uint_eq(home, worker_home(&group, pv_span_of(call_id)));
		share[home]++;
	}
	for (unsigned i = 0; i < 5; i++)
		ck_assert(share[i] > 1600 && share[i] < 2400);
	worker_group_done(&group);
}
END_TEST

/* ---- threads ---- */

struct hop {
	struct worker_task task;
	unsigned left;
	_Atomic bool done;
};

static void hop_on(struct worker *worker, struct worker_task *task)
{
	struct hop *hop = container_of(task, struct hop, task);
	ck_assert_ptr_eq(worker, worker_current());
	if (hop->left-- == 0) {
		atomic_store(&hop->done, true);
		return;
	}
	worker_post(&worker->group->workers[1 - worker->index], &task->mail);
}

START_TEST(running_workers_wake_each_other)
{
	struct hop hop = {.left = 20000};
	ck_assert_int_eq(worker_group_init(&group, 2, NULL), 0);
	ck_assert_ptr_null(worker_current());
	ck_assert_int_eq(worker_group_start(&group), 0);
	hop.task = (struct worker_task){.mail.kind = MAIL_TASK, .run = hop_on};
	worker_post(&group.workers[0], &hop.task.mail);
	while (!atomic_load(&hop.done))
		sched_yield();
	worker_group_stop(&group);
	ck_assert_uint_gt(mailbox_posts(&group.workers[0].mailbox), 9999);
	worker_group_done(&group);
}
END_TEST

struct real_timer {
	struct worker_task task;
	struct worker_lane lane;
	struct lane_node node;
	_Atomic uint64_t armed_ms, fired_ms;
};

static void note_fired(void *context, struct lane_node *node, uint64_t now_ms)
{
	struct real_timer *timer = context;
	atomic_store(&timer->fired_ms, now_ms);
}

static void arm_real(struct worker *worker, struct worker_task *task)
{
	struct real_timer *timer = container_of(task, struct real_timer, task);
	atomic_store(&timer->armed_ms, worker->now_ms);
	worker_lane_arm(worker, &timer->lane, &timer->node);
}

START_TEST(sleeping_worker_wakes_for_its_timer)
{
	struct real_timer timer = {0};
	ck_assert_int_eq(worker_group_init(&group, 1, NULL), 0);
	worker_lane_add(&group.workers[0], &timer.lane, 20, 0, note_fired, &timer);
	ck_assert_int_eq(worker_group_start(&group), 0);
	timer.task = (struct worker_task){.mail.kind = MAIL_TASK, .run = arm_real};
	worker_post(&group.workers[0], &timer.task.mail);
	while (!atomic_load(&timer.fired_ms))
		sched_yield();
	worker_group_stop(&group);
	ck_assert_uint_ge(timer.fired_ms, timer.armed_ms + 20);
	worker_group_done(&group);
}
END_TEST

START_TEST(thread_is_pinned_to_a_core_it_may_use)
{
	cpu_set_t set;
	unsigned core = 0;
	ck_assert_int_eq(sched_getaffinity(0, sizeof(set), &set), 0);
	while (!CPU_ISSET(core, &set))
		core++;
	ck_assert_int_eq(pin_thread(core), 0);
	ck_assert_int_eq(sched_getcpu(), (int)core);
	ck_assert_int_eq(pin_thread(100000), -EINVAL);
}
END_TEST

TEST_MAIN("worker", timers_fire_at_their_deadline, slack_lets_the_tick_come_later,
	cancelled_timer_does_not_fire, timer_armed_while_it_fires_waits_its_delay,
	mail_of_a_batch_arrives_in_order, mail_for_a_sleeper_is_held_once, batch_ends_run_in_order,
	homes_are_even_and_stable, running_workers_wake_each_other,
	sleeping_worker_wakes_for_its_timer, thread_is_pinned_to_a_core_it_may_use)
