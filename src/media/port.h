/* SPDX-License-Identifier: Apache-2.0 */
/* port.h: a pair of bound sockets, RTP on an even port and RTCP on the next. */
#ifndef MEDIA_PORT_H
#define MEDIA_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/lane.h"
#include "base/macros.h"
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

#define PORT_GHOSTS 4
/* How long after its last packet a source is remembered: a phone that has not heard of the end of
 * its call goes on until its own timers end it. */
#define PORT_GHOST_MS 60000

/* Who sent to a port when it was nobody's, or another session's. */
struct port_ghost {
	struct media_address from;
	uint64_t heard_ms;
};

/* Owner: a relay thread. Lifetime: the stock's. In the stock, or quarantined, or a session's. */
struct port_pair {
	struct media_socket sockets[COMPONENTS];
	struct lane_node quarantine;           /* its link serves for the list of free ones, too */
	uint16_t port;                         /* of RTP */
	uint8_t local;                         /* index of the local address */
	uint8_t dscp;                          /* that both sockets send with */
	struct port_ghost ghosts[PORT_GHOSTS]; /* of RTP */
	uint64_t free_ms;                      /* since when it is in the list of free ones */
};

/* `from` belongs to the past of this pair. None is ignored. */
void port_pair_remember(struct port_pair *pair, const struct media_address *from, uint64_t now_ms);
/* Whether it does, and was heard lately. */
bool port_pair_is_ghost(
	const struct port_pair *pair, const struct media_address *from, uint64_t now_ms);

static inline struct port_pair *port_pair_of(struct media_socket *socket)
{
	return container_of(socket - socket->component, struct port_pair, sockets);
}

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
