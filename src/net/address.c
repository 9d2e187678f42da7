/* SPDX-License-Identifier: Apache-2.0 */
/* address.c: an IP address and port in 20 bytes, and its text forms. */
#include "net/address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/macros.h"

static const uint8_t mapped_prefix[12] = {[10] = 0xff, [11] = 0xff};

static void from_ipv6(const struct sockaddr_in6 *from, struct net_address *ret)
{
	const uint8_t *ip = from->sin6_addr.s6_addr;
	ret->port = ntohs(from->sin6_port);
	if (memcmp(ip, mapped_prefix, sizeof(mapped_prefix)) == 0) {
		ret->family = NET_IPV4;
		memcpy(ret->ip, ip + 12, 4);
		return;
	}
	ret->family = NET_IPV6;
	ret->scope = (uint8_t)from->sin6_scope_id;
	memcpy(ret->ip, ip, 16);
}

void net_address_from_sockaddr(const struct sockaddr *from, struct net_address *ret)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)from;
	memset(ret, 0, sizeof(*ret));
	if (from->sa_family == AF_INET6) {
		from_ipv6((const struct sockaddr_in6 *)from, ret);
	} else if (from->sa_family == AF_INET) {
		ret->family = NET_IPV4;
		ret->port = ntohs(v4->sin_port);
		memcpy(ret->ip, &v4->sin_addr, 4);
	}
}

socklen_t net_address_to_sockaddr(const struct net_address *from, struct sockaddr_storage *ret)
{
	if (from->family == NET_IPV4) {
		struct sockaddr_in *v4 = (struct sockaddr_in *)ret;
		memset(v4, 0, sizeof(*v4));
		v4->sin_family = AF_INET;
		v4->sin_port = htons(from->port);
		memcpy(&v4->sin_addr, from->ip, 4);
		return sizeof(*v4);
	}
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret;
	memset(v6, 0, sizeof(*v6));
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(from->port);
	v6->sin6_scope_id = from->scope;
	memcpy(&v6->sin6_addr, from->ip, 16);
	return sizeof(*v6);
}

/* "%2" or "%eth0" behind a link-local address (RFC 4007 §11). */
static bool parse_scope(const char *text, struct net_address *address)
{
	uint32_t scope;
	if (!pv_span_to_u32(pv_span_of(text), &scope))
		scope = if_nametoindex(text);
	if (scope == 0 || scope > UINT8_MAX)
		return false;
	address->scope = (uint8_t)scope;
	return true;
}

/* "192.0.2.1", as inet_pton(3) has it: no part empty, beyond 255, or with a zero in front. */
static bool parse_ipv4(struct pv_span host, uint8_t ret[4])
{
	const char *at = host.at, *end = pv_span_end(host);
	for (unsigned part = 0; part < 4; part++) {
		unsigned value = 0;
		if (part > 0 && (at == end || *at++ != '.'))
			return false;
		const char *start = at;
		for (; at < end && pv_is_digit(*at) && at - start < 3; at++)
			value = value * 10 + (unsigned)(*at - '0');
		if (at == start || value > 255 || (*start == '0' && at - start > 1))
			return false;
		ret[part] = (uint8_t)value;
	}
	return at == end;
}

static bool parse_ipv6(struct pv_span host, struct net_address *address)
{
	char text[NET_ADDRESS_TEXT];
	if (host.length >= sizeof(text) || memchr(host.at, 0, host.length))
		return false;
	memcpy(text, host.at, host.length);
	text[host.length] = '\0';
	char *percent = strchr(text, '%');
	if (percent)
		*percent = '\0';
	if (inet_pton(AF_INET6, text, address->ip) != 1)
		return false;
	address->family = NET_IPV6;
	if (percent && !parse_scope(percent + 1, address))
		return false;
	if (memcmp(address->ip, mapped_prefix, sizeof(mapped_prefix)) == 0) {
		memmove(address->ip, address->ip + 12, 4);
		memset(address->ip + 4, 0, 12);
		address->family = NET_IPV4;
	}
	return true;
}

bool net_address_parse(struct pv_span host, uint16_t port, struct net_address *ret)
{
	struct net_address address = {.port = port};
	if (host.length >= 2 && host.at[0] == '[' && host.at[host.length - 1] == ']')
		host = (struct pv_span){host.at + 1, host.length - 2};
	if (host.length == 0)
		return false;
	if (parse_ipv4(host, address.ip))
		address.family = NET_IPV4;
	else if (!parse_ipv6(host, &address))
		return false;
	*ret = address;
	return true;
}

bool net_address_same_ip(const struct net_address *a, const struct net_address *b)
{
	return a->family == b->family && a->scope == b->scope && memcmp(a->ip, b->ip, 16) == 0;
}

bool net_address_equal(const struct net_address *a, const struct net_address *b)
{
	return a->port == b->port && net_address_same_ip(a, b);
}

bool net_address_is_any(const struct net_address *a)
{
	static const uint8_t any[16];
	return memcmp(a->ip, any, sizeof(any)) == 0;
}

struct prefix {
	uint8_t family;
	uint8_t bits;
	uint8_t ip[16];
};

static const struct prefix private_prefixes[] = {
	{NET_IPV4, 8, {10}},          /* RFC 1918 */
	{NET_IPV4, 12, {172, 16}},    /* RFC 1918 */
	{NET_IPV4, 16, {192, 168}},   /* RFC 1918 */
	{NET_IPV4, 10, {100, 64}},    /* RFC 6598, carrier NAT */
	{NET_IPV4, 16, {169, 254}},   /* RFC 3927, link-local */
	{NET_IPV4, 8, {127}},         /* loopback */
	{NET_IPV6, 7, {0xfc}},        /* RFC 4193, unique local */
	{NET_IPV6, 10, {0xfe, 0x80}}, /* RFC 4291, link-local */
	{NET_IPV6, 128, {[15] = 1}},  /* loopback */
};

static bool has_prefix(const struct net_address *a, const struct prefix *prefix)
{
	unsigned bytes = prefix->bits / 8, rest = prefix->bits % 8;
	if (a->family != prefix->family || memcmp(a->ip, prefix->ip, bytes) != 0)
		return false;
	return rest == 0 || ((a->ip[bytes] ^ prefix->ip[bytes]) >> (8 - rest)) == 0;
}

bool net_address_is_private(const struct net_address *a)
{
	for (size_t i = 0; i < ARRAY_LENGTH(private_prefixes); i++)
		if (has_prefix(a, &private_prefixes[i]))
			return true;
	return false;
}

static void write_ipv4(const uint8_t *ip, struct pv_writer *w)
{
	for (unsigned i = 0; i < 4; i++) {
		if (i > 0)
			pv_put_char(w, '.');
		pv_put_u64(w, ip[i]);
	}
}

void net_address_write_ip(const struct net_address *a, struct pv_writer *w)
{
	char text[INET6_ADDRSTRLEN];
	if (a->family == NET_IPV4) {
		write_ipv4(a->ip, w);
	} else if (a->family == NET_IPV6) {
		pv_put_text(w, inet_ntop(AF_INET6, a->ip, text, sizeof(text)));
		if (a->scope) {
			pv_put_char(w, '%');
			pv_put_u64(w, a->scope);
		}
	}
}

void net_address_write_host(const struct net_address *a, struct pv_writer *w)
{
	if (a->family == NET_IPV6)
		pv_put_char(w, '[');
	net_address_write_ip(a, w);
	if (a->family == NET_IPV6)
		pv_put_char(w, ']');
}

void net_address_write(const struct net_address *a, struct pv_writer *w)
{
	net_address_write_host(a, w);
	pv_put_char(w, ':');
	pv_put_u64(w, a->port);
}
