/* SPDX-License-Identifier: Apache-2.0 */
/* uri_equal.c — whether two URIs name the same resource (RFC 3261 §19.1.4, RFC 3966 §4). */
#include <portavoz/uri.h>

#include <arpa/inet.h>

#include "sip/lexer.h"
#include "sip/uri_parts.h"
#include "sip/wide.h"

/* More parameters than this are compared as bytes, so that no URI makes us work for long. */
#define PAIRS_MAX 32

struct pairs {
	unsigned count;
	bool overflow;
	struct pv_span name[PAIRS_MAX], value[PAIRS_MAX];
};

/*
 * The next character with its escape undone. A reserved character differs from its escape (§19.1.4:
 * "Characters other than those in the 'reserved' set are equivalent to their encoding").
 */
static int next_character(const char **at, const char *end)
{
	int c = (unsigned char)**at;
	if (c != '%' || lex_escape(*at, end) < 0) {
		*at += 1;
		return c;
	}
	c = lex_escape(*at, end);
	*at += 3;
	return c && strchr(";/?:@&=+$,", c) ? c + 256 : c;
}

static bool text_equal(struct pv_span a, struct pv_span b, bool nocase)
{
	const char *a_at = a.at, *a_end = pv_span_end(a);
	const char *b_at = b.at, *b_end = pv_span_end(b);
	while (a_at < a_end && b_at < b_end) {
		int x = next_character(&a_at, a_end), y = next_character(&b_at, b_end);
		if (nocase && x < 256 && y < 256) {
			x = pv_lower((unsigned char)x);
			y = pv_lower((unsigned char)y);
		}
		if (x != y)
			return false;
	}
	return a_at == a_end && b_at == b_end;
}

static bool read_ipv6(struct pv_span text, struct in6_addr *ret)
{
	char copy[INET6_ADDRSTRLEN];
	if (text.length >= sizeof(copy))
		return false;
	memcpy(copy, text.at, text.length);
	copy[text.length] = '\0';
	return inet_pton(AF_INET6, copy, ret) == 1;
}

static bool host_equal(const struct pv_uri *a, const struct pv_uri *b)
{
	struct in6_addr x, y;
	if (a->host_is_ipv6 != b->host_is_ipv6)
		return false;
	if (a->host_is_ipv6 && read_ipv6(a->host, &x) && read_ipv6(b->host, &y))
		return memcmp(&x, &y, sizeof(x)) == 0;
	return pv_span_equal_nocase(a->host, b->host);
}

static void read_pairs(struct pv_span rest, unsigned classes, struct pairs *ret)
{
	ret->count = 0;
	ret->overflow = false;
	while (rest.length) {
		if (ret->count == PAIRS_MAX) {
			ret->overflow = true;
			return;
		}
		if (!uri_pair_next(&rest, classes, &ret->name[ret->count], &ret->value[ret->count]))
			return;
		ret->count++;
	}
}

static int find_pair(const struct pairs *in, struct pv_span name)
{
	for (unsigned i = 0; i < in->count; i++)
		if (text_equal(in->name[i], name, true))
			return (int)i;
	return -1;
}

/* Present in one only, these make a difference, even with the default value. */
static bool matters_alone(struct pv_span name)
{
	static const struct pv_span names[] = {PV_SPAN_INIT("user"), PV_SPAN_INIT("ttl"),
		PV_SPAN_INIT("method"), PV_SPAN_INIT("maddr"), PV_SPAN_INIT("transport")};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (text_equal(names[i], name, true))
			return true;
	return false;
}

/* Whether each pair of `a` is in `b` too, with the same value; `all`: none may be absent there. */
static bool pairs_within(const struct pairs *a, const struct pairs *b, bool all)
{
	for (unsigned i = 0; i < a->count; i++) {
		int found = find_pair(b, a->name[i]);
		if (found < 0) {
			if (all || matters_alone(a->name[i]))
				return false;
		} else if (!text_equal(a->value[i], b->value[found], true)) {
			return false;
		}
	}
	return true;
}

static bool lists_equal(struct pv_span a, struct pv_span b, unsigned classes, bool all)
{
	struct pairs x, y;
	if (pv_span_equal(a, b))
		return true;
	read_pairs(a, classes, &x);
	read_pairs(b, classes, &y);
	if (x.overflow || y.overflow || (all && x.count != y.count))
		return false;
	return pairs_within(&x, &y, all) && pairs_within(&y, &x, all);
}

static bool sip_equal(const struct pv_uri *a, const struct pv_uri *b)
{
	return a->has_user == b->has_user && a->port == b->port &&
	       (a->password.at != NULL) == (b->password.at != NULL) && host_equal(a, b) &&
	       text_equal(a->user, b->user, false) && text_equal(a->password, b->password, false) &&
	       lists_equal(a->params, b->params, LEX_URI_PARAM, false) &&
	       lists_equal(a->headers, b->headers, LEX_URI_HEADER, true);
}

/* RFC 3966 §4: visual separators do not count, nor case; parameters must be the same. */
static bool number_equal(struct pv_span a, struct pv_span b)
{
	size_t i = 0, j = 0;
	for (;;) {
		while (i < a.length && strchr("-.()", a.at[i]))
			i++;
		while (j < b.length && strchr("-.()", b.at[j]))
			j++;
		if (i == a.length || j == b.length)
			return i == a.length && j == b.length;
		if (pv_lower((unsigned char)a.at[i++]) != pv_lower((unsigned char)b.at[j++]))
			return false;
	}
}

/* A scheme we do not know: its name without case, the rest as bytes. */
static bool other_equal(const struct pv_uri *a, const struct pv_uri *b)
{
	size_t i = 0;
	for (; i < a->whole.length && i < b->whole.length && a->whole.at[i] != ':'; i++)
		if (pv_lower((unsigned char)a->whole.at[i]) !=
			pv_lower((unsigned char)b->whole.at[i]))
			return false;
	return pv_span_equal(pv_span_skip(a->whole, i), pv_span_skip(b->whole, i));
}

bool pv_uri_equal(const struct pv_uri *a, const struct pv_uri *b)
{
	if (a->scheme != b->scheme)
		return false;
	switch (a->scheme) {
	case PV_SCHEME_SIP:
	case PV_SCHEME_SIPS:
		return sip_equal(a, b);
	case PV_SCHEME_TEL:
		return number_equal(a->user, b->user) &&
		       lists_equal(a->params, b->params, LEX_URI_PARAM, true);
	case PV_SCHEME_OTHER:
		return other_equal(a, b);
	}
	return false;
}

bool pv_uri_user_canonical(struct pv_span user, struct pv_writer *writer)
{
	const char *at = user.at, *end = pv_span_end(user);
	const char *plain = wide_run_word(at, at, end, LEX_USER);
	pv_put(writer, pv_span_from(at, plain));
	for (at = plain; at < end;) {
		int c = (unsigned char)*at;
		if (c == '%')
			c = lex_escape(at, end);
		if (c < 0x20 || c == 0x7f)
			return false;
		at += *at == '%' ? 3 : 1;
		pv_put_char(writer, (char)c);
	}
	return true;
}
