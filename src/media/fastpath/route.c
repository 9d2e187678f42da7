/* SPDX-License-Identifier: Apache-2.0 */
/* route.c: which way a packet would take, asked of the kernel by rtnetlink. */
#include "media/fastpath/route.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

/* The largest answers have some dozen attributes. */
#define ANSWER_MAX 2048

int route_open(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
	return fd < 0 ? -errno : fd;
}

struct question {
	struct nlmsghdr header;
	struct rtmsg route;
	char room[64];
};

static void put_attribute(
	struct question *question, unsigned short type, const struct media_address *address)
{
	bool is_ipv4 = address->family == AF_INET;
	size_t size = is_ipv4 ? 4 : 16;
	struct rtattr *at =
		(struct rtattr *)((char *)question + NLMSG_ALIGN(question->header.nlmsg_len));
	at->rta_type = type;
	at->rta_len = (unsigned short)RTA_LENGTH(size);
	memcpy(RTA_DATA(at),
		is_ipv4 ? (const void *)&address->v4.sin_addr
			: (const void *)&address->v6.sin6_addr,
		size);
	question->header.nlmsg_len =
		(uint32_t)(NLMSG_ALIGN(question->header.nlmsg_len) + RTA_SPACE(size));
}

static void put_source(struct route *route, const struct rtmsg *message, const struct rtattr *at)
{
	bool is_ipv4 = message->rtm_family == AF_INET;
	if (RTA_PAYLOAD(at) != (is_ipv4 ? 4 : 16))
		return;
	route->source.family = message->rtm_family;
	memcpy(is_ipv4 ? (void *)&route->source.v4.sin_addr : (void *)&route->source.v6.sin6_addr,
		RTA_DATA(at), RTA_PAYLOAD(at));
}

static void put_metrics(struct route *route, const struct rtattr *nest)
{
	int left = (int)RTA_PAYLOAD(nest);
	for (const struct rtattr *at = RTA_DATA(nest); RTA_OK(at, left); at = RTA_NEXT(at, left))
		if (at->rta_type == RTAX_MTU && RTA_PAYLOAD(at) == sizeof(uint32_t))
			memcpy(&route->mtu, RTA_DATA(at), sizeof(uint32_t));
}

static int parse_error(const struct nlmsghdr *header)
{
	const struct nlmsgerr *error = NLMSG_DATA(header);
	if (header->nlmsg_len < NLMSG_LENGTH(sizeof(*error)) || error->error >= 0)
		return -EBADMSG;
	return error->error;
}

int route_parse(const void *bytes, size_t length, struct route *ret_route)
{
	const struct nlmsghdr *header = bytes;
	struct route route = {0};
	if (length < sizeof(*header) || !NLMSG_OK(header, (uint32_t)length))
		return -EBADMSG;
	if (header->nlmsg_type == NLMSG_ERROR)
		return parse_error(header);
	const struct rtmsg *message = NLMSG_DATA(header);
	if (header->nlmsg_type != RTM_NEWROUTE ||
		header->nlmsg_len < NLMSG_LENGTH(sizeof(*message)))
		return -EBADMSG;
	if (message->rtm_type != RTN_UNICAST && message->rtm_type != RTN_LOCAL)
		return -ENETUNREACH;
	int left = (int)RTM_PAYLOAD(header);
	for (const struct rtattr *at = RTM_RTA(message); RTA_OK(at, left);
		at = RTA_NEXT(at, left)) {
		if (at->rta_type == RTA_OIF && RTA_PAYLOAD(at) == sizeof(uint32_t))
			memcpy(&route.interface, RTA_DATA(at), sizeof(uint32_t));
		else if (at->rta_type == RTA_PREFSRC)
			put_source(&route, message, at);
		else if (at->rta_type == RTA_METRICS)
			put_metrics(&route, at);
		else if (at->rta_type == RTA_ENCAP || at->rta_type == RTA_ENCAP_TYPE)
			return -ENETUNREACH;
	}
	if (route.interface == 0)
		return -EBADMSG;
	*ret_route = route;
	return 0;
}

int route_find(int fd, const struct media_address *to, const struct media_address *source,
	struct route *ret_route)
{
	union {
		struct nlmsghdr header;
		char bytes[ANSWER_MAX];
	} answer;
	struct question question = {.header = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct rtmsg)),
					    .nlmsg_type = RTM_GETROUTE,
					    .nlmsg_flags = NLM_F_REQUEST},
		.route = {.rtm_family = (unsigned char)to->family,
			.rtm_dst_len = to->family == AF_INET ? 32 : 128}};
	if (to->family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&to->v6.sin6_addr))
		return -EINVAL;
	put_attribute(&question, RTA_DST, to);
	if (source) {
		question.route.rtm_src_len = question.route.rtm_dst_len;
		put_attribute(&question, RTA_SRC, source);
	}
	/* what an interrupted question left behind */
	while (recv(fd, answer.bytes, sizeof(answer), MSG_DONTWAIT) >= 0)
		continue;
	if (send(fd, &question, question.header.nlmsg_len, MSG_DONTWAIT) < 0)
		return -errno;
	ssize_t got = recv(fd, answer.bytes, sizeof(answer), MSG_DONTWAIT);
	return got < 0 ? -errno : route_parse(&answer, (size_t)got, ret_route);
}
