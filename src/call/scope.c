/* SPDX-License-Identifier: Apache-2.0 */
/* scope.c: how far an address reaches, and so whether one who sends from elsewhere may announce it.
 */
#include <netinet/in.h>

#include "call/private.h"

/* Narrowest first. */
enum scope { SCOPE_HOST, SCOPE_LINK, SCOPE_SITE, SCOPE_WORLD };

static enum scope scope_of(const struct net_address *a)
{
	static const uint8_t loopback[16] = {[15] = 1};
	if (a->family == NET_IPV4 ? a->ip[0] == 127 : memcmp(a->ip, loopback, 16) == 0)
		return SCOPE_HOST;
	if (a->family == NET_IPV4 ? a->ip[0] == 169 && a->ip[1] == 254
				  : a->ip[0] == 0xfe && (a->ip[1] & 0xc0) == 0x80)
		return SCOPE_LINK;
	return net_address_is_private(a) ? SCOPE_SITE : SCOPE_WORLD;
}

bool scope_is_narrower(const struct net_address *announced, const struct net_address *source)
{
	return scope_of(announced) < scope_of(source);
}

bool scope_is_world(const struct net_address *address)
{
	return scope_of(address) == SCOPE_WORLD;
}

void media_address_of(const struct net_address *from, struct media_address *ret)
{
	struct sockaddr_storage address;
	if (from->family == NET_NONE) {
		memset(ret, 0, sizeof(*ret));
		return;
	}
	net_address_to_sockaddr(from, &address);
	media_address_from((struct sockaddr *)&address, ret);
}
