/* SPDX-License-Identifier: Apache-2.0 */
/* net.h — a worker's sockets: messages come in with the path they came by, bytes go out by a path. */
#ifndef NET_NET_H
#define NET_NET_H

#include <portavoz/message.h>
#include <portavoz/uri.h>
#include "base/buffer.h"
#include "net/address.h"
#include "runtime/worker.h"

#define NET_LISTENERS 16

/*
 * Where bytes came from, and so where an answer goes: a value, copied freely. For UDP `peer` and `listener` say
 * it all. For a stream `flow` names the connection (worker | slot | generation); 0 = none yet, or any to `peer`.
 */
struct path {
	struct net_address peer;
	uint8_t transport;        /* enum pv_transport */
	uint8_t listener;         /* index of the local socket; NET_ANY_LISTENER lets net choose by family and transport */
	uint8_t tcp_if_large;     /* UDP request: may go by TCP when over 1,300 bytes (RFC 3261 §18.1.1) */
	uint64_t flow;
};
#define NET_ANY_LISTENER 0xff

#define FLOW_WORKER(flow) ((unsigned)((flow) >> 56) - 1)

/* A configured listen address. */
struct net_listen {
	enum pv_transport transport;
	struct net_address address;
};

/* Filled by the daemon. Lifetime: the net's. */
struct net_config {
	struct net_listen listen[NET_LISTENERS];
	unsigned listen_count;
	struct net_address public_address;     /* family NET_NONE = "auto": the source address towards the peer */
	uint32_t message_max;                  /* bytes, UDP and stream */
	uint32_t connections, connections_per_source;
	uint32_t queue_max;                    /* bytes waiting to be written on one connection */
	uint32_t idle_ms, message_deadline_ms; /* streams: nothing at all; half a message */
	uint32_t connect_ms;
	uint32_t source_rate, source_burst;    /* new requests per second of one source address; 0 = no limit */
};

struct net;        /* one worker's */
struct net_group;  /* all workers', main's */

/* What net tells the floor above, on the worker's thread. */
struct net_user {
	/* A message whose home is this worker. `bytes` live until the call returns. */
	void (*message)(void *context, const char *bytes, size_t length, const struct path *from);
	/* Bytes handed over with `sender` could not be sent (ICMP, refused connection, gone flow, full queue). */
	void (*send_error)(void *context, uint64_t sender, int error);
	/* A flow ended (the registrar drops or keeps its bindings; RFC 5626 §5.3). Called on the flow's worker. */
	void (*flow_gone)(void *context, uint64_t flow);
	void *context;
};

/* Binds all sockets of all workers. 0 or -errno; ret_bad says which listen address it was. */
int net_group_open(struct net_group **ret, const struct net_config *config, struct worker_group *workers, unsigned *ret_bad);
void net_group_close(struct net_group *group);
struct net *net_of(struct net_group *group, unsigned worker);
void net_set_user(struct net *net, const struct net_user *user);
/* SIGTERM: stop accepting connections. */
void net_group_drain(struct net_group *group);

/*
 * Hands bytes over; they leave at the end of the batch. Takes a reference of its own on `bytes`: they are not
 * copied and must not change until then. `sender` (0 = nobody) is told of an error later, never from inside this call.
 * The path may name a flow of another worker. For a stream path whose flow is gone a response goes to `peer` by
 * §18.2.2 (a new connection), which the caller asks for by giving the path with flow 0.
 */
void net_send(struct net *net, const struct path *to, struct buffer *bytes, uint64_t sender);
/* The same for a few bytes that live nowhere: copied. */
void net_send_copy(struct net *net, const struct path *to, struct pv_span bytes);

/* Sent-by of our Via, and host part of our Record-Route, on the way to `to`: "192.0.2.1:5060". Chooses
 * to->listener where it is NET_ANY_LISTENER. The text lives as long as the net. -EADDRNOTAVAIL: no such listener. */
int net_local(struct net *net, struct path *to, struct pv_span *ret_sent_by);

/* Is `address` one that we listen on? */
bool net_is_local(const struct net *net, const struct net_address *address);

/* True while the worker is behind (socket queue delay over the limit): new requests are refused first. */
bool net_is_overloaded(const struct net *net);

/* RFC 3263. A numeric host answers at once (returns the count of targets > 0); a name answers later through
 * `done` (returns 0); < 0 -errno: cannot be resolved. `done` gets count 0 when nothing was found. */
#define RESOLVE_TARGETS 8
struct resolve {
	struct path targets[RESOLVE_TARGETS]; /* in the order to try */
	unsigned count;
	void (*done)(struct resolve *resolve);
	void *private_;
};
int resolve_start(struct net *net, const struct pv_uri *next_hop, struct resolve *resolve);
void resolve_cancel(struct resolve *resolve);

#endif
