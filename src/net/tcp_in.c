/* SPDX-License-Identifier: Apache-2.0 */
/* tcp_in.c: bytes of a stream become messages, however they are cut into segments. */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/metrics.h"
#include "net/refuse.h"
#include "net/tcp.h"

/* Half a message gets at least this, so that few reads make it grow. */
#define INPUT_LEAST 2048

static void refuse(struct flow *flow, const char *bytes, size_t length, int verdict)
{
	char text[2048];
	struct pv_writer w;
	metrics_add(METRIC_net_stream_bad, 1);
	pv_writer_init(&w, text, sizeof(text));
	if (refuse_write((struct pv_span){bytes, length}, verdict, &w))
		flow_queue_text(flow, pv_writer_span(&w));
	flow_doom(flow, EBADMSG);
}

static void take_message(struct flow *flow, const char *bytes, size_t length)
{
	struct path from = {.peer = flow->peer,
		.transport = PV_TRANSPORT_TCP,
		.listener = flow->local,
		.flow = flow_id(flow)};
	receive_message(flow->net, bytes, length, &from, NULL);
}

/* Takes what is whole from the start of `bytes`; returns how much that was. */
static size_t frame(struct flow *flow, const char *bytes, size_t length)
{
	size_t done = 0, limit = flow->net->group->config.message_max;
	while (done < length && !flow->doom) {
		size_t taken = 0;
		int verdict = 0;
		const char *at = bytes + done;
		switch (stream_next(&flow->stream, at, length - done, limit, &taken, &verdict)) {
		case STREAM_NEED_MORE:
			return done;
		case STREAM_MESSAGE:
			take_message(flow, at, taken);
			/* the deadline is each message's own */
			lane_cancel(&flow->deadline);
			break;
		case STREAM_CRLF:
			metrics_add(METRIC_net_keepalives, 1);
			break;
		case STREAM_PING: /* RFC 5626 §4.4.1 */
			metrics_add(METRIC_net_keepalives, 1);
			flow_queue_text(flow, PV_SPAN("\r\n"));
			break;
		case STREAM_BAD:
			refuse(flow, at, length - done, verdict);
			return length;
		}
		done += taken;
	}
	return done;
}

/* A larger home for half a message; false when there is none. */
static bool grow(struct flow *flow, size_t capacity)
{
	struct buffer_pool *pool = &flow->net->worker->buffers;
	struct buffer *larger = buffer_take(pool, MIN(capacity, STREAM_AREA));
	if (!larger)
		return false;
	if (flow->input) {
		memcpy(larger->bytes, flow->input->bytes, flow->input->length);
		larger->length = flow->input->length;
		buffer_unref(pool, flow->input);
	}
	flow->input = larger;
	return true;
}

/* Keeps what is left of `bytes` until more comes. */
static bool keep(struct flow *flow, const char *bytes, size_t length)
{
	size_t wanted = MAX(MAX(length * 2, INPUT_LEAST), flow->stream.expected);
	if (!grow(flow, wanted))
		return false;
	memcpy(flow->input->bytes, bytes, length);
	flow->input->length = (uint32_t)length;
	return true;
}

static void drop_front(struct flow *flow, size_t count)
{
	struct buffer *input = flow->input;
	input->length -= (uint32_t)count;
	if (input->length == 0) {
		buffer_unref(&flow->net->worker->buffers, input);
		flow->input = NULL;
	} else if (count > 0) {
		memmove(input->bytes, input->bytes + count, input->length);
	}
}

/* One read into the half message that is there. The size read, or what recv said. */
static ssize_t read_on(struct flow *flow)
{
	struct buffer *input = flow->input;
	size_t capacity = buffer_capacity(input);
	if (input->length == capacity) {
		/* a message that fills the largest buffer was refused before */
		if (!grow(flow, capacity * 2) || buffer_capacity(flow->input) == capacity) {
			errno = ENOBUFS;
			return -1;
		}
		input = flow->input;
		capacity = buffer_capacity(input);
	}
	ssize_t count = recv(flow->fd, input->bytes + input->length, capacity - input->length, 0);
	if (count > 0) {
		input->length += (uint32_t)count;
		drop_front(flow, frame(flow, input->bytes, input->length));
	}
	return count;
}

/* One read where nothing is pending: into the worker's area, so that an idle connection holds no
 * buffer. */
static ssize_t read_fresh(struct flow *flow)
{
	char *area = flow->net->tcp->area;
	ssize_t count = recv(flow->fd, area, STREAM_AREA, 0);
	if (count > 0) {
		size_t length = (size_t)count, done = frame(flow, area, length);
		if (done < length && !flow->doom && !keep(flow, area + done, length - done)) {
			errno = ENOBUFS;
			return -1;
		}
	}
	return count;
}

void flow_on_readable(evutil_socket_t fd, short what, void *context)
{
	struct flow *flow = context;
	struct worker *worker = flow->net->worker;
	struct tcp *tcp = flow->net->tcp;
	worker_begin(worker, WORKER_RECEIVING);
	worker->work++;
	ssize_t count = flow->input ? read_on(flow) : read_fresh(flow);
	if (count == 0) {
		flow_close(flow, 0);
		return;
	}
	if (count < 0) {
		if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
			flow_close(flow, errno);
		return;
	}
	worker_lane_arm(worker, &tcp->idle_lane, &flow->idle);
	if (!flow->input)
		lane_cancel(&flow->deadline);
	else if (!lane_is_armed(&flow->deadline))
		worker_lane_arm(worker, &tcp->message_lane, &flow->deadline);
}
