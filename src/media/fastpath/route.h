/* SPDX-License-Identifier: Apache-2.0 */
/* route.h: which way a packet would take, asked of the kernel. */
#ifndef MEDIA_FASTPATH_ROUTE_H
#define MEDIA_FASTPATH_ROUTE_H

#include <stddef.h>
#include <stdint.h>

#include "media/address.h"

struct route {
	uint32_t interface;          /* index; lo for hosts that are ourselves */
	uint32_t mtu;                /* of the route, where it has one; else 0 */
	struct media_address source; /* that the kernel would send from; no port */
};

/* A socket to ask with, or -errno. */
int route_open(void);

/*
 * The way to `to`, from `source` where that is not NULL. The kernel answers within the call. 0,
 * -EINVAL (link-local: it takes more than an address), -EBADMSG, or the kernel's -errno
 * (-ENETUNREACH and its kin: there is no way; also where the route wraps packets in others, as for
 * SRv6 or MPLS, which only the kernel's own way out does).
 */
int route_find(int fd, const struct media_address *to, const struct media_address *source,
	struct route *ret_route);

/* What an answer says: one message of `length` bytes. For route_find and its tests. */
int route_parse(const void *bytes, size_t length, struct route *ret_route);

#endif
