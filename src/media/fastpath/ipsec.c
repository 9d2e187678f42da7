/* SPDX-License-Identifier: Apache-2.0 */
/* ipsec.c: whether packets of this host may be a matter of IPsec, asked of the kernel by netlink.
 */
#include "media/fastpath/ipsec.h"

#include <errno.h>
#include <limits.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/xfrm.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/macros.h"

/* linux/xfrm.h of 5.15, which the headers that we are built with may not be. */
#define MESSAGE_GET_DEFAULT 0x28
#define DEFAULT_BLOCKS      1
struct defaults {
	uint8_t in, forward, out;
};

/* Of the largest answer: some dozen words. */
#define ANSWER_MAX 512

/* Every question has a word behind its header, which nobody reads. */
struct question {
	struct nlmsghdr header;
	uint32_t unused;
};

static int open_socket(uint32_t groups)
{
	struct sockaddr_nl name = {.nl_family = AF_NETLINK, .nl_groups = groups};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_XFRM);
	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&name, sizeof(name)) < 0) {
		int error = -errno;
		close(fd);
		return error;
	}
	return fd;
}

/* ---- answers ---- */

static int parse_error(const struct nlmsghdr *header)
{
	const struct nlmsgerr *error = NLMSG_DATA(header);
	if (header->nlmsg_len < NLMSG_LENGTH(sizeof(*error)) || error->error >= 0)
		return -EBADMSG;
	return error->error;
}

static int parse_counts(const struct nlmsghdr *header)
{
	int left = (int)header->nlmsg_len - (int)NLMSG_SPACE(sizeof(uint32_t));
	const struct rtattr *at =
		(const struct rtattr *)((const char *)NLMSG_DATA(header) + sizeof(uint32_t));
	for (; RTA_OK(at, left); at = RTA_NEXT(at, left)) {
		struct xfrmu_spdinfo counts;
		if (at->rta_type != XFRMA_SPD_INFO || RTA_PAYLOAD(at) < sizeof(counts))
			continue;
		memcpy(&counts, RTA_DATA(at), sizeof(counts));
		uint64_t all = (uint64_t)counts.incnt + counts.outcnt + counts.fwdcnt;
		return (int)MIN(all, INT_MAX / 2);
	}
	return -EBADMSG;
}

static int parse_defaults(const struct nlmsghdr *header)
{
	struct defaults defaults;
	if (header->nlmsg_len < NLMSG_LENGTH(sizeof(defaults)))
		return -EBADMSG;
	memcpy(&defaults, NLMSG_DATA(header), sizeof(defaults));
	return defaults.in == DEFAULT_BLOCKS || defaults.forward == DEFAULT_BLOCKS ||
	       defaults.out == DEFAULT_BLOCKS;
}

int ipsec_parse(const void *bytes, size_t length)
{
	const struct nlmsghdr *header = bytes;
	if (length < sizeof(*header) || !NLMSG_OK(header, (uint32_t)length))
		return -EBADMSG;
	switch (header->nlmsg_type) {
	case NLMSG_ERROR:
		return parse_error(header);
	case XFRM_MSG_NEWSPDINFO:
		return parse_counts(header);
	case MESSAGE_GET_DEFAULT:
		return parse_defaults(header);
	default:
		return -EBADMSG;
	}
}

/* The kernel answers within the call. */
static int ask(int fd, uint16_t type)
{
	union {
		struct nlmsghdr header;
		char bytes[ANSWER_MAX];
	} answer;
	struct question question = {.header = {.nlmsg_len = sizeof(question),
					    .nlmsg_type = type,
					    .nlmsg_flags = NLM_F_REQUEST}};
	if (send(fd, &question, sizeof(question), MSG_DONTWAIT) < 0)
		return -errno;
	ssize_t got = recv(fd, answer.bytes, sizeof(answer), MSG_DONTWAIT);
	return got < 0 ? -errno : ipsec_parse(&answer, (size_t)got);
}

int ipsec_policies(void)
{
	int fd = open_socket(0);
	if (fd < 0)
		return fd == -EPROTONOSUPPORT ? 0 : fd;
	int count = ask(fd, XFRM_MSG_GETSPDINFO);
	/* before 5.15 there are no defaults to ask for */
	int blocks = count < 0 ? 0 : ask(fd, MESSAGE_GET_DEFAULT);
	close(fd);
	return count + MAX(blocks, 0);
}

/* ---- news ---- */

int ipsec_listen(void)
{
	int fd = open_socket(1u << (XFRMNLGRP_POLICY - 1));
	return fd < 0 ? -1 : fd;
}

bool ipsec_drain(int fd)
{
	char byte;
	bool is_any = false;
	if (fd < 0)
		return false;
	for (;;) {
		ssize_t got = recv(fd, &byte, sizeof(byte), MSG_DONTWAIT | MSG_TRUNC);
		if (got < 0 && errno != ENOBUFS)
			return is_any;
		is_any = true;
	}
}
