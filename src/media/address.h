/* SPDX-License-Identifier: Apache-2.0 */
/* address.h: where media comes from and goes to, in the form that the system calls take. */
#ifndef MEDIA_ADDRESS_H
#define MEDIA_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <portavoz/writer.h>

/* 28 bytes; zeroed memory is "none". */
struct media_address {
	union {
		sa_family_t family; /* AF_UNSPEC: none */
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	};
};

/* A copy of an IPv4 or IPv6 socket address (a mapped one becomes IPv4); others become "none". */
void media_address_from(const struct sockaddr *from, struct media_address *ret);

static inline bool media_address_is_none(const struct media_address *address)
{
	return address->family == AF_UNSPEC;
}

static inline socklen_t media_address_length(const struct media_address *address)
{
	return address->family == AF_INET6 ? sizeof(address->v6) : sizeof(address->v4);
}

/* Host order. The port is at the same place in both families. */
static inline uint16_t media_address_port(const struct media_address *address)
{
	return ntohs(address->v4.sin_port);
}

static inline void media_address_set_port(struct media_address *address, uint16_t port)
{
	address->v4.sin_port = htons(port);
}

/* 0.0.0.0 or ::, where it is one of ours: it stands for all of its family. */
static inline bool media_address_is_any(const struct media_address *address)
{
	if (address->family == AF_INET)
		return address->v4.sin_addr.s_addr == INADDR_ANY;
	return address->family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&address->v6.sin6_addr);
}

/* The same host, whatever the port. "None" is no host, not even its own. */
static inline bool media_address_same_host(
	const struct media_address *a, const struct media_address *b)
{
	if (a->family != b->family)
		return false;
	if (a->family == AF_INET)
		return a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
	return a->family == AF_INET6 && a->v6.sin6_scope_id == b->v6.sin6_scope_id &&
	       memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, sizeof(a->v6.sin6_addr)) == 0;
}

/* The same /24 of IPv4, or /64 of IPv6: what one provider hands out, and what the pool of addresses
 * of a NAT is likely to be in. */
static inline bool media_address_same_network(
	const struct media_address *a, const struct media_address *b)
{
	if (a->family != b->family)
		return false;
	if (a->family == AF_INET)
		return ((a->v4.sin_addr.s_addr ^ b->v4.sin_addr.s_addr) & htonl(0xffffff00)) == 0;
	return a->family == AF_INET6 && a->v6.sin6_scope_id == b->v6.sin6_scope_id &&
	       memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, 8) == 0;
}

/* Host and port. */
static inline bool media_address_equal(const struct media_address *a, const struct media_address *b)
{
	return a->v4.sin_port == b->v4.sin_port && media_address_same_host(a, b);
}

/*
 * Whether media may be sent there at all: one host and a port. Not "this host" (0.0.0.0/8, ::,
 * which would be ourselves), no multicast, no broadcast, not port 0, whatever an SDP says.
 */
bool media_address_is_sendable(const struct media_address *address);

/* "1.2.3.4:5", "[::1]:5", "none". */
void media_address_write(const struct media_address *address, struct pv_writer *writer);

#endif
