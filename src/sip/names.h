/* SPDX-License-Identifier: Apache-2.0 */
/* names.h — header names where they stand, at the start of a line; internal to this floor. */
#ifndef SIP_NAMES_H
#define SIP_NAMES_H

#include "sip/wide.h"

/* generate_tables.c prints them. */
extern const unsigned header_factors[2];
extern const uint8_t header_slots[256];                /* by hash: enum pv_header */
extern const uint8_t header_letters[32];               /* by letter: whose compact form it is */
extern const uint8_t header_rows[PV_HEADER_COUNT][16]; /* "name:" in lower case, cut at 16 */

/* The only header that may have this name, which is not empty. */
static inline unsigned header_slot(const char *name, size_t length)
{
	unsigned first = (unsigned char)(name[0] | 0x20);
	unsigned middle = (unsigned char)(name[length / 2] | 0x20);
	return header_slots[(
		uint8_t)(length + header_factors[0] * first + header_factors[1] * middle)];
}

static inline enum pv_header header_compact(char letter)
{
	unsigned char lower = pv_lower((unsigned char)letter);
	return lower >= 'a' && lower <= 'z' ? (enum pv_header)header_letters[lower & 31]
					    : PV_HEADER_OTHER;
}

#if defined(__SSE2__)
/*
 * As pv_header_of for the name at `line` with its ':' right behind, up to 15 bytes long and without
 * a control character; `start` has the line's first 16 bytes. Folding by 0x20 is exact here: names
 * have letters and '-', whose only other spellings would be control characters. The ':' is compared
 * as well, and so is the length.
 */
static inline enum pv_header header_of_line(const char *line, size_t length, __m128i start)
{
	if (length <= 1)
		return length ? header_compact(*line) : PV_HEADER_OTHER;
	unsigned header = header_slot(line, length), name = (2u << length) - 1;
	__m128i folded = _mm_or_si128(start, _mm_set1_epi8(0x20));
	__m128i row = wide_load((const char *)header_rows[header]);
	unsigned differ = ~(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(folded, row));
	return differ & name ? PV_HEADER_OTHER : (enum pv_header)header;
}
#endif

#endif
