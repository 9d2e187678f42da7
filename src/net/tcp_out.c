/* SPDX-License-Identifier: Apache-2.0 */
/* tcp_out.c: a bounded queue of messages on each connection, written at the end of the batch. */
#include <errno.h>
#include <string.h>
#include <sys/uio.h>

#include "base/metrics.h"
#include "net/tcp.h"

#define PIECES_PER_WRITE 16

/* ---- what waits ---- */

static struct pv_span bytes_of(const struct flow_piece *piece)
{
	if (piece->buffer)
		return (struct pv_span){piece->buffer->bytes, piece->buffer->length};
	return (struct pv_span){piece->packet->at, piece->packet->length};
}

/* A packet of another worker goes home; with bad news if it has a sender. */
static void return_packet(struct net *net, struct packet *packet, int error)
{
	if (!error || !packet->sender) {
		packet_give(&net->packets, packet);
		return;
	}
	struct net *home = container_of(packet->home, struct net, packets);
	packet->error = error;
	packet->mail.kind = MAIL_FLOW_GONE;
	worker_post(home->worker, &packet->mail);
}

static void finish_piece(struct flow *flow, int error)
{
	struct net *net = flow->net;
	struct flow_piece *piece = flow->first;
	flow->first = piece->next;
	if (!flow->first)
		flow->last = NULL;
	flow->queued -= (uint32_t)bytes_of(piece).length;
	flow->written = 0;
	if (piece->packet) {
		return_packet(net, piece->packet, error);
	} else {
		buffer_unref(&net->worker->buffers, piece->buffer);
		if (error)
			send_failed(net, piece->sender, error);
	}
	slab_give(&net->tcp->pieces, piece);
}

void flow_drop_pieces(struct flow *flow, int error)
{
	while (flow->first)
		finish_piece(flow, error);
}

/* 0 or a positive errno, with the caller still owning the bytes. */
static int queue(struct flow *flow, struct buffer *buffer, struct packet *packet, uint64_t sender)
{
	struct net *net = flow->net;
	size_t length = buffer ? buffer->length : packet->length;
	if (flow->queued + length > net->group->config.queue_max) {
		metrics_add(METRIC_net_queue_full, 1);
		return ENOBUFS;
	}
	struct flow_piece *piece = slab_take(&net->tcp->pieces);
	if (!piece) {
		metrics_add(METRIC_net_queue_full, 1);
		return ENOBUFS;
	}
	*piece = (struct flow_piece){.buffer = buffer, .packet = packet, .sender = sender};
	if (flow->last)
		flow->last->next = piece;
	else
		flow->first = piece;
	flow->last = piece;
	flow->queued += (uint32_t)length;
	if (!flow->is_blocked)
		flow_mark_dirty(flow);
	return 0;
}

void flow_queue_text(struct flow *flow, struct pv_span text)
{
	struct buffer_pool *pool = &flow->net->worker->buffers;
	struct buffer *buffer = buffer_take(pool, text.length);
	if (!buffer)
		return;
	memcpy(buffer->bytes, text.at, text.length);
	buffer->length = (uint32_t)text.length;
	if (queue(flow, buffer, NULL, 0))
		buffer_unref(pool, buffer);
}

void tcp_send(struct net *net, const struct path *to, struct buffer *bytes, uint64_t sender)
{
	int error = 0;
	struct flow *flow = flow_towards(net, to, &error);
	if (flow)
		error = queue(flow, bytes, NULL, sender);
	if (!flow || error)
		send_failed(net, sender, error);
	else
		buffer_ref(bytes);
}

void flow_take_mail(void *context, struct mail *mail)
{
	struct net *net = context;
	struct packet *packet = container_of(mail, struct packet, mail);
	int error = 0;
	struct flow *flow = flow_towards(net, &packet->path, &error);
	if (flow)
		error = queue(flow, NULL, packet, packet->sender);
	if (!flow || error)
		return_packet(net, packet, error);
}

void flow_take_gone(void *context, struct mail *mail)
{
	struct net *net = context;
	struct packet *packet = container_of(mail, struct packet, mail);
	send_failed(net, packet->sender, packet->error);
	packet_give(&net->packets, packet);
}

/* ---- writing ---- */

static unsigned gather(const struct flow *flow, struct iovec *vector)
{
	unsigned count = 0;
	size_t skip = flow->written;
	for (struct flow_piece *piece = flow->first; piece && count < PIECES_PER_WRITE;
		piece = piece->next) {
		struct pv_span bytes = pv_span_skip(bytes_of(piece), skip);
		vector[count++] = (struct iovec){(void *)bytes.at, bytes.length};
		skip = 0;
	}
	return count;
}

static void note_written(struct flow *flow, size_t count)
{
	while (flow->first) {
		size_t left = bytes_of(flow->first).length - flow->written;
		if (count < left) {
			flow->written += (uint32_t)count;
			return;
		}
		count -= left;
		finish_piece(flow, 0);
	}
}

/* Waits until the peer takes more: from the first refusal it has the time of one message. */
static void block(struct flow *flow)
{
	struct net *net = flow->net;
	if (!flow->is_blocked) {
		flow->is_blocked = true;
		event_add(&flow->writable, NULL);
	}
	if (!lane_is_armed(&flow->stuck))
		worker_lane_arm(net->worker, &net->tcp->stuck_lane, &flow->stuck);
}

static void unblock(struct flow *flow)
{
	lane_cancel(&flow->stuck);
	if (!flow->is_blocked)
		return;
	flow->is_blocked = false;
	event_del(&flow->writable);
}

/* False when the connection was closed. */
static bool write_pieces(struct flow *flow)
{
	while (flow->first) {
		struct iovec vector[PIECES_PER_WRITE];
		struct msghdr message = {.msg_iov = vector, .msg_iovlen = gather(flow, vector)};
		ssize_t count = sendmsg(flow->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			block(flow);
			return true;
		}
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0) {
			flow_close(flow, errno);
			return false;
		}
		/* it moved: the peer reads, however slowly */
		lane_cancel(&flow->stuck);
		note_written(flow, (size_t)count);
	}
	unblock(flow);
	return true;
}

static void establish(struct flow *flow)
{
	int error = 0;
	socklen_t length = sizeof(error);
	getsockopt(flow->fd, SOL_SOCKET, SO_ERROR, &error, &length);
	if (error) {
		flow_close(flow, error);
		return;
	}
	flow->state = FLOW_OPEN;
	lane_cancel(&flow->deadline);
	flow_start_reading(flow);
	write_pieces(flow);
}

void flow_on_writable(evutil_socket_t fd, short what, void *context)
{
	struct flow *flow = context;
	worker_begin(flow->net->worker, WORKER_SENDING);
	if (flow->state == FLOW_CONNECTING)
		establish(flow);
	else
		write_pieces(flow);
}

void tcp_flush(struct net *net)
{
	struct list *link;
	/* closing calls the user, who may send more: the list is walked until it is empty */
	while ((link = list_pop_head(&net->tcp->dirty))) {
		struct flow *flow = container_of(link, struct flow, dirty);
		bool is_open = flow->state != FLOW_OPEN || write_pieces(flow);
		if (is_open && flow->doom)
			flow_close(flow, flow->doom);
	}
}
