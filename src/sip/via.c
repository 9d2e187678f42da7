/* SPDX-License-Identifier: Apache-2.0 */
/* via.c — Via values (RFC 3261 §20.42, RFC 3581 rport). */
#include <portavoz/message.h>

#include "sip/wide.h"

/* `token` and LWS on both sides. */
static const char *scan_word(const char *at, const char *end, struct pv_span token)
{
	at = lex_skip(at, end);
	if (!pv_span_starts_with_nocase(pv_span_from(at, end), token))
		return NULL;
	return lex_skip(at + token.length, end);
}

/* "SIP" SLASH "2.0" SLASH, with LWS where somebody put it. */
static const char *scan_protocol(const char *at, const char *end)
{
	static const struct pv_span words[] = {
		PV_SPAN_INIT("SIP"), PV_SPAN_INIT("/"), PV_SPAN_INIT("2.0"), PV_SPAN_INIT("/")};
	if (end - at > 8 && memcmp(at, "SIP/2.0/", 8) == 0)
		return lex_skip(at + 8, end);
	for (size_t i = 0; at && i < sizeof(words) / sizeof(words[0]); i++)
		at = scan_word(at, end, words[i]);
	return at;
}

static const char *scan_sent_by(
	const char *begin, const char *at, const char *end, struct pv_via *via)
{
	at = lex_host(begin, at, end, &via->host, &via->host_is_ipv6);
	if (!at)
		return NULL;
	at = lex_skip(at, end);
	if (at == end || *at != ':')
		return at;
	at = lex_port(lex_skip(at + 1, end), end, &via->port);
	return at ? lex_skip(at, end) : NULL;
}

/* "SIP/2.0/UDP" and the LWS that must follow. */
static const char *scan_transport(const char *at, const char *end, struct pv_via *via)
{
	if (end - at > 12 && memcmp(at, "SIP/2.0/UDP ", 12) == 0) {
		via->protocol = pv_span_from(at + 8, at + 11);
		via->transport = PV_TRANSPORT_UDP;
		return lex_skip(at + 12, end);
	}
	at = scan_protocol(at, end);
	if (!at)
		return NULL;
	const char *stop = lex_run(at, end, LEX_TOKEN);
	via->protocol = pv_span_from(at, stop);
	via->transport = pv_transport_of(via->protocol);
	at = lex_skip(stop, end);
	return via->protocol.length == 0 || at == stop ? NULL : at;
}

/* The first of two parameters of one name counts. */
static void keep_param(struct pv_via *via, struct pv_span name, struct pv_span value)
{
	switch (name.length) {
	case 5:
		if (pv_span_equal_nocase(name, PV_SPAN("rport")) && !via->has_rport) {
			via->has_rport = true;
			via->rport = value;
		} else if (pv_span_equal_nocase(name, PV_SPAN("maddr")) && !via->maddr.at) {
			via->maddr = value;
		}
		break;
	case 6:
		if (!via->branch.at && pv_span_equal_nocase(name, PV_SPAN("branch")))
			via->branch = value;
		break;
	case 8:
		if (!via->received.at && pv_span_equal_nocase(name, PV_SPAN("received")))
			via->received = value;
		break;
	}
}

static const char *scan_params(
	const char *begin, const char *at, const char *end, struct pv_via *via)
{
	struct pv_span name, value;
	const char *start = at, *stop = at;
	while (at < end && *at == ';') {
		const char *next = wide_param(begin, at, end, PV_SPAN(";branch="), &value);
		if (next && !via->branch.at) {
			via->branch = value;
		} else {
			next = lex_param(begin, lex_skip(at + 1, end), end, &name, &value);
			if (!next)
				return NULL;
			keep_param(via, name, value);
		}
		at = next;
		stop = pv_span_end(value);
	}
	via->params = pv_span_from(start, stop);
	return at;
}

const char *via_scan(const char *at, const char *end, struct pv_via *ret)
{
	const char *start = at = lex_skip(at, end);
	*ret = (struct pv_via){0};
	at = scan_transport(at, end, ret);
	if (!at)
		return NULL;
	at = scan_sent_by(start, at, end, ret);
	if (!at)
		return NULL;
	at = scan_params(start, at, end, ret);
	if (!at || (at < end && *at != ','))
		return NULL;
	ret->whole = lex_trim(start, at);
	return at;
}

int pv_via_parse(struct pv_span value, struct pv_via *ret)
{
	struct pv_via via;
	const char *end = pv_span_end(value);
	if (via_scan(value.at, end, &via) != end || !value.length)
		return -1;
	*ret = via;
	return 0;
}
