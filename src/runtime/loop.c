/* SPDX-License-Identifier: Apache-2.0 */
/* loop.c: one round of a worker, and when it sleeps. */
#include <time.h>

#include "base/metrics.h"
#include "runtime/private.h"

/* A worker that is only ever posted to must come back to its sockets and timers. */
#define MAILS_PER_ROUND 512

/* Only the worker itself writes these: no locked add is needed. */
static void count(_Atomic uint64_t *counter, uint64_t more)
{
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + more,
		memory_order_relaxed);
}

static void read_clock(struct worker *worker)
{
	worker->now_ns = clock_now_ns(worker->clock);
	worker->now_ms = worker->now_ns / 1000000;
}

static void take_nap(uint64_t nanoseconds)
{
	struct timespec wait = {.tv_nsec = (long)nanoseconds};
	clock_nanosleep(CLOCK_MONOTONIC, 0, &wait, NULL);
}

void worker_wake(struct worker *worker)
{
	worker->slept = false;
	read_clock(worker);
	if (worker->private_->asleep) {
		worker->private_->asleep = false;
		worker->woken_ns = worker->now_ns;
		mailbox_wake(&worker->mailbox);
		if (nap_before(&worker->private_->nap, worker->now_ns)) {
			take_nap(NAP_NS);
			read_clock(worker);
		}
	}
	atomic_store_explicit(&worker->heartbeat_ms, worker->now_ms, memory_order_relaxed);
}

static void handle_mails(struct worker *worker)
{
	for (unsigned i = 0; i < MAILS_PER_ROUND; i++) {
		struct mail *mail = mailbox_take(&worker->mailbox);
		if (!mail)
			return;
		worker->work++;
		unsigned kind = mail->kind;
		if (kind < MAIL_KIND_COUNT && worker->on_mail[kind])
			worker->on_mail[kind](worker->mail_context[kind], mail);
	}
	worker->again = true;
}

static void fire_due(struct worker *worker)
{
	uint64_t next = UINT64_MAX;
	/* armed while we fire: worker_lane_arm lowers tick_ms, so it must start high */
	worker->tick_ms = UINT64_MAX;
	for (unsigned i = 0; i < worker->lane_count; i++) {
		struct worker_lane *lane = worker->lanes[i];
		struct lane_node *node;
		while ((node = lane_expire(&lane->lane, worker->now_ms)))
			lane->fire(lane->context, node, worker->now_ms);
	}
	for (unsigned i = 0; i < worker->lane_count; i++) {
		uint64_t first = lane_next(&worker->lanes[i]->lane);
		if (first != UINT64_MAX)
			next = MIN(next, first + worker->lanes[i]->slack_ms);
	}
	worker->tick_ms = next;
}

uint64_t worker_next_ms(const struct worker *worker)
{
	uint64_t next = UINT64_MAX;
	for (unsigned i = 0; i < worker->lane_count; i++)
		next = MIN(next, lane_next(&worker->lanes[i]->lane));
	return next;
}

static void deliver_to(struct worker *worker, unsigned to)
{
	struct outbox outbox = worker->private_->outboxes[to];
	worker->private_->outboxes[to] = (struct outbox){0};
	mailbox_post_chain(&worker->group->workers[to].mailbox, outbox.newest, outbox.oldest);
}

void worker_deliver(struct worker *worker, bool may_hold)
{
	struct worker_private *own = worker->private_;
	uint64_t held = 0;
	for (uint64_t left = own->outbox_mask; left; left &= left - 1) {
		unsigned to = (unsigned)__builtin_ctzll(left);
		uint64_t bit = UINT64_C(1) << to;
		if (may_hold && !(own->held_mask & bit) &&
			mailbox_is_asleep(&worker->group->workers[to].mailbox))
			held |= bit;
		else
			deliver_to(worker, to);
	}
	own->outbox_mask = own->held_mask = held;
}

void worker_round(struct worker *worker)
{
	worker_begin(worker, WORKER_MAIL);
	handle_mails(worker);
	if (worker->now_ms >= worker->tick_ms) {
		atomic_store_explicit(&worker->activity, WORKER_TIMERS, memory_order_relaxed);
		fire_due(worker);
	}
	atomic_store_explicit(&worker->activity, WORKER_SENDING, memory_order_relaxed);
	for (unsigned i = 0; i < worker->batch_hooks; i++)
		worker->on_batch_end[i](worker->batch_context[i]);
}

static void run_once(struct worker *worker, bool with_events)
{
	struct worker *before = worker_here;
	worker_here = worker;
	worker->slept = true;
	worker->private_->asleep = true; /* as if we had been: what comes now has not waited */
	worker->again = false;
	if (with_events)
		event_base_loop(worker->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	/* tests step the clock to a deadline: slack is no reason to fire later */
	if (worker_next_ms(worker) <= clock_now_ms(worker->clock))
		worker->tick_ms = 0;
	worker_round(worker);
	worker_deliver(worker, false);
	worker_here = before;
}

void worker_run_once(struct worker *worker)
{
	run_once(worker, false);
}

void worker_poll_once(struct worker *worker)
{
	run_once(worker, true);
}

/* The libevent timer fires no later than tick_ms. It may fire early and find nothing to do, which
 * is cheaper than moving it whenever the first timer is cancelled. */
static void arm_tick(struct worker *worker, uint64_t now_ns)
{
	struct worker_private *own = worker->private_;
	if (worker->tick_ms >= own->tick_armed_ms)
		return;
	uint64_t at_ns = worker->tick_ms * 1000000;
	uint64_t wait_us = at_ns > now_ns ? (at_ns - now_ns + 999) / 1000 : 0;
	struct timeval wait = {
		.tv_sec = (time_t)(wait_us / 1000000), .tv_usec = (suseconds_t)(wait_us % 1000000)};
	if (event_add(own->tick_event, &wait) == 0)
		own->tick_armed_ms = worker->tick_ms;
}

/* A socket that still has more is served at once. */
static uint32_t nap_us_after(struct worker *worker, uint64_t now_ns)
{
	if (worker->again)
		return 0;
	uint32_t work = worker->work;
	worker->work = 0;
	return nap_length(&worker->private_->nap, work, worker->now_ns, now_ns);
}

/* Waits for sockets, mail or time, and lets libevent call what is ready. */
static void wait_for_work(struct worker *worker)
{
	struct worker_private *own = worker->private_;
	uint64_t now_ns = clock_now_ns(worker->clock);
	int flags = EVLOOP_ONCE;
	count(&worker->busy_ns, now_ns - worker->now_ns);
	atomic_store_explicit(&worker->activity, WORKER_SLEEPING, memory_order_relaxed);
	uint32_t nap_us = nap_us_after(worker, now_ns);
	/* last, for the receiver may share our core and take it from us */
	worker_deliver(worker, nap_us > 0);
	if (worker->again || nap_us > 0)
		flags |= EVLOOP_NONBLOCK;
	else if (mailbox_sleep(&worker->mailbox))
		own->asleep = true;
	else
		flags |= EVLOOP_NONBLOCK;
	if (nap_us > 0)
		take_nap(NAP_NS);
	arm_tick(worker, now_ns);
	worker->again = false;
	worker->slept = true;
	event_base_loop(worker->base, flags);
	worker_begin(worker, WORKER_MAIL);
	count(&worker->wakes, 1);
}

void worker_loop(struct worker *worker)
{
	worker->slept = true;
	for (;;) {
		worker_round(worker);
		/* after the mails and before the wait: the round may have taken the mail that wakes
		 * us to stop */
		if (atomic_load_explicit(&worker->group->stopping, memory_order_relaxed))
			break;
		wait_for_work(worker);
	}
	worker_round(worker);
	worker_deliver(worker, false);
}
