/* SPDX-License-Identifier: Apache-2.0 */
/* failures.h — failed logins counted per source address, so that guessing passwords is slow. */
#ifndef AUTH_FAILURES_H
#define AUTH_FAILURES_H

#include <stdbool.h>
#include <stdint.h>

#include "net/address.h"

/*
 * Who may call what, when
 *
 *   failures_new, failures_free       main, at start and stop
 *   failures_limited, failures_add    any thread, any time; lock-free, each source is one 64-bit
 * word
 *
 * IPv4 sources count one by one, IPv6 by /64. A leaky bucket: `limit` failures at once, then one
 * each window/limit. Memory is fixed; where it is too small the source nearest to forgiveness is
 * forgotten.
 */
struct failures;

/* `limit` failures per `window_ms`; limit 0 counts nothing. `sources` is rounded up. 0 or -errno.
 */
int failures_new(uint32_t sources, uint32_t limit, uint32_t window_ms, struct failures **ret);
void failures_free(struct failures *failures);
void failures_set_limit(struct failures *failures, uint32_t limit); /* any thread: reload */

/* True: this source has used up its failures; do not look at its credentials. NULL source: false.
 */
bool failures_limited(
	const struct failures *failures, const struct net_address *source, uint64_t now_ms);
void failures_add(struct failures *failures, const struct net_address *source, uint64_t now_ms);

#endif
