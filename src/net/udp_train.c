/* SPDX-License-Identifier: Apache-2.0 */
/* udp_train.c: datagrams of one length to one peer leave as one train (UDP_SEGMENT), which the
 * kernel takes through its stack once and cuts into datagrams at the end. */
#include <errno.h>
#include <netinet/udp.h>
#include <string.h>

#include "base/metrics.h"
#include "net/udp.h"

/* A datagram that might have to be fragmented on its way is no part of a train: the kernel refuses
 * segments over the MTU. */
#define SEGMENT_MAX 1400
#define TRAIN_BYTES 60000
#define TRAIN_MAX   64
/* How many trains back a fellow is looked for: a burst makes few kinds of messages. */
#define LOOK_BACK 12

bool udp_train_is_known(int fd)
{
	int none = 0;
	return setsockopt(fd, SOL_UDP, UDP_SEGMENT, &none, sizeof(none)) == 0;
}

static bool may_follow(const struct udp_out *out, const struct udp_train *train, unsigned i)
{
	const struct msghdr *a = &out->messages[train->first].msg_hdr;
	const struct msghdr *b = &out->messages[i].msg_hdr;
	size_t length = out->pieces[i].iov_len;
	return out->pieces[train->first].iov_len == length && train->count < TRAIN_MAX &&
	       (train->count + 1) * length <= TRAIN_BYTES && a->msg_namelen == b->msg_namelen &&
	       memcmp(a->msg_name, b->msg_name, b->msg_namelen) == 0 &&
	       a->msg_controllen == b->msg_controllen &&
	       (!b->msg_controllen ||
		       memcmp(a->msg_control, b->msg_control, b->msg_controllen) == 0);
}

static struct udp_train *find_train(
	struct udp_trains *trains, const struct udp_out *out, unsigned i)
{
	unsigned least = trains->count > LOOK_BACK ? trains->count - LOOK_BACK : 0;
	if (out->pieces[i].iov_len > SEGMENT_MAX)
		return NULL;
	for (unsigned t = trains->count; t > least; t--)
		if (may_follow(out, &trains->train[t - 1], i))
			return &trains->train[t - 1];
	return NULL;
}

/* Couples what goes together; the order within a train is that of the batch. */
static void couple(struct udp_trains *trains, const struct udp_out *out)
{
	trains->count = 0;
	for (unsigned i = 0; i < out->count; i++) {
		struct udp_train *train = find_train(trains, out, i);
		trains->next[i] = UDP_OUT;
		if (train) {
			trains->next[train->last] = (uint8_t)i;
			train->last = (uint8_t)i;
			train->count++;
		} else {
			trains->train[trains->count++] =
				(struct udp_train){(uint8_t)i, (uint8_t)i, 1};
		}
	}
}

/* The source address, where there is one, and the length of a segment. */
static void set_control(
	struct udp_trains *trains, unsigned t, const struct msghdr *from, size_t length)
{
	struct msghdr *to = &trains->messages[t].msg_hdr;
	uint16_t segment = (uint16_t)length;
	char *control = trains->control[t];
	if (from->msg_controllen)
		memcpy(control, from->msg_control, from->msg_controllen);
	struct cmsghdr *c = (struct cmsghdr *)(control + from->msg_controllen);
	c->cmsg_level = SOL_UDP;
	c->cmsg_type = UDP_SEGMENT;
	c->cmsg_len = CMSG_LEN(sizeof(segment));
	memcpy(CMSG_DATA(c), &segment, sizeof(segment));
	to->msg_control = control;
	to->msg_controllen = from->msg_controllen + CMSG_SPACE(sizeof(segment));
}

static void wire(struct udp_trains *trains, const struct udp_out *out)
{
	unsigned piece = 0;
	for (unsigned t = 0; t < trains->count; t++) {
		const struct udp_train *train = &trains->train[t];
		trains->messages[t].msg_hdr = out->messages[train->first].msg_hdr;
		trains->messages[t].msg_hdr.msg_iov = &trains->pieces[piece];
		trains->messages[t].msg_hdr.msg_iovlen = train->count;
		for (unsigned i = train->first; i < UDP_OUT; i = trains->next[i])
			trains->pieces[piece++] = out->pieces[i];
		if (train->count > 1)
			set_control(trains, t, &out->messages[train->first].msg_hdr,
				out->pieces[train->first].iov_len);
	}
}

unsigned udp_train_send(struct udp_socket *socket)
{
	struct udp_out *out = &socket->out;
	struct udp_trains *trains = &socket->net->udp->trains;
	unsigned sent = 0, done = 0;
	couple(trains, out);
	if (trains->count == out->count)
		return 0;
	wire(trains, out);
	while (done < trains->count) {
		int count = sendmmsg(
			socket->fd, &trains->messages[done], trains->count - done, MSG_DONTWAIT);
		if (count <= 0)
			break;
		for (unsigned t = done; t < done + (unsigned)count; t++) {
			sent += trains->train[t].count;
			for (unsigned i = trains->train[t].first; i < UDP_OUT; i = trains->next[i])
				udp_out_release(socket, i);
		}
		done += (unsigned)count;
	}
	if (done < trains->count && (errno == EIO || errno == EOPNOTSUPP))
		socket->has_trains = false; /* this device cannot */
	metrics_add(METRIC_net_udp_coupled, sent - done);
	return sent;
}
