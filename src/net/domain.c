/* SPDX-License-Identifier: Apache-2.0 */
/* domain.c — a small hash set of names and short lists of addresses and ports. */
#include "net/domain.h"

#include <errno.h>
#include <ifaddrs.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"

#define HOST_MAX 255

struct domains {
	struct pv_span
		*names; /* open addressing by pv_span_hash_nocase, in lower case; a power of two */
	uint32_t name_mask;
	struct pv_span *list; /* the same in their order */
	uint32_t list_count;
	struct net_address *ips; /* port and scope do not count */
	uint32_t ip_count, ip_room;
	uint16_t *ports;
	uint32_t port_count;
	struct pv_span realm;
	char *text; /* what the names and the realm point into */
};

/* "example.test." is "example.test": the final dot only says that the name is complete. */
static struct pv_span without_dot(struct pv_span host)
{
	if (host.length > 1 && host.at[host.length - 1] == '.')
		host.length--;
	return host;
}

/* Most names begin with a letter: they end at the first look. Scopes ("%eth0") are not for URIs. */
static bool parse_ip(struct pv_span host, struct net_address *ret)
{
	bool is_numeric = pv_is_digit(*host.at) || pv_span_find(host, ':');

	return is_numeric && !pv_span_find(host, '%') && net_address_parse(host, 0, ret);
}

static bool has_ip(const struct domains *domains, const struct net_address *ip)
{
	for (uint32_t i = 0; i < domains->ip_count; i++)
		if (domains->ips[i].family == ip->family &&
			memcmp(domains->ips[i].ip, ip->ip, sizeof(ip->ip)) == 0)
			return true;
	return false;
}

static bool has_port(const struct domains *domains, uint16_t port)
{
	for (uint32_t i = 0; i < domains->port_count; i++)
		if (domains->ports[i] == port)
			return true;
	return false;
}

/* The place of `name`, or the empty one where it would go. */
static struct pv_span *name_place(const struct domains *domains, struct pv_span name)
{
	uint32_t at = pv_span_hash_nocase(name) & domains->name_mask;

	while (domains->names[at].length && !pv_span_equal_nocase(domains->names[at], name))
		at = (at + 1) & domains->name_mask;
	return &domains->names[at];
}

struct pv_span domain_of(const struct domains *domains, struct pv_span host, uint16_t port)
{
	static const struct pv_span not_ours = {NULL, 0};
	struct net_address ip;

	if (port && !has_port(domains, port))
		return not_ours;
	host = without_dot(host);
	if (!host.length || host.length > HOST_MAX)
		return not_ours;
	/* nearly always the first: it is compared before anything is hashed */
	if (pv_span_equal_nocase(host, domains->realm))
		return domains->realm;
	bool numeric = parse_ip(host, &ip);
	if (numeric && !has_ip(domains, &ip))
		return not_ours;
	struct pv_span name = *name_place(domains, host);
	return numeric && !name.length ? domains->realm : name;
}

bool domain_is_ours(const struct domains *domains, struct pv_span host, uint16_t port)
{
	return domain_of(domains, host, port).length > 0;
}

bool domain_leads_here(
	const struct domains *domains, struct pv_span host, uint16_t port, uint16_t default_port)
{
	struct net_address ip;

	if (!port && host.length && parse_ip(host, &ip) && !name_place(domains, host)->length)
		port = default_port;
	return domain_is_ours(domains, host, port);
}

struct pv_span domains_realm(const struct domains *domains)
{
	return domains->realm;
}

uint32_t domains_count(const struct domains *domains)
{
	return domains->list_count;
}

struct pv_span domains_name(const struct domains *domains, uint32_t index)
{
	return domains->list[index];
}

static int add_ip(struct domains *domains, const struct net_address *ip)
{
	if (has_ip(domains, ip))
		return 0;
	if (domains->ip_count == domains->ip_room) {
		uint32_t room = domains->ip_room ? 2 * domains->ip_room : 8;
		struct net_address *ips = realloc(domains->ips, room * sizeof(*ips));
		if (!ips)
			return -ENOMEM;
		domains->ips = ips;
		domains->ip_room = room;
	}
	domains->ips[domains->ip_count++] = *ip;
	return 0;
}

/* Listening on "any" is listening on every address of this machine of that family. */
static int add_machine(struct domains *domains, uint8_t family)
{
	struct ifaddrs *all;
	int error = 0;

	if (getifaddrs(&all))
		return -errno;
	for (const struct ifaddrs *one = all; one && !error; one = one->ifa_next) {
		struct net_address ip = {0};
		if (one->ifa_addr)
			net_address_from_sockaddr(one->ifa_addr, &ip);
		if (ip.family == family)
			error = add_ip(domains, &ip);
	}
	freeifaddrs(all);
	return error;
}

static int add_listen(struct domains *domains, const struct domains_config *config)
{
	domains->ports = calloc(config->listen_count + 1, sizeof(*domains->ports));
	if (!domains->ports)
		return -ENOMEM;
	for (uint32_t i = 0; i < config->listen_count; i++) {
		const struct net_address *address = &config->listen[i];
		int error = net_address_is_any(address) ? add_machine(domains, address->family)
							: add_ip(domains, address);
		if (error)
			return error;
		if (address->port && !has_port(domains, address->port))
			domains->ports[domains->port_count++] = address->port;
	}
	return 0;
}

/* Copies `name` in lower case to *to; a numeric one is an address too, in whatever spelling. */
static int add_name(struct domains *domains, struct pv_span name, char **to)
{
	struct pv_span copy = {*to, 0};
	struct net_address ip;

	name = without_dot(name);
	for (size_t i = 0; i < name.length; i++)
		(*to)[copy.length++] = (char)pv_lower((unsigned char)name.at[i]);
	*to += copy.length;
	if (!domains->realm.length)
		domains->realm = copy;
	if (!copy.length)
		return 0;
	*name_place(domains, copy) = copy;
	domains->list[domains->list_count++] = copy;
	return parse_ip(copy, &ip) ? add_ip(domains, &ip) : 0;
}

static int add_names(struct domains *domains, const struct domains_config *config)
{
	size_t size = NET_ADDRESS_TEXT;
	uint32_t places = 4;

	for (uint32_t i = 0; i < config->name_count; i++)
		size += config->names[i].length;
	while (places < 2 * config->name_count)
		places *= 2;
	domains->name_mask = places - 1;
	domains->names = calloc(places, sizeof(*domains->names));
	domains->list = calloc(config->name_count + 1, sizeof(*domains->list));
	domains->text = malloc(size);
	if (!domains->names || !domains->list || !domains->text)
		return -ENOMEM;
	char *to = domains->text;
	for (uint32_t i = 0; i < config->name_count; i++) {
		int error = add_name(domains, config->names[i], &to);
		if (error)
			return error;
	}
	return 0;
}

static void name_realm_by_address(struct domains *domains)
{
	struct pv_writer w;

	if (domains->realm.length || !domains->ip_count)
		return;
	pv_writer_init(&w, domains->text, NET_ADDRESS_TEXT);
	net_address_write_ip(&domains->ips[0], &w);
	domains->realm = pv_writer_span(&w);
	domains->list[domains->list_count++] = domains->realm;
}

int domains_new(const struct domains_config *config, struct domains **ret)
{
	struct domains *domains = calloc(1, sizeof(*domains));

	if (!domains)
		return -ENOMEM;
	int error = add_names(domains, config);
	if (!error)
		error = add_listen(domains, config);
	if (error) {
		domains_free(domains);
		return error;
	}
	name_realm_by_address(domains);
	*ret = domains;
	return 0;
}

void domains_free(struct domains *domains)
{
	if (!domains)
		return;
	free(domains->names);
	free(domains->list);
	free(domains->ips);
	free(domains->ports);
	free(domains->text);
	free(domains);
}
