/* SPDX-License-Identifier: Apache-2.0 */
/* ipsec.h: whether packets of this host may be a matter of IPsec, and when that changes. */
#ifndef MEDIA_FASTPATH_IPSEC_H
#define MEDIA_FASTPATH_IPSEC_H

#include <stdbool.h>
#include <stddef.h>

/*
 * How many policies this network namespace has, in, out and forward: those of sockets, which only
 * their owners' packets meet, aside; a default that blocks counts as one. 0, too, where the kernel
 * knows no IPsec. Or -errno: -EPERM without CAP_NET_ADMIN.
 */
int ipsec_policies(void);

/* What an answer of the kernel says of their number: one message of `length` bytes. -EBADMSG, or
 * the kernel's -errno. For ipsec_policies and its tests. */
int ipsec_parse(const void *bytes, size_t length);

/* A non-blocking socket that is readable when policies change; or -1. */
int ipsec_listen(void);
/* Reads all that there is. True: there was something. */
bool ipsec_drain(int fd);

#endif
