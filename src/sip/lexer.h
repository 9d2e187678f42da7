/* SPDX-License-Identifier: Apache-2.0 */
/* lexer.h — the small pieces that the grammar of RFC 3261 §25.1 is made of; internal to this floor.
 */
#ifndef SIP_LEXER_H
#define SIP_LEXER_H

#include <portavoz/message.h>

/* Bits of lexer_class; generate_tables.c lists the characters in the same order. */
enum {
	LEX_TOKEN = 1 << 0,
	LEX_WS = 1 << 1,
	LEX_USER = 1 << 2,
	LEX_PASSWORD = 1 << 3,
	LEX_URI_PARAM = 1 << 4,
	LEX_URI_HEADER = 1 << 5,
	LEX_URIC = 1 << 6,
	LEX_HOST = 1 << 7,
	LEX_VALUE = 1 << 8,
	LEX_DISPLAY = 1 << 9,
	LEX_PHONE = 1 << 10,
	LEX_SCHEME = 1 << 11,
	LEX_ADDRESS = 1 << 12,
	LEX_VISIBLE = 1 << 13,
	LEX_LINE = 1 << 14,
};

extern const uint16_t lexer_class[256];

static inline bool lex_is(char c, unsigned classes)
{
	return (lexer_class[(unsigned char)c] & classes) != 0;
}

/* Behind the run of characters of `classes` that starts at `at`. */
static inline const char *lex_run(const char *at, const char *end, unsigned classes)
{
	while (at < end && lex_is(*at, classes))
		at++;
	return at;
}

/* Behind any LWS; a fold's CRLF counts, since line ends never come into a value otherwise. */
static inline const char *lex_skip(const char *at, const char *end)
{
	while (at < end && lex_is(*at, LEX_WS))
		at++;
	return at;
}

/* `text` without LWS at its ends. */
static inline struct pv_span lex_trim(const char *at, const char *end)
{
	at = lex_skip(at, end);
	while (end > at && lex_is(end[-1], LEX_WS))
		end--;
	return pv_span_from(at, end);
}

/* The value of a hexadecimal digit, or -1. */
static inline int lex_hex(char c)
{
	if (pv_is_digit(c))
		return c - '0';
	unsigned char lower = pv_lower((unsigned char)c);
	return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* `at` stands on '%': the byte that the escape means, or -1. */
static inline int lex_escape(const char *at, const char *end)
{
	if (end - at < 3 || lex_hex(at[1]) < 0 || lex_hex(at[2]) < 0)
		return -1;
	return lex_hex(at[1]) << 4 | lex_hex(at[2]);
}

/* Whether `width` bytes at both places differ; a constant width makes it one load each. */
static inline bool lex_differ(const char *a, const char *b, size_t width)
{
	uint64_t x = 0, y = 0;
	memcpy(&x, a, width);
	memcpy(&y, b, width);
	return x != y;
}

/* memcmp() == 0 without the call: words are short, and this is asked often. Two bytes or
 * more. Wide loads
 * that overlap, never outside the text. */
static inline bool lex_same(const char *a, const char *b, size_t length)
{
	if (length >= 8) {
		for (size_t i = 0; i + 8 < length; i += 8)
			if (lex_differ(a + i, b + i, 8))
				return false;
		return !lex_differ(a + length - 8, b + length - 8, 8);
	}
	if (length >= 4)
		return !lex_differ(a, b, 4) && !lex_differ(a + length - 4, b + length - 4, 4);
	return !lex_differ(a, b, 2) && !lex_differ(a + length - 2, b + length - 2, 2);
}

static inline bool lex_has_two_dots(const char *at, const char *stop)
{
	for (; stop - at >= 2; at++)
		if (memcmp(at, "..", 2) == 0)
			return true;
	return false;
}

/* As lex_run, over escapes (%41) too; stops at a '%' that starts none. */
const char *lex_run_escaped(const char *at, const char *end, unsigned classes);

/* `at` stands on '"': behind the closing quote, or NULL. */
const char *lex_quoted(const char *at, const char *end);

/* A host: a name, an IPv4address or an IPv6reference (then ret_host has no brackets). NULL = none.
 * `begin` as in wide.h. */
const char *lex_host(const char *begin, const char *at, const char *end, struct pv_span *ret_host,
	bool *ret_ipv6);

/* 1 to 65535. NULL when it is no port. */
static inline const char *lex_port(const char *at, const char *end, uint16_t *ret_port)
{
	uint32_t port = 0;
	for (; at < end && pv_is_digit(*at); at++) {
		port = port * 10 + (uint32_t)(*at - '0');
		if (port > UINT16_MAX)
			return NULL;
	}
	if (port == 0)
		return NULL;
	*ret_port = (uint16_t)port;
	return at;
}

/* A parameter, behind its ';' and LWS: NULL when malformed. LWS behind it is skipped as well. The
 * value of a flag is empty and stands right behind the name. `begin` as in wide.h. */
const char *lex_param(const char *begin, const char *at, const char *end, struct pv_span *ret_name,
	struct pv_span *ret_value);

/* Whether `text` is an IPv4 address in dotted form. */
bool lex_is_ipv4(struct pv_span text);

/* As pv_via_parse and pv_address_parse, but a value may end at a ','. Behind it, or NULL: then *ret
 * holds nothing of use. */
const char *via_scan(const char *at, const char *end, struct pv_via *ret);
const char *address_scan(const char *at, const char *end, struct pv_address *ret);

#endif
