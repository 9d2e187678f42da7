/* SPDX-License-Identifier: Apache-2.0 */
/* local.c: which of our addresses a message leaves from, and what we call ourselves on that way. */
#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/metrics.h"
#include "net/private.h"

#define CACHE_ENTRIES 4096
#define CACHE_MS      10000 /* a route may change */

/* What the kernel said about the way to a peer. */
struct cache_entry {
	struct net_address peer;
	uint8_t transport;
	uint8_t local;
	uint64_t until_ms;
};

/* Owner: the worker. A probe is a UDP socket that is connected to ask for a route, never used. */
struct locals_cache {
	int probes[NET_IPV6 + 1];
	struct cache_entry entries[CACHE_ENTRIES];
};

static unsigned local_count(const struct net_group *group)
{
	return atomic_load_explicit(&group->local_count, memory_order_acquire);
}

static void write_sent_by(struct net_group *group, struct local *local)
{
	const struct net_address *public = &group->config.public_address;
	struct net_address shown = local->address;
	struct pv_writer w;
	if (public->family == shown.family) {
		memcpy(shown.ip, public->ip, sizeof(shown.ip));
		if (public->port)
			shown.port = public->port;
	}
	shown.scope = 0; /* a zone means nothing to others (RFC 4007 §11.2) */
	pv_writer_init(&w, local->sent_by, sizeof(local->sent_by));
	net_address_write(&shown, &w);
	local->sent_by_length = (uint8_t)pv_writer_length(&w);
}

static void add_local(struct net_group *group, unsigned index, uint8_t socket, uint8_t transport,
	const struct net_address *address)
{
	struct local *local = &group->locals[index];
	local->address = *address;
	local->transport = transport;
	local->socket = socket;
	write_sent_by(group, local);
	atomic_store_explicit(&group->local_count, index + 1, memory_order_release);
}

static int find_learned(
	const struct net_group *group, uint8_t socket, const struct net_address *address)
{
	unsigned count = local_count(group);
	for (unsigned i = group->config.listen_count; i < count; i++)
		if (group->locals[i].socket == socket &&
			net_address_same_ip(&group->locals[i].address, address))
			return (int)i;
	return -1;
}

uint8_t local_learn(struct net_group *group, uint8_t socket, const struct net_address *address)
{
	int found = find_learned(group, socket, address);
	if (found >= 0)
		return (uint8_t)found;
	lock_take(&group->locals_lock);
	found = find_learned(group, socket, address);
	if (found < 0 && local_count(group) < NET_LOCALS) {
		struct net_address bound = *address;
		bound.port = group->locals[socket].address.port;
		found = (int)local_count(group);
		add_local(group, (unsigned)found, socket, group->locals[socket].transport, &bound);
	}
	lock_give(&group->locals_lock);
	return found < 0 ? socket : (uint8_t)found;
}

static int read_host_addresses(struct net_group *group)
{
	struct ifaddrs *all;
	unsigned count = 0;
	if (getifaddrs(&all) < 0)
		return -errno;
	for (struct ifaddrs *one = all; one; one = one->ifa_next)
		count++;
	group->host_addresses = calloc(count + 1, sizeof(*group->host_addresses));
	for (struct ifaddrs *one = all; one && group->host_addresses; one = one->ifa_next) {
		struct net_address *address = &group->host_addresses[group->host_address_count];
		if (!one->ifa_addr)
			continue;
		net_address_from_sockaddr(one->ifa_addr, address);
		address->scope = 0;
		if (address->family != NET_NONE)
			group->host_address_count++;
	}
	freeifaddrs(all);
	return group->host_addresses ? 0 : -ENOMEM;
}

int locals_open(struct net_group *group)
{
	const struct net_config *config = &group->config;
	for (unsigned i = 0; i < config->listen_count; i++)
		add_local(group, i, (uint8_t)i, (uint8_t)config->listen[i].transport,
			&config->listen[i].address);
	return read_host_addresses(group);
}

int locals_cache_new(struct net *net)
{
	net->locals_cache = calloc(1, sizeof(*net->locals_cache));
	if (!net->locals_cache)
		return -ENOMEM;
	for (unsigned i = 0; i <= NET_IPV6; i++)
		net->locals_cache->probes[i] = -1;
	return 0;
}

void locals_cache_free(struct net *net)
{
	if (!net->locals_cache)
		return;
	for (unsigned i = 0; i <= NET_IPV6; i++)
		if (net->locals_cache->probes[i] >= 0)
			close(net->locals_cache->probes[i]);
	free(net->locals_cache);
}

/* The address that the kernel would send from; no packet leaves. */
static bool source_towards(struct net *net, const struct net_address *peer, struct net_address *ret)
{
	int *probe = &net->locals_cache->probes[peer->family];
	struct sockaddr_storage address;
	struct sockaddr reset = {.sa_family = AF_UNSPEC};
	socklen_t length = net_address_to_sockaddr(peer, &address);
	if (*probe < 0)
		*probe = socket(address.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	/* the old association must go first, or its source address would stay */
	connect(*probe, &reset, sizeof(reset));
	if (connect(*probe, (struct sockaddr *)&address, length) < 0)
		return false;
	length = sizeof(address);
	if (getsockname(*probe, (struct sockaddr *)&address, &length) < 0)
		return false;
	net_address_from_sockaddr((struct sockaddr *)&address, ret);
	return true;
}

static bool serves(const struct local *local, const struct path *to)
{
	return local->transport == to->transport && local->address.family == to->peer.family;
}

/* Asks the route: the listener bound to the source address, else the one on any address, else the
 * first of the family. `only` narrows it to one listener, or is NET_ANY_LISTENER. */
static int choose_by_route(struct net *net, const struct path *to, uint8_t only)
{
	struct net_group *group = net->group;
	struct net_address source;
	int first = -1, any = -1;
	bool is_known = source_towards(net, &to->peer, &source);
	for (unsigned i = 0; i < group->config.listen_count; i++) {
		const struct local *local = &group->locals[i];
		if (!serves(local, to) || (only != NET_ANY_LISTENER && only != i))
			continue;
		if (is_known && net_address_same_ip(&local->address, &source))
			return (int)i;
		if (net_address_is_any(&local->address))
			any = any < 0 ? (int)i : any;
		first = first < 0 ? (int)i : first;
	}
	if (any >= 0 && is_known)
		return local_learn(group, (uint8_t)any, &source);
	return first;
}

static int choose_cached(struct net *net, const struct path *to, uint8_t only)
{
	struct net_address key = to->peer;
	key.port = only; /* the port does not change the way; what was asked for does */
	uint64_t hash = siphash13(&net->group->source_key, key.ip, sizeof(key.ip)) + to->transport;
	struct cache_entry *entry = &net->locals_cache->entries[hash % CACHE_ENTRIES];
	uint64_t now_ms = net->worker->now_ms;
	if (entry->until_ms > now_ms && entry->transport == to->transport &&
		net_address_equal(&entry->peer, &key))
		return entry->local;
	int local = choose_by_route(net, to, only);
	if (local >= 0)
		*entry =
			(struct cache_entry){key, to->transport, (uint8_t)local, now_ms + CACHE_MS};
	return local;
}

/* The only listener that could serve, when it is bound to one address: no question to the kernel.
 */
static int only_candidate(const struct net_group *group, const struct path *to)
{
	int found = -1;
	for (unsigned i = 0; i < group->config.listen_count; i++) {
		if (!serves(&group->locals[i], to))
			continue;
		if (found >= 0 || net_address_is_any(&group->locals[i].address))
			return -1;
		found = (int)i;
	}
	return found;
}

int local_choose(struct net *net, const struct path *to)
{
	const struct net_group *group = net->group;
	if (to->peer.family != NET_IPV4 && to->peer.family != NET_IPV6)
		return -1;
	if (to->listener < local_count(group) && serves(&group->locals[to->listener], to)) {
		if (!net_address_is_any(&group->locals[to->listener].address))
			return to->listener;
		return choose_cached(net, to, to->listener);
	}
	int only = only_candidate(group, to);
	return only >= 0 ? only : choose_cached(net, to, NET_ANY_LISTENER);
}

int net_local(struct net *net, struct path *to, struct pv_span *ret_sent_by)
{
	int index = local_choose(net, to);
	if (index < 0)
		return -EADDRNOTAVAIL;
	const struct local *local = &net->group->locals[index];
	to->listener = (uint8_t)index;
	*ret_sent_by = (struct pv_span){local->sent_by, local->sent_by_length};
	return 0;
}

static bool is_host_address(const struct net_group *group, const struct net_address *address)
{
	for (unsigned i = 0; i < group->host_address_count; i++)
		if (memcmp(group->host_addresses[i].ip, address->ip, sizeof(address->ip)) == 0 &&
			group->host_addresses[i].family == address->family)
			return true;
	return false;
}

/* An address that the host got after we started, and that we left by since. */
static bool is_learnt(
	const struct net_group *group, const struct net_address *address, uint16_t port)
{
	for (unsigned i = group->config.listen_count; i < local_count(group); i++)
		if (group->locals[i].address.port == port &&
			net_address_same_ip(&group->locals[i].address, address))
			return true;
	return false;
}

bool net_is_local(const struct net *net, const struct net_address *address)
{
	const struct net_group *group = net->group;
	const struct net_address *public = &group->config.public_address;
	uint16_t port = address->port ? address->port : 5060;
	bool is_public = public->family == address->family &&
			 memcmp(public->ip, address->ip, sizeof(public->ip)) == 0;
	if (is_public && public->port && public->port == port)
		return true;
	for (unsigned i = 0; i < group->config.listen_count; i++) {
		const struct net_address *own = &group->locals[i].address;
		if (own->port != port || own->family != address->family)
			continue;
		if (is_public || memcmp(own->ip, address->ip, sizeof(own->ip)) == 0)
			return true;
		if (net_address_is_any(own) && is_host_address(group, address))
			return true;
	}
	return is_learnt(group, address, port);
}
