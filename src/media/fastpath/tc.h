/* SPDX-License-Identifier: Apache-2.0 */
/* tc.h: programs as filters of tc, where the kernel has no links for them (before 6.6), and what
 * dead servers have left of theirs. */
#ifndef MEDIA_FASTPATH_TC_H
#define MEDIA_FASTPATH_TC_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A filter outlives its process, so it is known by its place: a priority of ours, and as handle a
 * number that a live server of this network namespace holds by an abstract socket.
 *
 * It hangs on a qdisc (clsact). To make one or take it away loses packets of the interface, so one
 * that we have made stays there as long as we do, whatever becomes of the filter; so does one that
 * a dead server has left.
 */
#define TC_PRIORITY 0x7076 /* and the next one, of what is attached behind it */

/* Owner: main. */
struct tc {
	int claim;        /* the socket; -1: no filter was needed yet */
	uint32_t handle;  /* our number */
	uint32_t *qdiscs; /* interfaces whose qdisc we take away in the end, if nothing is on it */
	unsigned qdisc_count;
};

void tc_init(struct tc *tc);
/* Our filters must be gone. */
void tc_done(struct tc *tc);

/* The program with descriptor `fd`, to an interface's ingress. 0 or -errno. */
int tc_attach(struct tc *tc, int fd, uint32_t interface, uint32_t priority);
void tc_detach(const struct tc *tc, uint32_t interface, uint32_t priority);
/* Whether it still hangs there. */
bool tc_holds(const struct tc *tc, uint32_t interface, uint32_t priority);

/* Takes away the filters of those that are no more, on whatever interface. How many there were, or
 * -errno when one had to stay: -EPERM for want of CAP_NET_ADMIN. */
int tc_clean(struct tc *tc);

#endif
