/* SPDX-License-Identifier: Apache-2.0 */
/* tcp.h: the connections of one worker. */
#ifndef NET_TCP_H
#define NET_TCP_H

#include <event2/event_struct.h>

#include "net/private.h"
#include "sip/stream.h"

#define FLOW_PEERS      4096  /* lists of flows by peer */
#define FLOW_PIECES     65536 /* messages that wait to be written, on all flows of a worker */
#define FLOW_SLOTS      (1 << 24)
#define STREAM_AREA     66552 /* one read: the largest message and what comes behind it */
#define ACCEPT_BATCH    32
#define ACCEPT_PAUSE_MS 200 /* with no descriptor left, until the next try */

/* One message that waits to be written: our own bytes, or those of another worker's packet. */
struct flow_piece {
	struct flow_piece *next;
	struct buffer *buffer; /* referenced; NULL: a packet's */
	struct packet *packet; /* goes home when written, or back as MAIL_FLOW_GONE */
	uint64_t sender;
};

enum flow_state { FLOW_CONNECTING, FLOW_OPEN };

/*
 * Owner: the worker. Lifetime: from accept or connect to flow_close, which only libevent's
 * callbacks, timers and the end of a batch call, never a send.
 *
 *     connect ---> CONNECTING --- established --> OPEN ---> flow_close
 *                      \--- refused, deadline --------------^
 *     accept ----------------------------------> OPEN
 */
struct flow {
	struct net *net;
	struct net_address peer;
	int fd;
	uint8_t state; /* enum flow_state */
	uint8_t local;
	bool is_accepted;
	bool is_counted; /* among the connections of its source */
	bool is_reading; /* the read event is pending */
	bool is_blocked; /* the write event is pending */
	int doom;        /* close with this error at the end of the batch; 0: no */
	struct event readable, writable;
	struct stream stream;
	struct buffer *input; /* half a message; NULL: none */
	struct flow_piece *first, *last;
	uint32_t written;  /* of the first piece */
	uint32_t queued;   /* bytes */
	struct list dirty; /* in tcp->dirty while something is to be written or closed */
	struct list by_peer;
	struct lane_node deadline; /* connecting, or half a message */
	struct lane_node stuck;    /* output that does not move */
	struct lane_node idle;
};

/* A listening socket of this worker. */
struct tcp_listener {
	struct net *net;
	int fd;
	uint8_t listener;
	bool is_any;
	struct event *event;
};

/* Owner: the worker. */
struct tcp {
	struct slab flows, pieces;
	struct list peers[FLOW_PEERS];
	struct list dirty;
	struct worker_lane connect_lane, message_lane, stuck_lane, idle_lane, pause_lane;
	struct lane_node pause;
	bool is_paused;
	struct tcp_listener *listeners[NET_LISTENERS];
	struct worker_task drain_task;
	char *area; /* STREAM_AREA bytes to read into */
};

/* ---- tcp_flow.c ---- */
uint64_t flow_id(const struct flow *flow);
struct flow *flow_get(struct net *net, uint64_t id);
/* Takes over `fd`. NULL (the fd is closed) when a limit is reached. */
struct flow *flow_new(
	struct net *net, int fd, const struct net_address *peer, uint8_t local, bool is_accepted);
void flow_start_reading(struct flow *flow);
/* Tells the senders of what waits (error 0: the peer closed) and the user that the flow is gone. */
void flow_close(struct flow *flow, int error);
/* Closes it at the end of the batch. */
void flow_doom(struct flow *flow, int error);
/* The flow to a peer, an open one or a new one; NULL and the error. */
struct flow *flow_towards(struct net *net, const struct path *to, int *ret_error);
void flow_mark_dirty(struct flow *flow);
int flow_add_lanes(struct net *net);

/* ---- tcp_in.c ---- */
void flow_on_readable(evutil_socket_t fd, short what, void *context);

/* ---- tcp_out.c ---- */
void flow_on_writable(evutil_socket_t fd, short what, void *context);
void flow_queue_text(struct flow *flow, struct pv_span text);
void flow_drop_pieces(struct flow *flow, int error);
void flow_take_mail(void *context, struct mail *mail);
void flow_take_gone(void *context, struct mail *mail);

#endif
