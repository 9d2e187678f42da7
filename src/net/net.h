/* SPDX-License-Identifier: Apache-2.0 */
/* net.h: a worker's sockets: messages come in with the path they came by, bytes go out by a path.
 */
#ifndef NET_NET_H
#define NET_NET_H

#include <portavoz/message.h>
#include <portavoz/uri.h>
#include "base/buffer.h"
#include "net/address.h"
#include "runtime/worker.h"
#include "sip/peek.h"

#define NET_LISTENERS 16

/*
 * Where bytes came from, and so where an answer goes: a value, copied freely. For UDP
 * `peer` and `listener` say it all. For a stream `flow` names the connection (worker | generation |
 * slot); 0 = none yet, or any to `peer`.
 */
struct path {
	struct net_address peer;
	uint8_t transport;    /* enum pv_transport */
	uint8_t listener;     /* which local address; NET_ANY_LISTENER lets net choose by family and
				 transport. The first ones are the configured listen addresses in their
				 order; behind them, the addresses that a listener on 0.0.0.0 or ::
				 turned out to have. The same on all workers, for as long as they run.
			       */
	uint8_t tcp_if_large; /* UDP request: net_prefer_stream may turn it into TCP */
	uint64_t flow;
};
#define NET_ANY_LISTENER 0xff

#define FLOW_WORKER(flow) ((unsigned)((flow) >> 56) - 1)

/* A configured listen address. */
struct net_listen {
	enum pv_transport transport;
	struct net_address address; /* port 0: any free one, the same on all workers (tests) */
};

#define NET_DNS_SERVERS 4

/* Filled by the daemon. Lifetime: the net's (it is copied). A zero takes the default in brackets.
 */
struct net_config {
	struct net_listen listen[NET_LISTENERS];
	unsigned listen_count;
	struct net_address public_address; /* family NET_NONE = "auto": the source address towards
					      the peer */
	uint32_t message_max;              /* bytes, UDP and stream [65,535] */
	uint32_t connections;              /* of all workers together [10,000] */
	uint32_t connections_per_source;   /* 0 = no limit */
	uint32_t queue_max;                /* bytes waiting on one connection [256 KB] */
	uint32_t idle_ms;                  /* streams: nothing at all [15 min] */
	uint32_t message_deadline_ms;      /* half a message, or a peer that does not read [10 s] */
	uint32_t connect_ms;               /* [5 s] */
	uint32_t source_rate, source_burst; /* new requests a second of one source; 0 = no limit */
	struct net_address dns_servers[NET_DNS_SERVERS]; /* none: the system's */
	unsigned dns_server_count;
	uint32_t dns_timeout_ms; /* of one try [2 s]; there are two */
	bool steering; /* UDP: the kernel is asked to find the home worker, where it lets us */
};

struct net;       /* one worker's */
struct net_group; /* all workers', main's */

/* Who handles a message. */
enum net_claim {
	NET_AT_HOME,
	NET_HERE, /* whoever it came to: it is answered without state, and spared the hop */
	NET_DROP, /* nobody: it ends here, counted by who said so */
};

/* What net tells the floor above, on the worker's thread. */
struct net_user {
	/* A message whose home is this worker. `bytes` live until the call returns. */
	void (*message)(void *context, const char *bytes, size_t length, const struct path *from);
	/* Bytes handed over with `sender` could not be sent (ICMP, refused connection, gone flow,
	 * full queue). `error` is a positive errno. May come for a sender that has ended since. */
	void (*send_error)(void *context, uint64_t sender, int error);
	/* A flow ended (the registrar drops or keeps its bindings; RFC 5626 §5.3). Called on the
	 * flow's worker. */
	void (*flow_gone)(void *context, uint64_t flow);
	/* Asked of each message as it comes in. `peek` is of its bytes; `is_home`: its home is this
	 * worker. */
	enum net_claim (*claim)(
		void *context, const struct sip_peek *peek, struct pv_span message, bool is_home);
	void *context;
};

/* Binds all sockets of all workers, before the workers' threads run. 0 or -errno; ret_bad (may be
 * NULL) says which listen address it was. -EADDRINUSE also when another process has it with
 * SO_REUSEPORT; -EPROTONOSUPPORT for a transport that is not built. */
int net_group_open(struct net_group **ret, const struct net_config *config,
	struct worker_group *workers, unsigned *ret_bad);
/* After the workers' threads have ended. NULL is accepted. */
void net_group_close(struct net_group *group);
struct net *net_of(struct net_group *group, unsigned worker);
void net_set_user(struct net *net, const struct net_user *user);
/* SIGTERM: stop accepting connections, refuse new requests. Main's; each worker hears of it by
 * mail. */
void net_group_drain(struct net_group *group);
/* A reload: net_config's source_rate, source_burst and connections_per_source from now on. Main's.
 */
void net_group_set_limits(struct net_group *group, uint32_t source_rate, uint32_t source_burst,
	uint32_t connections_per_source);
/* NULL: the kernel gives datagrams to their home workers; else why it does not. Brings the metrics
 * of it up to date. Main's. */
const char *net_steering(const struct net_group *group);
/* The address that listener `index` is bound to, its port as the kernel chose it. */
struct net_address net_group_bound(const struct net_group *group, unsigned index);

/*
 * Hands bytes over; they leave at the end of the batch. Takes a reference of its own on `bytes`:
 * they are not copied and must not change until then. `sender` (0 = nobody) is told of an error
 * later, never from inside this call. The path may name a flow of another worker. For a stream path
 * whose flow is gone a response goes to `peer` by §18.2.2 (a new connection), which the caller asks
 * for by giving the path with flow 0.
 */
void net_send(struct net *net, const struct path *to, struct buffer *bytes, uint64_t sender);
/* The same for a few bytes that live nowhere: copied. */
void net_send_copy(struct net *net, const struct path *to, struct pv_span bytes);

/* Sent-by of our Via, and host part of our Record-Route, on the way to `to`: "192.0.2.1:5060".
 * Chooses to->listener where it is NET_ANY_LISTENER. The text lives as long as the net.
 * -EADDRNOTAVAIL: no such listener. */
int net_local(struct net *net, struct path *to, struct pv_span *ret_sent_by);

/* The address itself that a path's listener, which net_local chose, sends from; all zero where the
 * kernel chooses. */
void net_local_address(const struct net *net, uint8_t listener, struct net_address *ret);

/* RFC 3261 §18.1.1: a request of `length` bytes that is too large for UDP goes by TCP if
 * to->tcp_if_large and we listen on TCP in that family. To be asked before the Via is written, for
 * that names the transport. True when `to` was changed (transport, listener, flow). */
bool net_prefer_stream(struct net *net, struct path *to, size_t length);

/* RFC 3261 §18.1.1: a request that went by TCP for its size alone, and did not get there, goes by
 * UDP. True when `to` was changed. */
static inline bool net_leave_stream(struct path *to)
{
	if (to->transport != PV_TRANSPORT_TCP || !to->tcp_if_large)
		return false;
	to->transport = PV_TRANSPORT_UDP;
	to->listener = NET_ANY_LISTENER;
	to->flow = 0;
	to->tcp_if_large = 0;
	return true;
}

/* Is `address` one that we listen on? Port 0 counts as 5060. */
bool net_is_local(const struct net *net, const struct net_address *address);

/* Asked for each new request: true = refuse it. While the worker is behind a share of them is
 * refused, so that calls in progress end well; when it drains, all. */
bool net_is_overloaded(struct net *net);

/* RFC 3263. A numeric host answers at once (returns the count of targets > 0); a name answers later
 * through `done` (returns 0); < 0 -errno: cannot be resolved. `done` gets count 0 when nothing was
 * found. -EPROTONOSUPPORT: a transport or scheme that is not built (sips). */
#define RESOLVE_TARGETS 8
struct resolve {
	struct path targets[RESOLVE_TARGETS]; /* in the order to try */
	unsigned count;
	void (*done)(struct resolve *resolve);
	void *private_;
};
int resolve_start(struct net *net, const struct pv_uri *next_hop, struct resolve *resolve);
/* `done` will not be called. Safe after `done`, and on a zeroed struct. */
void resolve_cancel(struct resolve *resolve);

#endif
