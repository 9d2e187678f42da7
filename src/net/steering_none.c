/* SPDX-License-Identifier: Apache-2.0 */
/* steering_none.c: stands in for steering_libbpf.c where the build has no libbpf, clang or bpftool.
 */
#include <errno.h>

#include "net/steering.h"

int steering_program_load(
	void **ret, const struct siphash_key *key, unsigned workers, const char **ret_why)
{
	*ret_why = "not built in";
	return -ENOTSUP;
}

int steering_program_attach(void *program, int fd)
{
	return -ENOTSUP;
}

int steering_program_fd(const void *program)
{
	return -1;
}

const struct steering_counts *steering_program_counts(const void *program)
{
	return NULL;
}

void steering_program_free(void *program) {}
