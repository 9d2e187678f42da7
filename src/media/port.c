/* SPDX-License-Identifier: Apache-2.0 */
/* port.c: a pair of bound sockets, RTP on an even port and RTCP on the next. */
#include "media/port.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/metrics.h"

/* More than a receive buffer holds: an end for a peer that sends as fast as we read. */
#define DRAIN_MOST 2048

static int mark(int fd, sa_family_t family, uint8_t dscp)
{
	int value = dscp << 2; /* the low bits are ECN's (RFC 2474 §3) */
	int level = family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP;
	int name = family == AF_INET6 ? IPV6_TCLASS : IP_TOS;
	return setsockopt(fd, level, name, &value, sizeof(value)) < 0 ? -errno : 0;
}

static int bind_socket(const struct media_address *local, uint16_t port, uint8_t dscp)
{
	struct media_address address = *local;
	int on = 1;
	int fd = socket(local->family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	media_address_set_port(&address, port);
	/* "::" and "0.0.0.0" are two locals */
	int error = local->family == AF_INET6 &&
				    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) < 0
			    ? -errno
			    : 0;
	if (!error)
		error = mark(fd, local->family, dscp);
	/* neither SO_REUSEADDR nor SO_REUSEPORT: a port that somebody has is not ours */
	if (!error && bind(fd, &address.any, media_address_length(&address)) < 0)
		error = -errno;
	if (error) {
		close(fd);
		return error;
	}
	return fd;
}

static int watch(struct media_socket *socket, int epoll_fd)
{
	/* level-triggered: what one round leaves in the socket the next one finds */
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = socket};
	return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, socket->fd, &event) < 0 ? -errno : 0;
}

int port_pair_open(struct port_pair *pair, const struct media_address *local, uint16_t port,
	uint8_t dscp, int epoll_fd)
{
	*pair = (struct port_pair){.port = port, .dscp = dscp};
	pair->sockets[COMPONENT_RTP].fd = pair->sockets[COMPONENT_RTCP].fd = -1;
	for (unsigned i = 0; i < COMPONENTS; i++) {
		struct media_socket *socket = &pair->sockets[i];
		int fd = bind_socket(local, (uint16_t)(port + i), dscp);
		socket->fd = fd < 0 ? -1 : fd;
		socket->component = (uint8_t)i;
		int error = fd < 0 ? fd : watch(socket, epoll_fd);
		if (error) {
			port_pair_close(pair);
			return error;
		}
	}
	return 0;
}

void port_pair_close(struct port_pair *pair)
{
	for (unsigned i = 0; i < COMPONENTS; i++) {
		if (pair->sockets[i].fd >= 0)
			close(pair->sockets[i].fd); /* epoll forgets it, too */
		pair->sockets[i].fd = -1;
	}
}

static bool is_remembered(
	const struct port_ghost *ghost, const struct media_address *from, uint64_t now_ms)
{
	return media_address_equal(&ghost->from, from) && now_ms - ghost->heard_ms < PORT_GHOST_MS;
}

void port_pair_remember(struct port_pair *pair, const struct media_address *from, uint64_t now_ms)
{
	struct port_ghost *place = &pair->ghosts[0];
	if (media_address_is_none(from))
		return;
	for (unsigned i = 0; i < PORT_GHOSTS; i++) {
		struct port_ghost *ghost = &pair->ghosts[i];
		if (media_address_equal(&ghost->from, from)) {
			place = ghost;
			break;
		}
		if (ghost->heard_ms < place->heard_ms)
			place = ghost;
	}
	*place = (struct port_ghost){*from, now_ms};
}

bool port_pair_is_ghost(
	const struct port_pair *pair, const struct media_address *from, uint64_t now_ms)
{
	for (unsigned i = 0; i < PORT_GHOSTS; i++)
		if (is_remembered(&pair->ghosts[i], from, now_ms))
			return true;
	return false;
}

void port_pair_drain(struct port_pair *pair)
{
	char byte;
	for (unsigned i = 0; i < COMPONENTS; i++)
		for (unsigned n = 0; n < DRAIN_MOST; n++) {
			if (recv(pair->sockets[i].fd, &byte, sizeof(byte), MSG_DONTWAIT) < 0)
				break;
			metrics_add(METRIC_media_dropped_stray, 1);
		}
}

void port_pair_mark(struct port_pair *pair, uint8_t dscp)
{
	struct sockaddr_storage name;
	socklen_t length = sizeof(name);
	if (pair->dscp == dscp)
		return;
	if (getsockname(pair->sockets[0].fd, (struct sockaddr *)&name, &length) < 0)
		return;
	pair->dscp = dscp;
	for (unsigned i = 0; i < COMPONENTS; i++)
		if (mark(pair->sockets[i].fd, name.ss_family, dscp) < 0)
			metrics_add(METRIC_media_mark_failures, 1);
}
