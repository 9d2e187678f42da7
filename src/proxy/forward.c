/* SPDX-License-Identifier: Apache-2.0 */
/* forward.c — sends a request to one target (RFC 3261 §16.6 items 7 to 11), and to the next address
 * when that fails. */
#include "proxy/private.h"

#include <errno.h>

int proxy_next_hop(const struct incoming *incoming, struct pv_span uri, struct pv_span routes,
	struct pv_uri *ret)
{
	struct pv_span first = incoming->next_route, rest = routes;
	struct pv_address route;
	if (routes.length && !pv_list_next(&rest, &first))
		return -1;
	if (!first.length)
		return pv_uri_parse(uri, ret);
	return pv_address_parse(first, &route) < 0 ? -1 : pv_uri_parse(route.uri, ret);
}

/* Dialogs start here, so we stay on their path (§16.6 item 4). */
static bool wants_record_route(const struct incoming *incoming)
{
	enum pv_method method = incoming->message->method;
	return !incoming->message->to_tag.length &&
	       (method == PV_METHOD_INVITE || method == PV_METHOD_SUBSCRIBE ||
		       method == PV_METHOD_REFER || method == PV_METHOD_NOTIFY);
}

/* What a branch ends with when its request could not be sent: §16.9 takes it for a 503. */
#define UNSENT 503

static struct buffer *write_branch(struct proxy *proxy, struct fork *fork, unsigned index,
	const struct incoming *incoming, const struct call_media_result *media,
	struct transaction *client, int *ret_error)
{
	struct fork_branch *branch = fork_branch(fork, index);
	if (fork->has_user) {
		const struct fork_request request = {
			.word = fork->word,
			.incoming = incoming,
			.branch = index,
			.uri = fork_text(fork, branch->uri),
			.routes = fork_text(fork, branch->routes),
			.to = &branch->path,
			.pin = branch->pin,
		};
		return proxy->user->write(proxy->user->context, &request, client, ret_error);
	}
	bool record_route = wants_record_route(incoming);
	if (record_route && !fork->dialog)
		fork->dialog = dialog_hash(proxy, incoming->message);
	const struct rewrite rewrite = {
		.incoming = incoming,
		.media = media,
		.dialog = fork->dialog,
		.uri = fork_text(fork, branch->uri),
		.routes = fork_text(fork, branch->routes),
		.to = &branch->path,
		.record_route = record_route,
		.pin_callee = branch->pin,
	};
	return proxy_rewrite(proxy, &rewrite, client, ret_error);
}

static void send_branch(
	struct proxy *proxy, struct fork *fork, unsigned index, const struct incoming *incoming)
{
	struct fork_branch *branch = fork_branch(fork, index);
	struct transaction *client =
		transaction_client_take(proxy->at.transactions, (enum pv_method)fork->method);
	if (!client) {
		fork_branch_done(proxy, fork, index, UNSENT, NULL);
		return;
	}
	transaction_set_peer(client, fork->server);
	struct call_media_result media;
	if (!proxy_call_request(proxy, fork, index, incoming, &media)) {
		transaction_client_drop(proxy->at.transactions, client);
		fork_branch_done(proxy, fork, index, fork->refusal.status, NULL);
		return;
	}
	int error;
	struct buffer *bytes = write_branch(proxy, fork, index, incoming, &media, client, &error);
	if (!bytes) {
		transaction_client_drop(proxy->at.transactions, client);
		if (error > 0)
			fork->refusal.status = (uint16_t)error;
		fork_branch_done(proxy, fork, index, error > 0 ? (unsigned)error : UNSENT, NULL);
		return;
	}
	branch->state = BRANCH_TRYING;
	branch->client = transaction_handle(proxy->at.transactions, client);
	transaction_set_user_word(client, slab_handle(&proxy->forks, fork), (uint8_t)index);
	transaction_client_send(proxy->at.transactions, client, bytes, &branch->path);
	buffer_unref(&proxy->at.worker->buffers, bytes);
	metrics_add(METRIC_proxy_branches, 1);
}

/* The name was found, or not. */
static void resolved(struct resolve *resolve)
{
	struct branch_resolve *r = container_of(resolve, struct branch_resolve, resolve);
	struct proxy *proxy = r->proxy;
	struct fork *fork = fork_get(proxy, r->fork);
	if (!fork) {
		slab_give(&proxy->resolves, r);
		return;
	}
	unsigned index = r->branch;
	fork_branch(fork, index)->state = BRANCH_TRYING;
	if (!branch_failover(proxy, fork, index))
		fork_branch_done(proxy, fork, index, UNSENT, NULL);
}

/* 1: the path is known; 0: later; < 0: cannot be resolved. */
static int resolve_branch(
	struct proxy *proxy, struct fork *fork, unsigned index, const struct pv_uri *hop)
{
	struct fork_branch *branch = fork_branch(fork, index);
	struct branch_resolve *r = slab_take(&proxy->resolves);
	if (!r)
		return -ENOBUFS;
	memset(r, 0, sizeof(*r));
	*r = (struct branch_resolve){
		.proxy = proxy, .fork = slab_handle(&proxy->forks, fork), .branch = (uint8_t)index};
	r->resolve.done = resolved;
	int count = resolve_start(proxy->at.net, hop, &r->resolve);
	if (count > 0) {
		branch->path = r->resolve.targets[0];
		r->next = 1;
	}
	if (count < 0 || count == 1) {
		slab_give(&proxy->resolves, r);
		return count;
	}
	branch->resolving = slab_handle(&proxy->resolves, r);
	if (count == 0)
		branch->state = BRANCH_RESOLVING;
	return count;
}

void branch_resolve_give(struct proxy *proxy, uint64_t handle)
{
	struct branch_resolve *r = slab_get(&proxy->resolves, handle);
	if (!r)
		return;
	resolve_cancel(&r->resolve);
	slab_give(&proxy->resolves, r);
}

void branch_start(struct proxy *proxy, struct fork *fork, unsigned index, struct incoming *incoming)
{
	struct fork_branch *branch = fork_branch(fork, index);
	struct pv_uri hop;
	if (!branch->has_path) {
		int found = proxy_next_hop(incoming, fork_text(fork, branch->uri),
			fork_text(fork, branch->routes), &hop);
		if (found == 0)
			found = resolve_branch(proxy, fork, index, &hop);
		if (branch->state == BRANCH_RESOLVING)
			return;
		if (found < 0) {
			fork_branch_done(proxy, fork, index, UNSENT, NULL);
			return;
		}
	}
	send_branch(proxy, fork, index, incoming);
}

/* The fork's copy of the request, read again. NULL cannot happen: it was read before. */
static struct incoming *read_again(struct proxy *proxy, const struct fork *fork)
{
	if (pv_message_parse(&proxy->scratch, fork->request->bytes, fork->request->length, true) <=
		0)
		return NULL;
	proxy_prepare(proxy, &proxy->again, &proxy->scratch, &fork->from);
	return &proxy->again;
}

void branch_start_again(struct proxy *proxy, struct fork *fork, unsigned index)
{
	struct incoming *incoming = read_again(proxy, fork);
	if (incoming)
		branch_start(proxy, fork, index, incoming);
	else
		fork_branch_done(proxy, fork, index, UNSENT, NULL);
}

/* Once more to where it went. */
bool branch_send_again(struct proxy *proxy, struct fork *fork, unsigned index)
{
	struct incoming *incoming = read_again(proxy, fork);
	if (incoming)
		send_branch(proxy, fork, index, incoming);
	return incoming;
}

/* RFC 3263 §4.3: the next target; and a request that went by TCP for its size alone goes by UDP
 * (§18.1.1). */
bool branch_failover(struct proxy *proxy, struct fork *fork, unsigned index)
{
	struct fork_branch *branch = fork_branch(fork, index);
	struct branch_resolve *r = slab_get(&proxy->resolves, branch->resolving);
	if (!net_leave_stream(&branch->path)) {
		if (!r || r->next >= r->resolve.count)
			return false;
		branch->path = r->resolve.targets[r->next++];
	}
	struct incoming *incoming = read_again(proxy, fork);
	if (!incoming)
		return false;
	send_branch(proxy, fork, index, incoming);
	return true;
}

/* Calls of strangers are not counted here: they are known by their address only, which has its
 * rate. */
static bool user_may_call(struct proxy *proxy, const struct incoming *incoming, uint32_t *ret_place)
{
	*ret_place = 0;
	bool counts = proxy->at.user_calls && incoming->message->method == PV_METHOD_INVITE &&
		      !incoming->message->to_tag.length && incoming->identity.length;
	if (!counts || user_calls_take(proxy->at.user_calls, incoming->identity, ret_place))
		return true;
	metrics_add(METRIC_proxy_refused_user_calls, 1);
	return false;
}

static bool start_fork(struct proxy *proxy, struct incoming *incoming, struct transaction *server,
	bool has_user, uint64_t word)
{
	uint32_t place;
	bool may = user_may_call(proxy, incoming, &place);
	struct fork *fork = may ? fork_new(proxy, incoming, server) : NULL;
	if (!fork) {
		user_calls_give(proxy->at.user_calls, place);
		proxy_reply_busy(proxy, server, incoming->message, incoming->from);
		return false;
	}
	fork->user_place = place;
	fork->has_user = has_user;
	fork->word = word;
	/* an application has calls of its own */
	int error = has_user ? 0 : proxy_call_enter(proxy, fork, incoming);
	if (error) {
		fork_free(proxy, fork);
		proxy_reply_no_call(proxy, server, incoming->message, incoming->from, error);
		return false;
	}
	metrics_add(METRIC_proxy_requests, 1);
	fork_start_next(proxy, fork, incoming);
	return true;
}

void proxy_request(struct proxy *proxy, struct incoming *incoming, struct transaction *server)
{
	start_fork(proxy, incoming, server, false, 0);
}

void proxy_set_fork_user(struct proxy *proxy, const struct fork_user *user)
{
	proxy->user = user;
}

bool proxy_fork_word(
	struct proxy *proxy, const struct transaction *invite_server, uint64_t *ret_word)
{
	const struct fork *fork = fork_get(proxy, transaction_user_word(invite_server));
	if (!fork || !fork->has_user)
		return false;
	*ret_word = fork->word;
	return true;
}

bool proxy_fork(
	struct proxy *proxy, struct incoming *incoming, struct transaction *server, uint64_t word)
{
	return start_fork(proxy, incoming, server, true, word);
}
