/* SPDX-License-Identifier: Apache-2.0 */
/* shared.c: the limits that all workers share: calls at once, and those of one user. */
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "base/metrics.h"
#include "call/private.h"

int call_shared_init(struct call_shared *shared, const struct call_limits *limits)
{
	memset(shared, 0, sizeof(*shared));
	call_shared_set_limits(shared, limits);
	return siphash_key_random(&shared->key);
}

void call_shared_set_limits(struct call_shared *shared, const struct call_limits *limits)
{
	atomic_store_explicit(&shared->max_calls, limits->max_calls, memory_order_relaxed);
	atomic_store_explicit(&shared->per_user, limits->per_user, memory_order_relaxed);
	atomic_store_explicit(
		&shared->max_duration_ms, limits->max_duration_ms, memory_order_relaxed);
}

/* Counted whether there is a limit or not, so that one that comes by a reload holds at once. */
static bool enter(_Atomic uint32_t *count, _Atomic uint32_t *limit)
{
	uint32_t most = atomic_load_explicit(limit, memory_order_relaxed);
	uint32_t before = atomic_fetch_add_explicit(count, 1, memory_order_relaxed);
	if (!most || before < most)
		return true;
	atomic_fetch_sub_explicit(count, 1, memory_order_relaxed);
	return false;
}

int shared_enter(struct call_shared *shared, struct pv_span user, uint32_t *ret_place)
{
	uint32_t place = 0;
	if (user.length) {
		uint64_t hash = siphash13(&shared->key, user.at, user.length);
		place = (uint32_t)(hash % CALL_USER_PLACES) + 1;
		if (!enter(&shared->of_user[place - 1], &shared->per_user)) {
			metrics_add(METRIC_calls_refused_user, 1);
			return -EDQUOT;
		}
	}
	if (!enter(&shared->count, &shared->max_calls)) {
		if (place)
			atomic_fetch_sub_explicit(
				&shared->of_user[place - 1], 1, memory_order_relaxed);
		metrics_add(METRIC_calls_refused_full, 1);
		return -ENOBUFS;
	}
	*ret_place = place;
	return 0;
}

void shared_leave(struct call_shared *shared, uint32_t place)
{
	if (place)
		atomic_fetch_sub_explicit(&shared->of_user[place - 1], 1, memory_order_relaxed);
	atomic_fetch_sub_explicit(&shared->count, 1, memory_order_relaxed);
}
