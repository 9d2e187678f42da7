/* SPDX-License-Identifier: Apache-2.0 */
/* write.c — requests and responses of a leg, as they go out. */
#include "app/b2bua/private.h"

#include <errno.h>

#include "dialog/writing.h"

/* Where the leg reaches us: our tag, at the address that it sees. */
static void put_contact(
	const struct leg *leg, const struct path *path, struct pv_span sent_by, struct pv_writer *w)
{
	pv_put_text(w, "Contact: <sip:");
	pv_put(w, dialog_texts(&leg->dialog).local_tag);
	pv_put_char(w, '@');
	pv_put(w, sent_by);
	pv_put(w, pv_transport_parameter((enum pv_transport)path->transport));
	pv_put_text(w, ">\r\n");
}

/* What of RFC 4028 and target refresh is in requests of these methods. */
static bool refreshes(enum pv_method method)
{
	return method == PV_METHOD_INVITE || method == PV_METHOD_UPDATE;
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
	struct writing *writing)
{
	const struct pv_message *m = o->carried;
	struct pv_writer *w = &writing->w;
	int32_t hops = m ? m->max_forwards : -1;
	struct pv_span method = o->method != PV_METHOD_OTHER ? pv_method_text(o->method)
							     : pv_message_span(m, m->method_name);
	writing_put_head(writing, dialog, method, o->cseq, hops > 0 ? (unsigned)hops - 1 : 70);
	if (refreshes(o->method) || (m && pv_message_has(m, PV_HEADER_CONTACT)))
		put_contact(o->leg, o->to, writing->sent_by, w);
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

static struct buffer *write_in(
	struct b2bua *b, const struct outgoing *o, const struct dialog *dialog, int *ret_error)
{
	const struct pv_message *m = o->carried;
	struct writing writing = {.pool = &b->at.worker->buffers,
		.net = b->at.net,
		.transactions = b->at.transactions,
		.client = o->client,
		.to = o->to};
	size_t room = WRITING_ROOM + (m ? m->length : 0) + o->body.length + dialog->text->length +
		      (o->replaces ? o->replaces->length : 0) + media_length(o->media);
	if (writing_begin(&writing, room))
		do
			put_request(b, o, dialog, &writing);
		while (writing_again(&writing));
	*ret_error = writing.error;
	return writing_end(&writing);
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
	struct writing writing = {.pool = &b->at.worker->buffers};
	struct pv_writer *w = &writing.w;
	char tag[DIALOG_TAG_LENGTH];
	bool forms = a->request->method == PV_METHOD_INVITE && a->status < 300;
	struct pv_response response = {
		.status = a->status,
		.phrase = m && m->status == a->status ? pv_message_span(m, m->reason)
						      : (struct pv_span){NULL, 0},
		.to_tag = a->face ? face_tag(b, a->leg, a->face, tag)
				  : dialog_texts(&a->leg->dialog).local_tag,
		.record_route = forms,
	};
	size_t room = WRITING_ROOM + (m ? m->length : 0) + media_length(a->media);
	if (!writing_begin_response(&writing, a->request, a->from, &response, room))
		return NULL;
	put_response_contact(b, a, w);
	if (a->rseq) {
		pv_put_text(w, "RSeq: ");
		pv_put_u64(w, a->rseq);
		pv_put_text(w, "\r\n");
	}
	if (a->session && a->status / 100 == 2) {
		pv_put_text(w, "Supported: timer\r\n");
		session_put_response(w, a->session);
	}
	if (a->refusal)
		put_refusal(b, a, w);
	if (m)
		carry_headers(b, m, w);
	carry_body(m, a->media, w);
	return writing_end(&writing);
}
