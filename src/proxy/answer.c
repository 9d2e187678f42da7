/* SPDX-License-Identifier: Apache-2.0 */
/* answer.c — responses that the proxy makes itself, as the UAS of RFC 3261 §8.2.6. */
#include "proxy/private.h"

#include <errno.h>
#include <portavoz/build.h>

#include "base/random.h"

#define ANSWER_ROOM 512 /* what a response has beyond the request's lines and `extra` */

/* The transaction layer has room for one response that is not kept. Nobody would end the
 * transaction later. */
static void reply_without_room(struct proxy *proxy, struct transaction *server,
	const struct pv_message *request, const struct path *from, unsigned status,
	struct pv_span phrase)
{
	metrics_add(METRIC_proxy_replies_lost, 1);
	if (!server)
		return;
	if (status != 408 || request->method == PV_METHOD_INVITE) /* RFC 4320 §4.2 */
		transaction_refuse(proxy->at.transactions, request, from, status, phrase,
			status == 503 ? proxy->config.retry_after_s : 0);
	transaction_abandon(proxy->at.transactions, server);
}

void proxy_reply(struct proxy *proxy, struct transaction *server, const struct pv_message *request,
	const struct path *from, unsigned status, struct pv_span phrase, struct pv_span extra)
{
	struct buffer_pool *pool = &proxy->at.worker->buffers;
	if (request->method == PV_METHOD_ACK)
		return; /* has no response, whatever is wrong with it (§17.1.1.3) */
	struct buffer *bytes = buffer_take(pool, request->body.at + extra.length + ANSWER_ROOM);
	if (!bytes) {
		reply_without_room(proxy, server, request, from, status, phrase);
		return;
	}
	char tag[TRANSACTION_TAG];
	struct transaction_via_text fixup;
	struct pv_response response = {.status = status, .phrase = phrase};
	response.to_tag = transaction_local_tag(proxy->at.transactions, request, tag);
	transaction_via_fixup(request, from, &fixup, &response.received, &response.rport);
	struct pv_writer w;
	pv_writer_init(&w, bytes->bytes, buffer_capacity(bytes));
	pv_build_response(&w, request, &response);
	pv_put(&w, extra);
	pv_build_end(&w, PV_SPAN(""), PV_SPAN(""));
	bytes->length = (uint32_t)pv_writer_length(&w);
	if (w.overflow) {
		reply_without_room(proxy, server, request, from, status, phrase);
	} else if (server) {
		transaction_respond(proxy->at.transactions, server, bytes, status);
	} else {
		struct path to;
		transaction_response_path(request, from, &to);
		net_send(proxy->at.net, &to, bytes, 0);
		metrics_add(METRIC_proxy_replies_stateless, 1);
	}
	buffer_unref(pool, bytes);
}

/* With one header whose value is a number. */
static void reply_number(struct proxy *proxy, struct transaction *server,
	const struct pv_message *request, const struct path *from, unsigned status,
	const char *name, uint32_t number)
{
	char text[40];
	struct pv_writer w;
	pv_writer_init(&w, text, sizeof(text));
	pv_put_text(&w, name);
	pv_put_u64(&w, number);
	pv_put_text(&w, "\r\n");
	proxy_reply(proxy, server, request, from, status, PV_SPAN(""), pv_writer_span(&w));
}

void proxy_reply_busy(struct proxy *proxy, struct transaction *server,
	const struct pv_message *request, const struct path *from)
{
	metrics_add(METRIC_proxy_refused_busy, 1);
	reply_number(
		proxy, server, request, from, 503, "Retry-After: ", proxy->config.retry_after_s);
}

void proxy_reply_interval(struct proxy *proxy, struct transaction *server,
	const struct pv_message *request, const struct path *from, uint32_t least_s)
{
	reply_number(proxy, server, request, from, 422, "Min-SE: ", least_s);
}

void proxy_reply_later(struct proxy *proxy, struct transaction *server,
	const struct pv_message *request, const struct path *from)
{
	reply_number(proxy, server, request, from, 500, "Retry-After: ", random_below(11));
}

void proxy_reply_no_call(struct proxy *proxy, struct transaction *server,
	const struct pv_message *request, const struct path *from, int error)
{
	if (error == -EDQUOT)
		proxy_reply(
			proxy, server, request, from, 403, PV_SPAN("Too Many Calls"), PV_SPAN(""));
	else if (error == -EEXIST)
		proxy_reply(proxy, server, request, from, 482, PV_SPAN(""), PV_SPAN(""));
	else
		proxy_reply_busy(proxy, server, request, from);
}

bool proxy_answer_options(struct proxy *proxy, struct incoming *incoming)
{
	proxy_reply(proxy, NULL, incoming->message, incoming->from, 200, PV_SPAN(""),
		PV_SPAN("Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER, SUBSCRIBE, NOTIFY, "
			"MESSAGE, REFER, INFO, "
			"UPDATE, PRACK, PUBLISH\r\n"
			"Accept: application/sdp\r\n"
			"Supported: path, outbound\r\n"));
	return false;
}

bool proxy_answer_nobody(struct proxy *proxy, struct incoming *incoming)
{
	proxy_reply(proxy, NULL, incoming->message, incoming->from, 404, PV_SPAN(""), PV_SPAN(""));
	return false;
}
