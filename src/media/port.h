/* SPDX-License-Identifier: Apache-2.0 */
/* port.h: a pair of bound sockets, RTP on an even port and RTCP on the next. */
#ifndef MEDIA_PORT_H
#define MEDIA_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/lane.h"
#include "media/address.h"

struct stream_end;

enum component { COMPONENT_RTP, COMPONENT_RTCP, COMPONENTS };

/* What epoll leads to. Bound and watched from its pair's opening to its closing. */
struct media_socket {
	int fd;
	uint8_t component;
	struct stream_end *end; /* whose packets come here; NULL: nobody's, they are thrown away */
	uint32_t round;         /* of the relay thread, when it was read last */
};

/* Owner: a relay thread. Lifetime: the stock's. In the stock, or quarantined, or a session's. */
struct port_pair {
	struct media_socket sockets[COMPONENTS];
	struct lane_node quarantine; /* its link serves for the list of free ones, too */
	uint16_t port;               /* of RTP */
	uint8_t local;               /* index of the local address */
	uint8_t dscp;                /* that both sockets send with */
};

/*
 * Binds both ports, watched by `epoll_fd`. 0, or -errno: -EADDRINUSE when another program has one
 * of them. Nothing is open then.
 */
int port_pair_open(struct port_pair *pair, const struct media_address *local, uint16_t port,
	uint8_t dscp, int epoll_fd);
void port_pair_close(struct port_pair *pair);

/* Throws away what has arrived, up to a bound. */
void port_pair_drain(struct port_pair *pair);

/* What it sends is marked so from now on. */
void port_pair_mark(struct port_pair *pair, uint8_t dscp);

#endif
