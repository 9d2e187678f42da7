/* SPDX-License-Identifier: Apache-2.0 */
/* dispatch.c — parses a message, answers what cannot be parsed, and asks one table which
 * application a request is for. */
#include "app/dispatch.h"

#include "base/metrics.h"

/* What an application does with a request. `admit` runs before there is a transaction and may
 * answer statelessly. */
struct application {
	const char *name;
	bool (*admit)(struct dispatch *dispatch, struct incoming *incoming);
	void (*request)(
		struct dispatch *dispatch, struct incoming *incoming, struct transaction *server);
};

static bool admit_proxy(struct dispatch *d, struct incoming *incoming)
{
	return proxy_admit(d->proxy, incoming);
}

static void request_proxy(struct dispatch *d, struct incoming *incoming, struct transaction *server)
{
	proxy_request(d->proxy, incoming, server);
}

static bool admit_registrar(struct dispatch *d, struct incoming *incoming)
{
	return registrar_precheck(d->registrar, incoming->message, incoming->from);
}

/* Who registers may be one whom an open group wants to call. */
static void tell_groups(struct dispatch *d, const struct pv_message *m)
{
	char text[REGISTRY_KEY];
	struct pv_uri to;
	struct pv_writer w;
	pv_writer_init(&w, text, sizeof(text));
	if (pv_uri_parse(m->to.uri, &to) == 0 && pv_uri_user_canonical(to.user, &w)) {
		pv_put_char(&w, '@');
		ptt_registered(d->ptt, pv_writer_span(&w));
	}
}

static void request_registrar(
	struct dispatch *d, struct incoming *incoming, struct transaction *server)
{
	bool is_accepted =
		registrar_request(d->registrar, server, incoming->message, incoming->from);
	if (d->ptt && is_accepted)
		tell_groups(d, incoming->message);
}

static bool admit_options(struct dispatch *d, struct incoming *incoming)
{
	return proxy_answer_options(d->proxy, incoming);
}

static bool admit_nobody(struct dispatch *d, struct incoming *incoming)
{
	return proxy_answer_nobody(d->proxy, incoming);
}

static bool admit_b2bua(struct dispatch *d, struct incoming *incoming)
{
	return b2bua_admit(d->b2bua, incoming);
}

static void request_b2bua(struct dispatch *d, struct incoming *incoming, struct transaction *server)
{
	b2bua_request(d->b2bua, incoming, server);
}

static bool admit_call(struct dispatch *d, struct incoming *incoming)
{
	return b2bua_admit_invite(d->b2bua, incoming);
}

static void request_call(struct dispatch *d, struct incoming *incoming, struct transaction *server)
{
	b2bua_invite(d->b2bua, incoming, server);
}

static bool admit_group(struct dispatch *d, struct incoming *incoming)
{
	return ptt_admit(d->ptt, incoming);
}

static void request_group(struct dispatch *d, struct incoming *incoming, struct transaction *server)
{
	ptt_request(d->ptt, incoming, server);
}

static bool admit_member(struct dispatch *d, struct incoming *incoming)
{
	return ptt_admit_inside(d->ptt, incoming);
}

static void request_member(
	struct dispatch *d, struct incoming *incoming, struct transaction *server)
{
	ptt_request_inside(d->ptt, incoming, server);
}

static const struct application proxy = {"proxy", admit_proxy, request_proxy};
static const struct application registrar = {"registrar", admit_registrar, request_registrar};
static const struct application b2bua = {"b2bua", admit_b2bua, request_b2bua};
static const struct application call = {"call", admit_call, request_call};
static const struct application group = {"group", admit_group, request_group};
static const struct application member = {"member", admit_member, request_member};
static const struct application options = {"options", admit_options, NULL};
static const struct application nobody = {"nobody", admit_nobody, NULL};

/* Method x target -> application; the first row that fits. */
#define ANY_METHOD (-1)
static const struct {
	int method;
	enum incoming_kind kind;
	const struct application *application;
} table[] = {
	{PV_METHOD_REGISTER, INCOMING_SERVER, &registrar},
	{PV_METHOD_REGISTER, INCOMING_USER, &registrar},
	{PV_METHOD_REGISTER, INCOMING_GROUP, &registrar},
	{ANY_METHOD, INCOMING_GROUP, &group},
	{PV_METHOD_OPTIONS, INCOMING_SERVER, &options},
	{PV_METHOD_CANCEL, INCOMING_SERVER, &proxy},
	{ANY_METHOD, INCOMING_SERVER, &nobody},
	{ANY_METHOD, INCOMING_USER, &proxy},
	{ANY_METHOD, INCOMING_DIALOG, &proxy},
	{ANY_METHOD, INCOMING_ELSEWHERE, &proxy},
};

static const struct application *application_for(const struct incoming *incoming)
{
	/* a request that is still on its way to another proxy is the proxy's, whatever it asks for
	 */
	if (incoming->next_route.length || incoming->refusal)
		return &proxy;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++)
		if (table[i].kind == incoming->kind &&
			(table[i].method == ANY_METHOD ||
				table[i].method == (int)incoming->message->method))
			return table[i].application;
	return &proxy;
}

/* A tag of ours proves itself: what has one is inside a group's dialog, or one of the b2bua's.
 * calls.mode = "b2bua": an INVITE without a To tag begins a call, and what has a tag of ours is
 * inside one. */
static const struct application *owner_of(const struct dispatch *d, const struct incoming *incoming,
	const struct application *proxied)
{
	const struct pv_message *m = incoming->message;
	if (d->ptt && ptt_owns(d->ptt, m))
		return &member;
	if (!d->b2bua)
		return proxied;
	if (b2bua_owns(d->b2bua, m))
		return &b2bua;
	bool begins = m->method == PV_METHOD_INVITE && !m->to_tag.length;
	/* what replaces a dialog is looked at alike, whatever address it has: a stranger could tell
	 * groups by it */
	bool is_call =
		proxied == &proxy || (proxied == &group && pv_message_has(m, PV_HEADER_REPLACES));
	return begins && is_call ? &call : proxied;
}

/* What a client that is sent away in an overload waits, in seconds (§21.5.4). */
#define BUSY_RETRY_AFTER 5

/* New requests are refused first, so that calls in progress end well. Before anything is looked up:
 * a refusal must cost little of what there is too little of. */
static bool is_too_busy_for(struct dispatch *d, const struct pv_message *request)
{
	return !request->to_tag.length && request->method != PV_METHOD_CANCEL &&
	       net_is_overloaded(d->net);
}

static bool on_admit(void *context, const struct pv_message *request, const struct path *from)
{
	struct dispatch *d = context;
	if (is_too_busy_for(d, request)) {
		metrics_add(METRIC_proxy_refused_busy, 1);
		transaction_refuse(
			d->transactions, request, from, 503, PV_SPAN(""), BUSY_RETRY_AFTER);
		return false;
	}
	proxy_prepare(d->proxy, &d->incoming, request, from);
	if (d->ptt && ptt_is_group(d->ptt, &d->incoming))
		d->incoming.kind = INCOMING_GROUP;
	d->chosen = owner_of(d, &d->incoming, application_for(&d->incoming));
	return d->chosen->admit(d, &d->incoming);
}

static void on_request(void *context, struct transaction *server, const struct pv_message *request,
	const struct path *from)
{
	struct dispatch *d = context;
	d->chosen->request(d, &d->incoming, server);
}

static void on_again(void *context, struct transaction *server, const struct pv_message *request,
	const struct path *from)
{
	registrar_again(((struct dispatch *)context)->registrar, server, request, from);
}

static void on_ack(void *context, const struct pv_message *ack, const struct path *from)
{
	struct dispatch *d = context;
	if (d->ptt && ptt_owns(d->ptt, ack)) {
		ptt_ack(d->ptt, ack, from);
		return;
	}
	if (d->b2bua && b2bua_owns(d->b2bua, ack)) {
		b2bua_ack(d->b2bua, ack);
		return;
	}
	proxy_prepare(d->proxy, &d->incoming, ack, from);
	proxy_ack(d->proxy, &d->incoming);
}

static bool is_ptt(const struct dispatch *d, const struct transaction *transaction)
{
	return d->ptt && transaction_user_index(transaction) == PTT_INDEX;
}

static void on_cancel(
	void *context, struct transaction *invite_server, const struct pv_message *cancel)
{
	struct dispatch *d = context;
	if (is_ptt(d, invite_server))
		ptt_cancel(d->ptt, invite_server, cancel);
	else if (!d->b2bua || !b2bua_cancel(d->b2bua, invite_server, cancel))
		proxy_cancel(d->proxy, invite_server, cancel);
}

static bool is_b2bua(const struct dispatch *d, const struct transaction *transaction)
{
	return d->b2bua && transaction_user_index(transaction) == B2BUA_INDEX;
}

static void on_response(
	void *context, struct transaction *client, const struct pv_message *response)
{
	struct dispatch *d = context;
	if (is_ptt(d, client))
		ptt_response(d->ptt, client, response);
	else if (is_b2bua(d, client))
		b2bua_response(d->b2bua, client, response);
	else
		proxy_response(d->proxy, client, response);
}

static void on_stateless_response(
	void *context, const struct pv_message *response, const struct path *from)
{
	proxy_stateless_response(((struct dispatch *)context)->proxy, response, from);
}

static void on_timeout(void *context, struct transaction *client)
{
	struct dispatch *d = context;
	if (is_ptt(d, client))
		ptt_timeout(d->ptt, client);
	else if (is_b2bua(d, client))
		b2bua_timeout(d->b2bua, client);
	else
		proxy_timeout(d->proxy, client);
}

static void on_timer_c(void *context, struct transaction *client)
{
	struct dispatch *d = context;
	if (is_ptt(d, client))
		ptt_timer_c(d->ptt, client);
	else if (is_b2bua(d, client))
		b2bua_timer_c(d->b2bua, client);
	else
		proxy_timer_c(d->proxy, client);
}

static void on_transport_error(void *context, struct transaction *client, int error)
{
	struct dispatch *d = context;
	if (is_ptt(d, client))
		ptt_transport_error(d->ptt, client);
	else if (is_b2bua(d, client))
		b2bua_transport_error(d->b2bua, client);
	else
		proxy_transport_error(d->proxy, client, error);
}

static void on_terminated(void *context, struct transaction *transaction)
{
	struct dispatch *d = context;
	if (is_ptt(d, transaction))
		ptt_terminated(d->ptt, transaction);
	else if (is_b2bua(d, transaction))
		b2bua_terminated(d->b2bua, transaction);
	else
		proxy_terminated(d->proxy, transaction);
}

static void on_message(void *context, const char *bytes, size_t length, const struct path *from)
{
	struct dispatch *d = context;
	int consumed = pv_message_parse(&d->message, bytes, length, true);
	if (consumed == -PV_NOT_SIP)
		metrics_add(METRIC_sip_garbage, 1);
	else
		transaction_receive(d->transactions, &d->message, from);
	arena_reset(&d->worker->scratch);
}

static void on_send_error(void *context, uint64_t sender, int error)
{
	transaction_send_error(((struct dispatch *)context)->transactions, sender, error);
}

static void on_flow_gone(void *context, uint64_t flow)
{
	registrar_flow_gone(((struct dispatch *)context)->registrar, flow);
}

/* OPTIONS to a host and not to a user: mostly us, and then the answer needs no state. (Another
 * host's is the proxy's; its retransmissions come to this worker as well.) */
static bool is_ping(const struct sip_peek *peek, struct pv_span message)
{
	const char *line_end = memchr(message.at, '\r', message.length);
	return peek->method == PV_METHOD_OPTIONS && line_end &&
	       !memchr(message.at, '@', (size_t)(line_end - message.at));
}

static enum net_claim on_claim(
	void *context, const struct sip_peek *peek, struct pv_span message, bool is_home)
{
	struct dispatch *d = context;
	if (is_home || !peek->is_request)
		return NET_AT_HOME;
	if (is_ping(peek, message))
		return NET_HERE;
	return peek->method == PV_METHOD_REGISTER && registrar_will_challenge(d->registrar, message)
		       ? NET_HERE
		       : NET_AT_HOME;
}
void dispatch_init(struct dispatch *d, struct worker *worker, struct net *net,
	struct transaction_layer *transactions, struct proxy *proxy_of_worker,
	struct registrar *registrar_of_worker, struct b2bua *b2bua_of_worker,
	struct ptt *ptt_of_worker)
{
	*d = (struct dispatch){.worker = worker, .net = net, .transactions = transactions};
	d->proxy = proxy_of_worker;
	d->registrar = registrar_of_worker;
	d->b2bua = b2bua_of_worker;
	d->ptt = ptt_of_worker;
	net_set_user(net, &(struct net_user){
				  .message = on_message,
				  .send_error = on_send_error,
				  .flow_gone = on_flow_gone,
				  .claim = on_claim,
				  .context = d,
			  });
	transaction_layer_set_user(
		transactions, &(struct transaction_user){
				      .admit = on_admit,
				      .request = on_request,
				      .again = on_again,
				      .ack = on_ack,
				      .cancel = on_cancel,
				      .response = on_response,
				      .stateless_response = on_stateless_response,
				      .timeout = on_timeout,
				      .timer_c = on_timer_c,
				      .transport_error = on_transport_error,
				      .terminated = on_terminated,
				      .context = d,
			      });
}

/* The registrar answers at once and leaves nothing open. */
void dispatch_farewell(struct dispatch *d)
{
	if (d->ptt)
		ptt_farewell(d->ptt);
	if (d->b2bua)
		b2bua_farewell(d->b2bua);
	proxy_farewell(d->proxy);
}
