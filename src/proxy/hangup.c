/* SPDX-License-Identifier: Apache-2.0 */
/* hangup.c — a phone whose 2xx cannot be passed on gets the ACK and the BYE that its caller, who
 * hears of a failure, will never send. */
#include "proxy/private.h"

#include <portavoz/build.h>

#include "dialog/dialog.h"

/*
 * §16.7 has a proxy pass on each 2xx at once, and know nothing of BYE. But an answer that cannot be
 * would lead the caller's media to where nobody is, or past the relay; so the caller hears 488. The
 * phone believes in a dialog then, repeats its 2xx for half a minute, and rings off by itself when
 * no ACK has come (§13.3.1.4): half a call, with a person who talks into it. All that ACK and BYE
 * take stands in the 2xx, and the only other end that may use their CSeq was refused.
 */

#define ROUTES_ROOM  2048
#define REQUEST_ROOM 384 /* all but the dialog's own texts */

/* Is it what we recorded in this passage? Its token has not been turned yet. */
static bool is_ours_here(const struct proxy *proxy, struct pv_span value)
{
	struct pv_address address;
	struct pv_uri uri;
	return pv_address_parse(value, &address) == 0 && pv_uri_parse(address.uri, &uri) == 0 &&
	       route_token_holder(uri.user) == ROUTE_CALLEE && proxy_is_our_route(proxy, &uri);
}

/* The value of Record-Route at `index`; false: there are not so many. */
static bool recorded_at(const struct pv_message *m, unsigned index, struct pv_span *ret)
{
	struct pv_values walk;
	pv_values_begin(&walk, m, PV_HEADER_RECORD_ROUTE);
	for (unsigned i = 0; pv_values_next(&walk, ret); i++)
		if (i == index)
			return true;
	return false;
}

/* §12.1.2, from here on: who recorded himself behind us stands above us, the last one first. */
static void put_routes(const struct proxy *proxy, const struct pv_message *m, struct pv_writer *w)
{
	struct pv_span value;
	unsigned behind = 0;
	while (recorded_at(m, behind, &value) && !is_ours_here(proxy, value))
		behind++;
	while (behind-- > 0 && recorded_at(m, behind, &value)) {
		if (pv_writer_length(w))
			pv_put_text(w, ", ");
		pv_put(w, value);
	}
}

/* The caller's half of the dialog that the 2xx made. 0 or -1. */
static int dialog_of_response(
	struct proxy *proxy, const struct pv_message *response, struct dialog *ret)
{
	char routes[ROUTES_ROOM];
	struct pv_writer all, behind;
	struct dialog_texts texts = {.call_id = response->call_id,
		.local = response->from.whole,
		.local_tag = response->from_tag};
	pv_writer_init(&all, routes, sizeof(routes));
	if (dialog_texts_of_response(response, &all, &texts) < 0)
		return -1;
	pv_writer_init(&behind, routes, sizeof(routes));
	put_routes(proxy, response, &behind);
	texts.routes = pv_writer_span(&behind);
	return dialog_store(&proxy->at.worker->buffers, ret, &texts);
}

struct hangup {
	struct proxy *proxy;
	const struct pv_message *response;
	struct dialog dialog;
	struct path to; /* the way that the INVITE went */
};

/* `client` NULL: it has no response. NULL: no room, or no socket. */
static struct buffer *request_of(struct hangup *h, struct pv_span method, uint32_t cseq,
	const struct transaction *client, struct pv_span reason)
{
	struct proxy *proxy = h->proxy;
	struct pv_span sent_by;
	struct pv_writer w;
	if (net_local(proxy->at.net, &h->to, &sent_by) < 0)
		return NULL;
	struct buffer *bytes = buffer_take(
		&proxy->at.worker->buffers, REQUEST_ROOM + 2 * (size_t)h->dialog.text->length);
	if (!bytes)
		return NULL;
	pv_writer_init(&w, bytes->bytes, buffer_capacity(bytes));
	dialog_put_request_line(&h->dialog, method, &w);
	transaction_put_via(proxy->at.transactions, client, 0, h->to.transport, sent_by, &w);
	pv_put_text(&w, "Max-Forwards: 70\r\n");
	dialog_put_headers(&h->dialog, cseq, method, &w);
	if (reason.length)
		pv_build_header(&w, PV_HEADER_REASON, reason);
	pv_build_end(&w, PV_SPAN(""), PV_SPAN(""));
	bytes->length = (uint32_t)pv_writer_length(&w);
	if (!w.overflow)
		return bytes;
	buffer_unref(&proxy->at.worker->buffers, bytes);
	return NULL;
}

static void send_ack(struct hangup *h)
{
	struct buffer *bytes = request_of(h, PV_SPAN("ACK"), h->response->cseq, NULL, PV_SPAN(""));
	if (!bytes)
		return; /* its 2xx comes again */
	net_send(h->proxy->at.net, &h->to, bytes, 0);
	buffer_unref(&h->proxy->at.worker->buffers, bytes);
}

static void send_bye(struct hangup *h)
{
	struct transaction_layer *layer = h->proxy->at.transactions;
	struct transaction *client = transaction_client_take(layer, PV_METHOD_BYE);
	if (!client)
		return;
	struct buffer *bytes = request_of(
		h, PV_SPAN("BYE"), h->response->cseq + 1, client, call_why_reason(CALL_BAD_MEDIA));
	if (!bytes) {
		transaction_client_drop(layer, client);
		return;
	}
	metrics_add(METRIC_proxy_hangups, 1);
	transaction_client_send(layer, client, bytes, &h->to);
	buffer_unref(&h->proxy->at.worker->buffers, bytes);
}

/* An answer to a re-INVITE: the dialog goes on as it was agreed before, at both ends. */
static bool is_confirmed(struct proxy *proxy, const struct pv_message *response)
{
	enum call_side asked = CALL_CALLER;
	struct call *call = call_find(
		proxy->at.calls, response->call_id, response->from_tag, response->to_tag, &asked);
	struct pv_span tag = asked == CALL_CALLER ? response->to_tag : response->from_tag;
	return call && call_media_is_confirmed(proxy->at.calls, call, tag);
}

void proxy_hang_up(
	struct proxy *proxy, struct transaction *invite, const struct pv_message *response)
{
	struct hangup h = {.proxy = proxy, .response = response, .to = *transaction_path(invite)};
	if (dialog_of_response(proxy, response, &h.dialog) < 0)
		return;
	transaction_set_peer(invite, HUNG_UP);
	send_ack(&h);
	if (!is_confirmed(proxy, response))
		send_bye(&h);
	dialog_done(&proxy->at.worker->buffers, &h.dialog);
}
