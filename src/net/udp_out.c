/* SPDX-License-Identifier: Apache-2.0 */
/* udp_out.c: datagrams out: all that a batch produced in one call, and what ICMP says about them.
 */
#include <errno.h>
#include <time.h>
#include <linux/errqueue.h>
#include <string.h>

#include "base/log.h"
#include "base/metrics.h"
#include "net/udp.h"

/* Messages for which the kernel has no room are tried again for this long, then given up. */
#define STALL_MS 200
/* How often: ENOBUFS comes from the device, and nothing tells when it is over. */
#define RETRY_MS 2

static void wire(struct udp_out *out, unsigned i)
{
	out->messages[i].msg_hdr = (struct msghdr){
		.msg_name = &out->peers[i],
		.msg_iov = &out->pieces[i],
		.msg_iovlen = 1,
	};
}

static void on_writable(evutil_socket_t fd, short what, void *context)
{
	struct udp_socket *socket = context;
	/* being awake is enough: the end of the batch flushes */
	worker_begin(socket->net->worker, WORKER_SENDING);
}

static void on_retry(void *context, struct lane_node *node, uint64_t now_ms)
{
	/* being awake is enough here too */
}

void udp_out_add_lane(struct net *net)
{
	worker_lane_add(net->worker, &net->udp->retry_lane, RETRY_MS, 0, on_retry, net);
}

int udp_out_init(struct udp_socket *socket)
{
	for (unsigned i = 0; i < UDP_OUT; i++)
		wire(&socket->out, i);
	socket->has_trains = udp_train_is_known(socket->fd);
	socket->writable = event_new(
		socket->net->worker->base, socket->fd, EV_WRITE | EV_ET, on_writable, socket);
	return socket->writable ? 0 : -ENOMEM;
}

void udp_out_done(struct udp_socket *socket)
{
	for (unsigned i = 0; i < socket->out.count; i++)
		buffer_unref(&socket->net->worker->buffers, socket->out.buffers[i]);
	socket->out.count = 0;
	if (socket->writable)
		event_free(socket->writable);
}

static void set_source_v4(struct cmsghdr *c, const struct net_address *source)
{
	struct in_pktinfo info = {0};
	memcpy(&info.ipi_spec_dst, source->ip, 4);
	c->cmsg_level = IPPROTO_IP;
	c->cmsg_type = IP_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(c), &info, sizeof(info));
}

static void set_source_v6(struct cmsghdr *c, const struct net_address *source)
{
	struct in6_pktinfo info = {.ipi6_ifindex = source->scope};
	memcpy(&info.ipi6_addr, source->ip, 16);
	c->cmsg_level = IPPROTO_IPV6;
	c->cmsg_type = IPV6_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(c), &info, sizeof(info));
}

/* From which of the machine's addresses, when the socket is bound to all of them. */
static void set_source(struct udp_out *out, unsigned i, const struct net_address *source)
{
	struct msghdr *header = &out->messages[i].msg_hdr;
	bool is_v4 = source->family == NET_IPV4;
	struct cmsghdr *c = (struct cmsghdr *)out->control[i];
	header->msg_control = out->control[i];
	header->msg_controllen = is_v4 ? CMSG_SPACE(sizeof(struct in_pktinfo))
				       : CMSG_SPACE(sizeof(struct in6_pktinfo));
	if (is_v4)
		set_source_v4(c, source);
	else
		set_source_v6(c, source);
}

static void remember(struct udp *udp, const struct net_address *peer, uint64_t sender)
{
	udp->sent[udp->sent_next++ % UDP_SENT] = (struct udp_sent){*peer, sender};
}

static void give_up_all(struct udp_socket *socket)
{
	struct udp_out *out = &socket->out;
	for (unsigned i = 0; i < out->count; i++) {
		buffer_unref(&socket->net->worker->buffers, out->buffers[i]);
		send_failed(socket->net, out->senders[i], ENOBUFS);
	}
	metrics_add(METRIC_net_udp_send_dropped, out->count);
	out->count = 0;
	out->stalled_ms = 0;
}

void udp_send(struct net *net, unsigned local, const struct net_address *peer, struct buffer *bytes,
	uint64_t sender)
{
	const struct local *from = &net->group->locals[local];
	struct udp_socket *socket = net->udp->sockets[from->socket];
	struct udp_out *out = &socket->out;
	if (out->count == UDP_OUT)
		udp_out_flush(socket);
	if (out->count == UDP_OUT)
		give_up_all(socket);
	unsigned i = out->count++;
	struct msghdr *header = &out->messages[i].msg_hdr;
	out->pieces[i] = (struct iovec){bytes->bytes, bytes->length};
	out->buffers[i] = buffer_ref(bytes);
	out->senders[i] = sender;
	header->msg_namelen =
		net_address_to_sockaddr(peer, (struct sockaddr_storage *)&out->peers[i]);
	header->msg_control = NULL;
	header->msg_controllen = 0;
	if (socket->is_any && !net_address_is_any(&from->address))
		set_source(out, i, &from->address);
	if (sender)
		remember(net->udp, peer, sender);
}

void udp_out_release(struct udp_socket *socket, unsigned i)
{
	buffer_unref(&socket->net->worker->buffers, socket->out.buffers[i]);
	socket->out.buffers[i] = NULL;
}

/* These have left. */
static void release(struct udp_socket *socket, unsigned first, unsigned count)
{
	for (unsigned i = first; i < first + count; i++)
		udp_out_release(socket, i);
}

static void move(struct udp_out *out, unsigned from, unsigned to)
{
	out->pieces[to] = out->pieces[from];
	out->peers[to] = out->peers[from];
	out->buffers[to] = out->buffers[from];
	out->senders[to] = out->senders[from];
	memcpy(out->control[to], out->control[from], UDP_CONTROL_OUT);
	struct msghdr *header = &out->messages[to].msg_hdr;
	header->msg_namelen = out->messages[from].msg_hdr.msg_namelen;
	header->msg_controllen = out->messages[from].msg_hdr.msg_controllen;
	header->msg_control = header->msg_controllen ? out->control[to] : NULL;
}

/* Moves what could not leave to the front. */
static void keep_rest(struct udp_out *out)
{
	unsigned rest = 0;
	for (unsigned i = 0; i < out->count; i++) {
		if (!out->buffers[i])
			continue;
		if (i != rest)
			move(out, i, rest);
		rest++;
	}
	out->count = rest;
}

static bool is_full(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS || error == ENOMEM;
}

/* The kernel's buffer is full: what is left waits for it, for a bounded time. */
static void stall(struct udp_socket *socket, unsigned first)
{
	struct worker *worker = socket->net->worker;
	struct udp *udp = socket->net->udp;
	struct udp_out *out = &socket->out;
	keep_rest(out);
	if (!out->stalled_ms || first > 0)
		out->stalled_ms = worker->now_ms;
	if (worker->now_ms - out->stalled_ms > STALL_MS) {
		give_up_all(socket);
		return;
	}
	event_add(socket->writable, NULL);
	if (!lane_is_armed(&udp->retry))
		worker_lane_arm(worker, &udp->retry_lane, &udp->retry);
}

void udp_out_flush(struct udp_socket *socket)
{
	struct udp_out *out = &socket->out;
	unsigned done = 0;
	bool is_second_try = false;
	if (socket->has_trains && out->count > 1 && !out->stalled_ms) {
		metrics_add(METRIC_net_udp_sent, udp_train_send(socket));
		keep_rest(out);
	}
	while (done < out->count) {
		int count =
			sendmmsg(socket->fd, &out->messages[done], out->count - done, MSG_DONTWAIT);
		if (count > 0) {
			release(socket, done, (unsigned)count);
			done += (unsigned)count;
			out->stalled_ms = 0;
			is_second_try = false;
			continue;
		}
		if (is_full(errno)) {
			stall(socket, done);
			return;
		}
		/* the first error may be ICMP's word about an earlier message, not about this one
		 */
		if (is_second_try || errno == EMSGSIZE || errno == EINVAL || errno == EPERM) {
			send_failed(socket->net, out->senders[done], errno);
			release(socket, done++, 1);
			is_second_try = false;
			continue;
		}
		is_second_try = true;
		udp_read_errors(socket);
	}
	metrics_add(METRIC_net_udp_sent, done);
	out->count = 0;
}

void udp_flush(struct net *net)
{
	for (unsigned i = 0; i < net->group->config.listen_count; i++)
		if (net->udp->sockets[i] && net->udp->sockets[i]->out.count > 0)
			udp_out_flush(net->udp->sockets[i]);
}

/* ---- ICMP ---- */

static void tell_senders(struct net *net, const struct net_address *peer, int error)
{
	struct udp *udp = net->udp;
	for (unsigned i = 0; i < UDP_SENT; i++) {
		if (!udp->sent[i].sender || !net_address_equal(&udp->sent[i].peer, peer))
			continue;
		send_failed(net, udp->sent[i].sender, error);
		udp->sent[i].sender = 0;
	}
}

static const struct sock_extended_err *find_error(struct msghdr *message)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c))
		if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
			(c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR))
			return (const struct sock_extended_err *)CMSG_DATA(c);
	return NULL;
}

void udp_read_errors(struct udp_socket *socket)
{
	for (unsigned i = 0; i < UDP_SENT; i++) {
		struct sockaddr_storage peer;
		_Alignas(8) char control[512];
		struct msghdr message = {.msg_name = &peer,
			.msg_namelen = sizeof(peer),
			.msg_control = control,
			.msg_controllen = sizeof(control)};
		if (recvmsg(socket->fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
			return;
		const struct sock_extended_err *error = find_error(&message);
		metrics_add(METRIC_net_icmp_errors, 1);
		if (!error || message.msg_namelen == 0 || error->ee_errno == EMSGSIZE)
			continue;
		struct net_address address;
		net_address_from_sockaddr((struct sockaddr *)&peer, &address);
		tell_senders(socket->net, &address, (int)error->ee_errno);
	}
}
