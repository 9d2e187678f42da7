/* SPDX-License-Identifier: Apache-2.0 */
/* keepalive.c — keeps the holes of phones behind NAT open: OPTIONS over UDP, a double CRLF over
 * connections. */
#include "app/registrar/private.h"

#define KEEPALIVE_ROOM 8192

/* The answer's branch leads to the stateless slot of this worker, where it ends. */
void registrar_keepalive_write(struct registrar *registrar, const struct registry_binding *binding,
	struct pv_span sent_by, struct pv_writer *w)
{
	uint64_t words[2] = {registrar->at.worker->index, ++registrar->keepalives};
	uint64_t call_id = siphash13(&registrar->key, words, sizeof(words));
	struct pv_span domain = domains_realm(registrar->at.domains);
	pv_put_text(w, "OPTIONS ");
	pv_put(w, binding->contact);
	pv_put_text(w, " SIP/2.0\r\nVia: SIP/2.0/UDP ");
	pv_put(w, sent_by);
	pv_put_text(w, ";rport;branch=");
	transaction_branch_stateless(
		registrar->at.transactions, (uint32_t)registrar->keepalives, w);
	pv_put_text(w, "\r\nMax-Forwards: 70\r\nFrom: <sip:");
	pv_put(w, domain);
	pv_put_text(w, ">;tag=");
	pv_put_hex(w, call_id >> 32, 8);
	pv_put_text(w, "\r\nTo: <");
	pv_put(w, binding->contact);
	pv_put_text(w, ">\r\nCall-ID: ");
	pv_put_hex(w, call_id, 16);
	pv_put_text(w, "\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n");
}

static void send_options(struct registrar *registrar, const struct registry_binding *binding)
{
	char text[KEEPALIVE_ROOM];
	struct path to = binding->received;
	struct pv_span sent_by;
	struct pv_writer w;
	if (net_local(registrar->at.net, &to, &sent_by) != 0)
		return;
	pv_writer_init(&w, text, sizeof(text));
	registrar_keepalive_write(registrar, binding, sent_by, &w);
	if (!w.overflow)
		net_send_copy(registrar->at.net, &to, pv_writer_span(&w));
}

static void visit(void *context, const struct registry_binding *binding)
{
	struct registrar *registrar = context;
	if (binding->received.transport == PV_TRANSPORT_UDP)
		send_options(registrar, binding);
	else if (binding->received.flow)
		net_send_copy(registrar->at.net, &binding->received, PV_SPAN("\r\n\r\n"));
	metrics_add(METRIC_registrar_keepalives, 1);
}

void registrar_keepalive(struct registrar *registrar, uint64_t now_ms)
{
	registry_keepalive(registrar->at.registry, registrar->at.worker->index, now_ms,
		registrar->config.keepalive_ms, visit, registrar);
}
