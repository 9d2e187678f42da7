/* SPDX-License-Identifier: Apache-2.0 */
/* alarm.h: moments far and near that the objects of one floor wait for, in one wheel of its own. */
#ifndef RUNTIME_ALARM_H
#define RUNTIME_ALARM_H

#include "base/wheel.h"
#include "runtime/worker.h"

/* Inside the object that waits. Zeroed memory is an alarm that is not set. */
struct alarm {
	struct wheel_node node;
	uint8_t kind; /* what it is about: an enum of its user's */
};

/* Owner: the worker. Lifetime: the daemon's. Turned each `tick_ms` while something is in it. */
struct alarms {
	struct wheel wheel;
	struct worker *worker;
	struct worker_lane tick;
	struct lane_node tick_node;
	void (*fire)(void *context, struct alarm *alarm, uint64_t now_ms);
	void *context;
};

/* Main's, before the threads run. `fire` is called for each alarm that is due, on the worker's
 * thread. */
void alarms_init(struct alarms *alarms, struct worker *worker, uint32_t tick_ms,
	void (*fire)(void *context, struct alarm *alarm, uint64_t now_ms), void *context);

/* Sets it, or moves it; 0 and UINT64_MAX: never. */
void alarm_set(struct alarms *alarms, struct alarm *alarm, uint8_t kind, uint64_t deadline_ms);

/* Safe on one that is not set. */
static inline void alarm_cancel(struct alarm *alarm)
{
	wheel_cancel(&alarm->node);
}

#endif
