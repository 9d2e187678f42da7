/* SPDX-License-Identifier: Apache-2.0 */
/* line.c — header lines: their ends, folds and names (RFC 3261 §7.3.1). */
#include "sip/line.h"

const char *line_scan(const char *at, const char *end)
{
	const char *begin = at;
	do
		at = wide_run_line(begin, at, end);
	while (at < end && *at == '\t' && ++at);
	return at;
}

/* `at` stands on a CR: what follows it. */
enum line_break { BREAK_UNKNOWN, BREAK_NONE, BREAK_FOLD, BREAK_END };

static enum line_break line_break(const char *at, const char *end)
{
	if (end - at < 2)
		return BREAK_UNKNOWN;
	if (at[1] != '\n')
		return BREAK_NONE;
	if (end - at < 3)
		return BREAK_UNKNOWN;
	return at[2] == ' ' || at[2] == '\t' ? BREAK_FOLD : BREAK_END;
}

/* The careful way, for lines with a control character in them: one pass that minds quotes. */
static const char *line_end_minding_quotes(const char *at, const char *end, bool *ret_bad)
{
	bool quoted = false;
	for (; at < end; at++) {
		unsigned char c = (unsigned char)*at;
		if (c == '\r') {
			enum line_break found = line_break(at, end);
			if (found == BREAK_UNKNOWN)
				return NULL;
			if (found == BREAK_END)
				return at + 2;
			if (found == BREAK_FOLD)
				at += 2;
			else
				*ret_bad = true;
		} else if (c == '"') {
			quoted = !quoted;
		} else if (c == '\\' && quoted && end - at > 1 && at[1] != '\r' && at[1] != '\n') {
			at++;
		} else if ((c < 0x20 && c != '\t') || c == 0x7f) {
			*ret_bad = true;
		}
	}
	return NULL;
}

const char *line_end(const char *at, const char *end, bool *ret_bad)
{
	const char *line = at;
	for (;;) {
		at = line_scan(at, end);
		if (at == end)
			return NULL;
		if (*at != '\r')
			return line_end_minding_quotes(line, end, ret_bad);
		switch (line_break(at, end)) {
		case BREAK_UNKNOWN:
			return NULL;
		case BREAK_NONE:
			return line_end_minding_quotes(line, end, ret_bad);
		case BREAK_FOLD:
			at += 3;
			break;
		case BREAK_END:
			return at + 2;
		}
	}
}

bool line_split(
	const char *line, const char *stop, struct pv_span *ret_name, struct pv_span *ret_value)
{
	const char *end = stop - 2;
	const char *at = lex_run(line, end, LEX_TOKEN);
	if (at == line)
		return false;
	*ret_name = pv_span_from(line, at);
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	if (at == end || *at != ':')
		return false;
	*ret_value = lex_trim(at + 1, end);
	return true;
}

enum line_kind line_read_any(const char *at, const char *end, struct line *ret)
{
	bool bad = false;
	const char *stop = line_end(at, end, &bad);
	if (!stop)
		return LINE_CUT;
	ret->stop = stop;
	if (bad || !line_split(at, stop, &ret->name, &ret->value))
		return LINE_BAD;
	ret->header = pv_header_of(ret->name);
	return LINE_FIELD;
}
