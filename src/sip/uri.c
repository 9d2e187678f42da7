/* SPDX-License-Identifier: Apache-2.0 */
/* uri.c — parts of SIP, SIPS and tel URIs by reference (RFC 3261 §19.1.1, §25.1; RFC 3966 §3). */
#include <portavoz/uri.h>

#include "sip/lexer.h"
#include "sip/uri_parts.h"
#include "sip/wide.h"

/* The parameters that the server acts on; one named twice is malformed (§19.1.1). */
static bool keep_param(struct pv_uri *uri, struct pv_span name, struct pv_span value)
{
	struct pv_span *slot = NULL;
	if (pv_span_equal_nocase(name, PV_SPAN("transport")))
		slot = &uri->transport;
	else if (pv_span_equal_nocase(name, PV_SPAN("maddr")))
		slot = &uri->maddr;
	else if (pv_span_equal_nocase(name, PV_SPAN("lr")))
		uri->lr = true;
	if (!slot)
		return true;
	if (slot->at || value.length == 0)
		return false;
	*slot = value;
	return true;
}

bool uri_pair_next(
	struct pv_span *rest, unsigned classes, struct pv_span *ret_name, struct pv_span *ret_value)
{
	const char *at = rest->at + 1, *end = pv_span_end(*rest);
	const char *stop = lex_run_escaped(at, end, classes);
	*ret_name = pv_span_from(at, stop);
	*ret_value = (struct pv_span){NULL, 0};
	if (stop < end && *stop == '=') {
		at = stop + 1;
		stop = lex_run_escaped(at, end, classes);
		*ret_value = pv_span_from(at, stop);
	}
	*rest = pv_span_from(stop, end);
	return ret_name->length > 0;
}

static bool parse_params(struct pv_uri *uri, struct pv_span rest, unsigned classes)
{
	struct pv_span name, value;
	while (rest.length) {
		if (*rest.at != ';' || !uri_pair_next(&rest, classes, &name, &value) ||
			(value.at && !value.length) || !keep_param(uri, name, value))
			return false;
	}
	return true;
}

/* "?" hname "=" hvalue *( "&" hname "=" hvalue ); a value may be empty. */
static bool parse_headers(struct pv_span rest)
{
	struct pv_span name, value;
	char separator = '?';
	while (rest.length) {
		if (*rest.at != separator || !uri_pair_next(&rest, LEX_URI_HEADER, &name, &value) ||
			!value.at)
			return false;
		separator = '&';
	}
	return true;
}

/* `end` is its '@', which is in no class and so ends any run; what is behind may be read. */
static bool parse_userinfo(struct pv_uri *uri, const char *at, const char *end)
{
	const char *stop = wide_run_word(uri->whole.at, at, pv_span_end(uri->whole), LEX_USER);
	if (stop < end)
		stop = lex_run_escaped(stop, end, LEX_USER);
	uri->user = pv_span_from(at, stop);
	uri->has_user = true;
	if (stop < end && *stop == ':') {
		at = stop + 1;
		stop = lex_run_escaped(at, end, LEX_PASSWORD);
		uri->password = pv_span_from(at, stop);
	}
	return stop == end && uri->user.length > 0;
}

static bool parse_sip(struct pv_uri *uri, const char *at, const char *end)
{
	const char *separator = memchr(at, '@', (size_t)(end - at));
	if (separator) {
		if (!parse_userinfo(uri, at, separator))
			return false;
		at = separator + 1;
	}
	at = lex_host(uri->whole.at, at, end, &uri->host, &uri->host_is_ipv6);
	if (!at)
		return false;
	uri->host_is_ipv4 = !uri->host_is_ipv6 && lex_is_ipv4(uri->host);
	if (at < end && *at == ':')
		at = lex_port(at + 1, end, &uri->port);
	if (!at)
		return false;
	const char *question = memchr(at, '?', (size_t)(end - at));
	uri->params = pv_span_from(at, question ? question : end);
	uri->headers = pv_span_from(pv_span_end(uri->params), end);
	return parse_params(uri, uri->params, LEX_URI_PARAM) && parse_headers(uri->headers);
}

bool uri_is_plain(struct pv_span text)
{
	struct pv_span host;
	bool ipv6;
	uint16_t port;
	if (text.length < 4 || memcmp(text.at, "sip:", 4) != 0)
		return false;
	const char *end = pv_span_end(text), *at = text.at + 4;
	const char *stop = wide_run_word(text.at, at, end, LEX_USER);
	if (stop > at && stop < end && *stop == '@')
		at = stop + 1;
	at = lex_host(text.at, at, end, &host, &ipv6);
	if (at && at < end && *at == ':')
		at = lex_port(at + 1, end, &port);
	return at == end;
}

/* A number with a digit in it, visual separators allowed. */
static bool parse_tel(struct pv_uri *uri, const char *at, const char *end)
{
	const char *stop = lex_run(at, end, LEX_PHONE);
	uri->user = pv_span_from(at, stop);
	uri->has_user = true;
	uri->params = pv_span_from(stop, end);
	if (stop > at && memchr(at + 1, '+', (size_t)(stop - at - 1)))
		return false;
	return lex_run(at, stop, LEX_PHONE) > at && uri_tel_digits(uri->user) > 0 &&
	       parse_params(uri, uri->params, LEX_URI_PARAM);
}

size_t uri_tel_digits(struct pv_span number)
{
	size_t digits = 0;
	for (size_t i = 0; i < number.length; i++)
		digits += !strchr("-.()+", number.at[i]);
	return digits;
}

static const struct {
	struct pv_span name;
	enum pv_scheme scheme;
	bool (*parse)(struct pv_uri *uri, const char *at, const char *end);
} schemes[] = {
	{PV_SPAN_INIT("sip"), PV_SCHEME_SIP, parse_sip},
	{PV_SPAN_INIT("sips"), PV_SCHEME_SIPS, parse_sip},
	{PV_SPAN_INIT("tel"), PV_SCHEME_TEL, parse_tel},
};

int pv_uri_parse(struct pv_span text, struct pv_uri *ret)
{
	struct pv_uri uri = {.scheme = PV_SCHEME_OTHER, .whole = text};
	const char *end = pv_span_end(text);
	/* nearly all are, and it is asked several times for each message */
	if (text.length > 4 && memcmp(text.at, "sip:", 4) == 0) {
		uri.scheme = PV_SCHEME_SIP;
		if (!parse_sip(&uri, text.at + 4, end))
			return -1;
		*ret = uri;
		return 0;
	}
	const char *colon = lex_run(text.at, end, LEX_SCHEME);
	if (colon == end || *colon != ':' || colon == text.at || !lex_is(*text.at, LEX_SCHEME) ||
		(unsigned char)(pv_lower((unsigned char)*text.at) - 'a') > 25)
		return -1;
	struct pv_span scheme = pv_span_from(text.at, colon);
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		if (!pv_span_equal_nocase(scheme, schemes[i].name))
			continue;
		uri.scheme = schemes[i].scheme;
		if (!schemes[i].parse(&uri, colon + 1, end))
			return -1;
		*ret = uri;
		return 0;
	}
	if (colon + 1 == end || lex_run_escaped(colon + 1, end, LEX_URIC) != end)
		return -1;
	*ret = uri;
	return 0;
}
