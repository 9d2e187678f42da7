/* SPDX-License-Identifier: Apache-2.0 */
/* address.c — name-addr and addr-spec values: From, To, Contact, Route (RFC 3261 §20.10). */
#include <portavoz/message.h>

#include "sip/wide.h"

/* A scheme, its ':' and something behind it. */
static bool has_scheme(struct pv_span text)
{
	const char *end = pv_span_end(text);
	if (text.length > 4 && memcmp(text.at, "sip:", 4) == 0)
		return true;
	const char *colon = lex_run(text.at, end, LEX_SCHEME);
	return colon != text.at && colon != end && *colon == ':' && colon + 1 != end;
}

/* <addr-spec>, with what may stand in one of any scheme: its scheme's own rules are pv_uri_parse's.
 * `at` stands on '<'. */
static const char *scan_name_addr(
	const char *begin, const char *at, const char *end, struct pv_address *address)
{
	const char *close = wide_run_address(begin, at + 1, end);
	if (close == end || *close != '>')
		return NULL;
	address->is_name_addr = true;
	address->uri = pv_span_from(at + 1, close);
	return has_scheme(address->uri) ? close + 1 : NULL;
}

/* Without <> the URI ends at ';' and ',', and may have no '?' (§20). */
static const char *scan_addr_spec(const char *at, const char *end, struct pv_address *address)
{
	const char *stop = at;
	while (stop < end && *stop != ';' && *stop != ',' && !lex_is(*stop, LEX_WS))
		stop++;
	address->uri = pv_span_from(at, stop);
	if (pv_span_find(address->uri, '?') || !has_scheme(address->uri) ||
		lex_run(at, stop, LEX_ADDRESS) != stop)
		return NULL;
	return stop;
}

static const char *scan_uri(const char *at, const char *end, struct pv_address *address)
{
	const char *stop;
	if (*at == '<')
		return scan_name_addr(at, at, end, address);
	if (*at == '"')
		stop = lex_quoted(at, end);
	else
		stop = lex_run(at, end, LEX_DISPLAY);
	if (!stop)
		return NULL;
	const char *next = lex_skip(stop, end);
	if (next == end || *next != '<')
		return *at == '"' ? NULL : scan_addr_spec(at, end, address);
	address->display = lex_trim(at, stop);
	return scan_name_addr(at, next, end, address);
}

static const char *scan_params(
	const char *begin, const char *at, const char *end, struct pv_address *address)
{
	struct pv_span name, value;
	const char *start = at = lex_skip(at, end), *stop = at;
	while (at < end && *at == ';') {
		const char *next = wide_param(begin, at, end, PV_SPAN(";tag="), &value);
		at = next ? next : lex_param(begin, lex_skip(at + 1, end), end, &name, &value);
		if (!at)
			return NULL;
		stop = pv_span_end(value);
	}
	address->params = pv_span_from(start, stop);
	return at;
}

const char *address_scan(const char *at, const char *end, struct pv_address *ret)
{
	const char *start = at = lex_skip(at, end);
	if (at == end)
		return NULL;
	*ret = (struct pv_address){0};
	if (*at == '*' && (lex_skip(at + 1, end) == end || *lex_skip(at + 1, end) == ',')) {
		ret->is_star = true;
		at = lex_skip(at + 1, end);
	} else {
		at = scan_uri(at, end, ret);
		if (at)
			at = scan_params(start, at, end, ret);
	}
	if (!at || (at < end && *at != ','))
		return NULL;
	ret->whole = lex_trim(start, at);
	return at;
}

int pv_address_parse(struct pv_span value, struct pv_address *ret)
{
	struct pv_address address;
	const char *end = pv_span_end(value);
	if (!value.length || address_scan(value.at, end, &address) != end)
		return -1;
	*ret = address;
	return 0;
}
