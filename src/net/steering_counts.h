/* SPDX-License-Identifier: Apache-2.0 */
/* steering_counts.h: what the kernel's program counts, and the daemon reads. */
#ifndef NET_STEERING_COUNTS_H
#define NET_STEERING_COUNTS_H

#include <stdint.h>

#define STEERING_COUNTS 64 /* by CPU; beyond that they share */

struct steering_counts {
	_Alignas(64) uint64_t steered; /* datagrams given to their worker */
	uint64_t unsure;               /* left to the kernel's choice */
};

#endif
