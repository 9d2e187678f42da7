/* SPDX-License-Identifier: Apache-2.0 */
/* private.h: what the files of this folder share: one worker's net, and what all workers share. */
#ifndef NET_PRIVATE_H
#define NET_PRIVATE_H

#include <event2/event.h>

#include "base/list.h"
#include "base/lock.h"
#include "net/net.h"
#include "net/overload.h"
#include "net/packet.h"
#include "net/screen.h"
#include "net/steering.h"

#define NET_SOURCES 65536 /* places that count the connections of a source */
#define NET_LOCALS  255   /* what a path's `listener` can name, NET_ANY_LISTENER aside */

/*
 * An address that we send from. Written once under the group's lock, then constant: readers see it
 * whole because local_count is published after it.
 */
struct local {
	struct net_address address; /* any = the kernel chooses the source */
	uint8_t transport;
	uint8_t socket; /* the configured listener that serves it */
	uint8_t sent_by_length;
	char sent_by[NET_ADDRESS_TEXT];
};

/* Owner: main; the workers read it, and share the atomics. Lifetime: from open to close. */
struct net_group {
	struct net_config config;
	struct worker_group *workers;
	_Atomic bool draining; /* set once, by net_group_drain */
	struct net *nets[WORKERS_MAX];
	struct local locals[NET_LOCALS];
	_Atomic unsigned local_count;
	struct lock locals_lock; /* taken to add to `locals` */
	struct net_address *host_addresses;
	unsigned host_address_count; /* of this machine, when something listens on any address */
	struct screen screen;
	struct screen screen_of_calls; /* requests that belong to something */
	struct siphash_key source_key;
	struct steering steering;
	_Atomic uint32_t connections;
	_Atomic uint32_t connections_per_source; /* the limit; 0: none */
	_Atomic uint16_t *connections_of;        /* by hash of the source address */
};

/* A message that could not be sent: its sender hears of it at the end of the batch. */
struct send_failure {
	uint64_t sender;
	int error;
};
#define SEND_FAILURES 256

struct udp;
struct tcp;
struct locals_cache;
struct resolver;

/* Owner: its worker. Lifetime: the group's. */
struct net {
	struct net_group *group;
	struct worker *worker;
	struct net_user user;
	struct packet_pool packets;
	struct overload overload;
	uint64_t delay_ns; /* the longest wait of a message of this batch */
	struct udp *udp;
	struct tcp *tcp;
	struct locals_cache *locals_cache;
	struct resolver *resolver;
	unsigned failure_count;
	struct send_failure failures[SEND_FAILURES];
};

/* ---- receive.c: what every transport does with a whole message ---- */

/* Finds the owner of a message and gives it to him: calls the user, or posts. `packet` (may be
 * NULL) holds the bytes already and is given away when true is returned. */
bool receive_message(struct net *net, const char *bytes, size_t length, const struct path *from,
	struct packet *packet);
/* The worker that a message names: by our branch in a response, else by its Call-ID. -1: none. */
int receive_home(const struct worker_group *workers, const struct sip_peek *peek);
void receive_mail(void *context, struct mail *mail);
/* A message has waited so long. Of the time that we slept nothing counts: who comes then waits for
 * the machine to let us run, not for our work. */
void receive_note_wait(struct net *net, uint64_t wait_ns);
/* Once a batch: tells the overload judge how long its messages waited. */
void receive_judge_delay(struct net *net);

/* ---- send.c ---- */
void send_failed(struct net *net, uint64_t sender, int error);
/* Copies bytes into a packet and posts it to the worker of to->flow. */
void send_post(
	struct net *net, const struct path *to, const char *bytes, size_t length, uint64_t sender);

/* ---- local.c ---- */
int locals_open(struct net_group *group);
int locals_cache_new(struct net *net);
void locals_cache_free(struct net *net);
/* The local address index of `address`, which configured listener `socket` serves; the listener's
 * own index when the table is full. */
uint8_t local_learn(struct net_group *group, uint8_t socket, const struct net_address *address);
/* The local address to send from, or -1. */
int local_choose(struct net *net, const struct path *to);

/* ---- udp.c, udp_out.c ---- */
int udp_new(struct net *net);
void udp_free(struct net *net);
int udp_open(struct net *net, unsigned listener);
void udp_send(struct net *net, unsigned local, const struct net_address *peer, struct buffer *bytes,
	uint64_t sender);
void udp_flush(struct net *net);
/* After a round: sockets that have more are read in the next one, which comes without a wait. */
void udp_read_on(struct net *net);

/* ---- tcp.c ---- */
int tcp_new(struct net *net);
void tcp_free(struct net *net);
int tcp_open(struct net *net, unsigned listener);
void tcp_send(struct net *net, const struct path *to, struct buffer *bytes, uint64_t sender);
void tcp_flush(struct net *net);
void tcp_drain(struct net *net);

/* ---- resolver_*.c ---- */
int resolver_new(struct net *net);
void resolver_free(struct net *net);

#endif
