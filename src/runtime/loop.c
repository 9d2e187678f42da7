/* SPDX-License-Identifier: Apache-2.0 */
/* loop.c: one round of a worker, and when it sleeps. */
#include <time.h>

#include "base/metrics.h"
#include "runtime/private.h"

/* A worker that is only ever posted to must come back to its sockets and timers. */
#define MAILS_PER_ROUND 512

/* The policy of waiting, see worker_linger: a window is long enough to see a rate and short enough
 * to follow it. Above, naps begin; below, they end. Both are counts in one window. */
#define LINGER_WINDOW_NS UINT64_C(8000000)
#define LINGER_WAKES                                                                            \
	18 /* wakes that naps would halve: a call each 4 ms makes 12, and is better answered at \
	      once */
#define LINGER_WORK   24 /* less work than this: most naps would end with little */
#define LINGER_NAP_US 1000

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

void worker_wake(struct worker *worker)
{
	worker->slept = false;
	read_clock(worker);
	if (worker->private_->asleep) {
		worker->private_->asleep = false;
		worker->woken_ns = worker->now_ns;
		mailbox_wake(&worker->mailbox);
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

void worker_deliver(struct worker *worker)
{
	struct worker_private *own = worker->private_;
	while (own->outbox_mask) {
		unsigned to = (unsigned)__builtin_ctzll(own->outbox_mask);
		struct outbox outbox = own->outboxes[to];
		own->outbox_mask &= own->outbox_mask - 1;
		own->outboxes[to] = (struct outbox){0};
		mailbox_post_chain(
			&worker->group->workers[to].mailbox, outbox.newest, outbox.oldest);
	}
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
	/* last, for the receiver may share our core and take it from us */
	worker_deliver(worker);
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

static void judge_window(struct arrivals *seen, uint64_t now_ns)
{
	uint64_t length_ns = now_ns - seen->window_ns;
	if (length_ns >= 2 * LINGER_WINDOW_NS)
		seen->is_napping = false; /* it slept through most of it */
	else if (seen->is_napping)
		seen->is_napping = seen->work >= LINGER_WORK;
	else
		seen->is_napping = seen->wakes >= LINGER_WAKES;
	seen->window_ns = now_ns;
	seen->wakes = seen->work = 0;
}

/*
 * The policy of waiting. Sleeping and waking cost several times what a datagram costs to handle, so
 * where wakes come close together it pays to let work gather: the thread naps for a millisecond in
 * which arrivals wake nobody (and other workers need not ring, for the mailbox counts it as awake).
 * Otherwise it waits in the kernel and the first datagram is answered at once. One burst a
 * millisecond is one wake either way: what counts is wakes, not datagrams.
 */
uint32_t worker_linger(struct worker *worker, uint64_t now_ns)
{
	struct arrivals *seen = &worker->private_->arrivals;
	uint32_t work = worker->work;
	worker->work = 0;
	seen->work += work;
	seen->wakes += work > 0;
	if (now_ns - seen->window_ns >= LINGER_WINDOW_NS)
		judge_window(seen, now_ns);
	/* a nap that brought nothing is not followed by another */
	return seen->is_napping && work > 0 ? LINGER_NAP_US : 0;
}

static void nap(uint32_t microseconds)
{
	struct timespec wait = {.tv_nsec = (long)microseconds * 1000};
	clock_nanosleep(CLOCK_MONOTONIC, 0, &wait, NULL);
}

/* Waits for sockets, mail or time, and lets libevent call what is ready. */
static void wait_for_work(struct worker *worker)
{
	struct worker_private *own = worker->private_;
	uint64_t now_ns = clock_now_ns(worker->clock);
	int flags = EVLOOP_ONCE;
	count(&worker->busy_ns, now_ns - worker->now_ns);
	atomic_store_explicit(&worker->activity, WORKER_SLEEPING, memory_order_relaxed);
	uint32_t nap_us = worker->again ? 0 : worker_linger(worker, now_ns);
	if (worker->again || nap_us > 0)
		flags |= EVLOOP_NONBLOCK;
	else if (mailbox_sleep(&worker->mailbox))
		own->asleep = true;
	else
		flags |= EVLOOP_NONBLOCK;
	if (nap_us > 0)
		nap(nap_us);
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
	while (!atomic_load_explicit(&worker->group->stopping, memory_order_relaxed)) {
		worker_round(worker);
		wait_for_work(worker);
	}
	worker_round(worker);
}
