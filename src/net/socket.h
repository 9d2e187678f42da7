/* SPDX-License-Identifier: Apache-2.0 */
/* socket.h: makes and binds the sockets that all workers share an address with. */
#ifndef NET_SOCKET_H
#define NET_SOCKET_H

#include "net/address.h"

/* A non-blocking socket of `type` bound with SO_REUSEPORT; port 0 in `address` is filled in with
 * the one that the kernel chose. The descriptor or -errno. */
int socket_bind(int type, struct net_address *address);

/* -EADDRINUSE when anybody, also with SO_REUSEPORT, has the address; 0 when it can be had. */
int socket_probe(int type, const struct net_address *address);

/* Sets an integer option; 0 or -errno. */
int socket_set(int fd, int level, int name, int value);

#endif
