/* SPDX-License-Identifier: Apache-2.0 */
/* test_threads.c: relay threads that really run: traffic, sleep and wake, cores, stopping. */
#include <sched.h>

#include "harness.h"

/* Waits as phones do, for nobody turns the relay here; the worker has no thread of its own. */
static void hear_running(const struct phone *phone, const char *payload)
{
	struct pollfd ready = {.fd = phone->fds[0], .events = POLLIN};
	char bytes[256];
	ck_assert_int_eq(poll(&ready, 1, PATIENCE), 1);
	ssize_t got = recv(phone->fds[0], bytes, sizeof(bytes), 0);
	ck_assert_int_eq(got, (ssize_t)(12 + strlen(payload)));
	ck_assert_mem_eq(bytes + 12, payload, strlen(payload));
}

static void start_threads(unsigned threads, uint32_t tick_us)
{
	prepare(1);
	config.clock = NULL;
	config.threads = threads;
	config.tick_us = tick_us;
	config.quarantine_ms = 20;
	open_media();
	ck_assert_int_eq(media_start(media), 0);
}

static void wait_for_end(unsigned owner)
{
	for (unsigned i = 0; i < PATIENCE && !ended_count[owner]; i++) {
		struct pollfd bell = {
			.fd = mailbox_fd(&group.workers[0].mailbox), .events = POLLIN};
		if (mailbox_sleep(&group.workers[0].mailbox)) {
			poll(&bell, 1, 1);
			mailbox_wake(&group.workers[0].mailbox);
		}
		worker_run_once(&group.workers[0]);
	}
	ck_assert_uint_eq(ended_count[owner], 1);
}

static void talk(struct call *call, unsigned words)
{
	for (unsigned i = 0; i < words; i++) {
		speak(&call->phones[0], call->lease.port[0], "there");
		hear_running(&call->phones[1], "there");
		speak(&call->phones[1], call->lease.port[1], "and back");
		hear_running(&call->phones[0], "and back");
	}
}

static void one_call_through(unsigned threads, uint32_t tick_us)
{
	static struct call call;
	start_threads(threads, tick_us);
	call_open(&call, 1);
	media_set(media, 0, call.lease.session, &call.description);
	talk(&call, 200);
	media_drop(media, 0, call.lease.session);
	wait_for_end(1);
	ck_assert_uint_eq(final_report.ends[0].packets, 200);
	ck_assert_uint_eq(final_report.ends[1].sent, 200);
	media_stop(media);
	finish();
}

START_TEST(a_call_through_a_thread)
{
	one_call_through(1, 0);
}
END_TEST

START_TEST(a_call_through_a_thread_that_may_nap)
{
	one_call_through(2, 1000);
}
END_TEST

/* Packets of many at once, so that naps begin. */
START_TEST(many_packets_between_naps)
{
	static struct call call;
	prepare(1);
	config.clock = NULL;
	config.tick_us = 500;
	config.packet_rate = 1000000;
	open_media();
	ck_assert_int_eq(media_start(media), 0);
	call_open(&call, 1);
	media_set(media, 0, call.lease.session, &call.description);
	for (unsigned i = 0; i < 400; i++) {
		for (unsigned n = 0; n < 20; n++)
			speak(&call.phones[0], call.lease.port[0], "burst");
		for (unsigned n = 0; n < 20; n++)
			hear_running(&call.phones[1], "burst");
	}
	media_drop(media, 0, call.lease.session);
	wait_for_end(1);
	ck_assert_uint_eq(final_report.ends[0].packets, 8000);
	ck_assert_uint_eq(final_report.ends[0].lost, 0);
	media_stop(media);
	finish();
}
END_TEST

START_TEST(stopping_with_calls_in_progress)
{
	static struct call calls[4];
	start_threads(2, 0);
	for (unsigned i = 0; i < 4; i++) {
		call_open(&calls[i], i);
		media_set(media, 0, calls[i].lease.session, &calls[i].description);
		talk(&calls[i], 1);
	}
	uint64_t sessions = count(METRIC_media_sessions);
	ck_assert_uint_eq(sessions, 4);
	media_drop(media, 0, calls[0].lease.session);
	media_stop(media);
	media_stop(media);
	/* what was said before is heard, gauges are of what runs */
	worker_run_once(&group.workers[0]);
	ck_assert_uint_eq(ended_count[0], 1);
	ck_assert_uint_eq(count(METRIC_media_sessions), 3);
	ck_assert_uint_eq(count(METRIC_media_ports_bound), 0);
	finish();
}
END_TEST

/* ---- a worker with a thread of its own ---- */

struct order {
	struct worker_task task;
	struct call *call;
	_Atomic bool is_done;
};

static _Atomic uint32_t told_there;
static _Atomic bool ended_there;

static void told_on_worker(void *context, media_id session, uint64_t owner, uint32_t bits)
{
	ck_assert_ptr_eq(worker_current(), &group.workers[0]);
	ck_assert_uint_eq(owner, 77);
	atomic_fetch_or(&told_there, bits);
}

static void ended_on_worker(
	void *context, media_id session, uint64_t owner, const struct media_report *report)
{
	ck_assert_ptr_eq(worker_current(), &group.workers[0]);
	ck_assert_uint_eq(report->ends[0].packets, 50);
	atomic_store(&ended_there, true);
}

static void take_there(struct worker *worker, struct worker_task *task)
{
	struct order *order = container_of(task, struct order, task);
	call_open(order->call, 77);
	media_set(media, worker->index, order->call->lease.session, &order->call->description);
	atomic_store(&order->is_done, true);
}

static void drop_there(struct worker *worker, struct worker_task *task)
{
	struct order *order = container_of(task, struct order, task);
	media_drop(media, worker->index, order->call->lease.session);
	atomic_store(&order->is_done, true);
}

static void give_order(struct order *order, void (*run)(struct worker *, struct worker_task *))
{
	atomic_store(&order->is_done, false);
	order->task = (struct worker_task){.mail.kind = MAIL_TASK, .run = run};
	worker_post(&group.workers[0], &order->task.mail);
	while (!atomic_load(&order->is_done))
		sched_yield();
}

START_TEST(workers_and_relay_threads_wake_each_other)
{
	static struct call call;
	struct order order = {.call = &call};
	struct media_user user = {.told = told_on_worker, .ended = ended_on_worker};
	start_threads(1, 0);
	media_set_user(media, 0, &user);
	ck_assert_int_eq(worker_group_start(&group), 0);
	give_order(&order, take_there);
	talk(&call, 50);
	while (atomic_load(&told_there) != (MEDIA_TOLD_HEARD_0 | MEDIA_TOLD_HEARD_1 |
						   MEDIA_TOLD_LOCKED_0 | MEDIA_TOLD_LOCKED_1))
		sched_yield();
	give_order(&order, drop_there);
	while (!atomic_load(&ended_there))
		sched_yield();
	worker_group_stop(&group);
	media_stop(media);
	finish();
}
END_TEST

START_TEST(a_thread_is_on_its_core)
{
	cpu_set_t allowed;
	unsigned core = 0;
	ck_assert_int_eq(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
	while (!CPU_ISSET(core, &allowed))
		core++;
	prepare(1);
	config.clock = NULL;
	config.pin = &core;
	config.pin_count = 1;
	config.threads = 0;
	open_media();
	ck_assert_uint_eq(media_threads(media), 1);
	struct media_status status;
	media_status(media, 0, &status);
	ck_assert_int_eq(status.core, (int)core);
	ck_assert_int_eq(media_start(media), 0);
	media_stop(media);
	finish();
}
END_TEST

TEST_MAIN("threads", a_call_through_a_thread, a_call_through_a_thread_that_may_nap,
	many_packets_between_naps, stopping_with_calls_in_progress,
	workers_and_relay_threads_wake_each_other, a_thread_is_on_its_core)
