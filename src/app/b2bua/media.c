/* SPDX-License-Identifier: Apache-2.0 */
/* media.c — the call of a bridge in the table of calls, and its session descriptions, led through
 * the relay as the proxy's are. */
#include "app/b2bua/private.h"

#include <portavoz/sdp.h>

#include "call/end.h"

int media_call_begin(struct b2bua *b, struct bridge *bridge, const struct incoming *incoming)
{
	const struct pv_message *m = incoming->message;
	const struct call_beginning beginning = {
		.owner = &b->owner,
		.owner_word = slab_handle(&b->bridges, bridge),
		.call_id = m->call_id,
		.caller_tag = m->from_tag,
		.caller = m->from.uri,
		.callee = pv_message_span(m, m->request_uri),
		.user = incoming->identity,
	};
	struct call *call;
	int error = call_begin(b->at.calls, &beginning, &call);
	if (!error)
		bridge->call = call_handle(b->at.calls, call);
	return error;
}

void media_call_end(struct b2bua *b, struct bridge *bridge, unsigned why, unsigned status)
{
	struct call *call = bridge->call ? call_get(b->at.calls, bridge->call) : NULL;
	bridge->call = 0;
	if (call)
		call_end(b->at.calls, call, (enum call_why)why, status);
}

/* Deadline, silence, operator. */
static void on_end(void *context, struct call *call, enum call_why why)
{
	struct b2bua *b = context;
	bridge_end(b, bridge_get(b, call->owner_word), why);
}

/* One side is not heard, and the other one talks. */
static void on_missing(void *context, struct call *call, enum call_side side)
{
	struct b2bua *b = context;
	struct bridge *bridge = bridge_get(b, call->owner_word);
	struct leg *leg = bridge ? leg_get(b, bridge->legs[side]) : NULL;
	if (leg)
		own_question(b, leg);
}

void media_owner_init(struct b2bua *b)
{
	b->owner = (struct call_owner){.name = "b2bua",
		.end = on_end,
		.missing = on_missing,
		.can_hang_up = true,
		.hides_origin = true,
		.context = b};
}

static struct call *call_of(struct b2bua *b, const struct leg *leg)
{
	struct bridge *bridge = bridge_get(b, leg->bridge);
	return bridge && bridge->call ? call_get(b->at.calls, bridge->call) : NULL;
}

static struct call_media *media_of(struct b2bua *b, const struct leg *one, const struct leg *other)
{
	const struct leg *callee = one && one->side == SIDE_CALLEE ? one : other;
	return callee && callee->media ? call_media_get(b->at.calls, callee->media) : NULL;
}

void media_end(struct b2bua *b, struct leg *callee)
{
	struct call_media *media = callee->is_twin ? NULL : media_of(b, callee, NULL);
	callee->media = 0;
	if (media)
		call_media_end(b->at.calls, media);
}

bool media_begin(struct b2bua *b, struct leg *callee, const struct fork_request *request)
{
	struct call *call = call_of(b, callee);
	struct call_media *media = NULL;
	const struct call_ways ways = {.caller = *request->incoming->from,
		.callee = *request->to,
		.caller_behind_nat = proxy_must_pin_caller(request->incoming),
		.callee_behind_nat = request->pin,
		.callee_forwarded = !pv_span_is_empty(request->routes),
		.may_transcode = true};
	media_end(b, callee);
	if (call && call_media_begin(b->at.calls, call, &ways, &media) < 0)
		return false;
	callee->media = media ? call_media_handle(b->at.calls, media) : 0;
	return true;
}

/* The callee's tag as call_media.h wants it: none in the INVITE that begins it all. */
static struct pv_span callee_tag(
	const struct leg *sender, const struct leg *other, const struct pv_message *message)
{
	const struct leg *callee = sender && sender->side == SIDE_CALLEE ? sender : other;
	if (!message->is_request && callee == sender)
		return message->to_tag;
	return callee ? dialog_texts(&callee->dialog).remote_tag : PV_SPAN("");
}

bool media_has_description(const struct pv_message *m)
{
	struct pv_span sdp;
	return m->body.length && pv_sdp_body_find(pv_message_value(m, PV_HEADER_CONTENT_TYPE),
					 pv_message_value(m, PV_HEADER_CONTENT_DISPOSITION),
					 pv_message_span(m, m->body), &sdp) > 0;
}

/* The call has ended, the sender's leg, or the ports of this callee have gone back. */
static bool is_over(struct b2bua *b, const struct passing *passing, const struct call_media *media)
{
	const struct leg *one = passing->sender ? passing->sender : passing->other;
	const struct leg *callee = one && one->side == SIDE_CALLEE ? one : passing->other;
	return !passing->sender || !call_of(b, one) || (callee && callee->media && !media);
}

/* A description, or the 2xx without which there is no session. */
static bool makes_session(const struct pv_message *m)
{
	bool may_describe = m->method == PV_METHOD_INVITE || m->method == PV_METHOD_ACK ||
			    m->method == PV_METHOD_PRACK || m->method == PV_METHOD_UPDATE;
	bool accepts = !m->is_request && m->method == PV_METHOD_INVITE && m->status / 100 == 2;
	return accepts || (may_describe && m->body.length && (m->is_request || m->status < 300));
}

/* No CSeq number is so large (RFC 3261 §8.1.1.5), so none is taken for "its own". */
#define ASKERS UINT32_C(0x80000000)

bool media_pass(struct b2bua *b, const struct passing *passing, struct call_media_result *ret)
{
	const struct leg *sender = passing->sender;
	const struct pv_message *message = passing->message;
	uint32_t cseq = message->is_request ? message->cseq : passing->asked_cseq;
	struct call_media *media = media_of(b, sender, passing->other);
	memset(ret, 0, sizeof(*ret));
	ret->verdict = CALL_MEDIA_UNCHANGED;
	if (is_over(b, passing, media) && makes_session(message)) {
		/* nothing would rewrite it any more (§15.1.2) */
		ret->verdict = CALL_MEDIA_REFUSED;
		ret->status = 487;
		return false;
	}
	if (!media)
		return true;
	const struct call_message said = {.message = message,
		.from = sender && sender->side == SIDE_CALLEE ? CALL_CALLEE : CALL_CALLER,
		.callee_tag = callee_tag(sender, passing->other, message),
		.source = passing->source,
		.number = cseq | ASKERS,
		.is_forwarded = description_is_forwarded(message)};
	call_media_pass(b->at.calls, media, &said, ret);
	return ret->verdict != CALL_MEDIA_REFUSED && !ret->is_missing;
}

void media_failed(
	struct b2bua *b, const struct leg *asker, const struct leg *other, enum pv_method method)
{
	const struct leg *callee = asker->side == SIDE_CALLEE ? asker : other;
	struct call_media *media = media_of(b, asker, other);
	if (media)
		call_media_failed(b->at.calls, media, method,
			asker->side == SIDE_CALLEE ? CALL_CALLEE : CALL_CALLER,
			dialog_texts(&callee->dialog).remote_tag);
}
