/* SPDX-License-Identifier: Apache-2.0 */
/* csv.h — rows of comma-separated values out of a text in memory (RFC 4180). */
#ifndef AUTH_CSV_H
#define AUTH_CSV_H

#include <portavoz/span.h>

#define CSV_FIELDS 16 /* in a row */

enum csv_event {
	CSV_ROW,
	CSV_END,
	CSV_UNTERMINATED, /* a quoted field has no end; nothing follows */
	CSV_STRAY_QUOTE,  /* something other than a comma stands behind a closing quote */
	CSV_TOO_MANY,     /* more than CSV_FIELDS fields */
};

/* Owner: one thread. Quotes are taken out in place, so the text is changed. */
struct csv {
	char *at, *end;
	uint32_t line;     /* where the next row starts, from 1 */
	uint32_t row_line; /* where the row returned last started */
	uint32_t count;
	struct pv_span fields[CSV_FIELDS];
};

/* Skips a byte order mark. */
void csv_init(struct csv *csv, char *text, size_t length);
/* The next row that is not empty. Lines end with LF or CRLF; the last one may end with nothing.
 * After a mistake the reader stands behind the row. */
enum csv_event csv_next(struct csv *csv);

#endif
