/* SPDX-License-Identifier: Apache-2.0 */
/* send.c: takes bytes to the transport of their path, and failures back to their senders. */
#include <errno.h>
#include <string.h>

#include "base/metrics.h"
#include "net/private.h"

void send_failed(struct net *net, uint64_t sender, int error)
{
	metrics_add(METRIC_net_send_errors, 1);
	if (!sender)
		return;
	if (net->failure_count == SEND_FAILURES) {
		/* its timer will tell the sender what we cannot */
		metrics_add(METRIC_net_send_errors_untold, 1);
		return;
	}
	net->failures[net->failure_count++] = (struct send_failure){sender, error};
	/* told at the end of a batch: make sure that there is one */
	net->worker->again = true;
}

void send_post(
	struct net *net, const struct path *to, const char *bytes, size_t length, uint64_t sender)
{
	struct packet *packet = packet_take(&net->packets, length);
	if (!packet) {
		metrics_add(METRIC_net_packets_exhausted, 1);
		send_failed(net, sender, ENOBUFS);
		return;
	}
	memcpy(packet->bytes, bytes, length);
	packet->length = (uint32_t)length;
	packet->path = *to;
	packet->sender = sender;
	packet->mail.kind = MAIL_SEND;
	worker_post(&net->group->workers->workers[FLOW_WORKER(to->flow)], &packet->mail);
}

static void send_stream(
	struct net *net, const struct path *to, struct buffer *bytes, uint64_t sender)
{
	unsigned owner = to->flow ? FLOW_WORKER(to->flow) : net->worker->index;
	if (owner == net->worker->index)
		tcp_send(net, to, bytes, sender);
	else if (owner < net->group->workers->count)
		send_post(net, to, bytes->bytes, bytes->length, sender);
	else
		send_failed(net, sender, EINVAL);
}

void net_send(struct net *net, const struct path *to, struct buffer *bytes, uint64_t sender)
{
	if (to->transport == PV_TRANSPORT_TCP) {
		send_stream(net, to, bytes, sender);
		return;
	}
	int local = to->transport == PV_TRANSPORT_UDP ? local_choose(net, to) : -1;
	if (local < 0)
		send_failed(net, sender, EADDRNOTAVAIL);
	else
		udp_send(net, (unsigned)local, &to->peer, bytes, sender);
}

void net_send_copy(struct net *net, const struct path *to, struct pv_span bytes)
{
	struct buffer *copy = buffer_take(&net->worker->buffers, bytes.length);
	if (!copy) {
		metrics_add(METRIC_net_send_errors, 1);
		return;
	}
	memcpy(copy->bytes, bytes.at, bytes.length);
	copy->length = (uint32_t)bytes.length;
	net_send(net, to, copy, 0);
	buffer_unref(&net->worker->buffers, copy);
}

bool net_prefer_stream(struct net *net, struct path *to, size_t length)
{
	if (to->transport != PV_TRANSPORT_UDP || length <= 1300)
		return false;
	struct path stream = {.peer = to->peer,
		.transport = PV_TRANSPORT_TCP,
		.listener = NET_ANY_LISTENER,
		.tcp_if_large = to->tcp_if_large}; /* says that UDP is left to try (§18.1.1) */
	if (!to->tcp_if_large || local_choose(net, &stream) < 0) {
		metrics_add(METRIC_net_large_over_udp, 1);
		return false;
	}
	*to = stream;
	return true;
}
