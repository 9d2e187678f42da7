/* SPDX-License-Identifier: Apache-2.0 */
/* pin.c: binds the calling thread to one core. */
#include "runtime/pin.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>

int pin_thread(unsigned core)
{
	cpu_set_t set;
	if (core >= CPU_SETSIZE)
		return -EINVAL;
	CPU_ZERO(&set);
	CPU_SET(core, &set);
	return -pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}
