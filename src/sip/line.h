/* SPDX-License-Identifier: Apache-2.0 */
/* line.h — finds where lines end, and what must not stand in them; internal to this floor. */
#ifndef SIP_LINE_H
#define SIP_LINE_H

#include "sip/names.h"
#include "sip/wide.h"

/* The first control character other than HTAB at or behind `at`, or `end`. */
const char *line_scan(const char *at, const char *end);

/*
 * Behind the CRLF that ends the header line at `at`, its folds included (§7.3.1), or NULL when the
 * bytes end before that can be known. A line end is CRLF; a lone CR or LF, a NUL or another control
 * character sets *ret_bad, except as a quoted-pair in a quoted string (§25.1).
 */
const char *line_end(const char *at, const char *end, bool *ret_bad);

/* Splits a header line, `stop` behind its CRLF. False when it has no name or no colon. */
bool line_split(
	const char *line, const char *stop, struct pv_span *ret_name, struct pv_span *ret_value);

/* A header line that was read. */
struct line {
	const char *stop; /* behind its CRLF */
	struct pv_span name, value;
	enum pv_header header;
};

enum line_kind {
	LINE_CUT,   /* its end is not there: nothing is filled */
	LINE_BAD,   /* only `stop` is */
	LINE_FIELD, /* all is */
};

/* A line of any spelling. */
enum line_kind line_read_any(const char *at, const char *end, struct line *ret);

/* Whether `at` stands on a CRLF that ends a header line, and the bytes show that no fold follows.
 */
static inline bool line_ends_at(const char *at, const char *end)
{
	return end - at >= 3 && memcmp(at, "\r\n", 2) == 0 && at[2] != ' ' && at[2] != '\t';
}

#if defined(__SSE2__)
/*
 * The usual line, in one pass: a name of up to 15 bytes, its ':' right behind, no fold, no control
 * character. A name that is known needs no other check. False = line_read_any must look at it.
 */
static inline bool line_read_usual(
	const char *begin, const char *at, const char *end, struct line *ret)
{
	if (end - at < 16)
		return false;
	__m128i x = wide_load(at);
	unsigned colons = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(x, _mm_set1_epi8(':')));
	unsigned controls = (unsigned)_mm_movemask_epi8(wide_controls(x));
	if (!colons)
		return false;
	const char *colon = at + (unsigned)__builtin_ctz(colons);
	const char *stop = controls ? at + (unsigned)__builtin_ctz(controls)
				    : wide_run_line(begin, at + 16, end);
	if (stop < colon || !line_ends_at(stop, end))
		return false;
	ret->header = header_of_line(at, (size_t)(colon - at), x);
	if (ret->header == PV_HEADER_OTHER &&
		(colon == at || lex_run(at, colon, LEX_TOKEN) != colon))
		return false;
	ret->name = pv_span_from(at, colon);
	const char *value = colon[1] == ' ' ? colon + 2 : colon + 1;
	ret->value = *value == ' ' || stop[-1] == ' ' ? lex_trim(value, stop)
						      : pv_span_from(value, stop);
	ret->stop = stop + 2;
	return true;
}
#else
static inline bool line_read_usual(
	const char *begin, const char *at, const char *end, struct line *ret)
{
	return false;
}
#endif

#endif
