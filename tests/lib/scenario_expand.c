/* SPDX-License-Identifier: Apache-2.0 */
/* scenario_expand.c — the {names} in a script's line become what was sent before. */
#include <check.h>
#include <stdio.h>

#include "lib/scenario.h"

#define VALUES_MAX 16

/* All values of a header, a line each. */
static unsigned values_of(
	const struct fake_sent *sent, const char *name, struct pv_span values[VALUES_MAX])
{
	const char *at = sent->bytes, *end;
	unsigned count = 0;
	size_t length = strlen(name);
	for (; count < VALUES_MAX && (end = strstr(at, "\r\n")) && end != at; at = end + 2)
		if (strncasecmp(at, name, length) == 0 && at[length] == ':')
			values[count++] = pv_span_trim(pv_span_from(at + length + 1, end));
	return count;
}

static void put_values(struct pv_writer *w, const struct fake_sent *sent, const char *name)
{
	struct pv_span values[VALUES_MAX];
	bool backwards = name[0] == '-', one = strncmp(name, "one-", 4) == 0;
	unsigned count = values_of(sent, name + (one ? 4 : backwards), values);
	if (one && count > 1)
		count = 1;
	for (unsigned i = 0; i < count; i++) {
		if (i)
			pv_put_text(w, ", ");
		pv_put(w, values[backwards ? count - 1 - i : i]);
	}
}

/* What stands between the first <> of a header's first line, or of its last. */
static void put_uri_of(struct pv_writer *w, const struct fake_sent *sent, const char *name)
{
	struct pv_span values[VALUES_MAX];
	bool last = name[0] == '-';
	unsigned count = values_of(sent, name + last, values);
	struct pv_span value = count ? values[last ? count - 1 : 0] : (struct pv_span){0};
	const char *start = value.length ? memchr(value.at, '<', value.length) : NULL;
	const char *end = start ? memchr(start, '>', (size_t)(pv_span_end(value) - start)) : NULL;
	if (end)
		pv_put(w, pv_span_from(start + 1, end));
}

static void put_uri(struct pv_writer *w, const struct fake_sent *sent)
{
	const char *uri = strchr(sent->bytes, ' ') + 1;
	pv_put(w, pv_span_from(uri, strchr(uri, ' ')));
}

static void put_tag(struct pv_writer *w, const struct fake_sent *sent, const char *name)
{
	struct pv_span value = scenario_header(sent->bytes, sent->length, name), tag;
	const char *params = value.length ? memchr(value.at, ';', value.length) : NULL;
	if (params &&
		pv_params_find(pv_span_from(params, pv_span_end(value)), PV_SPAN("tag"), &tag))
		pv_put(w, tag);
}

/* Quotes stand as SCENARIO_QUOTE, so that they do not end a word's. */
static void put_text(struct pv_writer *w, const char *text)
{
	for (; *text; text++)
		pv_put_char(w, *text == '"' ? SCENARIO_QUOTE : *text);
}

static bool expand(const struct scenario *s, char *name, struct pv_writer *w)
{
	const char *text = s->variable ? s->variable(s->context, name) : NULL;
	if (text) {
		put_text(w, text);
		return true;
	}
	char *dot = strchr(name, '.');
	if (!dot)
		return false;
	*dot = '\0';
	const struct fake_sent *sent = scenario_label(s, name);
	if (!sent)
		return false;
	if (strcmp(dot + 1, "uri") == 0)
		put_uri(w, sent);
	else if (strncmp(dot + 1, "uri-", 4) == 0)
		put_uri_of(w, sent, dot + 5);
	else if (strcmp(dot + 1, "totag") == 0)
		put_tag(w, sent, "To");
	else if (strcmp(dot + 1, "fromtag") == 0)
		put_tag(w, sent, "From");
	else
		put_values(w, sent, dot + 1);
	return true;
}

bool scenario_expand(const struct scenario *s, const char *line, char *text, size_t size)
{
	struct pv_writer w;
	bool all = true;
	pv_writer_init(&w, text, size - 1);
	while (*line) {
		char name[64];
		int used = 0;
		if (sscanf(line, "{%63[^}]}%n", name, &used) == 1 && used > 0) {
			all &= expand(s, name, &w);
			line += used;
		} else {
			pv_put_char(&w, *line++);
		}
	}
	*w.at = '\0';
	return all && !w.overflow;
}
