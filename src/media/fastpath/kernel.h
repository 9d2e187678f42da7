/* SPDX-License-Identifier: Apache-2.0 */
/* kernel.h: how the program and its memory come into the kernel; a table, so that tests bring their
 * own. */
#ifndef MEDIA_FASTPATH_KERNEL_H
#define MEDIA_FASTPATH_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "media/fastpath/entry.h"

/* The maps, as both sides see them. */
struct fastpath_memory {
	struct fastpath_flow *flows;    /* [pairs * locals] */
	struct fastpath_entry *entries; /* [2 * pairs * locals] */
	struct fastpath_beat *beats;    /* [FASTPATH_THREADS] */
	uint64_t *counts;               /* [FASTPATH_CPUS * FASTPATH_ROWS] */
	uint32_t flow_count;
};

/* What the program must know before it is loaded. */
struct fastpath_size {
	uint16_t port_first, port_last;
	uint32_t locals, flows;
};

struct copier_kernel;
struct fastpath_program; /* loaded */

/* One interface's attachment. */
struct fastpath_link {
	int fd;         /* of a link that dies with the process; -1: a filter */
	uint32_t index; /* of the interface */
};

/* Main's. */
struct fastpath_kernel {
	/* 0, or -errno: -EPERM for want of capabilities, -ENOSYS: not built. What dead servers have
	 * left is taken away. */
	int (*load)(const struct fastpath_size *size, struct fastpath_program **ret_program,
		struct fastpath_memory *ret_memory);
	/* That alone, where nothing is loaded. How many programs there were, or -errno when one had
	 * to stay: -EPERM for want of CAP_NET_ADMIN. */
	int (*clean)(void);
	void (*unload)(struct fastpath_program *program, struct fastpath_memory *memory);
	/* To the ingress of an interface. 0 or -errno. */
	int (*attach)(struct fastpath_program *program, uint32_t interface,
		struct fastpath_link *ret_link);
	void (*detach)(struct fastpath_program *program, struct fastpath_link *link);
	/* Whether it is attached still: others may take it away. */
	bool (*holds)(struct fastpath_program *program, const struct fastpath_link *link);
	/* Of IPsec (ipsec.h): how many, or -errno. */
	int (*policies)(void);
	/* The program that copies; NULL: there is none. */
	const struct copier_kernel *copier;
};

/* The one that is built: by links where the kernel has them (6.6), else by filters. */
extern const struct fastpath_kernel fastpath_kernel;
/* By filters only: what kernels before 6.6 get. */
extern const struct fastpath_kernel fastpath_kernel_filters;

/* For another program of ours, by its descriptor: attached and detached as that one is, behind it.
 */
int fastpath_kernel_attach_other(struct fastpath_program *program, int fd, uint32_t interface,
	struct fastpath_link *ret_link);
void fastpath_kernel_detach_other(struct fastpath_program *program, struct fastpath_link *link);
bool fastpath_kernel_holds_other(
	struct fastpath_program *program, const struct fastpath_link *link);

/* For tests: the program on a packet, in place, as if it had come in. Returns its verdict or
 * -errno. `ret_length`: of the packet afterwards. */
struct fastpath_trial {
	uint8_t *bytes;
	uint32_t length, room;
	uint32_t interface;
	uint32_t priority; /* that it has afterwards */
};
int fastpath_kernel_try(struct fastpath_program *program, struct fastpath_trial *trial);

#endif
