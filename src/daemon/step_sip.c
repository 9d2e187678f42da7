/* SPDX-License-Identifier: Apache-2.0 */
/* step_sip.c — workers, sockets, location service, credentials and transactions come up and go
 * down. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "conf/report.h"
#include "daemon/daemon.h"
#include "daemon/floors.h"
#include "daemon/steps.h"
#include "daemon/users.h"

static int fail(const char *what, int error)
{
	fprintf(stderr, "portavoz: %s: %s\n", what, strerror(-error));
	return EXIT_NO_RESOURCE;
}

int step_workers_up(struct daemon *daemon)
{
	struct floors *floors = calloc(1, sizeof *floors);
	if (!floors)
		return fail("memory", -ENOMEM);
	daemon->floors = floors;
	int error = worker_group_init(&floors->workers, daemon->boot->workers, daemon->clock);
	if (!error)
		error = siphash_key_random(&floors->branch_key);
	if (!error)
		error = siphash_key_random(&floors->route_key);
	if (!error)
		error = siphash_key_random(&floors->tag_key);
	if (!error)
		error = siphash_key_random(&floors->group_tag_key);
	if (!error)
		error = siphash_key_random(&floors->group_key);
	return error < 0 ? fail("workers", error) : EXIT_CLEAN;
}

void step_workers_down(struct daemon *daemon)
{
	if (daemon->floors)
		worker_group_done(&daemon->floors->workers);
	free(daemon->floors);
	daemon->floors = NULL;
}

static const enum pv_transport transports[] = {
	[CONFIG_UDP] = PV_TRANSPORT_UDP,
	[CONFIG_TCP] = PV_TRANSPORT_TCP,
	[CONFIG_TLS] = PV_TRANSPORT_TLS,
	[CONFIG_WS] = PV_TRANSPORT_WS,
	[CONFIG_WSS] = PV_TRANSPORT_WSS,
};

static void fill_net(const struct config *config, struct net_config *net)
{
	*net = (struct net_config){
		.listen_count = config->listen_count,
		.message_max = config->limits.message_size,
		.connections = config->limits.tcp_connections,
		.connections_per_source = config->limits.tcp_connections_per_source,
		.queue_max = config->limits.tcp_queue,
		.idle_ms = config->limits.tcp_idle_ms,
		.message_deadline_ms = config->limits.tcp_message_deadline_ms,
		.source_rate = config->limits.source_rate,
		.source_burst = config->limits.source_burst,
		.steering = config->steering == CONFIG_STEERING_AUTO,
	};
	for (uint32_t i = 0; i < config->listen_count; i++) {
		net->listen[i].transport = transports[config->listen[i].transport];
		net_address_from_sockaddr((const struct sockaddr *)&config->listen[i].address,
			&net->listen[i].address);
	}
	if (config->public_address.length)
		net_address_from_sockaddr((const struct sockaddr *)&config->public_address.address,
			&net->public_address);
}

int step_net_up(struct daemon *daemon)
{
	struct net_config config;
	unsigned bad = 0;
	fill_net(daemon->boot, &config);
	int error = net_group_open(&daemon->floors->net, &config, &daemon->floors->workers, &bad);
	if (error == 0)
		return EXIT_CLEAN;
	const char *which = bad < config.listen_count ? daemon->boot->listen[bad].text : "sockets";
	fprintf(stderr, "portavoz: listen %s: %s%s\n", which, strerror(-error),
		error == -EACCES ? " (ports under 1024 need CAP_NET_BIND_SERVICE or root)" : "");
	return EXIT_NO_RESOURCE;
}

void step_net_set_limits(struct floors *floors, const struct config *config)
{
	net_group_set_limits(floors->net, config->limits.source_rate, config->limits.source_burst,
		config->limits.tcp_connections_per_source);
}

void step_net_down(struct daemon *daemon)
{
	net_group_close(daemon->floors->net);
}

int step_registry_up(struct daemon *daemon)
{
	const struct registry_config config = {
		.capacity = daemon->boot->registrar.capacity,
		.max_contacts = daemon->boot->registrar.max_contacts,
		.shards = daemon->floors->workers.count,
	};
	int error = registry_new(&daemon->floors->registry, &config, daemon->clock);
	return error < 0 ? fail("registrar.capacity", error) : EXIT_CLEAN;
}

void step_registry_down(struct daemon *daemon)
{
	registry_free(daemon->floors->registry);
}

/* The addresses that we listen on, and the public one on the same ports. */
static uint32_t own_addresses(
	const struct config *config, struct net_address ret[2 * NET_LISTENERS])
{
	struct net_config net;
	uint32_t count = 0;
	fill_net(config, &net);
	for (uint32_t i = 0; i < net.listen_count; i++) {
		ret[count++] = net.listen[i].address;
		if (net.public_address.family == NET_NONE)
			continue;
		ret[count] = net.public_address;
		ret[count++].port = net.listen[i].address.port;
	}
	return count;
}

#define DOMAINS_MAX 32 /* as many as the key `domain` takes */

int step_domains_make(const struct config *config, const struct config *boot, struct domains **ret)
{
	struct net_address own[2 * NET_LISTENERS];
	struct pv_span names[DOMAINS_MAX];
	uint32_t own_count = own_addresses(boot, own), name_count = 0;
	for (; name_count < config->domains.count && name_count < DOMAINS_MAX; name_count++)
		names[name_count] = pv_span_of(config->domains.item[name_count]);
	const struct domains_config domains = {
		.names = names,
		.name_count = name_count,
		.listen = own,
		.listen_count = own_count,
	};
	return domains_new(&domains, ret);
}

int step_domains_up(struct daemon *daemon)
{
	int error = step_domains_make(daemon->boot, daemon->boot, &daemon->floors->domains);
	return error < 0 ? fail("domain", error) : EXIT_CLEAN;
}

void step_domains_down(struct daemon *daemon)
{
	domains_free(daemon->floors->domains);
}

/* Sources whose failed logins are remembered at once: eight bytes each. */
#define FAILURE_SOURCES 65536

static int make_auth(struct floors *floors, const struct config *config)
{
	const struct auth_config auth = {
		.nonce_lifetime_ms = config->auth.nonce_lifetime_ms,
		.nonce_slots = 4 * config->registrar.capacity,
		.source_failures = config->limits.source_register_failures,
		.failure_sources = FAILURE_SOURCES,
		.domains = floors->domains,
		.users = floors->users,
	};
	return auth_new(&auth, &floors->auth);
}

/* A bad users_file is a bad configuration. */
int step_auth_up(struct daemon *daemon)
{
	struct config_report report = {0};
	struct user_table *users = NULL;
	int error = users_load(daemon->boot, daemon->floors->domains,
		users_need_passwords(daemon->boot), &report, &users);
	config_report_print(&report, stderr);
	config_report_done(&report);
	if (error < 0)
		return error == -ENOMEM ? fail("users", error) : EXIT_BAD_CONFIG;
	daemon->floors->users = users;
	error = make_auth(daemon->floors, daemon->boot);
	return error < 0 ? fail("auth", error) : EXIT_CLEAN;
}

void step_auth_down(struct daemon *daemon)
{
	auth_free(daemon->floors->auth);
	user_table_free((struct user_table *)(uintptr_t)daemon->floors->users);
}

int step_transactions_up(struct daemon *daemon)
{
	struct floors *floors = daemon->floors;
	const struct config *config = daemon->boot;
	const struct transaction_config transaction = {
		.t1 = config->timers.t1_ms,
		.t2 = config->timers.t2_ms,
		.t4 = config->timers.t4_ms,
		.c = config->timers.c_ms,
		.transactions = config->limits.transactions,
	};
	for (unsigned i = 0; i < floors->workers.count; i++) {
		int error = transaction_layer_new(&floors->layers[i], &floors->workers.workers[i],
			net_of(floors->net, i), &transaction, &floors->branch_key);
		if (error < 0)
			return fail("limits.transactions", error);
	}
	return EXIT_CLEAN;
}

void step_transactions_down(struct daemon *daemon)
{
	for (unsigned i = 0; i < daemon->floors->workers.count; i++)
		transaction_layer_free(daemon->floors->layers[i]);
}

int step_threads_up(struct daemon *daemon)
{
	int error = worker_group_start(&daemon->floors->workers);
	return error < 0 ? fail("worker threads", error) : EXIT_CLEAN;
}

void step_threads_down(struct daemon *daemon)
{
	worker_group_stop(&daemon->floors->workers);
}
