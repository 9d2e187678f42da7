/* SPDX-License-Identifier: Apache-2.0 */
/* tcp.c: listens and accepts, on every worker, within the limits. */
#include "net/tcp.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/metrics.h"
#include "net/socket.h"

#define BACKLOG 1024

static void on_acceptable(evutil_socket_t fd, short what, void *context);

static void resume_accepting(void *context, struct lane_node *node, uint64_t now_ms)
{
	struct net *net = context;
	net->tcp->is_paused = false;
	for (unsigned i = 0; i < NET_LISTENERS; i++)
		if (net->tcp->listeners[i] && net->tcp->listeners[i]->event)
			event_add(net->tcp->listeners[i]->event, NULL);
}

int tcp_new(struct net *net)
{
	struct tcp *tcp = net->tcp = calloc(1, sizeof(*tcp));
	uint32_t flows = MIN(net->group->config.connections, FLOW_SLOTS - 1);
	if (!tcp)
		return -ENOMEM;
	list_init(&tcp->dirty);
	for (unsigned i = 0; i < FLOW_PEERS; i++)
		list_init(&tcp->peers[i]);
	tcp->area = malloc(STREAM_AREA);
	if (!tcp->area)
		return -ENOMEM;
	int error = slab_init(&tcp->flows, "flows", sizeof(struct flow), flows);
	if (!error)
		error = slab_init(
			&tcp->pieces, "flow_pieces", sizeof(struct flow_piece), FLOW_PIECES);
	if (error)
		return error;
	worker_lane_add(net->worker, &tcp->pause_lane, ACCEPT_PAUSE_MS, 0, resume_accepting, net);
	worker_on_mail(net->worker, MAIL_SEND, flow_take_mail, net);
	worker_on_mail(net->worker, MAIL_FLOW_GONE, flow_take_gone, net);
	return flow_add_lanes(net);
}

static void close_listener(struct tcp_listener *listener)
{
	if (listener->event)
		event_free(listener->event);
	listener->event = NULL;
	if (listener->fd >= 0)
		close(listener->fd);
	listener->fd = -1;
}

void tcp_free(struct net *net)
{
	struct tcp *tcp = net->tcp;
	struct net_user nobody = {0};
	if (!tcp)
		return;
	net_set_user(net, &nobody);
	for (uint32_t i = 0; i < tcp->flows.touched; i++)
		if (slab_is_taken(slab_at(&tcp->flows, i)))
			flow_close(slab_at(&tcp->flows, i), ECANCELED);
	for (unsigned i = 0; i < NET_LISTENERS; i++) {
		if (tcp->listeners[i])
			close_listener(tcp->listeners[i]);
		free(tcp->listeners[i]);
	}
	slab_done(&tcp->flows);
	slab_done(&tcp->pieces);
	free(tcp->area);
	free(tcp);
	net->tcp = NULL;
}

int tcp_open(struct net *net, unsigned index)
{
	struct tcp_listener *listener = calloc(1, sizeof(*listener));
	struct net_address *address = &net->group->config.listen[index].address;
	if (!listener)
		return -ENOMEM;
	net->tcp->listeners[index] = listener;
	listener->net = net;
	listener->listener = (uint8_t)index;
	listener->is_any = net_address_is_any(address);
	listener->fd = socket_bind(SOCK_STREAM, address);
	if (listener->fd < 0)
		return listener->fd;
	if (listen(listener->fd, BACKLOG) < 0)
		return -errno;
	listener->event = event_new(
		net->worker->base, listener->fd, EV_READ | EV_PERSIST, on_acceptable, listener);
	if (!listener->event || event_add(listener->event, NULL) < 0)
		return -ENOMEM;
	return 0;
}

/* Which of our addresses the peer connected to. */
static uint8_t local_of(const struct tcp_listener *listener, int fd)
{
	struct sockaddr_storage storage;
	struct net_address address;
	socklen_t length = sizeof(storage);
	if (!listener->is_any || getsockname(fd, (struct sockaddr *)&storage, &length) < 0)
		return listener->listener;
	net_address_from_sockaddr((struct sockaddr *)&storage, &address);
	return local_learn(listener->net->group, listener->listener, &address);
}

/* Out of descriptors: the connection stays in the kernel's queue, which would call us again and
 * again; look away for a moment. */
static void pause_accepting(struct net *net, int error)
{
	metrics_add(METRIC_net_accept_pauses, 1);
	if (net->tcp->is_paused)
		return;
	net->tcp->is_paused = true;
	log_event(LOG_LEVEL_ERROR, "accept_paused", "worker=%u error=\"%s\"", net->worker->index,
		strerror(error));
	for (unsigned i = 0; i < NET_LISTENERS; i++)
		if (net->tcp->listeners[i] && net->tcp->listeners[i]->event)
			event_del(net->tcp->listeners[i]->event);
	worker_lane_arm(net->worker, &net->tcp->pause_lane, &net->tcp->pause);
}

static void on_acceptable(evutil_socket_t listening, short what, void *context)
{
	struct tcp_listener *listener = context;
	struct net *net = listener->net;
	worker_begin(net->worker, WORKER_RECEIVING);
	for (unsigned i = 0; i < ACCEPT_BATCH; i++) {
		struct sockaddr_storage storage;
		struct net_address peer;
		socklen_t length = sizeof(storage);
		int fd = accept4(listener->fd, (struct sockaddr *)&storage, &length,
			SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0) {
			if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
				errno == ENOMEM)
				pause_accepting(net, errno);
			return;
		}
		net_address_from_sockaddr((struct sockaddr *)&storage, &peer);
		struct flow *flow = flow_new(net, fd, &peer, local_of(listener, fd), true);
		if (!flow)
			continue;
		metrics_add(METRIC_net_connections_accepted, 1);
		flow_start_reading(flow);
	}
}

static void drain(struct worker *worker, struct worker_task *task)
{
	struct tcp *tcp = container_of(task, struct tcp, drain_task);
	for (unsigned i = 0; i < NET_LISTENERS; i++)
		if (tcp->listeners[i])
			close_listener(tcp->listeners[i]);
}

void tcp_drain(struct net *net)
{
	net->tcp->drain_task = (struct worker_task){.mail.kind = MAIL_TASK, .run = drain};
	worker_post(net->worker, &net->tcp->drain_task.mail);
}
