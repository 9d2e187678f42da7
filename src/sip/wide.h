/* SPDX-License-Identifier: Apache-2.0 */
/* wide.h — runs of one class of characters, read 16 bytes at a time; internal to this floor. */
#ifndef SIP_WIDE_H
#define SIP_WIDE_H

#include "sip/lexer.h"

/*
 * Each is lex_run() over one class: from `at` to the first byte outside of it, or to `end`. `begin`
 * is where the text starts that may be read: near its end the last 16 bytes are read once more.
 */

#if defined(__SSE2__)
#	include <emmintrin.h>

static inline __m128i wide_load(const char *at)
{
	return _mm_loadu_si128((const __m128i *)(const void *)at);
}

/* Control characters, HTAB with them: all bytes that are not LEX_LINE. */
static inline __m128i wide_controls(__m128i x)
{
	__m128i low = _mm_cmpeq_epi8(_mm_min_epu8(x, _mm_set1_epi8(0x1f)), x);
	return _mm_or_si128(low, _mm_cmpeq_epi8(x, _mm_set1_epi8(0x7f)));
}

static inline __m128i wide_cr(__m128i x)
{
	return _mm_cmpeq_epi8(x, _mm_set1_epi8('\r'));
}

/* What is not visible ASCII: plus one, 0x21 to 0x7e are the only signed bytes above 0x21. */
static inline __m128i wide_blanks(__m128i x)
{
	return _mm_cmplt_epi8(_mm_add_epi8(x, _mm_set1_epi8(1)), _mm_set1_epi8(0x22));
}

/* Of visible ASCII, '"', '<' and '>' are not LEX_ADDRESS. */
static inline __m128i wide_delimiters(__m128i x)
{
	__m128i angle = _mm_cmpeq_epi8(_mm_or_si128(x, _mm_set1_epi8(2)), _mm_set1_epi8('>'));
	__m128i quote = _mm_cmpeq_epi8(x, _mm_set1_epi8('"'));
	return _mm_or_si128(wide_blanks(x), _mm_or_si128(angle, quote));
}

/* All but letters, digits, '-' and '.', which are in every class of words. */
static inline __m128i wide_marks(__m128i x)
{
	__m128i letter = _mm_sub_epi8(_mm_or_si128(x, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
	__m128i digit = _mm_sub_epi8(x, _mm_set1_epi8('-'));
	letter = _mm_cmpeq_epi8(_mm_min_epu8(letter, _mm_set1_epi8(25)), letter);
	digit = _mm_cmpeq_epi8(_mm_min_epu8(digit, _mm_set1_epi8('9' - '-')), digit);
	digit = _mm_andnot_si128(_mm_cmpeq_epi8(x, _mm_set1_epi8('/')), digit);
	return _mm_cmpeq_epi8(_mm_or_si128(letter, digit), _mm_setzero_si128());
}

/* The first byte that `stops` marks, or `end`; a text too short for one load by `classes`. */
static inline __attribute__((always_inline)) const char *wide_run(const char *begin, const char *at,
	const char *end, unsigned classes, __m128i (*stops)(__m128i))
{
	for (; end - at >= 16; at += 16) {
		unsigned found = (unsigned)_mm_movemask_epi8(stops(wide_load(at)));
		if (found)
			return at + (unsigned)__builtin_ctz(found);
	}
	if (end - begin < 16)
		return lex_run(at, end, classes);
	unsigned known = 16 - (unsigned)(end - at);
	unsigned found = (unsigned)_mm_movemask_epi8(stops(wide_load(end - 16))) >> known;
	return found ? at + (unsigned)__builtin_ctz(found) : end;
}

/* Whether two dots stand side by side in [at, stop); what is behind, up to `end`, may be read. */
static inline bool wide_has_two_dots(const char *at, const char *stop, const char *end)
{
	if (end - at >= 16 && stop - at <= 16) {
		__m128i equal = _mm_cmpeq_epi8(wide_load(at), _mm_set1_epi8('.'));
		unsigned dots = (unsigned)_mm_movemask_epi8(equal) & ((1u << (stop - at)) - 1);
		return dots & dots << 1;
	}
	return lex_has_two_dots(at, stop);
}

#	define WIDE_RUN(begin, at, end, classes, stops) wide_run(begin, at, end, classes, stops)
#else
#	define WIDE_RUN(begin, at, end, classes, stops) lex_run(at, end, classes)
#	define wide_has_two_dots(at, stop, end)         lex_has_two_dots(at, stop)
#endif

static inline const char *wide_run_line(const char *begin, const char *at, const char *end)
{
	return WIDE_RUN(begin, at, end, LEX_LINE, wide_controls);
}

/* Up to a CR; in a text that is too short for one load, up to any control character. */
static inline const char *wide_run_to_cr(const char *begin, const char *at, const char *end)
{
	return WIDE_RUN(begin, at, end, LEX_LINE, wide_cr);
}

static inline const char *wide_run_visible(const char *begin, const char *at, const char *end)
{
	return WIDE_RUN(begin, at, end, LEX_VISIBLE, wide_blanks);
}

/* The wide compare stops at UTF-8 too. */
static inline const char *wide_run_address(const char *begin, const char *at, const char *end)
{
	at = WIDE_RUN(begin, at, end, LEX_ADDRESS, wide_delimiters);
	return lex_run(at, end, LEX_ADDRESS);
}

/* `classes` has letters, digits, '-' and '.', and more that the wide compare stops at. */
static inline const char *wide_run_word(
	const char *begin, const char *at, const char *end, unsigned classes)
{
	return lex_run(WIDE_RUN(begin, at, end, classes, wide_marks), end, classes);
}

/* `prefix` (";tag=") with an unquoted value right behind: as lex_param behind the LWS that follows.
 * NULL = lex_param must look at it. */
static inline const char *wide_param(const char *begin, const char *at, const char *end,
	struct pv_span prefix, struct pv_span *ret_value)
{
	if ((size_t)(end - at) <= prefix.length || memcmp(at, prefix.at, prefix.length) != 0)
		return NULL;
	const char *value = at + prefix.length;
	const char *stop = wide_run_word(begin, value, end, LEX_VALUE);
	if (stop == value)
		return NULL;
	*ret_value = pv_span_from(value, stop);
	return lex_skip(stop, end);
}

#endif
