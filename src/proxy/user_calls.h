/* SPDX-License-Identifier: Apache-2.0 */
/* user_calls.h — INVITE transactions that each user has open, over all workers (limits.user_calls).
 */
#ifndef PROXY_USER_CALLS_H
#define PROXY_USER_CALLS_H

#include <stdbool.h>
#include <stdint.h>

#include <portavoz/span.h>

#include "base/siphash.h"

#define USER_CALLS_PLACES 65536

/* Shared by all workers; constant but for the counts and the limit, which main may change. Two
 * users may fall into one place and share it, rarely; who does is not for an outsider to choose. */
struct user_calls {
	_Atomic uint32_t limit; /* 0: none, and nothing is counted */
	struct siphash_key key;
	_Atomic uint32_t counts[USER_CALLS_PLACES];
};

/* Any thread. Counts one more call of the user; *ret_place is to be given back. False: he has as
 * many as he may, and nothing was counted. */
bool user_calls_take(struct user_calls *calls, struct pv_span identity, uint32_t *ret_place);
/* Any thread; place 0 is nothing. */
void user_calls_give(struct user_calls *calls, uint32_t place);

#endif
