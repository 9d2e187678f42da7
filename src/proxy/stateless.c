/* SPDX-License-Identifier: Apache-2.0 */
/* stateless.c — what passes without a transaction (RFC 3261 §16.11): ACK for 2xx, and answers to
 * what went so. */
#include "proxy/private.h"

#include <errno.h>

/* To the first of its targets, by way of `to`. */
static void forward_ack(struct proxy *proxy, struct incoming *incoming, struct path *to)
{
	int error;
	struct call_media_result media;
	proxy_call_ack(proxy, incoming, &media);
	struct rewrite rewrite = {.incoming = incoming,
		.media = &media,
		.uri = incoming->targets[0].uri,
		.routes = incoming->targets[0].routes,
		.to = to};
	struct buffer *bytes = proxy_rewrite(proxy, &rewrite, NULL, &error);
	if (!bytes) {
		metrics_add(METRIC_proxy_acks_dropped, 1);
		return;
	}
	net_send(proxy->at.net, to, bytes, 0);
	buffer_unref(&proxy->at.worker->buffers, bytes);
	metrics_add(METRIC_proxy_acks, 1);
}

/* The name in an ACK's next hop was found: the copy goes. */
static void name_found(struct resolve *resolve)
{
	struct branch_resolve *r = container_of(resolve, struct branch_resolve, resolve);
	struct proxy *proxy = r->proxy;
	struct pv_message *m = &proxy->scratch;
	bool read =
		r->resolve.count && pv_message_parse(m, r->ack->bytes, r->ack->length, true) > 0;
	if (read)
		proxy_prepare(proxy, &proxy->again, m, &r->from);
	if (read && proxy_find_targets(proxy, &proxy->again))
		forward_ack(proxy, &proxy->again, &r->resolve.targets[0]);
	else
		metrics_add(METRIC_proxy_acks_dropped, 1);
	buffer_unref(&proxy->at.worker->buffers, r->ack);
	slab_give(&proxy->resolves, r);
}

static struct buffer *copy_of(struct proxy *proxy, const struct pv_message *m)
{
	struct buffer *bytes = buffer_take(&proxy->at.worker->buffers, m->length);
	if (!bytes)
		return NULL;
	memcpy(bytes->bytes, m->bytes, m->length);
	bytes->length = m->length;
	return bytes;
}

static void resolve_ack(struct proxy *proxy, struct incoming *incoming, const struct pv_uri *hop)
{
	struct branch_resolve *r = slab_take(&proxy->resolves);
	if (!r) {
		metrics_add(METRIC_proxy_acks_dropped, 1);
		return;
	}
	memset(r, 0, sizeof(*r));
	r->proxy = proxy;
	r->from = *incoming->from;
	r->resolve.done = name_found;
	int count = resolve_start(proxy->at.net, hop, &r->resolve);
	if (count > 0)
		forward_ack(proxy, incoming, &r->resolve.targets[0]);
	else if (count == 0 && (r->ack = copy_of(proxy, incoming->message)))
		return;
	else
		metrics_add(METRIC_proxy_acks_dropped, 1);
	if (count == 0)
		resolve_cancel(&r->resolve);
	slab_give(&proxy->resolves, r);
}

/* Only ACKs of dialogs that went through us pass: an ACK for a response of our own ends here, and
 * nobody can make us send one to a stranger. */
void proxy_ack(struct proxy *proxy, struct incoming *incoming)
{
	if (incoming->refusal || !incoming->in_dialog || incoming->message->max_forwards == 0 ||
		!proxy_find_targets(proxy, incoming)) {
		metrics_add(METRIC_proxy_acks_dropped, 1);
		return;
	}
	struct target *target = &incoming->targets[0];
	if (target->has_path) {
		forward_ack(proxy, incoming, &target->path);
		return;
	}
	struct pv_uri hop;
	if (proxy_next_hop(incoming, target->uri, target->routes, &hop) < 0)
		metrics_add(METRIC_proxy_acks_dropped, 1);
	else
		resolve_ack(proxy, incoming, &hop);
}

void proxy_stateless_response(
	struct proxy *proxy, const struct pv_message *response, const struct path *from)
{
	/* what we send statelessly is ACK, which has no response, and our own keep-alives, whose
	 * answers end here */
	metrics_add(METRIC_proxy_responses_stateless, 1);
}
