/* SPDX-License-Identifier: Apache-2.0 */
/* invite.c — an INVITE that begins a call: the caller's leg, and a leg for each phone that the
 * proxy's fork tries. */
#include "app/b2bua/private.h"

#include <errno.h>

static struct session_wish own_wish(const struct b2bua *b)
{
	return (struct session_wish){b->config.session_expires_s, SESSION_LEAST_S};
}

bool b2bua_admit_invite(struct b2bua *b, struct incoming *incoming)
{
	const struct pv_message *m = incoming->message;
	const struct session_wish wish = own_wish(b);
	struct session_terms terms;
	/* §8.2.2.2: a user agent is called once, whatever way its INVITE took */
	if (transaction_is_merged(b->at.transactions, m)) {
		proxy_reply(b->at.proxy, NULL, m, incoming->from, 482, PV_SPAN(""), PV_SPAN(""));
		return false;
	}
	b->replaced.is_there = false;
	bool replaces = pv_message_has(m, PV_HEADER_REPLACES);
	if (!(replaces ? replaces_admit(b, incoming) : proxy_admit(b->at.proxy, incoming)))
		return false;
	if (!dialog_may_begin(b->at.worker, m)) {
		proxy_reply(b->at.proxy, NULL, m, incoming->from, 400,
			PV_SPAN("Missing or Bad Contact"), PV_SPAN(""));
		return false;
	}
	uint32_t least_s = session_terms_of_request(&wish, m, &terms);
	if (least_s)
		proxy_reply_interval(b->at.proxy, NULL, m, incoming->from, least_s);
	return !least_s;
}

/* The caller's half: bridge, leg, and the INVITE that waits for its answer. */
static struct bridge *begin(struct b2bua *b, struct incoming *incoming, struct transaction *server)
{
	const struct session_wish wish = own_wish(b);
	struct bridge *bridge = bridge_new(b);
	uint64_t handle = bridge ? slab_handle(&b->bridges, bridge) : 0;
	struct leg *leg = bridge ? leg_new(b, handle, SIDE_CALLER) : NULL;
	struct exchange *invite = leg ? exchange_new(b, PV_METHOD_INVITE) : NULL;
	if (!invite || !exchange_keep(b, invite, incoming->message) ||
		leg_of_caller(b, leg, incoming) < 0 || !replaces_keep(b, bridge)) {
		exchange_free(b, invite);
		if (leg)
			leg_free(b, leg);
		slab_give(&b->bridges, bridge);
		b2bua_gauge(b);
		return NULL;
	}
	session_terms_of_request(&wish, incoming->message, &bridge->terms);

	invite->source = *incoming->from;
	invite->server = bridge->server = transaction_handle(b->at.transactions, server);
	invite->from = bridge->legs[SIDE_CALLER] = slab_handle(&b->legs, leg);
	bridge->invite = slab_handle(&b->exchanges, invite);
	return bridge;
}

void b2bua_invite(struct b2bua *b, struct incoming *incoming, struct transaction *server)
{
	struct bridge *bridge = begin(b, incoming, server);
	int error = bridge ? media_call_begin(b, bridge, incoming) : -ENOBUFS;
	if (error) {
		proxy_reply_no_call(b->at.proxy, server, incoming->message, incoming->from, error);
		if (bridge)
			bridge_fork_gone(b, bridge);
		return;
	}
	metrics_add(METRIC_b2bua_calls, 1);
	uint64_t word = slab_handle(&b->bridges, bridge);
	if (proxy_fork(b->at.proxy, incoming, server, word))
		return;
	/* answered by the proxy: nothing rings */
	bridge_fork_gone(b, bridge);
}

/* ---- what the proxy's fork asks and tells ---- */

static struct leg *leg_of_branch(struct b2bua *b, struct bridge *bridge, unsigned branch)
{
	LIST_EACH(link, &bridge->ringing)
	{
		struct leg *leg = container_of(link, struct leg, link);
		if (leg->branch == branch && !leg->is_twin)
			return leg;
	}
	return NULL;
}

static struct leg *call_leg(
	struct b2bua *b, struct bridge *bridge, const struct fork_request *request)
{
	struct leg *leg = leg_new(b, request->word, SIDE_CALLEE);
	if (!leg)
		return NULL;
	if (leg_of_callee(b, leg, request) < 0) {
		leg_free(b, leg);
		return NULL;
	}
	list_push_tail(&bridge->ringing, &leg->link);
	return leg;
}

/* Another address is tried, or the same once more: what the first one said was of a dialog that its
 * failure has ended (§12.3), and no INVITE goes out with its tag. */
static struct leg *called_again(
	struct b2bua *b, struct bridge *bridge, const struct fork_request *request)
{
	struct leg *leg = leg_of_branch(b, bridge, request->branch);
	if (!leg || !dialog_texts(&leg->dialog).remote_tag.length)
		return leg;
	uint32_t least_s = leg->session.least_s;
	forked_free(b, bridge, request->branch);
	leg = call_leg(b, bridge, request);
	if (leg)
		leg->session.least_s = least_s;
	return leg;
}

/* The caller's description as this phone gets it: 0, or why it gets none. */
static int describe(struct b2bua *b, struct bridge *bridge, struct leg *leg,
	const struct fork_request *request, struct call_media_result *ret)
{
	struct exchange *invite = exchange_get(b, bridge->invite);
	struct leg *caller = leg_get(b, bridge->legs[SIDE_CALLER]);
	const struct pv_message *m = request->incoming->message;
	struct pv_span sent_by;
	int error = net_local(b->at.net, request->to, &sent_by);
	if (error < 0)
		return error;
	if (!invite || !caller || !media_begin(b, leg, request))
		return -ENOBUFS;
	const struct passing passing = {
		.sender = caller, .other = leg, .message = m, .source = request->incoming->from};
	if (media_pass(b, &passing, ret))
		return 0;
	invite->refusal.status = ret->status;
	invite->refusal.retry_after = ret->retry_after;
	invite->refusal.sdp_verdict = ret->sdp_verdict;
	return ret->status;
}

static struct buffer *on_write(void *context, const struct fork_request *request,
	struct transaction *client, int *ret_error)
{
	struct b2bua *b = context;
	struct bridge *bridge = bridge_get(b, request->word);
	struct leg *leg = bridge ? called_again(b, bridge, request) : NULL;
	if (bridge && !leg)
		leg = call_leg(b, bridge, request);
	*ret_error = -ENOBUFS;
	if (!leg)
		return NULL;
	const struct pv_message *m = request->incoming->message;
	struct call_media_result media;
	*ret_error = describe(b, bridge, leg, request, &media);
	if (*ret_error)
		return NULL;
	const struct outgoing outgoing = {
		.leg = leg,
		.method = PV_METHOD_INVITE,
		.cseq = ++leg->dialog.local_cseq,
		.carried = m,
		.client = client,
		.to = request->to,
		.replaces = bridge->replaces,
		.media = &media,
	};
	leg_keep_sdp(b, leg, m, &media);
	leg->invite_cseq = leg->dialog.local_cseq;
	leg->client = transaction_handle(b->at.transactions, client);
	leg->was_offered = media_has_description(m);
	leg->dialog.has_path = request->pin;
	transaction_set_peer(client, slab_handle(&b->legs, leg) | FORK_USER_MARK);
	struct buffer *bytes = write_request(b, &outgoing, ret_error);
	leg->dialog.path = *request->to;
	return bytes;
}

static struct leg *leg_of_client(struct b2bua *b, const struct transaction *client)
{
	return leg_get(b, transaction_peer(client) & ~FORK_USER_MARK);
}

static void on_provisional(
	void *context, uint64_t word, struct transaction *client, const struct pv_message *response)
{
	struct b2bua *b = context;
	struct bridge *bridge = bridge_get(b, word);
	struct leg *first = leg_of_client(b, client);
	if (!bridge || !first || bridge->state != BRIDGE_CALLING)
		return;
	struct leg *leg = forked_leg(b, bridge, first, response);
	/* without a tag there is no dialog yet, and nothing to learn (§12.1) */
	if (!leg || leg->is_left || (response->to_tag.length && leg_learn(b, leg, response) < 0))
		return;
	if (response->body.length)
		leg_settle_sdp(b, first, true);
	const struct bridge_news news = {.leg = leg, .message = response};
	bridge_step(b, bridge, BRIDGE_EVENT_CALLEE_RINGS, &news);
}

/* What the caller hears; NULL: no room, or it needs none. */
static struct buffer *acceptance(
	struct b2bua *b, struct bridge *bridge, struct leg *leg, const struct pv_message *response)
{
	struct exchange *invite = exchange_get(b, bridge->invite);
	if (!invite || !transaction_get(b->at.transactions, invite->server) ||
		!leg_get(b, invite->from))
		return NULL;
	struct leg *caller = leg_get(b, invite->from);
	face_show(bridge, caller, leg);
	if (face_wear(b, caller, leg) < 0)
		return NULL;
	invite->terms = bridge->terms;
	return exchange_write(b, invite, response->status, leg, response, 0);
}

static bool is_bad(struct b2bua *b, const struct bridge *bridge)
{
	const struct exchange *invite = exchange_get(b, bridge->invite);
	return invite && invite->refusal.status;
}

/* Our ACK, and what was agreed on with the phone. */
static void confirm(struct b2bua *b, struct leg *leg, const struct session_terms *terms)
{
	leg_agree(b, leg, terms);
	leg_settle_sdp(b, leg, true);
	leg_step(b, leg, LEG_GOT_2XX, NULL);
	/* with the offer in the INVITE nothing of the caller's ACK is needed (§13.2.2.4) */
	if (leg->was_offered)
		leg_step(b, leg, LEG_WE_ACK, NULL);
}

static enum fork_success on_success(
	void *context, uint64_t word, struct transaction *client, const struct pv_message *response)
{
	struct b2bua *b = context;
	struct bridge *bridge = bridge_get(b, word);
	struct bridge_news news = {.leg = leg_of_client(b, client), .message = response};
	if (!bridge || !news.leg)
		return FORK_TAKEN; /* nobody is left: its retransmissions end by themselves */
	forked_wear(b, bridge, news.leg, response);
	if (leg_learn(b, news.leg, response) < 0)
		return FORK_AGAIN;
	if (news.leg->is_left) {
		bridge_step(b, bridge, BRIDGE_EVENT_LEFT_ANSWERS, &news);
		return FORK_UNWANTED;
	}
	bool is_wanted = bridge->state == BRIDGE_CALLING;
	if (is_wanted && !(news.accept = acceptance(b, bridge, news.leg, response))) {
		if (!is_bad(b, bridge))
			return FORK_AGAIN;
		/* an answer that cannot be is no call (§13.2.2.4): CANCELLING takes it from here */
		bridge_end(b, bridge, CALL_BAD_MEDIA);
		is_wanted = false;
	}
	uint64_t handle = slab_handle(&b->legs, news.leg);
	const struct session_wish wish = leg_wish(b, news.leg);
	const struct session_terms terms = session_terms_of_response(&wish, response);
	bridge_step(b, bridge, BRIDGE_EVENT_CALLEE_ANSWERS, &news);
	buffer_unref(&b->at.worker->buffers, news.accept);
	struct leg *leg = leg_get(b, handle);
	if (is_wanted && leg)
		confirm(b, leg, &terms);
	return FORK_TAKEN;
}

/* RFC 4028 §7.4: 422 is answered with a longer interval, once. */
static bool on_retry(
	void *context, uint64_t word, struct transaction *client, const struct pv_message *response)
{
	struct b2bua *b = context;
	struct leg *leg = leg_of_client(b, client);
	uint32_t least_s = session_min_se(response);
	if (response->status != 422 || !leg ||
		least_s <= MAX(leg->session.least_s, SESSION_LEAST_S))
		return false;
	bool is_first = !leg->session.least_s;
	leg->session.least_s = least_s;
	return is_first;
}

static void on_failure(
	void *context, uint64_t word, unsigned status, const struct pv_message *response)
{
	struct b2bua *b = context;
	struct bridge *bridge = bridge_get(b, word);
	const struct bridge_news news = {.message = response, .status = status};
	if (bridge && bridge->state == BRIDGE_CALLING)
		bridge_step(b, bridge, BRIDGE_EVENT_CALLEES_FAIL, &news);
}

static void on_gone(void *context, uint64_t word)
{
	struct b2bua *b = context;
	struct bridge *bridge = bridge_get(b, word);
	if (bridge)
		bridge_fork_gone(b, bridge);
}

static void on_late(void *context, struct transaction *client, const struct pv_message *response)
{
	b2bua_late(context, client, response);
}

void invite_user_init(struct b2bua *b)
{
	b->user = (struct fork_user){
		.write = on_write,
		.provisional = on_provisional,
		.success = on_success,
		.retry = on_retry,
		.failure = on_failure,
		.gone = on_gone,
		.late = on_late,
		.context = b,
	};
	proxy_set_fork_user(b->at.proxy, &b->user);
}
