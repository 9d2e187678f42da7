/* SPDX-License-Identifier: Apache-2.0 */
/* tcp_flow.c: the life of a connection: opened, found again by name or peer, ended at a deadline.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/metrics.h"
#include "net/socket.h"
#include "net/tcp.h"

#define DEADLINE_SLACK_MS 100
#define IDLE_SLACK_MS     1000

/* ---- names ---- */

uint64_t flow_id(const struct flow *flow)
{
	uint64_t worker = flow->net->worker->index + 1;
	return worker << 56 | (uint64_t)slab_generation(flow) << 24 |
	       slab_index(&flow->net->tcp->flows, flow);
}

struct flow *flow_get(struct net *net, uint64_t id)
{
	uint64_t generation = id >> 24 & UINT32_MAX;
	return slab_get(&net->tcp->flows, generation << 32 | (id & (FLOW_SLOTS - 1)));
}

/* ---- limits ---- */

static _Atomic uint16_t *count_of_source(struct net *net, const struct net_address *peer)
{
	/* an IPv6 site has a /64; two sources in one place share their limit, rarely */
	uint64_t hash = siphash13(&net->group->source_key, peer->ip, sizeof(peer->ip) / 2);
	return &net->group->connections_of[hash % NET_SOURCES];
}

/* All workers share the counts, so a connection too many may be seen by two at once: both refuse.
 */
static bool count_in(
	struct net *net, const struct net_address *peer, bool is_accepted, bool *ret_counted)
{
	const struct net_config *config = &net->group->config;
	uint32_t limit =
		atomic_load_explicit(&net->group->connections_per_source, memory_order_relaxed);
	uint32_t total = atomic_fetch_add(&net->group->connections, 1);
	if (total >= config->connections) {
		atomic_fetch_sub(&net->group->connections, 1);
		return false;
	}
	/* those that came while there was no limit are never counted */
	*ret_counted = is_accepted && limit;
	if (!*ret_counted)
		return true;
	_Atomic uint16_t *count = count_of_source(net, peer);
	if (atomic_fetch_add(count, 1) < MIN(limit, UINT16_MAX - 1))
		return true;
	atomic_fetch_sub(count, 1);
	atomic_fetch_sub(&net->group->connections, 1);
	return false;
}

static void count_out(struct net *net, const struct net_address *peer, bool is_counted)
{
	atomic_fetch_sub(&net->group->connections, 1);
	if (is_counted)
		atomic_fetch_sub(count_of_source(net, peer), 1);
}

/* ---- birth ---- */

static struct list *peers_of(struct net *net, const struct net_address *peer)
{
	uint64_t hash = siphash13(&net->group->source_key, peer, sizeof(*peer));
	return &net->tcp->peers[hash % FLOW_PEERS];
}

struct flow *flow_new(
	struct net *net, int fd, const struct net_address *peer, uint8_t local, bool is_accepted)
{
	struct flow *flow = NULL;
	bool is_counted;
	if (count_in(net, peer, is_accepted, &is_counted)) {
		flow = slab_take(&net->tcp->flows);
		if (!flow)
			count_out(net, peer, is_counted);
	}
	if (!flow) {
		metrics_add(METRIC_net_connections_refused, 1);
		close(fd);
		return NULL;
	}
	memset(flow, 0, sizeof(*flow));
	flow->net = net;
	flow->fd = fd;
	flow->peer = *peer;
	flow->local = local;
	flow->state = is_accepted ? FLOW_OPEN : FLOW_CONNECTING;
	flow->is_accepted = is_accepted;
	flow->is_counted = is_counted;
	stream_init(&flow->stream);
	list_push_tail(peers_of(net, peer), &flow->by_peer);
	event_assign(&flow->readable, net->worker->base, fd, EV_READ | EV_PERSIST, flow_on_readable,
		flow);
	event_assign(&flow->writable, net->worker->base, fd, EV_WRITE | EV_PERSIST,
		flow_on_writable, flow);
	socket_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	socket_set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	metrics_add(METRIC_net_connections, 1);
	return flow;
}

void flow_start_reading(struct flow *flow)
{
	flow->is_reading = true;
	event_add(&flow->readable, NULL);
	worker_lane_arm(flow->net->worker, &flow->net->tcp->idle_lane, &flow->idle);
	/* who connects has something to say: its first message is due like any other */
	if (flow->is_accepted)
		worker_lane_arm(flow->net->worker, &flow->net->tcp->message_lane, &flow->deadline);
}

/* ---- death ---- */

void flow_close(struct flow *flow, int error)
{
	struct net *net = flow->net;
	uint64_t id = flow_id(flow);
	bool was_open = flow->state == FLOW_OPEN;
	event_del(&flow->readable);
	event_del(&flow->writable);
	lane_cancel(&flow->deadline);
	lane_cancel(&flow->stuck);
	lane_cancel(&flow->idle);
	list_remove(&flow->dirty);
	list_remove(&flow->by_peer);
	close(flow->fd);
	flow_drop_pieces(flow, error ? error : EPIPE);
	buffer_unref(&net->worker->buffers, flow->input);
	count_out(net, &flow->peer, flow->is_counted);
	slab_give(&net->tcp->flows, flow);
	metrics_sub(METRIC_net_connections, 1);
	if (was_open)
		net->user.flow_gone(net->user.context, id);
}

void flow_mark_dirty(struct flow *flow)
{
	if (!list_is_linked(&flow->dirty))
		list_push_tail(&flow->net->tcp->dirty, &flow->dirty);
}

void flow_doom(struct flow *flow, int error)
{
	flow->doom = error;
	flow_mark_dirty(flow);
}

/* ---- deadlines ---- */

static void on_deadline(void *context, struct lane_node *node, uint64_t now_ms)
{
	metrics_add(METRIC_net_connections_timed_out, 1);
	flow_close(container_of(node, struct flow, deadline), ETIMEDOUT);
}

static void on_stuck(void *context, struct lane_node *node, uint64_t now_ms)
{
	metrics_add(METRIC_net_connections_stuck, 1);
	flow_close(container_of(node, struct flow, stuck), ETIMEDOUT);
}

static void on_idle(void *context, struct lane_node *node, uint64_t now_ms)
{
	metrics_add(METRIC_net_connections_idle, 1);
	flow_close(container_of(node, struct flow, idle), ETIMEDOUT);
}

int flow_add_lanes(struct net *net)
{
	const struct net_config *config = &net->group->config;
	struct tcp *tcp = net->tcp;
	worker_lane_add(net->worker, &tcp->connect_lane, config->connect_ms, DEADLINE_SLACK_MS,
		on_deadline, net);
	worker_lane_add(net->worker, &tcp->message_lane, config->message_deadline_ms,
		DEADLINE_SLACK_MS, on_deadline, net);
	worker_lane_add(net->worker, &tcp->stuck_lane, config->message_deadline_ms,
		DEADLINE_SLACK_MS, on_stuck, net);
	worker_lane_add(net->worker, &tcp->idle_lane, config->idle_ms, IDLE_SLACK_MS, on_idle, net);
	return 0;
}

/* ---- towards a peer ---- */

static struct flow *find(struct net *net, const struct net_address *peer)
{
	LIST_EACH(link, peers_of(net, peer))
	{
		struct flow *flow = container_of(link, struct flow, by_peer);
		if (net_address_equal(&flow->peer, peer) && !flow->doom)
			return flow;
	}
	return NULL;
}

/* A connected socket, or one that connects; -errno. It leaves from the address that we listen on.
 */
static int connect_socket(const struct local *local, const struct net_address *peer)
{
	struct sockaddr_storage to, from;
	struct net_address own = local->address;
	socklen_t length = net_address_to_sockaddr(peer, &to);
	int fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	own.port = 0;
	if (!net_address_is_any(&own)) {
		socklen_t own_length = net_address_to_sockaddr(&own, &from);
		socket_set(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
		/* where that fails the kernel's choice may still work */
		if (bind(fd, (struct sockaddr *)&from, own_length) < 0)
			log_event(LOG_LEVEL_DEBUG, "bind_source", "error=%d", errno);
	}
	if (connect(fd, (struct sockaddr *)&to, length) < 0 && errno != EINPROGRESS) {
		int error = -errno;
		close(fd);
		return error;
	}
	return fd;
}

static struct flow *open_flow(struct net *net, const struct path *to, int *ret_error)
{
	int local = local_choose(net, to);
	if (local < 0) {
		*ret_error = EADDRNOTAVAIL;
		return NULL;
	}
	int fd = connect_socket(&net->group->locals[local], &to->peer);
	if (fd < 0) {
		*ret_error = -fd;
		return NULL;
	}
	struct flow *flow = flow_new(net, fd, &to->peer, (uint8_t)local, false);
	if (!flow) {
		*ret_error = ENOBUFS;
		return NULL;
	}
	metrics_add(METRIC_net_connections_opened, 1);
	/* writable, or in error, when the connection is decided */
	flow->is_blocked = true;
	event_add(&flow->writable, NULL);
	worker_lane_arm(net->worker, &net->tcp->connect_lane, &flow->deadline);
	return flow;
}

struct flow *flow_towards(struct net *net, const struct path *to, int *ret_error)
{
	struct flow *flow = to->flow ? flow_get(net, to->flow) : find(net, &to->peer);
	if (!flow && !to->flow)
		return open_flow(net, to, ret_error);
	if (flow && !flow->doom)
		return flow;
	*ret_error = EPIPE;
	return NULL;
}
