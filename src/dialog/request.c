/* SPDX-License-Identifier: Apache-2.0 */
/* request.c — requests inside a dialog: request line, route set and identity (RFC 3261 §12.2.1.1).
 */
#include "dialog/dialog.h"

/* The first route; false when there is none. */
static bool first_route(struct pv_span routes, struct pv_address *ret, struct pv_uri *ret_uri)
{
	struct pv_span value;
	return pv_list_next(&routes, &value) && pv_address_parse(value, ret) == 0 &&
	       pv_uri_parse(ret->uri, ret_uri) == 0;
}

int dialog_next_hop(const struct dialog *dialog, struct pv_uri *ret)
{
	struct dialog_texts texts = dialog_texts(dialog);
	struct pv_address route;
	if (!texts.routes.length)
		return pv_uri_parse(texts.target, ret);
	return first_route(texts.routes, &route, ret) ? 0 : -1;
}

static bool is_strict(struct pv_span routes, struct pv_address *ret_first)
{
	struct pv_uri uri;
	return first_route(routes, ret_first, &uri) && !uri.lr;
}

void dialog_put_request_line(
	const struct dialog *dialog, struct pv_span method, struct pv_writer *w)
{
	struct dialog_texts texts = dialog_texts(dialog);
	struct pv_address strict;
	pv_put(w, method);
	pv_put_char(w, ' ');
	pv_put(w, is_strict(texts.routes, &strict) ? strict.uri : texts.target);
	pv_put_text(w, " SIP/2.0\r\n");
}

/* What follows a strict router: the other routes, then the target as the last. */
static void put_strict_routes(struct pv_writer *w, const struct dialog_texts *texts)
{
	struct pv_span rest = texts->routes, value;
	pv_list_next(&rest, &value);
	pv_put_text(w, "Route: ");
	while (pv_list_next(&rest, &value)) {
		pv_put(w, value);
		pv_put_text(w, ", ");
	}
	pv_put_char(w, '<');
	pv_put(w, texts->target);
	pv_put_text(w, ">\r\n");
}

static void put_line(struct pv_writer *w, const char *name, struct pv_span value)
{
	pv_put_text(w, name);
	pv_put(w, value);
	pv_put_text(w, "\r\n");
}

void dialog_put_headers(
	const struct dialog *dialog, uint32_t cseq, struct pv_span method, struct pv_writer *w)
{
	struct dialog_texts texts = dialog_texts(dialog);
	struct pv_address strict;
	if (is_strict(texts.routes, &strict))
		put_strict_routes(w, &texts);
	else if (texts.routes.length)
		put_line(w, "Route: ", texts.routes);
	put_line(w, "From: ", texts.local);
	put_line(w, "To: ", texts.remote);
	put_line(w, "Call-ID: ", texts.call_id);
	pv_put_text(w, "CSeq: ");
	pv_put_u64(w, cseq);
	pv_put_char(w, ' ');
	pv_put(w, method);
	pv_put_text(w, "\r\n");
}
