/* SPDX-License-Identifier: Apache-2.0 */
/* fake_net.h — a net that sends nothing: it remembers what should have gone out, and fails where it
 * is told to. */
#ifndef TESTS_FAKE_NET_H
#define TESTS_FAKE_NET_H

#include "lib/fake_worker.h"
#include "net/net.h"

/* One message that was sent. Lives until fake_net_free. */
struct fake_sent {
	struct path to;
	char *bytes;
	size_t length;
	uint64_t sender; /* 0 for net_send_copy */
	uint64_t at_ms;
	struct fake_sent *next;
};

/*
 * Stands in for the functions of net.h that a worker calls; link it in place of them (net's address
 * functions are still wanted). Owner: the test. Our own address is 192.0.2.1 and [2001:db8::1],
 * port 5060, on every transport.
 */
struct fake_net;

struct net *fake_net_new(struct fake_worker *worker);
void fake_net_free(struct net *net);
/* What was sent, and what is to fail, is forgotten. */
void fake_net_forget(struct net *net);

/* Called at once for everything that is sent, in order. */
void fake_net_on_sent(
	struct net *net, void (*sent)(void *, const struct fake_sent *), void *context);
/* The net_user's `message`, then the end of the batch. */
void fake_net_deliver(struct net *net, const char *bytes, size_t length, const struct path *from);
/* From now on sends to `port` of any peer, or on `flow` (0 = none), fail with `error` after their
 * batch; 0 mends it. */
void fake_net_fail_port(struct net *net, uint16_t port, int error);
/* The same for streams alone. */
void fake_net_fail_stream(struct net *net, uint16_t port, int error);
void fake_net_fail_flow(struct net *net, uint64_t flow, int error);
/* The flow ends: sends on it fail, and the net_user is told that it is gone. */
void fake_net_lose_flow(struct net *net, uint64_t flow);
/* Asks the net's user, as for a message that came to a worker which is not its home, and hands the
 * message over if it was claimed. */
enum net_claim fake_net_claim(
	struct net *net, const char *bytes, size_t length, const struct path *from);
/* What net_is_overloaded answers. */
void fake_net_set_overloaded(struct net *net, bool overloaded);

/* What a name resolves to (a numeric host needs none); `count` 0 = it is found to be nothing. The
 * answer comes with fake_net_resolve_now. */
void fake_net_resolve_add(
	struct net *net, const char *host, const struct path *targets, unsigned count);
/* Answers what is asked for and waits; returns how many were answered. */
unsigned fake_net_resolve_now(struct net *net);

/* "192.0.2.7:5062", "tcp:192.0.2.7:5062", "tcp:192.0.2.7:5062/3" with a flow. Aborts the test when
 * malformed. */
struct path fake_path(const char *text);
/* The same text back; into `text` of `size`. */
const char *fake_path_text(const struct path *path, char *text, size_t size);

#endif
