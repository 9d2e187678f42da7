/* SPDX-License-Identifier: Apache-2.0 */
/* fake_worker.h — a worker without a thread, whose time belongs to the test. */
#ifndef TESTS_FAKE_WORKER_H
#define TESTS_FAKE_WORKER_H

#include "base/clock.h"
#include "runtime/worker.h"

/* The real worker of src/runtime on a clock that stands still. Timers fire at their deadline to the
 * millisecond, in order; slack is left aside. */
struct fake_worker {
	struct worker *worker;
	struct worker_group group;
	struct fake_clock clock;
};

/* One worker, index 0 of 1, at `now_ms`. */
void fake_worker_init(struct fake_worker *fake, uint64_t now_ms);
void fake_worker_done(struct fake_worker *fake);

/* Mail and the end of the batch; no time passes. */
void fake_worker_run(struct fake_worker *fake);
/* Time passes: every timer that is due on the way fires at its own moment, with a batch each. */
void fake_worker_advance(struct fake_worker *fake, uint64_t ms);

/* Blocks of its buffer pool that are taken. */
uint32_t fake_worker_buffers_used(const struct fake_worker *fake);
/* Armed nodes of all lanes. */
uint32_t fake_worker_timers_armed(const struct fake_worker *fake);

#endif
