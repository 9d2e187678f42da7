/* SPDX-License-Identifier: Apache-2.0 */
/* write.c — requests and responses of the focus, as they go out. */
#include "app/ptt/private.h"

#include <errno.h>
#include <portavoz/build.h>

/* What a message of ours takes beside the dialog's texts and what is in it. */
#define ROOM 1024

static const char *const transport_names[] = {
	[PV_TRANSPORT_TCP] = "tcp",
	[PV_TRANSPORT_TLS] = "tls",
	[PV_TRANSPORT_WS] = "ws",
	[PV_TRANSPORT_WSS] = "ws",
};

void ptt_write_abilities(struct pv_writer *w)
{
	pv_put_text(w,
		"Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, MESSAGE, SUBSCRIBE, UPDATE\r\n"
		"Supported: timer\r\n"
		"Allow-Events: conference\r\n");
}

/* RFC 4579 §5.1: the group at the address that this one sees, and that it is a focus. */
static void put_contact(
	struct pv_span user, const struct path *path, struct pv_span sent_by, struct pv_writer *w)
{
	pv_put_text(w, "Contact: <");
	ptt_put_uri(w, user, sent_by);
	if (path->transport != PV_TRANSPORT_UDP) {
		pv_put_text(w, ";transport=");
		pv_put_text(w, transport_names[path->transport]);
	}
	pv_put_text(w, ">;isfocus\r\n");
}

void ptt_write_contact(
	struct ptt *p, struct pv_span group, const struct path *path, struct pv_writer *w)
{
	struct path to = *path;
	struct pv_span sent_by;
	if (net_local(p->at.net, &to, &sent_by) == 0)
		put_contact(group, &to, sent_by, w);
}

static void put_via(
	struct ptt *p, const struct ptt_outgoing *o, struct pv_span sent_by, struct pv_writer *w)
{
	pv_put_text(w, "Via: SIP/2.0/");
	pv_put(w, pv_transport_text((enum pv_transport)o->to->transport));
	pv_put_char(w, ' ');
	pv_put(w, sent_by);
	pv_put_text(w, ";branch=");
	if (o->client)
		transaction_branch(p->at.transactions, o->client, 0, w);
	else
		transaction_branch_stateless(p->at.transactions, 0, w);
	pv_put_text(w, "\r\nMax-Forwards: 70\r\n");
}

static void put_request(
	struct ptt *p, const struct ptt_outgoing *o, struct pv_span sent_by, struct pv_writer *w)
{
	struct pv_span method = pv_method_text(o->method);
	dialog_put_request_line(o->dialog, method, w);
	put_via(p, o, sent_by, w);
	dialog_put_headers(o->dialog, o->cseq, method, w);
	if (o->contact.length)
		put_contact(o->contact, o->to, sent_by, w);
	if (o->method == PV_METHOD_INVITE || o->method == PV_METHOD_OPTIONS)
		ptt_write_abilities(w);
	else if (o->method == PV_METHOD_UPDATE)
		pv_put_text(w, "Supported: timer\r\n");
	if (o->wish)
		session_put_request(w, o->wish, o->session);
	pv_put(w, o->extra);
	pv_build_end(w, o->type, o->body);
}

static struct buffer *written(struct ptt *p, struct buffer *bytes, const struct pv_writer *w)
{
	if (w->overflow) {
		buffer_unref(ptt_buffers(p), bytes);
		return NULL;
	}
	bytes->length = (uint32_t)pv_writer_length(w);
	return bytes;
}

struct buffer *ptt_write_request(struct ptt *p, const struct ptt_outgoing *o, int *ret_error)
{
	struct pv_span sent_by;
	struct pv_writer w;
	*ret_error = net_local(p->at.net, o->to, &sent_by);
	if (*ret_error < 0)
		return NULL;
	*ret_error = -ENOBUFS;
	size_t room = ROOM + o->extra.length + o->body.length + o->dialog->text->length;
	struct buffer *bytes = buffer_take(ptt_buffers(p), MIN(room, PV_MESSAGE_MAX));
	if (!bytes)
		return NULL;
	pv_writer_init(&w, bytes->bytes, buffer_capacity(bytes));
	put_request(p, o, sent_by, &w);
	/* §18.1.1: the length is known now, and the Via names the transport */
	if (!w.overflow && o->client && net_prefer_stream(p->at.net, o->to, pv_writer_length(&w))) {
		*ret_error = net_local(p->at.net, o->to, &sent_by);
		pv_writer_init(&w, bytes->bytes, buffer_capacity(bytes));
		if (*ret_error < 0)
			w.overflow = true;
		else
			put_request(p, o, sent_by, &w);
	}
	return written(p, bytes, &w);
}

struct buffer *ptt_write_response(struct ptt *p, const struct ptt_answer *a)
{
	struct transaction_via_text fixup;
	struct pv_writer w;
	size_t room = ROOM + a->request->body.at + a->extra.length + a->body.length;
	struct buffer *bytes = buffer_take(ptt_buffers(p), MIN(room, PV_MESSAGE_MAX));
	if (!bytes)
		return NULL;
	bool forms =
		a->request->method == PV_METHOD_INVITE || a->request->method == PV_METHOD_SUBSCRIBE;
	struct pv_response response = {
		.status = a->status, .to_tag = a->to_tag, .record_route = forms && a->status < 300};
	transaction_via_fixup(a->request, a->from, &fixup, &response.received, &response.rport);
	pv_writer_init(&w, bytes->bytes, buffer_capacity(bytes));
	pv_build_response(&w, a->request, &response);
	if (a->contact.length)
		ptt_write_contact(p, a->contact, a->from, &w);
	if (a->status / 100 == 2 && a->request->method != PV_METHOD_BYE)
		ptt_write_abilities(&w);
	if (a->session && a->status / 100 == 2)
		session_put_response(&w, a->session);
	pv_put(&w, a->extra);
	pv_build_end(&w, a->type, a->body);
	return written(p, bytes, &w);
}

/* ---- refusals ---- */

void ptt_reply(struct ptt *p, struct transaction *server, const struct pv_message *request,
	const struct path *from, unsigned status)
{
	struct pv_span extra = PV_SPAN("");
	if (status == 405 || status == 501)
		extra = PV_SPAN(
			"Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, MESSAGE, SUBSCRIBE, "
			"UPDATE\r\n");
	proxy_reply(p->at.proxy, server, request, from, status, PV_SPAN(""), extra);
}

void ptt_reply_busy(struct ptt *p, struct transaction *server, const struct pv_message *request,
	const struct path *from)
{
	metrics_add(METRIC_ptt_refused_busy, 1);
	proxy_reply_busy(p->at.proxy, server, request, from);
}

void ptt_refuse_sdp(struct ptt *p, struct transaction *server, const struct pv_message *request,
	const struct path *from, int verdict)
{
	char text[256];
	struct path path = *from;
	struct pv_span agent = PV_SPAN("portavoz");
	struct pv_writer w;
	if (verdict == PTT_SDP_NO_ROOM) {
		ptt_reply_busy(p, server, request, from);
		return;
	}
	metrics_add(METRIC_ptt_refused_media, 1);
	if (verdict == PTT_SDP_OTHER_TYPE) {
		proxy_reply(p->at.proxy, server, request, from, 415, PV_SPAN(""),
			PV_SPAN("Accept: application/sdp\r\n"));
		return;
	}
	(void)net_local(p->at.net, &path, &agent);
	pv_writer_init(&w, text, sizeof(text));
	pv_put_text(&w, "Warning: ");
	pv_sdp_warning_write(&w, verdict, agent);
	pv_put_text(&w, "\r\n");
	proxy_reply(p->at.proxy, server, request, from, pv_sdp_verdict_row(verdict)->status,
		PV_SPAN(""), w.overflow ? PV_SPAN("") : pv_writer_span(&w));
}
