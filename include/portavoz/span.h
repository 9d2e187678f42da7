/* SPDX-License-Identifier: Apache-2.0 */
/* span.h: a piece of text that somebody else owns: where it is and how long it is. */
#ifndef PORTAVOZ_SPAN_H
#define PORTAVOZ_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Owner of the bytes: whoever made the span. Not terminated by a NUL. `at` may be NULL if empty. */
struct pv_span {
	const char *at;
	size_t length;
};

/* PV_SPAN("literal"): a constant expression, so that tables of spans may be static. */
/* clang-format off */
#define PV_SPAN(literal) ((struct pv_span){ "" literal, sizeof("" literal) - 1 })
/* the same as an initializer, for static tables */
#define PV_SPAN_INIT(literal) { "" literal, sizeof("" literal) - 1 }
/* for printf's "%.*s" */
#define PV_SPAN_PRINT(span) (int)(span).length, (span).at
/* clang-format on */

/* The text of a C string without its NUL; NULL gives the empty span. */
static inline struct pv_span pv_span_of(const char *text)
{
	struct pv_span span = {text, text ? strlen(text) : 0};
	return span;
}

/* The bytes from `at` up to, not including, `end`. */
static inline struct pv_span pv_span_from(const char *at, const char *end)
{
	struct pv_span span = {at, (size_t)(end - at)};
	return span;
}

static inline bool pv_span_is_empty(struct pv_span span)
{
	return span.length == 0;
}

static inline const char *pv_span_end(struct pv_span span)
{
	return span.length ? span.at + span.length : span.at; /* NULL + 0 is undefined */
}

/* The span without its first `count` bytes (at most all of them). */
static inline struct pv_span pv_span_skip(struct pv_span span, size_t count)
{
	if (count > span.length)
		count = span.length;
	span.at += count;
	span.length -= count;
	return span;
}

static inline bool pv_span_equal(struct pv_span a, struct pv_span b)
{
	return a.length == b.length && (a.length == 0 || memcmp(a.at, b.at, a.length) == 0);
}

/* ASCII lower case; bytes above 127 stay as they are, whatever the locale says. */
static inline unsigned char pv_lower(unsigned char c)
{
	return (unsigned char)(c | ((unsigned char)(c - 'A') < 26 ? 0x20 : 0));
}

static inline bool pv_is_digit(char c)
{
	return (unsigned char)(c - '0') < 10;
}

/* Equal but for the case of ASCII letters (RFC 3261 §7.3.1: tokens compare without case). */
static inline bool pv_span_equal_nocase(struct pv_span a, struct pv_span b)
{
	if (a.length != b.length)
		return false;
	for (size_t i = 0; i < a.length; i++)
		if (a.at[i] != b.at[i] &&
			pv_lower((unsigned char)a.at[i]) != pv_lower((unsigned char)b.at[i]))
			return false;
	return true;
}

static inline bool pv_span_starts_with(struct pv_span span, struct pv_span prefix)
{
	return span.length >= prefix.length &&
	       (prefix.length == 0 || memcmp(span.at, prefix.at, prefix.length) == 0);
}

static inline bool pv_span_starts_with_nocase(struct pv_span span, struct pv_span prefix)
{
	if (span.length < prefix.length)
		return false;
	span.length = prefix.length;
	return pv_span_equal_nocase(span, prefix);
}

/* The first `c` in the span, or NULL. */
static inline const char *pv_span_find(struct pv_span span, char c)
{
	return span.length ? (const char *)memchr(span.at, c, span.length) : NULL;
}

/* Without spaces, tabs, CR and LF at both ends (the LWS of RFC 3261 §25.1). */
struct pv_span pv_span_trim(struct pv_span span);

/* Decimal digits only, at least one, no sign. False, and *ret_value untouched, when it is no number
 * or does not fit. */
bool pv_span_to_u32(struct pv_span span, uint32_t *ret_value);
bool pv_span_to_u64(struct pv_span span, uint64_t *ret_value);

/* A hash for tables that no stranger fills (FNV-1a); use SipHash where one does. */
uint32_t pv_span_hash_nocase(struct pv_span span);

#ifdef __cplusplus
}
#endif
#endif
