/* SPDX-License-Identifier: Apache-2.0 */
/* worker.h: a thread with an event_base: its tick, its timers, its mailbox, the end of its batch.
 */
#ifndef RUNTIME_WORKER_H
#define RUNTIME_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include <portavoz/span.h>
#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/lane.h"
#include "base/mailbox.h"
#include "base/siphash.h"

#define WORKERS_MAX 64

/*
 * Who may call what, when
 *
 *   worker_group_*                    main
 *   worker_on_*, worker_lane_add      main, before the threads run
 *   worker_post, worker_home          any thread
 *   everything else                   the worker's own thread
 *
 * One round: wake, read the clock once, handle what the sockets brought, then the mails, then the
 * timers that are due, then the batch-end hooks, then give the other workers their mails. What
 * comes while a round runs waits for the next one; the thread sleeps only when nothing is left.
 */

struct event_base;
struct worker;
struct worker_group;

/* What a mail is: decides which handler of the receiving worker gets it. */
enum mail_kind {
	MAIL_TASK,      /* runtime: struct worker_task, a function to run on that worker */
	MAIL_PACKET,    /* net: a message for its home worker */
	MAIL_SEND,      /* net: bytes for a flow that the receiver owns */
	MAIL_FLOW_GONE, /* net: a posted send could not be done; comes back to the sender's worker
			 */
	MAIL_RESOLVED,  /* net: reserved for resolver answers of another thread */
	MAIL_KIND_COUNT,
};

/* Runs `run` on the worker it is posted to. Embedded in whatever it is about; the poster gives up
 * ownership. */
struct worker_task {
	struct mail mail;
	void (*run)(struct worker *worker, struct worker_task *task);
};

/* What the worker is doing, for the log line about a stalled one. */
enum worker_activity {
	WORKER_SLEEPING,
	WORKER_RECEIVING,
	WORKER_MAIL,
	WORKER_TIMERS,
	WORKER_SENDING,
	WORKER_TASK,
};

/* A queue of timers of one delay, served by the worker's tick. `slack_ms` is how late they may fire
 * so that wake-ups are shared: 0 for retransmissions, hundreds for the end of a finished
 * transaction. */
struct worker_lane {
	struct lane lane;
	uint32_t slack_ms;
	void (*fire)(void *context, struct lane_node *node, uint64_t now_ms);
	void *context;
};

#define WORKER_LANES       32
#define WORKER_BATCH_HOOKS 4

/* Owner: its own thread; others only post to `mailbox` and read the atomics. Lifetime: the
 * daemon's. */
struct worker {
	unsigned index;
	struct worker_group *group;
	struct event_base *base; /* EVENT_BASE_FLAG_NOLOCK */
	const struct clock *clock;
	uint64_t now_ns, now_ms; /* read once per wake and per batch */
	uint64_t woken_ns;       /* when it last came back from sleep: nothing had waited before */
	struct mailbox mailbox;
	struct buffer_pool buffers; /* messages that outlive their batch */
	struct arena scratch;       /* reset after each message */
	struct worker_lane *lanes[WORKER_LANES];
	unsigned lane_count;
	uint64_t tick_ms; /* no lane needs the thread before this time; UINT64_MAX: none waits */
	void (*on_mail[MAIL_KIND_COUNT])(void *context, struct mail *mail);
	void *mail_context[MAIL_KIND_COUNT];
	void (*on_batch_end[WORKER_BATCH_HOOKS])(void *context); /* in order of registration */
	void *batch_context[WORKER_BATCH_HOOKS];
	unsigned batch_hooks;
	bool again;                      /* a socket has more: come around without waiting */
	bool slept;                      /* since the clock was read last */
	uint32_t work;                   /* datagrams, segments and mails of this round */
	_Atomic uint64_t heartbeat_ms;   /* last time it came around */
	_Atomic uint32_t activity;       /* enum worker_activity */
	_Atomic uint64_t busy_ns;        /* time spent awake, for `portavozctl status` */
	_Atomic uint64_t wakes;          /* times it came back from a wait */
	struct worker_private *private_; /* libevent events, thread id, mails to be posted */
};

/* Owner: main. Constant while workers run. */
struct worker_group {
	unsigned count;
	struct worker *workers;
	struct siphash_key home_key; /* random per process */
	_Atomic bool stopping;
};

/* Creates `count` workers (0 = one per usable core), with `clock` (NULL = monotonic). Threads do
 * not run yet. 0 or -errno. */
int worker_group_init(struct worker_group *group, unsigned count, const struct clock *clock);
/* NULL and zeroed groups are accepted. The threads must have been stopped. */
void worker_group_done(struct worker_group *group);
int worker_group_start(struct worker_group *group);
/* Asks each loop to end after its current batch and joins the threads. */
void worker_group_stop(struct worker_group *group);

/* The worker that a Call-ID lives on. Keyed: nobody outside can aim at one. Any thread. */
unsigned worker_home(const struct worker_group *group, struct pv_span call_id);

/* From any thread; cannot fail. A worker's own posts leave at the end of its batch, all for one
 * receiver at once, so that a sleeper is rung once. */
void worker_post(struct worker *to, struct mail *mail);

/* Set-up, before the threads run. */
void worker_on_mail(struct worker *worker, enum mail_kind kind,
	void (*handler)(void *, struct mail *), void *context);
void worker_on_batch_end(struct worker *worker, void (*hook)(void *), void *context);
/* `delay_ms` is at least 1. */
void worker_lane_add(struct worker *worker, struct worker_lane *lane, uint32_t delay_ms,
	uint32_t slack_ms, void (*fire)(void *, struct lane_node *, uint64_t), void *context);

/* Own thread only. Arms a node of a lane and makes sure that the tick comes in time. */
static inline void worker_lane_arm(
	struct worker *worker, struct worker_lane *lane, struct lane_node *node)
{
	lane_arm(&lane->lane, node, worker->now_ms);
	uint64_t due = node->deadline_ms + lane->slack_ms;
	if (due < worker->tick_ms)
		worker->tick_ms = due;
}

/* First thing in every libevent callback: the clock is read and the mailbox told, once per wake. */
void worker_wake(struct worker *worker);
static inline void worker_begin(struct worker *worker, enum worker_activity activity)
{
	if (worker->slept)
		worker_wake(worker);
	atomic_store_explicit(&worker->activity, activity, memory_order_relaxed);
}

/* One round without libevent, for tests that own the clock: mails, due timers, batch end. */
void worker_run_once(struct worker *worker);

/* The same with libevent: what is ready now, without waiting. For tests with sockets of their own.
 */
void worker_poll_once(struct worker *worker);

/* When the next lane timer is due by its deadline, slack left aside; UINT64_MAX: none is armed. For
 * tests that step the clock from timer to timer. */
uint64_t worker_next_ms(const struct worker *worker);

/* The worker of the calling thread, or NULL. */
struct worker *worker_current(void);

#endif
