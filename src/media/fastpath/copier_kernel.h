/* SPDX-License-Identifier: Apache-2.0 */
/* copier_kernel.h: how the program that copies comes into the kernel; a table, so that tests bring
 * their own. */
#ifndef MEDIA_FASTPATH_COPIER_KERNEL_H
#define MEDIA_FASTPATH_COPIER_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "media/fastpath/copy.h"

struct fastpath_program;
struct copier_program; /* loaded */

/* Main's. */
struct copier_kernel {
	/* 0 or -errno. `beside`: the fast path's own, which lives longer. `ret_batches`: memory
	 * that the program reads, of so many. */
	int (*load)(struct fastpath_program *beside, uint32_t batches,
		struct copier_program **ret_program, struct copy_batch **ret_batches);
	/* NULL is accepted. */
	void (*unload)(struct copier_program *program);
	/* What comes from that socket to itself is a trigger. 0 or -errno. */
	int (*know)(struct copier_program *program, const struct copy_socket *socket);
	/* To lo. 0 or -errno. */
	int (*attach)(struct copier_program *program);
	void (*detach)(struct copier_program *program);
	/* Whether it is attached still: others may take it away. */
	bool (*holds)(struct copier_program *program);
};

extern const struct copier_kernel copier_kernel;

#endif
