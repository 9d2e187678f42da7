/* SPDX-License-Identifier: Apache-2.0 */
/* call.c — the calls that pass: begun with their INVITE, their session descriptions led through the
 * relay, ended by BYE, failure, silence. */
#include "proxy/private.h"

#include <errno.h>

#include "call/end.h"

/* ---- a call begins and ends ---- */

static bool begins_call(const struct incoming *incoming)
{
	return incoming->message->method == PV_METHOD_INVITE && !incoming->message->to_tag.length;
}

static int begin(struct proxy *proxy, struct fork *fork, const struct incoming *incoming)
{
	const struct pv_message *m = incoming->message;
	const struct call_beginning beginning = {
		.owner = &proxy->call_owner,
		.owner_word = slab_handle(&proxy->forks, fork),
		.call_id = m->call_id,
		.caller_tag = m->from_tag,
		.caller = m->from.uri,
		.callee = pv_message_span(m, m->request_uri),
		.user = incoming->identity,
		.may_share_name = true,
	};
	struct call *call;
	int error = call_begin(proxy->at.calls, &beginning, &call);
	if (error)
		return error;
	fork->call = call_handle(proxy->at.calls, call);
	fork->begins_call = true;
	return 0;
}

static void bye(struct proxy *proxy, struct call *call, enum call_side from, struct pv_span tag)
{
	if (call_media_bye(proxy->at.calls, call, tag))
		call_end(proxy->at.calls, call,
			from == CALL_CALLER ? CALL_CALLER_BYE : CALL_CALLEE_BYE, 0);
}

int proxy_call_enter(struct proxy *proxy, struct fork *fork, const struct incoming *incoming)
{
	const struct pv_message *m = incoming->message;
	enum call_side from;
	if (!proxy->at.calls)
		return 0;
	/* that passage of a spiral has the call, and its media have our address already */
	if (begins_call(incoming))
		return incoming->is_spiral ? 0 : begin(proxy, fork, incoming);
	/* only who knows the token is one of its ends */
	struct call *call = incoming->in_dialog ? call_find(proxy->at.calls, m->call_id,
							  m->from_tag, m->to_tag, &from)
						: NULL;
	if (!call)
		return 0;
	fork->call = call_handle(proxy->at.calls, call);
	fork->from_side = (uint8_t)from;
	if (m->method == PV_METHOD_BYE)
		bye(proxy, call, from, from == CALL_CALLER ? m->to_tag : m->from_tag);
	return 0;
}

void proxy_call_over(struct proxy *proxy, struct fork *fork, enum call_why why, unsigned status)
{
	struct call *call = fork->begins_call ? call_get(proxy->at.calls, fork->call) : NULL;
	if (call && call->state == CALL_SETUP)
		call_end(proxy->at.calls, call, why, status);
}

/* Before it is answered the phones are cancelled, and the call ends as any other that is. Later
 * nobody but its ends can say BYE: what is ours to give back is given back. */
static void end(void *context, struct call *call, enum call_why why)
{
	struct proxy *proxy = context;
	struct fork *fork = call->state == CALL_SETUP ? fork_get(proxy, call->owner_word) : NULL;
	if (!fork || fork->final_sent) {
		call_end(proxy->at.calls, call, why, 0);
		return;
	}
	fork_cancel(proxy, fork, call_why_reason(why));
	if (fork->live)
		return; /* the branches' 487 end it */
	fork_send_best(proxy, fork);
	fork_settle(proxy, fork);
}

void proxy_call_init(struct proxy *proxy)
{
	proxy->call_owner = (struct call_owner){.name = "proxy", .end = end, .context = proxy};
}

/* ---- what goes to the other side ---- */

static bool refuse(struct fork *fork, const struct call_media_result *result)
{
	fork->refusal = (struct fork_refusal){.status = result->status,
		.retry_after = result->retry_after,
		.sdp_verdict = result->sdp_verdict};
	return false;
}

/* The media of a branch that is tried for the first time, or at another address. */
static struct call_media *begin_media(struct proxy *proxy, struct fork *fork,
	struct fork_branch *branch, struct call *call, const struct incoming *incoming)
{
	struct call_media *media;
	const struct call_ways ways = {.caller = *incoming->from,
		.callee = branch->path,
		.callee_behind_nat = branch->behind_nat,
		.callee_forwarded = branch->routes.length > 0};
	proxy_call_branch_over(proxy, fork, branch);
	if (call_media_begin(proxy->at.calls, call, &ways, &media) < 0) {
		refuse(fork, &(struct call_media_result){.status = 503});
		return NULL;
	}
	branch->media = media ? call_media_handle(proxy->at.calls, media) : 0;
	return media;
}

static struct pv_span callee_tag(const struct fork *fork, const struct pv_message *request)
{
	if (fork->begins_call)
		return PV_SPAN("");
	return fork->from_side == CALL_CALLER ? request->to_tag : request->from_tag;
}

bool proxy_call_request(struct proxy *proxy, struct fork *fork, unsigned index,
	const struct incoming *incoming, struct call_media_result *ret)
{
	struct fork_branch *branch = fork_branch(fork, index);
	struct call *call = fork->call ? call_get(proxy->at.calls, fork->call) : NULL;
	ret->verdict = CALL_MEDIA_UNCHANGED;
	if (!call)
		return true;
	struct pv_span tag = callee_tag(fork, incoming->message);
	struct call_media *media = fork->begins_call
					   ? begin_media(proxy, fork, branch, call, incoming)
					   : call_media_find(proxy->at.calls, call, tag, false);
	if (fork->refusal.status)
		return false;
	const struct call_message message = {.message = incoming->message,
		.from = (enum call_side)fork->from_side,
		.callee_tag = tag,
		.source = incoming->from,
		.is_forwarded = description_is_forwarded(incoming->message)};
	call_media_pass(proxy->at.calls, media, &message, ret);
	if (ret->verdict == CALL_MEDIA_REFUSED)
		return refuse(fork, ret);
	if (media)
		branch->media = call_media_handle(proxy->at.calls, media);
	return true;
}

void proxy_call_branch_over(struct proxy *proxy, struct fork *fork, struct fork_branch *branch)
{
	if (!branch->media)
		return;
	struct call_media *media = call_media_get(proxy->at.calls, branch->media);
	branch->media = 0;
	if (fork->begins_call)
		call_media_end(proxy->at.calls, media);
	else
		call_media_failed(proxy->at.calls, media, (enum pv_method)fork->method,
			(enum call_side)fork->from_side,
			fork_text(fork,
				fork->from_side == CALL_CALLER ? fork->to_tag : fork->from_tag));
}

/* Whoever recorded himself behind us stands in front of us. */
static bool is_recorded_behind(const struct proxy *proxy, const struct pv_message *response)
{
	struct pv_values walk;
	struct pv_span value;
	struct pv_address address;
	struct pv_uri uri;
	pv_values_begin(&walk, response, PV_HEADER_RECORD_ROUTE);
	for (bool is_top = true; pv_values_next(&walk, &value); is_top = false)
		if (pv_address_parse(value, &address) == 0 &&
			pv_uri_parse(address.uri, &uri) == 0 && proxy_is_our_route(proxy, &uri))
			return !is_top;
	return false;
}

static void pass_response(struct proxy *proxy, struct call_media *media, enum call_side from,
	const struct pv_message *response, struct call_media_result *ret)
{
	/* the answer's From and To are those of the request */
	const struct call_message message = {.message = response,
		.from = from,
		.callee_tag = from == CALL_CALLEE ? response->to_tag : response->from_tag,
		.is_forwarded = is_recorded_behind(proxy, response)};
	call_media_pass(proxy->at.calls, media, &message, ret);
}

bool proxy_call_response(struct proxy *proxy, struct fork *fork, unsigned index,
	const struct pv_message *response, struct call_media_result *ret)
{
	struct fork_branch *branch = fork_branch(fork, index);
	ret->verdict = CALL_MEDIA_UNCHANGED;
	if (!fork->call)
		return true;
	if (branch->media)
		pass_response(proxy, call_media_get(proxy->at.calls, branch->media),
			call_other((enum call_side)fork->from_side), response, ret);
	if (ret->verdict == CALL_MEDIA_REFUSED)
		return refuse(fork, ret);
	struct call *call = fork->begins_call && response->status >= 200
				    ? call_get(proxy->at.calls, fork->call)
				    : NULL;
	if (call)
		call_up(proxy->at.calls, call, response->status);
	return true;
}

/* The fork is gone: the call is known by its name. */
bool proxy_call_late_response(
	struct proxy *proxy, const struct pv_message *response, struct call_media_result *ret)
{
	enum call_side asked;
	ret->verdict = CALL_MEDIA_UNCHANGED;
	struct call *call = proxy->at.calls ? call_find(proxy->at.calls, response->call_id,
						      response->from_tag, response->to_tag, &asked)
					    : NULL;
	if (!call)
		return true;
	enum call_side from = call_other(asked);
	struct pv_span tag = from == CALL_CALLEE ? response->to_tag : response->from_tag;
	pass_response(
		proxy, call_media_find(proxy->at.calls, call, tag, true), from, response, ret);
	return ret->verdict != CALL_MEDIA_REFUSED;
}

/* An ACK cannot be refused, and without it the callee repeats its 2xx for half a minute. It goes on
 * without its body: one that we do not accept would lead the callee's media past the relay, to an
 * address that the caller's side may not even show; and who offered and gets no answer hangs up. */
static void drop_answer(const struct pv_message *ack, struct call_media_result *ret)
{
	*ret = (struct call_media_result){.verdict = CALL_MEDIA_CHANGED, .old = ack->body};
}

void proxy_call_ack(
	struct proxy *proxy, const struct incoming *incoming, struct call_media_result *ret)
{
	const struct pv_message *m = incoming->message;
	enum call_side from;
	ret->verdict = CALL_MEDIA_UNCHANGED;
	struct call *call =
		proxy->at.calls && incoming->in_dialog
			? call_find(proxy->at.calls, m->call_id, m->from_tag, m->to_tag, &from)
			: NULL;
	if (!call)
		return;
	struct pv_span tag = from == CALL_CALLER ? m->to_tag : m->from_tag;
	const struct call_message message = {.message = m,
		.from = from,
		.callee_tag = tag,
		.source = incoming->from,
		.is_forwarded = description_is_forwarded(m)};
	call_media_pass(
		proxy->at.calls, call_media_find(proxy->at.calls, call, tag, false), &message, ret);
	if (ret->verdict == CALL_MEDIA_REFUSED)
		drop_answer(m, ret);
}
