/* SPDX-License-Identifier: Apache-2.0 */
/* interfaces.c: which network interfaces there are, which of them carry media, and when that
 * changes. */
#include "media/fastpath/interfaces.h"

#include <errno.h>
#include <ifaddrs.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* ---- the list ---- */

static struct interface_row *row_of(struct interface_row *rows, unsigned count, const char *name)
{
	for (unsigned i = 0; i < count; i++)
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	return NULL;
}

static uint32_t mtu_of(int fd, const char *name)
{
	struct ifreq request = {0};
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	return ioctl(fd, SIOCGIFMTU, &request) < 0 ? 0 : (uint32_t)request.ifr_mtu;
}

/* Each interface has one row of the link layer, whether it has addresses or not. */
static unsigned read_links(
	const struct ifaddrs *all, int fd, struct interface_row *rows, unsigned most)
{
	unsigned count = 0;
	for (const struct ifaddrs *one = all; one && count < most; one = one->ifa_next) {
		if (!one->ifa_addr || one->ifa_addr->sa_family != AF_PACKET)
			continue;
		const struct sockaddr_ll *link = (const struct sockaddr_ll *)one->ifa_addr;
		struct interface_row *row = &rows[count++];
		*row = (struct interface_row){.index = (uint32_t)link->sll_ifindex,
			.is_up = one->ifa_flags & IFF_UP,
			.is_usable = link->sll_hatype == ARPHRD_ETHER ||
				     link->sll_hatype == ARPHRD_LOOPBACK,
			.mtu = mtu_of(fd, one->ifa_name)};
		snprintf(row->name, sizeof(row->name), "%s", one->ifa_name);
	}
	return count;
}

static void read_addresses(const struct ifaddrs *all, struct interface_row *rows, unsigned count)
{
	for (const struct ifaddrs *one = all; one; one = one->ifa_next) {
		struct interface_row *row = row_of(rows, count, one->ifa_name);
		if (!row || !one->ifa_addr)
			continue;
		const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)one->ifa_addr;
		if (one->ifa_addr->sa_family == AF_INET)
			row->has_ipv4 = true;
		else if (one->ifa_addr->sa_family == AF_INET6 &&
			 !IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr))
			row->has_ipv6 = true;
	}
}

unsigned interfaces_read(struct interface_row *rows, unsigned most)
{
	struct ifaddrs *all = NULL;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	unsigned count = 0;
	if (fd >= 0 && getifaddrs(&all) == 0) {
		count = read_links(all, fd, rows, most);
		read_addresses(all, rows, count);
		freeifaddrs(all);
	}
	if (fd >= 0)
		close(fd);
	return count;
}

bool interface_carries(
	const struct interface_row *row, const struct media_address *locals, unsigned count)
{
	if (!row->is_up || !row->is_usable)
		return false;
	for (unsigned i = 0; i < count; i++)
		if (locals[i].family == AF_INET ? row->has_ipv4 : row->has_ipv6)
			return true;
	return false;
}

/* ---- news ---- */

/* There are names for the first of them only. */
#define GROUP(number) (UINT32_C(1) << ((number)-1))

int interfaces_listen(void)
{
	struct sockaddr_nl name = {.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
			     RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE | RTMGRP_IPV4_RULE |
			     GROUP(RTNLGRP_IPV6_RULE)};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0)
		return -1;
	if (bind(fd, (struct sockaddr *)&name, sizeof(name)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

bool interfaces_drain(int fd)
{
	char bytes[4096];
	bool is_any = false;
	/* ENOBUFS: some were lost, so something has changed */
	while (recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT | MSG_TRUNC) >= 0 || errno == ENOBUFS)
		is_any = true;
	return is_any;
}
