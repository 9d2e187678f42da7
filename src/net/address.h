/* SPDX-License-Identifier: Apache-2.0 */
/* address.h — an IP address and port in 20 bytes, and its text forms. */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include <portavoz/span.h>
#include <portavoz/writer.h>

enum net_family { NET_NONE, NET_IPV4, NET_IPV6 };

struct net_address {
	uint8_t ip[16]; /* network order; IPv4 in the first four, the rest zero */
	uint16_t port;  /* host order */
	uint8_t family; /* enum net_family */
	uint8_t scope;  /* low byte of an IPv6 scope id (link-local), else 0 */
};

#define NET_ADDRESS_TEXT 64 /* "[v6%scope]:port" and a NUL fit */

/* IPv4-mapped IPv6 becomes IPv4. */
void net_address_from_sockaddr(const struct sockaddr *from, struct net_address *ret);
socklen_t net_address_to_sockaddr(const struct net_address *from, struct sockaddr_storage *ret);
/* `host` numeric, IPv6 with or without brackets. False when it is a name. */
bool net_address_parse(struct pv_span host, uint16_t port, struct net_address *ret);
bool net_address_equal(const struct net_address *a, const struct net_address *b); /* ip and port */
bool net_address_same_ip(const struct net_address *a, const struct net_address *b);
bool net_address_is_any(const struct net_address *a);
bool net_address_is_private(
	const struct net_address *a); /* RFC 1918, RFC 6598, ULA, link-local, loopback */
void net_address_write_ip(const struct net_address *a, struct pv_writer *w); /* "1.2.3.4", "::1" */
void net_address_write_host(const struct net_address *a, struct pv_writer *w); /* IPv6 in [] */
void net_address_write(const struct net_address *a, struct pv_writer *w);      /* host:port */

#endif
