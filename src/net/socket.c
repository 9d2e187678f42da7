/* SPDX-License-Identifier: Apache-2.0 */
/* socket.c: makes and binds the sockets that all workers share an address with. */
#include "net/socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

int socket_set(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) < 0 ? -errno : 0;
}

static int bind_with(int type, const struct net_address *address, bool is_shared)
{
	struct sockaddr_storage storage;
	socklen_t length = net_address_to_sockaddr(address, &storage);
	int fd = socket(storage.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	int error = is_shared ? socket_set(fd, SOL_SOCKET, SO_REUSEPORT, 1) : 0;
	/* connections in TIME-WAIT are no owner: this passes over them, not over a listener */
	if (!error && type == SOCK_STREAM)
		error = socket_set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	/* of its own family only: "::" and "0.0.0.0" are two listeners */
	if (!error && address->family == NET_IPV6)
		error = socket_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	if (!error && bind(fd, (struct sockaddr *)&storage, length) < 0)
		error = -errno;
	if (error) {
		close(fd);
		return error;
	}
	return fd;
}

int socket_bind(int type, struct net_address *address)
{
	struct sockaddr_storage storage;
	socklen_t length = sizeof(storage);
	int fd = bind_with(type, address, true);
	if (fd < 0)
		return fd;
	if (getsockname(fd, (struct sockaddr *)&storage, &length) == 0)
		net_address_from_sockaddr((struct sockaddr *)&storage, address);
	return fd;
}

int socket_probe(int type, const struct net_address *address)
{
	if (address->port == 0)
		return 0;
	int fd = bind_with(type, address, false);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}
