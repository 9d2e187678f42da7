/* SPDX-License-Identifier: Apache-2.0 */
/* body.c: a message with the description that call_media_pass made, and the refusal of one. */
#include "call/private.h"

static size_t new_length(const struct call_media_result *result, const struct pv_message *m)
{
	return m->body.length - result->old.length + result->sdp.length;
}

static void put_length(struct pv_writer *w, size_t length, bool is_line)
{
	if (is_line)
		pv_put_text(w, "Content-Length: ");
	pv_put_u64(w, length);
	if (is_line)
		pv_put_text(w, "\r\n");
}

/* All lines that gave the old length; they agreed, or the parser would have refused them. */
static void replace_length(struct patch *patch, struct pv_span length)
{
	const struct pv_message *m = patch->message;
	uint16_t line = m->first[PV_HEADER_CONTENT_LENGTH];
	patch_replace(patch, m->fields[line].value, length);
	for (line = m->fields[line].next; line != PV_NO_FIELD; line = m->fields[line].next)
		patch_remove_line(patch, line);
}

void call_media_patch(
	const struct call_media_result *result, struct patch *patch, char line[CALL_LENGTH_LINE])
{
	const struct pv_message *m = patch->message;
	bool has_length = pv_message_has(m, PV_HEADER_CONTENT_LENGTH);
	struct pv_writer w;
	if (result->verdict != CALL_MEDIA_CHANGED)
		return;
	pv_writer_init(&w, line, CALL_LENGTH_LINE);
	put_length(&w, new_length(result, m), !has_length);
	if (has_length)
		replace_length(patch, pv_writer_span(&w));
	else
		patch_insert(patch, m->head_end, pv_writer_span(&w));
	patch_replace(patch, result->old, result->sdp);
	if (!new_length(result, m)) /* what it would be the type of is gone */
		patch_remove_header(patch, PV_HEADER_CONTENT_TYPE);
}

size_t call_media_body_length(
	const struct call_media_result *result, const struct pv_message *message)
{
	return result->verdict == CALL_MEDIA_CHANGED ? new_length(result, message)
						     : message->body.length;
}

void call_media_body_write(const struct call_media_result *result, const struct pv_message *message,
	struct pv_writer *w)
{
	struct pv_span body = pv_message_span(message, message->body);
	if (result->verdict != CALL_MEDIA_CHANGED) {
		pv_put(w, body);
		return;
	}
	const char *old = message->bytes + result->old.at;
	pv_put(w, pv_span_from(body.at, old));
	pv_put(w, result->sdp);
	pv_put(w, pv_span_from(old + result->old.length, pv_span_end(body)));
}

void call_media_refusal_write(
	const struct call_media_result *result, struct pv_span agent, struct pv_writer *w)
{
	if (result->sdp_verdict) {
		pv_put_text(w, "Warning: ");
		pv_sdp_warning_write(w, result->sdp_verdict, agent);
		pv_put_text(w, "\r\n");
	}
	if (result->retry_after || result->status == 500) {
		pv_put_text(w, "Retry-After: ");
		pv_put_u64(w, result->retry_after);
		pv_put_text(w, "\r\n");
	}
}
