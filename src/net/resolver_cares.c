/* SPDX-License-Identifier: Apache-2.0 */
/* resolver_cares.c: asks DNS by c-ares on the worker's loop, never blocking it. */
#include <ares.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"
#include "net/private.h"
#include "net/resolver.h"
#include "net/resolver_lookup.h"

#define RESOLVER_LOOKUPS 1024
#define RESOLVER_SOCKETS 16
#define RESOLVER_TRIES   2
#define TICK_MS          50   /* how exactly c-ares's own timeouts are kept */
#define LOOKUP_MS        8000 /* a name may need many questions: no answer is given later than this */

/* RFC 1035 §3.2, §4.1; RFC 2782; RFC 3403 */
#define CLASS_IN      1
#define TYPE_SRV      33
#define TYPE_NAPTR    35
#define HEADER_SIZE   12
#define QUESTION_SIZE 4  /* behind the name */
#define RECORD_SIZE   10 /* behind the name, without the data */

/* A lookup that somebody waits for, or that still fills the cache. Owner: the worker's slab. */
struct waiting {
	struct lookup lookup;
	struct resolver *resolver;
	struct resolve *resolve; /* NULL: cancelled, or told already */
	struct lane_node deadline;
	bool is_starting; /* inside resolve_start: an answer now is its return value */
	int result;       /* what resolve_start returns then */
};

/* Owner: the worker. */
struct resolver {
	struct net *net;
	ares_channel channel;
	bool has_channel, is_closing;
	unsigned active;
	struct slab lookups;
	struct worker_lane tick_lane, deadline_lane;
	struct lane_node tick;
	struct event *sockets[RESOLVER_SOCKETS];
	struct resolver_cache cache;
};

static void ask(struct waiting *waiting);

/* ---- c-ares on libevent ---- */

static void on_socket(evutil_socket_t fd, short what, void *context)
{
	struct resolver *resolver = context;
	worker_begin(resolver->net->worker, WORKER_RECEIVING);
	ares_process_fd(resolver->channel, what & EV_READ ? fd : ARES_SOCKET_BAD,
		what & EV_WRITE ? fd : ARES_SOCKET_BAD);
}

static void on_tick(void *context, struct lane_node *node, uint64_t now_ms)
{
	struct resolver *resolver = context;
	ares_process_fd(resolver->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	if (resolver->active > 0)
		worker_lane_arm(resolver->net->worker, &resolver->tick_lane, &resolver->tick);
}

static struct event **place_of(struct resolver *resolver, ares_socket_t fd)
{
	struct event **empty = NULL;
	for (unsigned i = 0; i < RESOLVER_SOCKETS; i++) {
		if (!resolver->sockets[i])
			empty = &resolver->sockets[i];
		else if (event_get_fd(resolver->sockets[i]) == fd)
			return &resolver->sockets[i];
	}
	return empty;
}

static void on_socket_state(void *context, ares_socket_t fd, int readable, int writable)
{
	struct resolver *resolver = context;
	struct event **place = place_of(resolver, fd);
	short what = (short)((readable ? EV_READ : 0) | (writable ? EV_WRITE : 0));
	if (!place)
		return; /* its queries time out */
	if (*place)
		event_free(*place);
	*place = NULL;
	if (!what)
		return;
	*place = event_new(
		resolver->net->worker->base, fd, (short)(what | EV_PERSIST), on_socket, resolver);
	if (*place)
		event_add(*place, NULL);
}

static int set_servers(struct resolver *resolver)
{
	const struct net_config *config = &resolver->net->group->config;
	struct ares_addr_port_node nodes[NET_DNS_SERVERS] = {0};
	if (config->dns_server_count == 0)
		return ARES_SUCCESS;
	for (unsigned i = 0; i < config->dns_server_count; i++) {
		const struct net_address *server = &config->dns_servers[i];
		bool is_v4 = server->family == NET_IPV4;
		nodes[i].next = i + 1 < config->dns_server_count ? &nodes[i + 1] : NULL;
		nodes[i].family = is_v4 ? AF_INET : AF_INET6;
		nodes[i].udp_port = nodes[i].tcp_port = server->port;
		memcpy(&nodes[i].addr, server->ip, is_v4 ? 4 : 16);
	}
	return ares_set_servers_ports(resolver->channel, nodes);
}

static int open_channel(struct resolver *resolver)
{
	struct ares_options options = {
		.flags = ARES_FLAG_NOSEARCH, /* names in SIP are absolute */
		.timeout = (int)resolver->net->group->config.dns_timeout_ms,
		.tries = RESOLVER_TRIES,
		.sock_state_cb = on_socket_state,
		.sock_state_cb_data = resolver,
	};
	int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
	if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
		return -ENOMEM;
	if (ares_init_options(&resolver->channel, &options, mask) != ARES_SUCCESS)
		return -ENOMEM;
	resolver->has_channel = true;
	return set_servers(resolver) == ARES_SUCCESS ? 0 : -EINVAL;
}

/* ---- the end of a lookup ---- */

static int tell(
	struct resolver *resolver, const struct resolver_answer *answer, struct resolve *resolve)
{
	struct resolver_target targets[RESOLVE_TARGETS];
	memcpy(targets, answer->targets, sizeof(targets));
	resolver_order(targets, answer->count, random_below);
	for (unsigned i = 0; i < answer->count; i++)
		resolve->targets[i] = targets[i].path;
	resolve->count = answer->count;
	resolve->private_ = NULL;
	return answer->count ? (int)answer->count : -EHOSTUNREACH;
}

static void tell_waiting(struct waiting *waiting)
{
	struct resolve *resolve = waiting->resolve;
	waiting->resolve = NULL;
	lane_cancel(&waiting->deadline);
	if (!resolve || waiting->resolver->is_closing)
		return;
	waiting->result = tell(waiting->resolver, &waiting->lookup.answer, resolve);
	if (!waiting->is_starting)
		resolve->done(resolve);
}

static void finish(struct waiting *waiting)
{
	struct resolver *resolver = waiting->resolver;
	struct lookup *lookup = &waiting->lookup;
	uint32_t ttl = lookup->answer.count ? lookup->ttl : RESOLVER_TTL_NONE;
	if (lookup->answer.count == 0)
		metrics_add(METRIC_net_names_unresolved, 1);
	resolver_cache_put(&resolver->cache, &lookup->key, &lookup->answer, ttl,
		resolver->net->worker->now_ms);
	tell_waiting(waiting);
	if (!waiting->is_starting)
		slab_give(&resolver->lookups, waiting);
}

/* Somebody has waited long enough: he gets what there is; the lookup goes on for the cache. */
static void on_deadline(void *context, struct lane_node *node, uint64_t now_ms)
{
	metrics_add(METRIC_net_names_timed_out, 1);
	tell_waiting(container_of(node, struct waiting, deadline));
}

/* ---- questions and answers ---- */

/* The shortest TTL of the answer section (RFC 1035 §4.1): c-ares gives none for SRV and NAPTR. */
static uint32_t least_ttl(const unsigned char *answer, int length)
{
	uint32_t least = RESOLVER_TTL_MAX;
	const unsigned char *end = answer + length, *at = answer + HEADER_SIZE;
	if (length < HEADER_SIZE)
		return least;
	unsigned questions = (unsigned)answer[4] << 8 | answer[5];
	unsigned records = (unsigned)answer[6] << 8 | answer[7];
	for (unsigned i = 0; i < questions + records; i++) {
		char *name;
		long size;
		if (ares_expand_name(at, answer, length, &name, &size) != ARES_SUCCESS)
			return least;
		ares_free_string(name);
		at += size;
		long fixed = i < questions ? QUESTION_SIZE : RECORD_SIZE;
		if (end - at < fixed)
			return least;
		if (i >= questions) {
			uint32_t ttl = (uint32_t)at[4] << 24 | (uint32_t)at[5] << 16 |
				       (uint32_t)at[6] << 8 | at[7];
			least = MIN(least, ttl);
			fixed += (long)at[8] << 8 | at[9];
		}
		if (end - at < fixed)
			return least;
		at += fixed;
	}
	return least;
}

static void read_naptr(struct lookup *lookup, const unsigned char *answer, int length)
{
	struct ares_naptr_reply *all = NULL;
	if (ares_parse_naptr_reply(answer, length, &all) != ARES_SUCCESS)
		return;
	for (struct ares_naptr_reply *one = all; one; one = one->next)
		lookup_add_naptr(lookup, one->order, one->preference,
			pv_span_of((const char *)one->flags),
			pv_span_of((const char *)one->service), pv_span_of(one->replacement));
	ares_free_data(all);
}

static void read_srv(struct lookup *lookup, const unsigned char *answer, int length)
{
	struct ares_srv_reply *all = NULL;
	if (ares_parse_srv_reply(answer, length, &all) != ARES_SUCCESS)
		return;
	for (struct ares_srv_reply *one = all; one; one = one->next)
		lookup_add_srv(
			lookup, one->priority, one->weight, one->port, pv_span_of(one->host));
	ares_free_data(all);
}

static void go_on(struct waiting *waiting)
{
	lookup_next(&waiting->lookup);
	ask(waiting);
}

/* c-ares calls back for every question, also when it is destroyed. */
static bool is_abandoned(struct waiting *waiting, int status)
{
	waiting->resolver->active--;
	if (status != ARES_EDESTRUCTION && status != ARES_ECANCELLED)
		return false;
	lane_cancel(&waiting->deadline);
	if (!waiting->is_starting)
		slab_give(&waiting->resolver->lookups, waiting);
	return true;
}

static void on_records(void *context, int status, int timeouts, unsigned char *answer, int length)
{
	struct waiting *waiting = context;
	struct lookup *lookup = &waiting->lookup;
	if (is_abandoned(waiting, status))
		return;
	if (status == ARES_SUCCESS) {
		lookup_note_ttl(lookup, least_ttl(answer, length));
		if (lookup->question == LOOKUP_NAPTR)
			read_naptr(lookup, answer, length);
		else
			read_srv(lookup, answer, length);
	}
	go_on(waiting);
}

static void on_addresses(void *context, int status, int timeouts, struct ares_addrinfo *all)
{
	struct waiting *waiting = context;
	if (is_abandoned(waiting, status))
		return;
	if (status == ARES_SUCCESS) {
		for (struct ares_addrinfo_node *one = all->nodes; one; one = one->ai_next) {
			struct net_address address;
			net_address_from_sockaddr(one->ai_addr, &address);
			lookup_note_ttl(&waiting->lookup, (uint32_t)one->ai_ttl);
			lookup_add_address(&waiting->lookup, &address);
		}
		ares_freeaddrinfo(all);
	}
	go_on(waiting);
}

/* The families that we listen in with a transport; AF_UNSPEC = both. */
static int family_of(const struct net *net, unsigned transport)
{
	bool v4 = false, v6 = false;
	for (unsigned i = 0; i < net->group->config.listen_count; i++) {
		const struct net_listen *listen = &net->group->config.listen[i];
		if (listen->transport != transport)
			continue;
		v4 = v4 || listen->address.family == NET_IPV4;
		v6 = v6 || listen->address.family == NET_IPV6;
	}
	return v4 && v6 ? AF_UNSPEC : v6 ? AF_INET6 : AF_INET;
}

static void ask_addresses(struct waiting *waiting)
{
	struct lookup *lookup = &waiting->lookup;
	struct resolver *resolver = waiting->resolver;
	struct ares_addrinfo_hints hints = {
		.ai_family = family_of(resolver->net, lookup->hosts[lookup->host_at].transport),
		.ai_flags = ARES_AI_NOSORT,
	};
	ares_getaddrinfo(
		resolver->channel, lookup_name(lookup), NULL, &hints, on_addresses, waiting);
}

static void ask(struct waiting *waiting)
{
	struct resolver *resolver = waiting->resolver;
	struct lookup *lookup = &waiting->lookup;
	if (lookup->question == LOOKUP_FINISHED) {
		finish(waiting);
		return;
	}
	if (resolver->active++ == 0)
		worker_lane_arm(resolver->net->worker, &resolver->tick_lane, &resolver->tick);
	if (lookup->question == LOOKUP_ADDRESSES)
		ask_addresses(waiting);
	else
		ares_query(resolver->channel, lookup_name(lookup), CLASS_IN,
			lookup->question == LOOKUP_NAPTR ? TYPE_NAPTR : TYPE_SRV, on_records,
			waiting);
}

/* ---- the door ---- */

static uint8_t transports_of(const struct net *net)
{
	uint8_t transports = 0;
	for (unsigned i = 0; i < net->group->config.listen_count; i++)
		transports |= (uint8_t)(1u << net->group->config.listen[i].transport);
	return transports;
}

static int start_lookup(
	struct resolver *resolver, const struct resolver_key *key, struct resolve *resolve)
{
	struct waiting *waiting = slab_take(&resolver->lookups);
	if (!waiting) {
		metrics_add(METRIC_net_names_refused, 1);
		return -ENOBUFS;
	}
	memset(waiting, 0, sizeof(*waiting));
	if (!lookup_begin(&waiting->lookup, key, transports_of(resolver->net))) {
		slab_give(&resolver->lookups, waiting);
		return -EPROTONOSUPPORT;
	}
	metrics_add(METRIC_net_names_asked, 1);
	waiting->resolver = resolver;
	waiting->resolve = resolve;
	waiting->is_starting = true;
	resolve->private_ = waiting;
	worker_lane_arm(resolver->net->worker, &resolver->deadline_lane, &waiting->deadline);
	ask(waiting);
	waiting->is_starting = false;
	if (waiting->resolve)
		return 0;
	/* answered at once: a hosts file, or no server at all */
	int result = waiting->result;
	slab_give(&resolver->lookups, waiting);
	return result ? result : -EHOSTUNREACH;
}

int resolve_start(struct net *net, const struct pv_uri *next_hop, struct resolve *resolve)
{
	struct resolver *resolver = net->resolver;
	struct resolver_key key;
	enum pv_transport transport;
	resolve->count = 0;
	resolve->private_ = NULL;
	int count = resolver_numeric(next_hop, resolve);
	if (count != 0)
		return count;
	resolver_transport(next_hop, &transport);
	if (!resolver_key_init(&key, resolver_target(next_hop), next_hop->port, transport))
		return -EINVAL;
	const struct resolver_answer *known =
		resolver_cache_find(&resolver->cache, &key, net->worker->now_ms);
	return known ? tell(resolver, known, resolve) : start_lookup(resolver, &key, resolve);
}

void resolve_cancel(struct resolve *resolve)
{
	struct waiting *waiting = resolve->private_;
	if (!waiting)
		return;
	resolve->private_ = NULL;
	waiting->resolve = NULL;
	lane_cancel(&waiting->deadline);
}

int resolver_new(struct net *net)
{
	struct resolver *resolver = net->resolver = calloc(1, sizeof(*resolver));
	if (!resolver)
		return -ENOMEM;
	resolver->net = net;
	int error = siphash_key_random(&resolver->cache.hash_key);
	if (!error)
		error = slab_init(
			&resolver->lookups, "lookups", sizeof(struct waiting), RESOLVER_LOOKUPS);
	worker_lane_add(net->worker, &resolver->tick_lane, TICK_MS, 0, on_tick, resolver);
	worker_lane_add(net->worker, &resolver->deadline_lane, LOOKUP_MS, 0, on_deadline, resolver);
	return error ? error : open_channel(resolver);
}

void resolver_free(struct net *net)
{
	struct resolver *resolver = net->resolver;
	if (!resolver)
		return;
	resolver->is_closing = true;
	if (resolver->has_channel) {
		ares_destroy(resolver->channel);
		ares_library_cleanup();
	}
	for (unsigned i = 0; i < RESOLVER_SOCKETS; i++)
		if (resolver->sockets[i])
			event_free(resolver->sockets[i]);
	slab_done(&resolver->lookups);
	free(resolver);
	net->resolver = NULL;
}
