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
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/siphash.h"

/* ---- the list ---- */

/* Addresses come in the order of their links, so the row is where the last one was, or next. */
static struct interface_row *row_of(struct interfaces *all, const char *name, unsigned *at)
{
	for (unsigned i = 0; i < all->count; i++) {
		struct interface_row *row = &all->rows[(*at + i) % all->count];
		if (strcmp(row->name, name) == 0) {
			*at = (unsigned)(row - all->rows);
			return row;
		}
	}
	return NULL;
}

static uint32_t mtu_of(int fd, const char *name)
{
	struct ifreq request = {0};
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	return ioctl(fd, SIOCGIFMTU, &request) < 0 ? 0 : (uint32_t)request.ifr_mtu;
}

static bool is_link(const struct ifaddrs *one)
{
	return one->ifa_addr && one->ifa_addr->sa_family == AF_PACKET;
}

/* Each interface has one row of the link layer, whether it has addresses or not. */
static int read_links(const struct ifaddrs *first, int fd, struct interfaces *all)
{
	unsigned most = 0;
	for (const struct ifaddrs *one = first; one; one = one->ifa_next)
		most += is_link(one);
	all->rows = calloc(most ? most : 1, sizeof(*all->rows));
	if (!all->rows)
		return -ENOMEM;
	for (const struct ifaddrs *one = first; one; one = one->ifa_next) {
		if (!is_link(one))
			continue;
		const struct sockaddr_ll *link = (const struct sockaddr_ll *)one->ifa_addr;
		struct interface_row *row = &all->rows[all->count++];
		*row = (struct interface_row){.index = (uint32_t)link->sll_ifindex,
			.is_up = one->ifa_flags & IFF_UP,
			.has_carrier = one->ifa_flags & IFF_RUNNING,
			.is_usable = link->sll_hatype == ARPHRD_ETHER ||
				     link->sll_hatype == ARPHRD_LOOPBACK,
			.mtu = mtu_of(fd, one->ifa_name)};
		snprintf(row->name, sizeof(row->name), "%s", one->ifa_name);
	}
	return 0;
}

static uint64_t sum_of(const void *bytes, size_t length)
{
	static const struct siphash_key key = {0};
	return siphash13(&key, bytes, length);
}

static void read_addresses(const struct ifaddrs *first, struct interfaces *all)
{
	unsigned at = 0;
	for (const struct ifaddrs *one = first; one; one = one->ifa_next) {
		if (!one->ifa_addr || is_link(one))
			continue;
		struct interface_row *row = row_of(all, one->ifa_name, &at);
		const struct sockaddr_in *v4 = (const struct sockaddr_in *)one->ifa_addr;
		const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)one->ifa_addr;
		if (row && one->ifa_addr->sa_family == AF_INET) {
			row->has_ipv4 = true;
			row->addresses += sum_of(&v4->sin_addr, sizeof(v4->sin_addr));
		} else if (row && one->ifa_addr->sa_family == AF_INET6 &&
			   !IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr)) {
			row->has_ipv6 = true;
			row->addresses += sum_of(&v6->sin6_addr, sizeof(v6->sin6_addr));
		}
	}
}

int interfaces_read(struct interfaces *ret)
{
	struct ifaddrs *first = NULL;
	struct interfaces all = {0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	int error = getifaddrs(&first) < 0 ? -errno : read_links(first, fd, &all);
	close(fd);
	if (!error) {
		read_addresses(first, &all);
		*ret = all;
	}
	freeifaddrs(first);
	return error;
}

void interfaces_done(struct interfaces *all)
{
	free(all->rows);
	*all = (struct interfaces){0};
}

uint64_t interface_digest(const struct interface_row *row)
{
	const uint64_t words[] = {row->index, row->mtu, row->is_up, row->has_carrier, row->has_ipv4,
		row->has_ipv6, row->addresses};
	return sum_of(words, sizeof(words));
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

/* Rules are not among the RTMGRP_ names. */
#define GROUP(number) (1u << ((number)-1))

int interfaces_listen(const struct media_address *locals, unsigned count)
{
	struct sockaddr_nl name = {.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR};
	for (unsigned i = 0; i < count; i++)
		name.nl_groups |= locals[i].family == AF_INET
					  ? RTMGRP_IPV4_ROUTE | GROUP(RTNLGRP_IPV4_RULE)
					  : RTMGRP_IPV6_ROUTE | GROUP(RTNLGRP_IPV6_RULE);
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0)
		return -1;
	if (bind(fd, (struct sockaddr *)&name, sizeof(name)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* fe80::/10 and ff00::/8 come and go with each link, and no media are for them. */
static bool is_for_a_link(const struct nlmsghdr *message, const struct rtmsg *route)
{
	const struct rtattr *one = RTM_RTA(route);
	uint32_t left = (uint32_t)RTM_PAYLOAD(message);
	for (; RTA_OK(one, left); one = RTA_NEXT(one, left)) {
		const uint8_t *to = RTA_DATA(one);
		if (one->rta_type == RTA_DST && RTA_PAYLOAD(one) == sizeof(struct in6_addr))
			return to[0] == 0xff || (to[0] == 0xfe && (to[1] & 0xc0) == 0x80);
	}
	return false;
}

static bool is_of_a_way(const struct nlmsghdr *message)
{
	const struct rtmsg *route = NLMSG_DATA(message);
	switch (message->nlmsg_type) {
	case RTM_NEWRULE:
	case RTM_DELRULE:
		return true;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		if (message->nlmsg_len < NLMSG_LENGTH(sizeof(*route)))
			return false;
		return route->rtm_type != RTN_BROADCAST && route->rtm_type != RTN_MULTICAST &&
		       route->rtm_type != RTN_ANYCAST &&
		       !(route->rtm_family == AF_INET6 && is_for_a_link(message, route));
	default:
		return false;
	}
}

static bool are_of_a_way(const void *bytes, uint32_t left)
{
	const struct nlmsghdr *message = bytes;
	for (; NLMSG_OK(message, left); message = NLMSG_NEXT(message, left))
		if (is_of_a_way(message))
			return true;
	return false;
}

enum interfaces_news interfaces_drain(int fd)
{
	_Alignas(struct nlmsghdr) char bytes[8192];
	enum interfaces_news news = INTERFACES_NO_NEWS;
	for (;;) {
		ssize_t got = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT | MSG_TRUNC);
		if (got < 0 && errno != ENOBUFS)
			return news;
		/* some were lost, or are longer than that: they may have been of anything */
		if (got < 0 || (size_t)got > sizeof(bytes) || are_of_a_way(bytes, (uint32_t)got))
			news = INTERFACES_WAYS;
		else if (news == INTERFACES_NO_NEWS)
			news = INTERFACES_LINKS;
	}
}
