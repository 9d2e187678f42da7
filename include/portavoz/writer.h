/* SPDX-License-Identifier: Apache-2.0 */
/* writer.h: writes text into a buffer of fixed size, and remembers that it did not fit. */
#ifndef PORTAVOZ_WRITER_H
#define PORTAVOZ_WRITER_H

#include <portavoz/span.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Sticky: after the first write that does not fit, nothing more is written and `overflow` stays
 * set, so a caller writes a whole message and asks once at the end. A piece is written whole or not
 * at all. Never writes a NUL by itself. Owner: the caller, one thread.
 */
struct pv_writer {
	char *start;
	char *at;  /* the next byte goes here */
	char *end; /* one past the last byte that may be written */
	bool overflow;
};

static inline void pv_writer_init(struct pv_writer *writer, void *buffer, size_t size)
{
	writer->start = writer->at = (char *)buffer;
	writer->end = writer->start + size;
	writer->overflow = false;
}

static inline size_t pv_writer_length(const struct pv_writer *writer)
{
	return (size_t)(writer->at - writer->start);
}

/* What has been written so far (all that fitted, when `overflow` is set). */
static inline struct pv_span pv_writer_span(const struct pv_writer *writer)
{
	return pv_span_from(writer->start, writer->at);
}

/* Room for `count` bytes that the caller fills itself; NULL (and overflow) when there is none. */
static inline char *pv_writer_take(struct pv_writer *writer, size_t count)
{
	char *at = writer->at;
	if (writer->overflow || (size_t)(writer->end - at) < count) {
		writer->overflow = true;
		return NULL;
	}
	writer->at = at + count;
	return at;
}

static inline void pv_put_bytes(struct pv_writer *writer, const void *bytes, size_t count)
{
	char *to = pv_writer_take(writer, count);
	if (to && count)
		memcpy(to, bytes, count);
}

static inline void pv_put(struct pv_writer *writer, struct pv_span span)
{
	pv_put_bytes(writer, span.at, span.length);
}

/* Inline, so that the length of a literal is known when compiling. */
static inline void pv_put_text(struct pv_writer *writer, const char *text)
{
	pv_put_bytes(writer, text, strlen(text));
}

static inline void pv_put_char(struct pv_writer *writer, char c)
{
	char *to = pv_writer_take(writer, 1);
	if (to)
		*to = c;
}

/* Decimal, without leading zeros. */
void pv_put_u64(struct pv_writer *writer, uint64_t value);

/* The lowest `digits` (1 to 16) hexadecimal digits of `value`, lower case, leading zeros kept. */
void pv_put_hex(struct pv_writer *writer, uint64_t value, unsigned digits);

/* Every byte as two lower-case hexadecimal digits. */
void pv_put_hex_bytes(struct pv_writer *writer, const void *bytes, size_t count);

#ifdef __cplusplus
}
#endif
#endif
