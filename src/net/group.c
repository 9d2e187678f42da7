/* SPDX-License-Identifier: Apache-2.0 */
/* group.c: opens and closes the net of all workers. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/metrics.h"
#include "net/private.h"
#include "net/socket.h"

/* Failures lead to new sends (the next target), which may fail too. */
#define FLUSHES_PER_BATCH 8

/* A call has several requests after its first, so a source may send more of them; but nothing shows
 * in a datagram that there is a call, so they are not free. */
#define CALLS_SHARE 10

static int unsupported(struct net *net, unsigned listener)
{
	return -EPROTONOSUPPORT;
}

static int (*const open_listener[])(struct net *, unsigned) = {
	[PV_TRANSPORT_UDP] = udp_open,
	[PV_TRANSPORT_TCP] = tcp_open,
	[PV_TRANSPORT_TLS] = unsupported,
	[PV_TRANSPORT_WS] = unsupported,
	[PV_TRANSPORT_WSS] = unsupported,
	[PV_TRANSPORT_OTHER] = unsupported,
};

static void tell_failures(struct net *net)
{
	/* new failures may come while these are told: they wait for the next turn */
	struct send_failure failures[SEND_FAILURES];
	unsigned count = net->failure_count;
	memcpy(failures, net->failures, count * sizeof(failures[0]));
	net->failure_count = 0;
	for (unsigned i = 0; i < count; i++)
		net->user.send_error(net->user.context, failures[i].sender, failures[i].error);
}

static void send_all(struct net *net)
{
	for (unsigned i = 0; i < FLUSHES_PER_BATCH; i++) {
		udp_flush(net);
		tcp_flush(net);
		if (net->failure_count == 0)
			return;
		tell_failures(net);
	}
	net->worker->again = true;
}

static void on_batch_end(void *context)
{
	struct net *net = context;
	receive_judge_delay(net);
	send_all(net);
	udp_read_on(net);
}

static void ignore_message(void *context, const char *bytes, size_t length, const struct path *from)
{
}

static void ignore_error(void *context, uint64_t sender, int error) {}

static enum net_claim claim_nothing(
	void *context, const struct sip_peek *peek, struct pv_span message, bool is_home)
{
	return NET_AT_HOME;
}

static void ignore_flow(void *context, uint64_t flow) {}

void net_set_user(struct net *net, const struct net_user *user)
{
	net->user = *user;
	if (!net->user.message)
		net->user.message = ignore_message;
	if (!net->user.send_error)
		net->user.send_error = ignore_error;
	if (!net->user.flow_gone)
		net->user.flow_gone = ignore_flow;
	if (!net->user.claim)
		net->user.claim = claim_nothing;
}

static int open_net(struct net_group *group, unsigned index)
{
	struct net *net = group->nets[index] = calloc(1, sizeof(*net));
	if (!net)
		return -ENOMEM;
	net->group = group;
	net->worker = &group->workers->workers[index];
	net_set_user(net, &(struct net_user){0});
	int error = packet_pool_init(&net->packets);
	if (!error)
		error = locals_cache_new(net);
	if (!error)
		error = udp_new(net);
	if (!error)
		error = tcp_new(net);
	if (!error)
		error = resolver_new(net);
	worker_on_mail(net->worker, MAIL_PACKET, receive_mail, net);
	worker_on_batch_end(net->worker, on_batch_end, net);
	return error;
}

static void close_net(struct net *net)
{
	if (!net)
		return;
	resolver_free(net);
	udp_free(net);
	locals_cache_free(net);
	packet_pool_done(&net->packets);
	free(net);
}

/* One listen address, on every worker. A port that the kernel chooses for the first is everyone's:
 * socket_bind writes it into the configuration. */
static int open_everywhere(struct net_group *group, unsigned listener)
{
	struct net_listen *listen = &group->config.listen[listener];
	unsigned transport = listen->transport;
	int type = transport == PV_TRANSPORT_UDP ? SOCK_DGRAM : SOCK_STREAM;
	if (transport >= ARRAY_LENGTH(open_listener) || open_listener[transport] == unsupported)
		return -EPROTONOSUPPORT;
	int error = socket_probe(type, &listen->address);
	for (unsigned i = 0; i < group->workers->count && !error; i++)
		error = open_listener[transport](group->nets[i], listener);
	return error;
}

static void set_default(uint32_t *value, uint32_t otherwise)
{
	if (*value == 0)
		*value = otherwise;
}

static void set_defaults(struct net_config *config)
{
	set_default(&config->message_max, PV_MESSAGE_MAX);
	config->message_max = MIN(config->message_max, PV_MESSAGE_MAX);
	set_default(&config->connections, 10000);
	set_default(&config->queue_max, 256 << 10);
	set_default(&config->idle_ms, 900000);
	set_default(&config->message_deadline_ms, 10000);
	set_default(&config->connect_ms, 5000);
	set_default(&config->dns_timeout_ms, 2000);
}

static int open_group(struct net_group *group, unsigned *ret_bad)
{
	const struct net_config *config = &group->config;
	int error = siphash_key_random(&group->source_key);
	if (!error)
		error = screen_init(&group->screen, 0, 0);
	if (!error)
		error = screen_init(&group->screen_of_calls, 0, 0);
	if (!error)
		net_group_set_limits(group, config->source_rate, config->source_burst,
			config->connections_per_source);
	group->connections_of = calloc(NET_SOURCES, sizeof(*group->connections_of));
	if (!error && !group->connections_of)
		error = -ENOMEM;
	for (unsigned i = 0; i < group->workers->count && !error; i++)
		error = open_net(group, i);
	for (unsigned i = 0; i < config->listen_count && !error; i++) {
		error = open_everywhere(group, i);
		if (error && ret_bad)
			*ret_bad = i;
	}
	if (error)
		return error;
	steering_start(group);
	return locals_open(group);
}

int net_group_open(struct net_group **ret, const struct net_config *config,
	struct worker_group *workers, unsigned *ret_bad)
{
	if (config->listen_count > NET_LISTENERS)
		return -EINVAL;
	struct net_group *group = calloc(1, sizeof(*group));
	if (!group)
		return -ENOMEM;
	group->config = *config;
	group->workers = workers;
	set_defaults(&group->config);
	int error = open_group(group, ret_bad);
	if (error) {
		net_group_close(group);
		return error;
	}
	*ret = group;
	return 0;
}

void net_group_close(struct net_group *group)
{
	if (!group)
		return;
	/* all connections first: what waits on them may be a packet of another worker */
	for (unsigned i = 0; i < group->workers->count; i++)
		if (group->nets[i])
			tcp_free(group->nets[i]);
	for (unsigned i = 0; i < group->workers->count; i++)
		close_net(group->nets[i]);
	steering_stop(&group->steering);
	screen_done(&group->screen);
	screen_done(&group->screen_of_calls);
	free(group->host_addresses);
	free((void *)group->connections_of);
	free(group);
}

struct net *net_of(struct net_group *group, unsigned worker)
{
	return group->nets[worker];
}

struct net_address net_group_bound(const struct net_group *group, unsigned index)
{
	return group->config.listen[index].address;
}

void net_group_set_limits(struct net_group *group, uint32_t source_rate, uint32_t source_burst,
	uint32_t connections_per_source)
{
	screen_set(&group->screen, source_rate, source_burst);
	screen_set(&group->screen_of_calls, CALLS_SHARE * source_rate, CALLS_SHARE * source_burst);
	atomic_store_explicit(
		&group->connections_per_source, connections_per_source, memory_order_relaxed);
}

void net_group_drain(struct net_group *group)
{
	atomic_store_explicit(&group->draining, true, memory_order_relaxed);
	for (unsigned i = 0; i < group->workers->count; i++)
		tcp_drain(group->nets[i]);
}
