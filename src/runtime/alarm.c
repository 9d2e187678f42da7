/* SPDX-License-Identifier: Apache-2.0 */
/* alarm.c: a wheel that a lane of the worker turns. */
#include "runtime/alarm.h"

#include "base/macros.h"

static void on_tick(void *context, struct lane_node *node, uint64_t now_ms)
{
	struct alarms *alarms = context;
	struct wheel_node *due;
	while ((due = wheel_expire(&alarms->wheel, now_ms)))
		alarms->fire(alarms->context, container_of(due, struct alarm, node), now_ms);
	if (wheel_next(&alarms->wheel) != UINT64_MAX)
		worker_lane_arm(alarms->worker, &alarms->tick, &alarms->tick_node);
}

void alarm_set(struct alarms *alarms, struct alarm *alarm, uint8_t kind, uint64_t deadline_ms)
{
	alarm->kind = kind;
	if (!deadline_ms || deadline_ms == UINT64_MAX) {
		alarm_cancel(alarm);
		return;
	}
	wheel_arm(&alarms->wheel, &alarm->node, deadline_ms);
	if (!lane_is_armed(&alarms->tick_node))
		worker_lane_arm(alarms->worker, &alarms->tick, &alarms->tick_node);
}

void alarms_init(struct alarms *alarms, struct worker *worker, uint32_t tick_ms,
	void (*fire)(void *context, struct alarm *alarm, uint64_t now_ms), void *context)
{
	alarms->worker = worker;
	alarms->fire = fire;
	alarms->context = context;
	wheel_init(&alarms->wheel, worker->now_ms);
	worker_lane_add(worker, &alarms->tick, tick_ms, 0, on_tick, alarms);
}
