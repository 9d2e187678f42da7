/* SPDX-License-Identifier: Apache-2.0 */
/* csv.c — rows of comma-separated values out of a text in memory (RFC 4180). */
#include "auth/csv.h"

void csv_init(struct csv *csv, char *text, size_t length)
{
	*csv = (struct csv){.at = text, .end = text + length, .line = 1};
	if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		csv->at += 3;
}

static bool at_row_end(const struct csv *csv)
{
	return csv->at == csv->end || *csv->at == '\n' ||
	       (*csv->at == '\r' && (csv->at + 1 == csv->end || csv->at[1] == '\n'));
}

static void skip_row_end(struct csv *csv)
{
	if (csv->at < csv->end && *csv->at == '\r')
		csv->at++;
	if (csv->at < csv->end && *csv->at == '\n') {
		csv->at++;
		csv->line++;
	}
}

static void skip_row(struct csv *csv)
{
	while (!at_row_end(csv))
		csv->at++;
	skip_row_end(csv);
}

static struct pv_span plain_field(struct csv *csv)
{
	char *start = csv->at;

	while (!at_row_end(csv) && *csv->at != ',')
		csv->at++;
	return pv_span_from(start, csv->at);
}

/* The reader stands at the opening quote. Two quotes inside are one; line ends may stand inside. */
static bool quoted_field(struct csv *csv, struct pv_span *ret)
{
	char *start = ++csv->at, *to = start;

	for (; csv->at < csv->end; csv->at++) {
		if (*csv->at == '"') {
			csv->at++;
			if (csv->at == csv->end || *csv->at != '"') {
				*ret = pv_span_from(start, to);
				return true;
			}
		} else if (*csv->at == '\n') {
			csv->line++;
		}
		*to++ = *csv->at;
	}
	return false;
}

static enum csv_event take_row(struct csv *csv)
{
	for (;;) {
		if (csv->count == CSV_FIELDS)
			return CSV_TOO_MANY;
		struct pv_span *field = &csv->fields[csv->count++];
		if (csv->at < csv->end && *csv->at == '"') {
			if (!quoted_field(csv, field))
				return CSV_UNTERMINATED;
			if (!at_row_end(csv) && *csv->at != ',')
				return CSV_STRAY_QUOTE;
		} else {
			*field = plain_field(csv);
		}
		if (at_row_end(csv))
			return CSV_ROW;
		csv->at++;
	}
}

enum csv_event csv_next(struct csv *csv)
{
	while (csv->at < csv->end && at_row_end(csv))
		skip_row_end(csv);
	if (csv->at == csv->end)
		return CSV_END;
	csv->row_line = csv->line;
	csv->count = 0;
	enum csv_event event = take_row(csv);
	skip_row(csv);
	return event;
}
