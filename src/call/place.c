/* SPDX-License-Identifier: Apache-2.0 */
/* place.c: on which of our addresses the ports towards a peer are, and which one its SDP shows. */
#include <errno.h>

#include "call/private.h"

/* The address itself, else the one that stands for all of its family (0.0.0.0, ::). */
static int find_local(const struct calls *calls, const struct net_address *address)
{
	struct media_address wanted, any;
	struct net_address zero = {.family = address->family};
	int found = -1;
	media_address_of(address, &wanted);
	media_address_of(&zero, &any);
	for (unsigned i = 0; i < calls->local_count; i++) {
		if (media_address_same_host(&calls->locals[i], &wanted))
			return (int)i;
		if (media_address_same_host(&calls->locals[i], &any))
			found = (int)i;
	}
	return found;
}

/* "192.0.2.1:5060", "[2001:db8::1]:5060": the host alone. */
static struct pv_span host_of(struct pv_span sent_by)
{
	const char *end = pv_span_end(sent_by);
	while (end > sent_by.at && end[-1] != ':')
		end--;
	if (end > sent_by.at)
		end--;
	struct pv_span host = pv_span_from(sent_by.at, end);
	if (host.length > 2 && host.at[0] == '[')
		return (struct pv_span){host.at + 1, host.length - 2};
	return host;
}

int place_find(struct calls *calls, struct path *path, struct call_place *ret)
{
	struct pv_span sent_by;
	struct net_address bound;
	int error = net_local(calls->at.net, path, &sent_by);
	if (error < 0)
		return error;
	net_local_address(calls->at.net, path->listener, &bound);
	int local = find_local(calls, &bound);
	struct pv_span host = host_of(sent_by);
	if (local < 0 || host.length > sizeof(ret->text))
		return -EADDRNOTAVAIL;
	ret->local = (unsigned)local;
	memset(&ret->source, 0, sizeof(ret->source));
	if (media_address_is_any(&calls->locals[local]))
		media_address_of(&bound, &ret->source);
	ret->is_ipv6 = path->peer.family == NET_IPV6;
	ret->length = (uint8_t)host.length;
	memcpy(ret->text, host.at, host.length);
	return 0;
}
