/* SPDX-License-Identifier: Apache-2.0 */
/* udp.h: the UDP sockets of one worker. */
#ifndef NET_UDP_H
#define NET_UDP_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "net/private.h"

#define UDP_BATCH 32  /* datagrams of one receive */
#define UDP_OUT   128 /* datagrams of one send */
#define UDP_SENT  512 /* sends that an ICMP error can be traced back to */
#define UDP_RCVBUF                                                                    \
	(16 << 20) /* what comes while the system lets us not run, at 60,000 a second \
		    */
#define UDP_SNDBUF      (1 << 20)
#define UDP_TAIL        (65536 - PACKET_BYTES)
#define UDP_CONTROL_IN  128 /* packet info of either family, time stamp, drop count */
#define UDP_CONTROL_OUT CMSG_SPACE(sizeof(struct in6_pktinfo))

/* Who sent what to whom of late. */
struct udp_sent {
	struct net_address peer;
	uint64_t sender;
};

/* What waits for the end of the batch, wired once. */
struct udp_out {
	unsigned count;
	uint64_t stalled_ms; /* since when the kernel takes nothing; 0 = it does */
	struct mmsghdr messages[UDP_OUT];
	struct iovec pieces[UDP_OUT];
	struct sockaddr_in6 peers[UDP_OUT]; /* of either family */
	struct buffer *buffers[UDP_OUT];
	uint64_t senders[UDP_OUT];
	_Alignas(8) char control[UDP_OUT][UDP_CONTROL_OUT];
};

/* Datagrams of one batch that leave together: the places in udp_out of the first and last one. */
struct udp_train {
	uint8_t first, last;
	uint8_t count;
};

/* Scratch of udp_train.c. */
struct udp_trains {
	unsigned count;
	struct udp_train train[UDP_OUT];
	uint8_t next[UDP_OUT]; /* the place behind in the train, UDP_OUT ends it */
	struct mmsghdr messages[UDP_OUT];
	struct iovec pieces[UDP_OUT];
	_Alignas(8) char control[UDP_OUT][UDP_CONTROL_OUT + CMSG_SPACE(sizeof(uint16_t))];
};

/* Owner: the worker. */
struct udp_socket {
	struct net *net;
	int fd;
	uint8_t listener;
	bool has_trains; /* the kernel knows UDP_SEGMENT */
	bool has_more;   /* than it may give in one round */
	bool is_any;     /* bound to any address: who wrote to which one comes with each datagram */
	uint32_t drops;  /* as the kernel counts them, modulo 2^32 */
	struct event *event;    /* readable, edge-triggered */
	struct event *writable; /* pending only while the kernel's buffer is full */
	struct udp_out out;
};

/* The receive batch of all sockets of the worker, wired once. A datagram fills its packet first and
 * what does not fit goes to the slot's tail, memory that ordinary traffic never touches; in front
 * of the tail is room for the packet's part, to make it whole again. */
struct udp {
	struct mmsghdr messages[UDP_BATCH];
	struct iovec pieces[UDP_BATCH][2];
	struct sockaddr_in6 peers[UDP_BATCH];
	_Alignas(8) char control[UDP_BATCH][UDP_CONTROL_IN];
	struct packet *packets[UDP_BATCH];
	struct worker_lane retry_lane;
	struct lane_node retry; /* armed while a socket is stalled */
	struct packet *spare; /* for the next slot whose packet leaves; NULL: none was to be had */
	char *tails;          /* UDP_BATCH * 65,536 */
	bool has_any;         /* a socket is bound to any address */
	struct udp_trains trains;
	unsigned sent_next;
	struct udp_sent sent[UDP_SENT];
	struct udp_socket *sockets[NET_LISTENERS]; /* by listener; NULL: none */
};

/* Reads the ICMP errors that wait on the socket and tells the senders. */
void udp_read_errors(struct udp_socket *socket);
void udp_out_add_lane(struct net *net);
int udp_out_init(struct udp_socket *socket);
void udp_out_done(struct udp_socket *socket);
void udp_out_flush(struct udp_socket *socket);
/* The message at place `i` has left: its buffer is let go. */
void udp_out_release(struct udp_socket *socket, unsigned i);

bool udp_train_is_known(int fd);
/* Sends what the batch holds, coupled, where coupling saves anything; what has left was released.
 * Returns how many; what did not leave is for the plain way, which also deals with errors. */
unsigned udp_train_send(struct udp_socket *socket);

#endif
