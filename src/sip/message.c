/* SPDX-License-Identifier: Apache-2.0 */
/* message.c — indexes a message in one pass over its head (RFC 3261 §7). */
#include <portavoz/message.h>

#include "sip/lexer.h"
#include "sip/line.h"
#include "sip/mandatory.h"
#include "sip/start_line.h"
#include "sip/uri_parts.h"

/* The first verdict stands: it is the one nearest to the cause. */
void message_blame(struct pv_message *m, enum pv_verdict verdict)
{
	if (!m->verdict)
		m->verdict = -(int)verdict;
}

static struct pv_ref ref_of(const struct pv_message *m, struct pv_span span)
{
	struct pv_ref ref = {0, 0};
	if (span.at) {
		ref.at = (uint16_t)(span.at - m->bytes);
		ref.length = (uint16_t)span.length;
	}
	return ref;
}

/* Everything but fields[], which is valid up to field_count. In pieces, which compilers turn into a
 * few wide stores each; one large memset becomes a slow string instruction. */
static void reset(struct pv_message *m, const char *bytes, size_t length)
{
	static const struct pv_span none;
	memset(m, 0, offsetof(struct pv_message, first));
	for (size_t i = 0; i < PV_HEADER_COUNT; i++)
		m->first[i] = PV_NO_FIELD;
	m->via = (struct pv_via){0};
	m->from = m->to = (struct pv_address){0};
	m->from_tag = m->to_tag = m->call_id = none;
	m->cseq = 0;
	m->max_forwards = -1;
	m->verdict = 0;
	m->bytes = bytes;
	m->length = (uint32_t)length;
}

/* Where the head starts behind the first line, or NULL when there is no first line. */
static const char *index_start_line(struct pv_message *m)
{
	struct start_line line;
	size_t consumed = start_line_parse(m->bytes, m->length, &line, &m->verdict);
	m->is_request = line.is_request;
	m->status = line.status;
	m->method_name = ref_of(m, line.method);
	m->request_uri = ref_of(m, line.request_uri);
	m->reason = ref_of(m, line.reason);
	m->method = line.known;
	m->fields_at = (uint16_t)consumed;
	return consumed ? m->bytes + consumed : NULL;
}

static inline void index_field(struct pv_message *m, const char *at, const struct line *line,
	uint16_t last[PV_HEADER_COUNT])
{
	if (line->name.length > UINT8_MAX) {
		message_blame(m, PV_BAD_FIELD);
		return;
	}
	if (m->field_count == PV_MESSAGE_FIELDS) {
		message_blame(m, PV_TOO_MANY_FIELDS);
		return;
	}
	enum pv_header header = line->header;
	uint16_t index = m->field_count++;
	struct pv_field *field = &m->fields[index];
	const char *bytes = m->bytes;
	field->line = (uint16_t)(at - bytes);
	field->line_end = (uint16_t)(line->stop - bytes);
	field->value.at = (uint16_t)(line->value.at - bytes);
	field->value.length = (uint16_t)line->value.length;
	field->next = PV_NO_FIELD;
	field->header = (uint8_t)header;
	field->name_length = (uint8_t)line->name.length;
	if (m->first[header] == PV_NO_FIELD)
		m->first[header] = index;
	else if (header != PV_HEADER_OTHER)
		m->fields[last[header]].next = index;
	last[header] = index;
}

/* Behind the line, or NULL when its end is not there. */
static const char *index_any_line(
	struct pv_message *m, const char *at, const char *end, uint16_t last[PV_HEADER_COUNT])
{
	struct line line;
	enum line_kind kind = line_read_any(at, end, &line);
	if (kind == LINE_CUT)
		return NULL;
	if (kind == LINE_BAD)
		message_blame(m, PV_BAD_FIELD);
	else
		index_field(m, at, &line, last);
	return line.stop;
}

/* Up to the empty line. Where it starts, or NULL when it did not come. */
static const char *index_fields(struct pv_message *m, const char *at)
{
	uint16_t last[PV_HEADER_COUNT];
	const char *begin = m->bytes, *end = begin + m->length;
	while (at && end - at >= 2) {
		struct line line;
		if (memcmp(at, "\r\n", 2) == 0)
			return at;
		if (line_read_usual(begin, at, end, &line)) {
			index_field(m, at, &line, last);
			at = line.stop;
		} else {
			at = index_any_line(m, at, end, last);
		}
	}
	return NULL;
}

/* Two that agree do no harm; two that do not are a way to smuggle (§20.14). -1 = absent. */
static int64_t content_length(struct pv_message *m)
{
	int64_t length = -1;
	uint16_t i = m->first[PV_HEADER_CONTENT_LENGTH];
	for (; i != PV_NO_FIELD; i = m->fields[i].next) {
		uint32_t number;
		if (!pv_number_parse(pv_message_span(m, m->fields[i].value), &number)) {
			message_blame(m, PV_BAD_CONTENT_LENGTH);
			return -1;
		}
		if (length >= 0 && length != number)
			message_blame(m, PV_DUPLICATE_FIELD);
		length = number;
	}
	return length;
}

/* False when more of the stream is needed. Sets `length` to what the message takes. */
static bool index_body(struct pv_message *m, bool whole)
{
	uint32_t at = (uint32_t)m->head_end + 2, rest = m->length - at;
	int64_t length = content_length(m);
	if (length < 0 && !whole) {
		message_blame(m, PV_BAD_CONTENT_LENGTH);
		length = 0;
	}
	if (length > rest) {
		if (!whole && at + length <= PV_MESSAGE_MAX && !m->verdict)
			return false;
		message_blame(m, whole ? PV_BODY_CUT : PV_TOO_LARGE);
	} else if (length >= 0) {
		rest = (uint32_t)length;
	}
	m->body.at = (uint16_t)at;
	m->body.length = (uint16_t)rest;
	m->length = at + rest;
	return true;
}

/* §16.3 items 1 and 3; last, so that all else of the message is known to be sound. */
static void check_request_uri(struct pv_message *m)
{
	struct pv_uri uri;
	struct pv_span text = pv_message_span(m, m->request_uri);
	if (!m->is_request || m->verdict || uri_is_plain(text))
		return;
	if (pv_uri_parse(text, &uri))
		message_blame(m, PV_BAD_REQUEST_URI);
	else if (uri.scheme == PV_SCHEME_OTHER)
		message_blame(m, PV_BAD_SCHEME);
}

int pv_message_parse(struct pv_message *m, const char *bytes, size_t length, bool whole)
{
	bool too_large = length > PV_MESSAGE_MAX;
	reset(m, bytes, too_large ? PV_MESSAGE_MAX : length);
	const char *at = index_start_line(m);
	if (m->verdict == -PV_NOT_SIP)
		return m->verdict;
	const char *head_end = at ? index_fields(m, at) : NULL;
	if (head_end) {
		m->head_end = (uint16_t)(head_end - bytes);
	} else if (!whole && !too_large) {
		m->verdict = 0;
		return 0;
	} else if (!at) {
		return m->verdict = -PV_NOT_SIP;
	}
	if (too_large && (whole || !head_end))
		message_blame(m, PV_TOO_LARGE);
	else if (!head_end)
		message_blame(m, PV_NO_HEAD_END);
	message_check_mandatory(m);
	if (head_end && !index_body(m, whole))
		return 0;
	check_request_uri(m);
	return m->verdict ? m->verdict : (int)m->length;
}
