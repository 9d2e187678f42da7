/* SPDX-License-Identifier: Apache-2.0 */
/* fake_net.c — a net that sends nothing: it remembers what should have gone out, and fails where it
 * is told to. */
#include "lib/fake_net.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/want.h"

#define FAILURES 64
#define RULES    16
#define NAMES    16

struct failure {
	uint64_t sender;
	int error;
};

struct rule {
	bool stream; /* of streams only */
	uint16_t port;
	uint64_t flow;
	int error;
};

struct name {
	char host[64];
	struct path targets[RESOLVE_TARGETS];
	unsigned count;
};

struct net {
	struct fake_worker *worker;
	struct net_user user;
	struct fake_sent *sent, **sent_end;
	void (*on_sent)(void *, const struct fake_sent *);
	void *on_sent_context;
	struct rule rules[RULES];
	unsigned rule_count;
	struct failure failures[FAILURES]; /* told at the end of the batch */
	unsigned failure_count;
	struct name names[NAMES];
	unsigned name_count;
	struct resolve *asked[NAMES]; /* wait for their answer */
	struct name *asked_name[NAMES];
	unsigned asked_count;
	bool overloaded;
};

static void tell_failures(void *context)
{
	struct net *net = context;
	struct failure failures[FAILURES];
	while (net->failure_count) {
		unsigned count = net->failure_count;
		memcpy(failures, net->failures, count * sizeof(*failures));
		net->failure_count = 0;
		for (unsigned i = 0; i < count; i++)
			if (net->user.send_error)
				net->user.send_error(
					net->user.context, failures[i].sender, failures[i].error);
	}
}

struct net *fake_net_new(struct fake_worker *worker)
{
	struct net *net = calloc(1, sizeof(*net));
	WANT(net);
	net->worker = worker;
	net->sent_end = &net->sent;
	worker_on_batch_end(worker->worker, tell_failures, net);
	return net;
}

void fake_net_forget(struct net *net)
{
	while (net->sent) {
		struct fake_sent *next = net->sent->next;
		free(net->sent->bytes);
		free(net->sent);
		net->sent = next;
	}
	net->sent_end = &net->sent;
	net->rule_count = net->failure_count = 0;
}

void fake_net_free(struct net *net)
{
	fake_net_forget(net);
	free(net);
}

void fake_net_on_sent(
	struct net *net, void (*sent)(void *, const struct fake_sent *), void *context)
{
	net->on_sent = sent;
	net->on_sent_context = context;
}

/* As src/net/receive.c asks; there is one worker, so every message is at home. */
static bool is_claimed(struct net *net, const char *bytes, size_t length)
{
	struct sip_peek peek;
	return !net->user.claim || sip_peek(bytes, length, &peek) < 0 ||
	       net->user.claim(net->user.context, &peek, (struct pv_span){bytes, length}, true) !=
		       NET_DROP;
}

enum net_claim fake_net_claim(
	struct net *net, const char *bytes, size_t length, const struct path *from)
{
	struct sip_peek peek;
	if (sip_peek(bytes, length, &peek) < 0)
		return NET_DROP;
	worker_wake(net->worker->worker);
	enum net_claim claim =
		net->user.claim(net->user.context, &peek, (struct pv_span){bytes, length}, false);
	if (claim == NET_HERE)
		net->user.message(net->user.context, bytes, length, from);
	fake_worker_run(net->worker);
	return claim;
}

void fake_net_deliver(struct net *net, const char *bytes, size_t length, const struct path *from)
{
	worker_wake(net->worker->worker);
	if (is_claimed(net, bytes, length))
		net->user.message(net->user.context, bytes, length, from);
	fake_worker_run(net->worker);
}

static void set_rule(struct net *net, uint16_t port, uint64_t flow, bool stream, int error)
{
	unsigned i = 0;
	while (i < net->rule_count && !(net->rules[i].port == port && net->rules[i].flow == flow &&
					      net->rules[i].stream == stream))
		i++;
	WANT(i < RULES);
	net->rules[i] = (struct rule){.stream = stream, .port = port, .flow = flow, .error = error};
	if (i == net->rule_count)
		net->rule_count++;
}

void fake_net_fail_port(struct net *net, uint16_t port, int error)
{
	set_rule(net, port, 0, false, error);
}

void fake_net_fail_stream(struct net *net, uint16_t port, int error)
{
	set_rule(net, port, 0, true, error);
}

void fake_net_fail_flow(struct net *net, uint64_t flow, int error)
{
	set_rule(net, 0, flow, false, error);
}

void fake_net_lose_flow(struct net *net, uint64_t flow)
{
	fake_net_fail_flow(net, flow, EPIPE);
	if (net->user.flow_gone)
		net->user.flow_gone(net->user.context, flow);
	fake_worker_run(net->worker);
}

void fake_net_set_overloaded(struct net *net, bool overloaded)
{
	net->overloaded = overloaded;
}

/* What the rules say about a path: a lost flow fails only what names it. */
static int error_for(const struct net *net, const struct path *to)
{
	for (unsigned i = 0; i < net->rule_count; i++) {
		const struct rule *rule = &net->rules[i];
		if (rule->stream && to->transport == PV_TRANSPORT_UDP)
			continue;
		if (rule->flow ? rule->flow == to->flow : rule->port == to->peer.port)
			if (rule->error)
				return rule->error;
	}
	return 0;
}

static void record(struct net *net, const struct path *to, struct pv_span bytes, uint64_t sender)
{
	struct fake_sent *sent = calloc(1, sizeof(*sent));
	WANT(sent);
	sent->bytes = malloc(bytes.length + 1);
	WANT(sent->bytes);
	memcpy(sent->bytes, bytes.at, bytes.length);
	sent->bytes[bytes.length] = '\0';
	sent->length = bytes.length;
	sent->to = *to;
	sent->sender = sender;
	sent->at_ms = clock_now_ms(&net->worker->clock.clock);
	*net->sent_end = sent;
	net->sent_end = &sent->next;
	if (net->on_sent)
		net->on_sent(net->on_sent_context, sent);
	int error = error_for(net, to);
	if (error && sender && net->failure_count < FAILURES)
		net->failures[net->failure_count++] = (struct failure){sender, error};
}

void fake_net_resolve_add(
	struct net *net, const char *host, const struct path *targets, unsigned count)
{
	WANT(net->name_count < NAMES);
	struct name *name = &net->names[net->name_count++];
	snprintf(name->host, sizeof(name->host), "%s", host);
	memcpy(name->targets, targets, count * sizeof(*targets));
	name->count = count;
}

unsigned fake_net_resolve_now(struct net *net)
{
	unsigned answered = 0;
	while (net->asked_count) {
		struct resolve *resolve = net->asked[--net->asked_count];
		const struct name *name = net->asked_name[net->asked_count];
		resolve->count = name ? name->count : 0;
		if (name)
			memcpy(resolve->targets, name->targets, sizeof(name->targets));
		resolve->private_ = NULL;
		resolve->done(resolve);
		answered++;
	}
	fake_worker_run(net->worker);
	return answered;
}

/* ---- the functions of net/net.h ---- */

void net_set_user(struct net *net, const struct net_user *user)
{
	net->user = *user;
}

void net_send(struct net *net, const struct path *to, struct buffer *bytes, uint64_t sender)
{
	record(net, to, (struct pv_span){bytes->bytes, bytes->length}, sender);
}

void net_send_copy(struct net *net, const struct path *to, struct pv_span bytes)
{
	record(net, to, bytes, 0);
}

int net_local(struct net *net, struct path *to, struct pv_span *ret_sent_by)
{
	if (to->listener == NET_ANY_LISTENER)
		to->listener = to->peer.family == NET_IPV6 ? 1 : 0;
	*ret_sent_by = to->peer.family == NET_IPV6 ? PV_SPAN("[2001:db8::1]:5060")
						   : PV_SPAN("192.0.2.1:5060");
	return 0;
}

bool net_prefer_stream(struct net *net, struct path *to, size_t length)
{
	if (to->transport != PV_TRANSPORT_UDP || !to->tcp_if_large || length <= 1300)
		return false;
	to->transport = PV_TRANSPORT_TCP;
	to->flow = 0;
	return true;
}

bool net_is_local(const struct net *net, const struct net_address *address)
{
	char text[NET_ADDRESS_TEXT];
	struct pv_writer w;
	pv_writer_init(&w, text, sizeof(text));
	net_address_write_ip(address, &w);
	return (address->port == 5060 || !address->port) &&
	       (pv_span_equal(pv_writer_span(&w), PV_SPAN("192.0.2.1")) ||
		       pv_span_equal(pv_writer_span(&w), PV_SPAN("2001:db8::1")));
}

bool net_is_overloaded(struct net *net)
{
	return net->overloaded;
}

static uint8_t transport_of(const struct pv_uri *uri)
{
	return (uint8_t)(uri->transport.length ? pv_transport_of(uri->transport)
					       : PV_TRANSPORT_UDP);
}

int resolve_start(struct net *net, const struct pv_uri *next_hop, struct resolve *resolve)
{
	struct path *target = &resolve->targets[0];
	if (next_hop->scheme == PV_SCHEME_SIPS)
		return -EPROTONOSUPPORT;
	memset(target, 0, sizeof(*target));
	target->transport = transport_of(next_hop);
	target->listener = NET_ANY_LISTENER;
	target->tcp_if_large = next_hop->transport.length == 0;
	struct pv_span host = next_hop->maddr.length ? next_hop->maddr : next_hop->host;
	if (net_address_parse(host, next_hop->port ? next_hop->port : 5060, &target->peer)) {
		resolve->count = 1;
		return 1;
	}
	WANT(net->asked_count < NAMES);
	struct name *found = NULL;
	for (unsigned i = 0; i < net->name_count; i++)
		if (pv_span_equal_nocase(pv_span_of(net->names[i].host), host))
			found = &net->names[i];
	resolve->private_ = net;
	net->asked_name[net->asked_count] = found;
	net->asked[net->asked_count++] = resolve;
	return 0;
}

void resolve_cancel(struct resolve *resolve)
{
	struct net *net = resolve->private_;
	for (unsigned i = 0; net && i < net->asked_count; i++)
		if (net->asked[i] == resolve) {
			net->asked[i] = net->asked[--net->asked_count];
			net->asked_name[i] = net->asked_name[net->asked_count];
		}
}

/* ---- paths as text ---- */

struct path fake_path(const char *text)
{
	struct path path = {.transport = PV_TRANSPORT_UDP};
	struct pv_span rest = pv_span_of(text);
	const char *colon = pv_span_find(rest, ':');
	if (colon && pv_transport_of(pv_span_from(rest.at, colon)) != PV_TRANSPORT_OTHER) {
		path.transport = (uint8_t)pv_transport_of(pv_span_from(rest.at, colon));
		rest = pv_span_from(colon + 1, pv_span_end(rest));
	}
	const char *slash = pv_span_find(rest, '/');
	if (slash) {
		path.flow = strtoull(slash + 1, NULL, 10);
		rest = pv_span_from(rest.at, slash);
	}
	const char *port = memrchr(rest.at, ':', rest.length);
	WANT(port && net_address_parse(
			     pv_span_from(rest.at, port), (uint16_t)atoi(port + 1), &path.peer));
	return path;
}

const char *fake_path_text(const struct path *path, char *text, size_t size)
{
	struct pv_writer w;
	pv_writer_init(&w, text, size - 1);
	if (path->transport != PV_TRANSPORT_UDP) {
		struct pv_span name = pv_transport_text(path->transport);
		for (size_t i = 0; i < name.length; i++)
			pv_put_char(&w, (char)pv_lower((unsigned char)name.at[i]));
		pv_put_char(&w, ':');
	}
	net_address_write(&path->peer, &w);
	if (path->flow) {
		pv_put_char(&w, '/');
		pv_put_u64(&w, path->flow);
	}
	*w.at = '\0';
	return text;
}
