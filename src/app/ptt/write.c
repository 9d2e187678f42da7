/* SPDX-License-Identifier: Apache-2.0 */
/* write.c — requests and responses of the focus, as they go out. */
#include "app/ptt/private.h"

#include "dialog/writing.h"

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
	pv_put(w, pv_transport_parameter((enum pv_transport)path->transport));
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

static void put_request(struct ptt *p, const struct ptt_outgoing *o, struct writing *writing)
{
	struct pv_writer *w = &writing->w;
	writing_put_head(writing, o->dialog, pv_method_text(o->method), o->cseq, 70);
	if (o->contact.length)
		put_contact(o->contact, o->to, writing->sent_by, w);
	if (o->method == PV_METHOD_INVITE || o->method == PV_METHOD_OPTIONS)
		ptt_write_abilities(w);
	else if (o->method == PV_METHOD_UPDATE)
		pv_put_text(w, "Supported: timer\r\n");
	if (o->wish)
		session_put_request(w, o->wish, o->session);
	pv_put(w, o->extra);
	pv_build_end(w, o->type, o->body);
}

struct buffer *ptt_write_request(struct ptt *p, const struct ptt_outgoing *o)
{
	struct writing writing = {.pool = ptt_buffers(p),
		.net = p->at.net,
		.transactions = p->at.transactions,
		.client = o->client,
		.to = o->to};
	size_t room = WRITING_ROOM + o->extra.length + o->body.length + o->dialog->text->length;
	if (writing_begin(&writing, room))
		do
			put_request(p, o, &writing);
		while (writing_again(&writing));
	return writing_end(&writing);
}

struct buffer *ptt_write_response(struct ptt *p, const struct ptt_answer *a)
{
	struct writing writing = {.pool = ptt_buffers(p)};
	struct pv_writer *w = &writing.w;
	enum pv_method method = a->request->method;
	bool forms = method == PV_METHOD_INVITE || method == PV_METHOD_SUBSCRIBE;
	struct pv_response response = {
		.status = a->status, .to_tag = a->to_tag, .record_route = forms && a->status < 300};
	size_t room = WRITING_ROOM + a->extra.length + a->body.length;
	if (!writing_begin_response(&writing, a->request, a->from, &response, room))
		return NULL;
	if (a->contact.length)
		ptt_write_contact(p, a->contact, a->from, w);
	if (a->status / 100 == 2 && method != PV_METHOD_BYE)
		ptt_write_abilities(w);
	if (a->session && a->status / 100 == 2)
		session_put_response(w, a->session);
	pv_put(w, a->extra);
	pv_build_end(w, a->type, a->body);
	return writing_end(&writing);
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
