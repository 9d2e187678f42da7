/* SPDX-License-Identifier: Apache-2.0 */
/* dialog.c — what a dialog is made of, kept and compared (RFC 3261 §12.1, §12.2.2). */
#include "dialog/dialog.h"

#include <errno.h>

#include "base/macros.h"

/* The members of struct dialog_texts as an array. */
#define TEXTS (sizeof(struct dialog_texts) / sizeof(struct pv_span))
_Static_assert(TEXTS == ARRAY_LENGTH(((struct dialog *)0)->refs), "a reference for each text");

struct dialog_texts dialog_texts(const struct dialog *dialog)
{
	struct dialog_texts texts = {0};
	struct pv_span *spans = (struct pv_span *)&texts;
	for (unsigned i = 0; dialog->text && i < TEXTS; i++)
		spans[i] = (struct pv_span){
			dialog->text->bytes + dialog->refs[i].at, dialog->refs[i].length};
	return texts;
}

int dialog_store(struct buffer_pool *pool, struct dialog *dialog, const struct dialog_texts *texts)
{
	const struct pv_span *spans = (const struct pv_span *)texts;
	size_t length = 0;
	for (unsigned i = 0; i < TEXTS; i++)
		length += spans[i].length;
	struct buffer *text = length <= UINT16_MAX ? buffer_take(pool, length) : NULL;
	if (!text)
		return -ENOBUFS;
	for (unsigned i = 0; i < TEXTS; i++) {
		dialog->refs[i] =
			(struct pv_ref){(uint16_t)text->length, (uint16_t)spans[i].length};
		if (spans[i].length)
			memcpy(text->bytes + text->length, spans[i].at, spans[i].length);
		text->length += (uint32_t)spans[i].length;
	}
	buffer_unref(pool, dialog->text);
	dialog->text = text;
	return 0;
}

void dialog_done(struct buffer_pool *pool, struct dialog *dialog)
{
	if (!dialog)
		return;
	buffer_unref(pool, dialog->text);
	dialog->text = NULL;
}

void dialog_put_address(struct pv_writer *w, const struct pv_address *address, struct pv_span tag)
{
	if (address->display.length) {
		pv_put(w, address->display);
		pv_put_char(w, ' ');
	}
	pv_put_char(w, '<');
	pv_put(w, address->uri);
	pv_put_char(w, '>');
	if (!tag.length)
		return;
	pv_put_text(w, ";tag=");
	pv_put(w, tag);
}

static int contact_of(const struct pv_message *message, struct pv_span *ret_uri)
{
	struct pv_values walk;
	struct pv_span value;
	struct pv_address contact;
	struct pv_uri uri;
	pv_values_begin(&walk, message, PV_HEADER_CONTACT);
	if (!pv_values_next(&walk, &value) || pv_address_parse(value, &contact) < 0 ||
		contact.is_star || pv_uri_parse(contact.uri, &uri) < 0 ||
		(uri.scheme != PV_SCHEME_SIP && uri.scheme != PV_SCHEME_SIPS))
		return -1;
	*ret_uri = contact.uri;
	return 0;
}

static void put_value(struct pv_writer *w, struct pv_span value)
{
	if (pv_writer_length(w))
		pv_put_text(w, ", ");
	pv_put(w, value);
}

/* §12.1.1: a UAS takes Record-Route in its order. */
static void put_recorded(struct pv_writer *w, const struct pv_message *message)
{
	struct pv_values walk;
	struct pv_span value;
	pv_values_begin(&walk, message, PV_HEADER_RECORD_ROUTE);
	while (pv_values_next(&walk, &value))
		put_value(w, value);
}

/* §12.1.2: a UAC takes it from the end. Walked once for each value: there are few. */
static void put_recorded_backwards(struct pv_writer *w, const struct pv_message *message)
{
	struct pv_values walk;
	struct pv_span value;
	const char *before = NULL;
	for (;;) {
		struct pv_span last = {NULL, 0};
		pv_values_begin(&walk, message, PV_HEADER_RECORD_ROUTE);
		while (pv_values_next(&walk, &value) && (!before || value.at < before))
			last = value;
		if (!last.at)
			return;
		put_value(w, last);
		before = last.at;
	}
}

int dialog_texts_of_request(
	const struct pv_message *message, struct pv_writer *routes, struct dialog_texts *ret)
{
	struct pv_span target;
	if (contact_of(message, &target) < 0)
		return -1;
	put_recorded(routes, message);
	ret->call_id = message->call_id;
	ret->remote = message->from.whole;
	ret->remote_tag = message->from_tag;
	ret->target = target;
	ret->routes = pv_writer_span(routes);
	return routes->overflow ? -1 : 0;
}

int dialog_texts_of_response(
	const struct pv_message *message, struct pv_writer *routes, struct dialog_texts *ret)
{
	struct pv_span target;
	if (contact_of(message, &target) < 0)
		return -1;
	put_recorded_backwards(routes, message);
	ret->remote = message->to.whole;
	ret->remote_tag = message->to_tag;
	ret->target = target;
	ret->routes = pv_writer_span(routes);
	return routes->overflow ? -1 : 0;
}

bool dialog_has(const struct dialog *dialog, const struct pv_message *request)
{
	struct dialog_texts texts = dialog_texts(dialog);
	return pv_span_equal(texts.call_id, request->call_id) &&
	       pv_span_equal(texts.local_tag, request->to_tag) &&
	       (!texts.remote_tag.length || pv_span_equal(texts.remote_tag, request->from_tag));
}

bool dialog_accept_cseq(struct dialog *dialog, const struct pv_message *request)
{
	if (request->method == PV_METHOD_ACK || request->method == PV_METHOD_CANCEL)
		return true;
	if (dialog->has_remote_cseq && request->cseq < dialog->remote_cseq)
		return false;
	dialog->has_remote_cseq = true;
	dialog->remote_cseq = request->cseq;
	return true;
}

int dialog_refresh_target(
	struct buffer_pool *pool, struct dialog *dialog, const struct pv_message *message)
{
	struct dialog_texts texts = dialog_texts(dialog);
	struct pv_span target;
	if (contact_of(message, &target) < 0 || pv_span_equal(target, texts.target))
		return 0;
	texts.target = target;
	return dialog_store(pool, dialog, &texts);
}
