/* SPDX-License-Identifier: Apache-2.0 */
/* limits.c: how many files the process may open. */
#include "base/limits.h"

#include <errno.h>
#include <sys/resource.h>

#include "base/macros.h"

int raise_file_limit(uint64_t wanted, uint64_t *ret_got)
{
	struct rlimit now;
	struct rlimit next;

	if (getrlimit(RLIMIT_NOFILE, &now) < 0)
		return -errno;
	if (now.rlim_cur < wanted) {
		/* both limits first, which needs CAP_SYS_RESOURCE; then as far as the hard one */
		next = (struct rlimit){wanted, MAX(now.rlim_max, (rlim_t)wanted)};
		if (setrlimit(RLIMIT_NOFILE, &next) < 0) {
			next = (struct rlimit){MIN(now.rlim_max, (rlim_t)wanted), now.rlim_max};
			if (setrlimit(RLIMIT_NOFILE, &next) < 0)
				return -errno;
		}
		now = next;
	}
	*ret_got = now.rlim_cur;
	return now.rlim_cur < wanted ? -EPERM : 0;
}
