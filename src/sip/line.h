/* SPDX-License-Identifier: Apache-2.0 */
/* line.h — finds where lines end, and what must not stand in them; internal to this floor. */
#ifndef SIP_LINE_H
#define SIP_LINE_H

#include <portavoz/span.h>

/* The first control character other than HTAB at or behind `at`, or `end`. */
const char *line_scan_portable(const char *at, const char *end);

#if defined(__SSE2__)
#	include <emmintrin.h>

static inline const char *line_scan(const char *at, const char *end)
{
	const __m128i last_control = _mm_set1_epi8(0x1f);
	const __m128i tab = _mm_set1_epi8('\t'), del = _mm_set1_epi8(0x7f);
	for (; end - at >= 16; at += 16) {
		__m128i x = _mm_loadu_si128((const __m128i *)(const void *)at);
		__m128i control = _mm_cmpeq_epi8(_mm_min_epu8(x, last_control), x);
		control = _mm_andnot_si128(_mm_cmpeq_epi8(x, tab), control);
		control = _mm_or_si128(control, _mm_cmpeq_epi8(x, del));
		int hits = _mm_movemask_epi8(control);
		if (hits)
			return at + __builtin_ctz((unsigned)hits);
	}
	return line_scan_portable(at, end);
}
#else
#	define line_scan line_scan_portable
#endif

/*
 * Behind the CRLF that ends the header line at `at`, its folds included (§7.3.1), or NULL when the
 * bytes end before that can be known. A line end is CRLF; a lone CR or LF, a NUL or another control
 * character sets *ret_bad, except as a quoted-pair in a quoted string (§25.1).
 */
const char *line_end(const char *at, const char *end, bool *ret_bad);

/* Splits a header line, `stop` behind its CRLF. False when it has no name or no colon. */
bool line_split(
	const char *line, const char *stop, struct pv_span *ret_name, struct pv_span *ret_value);

#endif
