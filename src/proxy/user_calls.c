/* SPDX-License-Identifier: Apache-2.0 */
/* user_calls.c — INVITE transactions that each user has open, over all workers (limits.user_calls).
 */
#include "proxy/user_calls.h"

#include <stdatomic.h>

bool user_calls_take(struct user_calls *calls, struct pv_span identity, uint32_t *ret_place)
{
	uint64_t hash = siphash13(&calls->key, identity.at, identity.length);
	uint32_t index = (uint32_t)(hash % USER_CALLS_PLACES);
	uint32_t limit = atomic_load_explicit(&calls->limit, memory_order_relaxed);
	_Atomic uint32_t *count = &calls->counts[index];
	*ret_place = 0;
	if (!limit)
		return true;
	if (atomic_fetch_add_explicit(count, 1, memory_order_relaxed) >= limit) {
		atomic_fetch_sub_explicit(count, 1, memory_order_relaxed);
		return false;
	}
	*ret_place = index + 1;
	return true;
}

void user_calls_give(struct user_calls *calls, uint32_t place)
{
	if (place)
		atomic_fetch_sub_explicit(&calls->counts[place - 1], 1, memory_order_relaxed);
}
