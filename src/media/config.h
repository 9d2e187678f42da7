/* SPDX-License-Identifier: Apache-2.0 */
/* config.h: what the daemon tells the media floor at start. */
#ifndef MEDIA_CONFIG_H
#define MEDIA_CONFIG_H

#include <sched.h>
#include <stdint.h>

#include "base/clock.h"
#include "media/address.h"

#define MEDIA_THREADS_MAX 63
#define MEDIA_LOCALS_MAX  8
/* As `transcoders`: nothing is transcoded. */
#define MEDIA_TRANSCODERS_NONE UINT32_MAX

struct fastpath;
struct worker_group;

/* Copied by media_new, what it points at too, except for the group, the clock and the fast path. */
struct media_config {
	struct worker_group *workers; /* who takes ports and is told; initialised */
	const struct clock *clock;    /* NULL: monotonic */

	/* Addresses that ports are bound on, 0.0.0.0 and :: among them; a port in them is ignored.
	 * Their order is the order in which media_take names them. At least one. */
	struct media_address locals[MEDIA_LOCALS_MAX];
	unsigned local_count;
	uint16_t port_first, port_last; /* media.ports: RTP on even ports, RTCP on the next */

	struct fastpath *fastpath; /* lives longer than the threads; NULL: there is none */

	unsigned threads;    /* media.threads; 0 = chosen from the cores */
	const unsigned *pin; /* media.pin: cores, in order; those that we may not use are skipped */
	unsigned pin_count;  /* 0: the cores that the SIP workers leave */
	cpu_set_t worker_cores; /* that the SIP workers are pinned to; empty: they are not pinned */

	uint32_t timeout_ms, hold_timeout_ms; /* media.timeout, media.hold_timeout */
	uint32_t tick_us;       /* media.tick: the longest nap under load; 0 never naps */
	uint8_t dscp;           /* media.dscp, 0 to 63 */
	uint32_t quarantine_ms; /* before ports of an ended session are used again; 0 = 2 s */
	uint32_t stock;         /* port pairs ready for each worker in each thread; 0 = 128 */
	uint32_t packet_rate; /* RTP packets a second of one end, above which they are dropped; 0 =
				 2,500. It bounds a loop made with our own addresses, too */
	/* Sessions transcoded at once, of each relay thread: with Opus, two or three hundred would
	 * keep a core busy. What they take is reserved at start. 0 = 64 */
	uint32_t transcoders;
	/* Members of a group whose legs are on its own relay thread: those who come then get ports
	 * on others. 0 = 1,000 */
	uint32_t group_budget;
	/* What is said in a group is copied by the kernel, where it can, if so many or more listen;
	 * 0 = as many as are worth it */
	uint32_t copies_least;
	uint32_t sessions_max; /* at once, of each worker; 0 = as many as there are port pairs */
};

#endif
