/* SPDX-License-Identifier: Apache-2.0 */
/* deadline.c: no call lives for ever: when its time is over its owner is told, and when he does
 * nothing it ends all the same. */
#include "base/metrics.h"
#include "call/private.h"

static void arm_tick(struct calls *calls)
{
	if (!lane_is_armed(&calls->tick_node))
		worker_lane_arm(calls->at.worker, &calls->tick, &calls->tick_node);
}

void deadline_set(struct calls *calls, struct call *call, uint64_t at_ms)
{
	wheel_arm(&calls->deadlines, &call->deadline, at_ms);
	arm_tick(calls);
}

void call_ask_to_end(struct calls *calls, struct call *call, enum call_why why)
{
	if (call->is_asked_to_end)
		return;
	call->is_asked_to_end = true;
	call->why = (uint8_t)why;
	deadline_set(calls, call, calls->at.worker->now_ms + CALL_LAST_WORDS_MS);
	call->owner->end(call->owner->context, call, why);
}

void deadline_look(struct calls *calls, struct call *call)
{
	uint64_t hold_ms =
		calls->settings.relay == CALL_RELAY_NEVER ? 0 : calls->settings.hold_timeout_ms;
	uint64_t look_ms = calls->at.worker->now_ms + (hold_ms ? hold_ms : CALL_LIFE_MAX_MS);
	deadline_set(calls, call, MIN(look_ms, call->ends_ms));
}

/* Silence of media is the relay threads' to tell; here are those that have none. Between one and
 * two of media.hold_timeout, so that an exchange which is under way can come to its end. */
static void look(struct calls *calls, struct call *call)
{
	bool was_bare = call->is_bare;
	call->is_bare = call_is_bare(call);
	if (was_bare && call->is_bare) {
		metrics_add(METRIC_calls_media_timeouts, 1);
		call_ask_to_end(calls, call, CALL_SILENT);
		return;
	}
	deadline_look(calls, call);
}

static void expired(struct calls *calls, struct call *call)
{
	if (call->is_asked_to_end) {
		call_end(calls, call, (enum call_why)call->why, 0);
		return;
	}
	if (calls->at.worker->now_ms < call->ends_ms) {
		look(calls, call);
		return;
	}
	metrics_add(METRIC_calls_too_long, 1);
	call_ask_to_end(calls, call, CALL_TOO_LONG);
}

static void tick(void *context, struct lane_node *node, uint64_t now_ms)
{
	struct calls *calls = context;
	struct wheel_node *due;
	while ((due = wheel_expire(&calls->deadlines, now_ms)))
		expired(calls, container_of(due, struct call, deadline));
	if (!list_is_empty(&calls->named))
		arm_tick(calls);
}

int deadlines_init(struct calls *calls)
{
	wheel_init(&calls->deadlines, calls->at.worker->now_ms);
	worker_lane_add(
		calls->at.worker, &calls->tick, CALL_TICK_MS, CALL_TICK_MS / 4, tick, calls);
	return 0;
}
