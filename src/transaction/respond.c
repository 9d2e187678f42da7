/* SPDX-License-Identifier: Apache-2.0 */
/* respond.c — where responses go and what the topmost Via gets (RFC 3261 §18.2, RFC 3581), and the
 * stateless ones. */
#include <portavoz/build.h>

#include "base/metrics.h"
#include "transaction/layer.h"

static uint16_t default_port(enum pv_transport transport)
{
	return transport == PV_TRANSPORT_TLS || transport == PV_TRANSPORT_WSS ? 5061 : 5060;
}

uint16_t respond_sent_by_port(const struct pv_message *request, enum pv_transport transport)
{
	return request->via.port ? request->via.port : default_port(transport);
}

/* No rport, but a private sent-by behind a public source: sent-by's port leads nowhere, the NAT's
 * does. */
static bool is_behind_nat(const struct pv_message *request, const struct path *from)
{
	struct net_address sent_by;
	return net_address_parse(request->via.host, 0, &sent_by) &&
	       net_address_is_private(&sent_by) && !net_address_is_private(&from->peer);
}

void transaction_response_path(
	const struct pv_message *request, const struct path *from, struct path *ret)
{
	const struct pv_via *via = &request->via;
	struct path path = *from;
	path.tcp_if_large = 0;
	if (from->transport == PV_TRANSPORT_UDP) {
		uint16_t port = respond_sent_by_port(request, PV_TRANSPORT_UDP);
		struct net_address maddr;
		if (via->maddr.length && net_address_parse(via->maddr, port, &maddr))
			path.peer = maddr;
		else if (!via->has_rport && !is_behind_nat(request, from))
			path.peer.port = port;
	}
	*ret = path;
}

void transaction_via_fixup(const struct pv_message *request, const struct path *from,
	struct transaction_via_text *text, struct pv_span *ret_received, struct pv_span *ret_rport)
{
	const struct pv_via *via = &request->via;
	struct net_address sent_by;
	struct pv_writer w;
	*ret_received = *ret_rport = (struct pv_span){0};
	if (via->has_rport) {
		pv_writer_init(&w, text->rport, sizeof(text->rport));
		pv_put_u64(&w, from->peer.port);
		*ret_rport = pv_writer_span(&w);
	} else if (net_address_parse(via->host, 0, &sent_by) &&
		   net_address_same_ip(&sent_by, &from->peer)) {
		return;
	}
	pv_writer_init(&w, text->received, sizeof(text->received));
	net_address_write_ip(&from->peer, &w);
	*ret_received = pv_writer_span(&w);
}

struct pv_span respond_tag(
	struct transaction_layer *layer, const struct match_key *key, char tag[TAG_LENGTH])
{
	uint64_t words[2] = {key->call, key->via};
	struct pv_writer w;
	pv_writer_init(&w, tag, TAG_LENGTH);
	pv_put_hex(&w, siphash24(&layer->tag_key, words, sizeof(words)), TAG_LENGTH);
	return pv_writer_span(&w);
}

struct pv_span transaction_local_tag(struct transaction_layer *layer,
	const struct pv_message *request, char tag[TRANSACTION_TAG])
{
	struct match_key key;
	transaction_match_key_again(layer, request, &key);
	return respond_tag(layer, &key, tag);
}

struct pv_span respond_build(struct transaction_layer *layer, const struct pv_message *request,
	const struct path *from, struct pv_response *response, unsigned retry_after)
{
	struct transaction_via_text text;
	char seconds[12];
	struct pv_writer w, number;
	transaction_via_fixup(request, from, &text, &response->received, &response->rport);
	pv_writer_init(&w, layer->scratch, sizeof(layer->scratch));
	pv_build_response(&w, request, response);
	if (retry_after) {
		pv_writer_init(&number, seconds, sizeof(seconds));
		pv_put_u64(&number, retry_after);
		pv_build_header(&w, PV_HEADER_RETRY_AFTER, pv_writer_span(&number));
	}
	pv_build_end(&w, PV_SPAN(""), PV_SPAN(""));
	return w.overflow ? (struct pv_span){0} : pv_writer_span(&w);
}

void transaction_refuse(struct transaction_layer *layer, const struct pv_message *request,
	const struct path *from, unsigned status, struct pv_span phrase, unsigned retry_after)
{
	char tag[TAG_LENGTH];
	struct path to;
	struct pv_response response = {.status = status, .phrase = phrase};
	response.to_tag = transaction_local_tag(layer, request, tag);
	struct pv_span text = respond_build(layer, request, from, &response, retry_after);
	transaction_response_path(request, from, &to);
	metrics_add(METRIC_transaction_stateless, 1);
	if (text.length)
		net_send_copy(layer->net, &to, text);
}
