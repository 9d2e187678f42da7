/* SPDX-License-Identifier: Apache-2.0 */
/* kernel_none.c: built without the kernel's programs. */
#include "media/fastpath/kernel.h"

#include <errno.h>
#include <stddef.h>

#include "media/fastpath/ipsec.h"

static int load(const struct fastpath_size *size, struct fastpath_program **ret_program,
	struct fastpath_memory *ret_memory)
{
	return -ENOSYS;
}

static int clean(void)
{
	return 0;
}

static void unload(struct fastpath_program *program, struct fastpath_memory *memory) {}

static int attach(
	struct fastpath_program *program, uint32_t interface, struct fastpath_link *ret_link)
{
	return -ENOSYS;
}

static void detach(struct fastpath_program *program, struct fastpath_link *link) {}

static bool holds(struct fastpath_program *program, const struct fastpath_link *link)
{
	return false;
}

const struct fastpath_kernel fastpath_kernel = {
	load, clean, unload, attach, detach, holds, ipsec_policies, NULL};
const struct fastpath_kernel fastpath_kernel_filters = {
	load, clean, unload, attach, detach, holds, ipsec_policies, NULL};

int fastpath_kernel_try(struct fastpath_program *program, struct fastpath_trial *trial)
{
	return -ENOSYS;
}

int fastpath_kernel_attach_other(struct fastpath_program *program, int fd, uint32_t interface,
	struct fastpath_link *ret_link)
{
	return -ENOSYS;
}

void fastpath_kernel_detach_other(struct fastpath_program *program, struct fastpath_link *link) {}

bool fastpath_kernel_holds_other(struct fastpath_program *program, const struct fastpath_link *link)
{
	return false;
}
