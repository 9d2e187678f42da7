/* SPDX-License-Identifier: Apache-2.0 */
/* udp.c: datagrams in: batches into packets that are wired once, handed on without a copy. */
#include "net/udp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/metrics.h"
#include "net/socket.h"

/* Receives of one socket before sends, mails and timers have their turn. */
#define BATCHES_PER_ROUND 4

static void wire(struct udp *udp, unsigned i)
{
	udp->pieces[i][0] = (struct iovec){udp->packets[i]->bytes, PACKET_BYTES};
}

/* The kernel wrote how much it used of these. Only slots that were used are prepared again: an
 * ordinary batch touches a few of the 32. */
static void prepare_slot(struct udp *udp, unsigned i)
{
	struct msghdr *header = &udp->messages[i].msg_hdr;
	header->msg_namelen = sizeof(udp->peers[i]);
	/* the first slot tells the wait of the oldest and the drops; packet info is for each */
	header->msg_controllen = i == 0 || udp->has_any ? UDP_CONTROL_IN : 0;
}

int udp_new(struct net *net)
{
	struct udp *udp = net->udp = calloc(1, sizeof(*udp));
	if (!udp)
		return -ENOMEM;
	void *tails = mmap(NULL, UDP_BATCH * (size_t)65536, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (tails == MAP_FAILED)
		return -ENOMEM;
	udp->tails = tails;
	udp_out_add_lane(net);
	for (unsigned i = 0; i < UDP_BATCH; i++) {
		udp->packets[i] = packet_take(&net->packets, PACKET_BYTES);
		if (!udp->packets[i])
			return -ENOMEM;
		wire(udp, i);
		udp->pieces[i][1] =
			(struct iovec){udp->tails + (size_t)i * 65536 + PACKET_BYTES, UDP_TAIL};
		udp->messages[i].msg_hdr = (struct msghdr){
			.msg_name = &udp->peers[i],
			.msg_iov = udp->pieces[i],
			.msg_iovlen = 2,
			.msg_control = udp->control[i],
		};
		prepare_slot(udp, i);
	}
	return 0;
}

static void close_socket(struct udp_socket *socket)
{
	if (!socket)
		return;
	udp_out_done(socket);
	if (socket->event)
		event_free(socket->event);
	if (socket->fd >= 0)
		close(socket->fd);
	free(socket);
}

void udp_free(struct net *net)
{
	struct udp *udp = net->udp;
	if (!udp)
		return;
	for (unsigned i = 0; i < NET_LISTENERS; i++)
		close_socket(udp->sockets[i]);
	if (udp->tails)
		munmap(udp->tails, UDP_BATCH * (size_t)65536);
	free(udp);
	net->udp = NULL;
}

/* ---- one datagram ---- */

/* STUN (RFC 5389 §6) keeps a NAT open on the same port; its first two bits are 0, SIP's never. */
static bool is_stun(const char *bytes, size_t length)
{
	return length >= 20 && (bytes[0] & 0xc0) == 0 &&
	       memcmp(bytes + 4, "\x21\x12\xa4\x42", 4) == 0;
}

/* The datagram in one piece. */
static char *join(struct udp *udp, unsigned i, size_t length)
{
	if (length <= PACKET_BYTES)
		return udp->packets[i]->bytes;
	char *whole = udp->tails + (size_t)i * 65536;
	memcpy(whole, udp->packets[i]->bytes, PACKET_BYTES);
	return whole;
}

/* How long the datagram lay in the socket: the kernel's clock says when it came. */
static void note_wait(struct net *net, const struct cmsghdr *c)
{
	struct timespec came, now;
	memcpy(&came, CMSG_DATA(c), sizeof(came));
	clock_gettime(CLOCK_REALTIME, &now);
	int64_t wait =
		(int64_t)(now.tv_sec - came.tv_sec) * 1000000000 + (now.tv_nsec - came.tv_nsec);
	/* a clock that was set back, or far ahead, says nothing */
	if (wait > 0 && wait < INT64_C(60000000000))
		receive_note_wait(net, (uint64_t)wait);
}

static void note_drops(struct udp_socket *socket, const struct cmsghdr *c)
{
	uint32_t drops;
	memcpy(&drops, CMSG_DATA(c), sizeof(drops));
	metrics_add(METRIC_net_udp_dropped_by_kernel, drops - socket->drops);
	socket->drops = drops;
}

/* The address that a peer wrote to, when we listen on any. */
static void read_control(struct udp_socket *socket, struct msghdr *message, uint8_t *ret_listener)
{
	struct net_address address = {0};
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL) {
			note_drops(socket, c);
		} else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPNS) {
			note_wait(socket->net, c);
		} else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo *info = (struct in_pktinfo *)CMSG_DATA(c);
			address.family = NET_IPV4;
			memcpy(address.ip, &info->ipi_spec_dst, 4);
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo *info = (struct in6_pktinfo *)CMSG_DATA(c);
			address.family = NET_IPV6;
			memcpy(address.ip, &info->ipi6_addr, 16);
			if (IN6_IS_ADDR_LINKLOCAL(&info->ipi6_addr))
				address.scope = (uint8_t)info->ipi6_ifindex;
		}
	}
	if (address.family != NET_NONE)
		*ret_listener = local_learn(socket->net->group, socket->listener, &address);
}

/* True when the packet of slot `i` was posted away. */
static bool handle_datagram(struct udp_socket *socket, unsigned i)
{
	struct net *net = socket->net;
	struct udp *udp = net->udp;
	struct msghdr *header = &udp->messages[i].msg_hdr;
	size_t length = udp->messages[i].msg_len;
	struct path from = {.transport = PV_TRANSPORT_UDP, .listener = socket->listener};
	if (header->msg_controllen > 0)
		read_control(socket, header, &from.listener);
	net_address_from_sockaddr((struct sockaddr *)&udp->peers[i], &from.peer);
	if (length > net->group->config.message_max || header->msg_flags & MSG_TRUNC) {
		metrics_add(METRIC_net_too_large, 1);
		return false;
	}
	char *bytes = join(udp, i, length), *end = bytes + length;
	while (bytes < end && (*bytes == '\r' || *bytes == '\n'))
		bytes++;
	if (end - bytes < 4 || is_stun(bytes, (size_t)(end - bytes))) {
		/* RFC 5626 §3.5.1 pings with CRLF over streams only; here it just keeps a NAT open,
		 * as do a NUL or two bytes of some phones */
		metrics_add(METRIC_net_keepalives, 1);
		return false;
	}
	return receive_message(net, bytes, (size_t)(end - bytes), &from,
		length <= PACKET_BYTES ? udp->packets[i] : NULL);
}

/* ---- the batch ---- */

/* Each slot needs a packet before its datagram may leave with the one it lies in. */
static void handle_batch(struct udp_socket *socket, unsigned count)
{
	struct net *net = socket->net;
	struct udp *udp = net->udp;
	for (unsigned i = 0; i < count; i++) {
		if (!udp->spare)
			udp->spare = packet_take(&net->packets, PACKET_BYTES);
		if (!udp->spare) {
			metrics_add(METRIC_net_packets_exhausted, 1);
		} else if (handle_datagram(socket, i)) {
			udp->packets[i] = udp->spare;
			udp->spare = NULL;
			wire(udp, i);
		}
		prepare_slot(udp, i);
	}
}

static bool receive_batch(struct udp_socket *socket)
{
	struct net *net = socket->net;
	struct udp *udp = net->udp;
	int count = recvmmsg(socket->fd, udp->messages, UDP_BATCH, MSG_DONTWAIT, NULL);
	if (count < 0) {
		if (errno == EAGAIN || errno == EWOULDBLOCK)
			return false;
		udp_read_errors(socket);
		return true;
	}
	net->worker->work += (unsigned)count;
	metrics_add(METRIC_net_udp_received, (unsigned)count);
	handle_batch(socket, (unsigned)count);
	return count == UDP_BATCH;
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
	struct udp_socket *socket = context;
	worker_begin(socket->net->worker, WORKER_RECEIVING);
	for (unsigned i = 0; i < BATCHES_PER_ROUND; i++)
		if (!receive_batch(socket))
			return;
	socket->has_more = true;
}

/* Edge-triggered: nobody will tell us again of what is there already. At the end of a round, for
 * libevent calls what is made active in one of its calls before it comes back to us. */
void udp_read_on(struct net *net)
{
	for (unsigned i = 0; i < net->group->config.listen_count; i++) {
		struct udp_socket *socket = net->udp->sockets[i];
		if (!socket || !socket->has_more)
			continue;
		socket->has_more = false;
		net->worker->again = true;
		event_active(socket->event, EV_READ, 0);
	}
}

/* ---- set-up ---- */

static void set_buffer(int fd, int force, int plain, int size)
{
	if (socket_set(fd, SOL_SOCKET, force, size) < 0)
		socket_set(fd, SOL_SOCKET, plain, size);
}

static void set_buffers(int fd, const struct udp_socket *socket)
{
	int got = 0;
	socklen_t length = sizeof(got);
	set_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF, UDP_RCVBUF);
	set_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF, UDP_SNDBUF);
	getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &got, &length);
	/* the kernel reports twice what it was asked for: its bookkeeping is in it */
	if (got / 2 < UDP_RCVBUF && socket->net->worker->index == 0)
		log_event(LOG_LEVEL_WARNING, "receive_buffer_small",
			"wanted=%d got=%d hint=\"raise net.core.rmem_max\"", UDP_RCVBUF, got / 2);
}

static int set_options(struct udp_socket *socket, const struct net_address *address)
{
	bool is_v6 = address->family == NET_IPV6;
	int level = is_v6 ? IPPROTO_IPV6 : IPPROTO_IP;
	set_buffers(socket->fd, socket);
	socket_set(socket->fd, SOL_SOCKET, SO_RXQ_OVFL, 1);
	socket_set(socket->fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
	/* a message over the path's MTU is cut into fragments, not refused */
	socket_set(socket->fd, level, is_v6 ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER,
		is_v6 ? IPV6_PMTUDISC_DONT : IP_PMTUDISC_DONT);
	socket_set(socket->fd, level, is_v6 ? IPV6_RECVERR : IP_RECVERR, 1);
	if (!socket->is_any)
		return 0;
	return socket_set(socket->fd, level, is_v6 ? IPV6_RECVPKTINFO : IP_PKTINFO, 1);
}

int udp_open(struct net *net, unsigned listener)
{
	struct net_address *address = &net->group->config.listen[listener].address;
	struct udp_socket *socket = calloc(1, sizeof(*socket));
	if (!socket)
		return -ENOMEM;
	net->udp->sockets[listener] = socket;
	socket->net = net;
	socket->listener = (uint8_t)listener;
	socket->is_any = net_address_is_any(address);
	net->udp->has_any |= socket->is_any;
	for (unsigned i = 0; i < UDP_BATCH; i++)
		prepare_slot(net->udp, i);
	socket->fd = socket_bind(SOCK_DGRAM, address);
	if (socket->fd < 0)
		return socket->fd;
	int error = set_options(socket, address);
	if (error)
		return error;
	socket->event = event_new(
		net->worker->base, socket->fd, EV_READ | EV_PERSIST | EV_ET, on_readable, socket);
	if (!socket->event || event_add(socket->event, NULL) < 0)
		return -ENOMEM;
	return udp_out_init(socket);
}
