/* SPDX-License-Identifier: Apache-2.0 */
/* own_network.h: a network namespace for one test process, with nothing in it but lo. */
#ifndef TESTS_MEDIA_OWN_NETWORK_H
#define TESTS_MEDIA_OWN_NETWORK_H

#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* False: none can be made here. A second time does nothing. */
static inline bool own_network(void)
{
	static pid_t made_by;
	struct ifreq lo = {.ifr_flags = IFF_UP};
	if (made_by == getpid())
		return true;
	if (unshare(CLONE_NEWNET) < 0)
		return false;
	made_by = getpid();
	strcpy(lo.ifr_name, "lo");
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	bool is_up = ioctl(fd, SIOCSIFFLAGS, &lo) == 0;
	close(fd);
	return is_up;
}

#endif
