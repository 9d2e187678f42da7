/* SPDX-License-Identifier: Apache-2.0 */
/* names.c — the names that are known: methods, headers and transports, each from its one table. */
#include "sip/names.h"

#include "base/macros.h"
#include "sip/wide.h"
#include "sip_headers.h"

static const struct pv_span methods[PV_METHOD_COUNT] = {
#define ROW(id, text) [PV_METHOD_##id] = PV_SPAN_INIT(text),
	PV_METHODS(ROW)
#undef ROW
};

static const struct pv_span headers[PV_HEADER_COUNT] = {
#define ROW(id, name, compact) [PV_HEADER_##id] = PV_SPAN_INIT(name),
	PV_HEADERS(ROW)
#undef ROW
};

static const struct pv_span transports[] = {
	[PV_TRANSPORT_UDP] = PV_SPAN_INIT("UDP"),
	[PV_TRANSPORT_TCP] = PV_SPAN_INIT("TCP"),
	[PV_TRANSPORT_TLS] = PV_SPAN_INIT("TLS"),
	[PV_TRANSPORT_WS] = PV_SPAN_INIT("WS"),
	[PV_TRANSPORT_WSS] = PV_SPAN_INIT("WSS"),
	[PV_TRANSPORT_OTHER] = {NULL, 0},
};

struct pv_span pv_method_text(enum pv_method method)
{
	return (unsigned)method < PV_METHOD_COUNT ? methods[method] : methods[PV_METHOD_OTHER];
}

/* Whether `width` bytes at both places differ; a constant width makes it one load each. */
static inline bool differ(const char *a, const char *b, size_t width)
{
	uint64_t x = 0, y = 0;
	memcpy(&x, a, width);
	memcpy(&y, b, width);
	return x != y;
}

/* memcmp() == 0 without the call: names are short, and this is asked for every line. Wide loads
 * that overlap, never outside the text. */
static bool same_bytes(const char *a, const char *b, size_t length)
{
	if (length >= 8) {
		for (size_t i = 0; i + 8 < length; i += 8)
			if (differ(a + i, b + i, 8))
				return false;
		return !differ(a + length - 8, b + length - 8, 8);
	}
	if (length >= 4)
		return !differ(a, b, 4) && !differ(a + length - 4, b + length - 4, 4);
	return !differ(a, b, 2) && !differ(a + length - 2, b + length - 2, 2);
}

enum pv_method pv_method_of(struct pv_span token)
{
	if (!token.length)
		return PV_METHOD_OTHER;
	unsigned first = (unsigned char)token.at[0];
	unsigned method = method_slots[(token.length * METHOD_FACTOR + first) % 64];
	if (methods[method].length != token.length)
		return PV_METHOD_OTHER;
	return token.length > 1 && same_bytes(methods[method].at, token.at, token.length)
		       ? (enum pv_method)method
		       : PV_METHOD_OTHER;
}

static enum pv_header compact_header(char letter)
{
	char lower = (char)pv_lower((unsigned char)letter);
	return lower >= 'a' && lower <= 'z' ? (enum pv_header)header_letters[lower & 31]
					    : PV_HEADER_OTHER;
}

/* The only header that may have this name, which is not empty. */
static inline unsigned header_slot(const char *name, size_t length)
{
	const unsigned char *at = (const unsigned char *)name;
	return header_slots[(uint8_t)(length + HASH_FIRST * (at[0] | 0x20u) +
				      HASH_LAST * (at[length - 1] | 0x20u) +
				      HASH_MIDDLE * (at[length / 2] | 0x20u))];
}

enum pv_header pv_header_of(struct pv_span name)
{
	size_t length = name.length;
	if (length <= 1)
		return length ? compact_header(*name.at) : PV_HEADER_OTHER;
	enum pv_header header = (enum pv_header)header_slot(name.at, length);
	if (headers[header].length != length)
		return PV_HEADER_OTHER;
	if (same_bytes(headers[header].at, name.at, length))
		return header;
	return pv_span_equal_nocase(headers[header], name) ? header : PV_HEADER_OTHER;
}

#if defined(__SSE2__)
/* Folding by 0x20 is exact here: names have letters and '-', whose only other spellings would be
 * control characters. The ':' is compared as well, and so is the length. */
enum pv_header header_of_line(const char *line, size_t length)
{
	if (length <= 1)
		return length ? compact_header(*line) : PV_HEADER_OTHER;
	unsigned header = header_slot(line, length), name = (2u << length) - 1;
	__m128i folded = _mm_or_si128(wide_load(line), _mm_set1_epi8(0x20));
	__m128i row = wide_load((const char *)header_rows[header]);
	unsigned same = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(folded, row));
	return (same & name) == name ? (enum pv_header)header : PV_HEADER_OTHER;
}
#else
enum pv_header header_of_line(const char *line, size_t length)
{
	return pv_header_of((struct pv_span){line, length});
}
#endif

struct pv_span pv_header_name(enum pv_header header)
{
	return (unsigned)header < PV_HEADER_COUNT ? headers[header] : headers[PV_HEADER_OTHER];
}

enum pv_transport pv_transport_of(struct pv_span token)
{
	for (unsigned i = 0; i < PV_TRANSPORT_OTHER; i++)
		if (pv_span_equal_nocase(transports[i], token))
			return (enum pv_transport)i;
	return PV_TRANSPORT_OTHER;
}

struct pv_span pv_transport_text(enum pv_transport transport)
{
	return (unsigned)transport < ARRAY_LENGTH(transports) ? transports[transport]
							      : transports[PV_TRANSPORT_OTHER];
}
