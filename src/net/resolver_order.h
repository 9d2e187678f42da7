/* SPDX-License-Identifier: Apache-2.0 */
/* resolver_order.h: in which order the servers of a name are tried (RFC 2782, RFC 3263 §4). */
#ifndef NET_RESOLVER_ORDER_H
#define NET_RESOLVER_ORDER_H

#include "net/net.h"

/* An address that a name led to. */
struct resolver_target {
	struct path path;
	uint32_t rank;   /* lower ones come first: NAPTR's order, then SRV's priority */
	uint16_t weight; /* SRV's, among equals */
};

/* Sorts by rank and draws among equals by weight; those of weight 0 keep their order, and come up
 * first only rarely. `random(limit)` answers 0 to limit - 1. */
void resolver_order(struct resolver_target *targets, unsigned count, uint32_t (*random)(uint32_t));

#endif
