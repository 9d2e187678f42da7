/* SPDX-License-Identifier: Apache-2.0 */
/* reason.c: why the kernel does not take the program, in words. */
#include "media/fastpath/reason.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include "base/capability.h"
#include "media/fastpath/refusals.h"

/* Before 5.11 a kernel counts programs and their memory as locked, and says -EPERM when it is too
 * much. */
static bool is_limited(void)
{
	struct utsname kernel;
	struct rlimit limit;
	unsigned major, minor;
	if (uname(&kernel) < 0 || sscanf(kernel.release, "%u.%u", &major, &minor) != 2)
		return false;
	return (major < 5 || (major == 5 && minor < 11)) &&
	       getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
}

static const char *reason_of_refusal(int error)
{
	struct capabilities has;
	capabilities_read(&has);
	if (!has.bpf && !has.net)
		return "CAP_BPF and CAP_NET_ADMIN are missing";
	if (!has.bpf)
		return "CAP_BPF is missing";
	if (!has.net)
		return "CAP_NET_ADMIN is missing";
	if (error == -EACCES)
		return "the kernel's verifier, or a security module, refuses the program; the "
		       "debug log has what it says";
	if (is_limited())
		return "RLIMIT_MEMLOCK is too low, or bpf() is forbidden here; systemd: "
		       "LimitMEMLOCK=64M";
	return "bpf() is forbidden here";
}

const char *fastpath_reason(int error)
{
	switch (error) {
	case -ENOSYS:
		return "not built: clang, bpftool and libbpf were missing";
	case -EPERM:
	case -EACCES:
		return reason_of_refusal(error);
	case -EBUSY:
		return "too many servers of this host have filters, or hold their names";
	case -EIDRM:
		return fastpath_refusal_word(error);
	case -EINVAL:
		return "the kernel does not take the program: it is older than 5.10, or lacks BPF";
	default:
		return strerror(-error);
	}
}
