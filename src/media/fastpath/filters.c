/* SPDX-License-Identifier: Apache-2.0 */
/* filters.c: whether tc filters hang on an interface, asked of the kernel by rtnetlink. */
#include "media/fastpath/filters.h"

#include <linux/netlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/macros.h"

/* A dump comes in pieces of so much at the most. */
#define PIECE_MAX 32768

static bool ask(int fd, uint32_t interface, uint32_t parent)
{
	struct {
		struct nlmsghdr header;
		struct tcmsg filter;
	} question = {.header = {.nlmsg_len = sizeof(question),
			      .nlmsg_type = RTM_GETTFILTER,
			      .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
		.filter = {.tcm_ifindex = (int)interface, .tcm_parent = parent}};
	return send(fd, &question, sizeof(question), 0) == (ssize_t)sizeof(question);
}

/* Reads the dump to its end. True: there was a filter, or an error. */
static bool hear(int fd)
{
	static _Alignas(struct nlmsghdr) char bytes[PIECE_MAX];
	bool is_any = false;
	for (;;) {
		ssize_t got = recv(fd, bytes, sizeof(bytes), 0);
		if (got <= 0)
			return true;
		uint32_t left = (uint32_t)got;
		for (struct nlmsghdr *at = (struct nlmsghdr *)bytes; NLMSG_OK(at, left);
			at = NLMSG_NEXT(at, left)) {
			if (at->nlmsg_type == NLMSG_DONE)
				return is_any;
			if (at->nlmsg_type == NLMSG_ERROR)
				return true;
			is_any |= at->nlmsg_type == RTM_NEWTFILTER;
		}
	}
}

bool filters_are_there(uint32_t interface)
{
	static const uint32_t hooks[] = {TC_H_MIN_INGRESS, TC_H_MIN_EGRESS};
	/* the kernel answers within the call; this is for when it does not */
	struct timeval patience = {.tv_sec = 1};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	bool is_any =
		fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0;
	for (unsigned i = 0; i < ARRAY_LENGTH(hooks) && !is_any; i++)
		is_any = !ask(fd, interface, TC_H_MAKE(TC_H_CLSACT, hooks[i])) || hear(fd);
	if (fd >= 0)
		close(fd);
	return is_any;
}
