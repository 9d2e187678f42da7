/* SPDX-License-Identifier: Apache-2.0 */
/* write.c — requests and responses of a leg, as they go out. */
#include "app/b2bua/private.h"

#include <errno.h>
#include <portavoz/build.h>

/* What a message of ours takes beside the dialog's texts and what is carried. */
#define ROOM 1024

static const char *const transport_names[] = {
	[PV_TRANSPORT_TCP] = "tcp",
	[PV_TRANSPORT_TLS] = "tls",
	[PV_TRANSPORT_WS] = "ws",
	[PV_TRANSPORT_WSS] = "ws",
};

/* Where the leg reaches us: our tag, at the address that it sees. */
static void put_contact(
	const struct leg *leg, const struct path *path, struct pv_span sent_by, struct pv_writer *w)
{
	pv_put_text(w, "Contact: <sip:");
	pv_put(w, dialog_texts(&leg->dialog).local_tag);
	pv_put_char(w, '@');
	pv_put(w, sent_by);
	if (path->transport != PV_TRANSPORT_UDP) {
		pv_put_text(w, ";transport=");
		pv_put_text(w, transport_names[path->transport]);
	}
	pv_put_text(w, ">\r\n");
}

struct session_wish leg_wish(const struct b2bua *b, const struct leg *leg)
{
	uint32_t least = MAX(SESSION_LEAST_S, leg->least_s);
	uint32_t interval = b->config.session_expires_s;
	return (struct session_wish){interval ? MAX(interval, least) : 0, least};
}

/* What of RFC 4028 and target refresh is in requests of these methods. */
static bool refreshes(enum pv_method method)
{
	return method == PV_METHOD_INVITE || method == PV_METHOD_UPDATE;
}

static void put_via(
	struct b2bua *b, const struct outgoing *o, struct pv_span sent_by, struct pv_writer *w)
{
	pv_put_text(w, "Via: SIP/2.0/");
	pv_put(w, pv_transport_text((enum pv_transport)o->to->transport));
	pv_put_char(w, ' ');
	pv_put(w, sent_by);
	pv_put_text(w, ";branch=");
	if (o->client)
		transaction_branch(b->at.transactions, o->client, 0, w);
	else
		transaction_branch_stateless(b->at.transactions, 0, w);
	pv_put_text(w, "\r\nMax-Forwards: ");
	int32_t hops = o->carried ? o->carried->max_forwards : -1;
	pv_put_u64(w, hops > 0 ? (uint64_t)hops - 1 : 70);
	pv_put_text(w, "\r\n");
}

static void put_line(struct pv_writer *w, const char *name, struct pv_span value)
{
	if (!value.length)
		return;
	pv_put_text(w, name);
	pv_put(w, value);
	pv_put_text(w, "\r\n");
}

static void put_request(struct b2bua *b, const struct outgoing *o, const struct dialog *dialog,
	struct pv_span sent_by, struct pv_writer *w)
{
	const struct pv_message *m = o->carried;
	struct pv_span method = o->method != PV_METHOD_OTHER ? pv_method_text(o->method)
							     : pv_message_span(m, m->method_name);
	dialog_put_request_line(dialog, method, w);
	put_via(b, o, sent_by, w);
	dialog_put_headers(dialog, o->cseq, method, w);
	if (refreshes(o->method) || (m && pv_message_has(m, PV_HEADER_CONTACT)))
		put_contact(o->leg, o->to, sent_by, w);
	if (refreshes(o->method)) {
		struct session_wish wish = leg_wish(b, o->leg);
		pv_put_text(w, "Supported: timer\r\n");
		session_put_request(w, &wish, o->session);
	}
	put_line(w, "Reason: ", o->reason);
	put_line(w, "RAck: ", o->rack);
	/* required, so that a phone that does not know Replaces refuses instead of ringing */
	if (o->replaces)
		pv_put_text(w, "Require: replaces\r\n");
	if (o->replaces)
		put_line(
			w, "Replaces: ", (struct pv_span){o->replaces->bytes, o->replaces->length});
	if (m)
		carry_headers(b, m, w);
	if (o->body.length)
		pv_build_end(w, PV_SPAN("application/sdp"), o->body);
	else
		carry_body(m, o->media, w);
}

static size_t media_length(const struct call_media_result *media)
{
	return media && media->verdict == CALL_MEDIA_CHANGED ? media->sdp.length : 0;
}

static struct buffer *writable(struct b2bua *b, const struct outgoing *o)
{
	const struct pv_message *m = o->carried;
	size_t room = ROOM + (m ? m->length : 0) + o->body.length + o->leg->dialog.text->length +
		      (o->replaces ? o->replaces->length : 0) + media_length(o->media);
	return buffer_take(&b->at.worker->buffers, MIN(room, PV_MESSAGE_MAX));
}

static struct buffer *written(struct b2bua *b, struct buffer *bytes, const struct pv_writer *w)
{
	if (w->overflow) {
		buffer_unref(&b->at.worker->buffers, bytes);
		return NULL;
	}
	bytes->length = (uint32_t)pv_writer_length(w);
	return bytes;
}

static struct buffer *write_in(
	struct b2bua *b, const struct outgoing *o, const struct dialog *dialog, int *ret_error)
{
	struct pv_span sent_by;
	struct pv_writer w;
	*ret_error = net_local(b->at.net, o->to, &sent_by);
	if (*ret_error < 0)
		return NULL;
	*ret_error = -ENOBUFS;
	struct buffer *bytes = writable(b, o);
	if (!bytes)
		return NULL;
	pv_writer_init(&w, bytes->bytes, buffer_capacity(bytes));
	put_request(b, o, dialog, sent_by, &w);
	/* §18.1.1: the length is known now, and the Via names the transport */
	if (!w.overflow && o->client && net_prefer_stream(b->at.net, o->to, pv_writer_length(&w))) {
		*ret_error = net_local(b->at.net, o->to, &sent_by);
		pv_writer_init(&w, bytes->bytes, buffer_capacity(bytes));
		if (*ret_error < 0)
			w.overflow = true;
		else
			put_request(b, o, dialog, sent_by, &w);
	}
	return written(b, bytes, &w);
}

struct buffer *write_request(struct b2bua *b, const struct outgoing *o, int *ret_error)
{
	struct dialog dialog;
	if (!o->face)
		return write_in(b, o, &o->leg->dialog, ret_error);
	*ret_error = -ENOBUFS;
	if (face_dialog(b, o->leg, o->face, &dialog) < 0)
		return NULL;
	struct buffer *bytes = write_in(b, o, &dialog, ret_error);
	dialog_done(&b->at.worker->buffers, &dialog);
	return bytes;
}

/* A redirection leads where the other end says: that is what it is for. */
static void put_redirections(const struct pv_message *carried, struct pv_writer *w)
{
	struct pv_values walk;
	struct pv_span value;
	pv_values_begin(&walk, carried, PV_HEADER_CONTACT);
	while (pv_values_next(&walk, &value))
		put_line(w, "Contact: ", value);
}

static void put_response_contact(struct b2bua *b, const struct answer *a, struct pv_writer *w)
{
	const struct pv_message *m = a->carried;
	struct path path = *a->from;
	struct pv_span sent_by;
	if (m && a->status >= 300 && a->status < 400) {
		put_redirections(m, w);
		return;
	}
	bool wanted =
		a->status > 100 && a->status < 300 &&
		(refreshes(a->request->method) || (m && pv_message_has(m, PV_HEADER_CONTACT)));
	if (wanted && net_local(b->at.net, &path, &sent_by) == 0)
		put_contact(a->leg, &path, sent_by, w);
}

/* Warning and Retry-After. */
static void put_refusal(struct b2bua *b, const struct answer *a, struct pv_writer *w)
{
	struct path path = *a->from;
	struct pv_span agent;
	if (net_local(b->at.net, &path, &agent) == 0)
		call_media_refusal_write(a->refusal, agent, w);
}

struct buffer *write_response(struct b2bua *b, const struct answer *a)
{
	const struct pv_message *m = a->carried;
	struct transaction_via_text fixup;
	char tag[DIALOG_TAG_LENGTH];
	struct pv_writer w;
	size_t room = ROOM + a->request->body.at + (m ? m->length : 0) + media_length(a->media);
	struct buffer *bytes = buffer_take(&b->at.worker->buffers, MIN(room, PV_MESSAGE_MAX));
	if (!bytes)
		return NULL;
	bool forms = a->request->method == PV_METHOD_INVITE && a->status < 300;
	struct pv_response response = {
		.status = a->status,
		.phrase = m && m->status == a->status ? pv_message_span(m, m->reason)
						      : (struct pv_span){NULL, 0},
		.to_tag = a->face ? face_tag(b, a->leg, a->face, tag)
				  : dialog_texts(&a->leg->dialog).local_tag,
		.record_route = forms,
	};
	transaction_via_fixup(a->request, a->from, &fixup, &response.received, &response.rport);
	pv_writer_init(&w, bytes->bytes, buffer_capacity(bytes));
	pv_build_response(&w, a->request, &response);
	put_response_contact(b, a, &w);
	if (a->rseq) {
		pv_put_text(&w, "RSeq: ");
		pv_put_u64(&w, a->rseq);
		pv_put_text(&w, "\r\n");
	}
	if (a->session && a->status / 100 == 2) {
		pv_put_text(&w, "Supported: timer\r\n");
		session_put_response(&w, a->session);
	}
	if (a->refusal)
		put_refusal(b, a, &w);
	if (m)
		carry_headers(b, m, &w);
	carry_body(m, a->media, &w);
	return written(b, bytes, &w);
}
