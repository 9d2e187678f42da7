/* SPDX-License-Identifier: Apache-2.0 */
/* worker.c: makes, starts and ends the SIP workers, and carries mail between them. */
#include "runtime/worker.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/capability.h"
#include "base/log.h"
#include "base/metrics.h"
#include "runtime/home.h"
#include "runtime/private.h"

#define SCRATCH_SIZE ((size_t)256 << 10)

_Thread_local struct worker *worker_here;

struct worker *worker_current(void)
{
	return worker_here;
}

static unsigned usable_cores(void)
{
	cpu_set_t set;
	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return 1;
	int count = CPU_COUNT(&set);
	return count < 1 ? 1 : (unsigned)MIN(count, WORKERS_MAX);
}

static void task_mail(void *context, struct mail *mail)
{
	struct worker *worker = context;
	struct worker_task *task = container_of(mail, struct worker_task, mail);
	atomic_store_explicit(&worker->activity, WORKER_TASK, memory_order_relaxed);
	task->run(worker, task);
}

static void on_rung(evutil_socket_t fd, short what, void *context)
{
	worker_begin(context, WORKER_MAIL);
}

static void on_tick(evutil_socket_t fd, short what, void *context)
{
	struct worker *worker = context;
	worker->private_->tick_armed_ms = UINT64_MAX;
	worker_begin(worker, WORKER_TIMERS);
}

static int make_base(struct worker *worker)
{
	struct event_config *config = event_config_new();
	if (!config)
		return -ENOMEM;
	event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
	worker->base = event_base_new_with_config(config);
	event_config_free(config);
	if (!worker->base)
		return -ENOMEM;
	struct worker_private *private = worker->private_;
	/* edge-triggered: a ring costs the poster a write and us no read */
	worker->mailbox.is_edge = true;
	private->mail_event = event_new(worker->base, mailbox_fd(&worker->mailbox),
		EV_READ | EV_PERSIST | EV_ET, on_rung, worker);
	private->tick_event = event_new(worker->base, -1, 0, on_tick, worker);
	if (!private->mail_event || !private->tick_event ||
		event_add(private->mail_event, NULL) < 0)
		return -ENOMEM;
	return 0;
}

static int worker_init(struct worker *worker, struct worker_group *group, unsigned index,
	const struct clock *clock)
{
	worker->index = index;
	worker->group = group;
	worker->clock = clock;
	worker->tick_ms = UINT64_MAX;
	worker->private_ = calloc(1, sizeof(*worker->private_));
	if (!worker->private_)
		return -ENOMEM;
	worker->private_->tick_armed_ms = UINT64_MAX;
	worker->private_->scratch = malloc(SCRATCH_SIZE);
	if (!worker->private_->scratch)
		return -ENOMEM;
	arena_init(&worker->scratch, worker->private_->scratch, SCRATCH_SIZE);
	int error = mailbox_init(&worker->mailbox);
	if (!error)
		error = buffer_pool_init(&worker->buffers, BUFFER_DEFAULT_BYTES_PER_CLASS);
	if (!error)
		error = make_base(worker);
	worker_on_mail(worker, MAIL_TASK, task_mail, worker);
	worker_wake(worker);
	return error;
}

static void worker_done(struct worker *worker)
{
	if (!worker->private_)
		return;
	if (worker->private_->mail_event)
		event_free(worker->private_->mail_event);
	if (worker->private_->tick_event)
		event_free(worker->private_->tick_event);
	if (worker->base) {
		event_base_free(worker->base);
		mailbox_done(&worker->mailbox);
	}
	buffer_pool_done(&worker->buffers);
	free(worker->private_->scratch);
	free(worker->private_);
}

int worker_group_init(struct worker_group *group, unsigned count, const struct clock *clock)
{
	if (count == 0)
		count = usable_cores();
	if (count > WORKERS_MAX)
		return -EINVAL;
	memset(group, 0, sizeof(*group));
	int error = siphash_key_random(&group->home_key);
	if (error)
		return error;
	size_t size = count * sizeof(struct worker);
	group->workers = aligned_alloc(_Alignof(struct worker), size);
	if (!group->workers)
		return -ENOMEM;
	memset(group->workers, 0, size);
	group->count = count;
	for (unsigned i = 0; i < count && !error; i++)
		error = worker_init(
			&group->workers[i], group, i, clock ? clock : clock_monotonic());
	if (error)
		worker_group_done(group);
	return error;
}

void worker_group_done(struct worker_group *group)
{
	if (!group)
		return;
	for (unsigned i = 0; i < group->count; i++)
		worker_done(&group->workers[i]);
	free(group->workers);
	group->workers = NULL;
	group->count = 0;
}

static void *run_thread(void *context)
{
	struct worker *worker = context;
	char name[16];
	snprintf(name, sizeof(name), "sip-%u", worker->index);
	pthread_setname_np(pthread_self(), name);
	log_thread_attach(name);
	metrics_attach(name);
	capabilities_forget_network();
	worker_here = worker;
	worker_loop(worker);
	worker_here = NULL;
	metrics_detach();
	log_thread_detach();
	return NULL;
}

int worker_group_start(struct worker_group *group)
{
	sigset_t all, before;
	sigfillset(&all);
	/* signals are main's: threads inherit the full mask */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = 0;
	for (unsigned i = 0; i < group->count && !error; i++) {
		struct worker_private *private = group->workers[i].private_;
		error = -pthread_create(&private->thread, NULL, run_thread, &group->workers[i]);
		private->running = !error;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error)
		worker_group_stop(group);
	return error;
}

static void wake_to_stop(struct worker *worker, struct worker_task *task)
{
	/* being awake is all that is asked: the loop looks at `stopping` */
}

void worker_group_stop(struct worker_group *group)
{
	struct worker_task tasks[WORKERS_MAX];
	atomic_store(&group->stopping, true);
	for (unsigned i = 0; i < group->count; i++) {
		if (!group->workers[i].private_->running)
			continue;
		tasks[i] = (struct worker_task){.mail.kind = MAIL_TASK, .run = wake_to_stop};
		worker_post(&group->workers[i], &tasks[i].mail);
	}
	for (unsigned i = 0; i < group->count; i++) {
		struct worker *worker = &group->workers[i];
		if (!worker->private_->running)
			continue;
		pthread_join(worker->private_->thread, NULL);
		worker->private_->running = false;
	}
	/* mails that nobody will handle, `tasks` of this frame among them, are forgotten here */
	for (unsigned i = 0; i < group->count; i++)
		while (mailbox_take(&group->workers[i].mailbox))
			continue;
	atomic_store(&group->stopping, false);
}

unsigned worker_home(const struct worker_group *group, struct pv_span call_id)
{
	if (group->count == 1)
		return 0;
	return home_of_hash(siphash13(&group->home_key, call_id.at, call_id.length), group->count);
}

void worker_post(struct worker *to, struct mail *mail)
{
	struct worker *from = worker_here;
	if (!from || from == to || from->group != to->group) {
		mailbox_post(&to->mailbox, mail);
		return;
	}
	struct outbox *outbox = &from->private_->outboxes[to->index];
	atomic_store_explicit(&mail->next, outbox->newest, memory_order_relaxed);
	if (!outbox->newest)
		outbox->oldest = mail;
	outbox->newest = mail;
	from->private_->outbox_mask |= UINT64_C(1) << to->index;
}

void worker_on_mail(struct worker *worker, enum mail_kind kind,
	void (*handler)(void *, struct mail *), void *context)
{
	worker->on_mail[kind] = handler;
	worker->mail_context[kind] = context;
}

void worker_on_batch_end(struct worker *worker, void (*hook)(void *), void *context)
{
	if (worker->batch_hooks == WORKER_BATCH_HOOKS)
		abort(); /* a mistake of the programmer, seen at the first start */
	worker->on_batch_end[worker->batch_hooks] = hook;
	worker->batch_context[worker->batch_hooks++] = context;
}

void worker_lane_add(struct worker *worker, struct worker_lane *lane, uint32_t delay_ms,
	uint32_t slack_ms, void (*fire)(void *, struct lane_node *, uint64_t), void *context)
{
	if (worker->lane_count == WORKER_LANES)
		abort(); /* a mistake of the programmer, seen at the first start */
	/* a delay of 0 that is armed again while it fires would never end */
	lane_init(&lane->lane, MAX(delay_ms, 1));
	lane->slack_ms = slack_ms;
	lane->fire = fire;
	lane->context = context;
	worker->lanes[worker->lane_count++] = lane;
}
