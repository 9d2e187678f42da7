/* SPDX-License-Identifier: Apache-2.0 */
/* lexer.c — runs, quoted strings, hosts, ports and parameters (RFC 3261 §25.1). */
#include "sip/lexer.h"

#include <arpa/inet.h>

#include "sip/wide.h"
#include "sip_classes.h"

const char *lex_run_escaped(const char *at, const char *end, unsigned classes)
{
	for (;;) {
		at = lex_run(at, end, classes);
		if (at == end || *at != '%' || lex_escape(at, end) < 0)
			return at;
		at += 3;
	}
}

const char *lex_quoted(const char *at, const char *end)
{
	for (at++; at < end; at++) {
		if (*at == '"')
			return at + 1;
		if (*at == '\\')
			at++;
	}
	return NULL;
}

static bool is_ipv6_text(const char *text)
{
	struct in6_addr address;
	return inet_pton(AF_INET6, text, &address) == 1;
}

/* RFC 5118 §4.10: RFC 3261's grammar asked for three colons before an IPv4 part; two are right and
 * both are taken. */
static bool is_ipv6(struct pv_span text)
{
	char copy[INET6_ADDRSTRLEN + 1];
	if (text.length >= sizeof(copy) || memchr(text.at, '\0', text.length))
		return false;
	memcpy(copy, text.at, text.length);
	copy[text.length] = '\0';
	if (is_ipv6_text(copy))
		return true;
	char *colons = strstr(copy, ":::");
	if (!colons || !strchr(colons, '.'))
		return false;
	memmove(colons, colons + 1, strlen(colons));
	return is_ipv6_text(copy);
}

/* No label may be empty, except the root's behind the last dot. */
static bool is_hostname(struct pv_span text, const char *end)
{
	if (text.length == 0 || text.at[0] == '.' || text.at[0] == '-')
		return false;
	return !wide_has_two_dots(text.at, pv_span_end(text), end);
}

const char *lex_host(const char *begin, const char *at, const char *end, struct pv_span *ret_host,
	bool *ret_ipv6)
{
	if (at < end && *at == '[') {
		const char *close = memchr(at, ']', (size_t)(end - at));
		if (!close || !is_ipv6(pv_span_from(at + 1, close)))
			return NULL;
		*ret_host = pv_span_from(at + 1, close);
		*ret_ipv6 = true;
		return close + 1;
	}
	const char *stop = wide_run_word(begin, at, end, LEX_HOST);
	struct pv_span host = pv_span_from(at, stop);
	if (!is_hostname(host, end))
		return NULL;
	*ret_host = host;
	*ret_ipv6 = false;
	return stop;
}

bool lex_is_ipv4(struct pv_span text)
{
	const char *at = text.at, *end = pv_span_end(text);
	for (int part = 0; part < 4; part++) {
		unsigned value = 0, digits = 0;
		for (; at < end && pv_is_digit(*at) && digits < 4; at++, digits++)
			value = value * 10 + (unsigned)(*at - '0');
		if (digits == 0 || digits > 3 || value > 255)
			return false;
		if (part < 3 && (at == end || *at++ != '.'))
			return false;
	}
	return at == end;
}

const char *lex_param(const char *begin, const char *at, const char *end, struct pv_span *ret_name,
	struct pv_span *ret_value)
{
	const char *stop = lex_run(at, end, LEX_TOKEN);
	if (stop == at)
		return NULL;
	*ret_name = pv_span_from(at, stop);
	*ret_value = pv_span_from(stop, stop);
	at = lex_skip(stop, end);
	if (at == end || *at != '=')
		return at;
	at = lex_skip(at + 1, end);
	if (at == end)
		return NULL;
	stop = *at == '"' ? lex_quoted(at, end) : wide_run_word(begin, at, end, LEX_VALUE);
	if (!stop || stop == at)
		return NULL;
	*ret_value = pv_span_from(at, stop);
	return lex_skip(stop, end);
}
