/* SPDX-License-Identifier: Apache-2.0 */
/* values.c — the values of a header: one after another over commas and lines (RFC 3261 §7.3.1). */
#include <portavoz/message.h>

#include "sip/lexer.h"

/* `at` stands on '(': behind the comment (§25.1, may nest), or NULL when it is never closed. */
static const char *skip_comment(const char *at, const char *end)
{
	unsigned depth = 0;
	for (; at < end; at++) {
		if (*at == '\\')
			at++;
		else if (*at == '(')
			depth++;
		else if (*at == ')' && --depth == 0)
			return at + 1;
	}
	return NULL;
}

/* `at` stands on '<': behind the '>', or NULL. */
static const char *skip_angles(const char *at, const char *end)
{
	const char *close = memchr(at, '>', (size_t)(end - at));
	return close ? close + 1 : NULL;
}

/* Whether anything in [at, comma) opens what a comma may be part of. */
static bool may_hide(const char *at, const char *comma)
{
	size_t length = (size_t)(comma - at);
	return memchr(at, '"', length) || memchr(at, '<', length) || memchr(at, '(', length);
}

/*
 * The comma that ends the value at `at`, or `end`. What opens and never closes: a quote hides all
 * that follows, '<' too; '(' may be part of a URI's user and then is an ordinary character.
 */
static const char *value_end(const char *at, const char *end)
{
	bool comments = true;
	const char *comma = memchr(at, ',', (size_t)(end - at));
	/* the usual values: alone in their line, or with nothing that could hide a comma */
	if (!comma)
		return end;
	if (!may_hide(at, comma))
		return comma;
	while (at < end && *at != ',') {
		const char *behind = at + 1;
		if (*at == '"')
			behind = lex_quoted(at, end);
		else if (*at == '<')
			behind = skip_angles(at, end);
		else if (*at == '(' && comments)
			behind = skip_comment(at, end);
		if (!behind && *at != '(')
			return end;
		comments = comments && behind;
		at = behind ? behind : at + 1;
	}
	return at;
}

bool pv_list_next(struct pv_span *rest, struct pv_span *ret_value)
{
	const char *at = rest->at, *end = pv_span_end(*rest);
	while (at < end && (*at == ',' || lex_is(*at, LEX_WS)))
		at++;
	if (at == end) {
		*rest = pv_span_from(end, end);
		return false;
	}
	const char *stop = value_end(at, end);
	*ret_value = lex_trim(at, stop);
	*rest = pv_span_from(stop, end);
	return true;
}

void pv_values_begin(struct pv_values *walk, const struct pv_message *m, enum pv_header header)
{
	walk->message = m;
	walk->field = PV_NO_FIELD;
	walk->next_field = m->first[header];
	walk->rest = (struct pv_span){NULL, 0};
}

bool pv_values_next(struct pv_values *walk, struct pv_span *ret_value)
{
	for (;;) {
		if (walk->rest.length && pv_list_next(&walk->rest, ret_value))
			return true;
		if (walk->next_field == PV_NO_FIELD)
			return false;
		const struct pv_field *field = &walk->message->fields[walk->next_field];
		walk->field = walk->next_field;
		walk->next_field = field->next;
		walk->rest = pv_message_span(walk->message, field->value);
	}
}
