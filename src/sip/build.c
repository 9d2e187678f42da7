/* SPDX-License-Identifier: Apache-2.0 */
/* build.c — responses, and the CANCEL and ACK that the transaction layer makes (RFC 3261 §8.2.6,
 * §9.1, §17.1.1.3). */
#include <portavoz/build.h>

static void put_line(struct pv_writer *w, struct pv_span name, struct pv_span value)
{
	char *to = pv_writer_take(w, name.length + value.length + 4);
	if (!to)
		return;
	memcpy(to, name.at, name.length);
	to += name.length;
	memcpy(to, ": ", 2);
	if (value.length)
		memcpy(to + 2, value.at, value.length);
	memcpy(to + 2 + value.length, "\r\n", 2);
}

void pv_build_header_named(struct pv_writer *w, struct pv_span name, struct pv_span value)
{
	put_line(w, name, value);
}

void pv_build_header(struct pv_writer *w, enum pv_header header, struct pv_span value)
{
	put_line(w, pv_header_name(header), value);
}

/* A line as it came, with its name in full. One that is written as ours are, but perhaps for case,
 * is taken over by one copy: "Name: value" CRLF. */
static void copy_line(struct pv_writer *w, const struct pv_message *m, const struct pv_field *field)
{
	struct pv_span name = pv_header_name((enum pv_header)field->header);
	size_t behind = (size_t)field->value.at + field->value.length + 2;
	if (field->name_length == name.length && field->line_end == behind &&
		field->value.at == field->line + name.length + 2 &&
		m->bytes[field->value.at - 1] == ' ')
		pv_put_bytes(w, m->bytes + field->line, behind - field->line);
	else
		put_line(w, name, pv_message_span(m, field->value));
}

/* Every line of `header`, with the values as they came. */
static void copy_lines(struct pv_writer *w, const struct pv_message *m, enum pv_header header)
{
	for (uint16_t i = m->first[header]; i != PV_NO_FIELD; i = m->fields[i].next)
		copy_line(w, m, &m->fields[i]);
}

static void copy_first(struct pv_writer *w, const struct pv_message *m, enum pv_header header)
{
	if (pv_message_has(m, header))
		copy_line(w, m, &m->fields[m->first[header]]);
}

/* One stretch of the topmost Via that the answer replaces. */
struct via_edit {
	const char *at;
	size_t length;
	const char *prefix;
	struct pv_span text;
};

/* Fills at most two edits, in the order in which they stand in the text; how many. */
static int via_edits(
	const struct pv_via *via, const struct pv_response *r, struct via_edit edits[2])
{
	int count = 0;
	if (via->has_rport && r->rport.length)
		edits[count++] = (struct via_edit){
			via->rport.at, via->rport.length, via->rport.length ? "" : "=", r->rport};
	if (r->received.length && via->received.length)
		edits[count++] =
			(struct via_edit){via->received.at, via->received.length, "", r->received};
	else if (r->received.length)
		edits[count++] =
			(struct via_edit){pv_span_end(via->whole), 0, ";received=", r->received};
	if (count == 2 && edits[1].at < edits[0].at) {
		struct via_edit first = edits[1];
		edits[1] = edits[0];
		edits[0] = first;
	}
	return count;
}

/* The first Via line, its topmost value completed (§18.2.1, RFC 3581 §4). */
static void put_top_via(
	struct pv_writer *w, const struct pv_message *m, const struct pv_response *r)
{
	struct via_edit edits[2];
	struct pv_span line = pv_message_value(m, PV_HEADER_VIA);
	const char *at = line.at;
	int count = m->via.whole.length ? via_edits(&m->via, r, edits) : 0;
	if (!count) {
		copy_line(w, m, &m->fields[m->first[PV_HEADER_VIA]]);
		return;
	}
	pv_put(w, pv_header_name(PV_HEADER_VIA));
	pv_put_bytes(w, ": ", 2);
	for (int i = 0; i < count; i++) {
		pv_put(w, pv_span_from(at, edits[i].at));
		pv_put_text(w, edits[i].prefix);
		pv_put(w, edits[i].text);
		at = edits[i].at + edits[i].length;
	}
	pv_put(w, pv_span_from(at, pv_span_end(line)));
	pv_put_bytes(w, "\r\n", 2);
}

static void put_vias(struct pv_writer *w, const struct pv_message *m, const struct pv_response *r)
{
	uint16_t i = m->first[PV_HEADER_VIA];
	if (i == PV_NO_FIELD)
		return;
	put_top_via(w, m, r);
	for (i = m->fields[i].next; i != PV_NO_FIELD; i = m->fields[i].next)
		copy_line(w, m, &m->fields[i]);
}

static void put_to(struct pv_writer *w, const struct pv_message *m, struct pv_span tag)
{
	bool add = tag.length && !m->to_tag.length && m->to.whole.length;
	if (!add) {
		copy_first(w, m, PV_HEADER_TO);
		return;
	}
	pv_put(w, pv_header_name(PV_HEADER_TO));
	pv_put_bytes(w, ": ", 2);
	pv_put(w, pv_message_value(m, PV_HEADER_TO));
	pv_put_bytes(w, ";tag=", 5);
	pv_put(w, tag);
	pv_put_bytes(w, "\r\n", 2);
}

void pv_build_response(
	struct pv_writer *w, const struct pv_message *request, const struct pv_response *response)
{
	pv_put_bytes(w, "SIP/2.0 ", 8);
	pv_put_u64(w, response->status);
	pv_put_char(w, ' ');
	if (response->phrase.length)
		pv_put(w, response->phrase);
	else
		pv_put_text(w, pv_reason_phrase(response->status));
	pv_put_bytes(w, "\r\n", 2);
	put_vias(w, request, response);
	if (response->record_route)
		copy_lines(w, request, PV_HEADER_RECORD_ROUTE);
	copy_first(w, request, PV_HEADER_FROM);
	put_to(w, request, response->to_tag);
	copy_first(w, request, PV_HEADER_CALL_ID);
	copy_first(w, request, PV_HEADER_CSEQ);
	if (response->status == 100)
		copy_first(w, request, PV_HEADER_TIMESTAMP);
}

void pv_build_end(struct pv_writer *w, struct pv_span content_type, struct pv_span body)
{
	if (content_type.length)
		pv_build_header(w, PV_HEADER_CONTENT_TYPE, content_type);
	pv_put_text(w, "Content-Length: ");
	pv_put_u64(w, body.length);
	pv_put_bytes(w, "\r\n\r\n", 4);
	pv_put(w, body);
}

/* What CANCEL and ACK have in common, up to and with CSeq. */
static void build_hop(struct pv_writer *w, const struct pv_message *sent, enum pv_method method,
	struct pv_span to)
{
	pv_put(w, pv_method_text(method));
	pv_put_char(w, ' ');
	pv_put(w, pv_message_span(sent, sent->request_uri));
	pv_put_text(w, " SIP/2.0\r\n");
	pv_build_header(w, PV_HEADER_VIA, sent->via.whole);
	copy_lines(w, sent, PV_HEADER_ROUTE);
	pv_put_text(w, "Max-Forwards: 70\r\n");
	copy_first(w, sent, PV_HEADER_FROM);
	pv_build_header(w, PV_HEADER_TO, to);
	copy_first(w, sent, PV_HEADER_CALL_ID);
	pv_put_text(w, "CSeq: ");
	pv_put_u64(w, sent->cseq);
	pv_put_char(w, ' ');
	pv_put(w, pv_method_text(method));
	pv_put_bytes(w, "\r\n", 2);
}

void pv_build_cancel(struct pv_writer *w, const struct pv_message *sent, struct pv_span reason)
{
	build_hop(w, sent, PV_METHOD_CANCEL, pv_message_value(sent, PV_HEADER_TO));
	if (reason.length)
		pv_build_header(w, PV_HEADER_REASON, reason);
	pv_put_text(w, "Content-Length: 0\r\n\r\n");
}

void pv_build_ack(struct pv_writer *w, const struct pv_message *sent, struct pv_span to)
{
	build_hop(w, sent, PV_METHOD_ACK, to);
	pv_put_text(w, "Content-Length: 0\r\n\r\n");
}
