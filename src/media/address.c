/* SPDX-License-Identifier: Apache-2.0 */
/* address.c: where media comes from and goes to, in the form that the system calls take. */
#include "media/address.h"

#include <arpa/inet.h>

static const uint8_t mapped_prefix[12] = {[10] = 0xff, [11] = 0xff};

static void from_ipv6(const struct sockaddr_in6 *from, struct media_address *ret)
{
	const uint8_t *ip = from->sin6_addr.s6_addr;
	if (memcmp(ip, mapped_prefix, sizeof(mapped_prefix)) == 0) {
		ret->v4.sin_family = AF_INET;
		ret->v4.sin_port = from->sin6_port;
		memcpy(&ret->v4.sin_addr, ip + 12, sizeof(ret->v4.sin_addr));
		return;
	}
	ret->v6.sin6_family = AF_INET6;
	ret->v6.sin6_port = from->sin6_port;
	ret->v6.sin6_scope_id = from->sin6_scope_id;
	ret->v6.sin6_addr = from->sin6_addr;
}

void media_address_from(const struct sockaddr *from, struct media_address *ret)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)from;
	memset(ret, 0, sizeof(*ret));
	if (from->sa_family == AF_INET6) {
		from_ipv6((const struct sockaddr_in6 *)from, ret);
	} else if (from->sa_family == AF_INET) {
		ret->v4.sin_family = AF_INET;
		ret->v4.sin_port = v4->sin_port;
		ret->v4.sin_addr = v4->sin_addr;
	}
}

static bool is_host(const struct media_address *address)
{
	if (address->family == AF_INET6)
		return !IN6_IS_ADDR_UNSPECIFIED(&address->v6.sin6_addr) &&
		       !IN6_IS_ADDR_MULTICAST(&address->v6.sin6_addr);
	uint8_t first = (uint8_t)(ntohl(address->v4.sin_addr.s_addr) >> 24);
	/* from 224 on: multicast, reserved, broadcast */
	return first > 0 && first < 224;
}

bool media_address_is_sendable(const struct media_address *address)
{
	return !media_address_is_none(address) && media_address_port(address) != 0 &&
	       is_host(address);
}

void media_address_write(const struct media_address *address, struct pv_writer *writer)
{
	char text[INET6_ADDRSTRLEN];
	const void *ip = address->family == AF_INET6 ? (const void *)&address->v6.sin6_addr
						     : (const void *)&address->v4.sin_addr;
	if (media_address_is_none(address)) {
		pv_put_text(writer, "none");
		return;
	}
	if (address->family == AF_INET6)
		pv_put_char(writer, '[');
	pv_put_text(writer, inet_ntop(address->family, ip, text, sizeof(text)));
	if (address->family == AF_INET6)
		pv_put_char(writer, ']');
	pv_put_char(writer, ':');
	pv_put_u64(writer, media_address_port(address));
}
